//! Accounts and sessions in MongoDB.
//!
//! A transaction of MongoDB sees a snapshot: two that check the same thing and then write different documents both
//! succeed. Units of work that must not pass each other therefore write one document in common: the account, for what
//! is its own, and `first_admin` for who is an admin.

mod accounts;
mod addresses;
mod documents;
mod sessions;

use super::Store;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::mongo::{Address, Database, is_duplicate};
use chassis::store::retried;
use documents::{AccountDocument, FirstAdminDocument, SessionDocument, TokenDocument};
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, IndexModel};

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
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        let database = Database::open(address, "user").await?;
        let store = Self {
            accounts: database.collection("accounts"),
            first_admin: database.collection("first_admin"),
            sessions: database.collection("sessions"),
            tokens: database.collection("refresh_tokens"),
            database,
        };
        retried(|| store.prepare()).await?;
        Ok(store)
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
