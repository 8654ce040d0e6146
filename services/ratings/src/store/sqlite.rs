//! The store in an SQLite file.

mod rows;

use super::stored::{boundary, state_name, whole};
use super::tables::MOVED;
use super::{Listing, Outcome, Position, Purchase, ReviewSort, Store, Vote, Writing};
use crate::review::{Review, watched_after};
use crate::tally::Tally;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, micros, parse};
use chassis::data_migration::SqliteTables;
use contracts::ratings::ReviewState;
use contracts::{AccountId, ProductId, ReviewId};
use events::Event;
use events::inbox::sqlite::{SCHEMA as INBOX, SqliteInbox};
use jiff::Timestamp;
use rows::{
    IN_STATE_NEWEST_FIRST, IN_STATE_OLDEST_FIRST, LIST_HELPFUL, LIST_NEWEST, TABLES, names, recount, review, save,
    standing, tally, watch,
};
use sqlx::Row;
use std::collections::HashMap;
use std::path::Path;

const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "reviews, tallies, votes, purchases", sql: TABLES },
    Migration { version: 2, name: "inbox", sql: INBOX },
];

/// The store in an SQLite file.
#[derive(Clone)]
pub struct SqliteStore(Database);

impl SqliteStore {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the file, creating it when missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(Database::open(path, Durability::KilledProcess, MIGRATIONS).await?))
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.0.clone(), MOVED)
    }

    /// The inbox in the same file.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(self.0.clone())
    }

    /// The file.
    pub fn database(&self) -> &Database {
        &self.0
    }
}

#[async_trait]
impl Check for SqliteStore {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn tallies(&self, products: &[ProductId]) -> Result<HashMap<ProductId, Tally>, StoreError> {
        let rows = sqlx::query("SELECT * FROM tallies WHERE product_id IN (SELECT value FROM json_each(?))")
            .bind(names(products)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((parse(row.get("product_id"))?, tally(row)?))).collect()
    }

