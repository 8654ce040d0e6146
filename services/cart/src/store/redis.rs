//! Carts in Redis.
//!
//! A cart is a JSON document under its owner; its id leads to the owner, and so do those of guest carts merged into it.
//! A unit of work reads what it needs, decides in Rust, and ends in one script that looks whether all it has read is
//! still there, byte by byte, and then writes all of it; when another writer came first, nothing is written and the unit
//! of work begins again. So nothing rests on a process's memory, and a crash leaves all of a unit of work or none.
//!
//! A cart lives for a while after its last change: Redis throws it away then. A Redis that was emptied holds no carts, and
//! each owner begins with an empty one.
//!
//! Redis Cluster is not supported: the keys of a unit of work lie in different slots. A primary with replicas is.

use super::moving::RedisContents;
use super::redis_inbox::{ACCEPT, RedisInbox};
use super::{Cap, CartStore, Change, Owner};
use crate::cart::{Cart, Unasked};
use ::redis::Script;
use async_trait::async_trait;
use chassis::health::Check;
use chassis::redis::{ConnectionSettings, Database};
use chassis::{Problem, StoreError};
use contracts::CartId;
use contracts::events::OrderPlaced;
use events::Event;
use std::sync::LazyLock;

/// How long a guest's cart lives after its last change, in seconds: as long as a guest's session, 90 days.
const GUESTS: u64 = 90 * 24 * 3600;
/// How long an account's cart lives after its last change, in seconds: a year.
const ACCOUNTS: u64 = 365 * 24 * 3600;
/// How often a unit of work begins again because another writer came first.
const ATTEMPTS: usize = 200;

/// `unchanged` says whether the first keys are what was read (empty: absent); `write` gives the others a value (empty: none).
/// Both leave out the first `keys` and `arguments`. The arguments: how many keys were read, what each was, how many seconds
/// what is written lives, and what each of the other keys becomes.
const COMPARE_AND_WRITE: &str = "
    local function unchanged(keys, arguments)
        for i = 1, tonumber(ARGV[arguments + 1]) do
            if (redis.call('GET', KEYS[keys + i]) or '') ~= ARGV[arguments + 1 + i] then return false end
        end
        return true
    end
    local function write(keys, arguments)
        local read = tonumber(ARGV[arguments + 1])
        local lifetime = ARGV[arguments + read + 2]
        for i = read + 1, #KEYS - keys do
            local value = ARGV[arguments + 2 + i]
            if value == '' then
                redis.call('DEL', KEYS[keys + i])
            else
                redis.call('SET', KEYS[keys + i], value, 'EX', lifetime)
            end
        end
    end";

/// Writes, when all is as it was read.
static WRITE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "{COMPARE_AND_WRITE}
    if not unchanged(0, 0) then return 0 end
    write(0, 0)
    return 1"
    ))
});

/// The same, as the effect of an event: the keys and arguments of the inbox come first.
static WRITE_ONCE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(&format!(
        "{COMPARE_AND_WRITE}{ACCEPT}
    if is_done() then return 1 end
    if not unchanged(4, 3) then return 0 end
    accept()
    write(4, 3)
    return 1"
    ))
});

/// Carts in Redis.
#[derive(Clone)]
pub struct RedisCarts(Database);

impl RedisCarts {
    /// Connects.
    ///
    /// # Errors
    /// When Redis cannot be reached or refuses.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Ok(Self(Database::open(address, "cart").await?))
    }

    /// The inbox in the same Redis.
    pub fn inbox(&self) -> RedisInbox {
        RedisInbox::new(self.0.clone())
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> RedisContents {
        RedisContents::new(self.0.clone())
    }

    fn document(&self, owner: &Owner) -> String {
        self.0.key(&format!("document:{owner}"))
    }

    fn owner_of(&self, cart: CartId) -> String {
        self.0.key(&format!("owner:{cart}"))
    }

    async fn read(&self, key: String) -> Result<Seen, StoreError> {
        let value = ::redis::cmd("GET").arg(&key).query_async(&mut self.0.connection()).await?;
        Ok(Seen { key, value })
    }

    async fn read_both(&self, one: String, other: String) -> Result<(Seen, Seen), StoreError> {
        let mut command = ::redis::cmd("MGET");
        let (first, second) = command.arg(&one).arg(&other).query_async(&mut self.0.connection()).await?;
        Ok((Seen { key: one, value: first }, Seen { key: other, value: second }))
    }

    /// What the owner's document becomes, and where the ids of the carts in it lead.
    fn replace(
        &self,
        owner: &Owner,
        before: Option<&Cart>,
        after: Option<&Cart>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let document = after.map(serde_json::to_string).transpose()?.unwrap_or_default();
        let mut written = vec![(self.document(owner), document)];
        let (before, after) = (generations(before), generations(after));
        let left = before.iter().filter(|id| !after.contains(id));
        written.extend(left.map(|id| (self.owner_of(*id), String::new())));
        written.extend(after.iter().map(|id| (self.owner_of(*id), owner.to_owned())));
        Ok(written)
    }

    async fn write(&self, unit: Unit<'_>) -> Result<bool, StoreError> {
        self.0.run(&WRITE, &unit.keys(), &bytes(&unit.arguments())).await
    }

    /// Writes as the effect of an event, unless the event took effect before.
    async fn write_once(&self, event: &Event, unit: Unit<'_>) -> Result<bool, StoreError> {
        let keys = [self.inbox().keys().to_vec(), unit.keys()].concat();
        let arguments = [RedisInbox::accepting(event.id).to_vec(), unit.arguments()].concat();
        self.0.run(&WRITE_ONCE, &keys, &bytes(&arguments)).await
    }
}

