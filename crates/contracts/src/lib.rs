//! The wire between the services: money, ids, requests and answers, events, typed clients, the table of public routes.
//!
//! Everything here is data. What a service does with it stands in the service.

pub mod address;
pub mod cart;
pub mod catalogue;
pub mod dispatch;
pub mod events;
pub mod ids;
pub mod money;
pub mod payment;
pub mod ratings;
pub mod routes;
pub mod shipping;
pub mod sku;
pub mod text;
pub mod user;

pub use address::{Address, Country};
pub use ids::{AccountId, CartId, EventId, OrderId, PaymentId, PlaceId, ProductId, QuoteId, ReviewId, ShipmentId};
pub use money::{Currency, Money, MoneyError, Rate};
pub use sku::{Quantity, Sku};
pub use text::{Email, SingleLineText, MultilineText, Secret};
