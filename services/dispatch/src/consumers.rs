//! The effects of events on orders.

use crate::mail::Notification;
use crate::order::{Effects, Order, ShipmentUpdate};
use crate::service::OrderService;
use crate::store::Change;
use async_trait::async_trait;
use chassis::context::{self, Context};
use chassis::{Problem, StoreError, problem};
use contracts::OrderId;
use contracts::events::{
    CommandSettled, EventData, OrderPlaced, PaymentChanged, ShipmentMoved, ShipmentsChanged, StockArrived, StockLow,
    TransferAwaited,
};
use events::{Event, HandleError, Handler};

/// The number of waiting orders that are read at once.
const BATCH_SIZE: usize = 100;

#[async_trait]
impl Handler for OrderService {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        match event.kind.as_str() {
            OrderPlaced::TYPE => self.on_order_placed(event).await,
            ShipmentMoved::TYPE => self.on_shipment_updated(event).await,
            ShipmentsChanged::TYPE => self.on_shipments_changed(event).await,
            CommandSettled::TYPE => self.on_command_settled(event).await,
            PaymentChanged::TYPE => self.on_payment_changed(event).await,
            TransferAwaited::TYPE => self.on_transfer_awaited(event).await,
            StockArrived::TYPE => self.on_stock_arrived(event).await,
            StockLow::TYPE => self.on_stock_low(event).await,
            // A queue may still hold kinds of events that this version does not handle.
            _ => Ok(()),
        }
    }
}

impl OrderService {
    async fn on_order_placed(&self, event: &Event) -> Result<(), HandleError> {
        let Some(placed) = event.data::<OrderPlaced>()? else { return Ok(()) };
        // Events carry no personal data: the record with the address is read from payment.
        let record = self.payment.order(placed.order_id).await?;
        let now = self.system.now();
        let (mut order, effects) = Order::placed(record, now);
        order.trace = context::with_current(Context::origin).flatten();
        self.store.place(event, &order, &effects, now).await?;
        self.notifier.notify(placed.order_id);
        Ok(())
    }

    async fn on_shipment_updated(&self, event: &Event) -> Result<(), HandleError> {
        let Some(moved) = event.data::<ShipmentMoved>()? else { return Ok(()) };
        // The email about a shipment that has left names its items and the carrier's number.
        let shipments = self.shipping.shipments_of(moved.order_id).await?.items;
        let (update, now) =
            (ShipmentUpdate { shipment: moved.shipment_id, status: moved.status, at: moved.at }, self.system.now());
        let change = |order: &mut Order| {
            let mut effects = order.shipments_changed(&shipments, now);
            effects.merge(order.shipment_updated(update));
            Ok(effects)
        };
        self.apply(event, moved.order_id, &change).await
    }

    async fn on_shipments_changed(&self, event: &Event) -> Result<(), HandleError> {
        let Some(changed) = event.data::<ShipmentsChanged>()? else { return Ok(()) };
        let order = self.store.find(changed.order_id).await?;
        if order.is_none_or(|order| order.awaits_first_shipment()) {
            return Err(HandleError::Retry("the order has no shipment yet".to_owned()));
        }
        let (shipments, now) = (self.shipping.shipments_of(changed.order_id).await?.items, self.system.now());
        let change = |order: &mut Order| Ok(order.shipments_changed(&shipments, now));
        self.apply(event, changed.order_id, &change).await
    }

    async fn on_command_settled(&self, event: &Event) -> Result<(), HandleError> {
        let Some(settled) = event.data::<CommandSettled>()? else { return Ok(()) };
        let now = self.system.now();
        let change = |order: &mut Order| {
            order.command_settled(&settled.step_key, now);
            Ok(Effects::default())
        };
        self.apply(event, settled.order_id, &change).await
    }

    async fn on_payment_changed(&self, event: &Event) -> Result<(), HandleError> {
        let Some(changed) = event.data::<PaymentChanged>()? else { return Ok(()) };
        // Events may arrive in any order, so the present totals are read instead of being carried by the event.
        let totals = self.payment.order(changed.order_id).await?.totals;
        let now = self.system.now();
        let change = |order: &mut Order| Ok(order.payment_changed(changed.change, totals, now));
        self.apply(event, changed.order_id, &change).await
    }

    async fn on_transfer_awaited(&self, event: &Event) -> Result<(), HandleError> {
        let Some(awaited) = event.data::<TransferAwaited>()? else { return Ok(()) };
        let notification = match self.payment.awaited_transfer(awaited.order_id).await {
            Ok(awaited) => Some(Notification::TransferAwaited(Box::new(awaited))),
            // The transfer has arrived or the payment was given up in the meantime: there is nothing to ask for.
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => None,
            Err(error) => return Err(error.into()),
        };
        Ok(self.store.record_event(event, notification.as_ref(), self.system.now()).await?)
    }

    async fn apply(&self, event: &Event, id: OrderId, change: Change<'_>) -> Result<(), HandleError> {
        match self.store.on_event(event, id, self.system.now(), change).await {
            Ok(changed) => {
                // A carrier's update begins a trace of its own, which leads to that of the order.
                if let Some(origin) = changed.and_then(|order| order.trace) {
                    context::with_current(|context| context.link(&origin));
                }
                self.notifier.notify(id);
                Ok(())
            }
            // Queues do not order events: the one that places the order may follow.
            Err(StoreError::Conflict) => Err(HandleError::Retry("the order has not been placed yet".to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    async fn on_stock_arrived(&self, event: &Event) -> Result<(), HandleError> {
        let Some(arrived) = event.data::<StockArrived>()? else { return Ok(()) };
        let now = self.system.now();
        let wake = |order: &mut Order| -> Result<Effects, Problem> {
            if order.awaited_skus.contains(&arrived.sku) {
                order.wake(now);
            }
            Ok(Effects::default())
        };
        let mut last = None;
        loop {
            let waiting = self.store.orders_awaiting(&arrived.sku, last, BATCH_SIZE).await?;
            for id in &waiting {
                self.store.change(*id, now, &wake).await?;
                self.notifier.notify(*id);
            }
            match waiting.last() {
                Some(id) if waiting.len() == BATCH_SIZE => last = Some(*id),
                _ => break,
            }
        }
        // Recorded last: waking an order twice is harmless, and after a crash none may be left out.
        Ok(self.store.record_event(event, None, now).await?)
    }

    async fn on_stock_low(&self, event: &Event) -> Result<(), HandleError> {
        let Some(low) = event.data::<StockLow>()? else { return Ok(()) };
        tracing::info!(sku = %low.sku, available = low.available, threshold = low.threshold, "stock is low");
        let recipient = self.settings.shop_email.as_ref();
        let notification = recipient.map(|to| Notification::StockLow { to: to.as_str().to_owned(), low });
        Ok(self.store.record_event(event, notification.as_ref(), self.system.now()).await?)
    }
}
