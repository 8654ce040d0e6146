//! Products and their variants: validation of drafts, and the views shown to customers.

mod law_metafields;
mod metafields;
mod price_history;
mod translation;
mod typed_metafields;

pub use metafields::Metafields;
pub use price_history::PastPrice;
pub use translation::{StoredTranslation, TranslatedText};
pub use typed_metafields::TypedMetafields;

use crate::stock::StockLevel;
use chassis::{Problem, SystemContext, problem};
use contracts::catalogue::{
    Availability, Image, ImageDraft, Oversell, ProductCard, ProductDraft, ProductOption, ProductSafety, ProductStatus,
    ProductView, UnitMeasure, VariantDraft, VariantView, WithdrawalException,
};
use contracts::{Currency, ProductId, SingleLineText, Sku, TextError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The tax class of products without their own, and of shipping.
pub const STANDARD_TAX_CLASS: &str = "standard";
/// The tax class of products that are not taxed: its rate is zero in every country where no other rate is set for it.
pub const EXEMPT_TAX_CLASS: &str = "exempt";
/// Customers see the exact quantity from this number of available units down.
pub const LOW_AVAILABILITY: i64 = 5;
const MAX_OPTIONS: usize = 3;
const MAX_VARIANTS: usize = 2000;
const MAX_IMAGES: usize = 250;
const MAX_TAGS: usize = 250;
const MAX_METAFIELDS: usize = 250;
// 90 trillion minor units divided by the largest quantity of a cart line: no sum of a cart can overflow.
const MAX_PRICE: i64 = 90_000_000_000_000 / 9999;
/// The URL prefix of images that the shop serves itself.
const LOCAL_IMAGES: &str = "/media/";

/// A product as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// The id of the product, which never changes.
    pub id: ProductId,
    /// The URL slug of the product.
    pub handle: String,
    /// The number of the version, starting at 1; every change by staff increments it.
    pub version: i64,
    /// The status: only active products are for sale.
    pub status: ProductStatus,
    /// The title shown to customers.
    pub title: String,
    /// The description as sanitised HTML.
    pub description_html: String,
    /// The vendor or brand.
    pub vendor: String,
    /// The handle of the category.
    pub category: Option<String>,
    /// Tags, unique regardless of case.
    pub tags: Vec<String>,
    /// The options customers choose from, such as size and colour.
    pub options: Vec<ProductOption>,
    /// The variants, at least one.
    pub variants: Vec<Variant>,
    /// The images in display order; those that are not fetched yet have a remote URL.
    #[serde(alias = "pictures")]
    pub images: Vec<Image>,
    /// The tax class, which selects a rate per country.
    pub tax_class: String,
    /// The title for search engines, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seo_title: Option<String>,
    /// The description for search engines; empty if it has none of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seo_description: String,
    /// The category in a standard taxonomy, as a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_category: Option<String>,
    /// The product category of Google, as a path or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub google_category: Option<String>,
    /// The exception from the right of withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawal_exception: Option<WithdrawalException>,
    /// The safety information; never an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<ProductSafety>,
    /// Fields of other systems, sorted by name.
    // A list, because names contain dots, which separate the parts of a path in MongoDB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metafields: Vec<Metafield>,
    /// The texts in other languages, sorted by language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub translations: Vec<StoredTranslation>,
    /// The time the product was created.
    pub created_at: Timestamp,
    /// The time of the last change by staff.
    pub updated_at: Timestamp,
}

/// A field of another system, which is kept and exported again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metafield {
    /// The heading in a product CSV.
    pub name: String,
    pub value: String,
}

/// A variant as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The SKU, unique within the shop.
    pub sku: Sku,
    /// One value for each option of the product.
    pub option_values: Vec<String>,
    /// The price in minor units of the shop's currency.
    pub price: i64,
    /// The price before a reduction, in minor units.
    pub compare_at_price: Option<i64>,
    /// The weight in grams.
    pub weight_grams: u32,
    /// The policy for selling more than is available.
    pub oversell: Oversell,
    /// The barcode, such as an EAN or UPC.
    pub barcode: Option<String>,
    /// The index of the variant's image in the product's list.
    #[serde(alias = "picture")]
    pub image: Option<u32>,
    /// The purchase price of one unit in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<i64>,
    /// True for digital goods and services, which no carrier delivers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_digital: bool,
    /// The content of one unit, for the unit price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_measure: Option<UnitMeasure>,
    /// The earlier prices, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_prices: Vec<PastPrice>,
}

