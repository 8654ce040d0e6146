//! The store in a MySQL database, for several replicas.

mod queries;
mod schema;
mod seeds;
mod transactions;

use super::codec::{limit_to_bind, page_start, state_as_str};
use super::data_migration::TABLES;
use super::{Position, Purchase, RecordOutcome, ReviewQuery, ReviewSort, ReviewSubmission, Store, VoteOutcome};
use crate::rating_summary::RatingSummary;
use crate::review::Review;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::MysqlTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::mysql::{ConnectionSettings, Database, Migration, parse};
use chassis::store::retry_transaction;
use contracts::ratings::ReviewState;
use contracts::{AccountId, ProductId, ReviewId};
use events::Event;
use events::inbox::mysql::MysqlInbox;
use jiff::Timestamp;
use queries::{
    IN_STATE_NEWEST_FIRST, IN_STATE_OLDEST_FIRST, LIST_HELPFUL, LIST_NEWEST, padded, rating_summary, review,
};
use sqlx::{MySql, QueryBuilder, Row};
use std::collections::HashMap;

/// The store of the ratings service in a MySQL database.
#[derive(Clone)]
pub struct MysqlStore(Database);

impl MysqlStore {
    /// The migrations of the schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Connects to the database of ratings and creates it when it is missing.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        Ok(Self(Database::open(connection, "ratings", schema::MIGRATIONS).await?))
    }

    /// Returns all records for a data migration.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.0.clone(), TABLES)
    }

    /// Returns the inbox in the same database.
    pub fn inbox(&self) -> MysqlInbox {
        MysqlInbox::new(self.0.clone())
    }

    /// Returns the underlying database.
    pub fn database(&self) -> &Database {
        &self.0
    }
}

#[async_trait]
impl Check for MysqlStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }
}

#[async_trait]
impl Store for MysqlStore {
    async fn rating_summaries(&self, products: &[ProductId]) -> Result<HashMap<ProductId, RatingSummary>, StoreError> {
        if products.is_empty() {
            return Ok(HashMap::new());
        }
        // An empty IN list is a syntax error in MySQL, hence the early return above.
        let mut query = QueryBuilder::<MySql>::new("SELECT * FROM tallies WHERE product_id IN (");
        let mut list = query.separated(", ");
        // Padding repeats an id, which does not change the result of IN.
        for product in padded(products) {
            list.push_bind(product);
        }
        query.push(")");
        let rows = query.build().fetch_all(self.0.pool()).await?;
        rows.iter().map(|row| Ok((parse(row.get("product_id"))?, rating_summary(row)?))).collect()
    }

    async fn reviews(&self, query: &ReviewQuery) -> Result<Vec<Review>, StoreError> {
        let statement = match query.sort {
            ReviewSort::Newest => LIST_NEWEST,
            ReviewSort::Helpful => LIST_HELPFUL,
        };
        let (product, limit) = (query.product.to_string(), limit_to_bind(query.limit));
        let (by, id) = page_start(query.after, true);
        let rows = sqlx::query(statement)
            .bind(&product)
            .bind(by)
            .bind(by)
            .bind(&id)
            .bind(limit)
            .bind(query.reader.map(|reader| reader.to_string()))
            .bind(&product)
            .bind(by)
            .bind(by)
            .bind(&id)
            .bind(limit)
            .fetch_all(self.0.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    async fn reviews_in_state(
        &self,
        state: ReviewState,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Review>, StoreError> {
        // The moderation queue is worked off from the oldest review.
        let newest_first = state != ReviewState::Pending;
        let (by, id) = page_start(after, newest_first);
        let rows = sqlx::query(if newest_first { IN_STATE_NEWEST_FIRST } else { IN_STATE_OLDEST_FIRST })
            .bind(state_as_str(state))
            .bind(by)
            .bind(by)
            .bind(id)
            .bind(limit_to_bind(limit))
            .fetch_all(self.0.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    async fn submit_review(&self, submission: &ReviewSubmission) -> Result<Review, StoreError> {
        retry_transaction(|| transactions::submit_review(&self.0, submission)).await
    }

    async fn delete_review(&self, product: ProductId, account: AccountId) -> Result<(), StoreError> {
        retry_transaction(|| transactions::delete_review(&self.0, product, account)).await
    }

    async fn vote(&self, id: ReviewId, voter: AccountId, helpful: bool) -> Result<VoteOutcome, StoreError> {
        retry_transaction(|| transactions::vote(&self.0, id, voter, helpful)).await
    }

    async fn moderate(&self, id: ReviewId, state: ReviewState, at: Timestamp) -> Result<Option<Review>, StoreError> {
        retry_transaction(|| transactions::moderate(&self.0, id, state, at)).await
    }

    async fn seed(&self, reviews: &[Review]) -> Result<(), StoreError> {
        retry_transaction(|| seeds::seed(&self.0, reviews)).await
    }

    async fn record_purchase(&self, event: &Event, purchase: &Purchase) -> Result<RecordOutcome, StoreError> {
        retry_transaction(|| transactions::record_purchase(&self.0, event, purchase)).await
    }
}
