//! Event handlers: records purchases from delivered orders.

use crate::store::{Purchase, RecordOutcome, Store};
use async_trait::async_trait;
use chassis::auth::Subject;
use contracts::AccountId;
use contracts::events::OrderDelivered;
use events::{Event, HandleError, Handler};
use std::sync::Arc;

/// Records the purchases of delivered orders.
pub struct PurchaseConsumer(pub Arc<dyn Store>);

#[async_trait]
impl Handler for PurchaseConsumer {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let Some(delivered) = event.data::<OrderDelivered>()? else {
            return Ok(());
        };
        // A malformed owner stays malformed: a retry cannot help, so the event becomes a dead letter.
        let owner = delivered.owner.parse::<Subject>().map_err(|error| HandleError::Never(error.to_string()))?;
        let Subject::Account(buyer) = owner else {
            // A guest has no account, so no review could become verified.
            return Ok(());
        };
        let purchase = Purchase {
            buyer: AccountId(buyer),
            order: delivered.order_id,
            products: delivered.lines.iter().map(|line| line.product_id).collect(),
        };
        // The store accepts the event in the inbox and records the purchase in one transaction.
        let outcome = self.0.record_purchase(event, &purchase).await?;
        tracing::debug!(order = %purchase.order, duplicate = outcome == RecordOutcome::Duplicate, "purchase recorded");
        Ok(())
    }
}
