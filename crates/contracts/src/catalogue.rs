//! What catalogue says: products and stock to the world, prices and reservations to the other services.

mod internal;
mod stock;

pub use internal::*;
pub use stock::*;

use crate::{Country, Currency, SingleLineText, Money, ProductId, MultilineText, Rate, Sku};
use chassis::ProblemKind;
use chassis::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A SKU that does not exist, or is not for sale.
pub const UNKNOWN_SKU: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-sku", "No such SKU");
/// Less is left than was asked for; `lines` names SKU, requested and available.
pub const OUT_OF_STOCK: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "out-of-stock", "Not enough in stock");
/// No such promotion code.
pub const UNKNOWN_CODE: ProblemKind = ProblemKind::new(StatusCode::NOT_FOUND, "unknown-code", "No such code");
/// The promotion code exists and cannot be used, with the reason in the detail.
pub const CODE_NOT_APPLICABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "code-not-applicable", "The code cannot be used");
/// The reservation was released before; it cannot be made again under the same attempt.
pub const RESERVATION_RELEASED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "reservation-released", "The reservation was released");
/// Stock that was sold ahead has not arrived yet.
pub const AWAITING_STOCK: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "awaiting-stock", "Waiting for stock");
/// Stock that was promised is not there any more, because somebody corrected it below what is promised.
pub const STOCK_MISSING: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "stock-missing", "Promised stock is gone");

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Image {
    /// Where it is.
    pub url: String,
    /// What it shows, for those who do not see it.
    pub alt: String,
}

/// What the shop is called and how it sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shop {
    /// Its name.
    pub name: String,
    /// What it sells in.
    pub currency: Currency,
    /// How it speaks, as a BCP 47 tag.
    pub locale: String,
    /// Where it is; its taxes are in force while the customer's country is not known.
    pub country: Country,
    /// Whether the prices include tax.
    pub prices_include_tax: bool,
    /// Whether this is a demonstration.
    pub demo: bool,
}

/// Whether a product is for sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// For sale.
    Active,
    /// Being prepared; only staff see it.
    Draft,
    /// No longer for sale; only staff see it.
    Archived,
}

/// What happens when a SKU is sold out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Oversell {
    /// It cannot be bought.
    #[default]
    Deny,
    /// It can be bought; the order waits for stock.
    Continue,
}

/// How much of a variant there is, as far as customers are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Enough.
    InStock,
    /// Few are left.
    Low,
    /// None is left.
    OutOfStock,
    /// None is left, and it can be ordered.
    Backorder,
}

/// Something customers choose, such as the colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductOption {
    /// Its name.
    pub name: SingleLineText<60>,
    /// What there is to choose from.
    pub values: Vec<SingleLineText<120>>,
}

/// A product in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductCard {
    /// Its id.
    pub id: ProductId,
    /// Its name in addresses.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Who makes it.
    pub vendor: String,
    /// Its category's handle.
    pub category: Option<String>,
    /// Its first picture.
    pub image: Option<Image>,
    /// The lowest price of its variants.
    pub price: Money,
    /// The highest price of its variants.
    pub price_max: Money,
    /// The price before a reduction.
    pub compare_at_price: Option<Money>,
    /// Whether any variant can be bought.
    pub available: bool,
    /// How many variants there are.
    pub variant_count: u32,
    /// The SKU, when there is only one.
    pub sku: Option<Sku>,
}

/// A number of results, counted up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Count {
    /// How many there are, or the limit.
    pub value: u32,
    /// Whether there are more.
    pub capped: bool,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetValue {
    /// What to filter by.
    pub value: String,
    /// What to show.
    pub label: String,
    /// How many products have it.
    pub count: u32,
}

/// The lowest and highest price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceRange {
    /// The lowest.
    pub min: Money,
    /// The highest.
    pub max: Money,
}

/// What the results can be narrowed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// Categories, by name.
    pub categories: Vec<FacetValue>,
    /// Vendors, the most frequent first.
    pub vendors: Vec<FacetValue>,
    /// Tags, the most frequent first.
    pub tags: Vec<FacetValue>,
    /// Prices.
    pub price: Option<PriceRange>,
    /// How many can be bought.
    pub in_stock: u32,
}

/// A page of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductPage {
    /// The products.
    pub items: Vec<ProductCard>,
    /// Pass it as `cursor` to get the next page.
    pub next_cursor: Option<String>,
    /// How many there are in all; on the first page only.
    pub count: Option<Count>,
    /// What the results can be narrowed by; on the first page only.
    pub facets: Option<Facets>,
    /// What was searched for instead, when nothing was found for the words as they were written.
    pub corrected_query: Option<String>,
}

/// What a suggestion leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A product.
    Product,
    /// A category.
    Category,
}

/// Something that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    /// What it leads to.
    pub kind: SuggestionKind,
    /// What to show.
    pub text: String,
    /// The product's or category's handle.
    pub handle: String,
    /// The product's picture.
    pub image: Option<Image>,
}

/// Suggestions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestions {
    /// The likeliest first.
    pub items: Vec<Suggestion>,
}

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CategoryView {
    /// Its name in addresses.
    pub handle: String,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub description: String,
    /// How many products for sale are in it.
    pub product_count: u32,
}

/// All categories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Categories {
    /// By name.
    pub items: Vec<CategoryView>,
}

/// A category as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryDraft {
    /// Its name.
    pub name: SingleLineText<120>,
    /// What is in it.
    #[serde(default)]
    pub description: MultilineText<2000>,
}

