//! The handler of the events that the cart service consumes.

use crate::cart::Purchase;
use crate::service::CartService;
use async_trait::async_trait;
use contracts::events::{EventData, OrderPlaced, TransferAwaited};
use events::{Event, HandleError, Handler};

#[async_trait]
impl Handler for CartService {
    /// Removes what was ordered from the cart it was ordered from.
    ///
    /// A customer who pays by bank transfer has ordered as well: otherwise the cart would be tied to that order until the
    /// money arrives.
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let purchase = match event.kind.as_str() {
            OrderPlaced::TYPE => event.data::<OrderPlaced>()?.map(|order| Purchase::from(&order)),
            TransferAwaited::TYPE => event
                .data::<TransferAwaited>()?
                .and_then(|awaited| Some(Purchase::new(awaited.cart_id?, &awaited.lines))),
            _ => None,
        };
        if let Some(purchase) = purchase {
            self.store.remove_purchased(event, &purchase, self.new_id()).await?;
        }
        Ok(())
    }
}