/// The rule for handles, to be read after the name of the field.
pub const HANDLE_RULE: &str = "must consist of lower-case letters, digits and hyphens, and not be a reserved word";

/// Handles that stand for something else in the API's paths.
const RESERVED_HANDLES: [&str; 1] = ["suggest"];

/// Returns true if `handle` can identify a product or category: lower-case letters of any script, digits, `-` and `_`, and
/// no word that stands for something else in the API's paths.
pub fn is_valid_handle(handle: &str) -> bool {
    !handle.is_empty()
        && !RESERVED_HANDLES.contains(&handle)
        && handle.len() <= 255
        && !handle.starts_with('-')
        && handle.chars().all(|c| c == '-' || c == '_' || (c.is_alphanumeric() && !c.is_uppercase()))
}

/// Derives a handle from a title; empty if the title has no letters or digits.
pub fn handle_from_title(title: &str) -> String {
    let plain = deunicode::deunicode(&pronounced(title)).to_lowercase();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let handle = words.collect::<Vec<_>>().join("-");
    handle.chars().take(200).collect()
}

/// Replaces the letters ъ and ь, which would be written as apostrophes and cut words in two, and removes marks such as ™.
/// See `findings/deunicode-hard-sign.sh`.
///
/// Before a vowel that begins with y, and as ь, the sign is silent, as in Russian. Anywhere else ъ is the Bulgarian vowel,
/// written as a (Transliteration Act of Bulgaria, 2009).
fn pronounced(title: &str) -> String {
    let mut text = String::with_capacity(title.len());
    let mut letters = title.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            'ь' | 'Ь' | '™' | '®' | '©' | '℠' => {}
            'ъ' | 'Ъ' => {
                let is_silent = letters.peek().is_some_and(|next| "еёюяиЕЁЮЯИ".contains(*next));
                text.push_str(if is_silent { "" } else { "a" });
            }
            other => text.push(other),
        }
    }
    text
}

impl Product {
    /// Builds a product from a draft, either new or as the next version of `before`.
    ///
    /// # Errors
    /// 422 with every invalid field; 409 when the draft was made from another version than `before`.
    pub fn from_draft(
        handle: &str,
        draft: ProductDraft,
        before: Option<&Self>,
        system: &SystemContext,
    ) -> Result<Self, Problem> {
        if !is_valid_handle(handle) {
            return Err(Problem::invalid("handle", HANDLE_RULE));
        }
        // Optimistic concurrency is optional: a draft without a version overwrites the product.
        if let (Some(read), Some(before)) = (draft.version, before)
            && read != before.version
        {
            return Err(problem::STALE
                .detail(format!(
                    "The product was changed: it is at version {}, not {read}. Reload it and try again.",
                    before.version
                ))
                .with("version", before.version));
        }
        if draft.version.is_some() && before.is_none() {
            return Err(problem::NOT_FOUND.detail("No product with this handle exists."));
        }
        validate(&draft)?;
        let now = system.now();
        let mut variants: Vec<Variant> = draft.variants.into_iter().map(Variant::from).collect();
        if let Some(before) = before {
            price_history::continue_from(before, draft.status, &mut variants, now);
        }
        Ok(Self {
            id: before.map_or_else(|| ProductId(system.id()), |before| before.id),
            handle: handle.to_owned(),
            version: before.map_or(1, |before| before.version + 1),
            status: draft.status,
            title: draft.title.into_string(),
            description_html: crate::sanitise::description(draft.description_html.as_str()),
            vendor: draft.vendor.into_string(),
            category: draft.category.map(SingleLineText::into_string),
            // Tags that differ only in case would be separate facets.
            tags: unique(draft.tags.into_iter().map(SingleLineText::into_string)),
            options: draft.options,
            variants,
            images: draft
                .images
                .into_iter()
                .map(|image| Image { url: image.url.into_string(), alt: image.alt.into_string() })
                .collect(),
            tax_class: draft.tax_class.into_string(),
            seo_title: draft.seo_title.map(SingleLineText::into_string),
            seo_description: draft.seo_description.into_string(),
            standard_category: draft.standard_category.map(SingleLineText::into_string),
            google_category: draft.google_category.map(SingleLineText::into_string),
            withdrawal_exception: draft.withdrawal_exception,
            safety: draft.safety.filter(|safety| !safety.is_empty()),
            metafields: draft
                .metafields
                .into_iter()
                .filter(|(_, value)| !value.as_str().is_empty())
                .map(|(name, value)| Metafield { name: name.into_string(), value: value.into_string() })
                .collect(),
            translations: translation::stored_translations(draft.translations),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        })
    }

