//! Items of a feed for Google Merchant Center, by Google's product data specification
//! (<https://support.google.com/merchants/answer/7052112>).

use crate::gtin::gtin;
use crate::pages::plain_text;
use crate::settings::FeedSettings;
use crate::variant::{VariantProperty, title, url};
use crate::xml::{Xml, element, written};
use contracts::catalogue::{Availability, FeedProduct, Measure, ProductView, Shop, VariantView};
use contracts::{Money, Rate};
use jiff::{SignedDuration, Timestamp};
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};
use std::io;

/// The limits of the specification, in characters.
const MAX_ID: usize = 50;
const MAX_TITLE: usize = 150;
const MAX_DESCRIPTION: usize = 5000;
const MAX_TEXT: usize = 750;
const MAX_BRAND: usize = 70;
const MAX_OPTION: usize = 100;
const MAX_ADDITIONAL_IMAGES: usize = 10;
/// The length of the digest that replaces the end of an id that is too long.
const DIGEST_LENGTH: usize = 12;
/// The countries where prices in a feed are without tax.
const WITHOUT_TAX: [&str; 3] = ["US", "CA", "IN"];
/// The file extensions of images that Google accepts.
const IMAGES: [&str; 7] = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tiff"];
/// The feed of a shop, at one time.
pub struct Feed {
    shop: Shop,
    base_url: String,
    settings: FeedSettings,
    now: Timestamp,
}

impl Feed {
    pub const fn new(shop: Shop, base_url: String, settings: FeedSettings, now: Timestamp) -> Self {
        Self { shop, base_url, settings, now }
    }

    /// Returns the beginning of the document, up to the first item.
    pub fn begin(&self) -> String {
        written(|xml| {
            xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
            let namespace = [("version", "2.0"), ("xmlns:g", "http://base.google.com/ns/1.0")];
            xml.write_event(Event::Start(BytesStart::new("rss").with_attributes(namespace)))?;
            xml.write_event(Event::Start(BytesStart::new("channel")))?;
            element(xml, "title", &self.shop.name)?;
            element(xml, "link", &self.base_url)?;
            element(xml, "description", &format!("Products of {}", self.shop.name))
        })
    }

    /// Returns the end of the document, after the last item.
    pub fn end(&self) -> String {
        written(|xml| {
            xml.write_event(Event::End(BytesEnd::new("channel")))?;
            xml.write_event(Event::End(BytesEnd::new("rss")))
        })
    }

    /// Returns the items of a product, one for each variant.
    pub fn items(&self, product: &FeedProduct) -> String {
        written(|xml| product.product.variants.iter().try_for_each(|variant| self.item(xml, product, variant)))
    }

    fn item(&self, xml: &mut Xml, of: &FeedProduct, variant: &VariantView) -> io::Result<()> {
        let product = &of.product;
        xml.write_event(Event::Start(BytesStart::new("item")))?;
        element(xml, "g:id", &id(variant.sku.as_str()))?;
        element(xml, "g:title", &cut(&title(product, variant), MAX_TITLE))?;
        let description = plain_text(&product.description_html);
        // A description is required, and the title is the best one there is.
        let description = if description.is_empty() { &product.title } else { &description };
        element(xml, "g:description", &cut(description, MAX_DESCRIPTION))?;
        element(xml, "g:link", &url(&self.base_url, product, variant))?;
        self.images(xml, product, variant)?;
        self.availability(xml, variant)?;
        self.prices(xml, of, variant)?;
        identifiers(xml, product, variant)?;
        element(xml, "g:condition", "new")?;
        if product.variants.len() > 1 {
            element(xml, "g:item_group_id", &id(&product.handle))?;
        }
        for (option, value) in product.options.iter().zip(&variant.option_values) {
            if let Some(property) = VariantProperty::of_option(option.name.as_str()) {
                element(xml, &format!("g:{}", property.as_str()), &cut(value, MAX_OPTION))?;
            }
        }
        if let Some(category) = &product.google_category {
            element(xml, "g:google_product_category", category)?;
        }
        if let Some(kind) = product.standard_category.as_ref().or(of.category_name.as_ref()) {
            element(xml, "g:product_type", &cut(kind, MAX_TEXT))?;
        }
        if variant.weight_grams > 0 {
            element(xml, "g:shipping_weight", &format!("{} g", variant.weight_grams))?;
        }
        self.unit_measure(xml, variant)?;
        xml.write_event(Event::End(BytesEnd::new("item")))
    }

