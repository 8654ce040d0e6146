//! The catalogue API: products, stock and promotions for clients; prices and reservations for the other services.

mod colour;
mod email_texts;
mod imports;
mod internal;
mod pages;
mod product_law;
mod products;
mod promotions;
mod stock;
mod storefront;
mod translations;
mod unit_price;

pub use colour::*;
pub use email_texts::*;
pub use imports::*;
pub use internal::*;
pub use pages::*;
pub use product_law::*;
pub use products::*;
pub use promotions::*;
pub use stock::*;
pub use storefront::*;
pub use translations::*;
pub use unit_price::*;

use crate::{Country, Currency, MultilineText, ProductId, SingleLineText};
use chassis::ProblemKind;
use chassis::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The SKU does not exist or is not for sale.
pub const UNKNOWN_SKU: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-sku", "Unknown SKU");
/// Fewer units are available than requested; the member `lines` lists SKU, requested and available units.
pub const OUT_OF_STOCK: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "out-of-stock", "Not enough stock");
/// The promotion code does not exist.
pub const UNKNOWN_CODE: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-code", "Unknown promotion code");
/// The promotion code exists but cannot be used; the detail gives the reason.
pub const CODE_NOT_APPLICABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "code-not-applicable", "Promotion code not applicable");
/// The reservation was released and cannot be made again under the same attempt.
pub const RESERVATION_RELEASED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "reservation-released", "Reservation released");
/// Backordered units of the reservation have not arrived yet.
pub const AWAITING_STOCK: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "awaiting-stock", "Awaiting stock");
/// Reserved units are not on hand any more, because a forced adjustment removed them.
pub const STOCK_MISSING: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "stock-missing", "Reserved stock missing");
/// A category cannot be deleted because products have it.
pub const CATEGORY_IN_USE: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "category-in-use", "Category in use");

/// An image of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Image {
    /// The URL of the image: a path below `/media/`, relative to the shop's address.
    #[schema(example = "/media/3f2a9c41d07b.webp")]
    pub url: String,
    /// The alternative text for screen readers; empty when none was entered.
    pub alt: String,
}

/// An image of a product that could not be fetched from another server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "product_id": "0193a5c2-7b1e-7c44-9d0a-3f6e2b815c77",
    "handle": "fjord-mug",
    "url": "https://images.example.com/fjord-mug-blue.jpg",
    "reason": "the server responded with 404 Not Found"
}))]
pub struct FailedImage {
    /// The id of the product that has the image.
    pub product_id: ProductId,
    /// The handle of that product.
    pub handle: String,
    /// The URL of the image on the other server.
    pub url: String,
    /// The error of the last attempt.
    pub reason: String,
}

/// The images that are fetched again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetriedImages {
    /// The number of images.
    pub retried: u64,
}

/// The shop's name and settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "Nordlicht Ceramics",
    "currency": "EUR",
    "locale": "en-GB",
    "country": "DE",
    "prices_include_tax": true,
    "demo": false
}))]
pub struct Shop {
    /// The name of the shop as shown to customers, 1 to 120 characters.
    pub name: String,
    /// The currency of all prices (ISO 4217). It cannot be changed.
    pub currency: Currency,
    /// The language and region for formatting, as a BCP 47 tag of at most 35 characters.
    pub locale: String,
    /// The country of the shop (ISO 3166-1 alpha-2). Its tax rates apply until the customer's country is known.
    pub country: Country,
    /// True if prices include tax, false if tax is added to them.
    pub prices_include_tax: bool,
    /// The business that sells, for invoices and labels; absent until it is entered. Without it there are no invoices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Seller>,
    /// True if this is a demonstration shop. Set when the program starts; the value in an update is ignored.
    pub demo: bool,
}

/// The business that sells, as invoices and address labels name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "name": "Nordlicht Ceramics GmbH", "address": ["Lindenweg 7", "20095 Hamburg", "Germany"], "tax_id": "DE123456789" }))]
pub struct Seller {
    /// The name of the business, 1 to 120 characters.
    pub name: SingleLineText<120>,
    /// The lines of its address, one to six.
    #[schema(min_items = 1, max_items = 6)]
    pub address: Vec<SingleLineText<120>>,
    /// The VAT identification number or the tax number, up to 40 characters; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<SingleLineText<40>>,
}

/// The largest number of lines in the address of a seller.
pub const MAX_SELLER_LINES: usize = 6;

/// A change of the shop's settings. Fields that are left out keep their values.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Nordlicht Ceramics", "locale": "en-GB" }))]
pub struct ShopUpdate {
    /// The name of the shop as shown to customers, 1 to 120 characters.
    #[serde(default)]
    pub name: Option<SingleLineText<120>>,
    /// The currency of all prices (ISO 4217). It cannot be changed, so only the present one is accepted.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// The language and region for formatting, as a BCP 47 tag of at most 35 characters.
    #[serde(default)]
    pub locale: Option<String>,
    /// The country of the shop (ISO 3166-1 alpha-2).
    #[serde(default)]
    pub country: Option<Country>,
    /// True if prices include tax, false if tax is added to them.
    #[serde(default)]
    pub prices_include_tax: Option<bool>,
    /// The business that sells, for invoices and labels.
    #[serde(default)]
    pub seller: Option<Seller>,
    /// Ignored; accepted so that settings can be sent back as they were received.
    #[serde(default)]
    pub demo: Option<bool>,
}

/// A category of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CategoryView {
    /// The unique name of the category in URLs.
    pub handle: String,
    /// The name of the category as shown to customers.
    pub name: String,
    /// The description of the category as plain text; may be empty.
    pub description: String,
    /// The number of active products in the category.
    pub product_count: u32,
}

/// All categories of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Categories {
    /// The categories, sorted by name.
    pub items: Vec<CategoryView>,
}

/// A category to create or replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Mugs", "description": "Hand-thrown mugs for coffee and tea." }))]
pub struct CategoryDraft {
    /// The name of the category as shown to customers, 1 to 120 characters.
    pub name: SingleLineText<120>,
    /// The description of the category as plain text, up to 2000 characters. Default: empty.
    #[serde(default)]
    pub description: MultilineText<2000>,
    /// The texts in other languages than the shop's own. Default: none.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, CategoryTranslation>)]
    pub translations: CategoryTranslations,
}
