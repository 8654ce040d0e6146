//! Products and their variants: what makes one valid, and what is shown of it.

use chassis::{Problem, SystemContext, problem};
use contracts::catalogue::{
    Availability, Oversell, Image, ProductCard, ProductDraft, ProductOption, ProductStatus, ProductView, VariantView,
};
use contracts::{Currency, ProductId, Sku};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use crate::stock::Level;

/// Fewer than this left is said to customers.
pub const FEW: i64 = 5;
const MOST_OPTIONS: usize = 3;
const MOST_VARIANTS: usize = 2000;
const MOST_IMAGES: usize = 250;
const MOST_TAGS: usize = 250;
/// 90 trillion minor units: far above any price, far below overflow in any sum a cart can make.
const MOST_PRICE: i64 = 90_000_000_000_000 / 9999;

/// A product as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Product {
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
    /// What it is: HTML that has been sanitised.
    pub description_html: String,
    /// Who makes it.
    pub vendor: String,
    /// Its category's handle.
    pub category: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What customers choose.
    pub options: Vec<ProductOption>,
    /// What they choose from.
    pub variants: Vec<Variant>,
    /// Its pictures; those not fetched yet have a remote address.
    #[serde(alias = "pictures")]
    pub images: Vec<Image>,
    /// How it is taxed.
    pub tax_class: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A variant as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Its SKU.
    pub sku: Sku,
    /// One value for each option.
    pub option_values: Vec<String>,
    /// Its price in minor units of the shop's currency.
    pub price: i64,
    /// The price before a reduction.
    pub compare_at_price: Option<i64>,
    /// Its weight.
    pub weight_grams: u32,
    /// What happens when it is sold out.
    pub oversell: Oversell,
    /// Its barcode.
    pub barcode: Option<String>,
    /// Its picture: a place in the product's list.
    #[serde(alias = "picture")]
    pub image: Option<u32>,
}

/// Whether `handle` can name a product or category: lower-case letters, digits and hyphens, of any script.
pub fn is_handle(handle: &str) -> bool {
    !handle.is_empty()
        && handle.len() <= 255
        && !handle.starts_with('-')
        && handle.chars().all(|c| c == '-' || c == '_' || (c.is_alphanumeric() && !c.is_uppercase()))
}

/// A handle made of a title.
pub fn handle_of(title: &str) -> String {
    let plain = deunicode::deunicode(title).to_lowercase();
    let words = plain.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let handle = words.collect::<Vec<_>>().join("-");
    handle.chars().take(200).collect()
}

impl Product {
    /// The product that a draft describes, as a new one or as the successor of `before`.
    ///
    /// # Errors
    /// 422 naming what is wrong; 409 when `before` has another version than the draft was made from.
    pub fn from_draft(
        handle: &str,
        draft: ProductDraft,
        before: Option<&Self>,
        system: &SystemContext,
    ) -> Result<Self, Problem> {
        if !is_handle(handle) {
            return Err(Problem::invalid("handle", "consists of lower-case letters, digits and hyphens"));
        }
        if let (Some(read), Some(before)) = (draft.version, before)
            && read != before.version
        {
            return Err(problem::STALE
                .detail(format!("The product has version {}, not {read}. Read it again.", before.version))
                .with("version", before.version));
        }
        if draft.version.is_some() && before.is_none() {
            return Err(problem::NOT_FOUND.detail("There is no product with this handle to change."));
        }
        check(&draft)?;
        let now = system.now();
        Ok(Self {
            id: before.map_or_else(|| ProductId(system.id()), |before| before.id),
            handle: handle.to_owned(),
            version: before.map_or(1, |before| before.version + 1),
            status: draft.status,
            title: draft.title.into_string(),
            description_html: crate::sanitise::description(draft.description_html.as_str()),
            vendor: draft.vendor.into_string(),
            category: draft.category.map(contracts::SingleLineText::into_string),
            tags: unique(draft.tags.into_iter().map(contracts::SingleLineText::into_string)),
            options: draft.options,
            variants: draft.variants.into_iter().map(Variant::from).collect(),
            images: draft
                .images
                .into_iter()
                .map(|image| Image { url: image.url.into_string(), alt: image.alt.into_string() })
                .collect(),
            tax_class: draft.tax_class.into_string(),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: now,
        })
    }

    /// The SKUs of all variants.
    pub fn skus(&self) -> impl Iterator<Item = &Sku> {
        self.variants.iter().map(|variant| &variant.sku)
    }

