//! Products as customers see and staff write them, and lists of products.

use super::{
    Image, ProductSafety, ProductTranslation, ProductTranslations, UnitMeasure, UnitPrice, WithdrawalException,
};
use crate::{Money, MultilineText, ProductId, SingleLineText, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The publication status of a product.
///
/// - `active`: for sale and visible to everybody
/// - `draft`: in preparation, visible to staff only
/// - `archived`: no longer for sale, visible to staff only
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// For sale and visible to everybody.
    Active,
    /// In preparation, visible to staff only.
    Draft,
    /// No longer for sale, visible to staff only.
    Archived,
}

/// The status of a product that is not for sale.
///
/// - `draft`: in preparation
/// - `archived`: no longer for sale
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnpublishedStatus {
    /// In preparation, to be published.
    Draft,
    /// No longer for sale, and kept.
    Archived,
}

impl From<UnpublishedStatus> for ProductStatus {
    fn from(status: UnpublishedStatus) -> Self {
        match status {
            UnpublishedStatus::Draft => Self::Draft,
            UnpublishedStatus::Archived => Self::Archived,
        }
    }
}

/// The policy for orders that exceed the available stock.
///
/// - `deny`: the SKU cannot be bought when none is available
/// - `continue`: the SKU can still be bought, and the order waits for stock (backorder)
/// - `untracked`: the stock of the SKU is not counted; it can always be bought, and no order waits for it
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Oversell {
    /// The SKU cannot be bought when none is available.
    // Overselling has to be chosen: by default, no shop sells units that it does not have.
    #[default]
    Deny,
    /// The SKU can still be bought, and the order waits for stock.
    Continue,
    /// The stock of the SKU is not counted: it can always be bought, and no order waits for it.
    Untracked,
}

impl Oversell {
    /// Returns the name of the policy in requests and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Continue => "continue",
            Self::Untracked => "untracked",
        }
    }

    /// Returns true if the SKU can be bought when none is available.
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Continue | Self::Untracked)
    }
}

/// The availability of a variant as shown to customers.
///
/// - `in_stock`: enough units are available
/// - `low`: only a few units are left, see `available_quantity`
/// - `out_of_stock`: sold out, cannot be bought
/// - `backorder`: sold out, but can be bought and is shipped when stock arrives
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Enough units are available.
    InStock,
    /// Only a few units are left.
    Low,
    /// Sold out, cannot be bought.
    OutOfStock,
    /// Sold out, but can be bought and is shipped when stock arrives.
    Backorder,
}

/// The name of a product's option, 1 to 255 characters, as many as Shopify exports.
pub type OptionName = SingleLineText<255>;

/// A value of a product's option, 1 to 255 characters.
pub type OptionValue = SingleLineText<255>;

/// An option that customers choose, such as colour or size, with its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductOption {
    /// The name of the option, such as `Size`.
    pub name: OptionName,
    /// The values to choose from, in display order; each is used by at least one variant.
    pub values: Vec<OptionValue>,
}

/// A product as an entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductCard {
    /// The unique id of the product.
    pub id: ProductId,
    /// The unique name of the product in URLs.
    pub handle: String,
    /// The title of the product.
    pub title: String,
    /// The brand or manufacturer; may be empty.
    pub vendor: String,
    /// The handle of the product's category; null when it has none.
    pub category: Option<String>,
    /// The first image of the product; null when it has none.
    pub image: Option<Image>,
    /// The lowest price of the variants that can be bought, or of all variants when none can.
    pub price: Money,
    /// The highest price of the same variants.
    pub price_max: Money,
    /// The former price of the cheapest of these variants; null when it is not reduced.
    pub compare_at_price: Option<Money>,
    /// The lowest price of that variant in the 30 days before the reduction; null when it is not reduced or not known.
    #[serde(default)]
    pub prior_price: Option<Money>,
    /// True if at least one variant can be bought.
    pub available: bool,
    /// The number of variants of the product.
    pub variant_count: u32,
    /// The SKU of the only variant; null when there are several.
    pub sku: Option<Sku>,
}

/// A number of search results, counted up to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Counting all matches of a broad search would take time in proportion to the catalogue.
pub struct Count {
    /// The number of results, or 1000 when there are more.
    pub value: u32,
    /// True if there are more results than `value`.
    pub capped: bool,
}

