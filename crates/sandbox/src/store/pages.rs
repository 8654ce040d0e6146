//! Hosted payment pages in the books.

use super::{Outgoing, Store, insert};
use crate::payment::Payment;
use crate::wire::ResultUrls;
use chassis::StoreError;
use chassis::sqlite::{micros, moment};
use contracts::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// What a hosted page is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PageOrder {
    pub reference: String,
    pub amount: Money,
    pub urls: ResultUrls,
}

/// A hosted page, and what has become of it.
#[derive(Debug, Clone)]
pub(crate) struct PageState {
    pub order: PageOrder,
    pub created_at: Timestamp,
    pub cancelled: bool,
    /// The payment made on it.
    pub payment_id: Option<String>,
}

impl Store {
    /// Keeps a new page.
    pub(crate) async fn add_page(
        &self,
        id: &str,
        reference: String,
        amount: Money,
        urls: ResultUrls,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let order = PageOrder { reference, amount, urls };
        sqlx::query("INSERT INTO pages (id, body, created_at) VALUES (?, ?, ?)")
            .bind(id)
            .bind(serde_json::to_string(&order)?)
            .bind(micros(now))
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    /// The page with this id.
    pub(crate) async fn page(&self, id: &str) -> Result<Option<PageState>, StoreError> {
        let row = sqlx::query("SELECT body, created_at, cancelled, payment_id FROM pages WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(PageState {
            order: serde_json::from_str(row.get("body"))?,
            created_at: moment(row.get("created_at"))?,
            cancelled: row.get("cancelled"),
            payment_id: row.get("payment_id"),
        }))
    }

    /// Keeps the payment made on a page. A page is paid once: says whether this was it.
    pub(crate) async fn pay_page(
        &self,
        id: &str,
        payment: &Payment,
        outgoing: &[Outgoing],
    ) -> Result<bool, StoreError> {
        let mut work = self.database.begin().await?;
        let taken =
            sqlx::query("UPDATE pages SET payment_id = ? WHERE id = ? AND payment_id IS NULL AND cancelled = 0")
                .bind(&payment.id)
                .bind(id)
                .execute(&mut *work)
                .await?;
        if taken.rows_affected() == 0 {
            return Ok(false);
        }
        insert(&mut work, payment, outgoing).await?;
        work.commit().await?;
        Ok(true)
    }

    /// The customer goes back without paying.
    pub(crate) async fn cancel_page(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE pages SET cancelled = 1 WHERE id = ? AND payment_id IS NULL")
            .bind(id)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }
}
