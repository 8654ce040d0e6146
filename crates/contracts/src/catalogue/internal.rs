//! The catalogue's internal operations for the other services: prices, reservations and product references.

use super::{
    Categories, EmailTexts, Image, LegalPage, Page, ProductView, Promotion, Shop, Storefront, WithdrawalException,
};
use crate::{CartId, Country, Currency, Language, Money, OrderId, ProductId, Quantity, Rate, Sku};
use chassis::client::{CallError, ServiceClient};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A request for everything that the price of a cart depends on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PricingRequest {
    /// The SKUs in the cart.
    pub skus: Vec<Sku>,
    /// The destination country (ISO 3166-1 alpha-2); null, while it is unknown, for the shop's country.
    pub country: Option<Country>,
    /// The promotion code; null when none was entered.
    pub code: Option<String>,
    /// The cart that is priced; what is reserved for its own payment counts as available to it. Null for a new cart.
    #[serde(default)]
    pub cart_id: Option<CartId>,
    /// The language of titles and option values; null for the shop's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
}

/// Everything that the price of a cart depends on, read at one point in time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Pricing {
    /// The currency of the shop (ISO 4217).
    pub currency: Currency,
    /// True if prices include tax, false if tax is added to them.
    pub prices_include_tax: bool,
    /// The requested variants that exist and are for sale.
    pub variants: Vec<PricedVariant>,
    /// The tax rate on shipping in the destination country, in millionths.
    pub shipping_rate: Rate,
    /// The promotion of the requested code; null when the code is unknown.
    pub promotion: Option<Promotion>,
    /// The legal pages without which the shop takes no orders.
    #[serde(default)]
    pub missing_pages: Vec<LegalPage>,
}

/// The price of a variant, with the details that carts show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricedVariant {
    /// The SKU of the variant.
    pub sku: Sku,
    /// The id of its product.
    pub product_id: ProductId,
    /// The handle of its product.
    pub handle: String,
    /// The title of its product.
    pub title: String,
    /// The value for each option of the product, in the same order.
    pub option_values: Vec<String>,
    /// The image of the variant or its product; null without one.
    pub image: Option<Image>,
    /// The price of one unit.
    pub price: Money,
    /// The former price of one unit; null when the variant is not reduced.
    pub compare_at_price: Option<Money>,
    /// The tax rate in the requested country, in millionths.
    pub tax_rate: Rate,
    /// The weight of one unit in grams.
    pub weight_grams: u32,
    /// The number of units that can be bought; null for no limit.
    pub available: Option<u32>,
    /// The exception of its product from the right of withdrawal; null when there is none.
    #[serde(default)]
    pub withdrawal_exception: Option<WithdrawalException>,
}

/// A line of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationLine {
    /// The SKU of the line.
    pub sku: Sku,
    /// The number of units.
    pub quantity: Quantity,
}

/// A request to reserve stock for an order, and one use of its promotion code. Everything is reserved, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationRequest {
    /// The order that needs the stock.
    pub order_id: OrderId,
    /// The number of the reservation attempt for this order. A released attempt cannot be reserved again.
    pub attempt: u32,
    /// The SKUs and quantities to reserve.
    pub lines: Vec<ReservationLine>,
    /// The promotion code that the order uses; null when it uses none.
    pub code: Option<String>,
    /// The cart that becomes the order, to which the reserved units still count as available.
    #[serde(default)]
    pub cart_id: Option<CartId>,
    /// The time after which audits report the reservation if it is still active (UTC, RFC 3339).
    pub expected_by: Timestamp,
}

/// A SKU with fewer available units than requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shortage {
    /// The SKU that is short of stock.
    pub sku: Sku,
    /// The number of units requested.
    pub requested: u32,
    /// The number of units available.
    pub available: u32,
}

/// The state of a reservation.
///
/// - `held`: the units are reserved for the order
/// - `committed`: the units were taken out of stock
/// - `released`: released before the commit, or never made; the attempt cannot be reserved any more
/// - `returned`: the units were put back into stock after the commit
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// The units are reserved for the order.
    Held,
    /// The units were taken out of stock.
    Committed,
    /// Released before the commit, or never made; the attempt cannot be reserved any more.
    Released,
    /// The units were put back into stock after the commit.
    Returned,
}

/// The state of a reservation after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationResponse {
    /// The current state of the reservation.
    pub state: ReservationState,
}

/// The key of a reservation: an order and an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReservationKey {
    /// The order that the reservation belongs to.
    pub order_id: OrderId,
    /// The number of the reservation attempt for this order.
    pub attempt: u32,
}

/// A request to put returned units back into stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RestockRequest {
    /// The idempotency key: the caller's workflow step. A repeated request with the same key has no effect.
    pub step_key: String,
    /// The SKUs and quantities to put back.
    pub lines: Vec<ReservationLine>,
}

/// The identifying details of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductReference {
    /// The unique id of the product.
    pub id: ProductId,
    /// The unique name of the product in URLs.
    pub handle: String,
    /// The title of the product.
    pub title: String,
}

/// A client for the catalogue service.
#[derive(Clone)]
pub struct CatalogueClient(pub ServiceClient);