/// A value that search results can be filtered by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetValue {
    /// The value for the filter parameter, such as a category's handle.
    pub value: String,
    /// The text to display for the value.
    pub label: String,
    /// The number of matching products with this value.
    pub count: u32,
}

/// The lowest and the highest price among search results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceRange {
    /// The lowest price of the matching products.
    pub min: Money,
    /// The highest price of the matching products.
    pub max: Money,
}

/// The filters that apply to search results, with the number of results for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// The categories of the results, sorted by name.
    pub categories: Vec<FacetValue>,
    /// The vendors of the results, the most frequent first.
    pub vendors: Vec<FacetValue>,
    /// The tags of the results, the most frequent first.
    pub tags: Vec<FacetValue>,
    /// The price range of the results; null without results.
    pub price: Option<PriceRange>,
    /// The number of results that can be bought.
    pub in_stock: u32,
}

/// A page of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductPage {
    /// The products of this page.
    pub items: Vec<ProductCard>,
    /// The value of `cursor` for the next page; null on the last page.
    pub next_cursor: Option<String>,
    /// The total number of results; null after the first page.
    pub count: Option<Count>,
    /// The filters that apply to the results; null after the first page.
    pub facets: Option<Facets>,
    /// The words that were searched for instead of those of the query, because no product has these; null otherwise.
    pub corrected_query: Option<String>,
    /// True if the products have only some of the words, because no product has them all.
    pub is_partial_match: bool,
}

/// The kind of page that a search suggestion links to: `product` or `category`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// The page of a product.
    Product,
    /// The page of a category.
    Category,
}

/// A suggestion for a partly entered search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestion {
    /// The kind of page that the suggestion links to.
    pub kind: SuggestionKind,
    /// The title of the product or the name of the category.
    pub text: String,
    /// The handle of the product or category.
    pub handle: String,
    /// The first image of the product; null for categories and products without images.
    pub image: Option<Image>,
}

/// Suggestions for a partly entered search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Suggestions {
    /// The suggestions, the best match first.
    pub items: Vec<Suggestion>,
}

/// A variant of a product as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariantView {
    /// The SKU of the variant, unique within the shop.
    pub sku: Sku,
    /// The value for each option of the product, in the same order.
    pub option_values: Vec<String>,
    /// The price of one unit.
    pub price: Money,
    /// The former price of one unit; null when the variant is not reduced.
    pub compare_at_price: Option<Money>,
    /// The lowest price of the 30 days before the reduction, as Directive 98/6/EC, article 6a defines the prior price; null
    /// when the variant is not reduced, or was never sold for another price.
    #[serde(default)]
    pub prior_price: Option<Money>,
    /// The weight of one unit in grams.
    pub weight_grams: u32,
    /// The availability as shown to customers.
    pub availability: Availability,
    /// The number of units left when the availability is `low`; null otherwise.
    pub available_quantity: Option<u32>,
    /// The index of the variant's image in the product's `images`, counted from 0; null for no image of its own.
    #[serde(alias = "picture")]
    pub image: Option<u32>,
    /// The barcode (EAN, UPC or ISBN); null when it has none.
    #[serde(default)]
    pub barcode: Option<String>,
    /// The content of one unit; null when it is not known.
    #[serde(default)]
    pub unit_measure: Option<UnitMeasure>,
    /// The price per base quantity, such as one kilogram; null when the content of a unit is not known.
    #[serde(default)]
    pub unit_price: Option<UnitPrice>,
    /// False for digital goods and services, which are not delivered by a carrier.
    #[serde(default = "yes")]
    pub requires_shipping: bool,
}