    /// Builds the draft that this version was made from, with which staff change it. Stock is not part of it.
    ///
    /// # Errors
    /// When a stored text does not follow today's rules.
    pub fn draft(self) -> Result<ProductDraft, TextError> {
        let variant = |variant: Variant| {
            Ok(VariantDraft {
                sku: variant.sku,
                option_values: texts(&variant.option_values)?,
                price: variant.price,
                compare_at_price: variant.compare_at_price,
                weight_grams: variant.weight_grams,
                oversell: variant.oversell,
                barcode: optional_text(variant.barcode.as_deref())?,
                image: variant.image,
                cost: variant.cost,
                requires_shipping: !variant.is_digital,
                unit_measure: variant.unit_measure,
                stock: None,
            })
        };
        Ok(ProductDraft {
            title: self.title.parse()?,
            description_html: self.description_html.parse()?,
            vendor: self.vendor.parse()?,
            category: optional_text(self.category.as_deref())?,
            tags: texts(&self.tags)?,
            status: self.status,
            tax_class: self.tax_class.parse()?,
            options: self.options,
            variants: self.variants.into_iter().map(variant).collect::<Result<_, TextError>>()?,
            images: self
                .images
                .into_iter()
                .map(|image| Ok(ImageDraft { url: image.url.parse()?, alt: image.alt.parse()? }))
                .collect::<Result<_, TextError>>()?,
            seo_title: optional_text(self.seo_title.as_deref())?,
            seo_description: self.seo_description.parse()?,
            standard_category: optional_text(self.standard_category.as_deref())?,
            google_category: optional_text(self.google_category.as_deref())?,
            withdrawal_exception: self.withdrawal_exception,
            safety: self.safety,
            metafields: self
                .metafields
                .into_iter()
                .map(|field| Ok((field.name.parse()?, field.value.parse()?)))
                .collect::<Result<_, TextError>>()?,
            translations: translation::translation_drafts(self.translations)?,
            version: Some(self.version),
        })
    }

    /// Returns the SKUs of all variants.
    pub fn skus(&self) -> impl Iterator<Item = &Sku> {
        self.variants.iter().map(|variant| &variant.sku)
    }

    /// Returns the images that customers can see; images that are not fetched yet are left out.
    pub fn local_images(&self) -> impl Iterator<Item = &Image> {
        self.images.iter().filter(|image| is_local(image))
    }

    /// Returns the image that a variant points to, if customers can see it.
    pub fn local_image_of(&self, variant: &Variant) -> Option<&Image> {
        variant.image.and_then(|index| self.images.get(index as usize)).filter(|image| is_local(image))
    }

    /// Returns the image of a variant, or else the first one of the product, if customers can see it.
    pub fn image_or_first(&self, variant: &Variant) -> Option<&Image> {
        // An image that is not fetched yet has a remote URL, which customers must not load.
        self.local_image_of(variant).or_else(|| self.local_images().next())
    }

    /// Returns the URLs of images that are still on other servers.
    pub fn remote_image_urls(&self) -> BTreeSet<&str> {
        self.images.iter().filter(|image| !is_local(image)).map(|image| image.url.as_str()).collect()
    }

    /// Replaces a remote image URL by a local one and returns whether the product uses it.
    pub fn replace_image_url(&mut self, url: &str, local_url: &str) -> bool {
        let mut replaced = false;
        for image in self.images.iter_mut().filter(|image| image.url == url) {
            local_url.clone_into(&mut image.url);
            replaced = true;
        }
        replaced
    }

