//! Carts in Redis.
//!
//! A cart is a JSON document under its owner. The ids of the cart, and of guest carts merged into it, each have a key with
//! the owner. A transaction reads what it needs, decides in Rust, and ends in one script that compares everything that
//! was read byte by byte and then writes everything. When another writer came first, nothing is written and the
//! transaction runs again. No state is held in a process, and a crash leaves either all of a transaction or nothing.
//!
//! Carts expire some time after their last change. In a Redis that lost its data, all carts are empty.
//!
//! A primary with replicas is supported. Redis Cluster is not: the keys of a transaction are in different slots.

pub(super) mod keys;
mod scripts;

use super::data_migration::RedisDataMigration;
use super::{CartStore, Change, Owner, StockLimit};
use crate::cart::{Cart, MissingPrice, Purchase};
use async_trait::async_trait;
use chassis::health::{Check, CheckError};
use chassis::redis::{ConnectionSettings, Database};
use chassis::{Problem, StoreError};
use contracts::CartId;
use events::Event;
use events::inbox::redis::RedisInbox;
use keys::{document_key, owner_key, ttl};
use scripts::{WRITE, WRITE_ONCE};

/// The number of times a transaction is run while other writers come first.
const MAX_ATTEMPTS: usize = 200;

/// The carts in Redis.
#[derive(Clone)]
pub struct RedisCarts(Database);

impl RedisCarts {
    /// Connects to Redis.
    ///
    /// # Errors
    /// When Redis cannot be reached or refuses.
    pub async fn open(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        Ok(Self(Database::open(connection, "cart").await?))
    }

    /// The inbox in the same Redis.
    pub fn inbox(&self) -> RedisInbox {
        RedisInbox::new(self.0.clone())
    }

    /// The records for a data migration.
    pub fn contents(&self) -> RedisDataMigration {
        RedisDataMigration::new(self.0.clone())
    }

    async fn read(&self, key: String) -> Result<ReadValue, StoreError> {
        let value = ::redis::cmd("GET").arg(&key).query_async(&mut self.0.connection()).await?;
        Ok(ReadValue { key, value })
    }

    async fn read_both(&self, first: String, second: String) -> Result<(ReadValue, ReadValue), StoreError> {
        let mut command = ::redis::cmd("MGET");
        // One command, so that both values are of the same moment.
        let values = command.arg(&first).arg(&second).query_async(&mut self.0.connection()).await?;
        let (first_value, second_value): (Option<String>, Option<String>) = values;
        Ok((ReadValue { key: first, value: first_value }, ReadValue { key: second, value: second_value }))
    }

    /// Returns the keys and values to write so that the owner's cart changes from `before` to `after`.
    fn replacement(
        &self,
        owner: &Owner,
        before: Option<&Cart>,
        after: Option<&Cart>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let document = after.map(serde_json::to_string).transpose()?.unwrap_or_default();
        let mut writes = vec![(document_key(&self.0, owner), document)];
        let (before, after) = (cart_ids(before), cart_ids(after));
        let removed = before.iter().filter(|id| !after.contains(id));
        writes.extend(removed.map(|id| (owner_key(&self.0, *id), String::new())));
        // Unchanged ids are written too, which extends their time to live with that of the document.
        writes.extend(after.iter().map(|id| (owner_key(&self.0, *id), owner.to_owned())));
        Ok(writes)
    }

    async fn write(&self, transaction: Transaction<'_>) -> Result<bool, StoreError> {
        self.0.run(&WRITE, &transaction.keys(), &bytes(&transaction.arguments())).await
    }

    /// Writes as the effect of an event, unless the event took effect before.
    async fn write_once(&self, event: &Event, transaction: Transaction<'_>) -> Result<bool, StoreError> {
        let keys = [self.inbox().keys().to_vec(), transaction.keys()].concat();
        let arguments = [RedisInbox::accept_arguments(event.id).to_vec(), transaction.arguments()].concat();
        self.0.run(&WRITE_ONCE, &keys, &bytes(&arguments)).await
    }
}

/// A key with the value that was read.
struct ReadValue {
    key: String,
    value: Option<String>,
}

impl ReadValue {
    fn cart(&self) -> Result<Option<Cart>, StoreError> {
        self.value.as_deref().map(|document| Ok(serde_json::from_str(document)?)).transpose()
    }
}

/// A transaction ready to be written: the values that it depends on, and the keys and values that it writes.
struct Transaction<'t> {
    owner: &'t Owner,
    reads: &'t [&'t ReadValue],
    writes: Vec<(String, String)>,
}

