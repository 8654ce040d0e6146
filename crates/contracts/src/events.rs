//! What happens between the services: event types, their data, and who consumes what.
//!
//! Events carry ids, SKUs and amounts, never personal data.

use crate::shipping::ShipmentStatus;
use crate::{CartId, Money, OrderId, PaymentId, ProductId, Quantity, ShipmentId, Sku};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The exchange all events go through.
pub const EXCHANGE: &str = "shopstack.events";

/// The data of one type of event.
pub trait EventData: Serialize + DeserializeOwned {
    /// The type, which is the routing key as well.
    const TYPE: &'static str;
}

/// A consumer: one service, one queue, the types it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumer {
    /// The service, and its queue.
    pub queue: &'static str,
    /// The types of event bound to it.
    pub types: &'static [&'static str],
}

/// Who consumes what. Producers and consumers declare the whole of it, so that nothing published is lost because its
/// consumer never ran.
pub const TOPOLOGY: &[Consumer] = &[
    Consumer { queue: "cart", types: &[OrderPlaced::TYPE] },
    Consumer {
        queue: "dispatch",
        types: &[
            OrderPlaced::TYPE,
            ShipmentMoved::TYPE,
            CommandSettled::TYPE,
            PaymentChanged::TYPE,
            TransferAwaited::TYPE,
            StockArrived::TYPE,
            StockLow::TYPE,
        ],
    },
    Consumer { queue: "ratings", types: &[OrderDelivered::TYPE] },
];

/// A line of an order, as events tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// The SKU.
    pub sku: Sku,
    /// Its product.
    pub product_id: ProductId,
    /// How many.
    pub quantity: Quantity,
}

/// An order is paid for and stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// The order.
    pub order_id: OrderId,
    /// Its number.
    pub order_number: String,
    /// Its payment.
    pub payment_id: PaymentId,
    /// Whose it is: the session's subject, an opaque id.
    pub owner: String,
    /// The cart it came from.
    pub cart_id: CartId,
    /// The cart's version at checkout.
    pub cart_version: i64,
    /// What was bought.
    pub lines: Vec<EventLine>,
    /// What it cost.
    pub total: Money,
    /// When.
    pub placed_at: Timestamp,
}

impl EventData for OrderPlaced {
    const TYPE: &'static str = "order.placed";
}

/// An order has reached its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDelivered {
    /// The order.
    pub order_id: OrderId,
    /// Whose it is.
    pub owner: String,
    /// What was bought.
    pub lines: Vec<EventLine>,
}

impl EventData for OrderDelivered {
    const TYPE: &'static str = "order.delivered";
}

/// A parcel is somewhere else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentMoved {
    /// The order.
    pub order_id: OrderId,
    /// The parcel.
    pub shipment_id: ShipmentId,
    /// Where it stands.
    pub status: ShipmentStatus,
    /// When.
    pub at: Timestamp,
}

impl EventData for ShipmentMoved {
    const TYPE: &'static str = "shipment.moved";
}

/// A money command that was pending has its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSettled {
    /// The order.
    pub order_id: OrderId,
    /// The step that asked for it.
    pub step_key: String,
}

impl EventData for CommandSettled {
    const TYPE: &'static str = "payment.command_settled";
}

/// What a gateway says of an order's money later on, and that contradicts what stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentIssueKind {
    /// A refund came to nothing: the customer does not have the money.
    RefundFailed,
    /// Taking the money came to nothing.
    CaptureFailed,
    /// What was held for the order ran out before it was taken.
    #[serde(alias = "hold_lost")]
    AuthorisationExpired,
    /// The customer took the money back through their bank.
    ChargedBack,
    /// Something else that does not fit the books, for a person to look at.
    #[serde(alias = "contradicted")]
    Discrepancy,
}

/// What stood of an order's money no longer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentChanged {
    /// The order.
    pub order_id: OrderId,
    /// What changed; the sums are payment's to tell.
    pub change: PaymentIssueKind,
}

impl EventData for PaymentChanged {
    const TYPE: &'static str = "payment.changed";
}

/// A customer is to transfer the money for an order, which is not placed before it has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferAwaited {
    /// The order to be.
    pub order_id: OrderId,
}

impl EventData for TransferAwaited {
    const TYPE: &'static str = "payment.transfer_awaited";
}

/// Goods came in of SKUs that orders may wait for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockArrived {
    /// The SKU.
    pub sku: Sku,
    /// What is on hand now.
    pub on_hand: i64,
}

impl EventData for StockArrived {
    const TYPE: &'static str = "stock.arrived";
}

/// Little is left of a SKU: told once each time its availability falls to the threshold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLow {
    /// The SKU.
    pub sku: Sku,
    /// What can still be sold.
    pub available: i64,
    /// The threshold it has fallen to.
    pub threshold: i64,
}

impl EventData for StockLow {
    const TYPE: &'static str = "stock.low";
}
