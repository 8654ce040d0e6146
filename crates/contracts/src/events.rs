//! The events between services: their types, their data and their consumers.
//!
//! Events carry ids, SKUs and amounts, never personal data.

use crate::shipping::ShipmentStatus;
use crate::{CartId, Money, OrderId, PaymentId, ProductId, Quantity, ShipmentId, Sku};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The data of one event type.
pub trait EventData: Serialize + DeserializeOwned {
    /// The event type, which is also the routing key.
    const TYPE: &'static str;
}

/// A consumer of events: the queue of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consumer {
    /// The name of the service and of its queue.
    pub queue: &'static str,
    /// The event types that are routed to the queue.
    pub types: &'static [&'static str],
}

/// All consumers with the event types they subscribe to.
///
/// Producers and consumers both declare the whole topology. Otherwise, events that are published before a consumer's
/// first start would be lost.
pub const TOPOLOGY: &[Consumer] = &[
    Consumer { queue: "cart", types: &[OrderPlaced::TYPE, TransferAwaited::TYPE] },
    Consumer {
        queue: "dispatch",
        types: &[
            OrderPlaced::TYPE,
            ShipmentMoved::TYPE,
            ShipmentsChanged::TYPE,
            CommandSettled::TYPE,
            PaymentChanged::TYPE,
            TransferAwaited::TYPE,
            StockArrived::TYPE,
            StockLow::TYPE,
        ],
    },
    Consumer { queue: "ratings", types: &[OrderDelivered::TYPE] },
];

/// A line of an order within an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// The SKU that was ordered.
    pub sku: Sku,
    /// The id of its product.
    pub product_id: ProductId,
    /// The number of units.
    pub quantity: Quantity,
}

/// An order was placed: it is paid, or its payment is authorised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
// Events contain no personal data, so dispatch requests address and e-mail from payment.
pub struct OrderPlaced {
    /// The unique id of the order.
    pub order_id: OrderId,
    /// The order number shown to customers.
    pub order_number: String,
    /// The id of its payment.
    pub payment_id: PaymentId,
    /// The owner: the subject of the session that placed it, an opaque id.
    pub owner: String,
    /// The id of the cart that was ordered.
    pub cart_id: CartId,
    /// The version of the cart at checkout.
    pub cart_version: i64,
    /// The SKUs and quantities that were ordered.
    pub lines: Vec<EventLine>,
    /// The total amount of the order.
    pub total: Money,
    /// The time when the order was placed.
    pub placed_at: Timestamp,
}

impl EventData for OrderPlaced {
    const TYPE: &'static str = "order.placed";
}

/// An order was delivered to its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderDelivered {
    /// The unique id of the order.
    pub order_id: OrderId,
    /// The owner: the subject of the session that placed it, an opaque id.
    pub owner: String,
    /// The SKUs and quantities that were ordered.
    pub lines: Vec<EventLine>,
}

impl EventData for OrderDelivered {
    const TYPE: &'static str = "order.delivered";
}

/// The status of a shipment changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentMoved {
    /// The id of the order that is shipped.
    pub order_id: OrderId,
    /// The id of the shipment.
    pub shipment_id: ShipmentId,
    /// The new status of the shipment.
    pub status: ShipmentStatus,
    /// The time of the change.
    pub at: Timestamp,
}

impl EventData for ShipmentMoved {
    const TYPE: &'static str = "shipment.moved";
}

/// The items or the tracking of an order's shipments changed; they can be requested from shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipmentsChanged {
    /// The id of the order that is shipped.
    pub order_id: OrderId,
}

impl EventData for ShipmentsChanged {
    const TYPE: &'static str = "shipment.changed";
}

/// A pending money command was settled; its outcome can be requested from payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandSettled {
    /// The id of the order.
    pub order_id: OrderId,
    /// The workflow step that requested the command.
    pub step_key: String,
}

impl EventData for CommandSettled {
    const TYPE: &'static str = "payment.command_settled";
}

/// The kind of an issue with a payment, which a gateway reports after the payment had been settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentIssueKind {
    /// A refund failed later, so the customer did not receive the money.
    RefundFailed,
    /// A capture failed later, so the shop did not receive the money.
    CaptureFailed,
    /// The authorisation expired before it was captured.
    // The aliases of this type are the names in events and orders that earlier versions stored.
    #[serde(alias = "hold_lost")]
    AuthorisationExpired,
    /// The customer's bank charged the payment back.
    ChargedBack,
    /// The gateway's report contradicts the ledger; staff have to investigate.
    #[serde(alias = "contradicted")]
    Discrepancy,
}

/// A settled payment of an order changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentChanged {
    /// The id of the order.
    pub order_id: OrderId,
    /// The kind of change. The new totals can be requested from payment.
    pub change: PaymentIssueKind,
}

impl EventData for PaymentChanged {
    const TYPE: &'static str = "payment.changed";
}

/// A customer has chosen to pay by bank transfer. The order is placed when the money has arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
// Events contain no personal data, so dispatch requests the customer's address and the bank details from payment.
pub struct TransferAwaited {
    /// The id of the order that will be placed.
    pub order_id: OrderId,
    /// The id of the cart that is ordered; absent in events of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cart_id: Option<CartId>,
    /// The SKUs and quantities that are ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<EventLine>,
}

impl EventData for TransferAwaited {
    const TYPE: &'static str = "payment.transfer_awaited";
}

/// Units of a SKU arrived that orders may be waiting for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockArrived {
    /// The SKU that arrived.
    pub sku: Sku,
    /// The units on hand after the arrival.
    pub on_hand: i64,
}

impl EventData for StockArrived {
    const TYPE: &'static str = "stock.arrived";
}

/// The available units of a SKU fell to its low-stock threshold. Published once per fall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLow {
    /// The SKU that is low on stock.
    pub sku: Sku,
    /// The units that can still be sold.
    pub available: i64,
    /// The low-stock threshold of the SKU.
    pub threshold: i64,
}

impl EventData for StockLow {
    const TYPE: &'static str = "stock.low";
}
