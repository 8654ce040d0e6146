//! What the other services ask of catalogue: prices, reservations, references.

use super::{Image, ProductPage, ProductView, Promotion, Shop};
use crate::{Country, Currency, Money, OrderId, ProductId, Quantity, Rate, Sku};
use chassis::client::{CallError, ServiceClient};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for everything a cart's price depends on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PricingRequest {
    /// What is in the cart.
    pub skus: Vec<Sku>,
    /// Where it goes; the shop's country when not known.
    pub country: Option<Country>,
    /// The promotion code.
    pub code: Option<String>,
}

/// Everything a cart's price depends on, at one moment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Pricing {
    /// The shop's currency.
    pub currency: Currency,
    /// Whether prices include tax.
    pub prices_include_tax: bool,
    /// The variants that exist and are for sale.
    pub variants: Vec<PricedVariant>,
    /// The rate that shipping bears.
    pub shipping_rate: Rate,
    /// The promotion, if the code is one.
    pub promotion: Option<Promotion>,
}

/// What a variant costs, and what a cart shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricedVariant {
    /// Its SKU.
    pub sku: Sku,
    /// Its product.
    pub product_id: ProductId,
    /// The product's handle.
    pub handle: String,
    /// The product's title.
    pub title: String,
    /// One value for each option.
    pub option_values: Vec<String>,
    /// Its picture.
    pub image: Option<Image>,
    /// Its price.
    pub price: Money,
    /// The price before a reduction.
    pub compare_at_price: Option<Money>,
    /// The tax it bears in the country asked for.
    pub tax_rate: Rate,
    /// Its weight.
    pub weight_grams: u32,
    /// How many can be bought; `None` when as many as one likes.
    pub available: Option<u32>,
}

/// A line to reserve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationLine {
    /// The SKU.
    pub sku: Sku,
    /// How many.
    pub quantity: Quantity,
}

/// Reserves stock, and a use of a limited promotion, for an order: all or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationRequest {
    /// The order.
    pub order_id: OrderId,
    /// Which try of this order; a released try is never reserved again.
    pub attempt: u32,
    /// What it needs.
    pub lines: Vec<ReservationLine>,
    /// The promotion code it uses.
    pub code: Option<String>,
    /// When somebody should look at it, if it is still held.
    pub expected_by: Timestamp,
}

/// A SKU of which too little is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shortage {
    /// The SKU.
    pub sku: Sku,
    /// How many were asked for.
    pub requested: u32,
    /// How many are left.
    pub available: u32,
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// Promised to the order.
    Held,
    /// Taken out of stock.
    Committed,
    /// Given back before it was taken, or never made: it cannot be made any more.
    Released,
    /// Taken and put back.
    Returned,
}

/// Where a reservation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationResponse {
    /// The state.
    pub state: ReservationState,
}

/// Names one reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationKey {
    /// The order.
    pub order_id: OrderId,
    /// Which try of this order.
    pub attempt: u32,
}

/// Puts goods back into stock that customers have returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestockRequest {
    /// The caller's step: asked again, it is not done again.
    pub step_key: String,
    /// What comes back.
    pub lines: Vec<ReservationLine>,
}

/// A product by its handle or id, as ratings needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductReference {
    /// Its id.
    pub id: ProductId,
    /// Its handle.
    pub handle: String,
    /// Its title.
    pub title: String,
}

/// Calls catalogue.
#[derive(Clone)]
pub struct CatalogueClient(pub ServiceClient);

impl CatalogueClient {
    /// Everything a cart's price depends on.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn pricing(&self, request: &PricingRequest) -> Result<Pricing, CallError> {
        self.0.post("/internal/pricing", request).await
    }

    /// Reserves. Asked again for the same order and attempt, answers the same.
    ///
    /// # Errors
    /// [`super::OUT_OF_STOCK`], [`super::CODE_NOT_APPLICABLE`], [`super::RESERVATION_RELEASED`], [`super::UNKNOWN_SKU`], or [`CallError`].
    pub async fn reserve(&self, request: &ReservationRequest) -> Result<ReservationResponse, CallError> {
        self.0.post("/internal/reservations", request).await
    }

    /// Takes what is reserved out of stock; a second time changes nothing.
    ///
    /// # Errors
    /// [`super::AWAITING_STOCK`] for what was sold ahead, [`super::STOCK_MISSING`] for what a forced correction took away,
    /// [`super::RESERVATION_RELEASED`], or [`CallError`].
    pub async fn commit(&self, key: ReservationKey) -> Result<ReservationResponse, CallError> {
        self.0.post("/internal/reservations/commit", &key).await
    }

    /// Gives back what is reserved, or puts back what was taken; a second time changes nothing. An unknown reservation
    /// is remembered as released, so that a late reserve is refused.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn release(&self, key: ReservationKey) -> Result<ReservationResponse, CallError> {
        self.0.post("/internal/reservations/release", &key).await
    }

    /// Puts returned goods back; a second time under the same key changes nothing.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn restock(&self, step_key: &str, lines: Vec<ReservationLine>) -> Result<(), CallError> {
        self.0.post("/internal/restock", &RestockRequest { step_key: step_key.to_owned(), lines }).await
    }

    /// The product with this handle.
    ///
    /// # Errors
    /// 404 when there is none for sale, or [`CallError`].
    pub async fn product_reference(&self, handle: &str) -> Result<ProductReference, CallError> {
        self.0.get(&format!("/internal/products/{}", chassis::client::segment(handle))).await
    }

    /// The product as customers see it.
    ///
    /// # Errors
    /// 404 when there is none for sale, or [`CallError`].
    pub async fn product(&self, handle: &str) -> Result<ProductView, CallError> {
        self.0.get(&format!("/api/v1/products/{}", chassis::client::segment(handle))).await
    }

    /// A page of products for sale, by title.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn products(&self, cursor: Option<&str>) -> Result<ProductPage, CallError> {
        let cursor = cursor.map(|cursor| format!("&cursor={}", chassis::client::segment(cursor))).unwrap_or_default();
        self.0.get(&format!("/api/v1/products?sort=title&limit=100{cursor}")).await
    }

    /// The shop's settings.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn shop(&self) -> Result<Shop, CallError> {
        self.0.get("/api/v1/shop").await
    }
}
