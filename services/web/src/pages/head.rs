//! The head of a page: title, description, Open Graph and JSON-LD data for search engines and link previews, and the first
//! data, which saves the page a request.

use super::routes::RouteMatch;
use contracts::catalogue::{Availability, CatalogueClient, ProductView, Shop};
use serde_json::{Value, json};

/// The content of a page's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    pub title: String,
    pub description: String,
    /// The absolute URL of an image for link previews.
    pub image: Option<String>,
    /// Structured data of <https://schema.org>.
    pub structured: Option<Value>,
    /// Responses that the page is going to request, by API path.
    pub data: Vec<(String, Value)>,
    /// False for a page that is answered with 404.
    pub found: bool,
}

/// The length of a description, in characters; search engines cut longer ones.
const MAX_DESCRIPTION: usize = 160;
const NOT_FOUND: &str = "Page not found";

/// Builds the head of the page at a matched route, or of the not-found page.
pub async fn build(route: Option<RouteMatch<'_>>, catalogue: &CatalogueClient, base_url: &str) -> Head {
    // A page without the shop's name is better than none while catalogue is unavailable.
    let shop = catalogue.shop().await.ok();
    let name = shop.as_ref().map_or("Shop", |shop| shop.name.as_str());
    let mut head = match route {
        None => titled(NOT_FOUND, name, false),
        Some(RouteMatch { route, parameter }) => match route.path {
            "/products/:handle" => product(parameter, catalogue, name, base_url).await,
            "/categories/:handle" => titled(&capitalised(parameter), name, true),
            _ => titled(route.title, name, true),
        },
    };
    if head.description.is_empty() {
        head.description = format!("{name}: shop online and track your orders.");
    }
    head.data.extend(shop.and_then(|shop: Shop| Some(("/api/v1/shop".to_owned(), serde_json::to_value(shop).ok()?))));
    head
}

fn titled(title: &str, shop: &str, found: bool) -> Head {
    let title = if title.is_empty() { shop.to_owned() } else { format!("{title} - {shop}") };
    Head { title, found, ..Head::default() }
}

/// Makes a title of a handle, such as "Garden tools" of `garden-tools`.
fn capitalised(handle: &str) -> String {
    let words = handle.replace(['-', '_'], " ");
    let mut characters = words.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

async fn product(handle: &str, catalogue: &CatalogueClient, shop: &str, base_url: &str) -> Head {
    // The client encodes the handle again, so it must be decoded first.
    let decoded = percent_encoding::percent_decode_str(handle).decode_utf8_lossy().into_owned();
    let Ok(product) = catalogue.product(&decoded).await else {
        return titled(NOT_FOUND, shop, false);
    };
    let image = product.images.first().map(|image| format!("{base_url}{}", image.url));
    let description = shortened(&plain_text(&product.description_html));
    Head {
        title: format!("{} - {shop}", product.title),
        structured: Some(structured(&product, &description, image.as_deref(), base_url)),
        // The storefront looks its data up by the encoded path.
        data: vec![(format!("/api/v1/products/{handle}"), serde_json::to_value(&product).unwrap_or_default())],
        description,
        image,
        found: true,
    }
}

/// Describes the product as <https://schema.org/Product>.
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
            // Money is displayed as "12.50 USD", and schema.org wants the bare number.
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

/// Strips the tags of HTML that catalogue has sanitised, so no parser is needed.
pub fn plain_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut in_tag = false;
    for character in html.chars() {
        match character {
            '<' => in_tag = true,
            '>' => {
                in_tag = false;
                text.push(' ');
            }
            character if !in_tag => text.push(character),
            _ => {}
        }
    }
    // `&amp;` is replaced last, or "&amp;lt;" would turn into a tag.
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MAX_DESCRIPTION - 1).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_description_is_cut_between_words() {
        let text = shortened(&"word ".repeat(100));
        assert!(text.chars().count() <= MAX_DESCRIPTION);
        assert!(text.ends_with("word…"));
    }

    #[test]
    fn html_becomes_plain_text() {
        assert_eq!(
            plain_text("<p>Salt &amp; pepper,<br>5&nbsp;&lt; 6</p> &amp;lt;b&gt;"),
            "Salt & pepper, 5 < 6 &lt;b>"
        );
    }
}