/// A variant as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariantView {
    /// Its SKU.
    pub sku: Sku,
    /// One value for each option.
    pub option_values: Vec<String>,
    /// Its price.
    pub price: Money,
    /// The price before a reduction.
    pub compare_at_price: Option<Money>,
    /// Its weight.
    pub weight_grams: u32,
    /// How much there is.
    pub availability: Availability,
    /// How many are left, when few are.
    pub available_quantity: Option<u32>,
    /// Its picture: a place in the product's list.
    #[serde(alias = "picture")]
    pub image: Option<u32>,
}

/// A product as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductView {
    /// Its id.
    pub id: ProductId,
    /// Its name in addresses.
    pub handle: String,
    /// Grows with every change.
    pub version: i64,
    /// Whether it is for sale.
    pub status: ProductStatus,
    /// Its title.
    pub title: String,
    /// What it is, in a safe subset of HTML.
    pub description_html: String,
    /// Who makes it.
    pub vendor: String,
    /// Its category's handle.
    pub category: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What customers choose.
    pub options: Vec<ProductOption>,
    /// What they can choose from.
    pub variants: Vec<VariantView>,
    /// Its pictures.
    #[serde(alias = "pictures")]
    pub images: Vec<Image>,
    /// How it is taxed.
    pub tax_class: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A variant as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantDraft {
    /// Its SKU; must not belong to another product.
    pub sku: Sku,
    /// One value for each option.
    #[serde(default)]
    pub option_values: Vec<SingleLineText<120>>,
    /// Its price in minor units of the shop's currency.
    #[schema(minimum = 0)]
    pub price: i64,
    /// The price before a reduction, in minor units.
    #[serde(default)]
    pub compare_at_price: Option<i64>,
    /// Its weight.
    #[serde(default)]
    pub weight_grams: u32,
    /// What happens when it is sold out.
    #[serde(default)]
    pub oversell: Oversell,
    /// Its barcode.
    #[serde(default)]
    pub barcode: Option<SingleLineText<64>>,
    /// Its picture: a place in the product's list.
    #[serde(default)]
    #[serde(alias = "picture")]
    pub image: Option<u32>,
    /// What is on hand. Sets the stock of a SKU that is new; others change through stock adjustments.
    #[serde(default)]
    pub stock: Option<u32>,
}

/// A picture as it is written: one that was uploaded, or an address it is fetched from in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageDraft {
    /// Where it is: `/media/…` or `https://…`.
    pub url: SingleLineText<2048>,
    /// What it shows.
    #[serde(default)]
    pub alt: MultilineText<500>,
}

/// A product as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductDraft {
    /// Its title.
    pub title: SingleLineText<255>,
    /// What it is; anything but a safe subset of HTML is removed.
    #[serde(default)]
    pub description_html: MultilineText<65535>,
    /// Who makes it.
    #[serde(default)]
    pub vendor: MultilineText<255>,
    /// Its category's handle.
    #[serde(default)]
    pub category: Option<SingleLineText<120>>,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<SingleLineText<255>>,
    /// Whether it is for sale.
    #[serde(default = "active")]
    pub status: ProductStatus,
    /// How it is taxed; `standard` when left out.
    #[serde(default = "standard")]
    pub tax_class: SingleLineText<60>,
    /// What customers choose; at most three.
    #[serde(default)]
    pub options: Vec<ProductOption>,
    /// What they can choose from; at least one, at most 2000.
    pub variants: Vec<VariantDraft>,
    /// Its pictures.
    #[serde(default)]
    #[serde(alias = "pictures")]
    pub images: Vec<ImageDraft>,
    /// The version that was read; leave it out for a new product.
    #[serde(default)]
    pub version: Option<i64>,
}

const fn active() -> ProductStatus {
    ProductStatus::Active
}

fn standard() -> SingleLineText<60> {
    #[expect(clippy::expect_used, reason = "the literal is a valid line")]
    "standard".parse().expect("a valid line")
}

/// A promotion code, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Promotion {
    /// What customers type.
    pub code: String,
    /// What it gives.
    pub benefit: Benefit,
    /// Said to customers.
    pub description: String,
    /// Only for carts of at least this subtotal.
    pub min_subtotal: Option<Money>,
    /// From when.
    pub starts_at: Option<Timestamp>,
    /// Until when.
    pub ends_at: Option<Timestamp>,
    /// How often it can be used in all.
    pub usage_limit: Option<u32>,
    /// How often it has been used or is held by orders under way.
    pub used: u32,
    /// Whether it is in force.
    pub active: bool,
}

/// What a promotion gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Benefit {
    /// A share of the subtotal, in millionths.
    Percent {
        /// The share.
        rate: Rate,
    },
    /// An amount off the subtotal.
    Fixed {
        /// The amount.
        amount: Money,
    },
    /// No shipping cost.
    FreeShipping,
}

/// A promotion as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromotionDraft {
    /// What it gives.
    pub benefit: Benefit,
    /// Said to customers.
    #[serde(default)]
    pub description: MultilineText<200>,
    /// Only for carts of at least this subtotal.
    #[serde(default)]
    pub min_subtotal: Option<Money>,
    /// From when.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    /// Until when.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// How often it can be used in all.
    #[serde(default)]
    pub usage_limit: Option<u32>,
    /// Whether it is in force.
    #[serde(default = "yes")]
    pub active: bool,
}

const fn yes() -> bool {
    true
}

/// A tax rate: what a class of goods bears in a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    /// The country.
    pub country: Country,
    /// The class.
    pub class: SingleLineText<60>,
    /// The rate, in millionths.
    pub rate: Rate,
}
