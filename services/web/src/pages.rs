//! The HTML of every page: the storefront's template with title, description, Open Graph, JSON-LD and first data filled
//! in, so that search engines and link previews see what people see.

use contracts::catalogue::{Availability, CatalogueClient, ProductView, Shop};
use serde_json::{Value, json};
use std::fmt::Write;

/// What a page says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// A picture of it.
    pub image: Option<String>,
    /// Structured data (schema.org), for search engines.
    pub structured: Option<Value>,
    /// Answers the page will ask for, by path.
    pub data: Vec<(String, Value)>,
    /// Whether there is such a page.
    pub found: bool,
}

const DESCRIPTION_LENGTH: usize = 160;

/// What the page at `path` says of itself.
pub async fn head(path: &str, catalogue: &CatalogueClient, base_url: &str) -> Head {
    let shop = catalogue.shop().await.ok();
    let name = shop.as_ref().map_or("Shop", |shop| shop.name.as_str());
    let mut segments = path.trim_matches('/').split('/');
    let mut head = match (segments.next(), segments.next(), segments.next()) {
        (Some("products"), Some(handle), None) if !handle.is_empty() => {
            product(handle, catalogue, name, base_url).await
        }
        (Some("categories"), Some(handle), None) => titled(&format!("{} - {name}", capital(handle)), true),
        (Some(page @ ("products" | "search" | "cart" | "checkout" | "account" | "login" | "register")), _, _) => {
            titled(&format!("{} - {name}", capital(page)), true)
        }
        (Some("orders"), Some(_), None) => titled(&format!("Your order - {name}"), true),
        (Some(""), None, None) => titled(name, true),
        _ => titled(&format!("Not found - {name}"), false),
    };
    if head.description.is_empty() {
        head.description = format!("{name}: browse, order, and follow your parcel.");
    }
    head.data.extend(shop.and_then(|shop: Shop| Some(("/api/v1/shop".to_owned(), serde_json::to_value(shop).ok()?))));
    head
}

fn titled(title: &str, found: bool) -> Head {
    Head { title: title.to_owned(), found, ..Head::default() }
}

fn capital(handle: &str) -> String {
    let words = handle.replace(['-', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

async fn product(handle: &str, catalogue: &CatalogueClient, shop: &str, base_url: &str) -> Head {
    let plain = percent_encoding::percent_decode_str(handle).decode_utf8_lossy().into_owned();
    let Ok(product) = catalogue.product(&plain).await else {
        return titled(&format!("Not found - {shop}"), false);
    };
    let image = product.images.first().map(|image| format!("{base_url}{}", image.url));
    let description = shortened(&bare(&product.description_html));
    Head {
        title: format!("{} - {shop}", product.title),
        structured: Some(structured(&product, &description, image.as_deref(), base_url)),
        data: vec![(format!("/api/v1/products/{handle}"), serde_json::to_value(&product).unwrap_or_default())],
        description,
        image,
        found: true,
    }
}

/// The product in the words of <https://schema.org/Product>.
fn structured(product: &ProductView, description: &str, image: Option<&str>, base_url: &str) -> Value {
    let offers: Vec<Value> = product
        .variants
        .iter()
        .map(|variant| {
            let availability = match variant.availability {
                Availability::InStock => "InStock",
                Availability::Low => "LimitedAvailability",
                Availability::OutOfStock => "OutOfStock",
                Availability::Backorder => "BackOrder",
            };
            let price = variant.price.to_string();
            json!({
                "@type": "Offer",
                "sku": variant.sku,
                "price": price.split(' ').next().unwrap_or_default(),
                "priceCurrency": variant.price.currency,
                "availability": format!("https://schema.org/{availability}"),
                "url": format!("{base_url}/products/{}", product.handle),
            })
        })
        .collect();
    json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.title,
        "description": description,
        "image": image,
        "brand": { "@type": "Brand", "name": product.vendor },
        "offers": offers,
    })
}

/// The text of sanitised HTML.
fn bare(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut within = false;
    for letter in html.chars() {
        match letter {
            '<' => within = true,
            '>' => {
                within = false;
                text.push(' ');
            }
            letter if !within => text.push(letter),
            _ => {}
        }
    }
    let text = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_LENGTH {
        return text.to_owned();
    }
    let cut: String = text.chars().take(DESCRIPTION_LENGTH - 1).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole}…")
}

/// The template with the head and the first data filled in.
pub fn fill(template: &str, head: &Head, path: &str, base_url: &str) -> String {
    let mut tags = format!(
        "<title>{title}</title><meta name=\"description\" content=\"{description}\">\
         <meta property=\"og:title\" content=\"{title}\"><meta property=\"og:description\" content=\"{description}\">\
         <meta property=\"og:url\" content=\"{url}\"><meta property=\"og:type\" content=\"{kind}\">",
        title = escape(&head.title),
        description = escape(&head.description),
        url = escape(&format!("{base_url}{path}")),
        kind = if head.structured.is_some() { "product" } else { "website" },
    );
    if let Some(image) = &head.image {
        let _ = write!(tags, "<meta property=\"og:image\" content=\"{}\">", escape(image));
    }
    if let Some(structured) = &head.structured {
        let _ = write!(tags, "<script type=\"application/ld+json\">{}</script>", script_safe(structured));
    }
    let queries: serde_json::Map<String, Value> = head.data.iter().cloned().collect();
    let data = json!({ "path": path, "queries": queries });
    let data = format!("<script type=\"application/json\" id=\"shop-data\">{}</script>", script_safe(&data));
    template.replacen("<!--head-->", &tags, 1).replacen("<!--data-->", &data, 1)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON that cannot end the script element it stands in.
fn script_safe(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_merchant_writes_can_break_out_of_the_page() {
        let head = Head {
            title: "</title><script>alert(1)</script>".into(),
            structured: Some(json!({ "name": "</script><script>alert(1)</script>" })),
            found: true,
            ..Head::default()
        };
        let page = fill("<!--head--><!--data-->", &head, "/products/x", "http://shop");
        assert!(!page.contains("<script>alert"));
        assert!(!page.contains("</title><script"));
    }

    #[test]
    fn a_long_description_is_cut_between_words() {
        let text = shortened(&"word ".repeat(100));
        assert!(text.chars().count() <= DESCRIPTION_LENGTH);
        assert!(text.ends_with("word…"));
    }
}
