//! Who bought what, learnt from orders that reached their customers.

use crate::store::{Purchase, Store};
use async_trait::async_trait;
use chassis::auth::Subject;
use contracts::AccountId;
use contracts::events::OrderDelivered;
use events::{Event, HandleError, Handler};
use std::sync::Arc;

/// Records purchases.
pub struct Purchases(pub Arc<dyn Store>);

#[async_trait]
impl Handler for Purchases {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let Some(delivered) = event.data::<OrderDelivered>()? else {
            return Ok(());
        };
        // A guest has no account that could write a review.
        let Subject::Account(buyer) = delivered.owner.parse().map_err(HandleError::Never)? else {
            return Ok(());
        };
        let purchase = Purchase {
            buyer: AccountId(buyer),
            order: delivered.order_id,
            products: delivered.lines.iter().map(|line| line.product_id).collect(),
        };
        let outcome = self.0.record(event, &purchase).await?;
        tracing::debug!(order = %purchase.order, ?outcome, "an order was delivered");
        Ok(())
    }
}
