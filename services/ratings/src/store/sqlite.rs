//! The store in an SQLite file, for one process.

mod queries;
mod schema;

use super::codec::{limit_to_bind, page_start, state_as_str};
use super::data_migration::TABLES;
use super::{Position, Purchase, RecordOutcome, ReviewQuery, ReviewSort, ReviewSubmission, Store, VoteOutcome};
use crate::rating_summary::RatingSummary;
use crate::review::{Review, flags_author};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::sqlite::{Database, Durability, Migration, micros, parse};
use contracts::ratings::ReviewState;
use contracts::{AccountId, ProductId, ReviewId};
use events::Event;
use events::inbox::sqlite::SqliteInbox;
use jiff::Timestamp;
use queries::{
    IN_STATE_NEWEST_FIRST, IN_STATE_OLDEST_FIRST, LIST_HELPFUL, LIST_NEWEST, author_status, ids_as_json,
    rating_summary, review, save, set_flagged, update_summary,
};
use sqlx::Row;
use std::collections::HashMap;
use std::path::Path;

/// The store of the ratings service in an SQLite file.
#[derive(Clone)]
pub struct SqliteStore(Database);

impl SqliteStore {
    /// The migrations of the schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file and creates it when it is missing. Commits survive a killed process, but not a power loss.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // A review that is lost in a power failure can be written again; a flush per commit would cost more.
        Ok(Self(Database::open(path, Durability::KilledProcess, schema::MIGRATIONS).await?))
    }

    /// Returns all records for a data migration.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.0.clone(), TABLES)
    }

    /// Returns the inbox in the same file.
    pub fn inbox(&self) -> SqliteInbox {
        SqliteInbox::new(self.0.clone())
    }

    /// Returns the underlying database.
    pub fn database(&self) -> &Database {
        &self.0
    }
}

