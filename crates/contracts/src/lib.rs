//! The wire format between services and with clients: money, ids, requests, responses, events, typed clients and the
//! table of public routes.
//!
//! This crate contains data only. Doc comments of types with a schema become the descriptions in the OpenAPI document,
//! so they are written for users of the API.

#![warn(missing_docs)]

pub mod address;
pub mod cart;
pub mod catalogue;
pub mod dispatch;
pub mod email;
pub mod events;
pub mod ids;
mod language;
pub mod money;
pub mod payment;
pub mod ratings;
pub mod routes;
pub mod shipping;
pub mod sku;
pub mod text;
pub mod user;

pub use address::{Address, Country, Destination, InvalidCountry};
pub use email::{Email, InvalidEmail};
pub use ids::{AccountId, CartId, EventId, OrderId, PaymentId, PlaceId, ProductId, QuoteId, ReviewId, ShipmentId};
pub use language::{Language, LanguageParameter, UnknownLanguage};
pub use money::{Currency, Money, MoneyError, Rate, UnfitCurrency, UnknownCurrency};
pub use sku::{InvalidSku, Quantity, Sku};
pub use text::{HttpUrl, MultilineText, Secret, SingleLineText, TextError};