/// A product with all its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductView {
    /// The unique id of the product.
    pub id: ProductId,
    /// The unique name of the product in URLs.
    pub handle: String,
    /// The version of the product, which increases with every change.
    pub version: i64,
    /// The publication status of the product.
    pub status: ProductStatus,
    /// The title of the product.
    pub title: String,
    /// The description as sanitised HTML, which is safe to embed in a page; may be empty.
    pub description_html: String,
    /// The brand or manufacturer; may be empty.
    pub vendor: String,
    /// The handle of the product's category; null when it has none.
    pub category: Option<String>,
    /// The tags of the product, for search and filters.
    pub tags: Vec<String>,
    /// The options that customers choose, at most three; empty for a product with a single variant.
    pub options: Vec<ProductOption>,
    /// The variants, one for each combination of option values that is sold.
    pub variants: Vec<VariantView>,
    /// The images of the product, the main one first.
    #[serde(alias = "pictures")]
    pub images: Vec<Image>,
    /// The tax class, which selects the tax rate in the customer's country.
    pub tax_class: String,
    /// The title for search engines; null to use the title of the product.
    #[serde(default)]
    pub seo_title: Option<String>,
    /// The description for search engines; empty to use the description of the product.
    #[serde(default)]
    pub seo_description: String,
    /// The category in the merchant's standard taxonomy, as a path such as `Apparel > Shoes`; null when it has none.
    #[serde(default)]
    pub standard_category: Option<String>,
    /// The product category of Google, as a path or number; null when it has none.
    #[serde(default)]
    pub google_category: Option<String>,
    /// The reason why consumers cannot withdraw from the purchase, or only while it is sealed; null when they can.
    #[serde(default)]
    pub withdrawal_exception: Option<WithdrawalException>,
    /// The safety information; null when there is none.
    #[serde(default)]
    pub safety: Option<ProductSafety>,
    /// The time when the product was created (UTC, RFC 3339).
    pub created_at: Timestamp,
    /// The time of the latest change (UTC, RFC 3339).
    pub updated_at: Timestamp,
}

/// A variant of a product to create or replace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantDraft {
    /// The SKU of the variant, which must not belong to another product.
    pub sku: Sku,
    /// The value for each option of the product, in the same order. Default: empty.
    #[serde(default)]
    pub option_values: Vec<OptionValue>,
    /// The price of one unit in minor units of the shop's currency, at least 0.
    // The price has no currency member, because the shop has one currency, which cannot be changed.
    #[schema(minimum = 0)]
    pub price: i64,
    /// The former price in minor units, shown when it is higher than `price`; null, the default, for none.
    #[serde(default)]
    pub compare_at_price: Option<i64>,
    /// The weight of one unit in grams, for shipping prices. Default: 0.
    #[serde(default)]
    pub weight_grams: u32,
    /// The policy for orders that exceed the available stock. Default: `deny`.
    #[serde(default)]
    pub oversell: Oversell,
    /// The barcode (EAN, UPC or ISBN), up to 64 characters; null, the default, for none.
    #[serde(default)]
    pub barcode: Option<SingleLineText<64>>,
    /// The index of the variant's image in `images`, counted from 0; null, the default, for none.
    #[serde(default)]
    // Exports of earlier versions, which can still be imported, contain the alias.
    #[serde(alias = "picture")]
    pub image: Option<u32>,
    /// The purchase price of one unit in minor units, shown to staff only; null, the default, when it is not known.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub cost: Option<i64>,
    /// False for digital goods and services. Default: true.
    #[serde(default = "yes")]
    pub requires_shipping: bool,
    /// The content of one unit, for the unit price; null, the default, for none.
    #[serde(default)]
    pub unit_measure: Option<UnitMeasure>,
    /// The initial number of units on hand. Applied to new SKUs only; later changes are stock adjustments.
    #[serde(default)]
    pub stock: Option<u32>,
}

/// An image to add to a product: one that was uploaded before, or a URL that is fetched in the background.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageDraft {
    /// The URL of the image, `/media/…` or `https://…`, up to 2048 characters.
    pub url: SingleLineText<2048>,
    /// The alternative text for screen readers, up to 500 characters. Default: empty.
    #[serde(default)]
    // A single line must not be empty, but an image needs no text.
    pub alt: MultilineText<500>,
}