#[async_trait]
impl Check for SqliteStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.0.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.0.connections()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn rating_summaries(&self, products: &[ProductId]) -> Result<HashMap<ProductId, RatingSummary>, StoreError> {
        let rows = sqlx::query("SELECT * FROM tallies WHERE product_id IN (SELECT value FROM json_each(?))")
            .bind(ids_as_json(products)?)
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(|row| Ok((parse(row.get("product_id"))?, rating_summary(row)?))).collect()
    }

    async fn reviews(&self, query: &ReviewQuery) -> Result<Vec<Review>, StoreError> {
        let statement = match query.sort {
            ReviewSort::Newest => LIST_NEWEST,
            ReviewSort::Helpful => LIST_HELPFUL,
        };
        let (by, id) = page_start(query.after, true);
        let rows = sqlx::query(statement)
            .bind(query.product.to_string())
            .bind(by)
            .bind(id)
            .bind(limit_to_bind(query.limit))
            .bind(query.reader.map(|reader| reader.to_string()))
            .fetch_all(&mut *self.0.read().await?)
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
            .bind(id)
            .bind(limit_to_bind(limit))
            .fetch_all(&mut *self.0.read().await?)
            .await?;
        rows.iter().map(review).collect()
    }

    async fn submit_review(&self, submission: &ReviewSubmission) -> Result<Review, StoreError> {
        let mut transaction = self.0.begin().await?;
        let author_status = author_status(&mut transaction, submission.product, submission.account).await?;
        let before = sqlx::query("SELECT * FROM reviews WHERE product_id = ? AND account_id = ?")
            .bind(submission.product.to_string())
            .bind(submission.account.to_string())
            .fetch_optional(&mut *transaction)
            .await?
            .as_ref()
            .map(review)
            .transpose()?;
        let counted = before.as_ref().and_then(Review::counted);
        let after = match before.clone() {
            Some(before) => before.edited(&submission.draft, author_status, submission.policy),
            None => submission.first_review(author_status),
        };
        // An identical submission must not change `updated_at`.
        if before.as_ref() != Some(&after) {
            save(&mut transaction, &after, submission.at).await?;
            update_summary(&mut transaction, after.product_id, counted, after.counted()).await?;
        }
        transaction.commit().await?;
        Ok(after)
    }

    async fn delete_review(&self, product: ProductId, account: AccountId) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        let deleted = sqlx::query("DELETE FROM reviews WHERE product_id = ? AND account_id = ? RETURNING *")
            .bind(product.to_string())
            .bind(account.to_string())
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(deleted) = deleted.as_ref().map(review).transpose()? {
            // Votes are deleted by the foreign key.
            update_summary(&mut transaction, product, deleted.counted(), None).await?;
        }
        transaction.commit().await
    }

    async fn vote(&self, id: ReviewId, voter: AccountId, helpful: bool) -> Result<VoteOutcome, StoreError> {
        let mut transaction = self.0.begin().await?;
        let found = sqlx::query("SELECT * FROM reviews WHERE id = ?").bind(id.to_string());
        let Some(found) = found.fetch_optional(&mut *transaction).await?.as_ref().map(review).transpose()? else {
            return Ok(VoteOutcome::NotFound);
        };
        // Before the state: authors see their own unpublished review, so it must not look missing.
        if found.account_id == voter {
            return Ok(VoteOutcome::OwnReview);
        }
        // A review that the voter cannot see is reported like a missing one.
        if found.state != ReviewState::Published {
            return Ok(VoteOutcome::NotFound);
        }
        let (statement, difference) = if helpful {
            ("INSERT INTO votes (review_id, account_id) VALUES (?, ?) ON CONFLICT DO NOTHING", 1)
        } else {
            ("DELETE FROM votes WHERE review_id = ? AND account_id = ?", -1)
        };
        let vote = sqlx::query(statement).bind(id.to_string()).bind(voter.to_string());
        // Counted only if a row was added or removed, so that a repeated vote changes nothing.
        if vote.execute(&mut *transaction).await?.rows_affected() == 1 {
            sqlx::query("UPDATE reviews SET helpful = helpful + ? WHERE id = ?")
                .bind(difference)
                .bind(id.to_string())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(VoteOutcome::Recorded)
    }

    async fn moderate(&self, id: ReviewId, state: ReviewState, at: Timestamp) -> Result<Option<Review>, StoreError> {
        let mut transaction = self.0.begin().await?;
        let found = sqlx::query("SELECT * FROM reviews WHERE id = ?").bind(id.to_string());
        let Some(before) = found.fetch_optional(&mut *transaction).await?.as_ref().map(review).transpose()? else {
            return Ok(None);
        };
        let counted = before.counted();
        let after = Review { state, ..before };
        save(&mut transaction, &after, at).await?;
        update_summary(&mut transaction, after.product_id, counted, after.counted()).await?;
        // The flag is stored apart from the review, so that it survives a deletion by the author.
        set_flagged(&mut transaction, &after, flags_author(state)).await?;
        transaction.commit().await?;
        Ok(Some(after))
    }

    async fn seed(&self, reviews: &[Review]) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        for review in reviews {
            let found = sqlx::query("SELECT 1 FROM reviews WHERE product_id = ? AND account_id = ?")
                .bind(review.product_id.to_string())
                .bind(review.account_id.to_string())
                .fetch_optional(&mut *transaction)
                .await?;
            if found.is_none() {
                // Existing reviews win: seeding a shop twice must not overwrite decisions of staff.
                save(&mut transaction, review, review.created_at).await?;
                update_summary(&mut transaction, review.product_id, None, review.counted()).await?;
            }
        }
        transaction.commit().await
    }

    async fn record_purchase(&self, event: &Event, purchase: &Purchase) -> Result<RecordOutcome, StoreError> {
        let mut transaction = self.0.begin().await?;
        // The inbox row is part of this transaction: the event takes effect once, however often it is delivered.
        if !SqliteInbox::accept(&mut transaction, event).await? {
            return Ok(RecordOutcome::Duplicate);
        }
        let (buyer, products) = (purchase.buyer.to_string(), ids_as_json(&purchase.products)?);
        sqlx::query(
            "INSERT INTO purchases (account_id, product_id, order_id, recorded_at)
             SELECT ?, value, ?, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING",
        )
        .bind(&buyer)
        .bind(purchase.order.to_string())
        .bind(micros(event.time))
        .bind(&products)
        .execute(&mut *transaction)
        .await?;
        let written = sqlx::query(
            "SELECT * FROM reviews WHERE account_id = ? AND product_id IN (SELECT value FROM json_each(?)) AND verified = 0",
        );
        let written = written.bind(&buyer).bind(&products).fetch_all(&mut *transaction).await?;
        for before in written.iter().map(review) {
            let before = before?;
            let (counted, product) = (before.counted(), before.product_id);
            let author_status = author_status(&mut transaction, product, before.account_id).await?;
            // A review that was pending only for the missing purchase is published now.
            let after = before.verified(author_status.flagged);
            save(&mut transaction, &after, event.time).await?;
            update_summary(&mut transaction, product, counted, after.counted()).await?;
        }
        transaction.commit().await?;
        Ok(RecordOutcome::Applied)
    }
}