/// A key, and what was read there.
struct Seen {
    key: String,
    value: Option<String>,
}

impl Seen {
    fn cart(&self) -> Result<Option<Cart>, StoreError> {
        self.value.as_deref().map(|document| Ok(serde_json::from_str(document)?)).transpose()
    }
}

/// A unit of work that is decided: what it rests on, and what it writes for an owner.
struct Unit<'u> {
    owner: &'u Owner,
    read: &'u [&'u Seen],
    written: Vec<(String, String)>,
}

impl Unit<'_> {
    fn keys(&self) -> Vec<String> {
        let read = self.read.iter().map(|seen| seen.key.clone());
        read.chain(self.written.iter().map(|(key, _)| key.clone())).collect()
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![self.read.len().to_string()];
        arguments.extend(self.read.iter().map(|seen| seen.value.clone().unwrap_or_default()));
        arguments.push(lifetime(self.owner).to_string());
        arguments.extend(self.written.iter().map(|(_, value)| value.clone()));
        arguments
    }
}

/// How long an owner's cart lives after its last change, in seconds.
pub(super) fn lifetime(owner: &str) -> u64 {
    if owner.starts_with("guest:") { GUESTS } else { ACCOUNTS }
}

fn generations(cart: Option<&Cart>) -> Vec<CartId> {
    cart.into_iter().flat_map(Cart::generations).collect()
}

fn bytes(arguments: &[String]) -> Vec<&[u8]> {
    arguments.iter().map(String::as_bytes).collect()
}

/// Runs a unit of work, and all of it again as long as another writer comes first: then it gives `None`. Each time one
/// of them has written, so that all get their turn.
async fn settled<T, F>(attempt: impl Fn() -> F + Send) -> Result<T, StoreError>
where
    F: Future<Output = Result<Option<T>, StoreError>> + Send,
{
    for _ in 0..ATTEMPTS {
        if let Some(outcome) = attempt().await? {
            return Ok(outcome);
        }
    }
    Err(StoreError::Unavailable("the cart is too busy".into()))
}

#[async_trait]
impl CartStore for RedisCarts {
    async fn find(&self, owner: &Owner) -> Result<Option<Cart>, StoreError> {
        self.read(self.document(owner)).await?.cart()
    }

    async fn change(
        &self,
        owner: &Owner,
        fresh: CartId,
        change: Change<'_>,
    ) -> Result<Result<Cart, Problem>, StoreError> {
        settled(|| async {
            let seen = self.read(self.document(owner)).await?;
            let before = seen.cart()?;
            let mut cart = before.clone().unwrap_or_else(|| Cart::empty(fresh));
            if let Err(problem) = change(&mut cart) {
                return Ok(Some(Err(problem)));
            }
            cart.version += 1;
            let written = self.replace(owner, before.as_ref(), Some(&cart))?;
            let done = self.write(Unit { owner, read: &[&seen], written }).await?;
            Ok(done.then_some(Ok(cart)))
        })
        .await
    }

    async fn merge(
        &self,
        guest: &Owner,
        account: &Owner,
        fresh: CartId,
        cap: Cap<'_>,
    ) -> Result<Result<Cart, Unasked>, StoreError> {
        settled(|| async {
            let (ours, theirs) = self.read_both(self.document(account), self.document(guest)).await?;
            let before = ours.cart()?;
            let mut cart = before.clone().unwrap_or_else(|| Cart::empty(fresh));
            let Some(guests) = theirs.cart()? else { return Ok(Some(Ok(cart))) };
            let mut written = self.replace(guest, Some(&guests), None)?;
            if let Err(unasked) = cart.merge(guests, cap) {
                return Ok(Some(Err(unasked)));
            }
            cart.version += 1;
            written.extend(self.replace(account, before.as_ref(), Some(&cart))?);
            let done = self.write(Unit { owner: account, read: &[&ours, &theirs], written }).await?;
            Ok(done.then_some(Ok(cart)))
        })
        .await
    }

    async fn close(&self, event: &Event, placed: &OrderPlaced, next: CartId) -> Result<(), StoreError> {
        let bought: Vec<_> = placed.lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect();
        settled(|| async {
            // By cart, not by owner: a guest who has logged in since has taken its lines along.
            let lead = self.read(self.owner_of(placed.cart_id)).await?;
            // Where the cart is gone, that is nobody, who has no cart.
            let owner = lead.value.as_deref().unwrap_or_default();
            let seen = self.read(self.document(owner)).await?;
            let cart = seen.cart()?.filter(|cart| cart.generations().any(|id| id == placed.cart_id));
            let rest = cart.clone().and_then(|cart| cart.after_purchase(placed.cart_id, &bought, next));
            let written = match &cart {
                Some(_) => self.replace(owner, cart.as_ref(), rest.as_ref())?,
                None => Vec::new(),
            };
            let done = self.write_once(event, Unit { owner, read: &[&lead, &seen], written }).await?;
            Ok(done.then_some(()))
        })
        .await
    }
}

#[async_trait]
impl Check for RedisCarts {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}
