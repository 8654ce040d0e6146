//! The store in a MySQL database.

mod rows;
mod schema;
mod seeds;
mod units;

use super::stored::{boundary, state_name, whole};
use super::tables::MOVED;
use super::{Listing, Outcome, Position, Purchase, ReviewSort, Store, Vote, Writing};
use crate::review::Review;
use crate::tally::Tally;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::mysql::{ConnectionSettings, Database, Migration, parse};
use chassis::store::retry_transaction;
use chassis::data_migration::MysqlTables;
use contracts::ratings::ReviewState;
use contracts::{AccountId, ProductId, ReviewId};
use events::Event;
use events::inbox::mysql::MysqlInbox;
use jiff::Timestamp;
use rows::{IN_STATE_NEWEST_FIRST, IN_STATE_OLDEST_FIRST, LIST_HELPFUL, LIST_NEWEST, padded, review, tally};
use sqlx::{MySql, QueryBuilder, Row};
use std::collections::HashMap;

/// The store in a MySQL database.
#[derive(Clone)]
pub struct MysqlStore(Database);

impl MysqlStore {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the database of ratings, making it when missing.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        Ok(Self(Database::open(address, "ratings", schema::MIGRATIONS).await?))
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.0.clone(), MOVED)
    }

    /// The inbox in the same database.
    pub fn inbox(&self) -> MysqlInbox {
        MysqlInbox::new(self.0.clone())
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.0
    }
}

#[async_trait]
impl Check for MysqlStore {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}

#[async_trait]
impl Store for MysqlStore {
    async fn tallies(&self, products: &[ProductId]) -> Result<HashMap<ProductId, Tally>, StoreError> {
        if products.is_empty() {
            return Ok(HashMap::new());
        }
        let mut query = QueryBuilder::<MySql>::new("SELECT * FROM tallies WHERE product_id IN (");
        let mut list = query.separated(", ");
        for product in padded(products) {
            list.push_bind(product);
        }
        query.push(")");
        let rows = query.build().fetch_all(self.0.pool()).await?;
        rows.iter().map(|row| Ok((parse(row.get("product_id"))?, tally(row)?))).collect()
    }

    async fn reviews(&self, listing: &Listing) -> Result<Vec<Review>, StoreError> {
        let statement = match listing.sort {
            ReviewSort::Newest => LIST_NEWEST,
            ReviewSort::Helpful => LIST_HELPFUL,
        };
        let (product, limit) = (listing.product.to_string(), whole(listing.limit));
        let (by, id) = boundary(listing.after, true);
        let rows = sqlx::query(statement)
            .bind(&product)
            .bind(by)
            .bind(by)
            .bind(&id)
            .bind(limit)
            .bind(listing.reader.map(|reader| reader.to_string()))
            .bind(&product)
            .bind(by)
            .bind(by)
            .bind(&id)
            .bind(limit)
            .fetch_all(self.0.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    async fn in_state(
        &self,
        state: ReviewState,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Review>, StoreError> {
        let newest_first = state != ReviewState::Pending;
        let (by, id) = boundary(after, newest_first);
        let rows = sqlx::query(if newest_first { IN_STATE_NEWEST_FIRST } else { IN_STATE_OLDEST_FIRST })
            .bind(state_name(state))
            .bind(by)
            .bind(by)
            .bind(id)
            .bind(whole(limit))
            .fetch_all(self.0.pool())
            .await?;
        rows.iter().map(review).collect()
    }

    async fn write(&self, writing: &Writing) -> Result<Review, StoreError> {
        retry_transaction(|| units::write(&self.0, writing)).await
    }

    async fn delete(&self, product: ProductId, account: AccountId) -> Result<(), StoreError> {
        retry_transaction(|| units::delete(&self.0, product, account)).await
    }

    async fn vote(&self, id: ReviewId, voter: AccountId, helpful: bool) -> Result<Vote, StoreError> {
        retry_transaction(|| units::vote(&self.0, id, voter, helpful)).await
    }

    async fn moderate(&self, id: ReviewId, state: ReviewState, at: Timestamp) -> Result<Option<Review>, StoreError> {
        retry_transaction(|| units::moderate(&self.0, id, state, at)).await
    }

    async fn seed(&self, reviews: &[Review]) -> Result<(), StoreError> {
        retry_transaction(|| seeds::seed(&self.0, reviews)).await
    }

    async fn record(&self, event: &Event, purchase: &Purchase) -> Result<Outcome, StoreError> {
        retry_transaction(|| units::record(&self.0, event, purchase)).await
    }
}
