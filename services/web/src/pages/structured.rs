//! Structured data of a product page: a graph of <https://schema.org> types in JSON-LD, as search engines read it.

use crate::gtin::gtin;
use crate::variant::{self, VariantProperty};
use contracts::Money;
use contracts::catalogue::{Availability, ProductView, VariantView};
use contracts::ratings::Rating;
use serde_json::{Map, Value, json};

/// The sources of a page's structured data.
pub struct ProductPage<'p> {
    pub product: &'p ProductView,
    /// The description as plain text; may be empty.
    pub description: &'p str,
    /// The name of the product's category, if it has one.
    pub category_name: Option<&'p str>,
    /// The rating of the product, if it is known.
    pub rating: Option<&'p Rating>,
    /// The public URL of the shop, without a trailing slash.
    pub base_url: &'p str,
}

impl ProductPage<'_> {
    /// Returns the graph: the product and the path to its page.
    pub fn graph(&self) -> Value {
        json!({ "@context": "https://schema.org", "@graph": [self.product(), self.breadcrumbs()] })
    }

    /// Describes a product with one variant as a Product, and one with several as a ProductGroup.
    fn product(&self) -> Value {
        let mut data = match self.product.variants.as_slice() {
            [only] => self.variant(only),
            variants => {
                let mut group = Map::new();
                group.insert("@type".into(), json!("ProductGroup"));
                group.insert("productGroupID".into(), json!(self.product.handle));
                let properties = self.product.options.iter();
                let varies_by: Vec<String> = properties
                    .filter_map(|option| VariantProperty::of_option(option.name.as_str()))
                    .map(|property| format!("https://schema.org/{}", property.as_str()))
                    .collect();
                if !varies_by.is_empty() {
                    group.insert("variesBy".into(), json!(varies_by));
                }
                group
                    .insert("hasVariant".into(), variants.iter().map(|one| Value::Object(self.variant(one))).collect());
                group
            }
        };
        data.insert("name".into(), json!(self.product.title));
        data.insert("url".into(), json!(self.page_url()));
        // A member without a value is an error to validators, so it is left out.
        if !self.description.is_empty() {
            data.insert("description".into(), json!(self.description));
        }
        if !self.product.vendor.is_empty() {
            data.insert("brand".into(), json!({ "@type": "Brand", "name": self.product.vendor }));
        }
        if !self.product.images.is_empty() {
            let images: Vec<String> = self.product.images.iter().map(|image| self.image_url(&image.url)).collect();
            data.insert("image".into(), json!(images));
        }
        if let Some(category) = self.product.standard_category.as_deref().or(self.category_name) {
            data.insert("category".into(), json!(category));
        }
        if let Some((average, count)) = self.rating.and_then(|rating| Some((rating.average.as_ref()?, rating.count))) {
            data.insert(
                "aggregateRating".into(),
                json!({ "@type": "AggregateRating", "ratingValue": average, "reviewCount": count, "bestRating": "5", "worstRating": "1" }),
            );
        }
        Value::Object(data)
    }

    fn variant(&self, variant: &VariantView) -> Map<String, Value> {
        let mut data = Map::new();
        data.insert("@type".into(), json!("Product"));
        data.insert("name".into(), json!(variant::title(self.product, variant)));
        data.insert("sku".into(), json!(variant.sku));
        if let Some(gtin) = variant.barcode.as_deref().and_then(gtin) {
            data.insert("gtin".into(), json!(gtin));
        }
        // Search engines want an image for each variant, if only that of the product.
        let own = variant.image.and_then(|index| self.product.images.get(index as usize));
        if let Some(image) = own.or(self.product.images.first()) {
            data.insert("image".into(), json!(self.image_url(&image.url)));
        }
        for (option, value) in self.product.options.iter().zip(&variant.option_values) {
            if let Some(property) = VariantProperty::of_option(option.name.as_str()) {
                data.insert(property.as_str().into(), json!(value));
            }
        }
        data.insert("offers".into(), self.offer(variant));
        data
    }

    fn offer(&self, variant: &VariantView) -> Value {
        let availability = match variant.availability {
            Availability::InStock => "InStock",
            Availability::Low => "LimitedAvailability",
            Availability::OutOfStock => "OutOfStock",
            Availability::Backorder => "BackOrder",
        };
        let mut offer = json!({
            "@type": "Offer",
            "price": amount(variant.price),
            "priceCurrency": variant.price.currency,
            "availability": format!("https://schema.org/{availability}"),
            "itemCondition": "https://schema.org/NewCondition",
            "url": variant::url(self.base_url, self.product, variant),
        });
        if let Some(before) = variant.compare_at_price {
            offer["priceSpecification"] = json!({
                "@type": "UnitPriceSpecification",
                "priceType": "https://schema.org/StrikethroughPrice",
                "price": amount(before),
                "priceCurrency": before.currency,
            });
        }
        offer
    }

    fn breadcrumbs(&self) -> Value {
        let mut steps = vec![("Home", format!("{}/", self.base_url))];
        if let (Some(name), Some(handle)) = (self.category_name, &self.product.category) {
            steps.push((name, format!("{}/categories/{}", self.base_url, chassis::client::segment(handle))));
        }
        steps.push((&self.product.title, self.page_url()));
        let item = |(index, (name, url)): (usize, (&str, String))| json!({ "@type": "ListItem", "position": index + 1, "name": name, "item": url });
        json!({ "@type": "BreadcrumbList", "itemListElement": steps.into_iter().enumerate().map(item).collect::<Vec<_>>() })
    }

    fn page_url(&self) -> String {
        format!("{}/products/{}", self.base_url, chassis::client::segment(&self.product.handle))
    }

    fn image_url(&self, url: &str) -> String {
        format!("{}{url}", self.base_url)
    }
}

/// Returns the amount as schema.org wants it: a bare number, without the currency that money is displayed with.
fn amount(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}
