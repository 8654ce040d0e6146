//! Accounts and sessions in MongoDB.
//!
//! A transaction of MongoDB sees a snapshot: two that check the same thing and then write different documents both
//! succeed. Units of work that must not pass each other therefore write one document in common: the account, for what
//! is its own, and `first_admin` for who is an admin.

mod accounts;
mod addresses;
pub(super) mod documents;
mod sessions;

use super::Store;
use super::moved::KINDS;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::mongo::{ConnectionSettings, Database, is_duplicate};
use chassis::store::retry_transaction;
use chassis::data_migration::MongoCollections;
use documents::{AccountDocument, FirstAdminDocument, SessionDocument, TokenDocument};
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, IndexModel};

pub(super) const ACCOUNTS: &str = "accounts";
pub(super) const FIRST_ADMIN: &str = "first_admin";
pub(super) const SESSIONS: &str = "sessions";
pub(super) const TOKENS: &str = "refresh_tokens";
/// The `_id` of the only document in `first_admin`.
const ONLY: i32 = 1;

/// The production store.
#[derive(Clone)]
pub struct MongoStore {
    database: Database,
    accounts: Collection<AccountDocument>,
    first_admin: Collection<FirstAdminDocument>,
    sessions: Collection<SessionDocument>,
    tokens: Collection<TokenDocument>,
}

impl MongoStore {
    /// Connects, and makes what is missing of collections and indexes; several may do so at once.
    ///
    /// # Errors
    /// When the server cannot be reached or is no replica set.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let database = Database::open(address, "user").await?;
        let store = Self {
            accounts: database.collection(ACCOUNTS),
            first_admin: database.collection(FIRST_ADMIN),
            sessions: database.collection(SESSIONS),
            tokens: database.collection(TOKENS),
            database,
        };
        retry_transaction(|| store.prepare()).await?;
        Ok(store)
    }

    /// All that the store keeps, to be moved from or into another.
    pub fn contents(&self) -> MongoCollections {
        MongoCollections::new(self.database.clone(), KINDS)
    }

    /// Collections come into being with their indexes.
    async fn prepare(&self) -> Result<(), StoreError> {
        let unique = IndexOptions::builder().unique(true).build();
        let of_admins = IndexOptions::builder().partial_filter_expression(doc! { "admin": true }).build();
        let indexes = [index(doc! { "email_key": 1 }, unique), index(doc! { "admin": 1 }, of_admins)];
        self.accounts.create_indexes(indexes).await?;
        let indexes = [
            doc! { "account_id": 1, "last_used_at": -1, "_id": -1 },
            doc! { "last_used_at": 1 },
            doc! { "created_at": 1 },
        ];
        self.sessions.create_indexes(indexes.map(|keys| index(keys, IndexOptions::default()))).await?;
        self.tokens.create_index(index(doc! { "issued_at": 1 }, IndexOptions::default())).await?;
        let initial = doc! { "$setOnInsert": { "code": null, "turn": 0_i64 } };
        match self.first_admin.update_one(doc! { "_id": ONLY }, initial).upsert(true).await {
            Err(error) if !is_duplicate(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The account with this `_id`, as this unit of work sees it, without its address book.
    async fn account_in(&self, work: &mut ClientSession, id: &str) -> Result<Option<AccountDocument>, StoreError> {
        let found = self.accounts.find_one(doc! { "_id": id }).projection(without_addresses());
        Ok(found.session(work).await?)
    }
}

#[async_trait]
impl Check for MongoStore {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}

impl Store for MongoStore {}

fn index(keys: Document, options: IndexOptions) -> IndexModel {
    IndexModel::builder().keys(keys).options(options).build()
}

/// The projection of an account without its address book, which is by far the larger part.
fn without_addresses() -> Document {
    doc! { "addresses": 0 }
}

/// A number of documents as MongoDB takes it. Zero means all of them there, so ask only for more.
fn documents(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
