//! Stored hosted payment pages.

use super::{NewWebhook, Store, insert};
use crate::payment::Payment;
use crate::protocol::ResultUrls;
use chassis::StoreError;
use chassis::sqlite::{micros, moment};
use contracts::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// The merchant's request for a hosted page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PageRequest {
    pub reference: String,
    pub amount: Money,
    pub urls: ResultUrls,
}

/// A hosted page with its state.
#[derive(Debug, Clone)]
pub(crate) struct PageState {
    pub request: PageRequest,
    pub created_at: Timestamp,
    pub cancelled: bool,
    /// The payment that was made on the page.
    pub payment_id: Option<String>,
}

impl Store {
    /// Stores a new page.
    pub(crate) async fn add_page(
        &self,
        id: &str,
        reference: String,
        amount: Money,
        urls: ResultUrls,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let request = PageRequest { reference, amount, urls };
        sqlx::query("INSERT INTO pages (id, body, created_at) VALUES (?, ?, ?)")
            .bind(id)
            .bind(serde_json::to_string(&request)?)
            .bind(micros(now))
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    /// Returns the page with this id.
    pub(crate) async fn page(&self, id: &str) -> Result<Option<PageState>, StoreError> {
        let row = sqlx::query("SELECT body, created_at, cancelled, payment_id FROM pages WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(PageState {
            request: serde_json::from_str(row.get("body"))?,
            created_at: moment(row.get("created_at"))?,
            cancelled: row.get("cancelled"),
            payment_id: row.get("payment_id"),
        }))
    }

    /// Stores the payment made on a page; returns false when the page was paid or cancelled before.
    pub(crate) async fn pay_page(
        &self,
        id: &str,
        payment: &Payment,
        webhooks: &[NewWebhook],
    ) -> Result<bool, StoreError> {
        let mut work = self.database.begin().await?;
        // The conditions claim the page: of two concurrent payments, only one finds it unpaid.
        let taken =
            sqlx::query("UPDATE pages SET payment_id = ? WHERE id = ? AND payment_id IS NULL AND cancelled = 0")
                .bind(&payment.id)
                .bind(id)
                .execute(&mut *work)
                .await?;
        if taken.rows_affected() == 0 {
            return Ok(false);
        }
        insert(&mut work, payment, webhooks).await?;
        work.commit().await?;
        Ok(true)
    }

    /// Marks an unpaid page as cancelled.
    pub(crate) async fn cancel_page(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE pages SET cancelled = 1 WHERE id = ? AND payment_id IS NULL")
            .bind(id)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }
}