    fn images(&self, xml: &mut Xml, product: &ProductView, variant: &VariantView) -> io::Result<()> {
        let main = variant.image.map_or(0, |index| index as usize);
        let first = product.images.get(main).into_iter();
        let others = product.images.iter().enumerate().filter(|(index, _)| *index != main).map(|(_, image)| image);
        let is_accepted = |url: &str| IMAGES.iter().any(|end| url.to_lowercase().ends_with(end));
        let accepted = first.chain(others).filter(|image| is_accepted(&image.url)).take(1 + MAX_ADDITIONAL_IMAGES);
        for (index, image) in accepted.enumerate() {
            let name = if index == 0 { "g:image_link" } else { "g:additional_image_link" };
            element(xml, name, &format!("{}{}", self.base_url, image.url))?;
        }
        Ok(())
    }

    fn availability(&self, xml: &mut Xml, variant: &VariantView) -> io::Result<()> {
        let availability = match variant.availability {
            Availability::InStock | Availability::Low => "in_stock",
            Availability::OutOfStock => "out_of_stock",
            Availability::Backorder => "backorder",
        };
        element(xml, "g:availability", availability)?;
        // Google wants to know until when a backorder is shipped, and only the merchant can say that.
        if let (Availability::Backorder, Some(days)) = (variant.availability, self.settings.backorder_days) {
            let date = self.now.saturating_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(self.now);
            element(xml, "g:availability_date", &date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())?;
        }
        Ok(())
    }

    fn prices(&self, xml: &mut Xml, of: &FeedProduct, variant: &VariantView) -> io::Result<()> {
        let price = |money: Money| self.taxed(money, of.tax_rate).to_string();
        match variant.compare_at_price {
            Some(before) => {
                element(xml, "g:price", &price(before))?;
                element(xml, "g:sale_price", &price(variant.price))
            }
            None => element(xml, "g:price", &price(variant.price)),
        }
    }

    /// Returns the price as customers of the shop's country expect it, with tax or without.
    fn taxed(&self, price: Money, rate: Rate) -> Money {
        if self.shop.prices_include_tax || WITHOUT_TAX.contains(&self.shop.country.code()) {
            return price;
        }
        rate.of(price).and_then(|tax| price.plus(tax)).unwrap_or(price)
    }

    fn unit_measure(&self, xml: &mut Xml, variant: &VariantView) -> io::Result<()> {
        let Some(measure) = variant.unit_measure else { return Ok(()) };
        let written = |measure: &Measure| Some(format!("{} {}", measure.amount(), google_unit(measure.unit())?));
        if let (Some(content), Some(per)) = (written(&measure.content), written(&measure.per)) {
            element(xml, "g:unit_pricing_measure", &content)?;
            element(xml, "g:unit_pricing_base_measure", &per)?;
        }
        Ok(())
    }
}

fn identifiers(xml: &mut Xml, product: &ProductView, variant: &VariantView) -> io::Result<()> {
    if !product.vendor.is_empty() {
        element(xml, "g:brand", &cut(&product.vendor, MAX_BRAND))?;
    }
    match variant.barcode.as_deref().and_then(gtin) {
        Some(gtin) => element(xml, "g:gtin", &gtin),
        // Without it, Google asks for a number that the product does not have.
        None => element(xml, "g:identifier_exists", "no"),
    }
}

/// Returns the name of a unit in feeds, if they have it.
fn google_unit(unit: &str) -> Option<&str> {
    match unit {
        "m³" => Some("cbm"),
        "m²" => Some("sqm"),
        "ft²" => Some("sqft"),
        "item" => Some("ct"),
        "mm" => None,
        other => Some(other),
    }
}

/// Returns the text, or its beginning with a digest if it is longer than an id may be.
fn id(text: &str) -> String {
    if text.chars().count() <= MAX_ID {
        return text.to_owned();
    }
    let digest = chassis::secret::sha256_hex(text.as_bytes());
    let beginning: String = text.chars().take(MAX_ID - DIGEST_LENGTH - 1).collect();
    format!("{beginning}_{}", digest.get(..DIGEST_LENGTH).unwrap_or_default())
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}