    async fn reviews(&self, listing: &Listing) -> Result<Vec<Review>, StoreError> {
        let statement = match listing.sort {
            ReviewSort::Newest => LIST_NEWEST,
            ReviewSort::Helpful => LIST_HELPFUL,
        };
        let (by, id) = boundary(listing.after, true);
        let rows = sqlx::query(statement)
            .bind(listing.product.to_string())
            .bind(by)
            .bind(id)
            .bind(whole(listing.limit))
            .bind(listing.reader.map(|reader| reader.to_string()))
            .fetch_all(&mut *self.0.read().await?)
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
            .bind(id)
            .bind(whole(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(review).collect()
    }

    async fn write(&self, writing: &Writing) -> Result<Review, StoreError> {
        let mut work = self.0.begin().await?;
        let standing = standing(&mut work, writing.product, writing.account).await?;
        let before = sqlx::query("SELECT * FROM reviews WHERE product_id = ? AND account_id = ?")
            .bind(writing.product.to_string())
            .bind(writing.account.to_string())
            .fetch_optional(&mut *work)
            .await?
            .as_ref()
            .map(review)
            .transpose()?;
        let counted = before.as_ref().and_then(Review::counted);
        let after = match before.clone() {
            Some(before) => before.rewritten(&writing.draft, standing, writing.policy),
            None => writing.first(standing),
        };
        if before.as_ref() != Some(&after) {
            save(&mut work, &after, writing.at).await?;
            recount(&mut work, after.product_id, counted, after.counted()).await?;
        }
        work.commit().await?;
        Ok(after)
    }

    async fn delete(&self, product: ProductId, account: AccountId) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        let deleted = sqlx::query("DELETE FROM reviews WHERE product_id = ? AND account_id = ? RETURNING *")
            .bind(product.to_string())
            .bind(account.to_string())
            .fetch_optional(&mut *work)
            .await?;
        if let Some(deleted) = deleted.as_ref().map(review).transpose()? {
            recount(&mut work, product, deleted.counted(), None).await?;
        }
        work.commit().await
    }

    async fn vote(&self, id: ReviewId, voter: AccountId, helpful: bool) -> Result<Vote, StoreError> {
        let mut work = self.0.begin().await?;
        let found = sqlx::query("SELECT * FROM reviews WHERE id = ?").bind(id.to_string());
        let Some(found) = found.fetch_optional(&mut *work).await?.as_ref().map(review).transpose()? else {
            return Ok(Vote::Unknown);
        };
        if found.account_id == voter {
            return Ok(Vote::Own);
        }
        if found.state != ReviewState::Published {
            return Ok(Vote::Unknown);
        }
        let (statement, difference) = if helpful {
            ("INSERT INTO votes (review_id, account_id) VALUES (?, ?) ON CONFLICT DO NOTHING", 1)
        } else {
            ("DELETE FROM votes WHERE review_id = ? AND account_id = ?", -1)
        };
        let vote = sqlx::query(statement).bind(id.to_string()).bind(voter.to_string());
        if vote.execute(&mut *work).await?.rows_affected() == 1 {
            sqlx::query("UPDATE reviews SET helpful = helpful + ? WHERE id = ?")
                .bind(difference)
                .bind(id.to_string())
                .execute(&mut *work)
                .await?;
        }
        work.commit().await?;
        Ok(Vote::Taken)
    }

    async fn moderate(&self, id: ReviewId, state: ReviewState, at: Timestamp) -> Result<Option<Review>, StoreError> {
        let mut work = self.0.begin().await?;
        let found = sqlx::query("SELECT * FROM reviews WHERE id = ?").bind(id.to_string());
        let Some(before) = found.fetch_optional(&mut *work).await?.as_ref().map(review).transpose()? else {
            return Ok(None);
        };
        let counted = before.counted();
        let after = Review { state, ..before };
        save(&mut work, &after, at).await?;
        recount(&mut work, after.product_id, counted, after.counted()).await?;
        watch(&mut work, &after, watched_after(state)).await?;
        work.commit().await?;
        Ok(Some(after))
    }

    async fn seed(&self, reviews: &[Review]) -> Result<(), StoreError> {
        let mut work = self.0.begin().await?;
        for review in reviews {
            let found = sqlx::query("SELECT 1 FROM reviews WHERE product_id = ? AND account_id = ?")
                .bind(review.product_id.to_string())
                .bind(review.account_id.to_string())
                .fetch_optional(&mut *work)
                .await?;
            if found.is_none() {
                save(&mut work, review, review.created_at).await?;
                recount(&mut work, review.product_id, None, review.counted()).await?;
            }
        }
        work.commit().await
    }

    async fn record(&self, event: &Event, purchase: &Purchase) -> Result<Outcome, StoreError> {
        let mut work = self.0.begin().await?;
        if !SqliteInbox::accept(&mut work, event).await? {
            return Ok(Outcome::Repeated);
        }
        let (buyer, products) = (purchase.buyer.to_string(), names(&purchase.products)?);
        sqlx::query(
            "INSERT INTO purchases (account_id, product_id, order_id, recorded_at)
             SELECT ?, value, ?, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
        )
        .bind(&buyer)
        .bind(purchase.order.to_string())
        .bind(micros(event.time))
        .bind(&products)
        .execute(&mut *work)
        .await?;
        let written = sqlx::query(
            "SELECT * FROM reviews WHERE account_id = ? AND product_id IN (SELECT value FROM json_each(?)) AND verified = 0",
        );
        let written = written.bind(&buyer).bind(&products).fetch_all(&mut *work).await?;
        for before in written.iter().map(review) {
            let before = before?;
            let (counted, product) = (before.counted(), before.product_id);
            let standing = standing(&mut work, product, before.account_id).await?;
            let after = before.verified(standing.watched);
            save(&mut work, &after, event.time).await?;
            recount(&mut work, product, counted, after.counted()).await?;
        }
        work.commit().await?;
        Ok(Outcome::Applied)
    }
}