/// A product that is for sale, with what a product feed says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedProduct {
    /// The product as customers see it.
    pub product: ProductView,
    /// The name of its category; null when it has none.
    pub category_name: Option<String>,
    /// The tax rate in the shop's country, in millionths.
    pub tax_rate: Rate,
}

/// A page of the products that are for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedPage {
    /// The products in the order of their ids.
    pub items: Vec<FeedProduct>,
    /// The value of `after` for the next page; null on the last page.
    pub next: Option<ProductId>,
}

/// The entry of a product in a sitemap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SitemapProduct {
    /// The unique id of the product.
    pub id: ProductId,
    /// The unique name of the product in URLs.
    pub handle: String,
    /// The time of the last change of the product.
    pub updated_at: Timestamp,
}

/// A page of the sitemap entries of the products that are for sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SitemapPage {
    /// The products in the order of their ids.
    pub items: Vec<SitemapProduct>,
    /// The value of `after` for the next page; null on the last page.
    pub next: Option<ProductId>,
}

impl CatalogueClient {
    /// Returns a page of the products that are for sale, at most 100, in the order of their ids.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn feed_page(&self, after: Option<ProductId>) -> Result<FeedPage, CallError> {
        self.0.get(&page_path("/internal/products", after)).await
    }

    /// Returns a page of sitemap entries of products, at most 5,000, in the order of their ids.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn sitemap_page(&self, after: Option<ProductId>) -> Result<SitemapPage, CallError> {
        self.0.get(&page_path("/internal/sitemap", after)).await
    }

    /// Returns the settings of the storefront, with a list of the shop's pages.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn storefront(&self) -> Result<Storefront, CallError> {
        self.0.get("/api/v1/storefront").await
    }

    /// Returns the merchant's wording of emails.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn email_texts(&self) -> Result<EmailTexts, CallError> {
        self.0.get("/internal/email-texts").await
    }

    /// Returns the page with this handle.
    ///
    /// # Errors
    /// [`CallError::Refused`] with 404 when there is none; see [`CallError`].
    pub async fn page(&self, handle: &str) -> Result<Page, CallError> {
        self.0.get(&format!("/api/v1/pages/{}", chassis::client::segment(handle))).await
    }

    /// Returns everything that the price of a cart depends on.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn pricing(&self, request: &PricingRequest) -> Result<Pricing, CallError> {
        self.0.post("/internal/pricing", request).await
    }

    /// Reserves stock. A repeated request for the same order and attempt returns the existing reservation.
    ///
    /// # Errors
    /// [`super::OUT_OF_STOCK`], [`super::CODE_NOT_APPLICABLE`], [`super::RESERVATION_RELEASED`],
    /// [`super::UNKNOWN_SKU`], or [`CallError`].
    pub async fn reserve(&self, request: &ReservationRequest) -> Result<ReservationResponse, CallError> {
        self.0.post("/internal/reservations", request).await
    }

    /// Takes reserved units out of stock. A repeated request has no effect.
    ///
    /// # Errors
    /// [`super::AWAITING_STOCK`] for backordered units, [`super::STOCK_MISSING`] for units that a forced adjustment
    /// removed, [`super::RESERVATION_RELEASED`], or [`CallError`].
    pub async fn commit(&self, key: ReservationKey) -> Result<ReservationResponse, CallError> {
        self.0.post("/internal/reservations/commit", &key).await
    }

    /// Frees reserved units, or puts committed units back into stock. A repeated request has no effect.
    ///
    /// An unknown reservation is recorded as released, so that a delayed reserve request is refused.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn release(&self, key: ReservationKey) -> Result<ReservationResponse, CallError> {
        self.0.post("/internal/reservations/release", &key).await
    }

    /// Puts returned units back into stock. A repeated request with the same key has no effect.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn restock(&self, step_key: &str, lines: Vec<ReservationLine>) -> Result<(), CallError> {
        self.0.post("/internal/restock", &RestockRequest { step_key: step_key.to_owned(), lines }).await
    }

    /// Returns the id and title of the active product with this handle.
    ///
    /// # Errors
    /// 404 when no active product has this handle, or [`CallError`].
    pub async fn product_reference(&self, handle: &str) -> Result<ProductReference, CallError> {
        // Handles come from the URLs of customers, so they are encoded.
        self.0.get(&format!("/internal/products/{}", chassis::client::segment(handle))).await
    }

    /// Returns the active product with this handle, in the shop's own language without another one.
    ///
    /// # Errors
    /// 404 when no active product has this handle, or [`CallError`].
    pub async fn product(&self, handle: &str, language: Option<Language>) -> Result<ProductView, CallError> {
        self.0.get(&in_language(format!("/api/v1/products/{}", chassis::client::segment(handle)), language)).await
    }

    /// Returns all categories, in the shop's own language without another one.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn categories(&self, language: Option<Language>) -> Result<Categories, CallError> {
        self.0.get(&in_language("/api/v1/categories".to_owned(), language)).await
    }

    /// Returns the shop's settings.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn shop(&self) -> Result<Shop, CallError> {
        self.0.get("/api/v1/shop").await
    }
}

fn in_language(path: String, language: Option<Language>) -> String {
    let Some(language) = language else { return path };
    format!("{path}?language={}", language.as_str())
}

fn page_path(path: &str, after: Option<ProductId>) -> String {
    after.map_or_else(|| path.to_owned(), |id| format!("{path}?after={}", id.0))
}
