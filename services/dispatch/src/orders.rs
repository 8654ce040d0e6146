//! What dispatch can do with orders, for its API and for events.

use crate::order::{Effects, Move, Order, Refund};
use crate::store::OrderStore;
use crate::worker::Bell;
use async_trait::async_trait;
use chassis::auth::Principal;
use chassis::{Problem, Sources, StoreError, problem};
use contracts::OrderId;
use contracts::dispatch::{
    NOT_CANCELLABLE, NOT_PARKED, OrderPayment, OrderShipping, OrderSummary, OrderView, REFUND_TOO_HIGH, RefundRequest,
};
use contracts::events::{CommandSettled, EventData, OrderPlaced, ShipmentMoved};
use contracts::payment::{OrderLinks, PaymentClient};
use events::{Event, HandleError, Handler};
use std::sync::Arc;

/// Orders.
#[derive(Clone)]
pub struct Orders {
    /// Where they are kept.
    pub store: Arc<dyn OrderStore>,
    /// Says what has changed.
    pub bell: Bell,
    payment: PaymentClient,
    links: OrderLinks,
    sources: Sources,
}

impl Orders {
    /// Orders over their store.
    pub const fn new(
        store: Arc<dyn OrderStore>,
        payment: PaymentClient,
        links: OrderLinks,
        sources: Sources,
        bell: Bell,
    ) -> Self {
        Self { store, bell, payment, links, sources }
    }

    /// The order, if the caller may see it: its owner, staff, or whoever has its link. One that has been paid but has
    /// not arrived here yet is shown as payment recorded it.
    ///
    /// # Errors
    /// 401 without session and link, 404 when there is none or it is another's.
    pub async fn visible(
        &self,
        caller: Option<&Principal>,
        token: Option<&str>,
        id: OrderId,
    ) -> Result<Order, Problem> {
        let opened = token.is_some_and(|token| self.links.opens(id, token));
        if caller.is_none() && !opened {
            return Err(problem::UNAUTHENTICATED.detail("Log in, or use the link from the order's mail."));
        }
        let order = match self.store.find(id).await? {
            Some(order) => Some(order),
            None => self.recorded(id).await?,
        };
        let mine = |order: &Order| {
            opened || caller.is_some_and(|caller| caller.is_staff() || caller.subject.to_string() == order.record.owner)
        };
        order.filter(mine).ok_or_else(|| problem::NOT_FOUND.detail("You have no such order."))
    }

    async fn recorded(&self, id: OrderId) -> Result<Option<Order>, Problem> {
        match self.payment.order(id).await {
            Ok(record) => Ok(Some(Order::placed(record, self.sources.now()).0)),
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn change(
        &self,
        id: OrderId,
        change: impl Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Order, Problem> {
        let changed = self.store.change(id, self.sources.now(), &change).await?;
        let missing = || problem::NOT_FOUND.detail("The order is not here yet. Try again in a moment.");
        let order = changed.ok_or_else(missing)??;
        self.bell.ring(id);
        Ok(order)
    }

    /// Asks for an order to be cancelled.
    ///
    /// # Errors
    /// 409 when it is too late.
    pub async fn cancel(&self, id: OrderId, reason: &str) -> Result<Order, Problem> {
        let now = self.sources.now();
        self.change(id, |order| {
            if order.cancellation.is_some() || order.cancel(reason, now) {
                return Ok(Effects::default());
            }
            Err(NOT_CANCELLABLE
                .detail("The order has left, is finished or waits for a person. It cannot be cancelled any more."))
        })
        .await
    }

    /// Asks for a refund; once per key.
    ///
    /// # Errors
    /// 409 when more would be given back than was taken.
    pub async fn refund(&self, id: OrderId, request: &RefundRequest) -> Result<Order, Problem> {
        let now = self.sources.now();
        let refund = Refund {
            key: request.key.as_str().to_owned(),
            amount: request.amount,
            reason: request.reason.as_str().to_owned(),
            open: true,
        };
        self.change(id, |order| {
            if order.refund(refund.clone(), now) {
                return Ok(Effects::default());
            }
            let sums = order.record.sums;
            Err(REFUND_TOO_HIGH
                .detail("That is more than was taken and not given back, or the key was used for another amount, or the order is not at a point where money can be given back.")
                .with("captured", sums.captured)
                .with("refunded", sums.refunded))
        })
        .await
    }

    /// Lets a parked order go on.
    ///
    /// # Errors
    /// 409 when it is not parked.
    pub async fn resume(&self, id: OrderId) -> Result<Order, Problem> {
        let now = self.sources.now();
        self.change(id, |order| {
            if order.resume(now) {
                return Ok(Effects::default());
            }
            Err(NOT_PARKED.detail("The order does not wait for a person."))
        })
        .await
    }
}

/// What a list shows of an order.
pub fn summary(order: &Order) -> OrderSummary {
    OrderSummary {
        id: order.id(),
        number: order.record.order_number.clone(),
        status: order.status(),
        placed_at: order.record.placed_at,
        total: order.record.cart.totals.total,
        item_count: order.record.cart.lines.iter().map(|line| line.quantity.get()).sum(),
    }
}

/// What is shown of an order; `staff` see why it is parked.
pub fn view(order: Order, staff: bool) -> OrderView {
    let parked_reason = match &order.workflow {
        crate::order::Workflow::Parked { reason, .. } if staff => Some(reason.clone()),
        _ => None,
    };
    let (status, can_cancel, record) = (order.status(), order.can_cancel(), order.record);
    let shipping = record.cart.shipping;
    OrderView {
        id: record.order_id,
        number: record.order_number,
        status,
        placed_at: record.placed_at,
        email: record.email.as_str().to_owned(),
        address: record.address,
        lines: record.cart.lines,
        totals: record.cart.totals,
        shipping: OrderShipping { label: shipping.label, place: shipping.place.name, price: shipping.total },
        shipments: order.shipments,
        payment: OrderPayment { captured: record.sums.captured, refunded: record.sums.refunded },
        receipt_number: record.receipt_number,
        can_cancel,
        timeline: order.timeline,
        parked_reason,
    }
}

#[async_trait]
impl Handler for Orders {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        match event.kind.as_str() {
            OrderPlaced::TYPE => self.on_placed(event).await,
            ShipmentMoved::TYPE => self.on_moved(event).await,
            CommandSettled::TYPE => self.on_settled(event).await,
            _ => Ok(()),
        }
    }
}

impl Orders {
    async fn on_placed(&self, event: &Event) -> Result<(), HandleError> {
        let Some(placed) = event.data::<OrderPlaced>()? else { return Ok(()) };
        let record = self.payment.order(placed.order_id).await?;
        let now = self.sources.now();
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
        let now = self.sources.now();
        let change = |order: &mut Order| {
            order.wake(now);
            Ok(Effects::default())
        };
        self.apply(event, settled.order_id, &change).await
    }

    async fn apply(&self, event: &Event, id: OrderId, change: crate::store::Change<'_>) -> Result<(), HandleError> {
        match self.store.on_event(event, id, self.sources.now(), change).await {
            Ok(()) => {
                self.bell.ring(id);
                Ok(())
            }
            Err(StoreError::Conflict) => Err(HandleError::Retry("the order is not here yet".to_owned())),
            Err(error) => Err(error.into()),
        }
    }
}