    /// What customers see.
    pub fn view(self, currency: Currency, levels: &HashMap<Sku, Level>) -> ProductView {
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
            images: shown(&self.images),
            tax_class: self.tax_class,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// What a list shows.
    pub fn card(&self, currency: Currency, levels: &HashMap<Sku, Level>) -> ProductCard {
        let prices = || self.variants.iter().map(|variant| variant.price);
        let cheapest = self.variants.iter().min_by_key(|variant| variant.price);
        ProductCard {
            id: self.id,
            handle: self.handle.clone(),
            title: self.title.clone(),
            vendor: self.vendor.clone(),
            category: self.category.clone(),
            image: shown(&self.images).into_iter().next(),
            price: currency.minor(prices().min().unwrap_or(0)),
            price_max: currency.minor(prices().max().unwrap_or(0)),
            compare_at_price: cheapest.and_then(|variant| variant.reduced_from()).map(|amount| currency.minor(amount)),
            available: self.skus().any(|sku| levels.get(sku).is_some_and(Level::buyable)),
            variant_count: u32::try_from(self.variants.len()).unwrap_or(u32::MAX),
            sku: match self.variants.as_slice() {
                [only] => Some(only.sku.clone()),
                _ => None,
            },
        }
    }
}

/// The pictures that are there to be seen: those not fetched yet are left out.
pub fn shown(images: &[Image]) -> Vec<Image> {
    images.iter().filter(|image| image.url.starts_with("/media/")).cloned().collect()
}

impl Variant {
    /// The price before a reduction, if there is one.
    pub fn reduced_from(&self) -> Option<i64> {
        self.compare_at_price.filter(|before| *before > self.price)
    }

    fn view(self, currency: Currency, levels: &HashMap<Sku, Level>) -> VariantView {
        let level = levels.get(&self.sku);
        let available = level.map_or(0, Level::available);
        let availability = match level {
            Some(level) if !level.buyable() => Availability::OutOfStock,
            Some(_) if available <= 0 => Availability::Backorder,
            Some(_) if available <= FEW => Availability::Low,
            Some(_) => Availability::InStock,
            None => Availability::OutOfStock,
        };
        let left = u32::try_from(available).ok().filter(|_| availability == Availability::Low);
        VariantView {
            compare_at_price: self.reduced_from().map(|amount| currency.minor(amount)),
            price: currency.minor(self.price),
            sku: self.sku,
            option_values: self.option_values,
            weight_grams: self.weight_grams,
            availability,
            available_quantity: left,
            image: self.image,
        }
    }
}

impl From<contracts::catalogue::VariantDraft> for Variant {
    fn from(draft: contracts::catalogue::VariantDraft) -> Self {
        Self {
            sku: draft.sku,
            option_values: draft.option_values.into_iter().map(contracts::SingleLineText::into_string).collect(),
            price: draft.price,
            compare_at_price: draft.compare_at_price,
            weight_grams: draft.weight_grams,
            oversell: draft.oversell,
            barcode: draft.barcode.map(contracts::SingleLineText::into_string),
            image: draft.image,
        }
    }
}

fn unique(tags: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    tags.filter(|tag| seen.insert(tag.to_lowercase())).collect()
}

fn check(draft: &ProductDraft) -> Result<(), Problem> {
    let mut found = problem::INVALID.detail("The product cannot be kept like this; see errors.");
    if draft.options.len() > MOST_OPTIONS {
        found = found.field("/options", format!("at most {MOST_OPTIONS} options"));
    }
    // Each value is some variant's, so there are never more of them that mean anything.
    for (index, option) in draft.options.iter().enumerate().filter(|(_, option)| option.values.len() > MOST_VARIANTS) {
        let values = option.values.len();
        found = found.field(format!("/options/{index}/values"), format!("{values} values, at most {MOST_VARIANTS}"));
    }
    if draft.variants.is_empty() || draft.variants.len() > MOST_VARIANTS {
        found = found.field("/variants", format!("1 to {MOST_VARIANTS} variants"));
    }
    if draft.images.len() > MOST_IMAGES {
        found = found.field("/images", format!("at most {MOST_IMAGES} images"));
    }
    if draft.tags.len() > MOST_TAGS {
        found = found.field("/tags", format!("at most {MOST_TAGS} tags"));
    }
    for (index, image) in draft.images.iter().enumerate() {
        let url = image.url.as_str();
        if !["/media/", "https://", "http://"].iter().any(|start| url.starts_with(start)) {
            found = found.field(format!("/images/{index}/url"), "starts with /media/ or https://");
        }
    }
    let (mut skus, mut choices) = (HashSet::new(), HashSet::new());
    for (index, variant) in draft.variants.iter().enumerate() {
        let at = |part: &str| format!("/variants/{index}/{part}");
        if !skus.insert(&variant.sku) {
            found = found.field(at("sku"), "is there twice");
        }
        if variant.option_values.len() != draft.options.len() {
            found = found.field(at("option_values"), "needs one value for each option");
        } else if !choices.insert(&variant.option_values) {
            found = found.field(at("option_values"), "is the same choice as another variant's");
        }
        if !(0..=MOST_PRICE).contains(&variant.price) {
            found = found.field(at("price"), format!("must be between 0 and {MOST_PRICE}"));
        }
        if variant.compare_at_price.is_some_and(|price| !(0..=MOST_PRICE).contains(&price)) {
            found = found.field(at("compare_at_price"), format!("must be between 0 and {MOST_PRICE}"));
        }
        if variant.image.is_some_and(|place| place as usize >= draft.images.len()) {
            found = found.field(at("image"), "is not a place in the list of images");
        }
    }
    if found.errors.is_empty() { Ok(()) } else { Err(found) }
}