impl Transaction<'_> {
    fn keys(&self) -> Vec<String> {
        let reads = self.reads.iter().map(|read| read.key.clone());
        reads.chain(self.writes.iter().map(|(key, _)| key.clone())).collect()
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![self.reads.len().to_string()];
        arguments.extend(self.reads.iter().map(|read| read.value.clone().unwrap_or_default()));
        arguments.push(ttl(self.owner).to_string());
        arguments.extend(self.writes.iter().map(|(_, value)| value.clone()));
        arguments
    }
}

fn cart_ids(cart: Option<&Cart>) -> Vec<CartId> {
    cart.into_iter().flat_map(Cart::cart_ids).collect()
}

fn bytes(arguments: &[String]) -> Vec<&[u8]> {
    arguments.iter().map(String::as_bytes).collect()
}

/// Runs a transaction until it returns an outcome; `None` means that another writer came first.
async fn retry_on_conflict<T, F>(attempt: impl Fn() -> F + Send) -> Result<T, StoreError>
where
    F: Future<Output = Result<Option<T>, StoreError>> + Send,
{
    // Of conflicting writers one always succeeds, so retrying without a pause makes progress.
    for _ in 0..MAX_ATTEMPTS {
        if let Some(outcome) = attempt().await? {
            return Ok(outcome);
        }
    }
    Err(StoreError::Unavailable("the cart is too busy".into()))
}

#[async_trait]
impl CartStore for RedisCarts {
    async fn find(&self, owner: &Owner) -> Result<Option<Cart>, StoreError> {
        self.read(document_key(&self.0, owner)).await?.cart()
    }

    async fn change(
        &self,
        owner: &Owner,
        new_id: CartId,
        change: Change<'_>,
    ) -> Result<Result<Cart, Problem>, StoreError> {
        retry_on_conflict(|| async {
            let read = self.read(document_key(&self.0, owner)).await?;
            let before = read.cart()?;
            let mut cart = before.clone().unwrap_or_else(|| Cart::empty(new_id));
            if let Err(problem) = change(&mut cart) {
                return Ok(Some(Err(problem)));
            }
            cart.version += 1;
            let writes = self.replacement(owner, before.as_ref(), Some(&cart))?;
            let written = self.write(Transaction { owner, reads: &[&read], writes }).await?;
            Ok(written.then_some(Ok(cart)))
        })
        .await
    }

    async fn merge(
        &self,
        guest: &Owner,
        account: &Owner,
        new_id: CartId,
        stock_limit: StockLimit<'_>,
    ) -> Result<Result<Cart, MissingPrice>, StoreError> {
        retry_on_conflict(|| async {
            let (account_read, guest_read) =
                self.read_both(document_key(&self.0, account), document_key(&self.0, guest)).await?;
            let before = account_read.cart()?;
            let mut cart = before.clone().unwrap_or_else(|| Cart::empty(new_id));
            let Some(guest_cart) = guest_read.cart()? else { return Ok(Some(Ok(cart))) };
            let mut writes = self.replacement(guest, Some(&guest_cart), None)?;
            if let Err(missing_price) = cart.merge(guest_cart, stock_limit) {
                return Ok(Some(Err(missing_price)));
            }
            cart.version += 1;
            // After the guest's deletions: the guest cart's id now leads to the account.
            writes.extend(self.replacement(account, before.as_ref(), Some(&cart))?);
            let reads: &[&ReadValue] = &[&account_read, &guest_read];
            let written = self.write(Transaction { owner: account, reads, writes }).await?;
            Ok(written.then_some(Ok(cart)))
        })
        .await
    }

    async fn remove_purchased(&self, event: &Event, purchase: &Purchase, next_id: CartId) -> Result<(), StoreError> {
        retry_on_conflict(|| async {
            // By cart, not by the order's owner: a guest may have logged in since, which moved the lines to the account.
            let owner_read = self.read(owner_key(&self.0, purchase.cart)).await?;
            // Without an owner this reads the cart of nobody, which never exists, and the event is only marked as done.
            let owner = owner_read.value.as_deref().unwrap_or_default();
            let cart_read = self.read(document_key(&self.0, owner)).await?;
            let cart = cart_read.cart()?.filter(|cart| cart.cart_ids().any(|id| id == purchase.cart));
            let remaining = cart.clone().and_then(|cart| cart.after_purchase(purchase, next_id));
            let writes = match &cart {
                Some(_) => self.replacement(owner, cart.as_ref(), remaining.as_ref())?,
                None => Vec::new(),
            };
            let reads: &[&ReadValue] = &[&owner_read, &cart_read];
            let written = self.write_once(event, Transaction { owner, reads, writes }).await?;
            Ok(written.then_some(()))
        })
        .await
    }
}

#[async_trait]
impl Check for RedisCarts {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }
}
