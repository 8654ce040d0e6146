//! The store in MongoDB, for several replicas.
//!
//! MongoDB transactions use snapshot isolation, which permits write skew: two transactions that check the same condition
//! and write different documents both succeed. Transactions that must exclude each other therefore write one document in
//! common: the account for its own data, and `first_admin` for the set of admins and the number of API keys.

mod accounts;
mod addresses;
mod api_keys;
pub(super) mod documents;
mod sessions;

use super::Store;
use super::data_migration::RECORD_KINDS;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::MongoCollections;
use chassis::health::{Check, CheckError, Connections};
use chassis::mongo::{ConnectionSettings, Database, TracedCollection, is_duplicate};
use chassis::store::retry_transaction;
use documents::{
    ACCOUNTS, API_KEYS, AccountDocument, ApiKeyDocument, FIRST_ADMIN, FirstAdminDocument, SESSIONS, SessionDocument,
    TOKENS, TokenDocument,
};
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, IndexModel};

/// The `_id` of the single document in `first_admin`.
const FIRST_ADMIN_ID: i32 = 1;

/// The store of the user service in MongoDB.
#[derive(Clone)]
pub struct MongoStore {
    database: Database,
}

impl MongoStore {
    /// Connects and creates missing collections and indexes; several replicas may do so at once.
    ///
    /// # Errors
    /// When the server cannot be reached or is not a replica set.
    pub async fn open(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        let database = Database::open(connection, "user").await?;
        let store = Self { database };
        // Replicas that start together create the same indexes; MongoDB may abort one of them.
        retry_transaction(|| store.create_schema()).await?;
        Ok(store)
    }

    /// Returns all records for a data migration, as its source or target.
    pub fn contents(&self) -> MongoCollections {
        MongoCollections::new(self.database.clone(), RECORD_KINDS)
    }

    fn accounts(&self) -> TracedCollection<AccountDocument> {
        self.database.collection(ACCOUNTS)
    }

    fn first_admin(&self) -> TracedCollection<FirstAdminDocument> {
        self.database.collection(FIRST_ADMIN)
    }

    fn session_documents(&self) -> TracedCollection<SessionDocument> {
        self.database.collection(SESSIONS)
    }

    fn api_key_documents(&self) -> TracedCollection<ApiKeyDocument> {
        self.database.collection(API_KEYS)
    }

    fn tokens(&self) -> TracedCollection<TokenDocument> {
        self.database.collection(TOKENS)
    }

    /// Creates the indexes, and with them the collections, and the document of the first admin.
    async fn create_schema(&self) -> Result<(), StoreError> {
        let unique = IndexOptions::builder().unique(true).build();
        // A partial index: counting admins must not scan all accounts.
        let of_admins = IndexOptions::builder().partial_filter_expression(doc! { "admin": true }).build();
        let indexes = [index(doc! { "email_key": 1 }, unique), index(doc! { "admin": 1 }, of_admins)];
        self.accounts().create_indexes(indexes).await?;
        let unique = IndexOptions::builder().unique(true).build();
        self.api_key_documents().create_index(index(doc! { "digest": 1 }, unique)).await?;
        let indexes = [
            doc! { "account_id": 1, "last_used_at": -1, "_id": -1 },
            doc! { "last_used_at": 1 },
            doc! { "created_at": 1 },
        ];
        self.session_documents().create_indexes(indexes.map(|keys| index(keys, IndexOptions::default()))).await?;
        self.tokens().create_index(index(doc! { "issued_at": 1 }, IndexOptions::default())).await?;
        let initial = doc! { "$setOnInsert": { "code": null, "turn": 0_i64 } };
        // Two replicas that upsert at once can collide on `_id`; the document exists then, which is enough.
        match self.first_admin().update_one(doc! { "_id": FIRST_ADMIN_ID }, initial).upsert(true).await {
            Err(error) if !is_duplicate(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Returns the account with this `_id` within a transaction, without its address book.
    async fn account_in(
        &self,
        transaction: &mut ClientSession,
        id: &str,
    ) -> Result<Option<AccountDocument>, StoreError> {
        let accounts = self.accounts();
        let found = accounts.find_one(doc! { "_id": id }).projection(without_addresses());
        Ok(found.session(transaction).await?)
    }
}

#[async_trait]
impl Check for MongoStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}

impl Store for MongoStore {}

fn index(keys: Document, options: IndexOptions) -> IndexModel {
    IndexModel::builder().keys(keys).options(options).build()
}

/// Returns the projection without the address book, which is by far the larger part of an account.
fn without_addresses() -> Document {
    doc! { "addresses": 0 }
}

/// Converts a limit to the type of MongoDB, where 0 means no limit: callers handle 0 themselves.
fn documents(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