    /// Builds the product page, with the availability from `levels`.
    pub fn view(self, currency: Currency, levels: &HashMap<Sku, StockLevel>) -> ProductView {
        let images = self.local_images().cloned().collect();
        let variants = self.variants.into_iter().map(|variant| variant.view(currency, levels)).collect();
        ProductView {
            id: self.id,
            handle: self.handle,
            version: self.version,
            status: self.status,
            title: self.title,
            description_html: self.description_html,
            vendor: self.vendor,
            category: self.category,
            tags: self.tags,
            options: self.options,
            variants,
            images,
            tax_class: self.tax_class,
            seo_title: self.seo_title,
            seo_description: self.seo_description,
            standard_category: self.standard_category,
            google_category: self.google_category,
            withdrawal_exception: self.withdrawal_exception,
            safety: self.safety,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// Returns the variants that can be bought, or all of them when none can.
    pub fn offered_variants(&self, levels: &HashMap<Sku, StockLevel>) -> Vec<&Variant> {
        let is_purchasable = |variant: &&Variant| levels.get(&variant.sku).is_some_and(StockLevel::is_purchasable);
        let purchasable: Vec<&Variant> = self.variants.iter().filter(is_purchasable).collect();
        if purchasable.is_empty() { self.variants.iter().collect() } else { purchasable }
    }

    /// Builds the entry of a product list.
    pub fn card(&self, currency: Currency, levels: &HashMap<Sku, StockLevel>) -> ProductCard {
        let offered = self.offered_variants(levels);
        let prices = || offered.iter().map(|variant| variant.price);
        // The reduction in a list belongs to the price it shows, which is the lowest one.
        let cheapest = offered.iter().min_by_key(|variant| variant.price);
        ProductCard {
            id: self.id,
            handle: self.handle.clone(),
            title: self.title.clone(),
            vendor: self.vendor.clone(),
            category: self.category.clone(),
            image: self.local_images().next().cloned(),
            price: currency.minor(prices().min().unwrap_or(0)),
            price_max: currency.minor(prices().max().unwrap_or(0)),
            compare_at_price: cheapest
                .and_then(|variant| variant.original_price())
                .map(|amount| currency.minor(amount)),
            prior_price: cheapest.and_then(|variant| variant.prior_price()).map(|amount| currency.minor(amount)),
            available: self.skus().any(|sku| levels.get(sku).is_some_and(StockLevel::is_purchasable)),
            variant_count: u32::try_from(self.variants.len()).unwrap_or(u32::MAX),
            sku: match self.variants.as_slice() {
                // A product with a single variant can be added to the cart from the list.
                [only] => Some(only.sku.clone()),
                _ => None,
            },
        }
    }
}

/// Returns true if the text is the heading of a product's metafield in Shopify's product CSV, such as
/// `Color (product.metafields.shopify.color-pattern)`.
pub fn is_metafield(heading: &str) -> bool {
    heading.ends_with(')') && heading.contains("(product.metafields.")
}

fn is_local(image: &Image) -> bool {
    image.url.starts_with(LOCAL_IMAGES)
}

impl Variant {
    /// Returns the price before a reduction, if the variant is reduced.
    pub fn original_price(&self) -> Option<i64> {
        self.compare_at_price.filter(|before| *before > self.price)
    }

    fn view(self, currency: Currency, levels: &HashMap<Sku, StockLevel>) -> VariantView {
        let level = levels.get(&self.sku);
        let available = level.map_or(0, StockLevel::available);
        let availability = match level {
            Some(level) if !level.is_purchasable() => Availability::OutOfStock,
            Some(level) if level.oversell == Oversell::Untracked => Availability::InStock,
            Some(_) if available <= 0 => Availability::Backorder,
            Some(_) if available <= LOW_AVAILABILITY => Availability::Low,
            Some(_) => Availability::InStock,
            // Without a level nothing can be reserved.
            None => Availability::OutOfStock,
        };
        // Only low quantities are disclosed to customers.
        let quantity = u32::try_from(available).ok().filter(|_| availability == Availability::Low);
        let price = currency.minor(self.price);
        VariantView {
            compare_at_price: self.original_price().map(|amount| currency.minor(amount)),
            prior_price: self.prior_price().map(|amount| currency.minor(amount)),
            unit_measure: self.unit_measure,
            unit_price: self.unit_measure.and_then(|measure| measure.unit_price(price)),
            price,
            sku: self.sku,
            option_values: self.option_values,
            weight_grams: self.weight_grams,
            availability,
            available_quantity: quantity,
            image: self.image,
            barcode: self.barcode,
            requires_shipping: !self.is_digital,
        }
    }
}

impl From<VariantDraft> for Variant {
    fn from(draft: VariantDraft) -> Self {
        Self {
            sku: draft.sku,
            option_values: draft.option_values.into_iter().map(SingleLineText::into_string).collect(),
            price: draft.price,
            compare_at_price: draft.compare_at_price,
            weight_grams: draft.weight_grams,
            oversell: draft.oversell,
            barcode: draft.barcode.map(SingleLineText::into_string),
            image: draft.image,
            cost: draft.cost,
            is_digital: !draft.requires_shipping,
            unit_measure: draft.unit_measure,
            past_prices: Vec::new(),
        }
    }
}

fn optional_text<const MAX: usize>(text: Option<&str>) -> Result<Option<SingleLineText<MAX>>, TextError> {
    text.map(str::parse).transpose()
}

fn texts<const MAX: usize>(texts: &[String]) -> Result<Vec<SingleLineText<MAX>>, TextError> {
    texts.iter().map(|text| text.parse()).collect()
}

fn unique(tags: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    tags.filter(|tag| seen.insert(tag.to_lowercase())).collect()
}

fn validate(draft: &ProductDraft) -> Result<(), Problem> {
    // All errors are collected, so that an editor can fix them at once.
    let mut found = problem::INVALID.detail("The product is invalid; see errors.");
    if draft.options.len() > MAX_OPTIONS {
        found = found.field("/options", format!("must be at most {MAX_OPTIONS} options"));
    }
    // Each value belongs to at least one variant, so more values than variants are never meaningful.
    for (index, option) in draft.options.iter().enumerate().filter(|(_, option)| option.values.len() > MAX_VARIANTS) {
        let values = option.values.len();
        found = found
            .field(format!("/options/{index}/values"), format!("must be at most {MAX_VARIANTS} values, not {values}"));
    }
    if draft.variants.is_empty() || draft.variants.len() > MAX_VARIANTS {
        found = found.field("/variants", format!("must be 1 to {MAX_VARIANTS} variants"));
    }
    if draft.metafields.len() > MAX_METAFIELDS {
        found = found.field("/metafields", format!("must be at most {MAX_METAFIELDS} fields"));
    }
    for name in draft.metafields.keys().filter(|name| !is_metafield(name.as_str())) {
        found = found.field(
            format!("/metafields/{}", name.as_str().replace('~', "~0").replace('/', "~1")),
            "must be named as in a product CSV, such as Color (product.metafields.shopify.color-pattern)",
        );
    }
    if draft.images.len() > MAX_IMAGES {
        found = found.field("/images", format!("must be at most {MAX_IMAGES} images"));
    }
    for (language, reason) in translation::violations(draft) {
        found = found.field(format!("/translations/{}/texts", language.as_str()), reason);
    }
    if draft.tags.len() > MAX_TAGS {
        found = found.field("/tags", format!("must be at most {MAX_TAGS} tags"));
    }
    for (index, image) in draft.images.iter().enumerate() {
        let url = image.url.as_str();
        if ![LOCAL_IMAGES, "https://", "http://"].iter().any(|start| url.starts_with(start)) {
            found = found.field(format!("/images/{index}/url"), "must start with /media/ or https://");
        }
    }
    let (mut skus, mut choices) = (HashSet::new(), HashSet::new());
    for (index, variant) in draft.variants.iter().enumerate() {
        let at = |part: &str| format!("/variants/{index}/{part}");
        if !skus.insert(&variant.sku) {
            found = found.field(at("sku"), "is used by more than one variant");
        }
        if variant.option_values.len() != draft.options.len() {
            found = found.field(at("option_values"), "must have one value for each option");
        } else if !choices.insert(&variant.option_values) {
            found = found.field(at("option_values"), "must differ from those of other variants");
        }
        if !(0..=MAX_PRICE).contains(&variant.price) {
            found = found.field(at("price"), format!("must be between 0 and {MAX_PRICE}"));
        }
        if variant.compare_at_price.is_some_and(|price| !(0..=MAX_PRICE).contains(&price)) {
            found = found.field(at("compare_at_price"), format!("must be between 0 and {MAX_PRICE}"));
        }
        if variant.cost.is_some_and(|cost| !(0..=MAX_PRICE).contains(&cost)) {
            found = found.field(at("cost"), format!("must be between 0 and {MAX_PRICE}"));
        }
        if variant.unit_measure.is_some_and(|measure| !measure.content.is_comparable(&measure.per)) {
            found = found.field(at("unit_measure/per"), "must measure the same as content, such as kg for g");
        }
        if variant.image.is_some_and(|index| index as usize >= draft.images.len()) {
            found = found.field(at("image"), "must be an index into the list of images");
        }
    }
    if found.errors.is_empty() { Ok(()) } else { Err(found) }
}
