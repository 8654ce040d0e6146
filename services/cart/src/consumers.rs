//! The handler of the events that the cart service consumes.

use crate::service::CartService;
use async_trait::async_trait;
use contracts::events::{EventData, OrderPlaced};
use events::{Event, HandleError, Handler};

#[async_trait]
impl Handler for CartService {
    /// Removes what was ordered from the cart it was ordered from.
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.kind != OrderPlaced::TYPE {
            return Ok(());
        }
        if let Some(order) = event.data::<OrderPlaced>()? {
            self.store.remove_purchased(event, &order, self.new_id()).await?;
        }
        Ok(())
    }
}
