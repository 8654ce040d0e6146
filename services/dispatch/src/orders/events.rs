//! What events do to orders.

use super::Orders;
use crate::mail::Notice;
use crate::order::{Effects, Move, Order};
use crate::store::Change;
use async_trait::async_trait;
use chassis::{Problem, StoreError, problem};
use contracts::OrderId;
use contracts::events::{
    CommandSettled, EventData, OrderPlaced, PaymentChanged, ShipmentMoved, StockArrived, StockLow, TransferAwaited,
};
use events::{Event, HandleError, Handler};

/// How many orders are woken before more are looked for.
const AT_ONCE: usize = 100;

#[async_trait]
impl Handler for Orders {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        match event.kind.as_str() {
            OrderPlaced::TYPE => self.on_placed(event).await,
            ShipmentMoved::TYPE => self.on_moved(event).await,
            CommandSettled::TYPE => self.on_settled(event).await,
            PaymentChanged::TYPE => self.on_money_changed(event).await,
            TransferAwaited::TYPE => self.on_transfer_awaited(event).await,
            StockArrived::TYPE => self.on_arrived(event).await,
            StockLow::TYPE => self.on_low(event).await,
            _ => Ok(()),
        }
    }
}

impl Orders {
    async fn on_placed(&self, event: &Event) -> Result<(), HandleError> {
        let Some(placed) = event.data::<OrderPlaced>()? else { return Ok(()) };
        let record = self.payment.order(placed.order_id).await?;
        let now = self.system.now();
        let (order, effects) = Order::placed(record, now);
        self.store.place(event, &order, &effects, now).await?;
        self.bell.ring(placed.order_id);
        Ok(())
    }

    async fn on_moved(&self, event: &Event) -> Result<(), HandleError> {
        let Some(moved) = event.data::<ShipmentMoved>()? else { return Ok(()) };
        let moving = Move { shipment: moved.shipment_id, status: moved.status, at: moved.at };
        let change = |order: &mut Order| Ok(order.shipment_moved(moving));
        self.apply(event, moved.order_id, &change).await
    }

    async fn on_settled(&self, event: &Event) -> Result<(), HandleError> {
        let Some(settled) = event.data::<CommandSettled>()? else { return Ok(()) };
        let now = self.system.now();
        let change = |order: &mut Order| {
            order.settled(&settled.step_key, now);
            Ok(Effects::default())
        };
        self.apply(event, settled.order_id, &change).await
    }

    /// Payment tells that its books have changed, and is asked how they stand now.
    async fn on_money_changed(&self, event: &Event) -> Result<(), HandleError> {
        let Some(changed) = event.data::<PaymentChanged>()? else { return Ok(()) };
        let totals = self.payment.order(changed.order_id).await?.totals;
        let now = self.system.now();
        let change = |order: &mut Order| {
            order.money_changed(changed.change, totals, now);
            Ok(Effects::default())
        };
        self.apply(event, changed.order_id, &change).await
    }

    /// Payment tells that a customer is to transfer money, and is asked how: by now it may have come, or be given up.
    async fn on_transfer_awaited(&self, event: &Event) -> Result<(), HandleError> {
        let Some(awaited) = event.data::<TransferAwaited>()? else { return Ok(()) };
        let notice = match self.payment.awaited_transfer(awaited.order_id).await {
            Ok(awaited) => Some(Notice::TransferAwaited(Box::new(awaited))),
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => None,
            Err(error) => return Err(error.into()),
        };
        Ok(self.store.heard(event, notice.as_ref(), self.system.now()).await?)
    }

    async fn apply(&self, event: &Event, id: OrderId, change: Change<'_>) -> Result<(), HandleError> {
        match self.store.on_event(event, id, self.system.now(), change).await {
            Ok(()) => {
                self.bell.ring(id);
                Ok(())
            }
            Err(StoreError::Conflict) => Err(HandleError::Retry("the order is not here yet".to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// Wakes the orders that wait for a SKU, each by itself: to be woken twice does no harm, so the event is noted last.
    async fn on_arrived(&self, event: &Event) -> Result<(), HandleError> {
        let Some(arrived) = event.data::<StockArrived>()? else { return Ok(()) };
        let now = self.system.now();
        let wake = |order: &mut Order| -> Result<Effects, Problem> {
            if order.waits_for.contains(&arrived.sku) {
                order.wake(now);
            }
            Ok(Effects::default())
        };
        let mut last = None;
        loop {
            let waiting = self.store.waiting_for(&arrived.sku, last, AT_ONCE).await?;
            for id in &waiting {
                self.store.change(*id, now, &wake).await?;
                self.bell.ring(*id);
            }
            match waiting.last() {
                Some(id) if waiting.len() == AT_ONCE => last = Some(*id),
                _ => break,
            }
        }
        Ok(self.store.heard(event, None, now).await?)
    }

    async fn on_low(&self, event: &Event) -> Result<(), HandleError> {
        let Some(low) = event.data::<StockLow>()? else { return Ok(()) };
        tracing::info!(sku = %low.sku, low.available, low.threshold, "little is left");
        let notice = self.settings.shop_email.as_ref().map(|to| Notice::StockLow { to: to.as_str().to_owned(), low });
        Ok(self.store.heard(event, notice.as_ref(), self.system.now()).await?)
    }
}