/// A product to create or replace. The handle is part of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Fjord Mug",
    "description_html": "<p>A stoneware mug that keeps coffee warm.</p>",
    "vendor": "Nordlicht",
    "category": "mugs",
    "tags": ["stoneware", "dishwasher-safe"],
    "status": "active",
    "tax_class": "standard",
    "options": [{ "name": "Colour", "values": ["Blue", "Sand"] }],
    "variants": [
        { "sku": "MUG-BLUE-330", "option_values": ["Blue"], "price": 1890, "weight_grams": 420, "image": 0, "stock": 40 },
        { "sku": "MUG-SAND-330", "option_values": ["Sand"], "price": 1890, "compare_at_price": 2190,
          "weight_grams": 420, "oversell": "continue", "barcode": "4006381333931", "stock": 12 }
    ],
    "images": [{ "url": "https://images.example.com/fjord-mug-blue.jpg", "alt": "A blue mug on a wooden table" }]
}))]
pub struct ProductDraft {
    /// The title of the product, 1 to 255 characters.
    pub title: SingleLineText<255>,
    /// The description as HTML, up to 65535 characters. Unsafe elements and attributes are removed. Default: empty.
    #[serde(default)]
    pub description_html: MultilineText<65535>,
    /// The brand or manufacturer, up to 255 characters. Default: empty.
    #[serde(default)]
    // A single line must not be empty, but a product needs no vendor.
    pub vendor: MultilineText<255>,
    /// The handle of the product's category; null, the default, for none.
    #[serde(default)]
    pub category: Option<SingleLineText<120>>,
    /// The tags for search and filters, each up to 255 characters. Default: empty.
    #[serde(default)]
    pub tags: Vec<SingleLineText<255>>,
    /// The publication status of the product. Default: `active`.
    #[serde(default = "active")]
    pub status: ProductStatus,
    /// The tax class, up to 60 characters. Default: `standard`.
    #[serde(default = "standard")]
    pub tax_class: SingleLineText<60>,
    /// The options that customers choose, at most three. Default: empty.
    #[serde(default)]
    pub options: Vec<ProductOption>,
    /// The variants of the product, 1 to 2000.
    pub variants: Vec<VariantDraft>,
    /// The images of the product, the main one first. Default: empty.
    #[serde(default)]
    // Exports of earlier versions, which can still be imported, contain the alias.
    #[serde(alias = "pictures")]
    pub images: Vec<ImageDraft>,
    /// The title for search engines, up to 255 characters; null, the default, to use `title`.
    #[serde(default)]
    pub seo_title: Option<SingleLineText<255>>,
    /// The description for search engines, up to 1000 characters. Default: empty, to use the description.
    #[serde(default)]
    pub seo_description: MultilineText<1000>,
    /// The category in a standard taxonomy, as a path such as `Apparel > Shoes`, up to 500 characters; null, the default,
    /// for none.
    #[serde(default)]
    pub standard_category: Option<SingleLineText<500>>,
    /// The product category of Google, as a path or number, up to 500 characters; null, the default, for none.
    #[serde(default)]
    pub google_category: Option<SingleLineText<500>>,
    /// The reason why consumers cannot withdraw from the purchase, or only while it is sealed; null, the default, when they can.
    #[serde(default)]
    pub withdrawal_exception: Option<WithdrawalException>,
    /// The safety information; null, the default, for none.
    #[serde(default)]
    pub safety: Option<ProductSafety>,
    /// Fields of other systems by their headings in a product CSV, such as
    /// `Color (product.metafields.shopify.color-pattern)`, at most 250. They are kept and exported again. Default: empty.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub metafields: BTreeMap<SingleLineText<255>, MultilineText<65535>>,
    /// The texts in other languages than the shop's own. Default: none.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, ProductTranslation>)]
    pub translations: ProductTranslations,
    /// The version that the change is based on. Omit it to create the product or to overwrite any version.
    #[serde(default)]
    pub version: Option<i64>,
}

const fn yes() -> bool {
    true
}

const fn active() -> ProductStatus {
    ProductStatus::Active
}

fn standard() -> SingleLineText<60> {
    #[expect(clippy::expect_used, reason = "the literal is a valid line")]
    "standard".parse().expect("a valid line")
}

/// The prices of a product's variants over time, for staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceHistory {
    /// The variants in the order of the product.
    pub items: Vec<VariantPrices>,
}

/// The prices of a variant over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VariantPrices {
    /// The SKU of the variant.
    pub sku: Sku,
    /// The current price of one unit.
    pub price: Money,
    /// The prior price that the reduction is announced with; null when there is none.
    pub prior_price: Option<Money>,
    /// The earlier prices, the latest first, at most 100.
    pub past: Vec<PastPriceView>,
}

/// An earlier price of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PastPriceView {
    /// The price of one unit.
    pub price: Money,
    /// The time until which the variant was sold for it (UTC, RFC 3339).
    pub until: Timestamp,
}
