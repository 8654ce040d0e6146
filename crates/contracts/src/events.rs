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
    Consumer { queue: "dispatch", types: &[OrderPlaced::TYPE, ShipmentMoved::TYPE, CommandSettled::TYPE] },
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
