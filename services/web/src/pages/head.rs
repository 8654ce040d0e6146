//! The head of a page: title, description, Open Graph and JSON-LD data for search engines and link previews, and the first
//! data, which saves the page a request.

use super::first_data;
use super::routes::RouteMatch;
use super::structured::ProductPage;
use chassis::client::{CallError, ServiceClient};
use contracts::Language;
use contracts::catalogue::{CatalogueClient, Categories, ProductView, Shop};
use contracts::ratings::{Rating, Ratings};
use serde_json::Value;

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
    /// The language of the page.
    pub language: Language,
    /// The version of the shop's own colours; `None` for the default ones.
    pub theme: Option<i64>,
}

/// The services that the content of pages comes from.
pub struct Sources<'s> {
    pub catalogue: &'s CatalogueClient,
    pub ratings: &'s ServiceClient,
    /// The public URL of the shop, without a trailing slash.
    pub base_url: &'s str,
}

/// The length of a description, in characters; search engines cut longer ones.
const MAX_DESCRIPTION: usize = 160;

/// Builds the head of the page at a matched route with its query, or of the not-found page. Without a language that the
/// visitor prefers, it is in that of the shop.
pub async fn build(
    route: Option<RouteMatch<'_>>,
    query: &str,
    sources: &Sources<'_>,
    preferred: Option<Language>,
) -> Head {
    let catalogue = sources.catalogue;
    // A page without the shop's name is better than none while catalogue is unavailable.
    let shop = catalogue.shop().await.ok();
    let name = shop.as_ref().map_or("Shop", |shop| shop.name.as_str());
    let of_shop = shop.as_ref().and_then(|shop| Language::of_locale(&shop.locale)).unwrap_or_default();
    let language = preferred.unwrap_or(of_shop);
    let (storefront, mut data) = futures::join!(
        async { catalogue.storefront().await.ok() },
        first_data::read(route, query, language, catalogue),
    );
    let mut head = match route {
        None => titled(not_found(language), name, false),
        Some(RouteMatch { route, parameter }) => match route.path {
            "/products/:handle" => product(parameter, sources, name, language).await,
            "/pages/:handle" => content(parameter, catalogue, name, (language, of_shop)).await,
            "/categories/:handle" => {
                match category_of_page(parameter, language, &data) {
                    Some(Some(title)) => titled(&title, name, true),
                    Some(None) => titled(not_found(language), name, false),
                    // The categories are not available, so it may be one of them.
                    None => titled(&capitalised(parameter), name, true),
                }
            }
            _ => titled(route.title(language), name, true),
        },
    };
    if head.description.is_empty() {
        head.description = match language {
            Language::En => format!("{name}: shop online and track your orders."),
            Language::De => format!("{name}: online einkaufen und Bestellungen verfolgen."),
            Language::Fr => format!("{name}\u{a0}: achetez en ligne et suivez vos commandes."),
        };
    }
    head.language = language;
    head.theme = storefront.as_ref().and_then(|storefront| storefront.accent.and(Some(storefront.version)));
    head.data.extend(shop.and_then(|shop: Shop| Some(("/api/v1/shop".to_owned(), serde_json::to_value(shop).ok()?))));
    head.data.extend(
        storefront.and_then(|settings| Some(("/api/v1/storefront".to_owned(), serde_json::to_value(settings).ok()?))),
    );
    head.data.append(&mut data);
    head
}

/// Builds the head of a page that the merchant has written, in the language of the visitor or else of the shop.
async fn content(
    handle: &str,
    catalogue: &CatalogueClient,
    shop: &str,
    (language, of_shop): (Language, Language),
) -> Head {
    let decoded = percent_encoding::percent_decode_str(handle).decode_utf8_lossy();
    let page = match catalogue.page(&decoded).await {
        Ok(page) => page,
        Err(error) => return without_data(&error, shop, language),
    };
    let Some(text) = language.select(&page.texts, of_shop) else {
        return titled(not_found(language), shop, false);
    };
    Head {
        description: shortened(&plain_text(&text.body_html)),
        data: vec![(format!("/api/v1/pages/{handle}"), serde_json::to_value(&page).unwrap_or_default())],
        ..titled(text.title.as_str(), shop, true)
    }
}

const fn not_found(language: Language) -> &'static str {
    match language {
        Language::En => "Page not found",
        Language::De => "Seite nicht gefunden",
        Language::Fr => "Page introuvable",
    }
}

/// The head of a page whose data could not be read. A page that exists may not be told to search engines as missing, so it
/// requests its data itself.
fn without_data(error: &CallError, shop: &str, language: Language) -> Head {
    match error {
        CallError::Refused(problem) if problem.status < 500 => titled(not_found(language), shop, false),
        _ => titled("", shop, true),
    }
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

async fn product(handle: &str, sources: &Sources<'_>, shop: &str, language: Language) -> Head {
    let Sources { catalogue, base_url, .. } = *sources;
    // The client encodes the handle again, so it must be decoded first.
    let decoded = percent_encoding::percent_decode_str(handle).decode_utf8_lossy().into_owned();
    let product = match catalogue.product(&decoded, Some(language)).await {
        Ok(product) => product,
        Err(error) => return without_data(&error, shop, language),
    };
    // Previews of links show no vector graphics.
    let image = product
        .images
        .iter()
        .find(|image| !image.url.ends_with(".svg"))
        .map(|image| format!("{base_url}{}", image.url));
    let text = plain_text(&product.description_html);
    let description =
        if product.seo_description.is_empty() { shortened(&text) } else { product.seo_description.clone() };
    // The page is complete without them, so a service that is unavailable takes away its own part alone.
    let (category_name, rating) =
        futures::join!(category_name(&product, language, catalogue), rating(&product, sources.ratings));
    let page = ProductPage {
        product: &product,
        description: &text,
        category_name: category_name.as_deref(),
        rating: rating.as_ref(),
        base_url,
    };
    Head {
        title: format!("{} - {shop}", product.seo_title.as_ref().unwrap_or(&product.title)),
        structured: Some(page.graph()),
        // The storefront looks its data up by the encoded path.
        data: vec![(first_data::product_path(handle, language), serde_json::to_value(&product).unwrap_or_default())],
        description,
        image,
        found: true,
        language,
        theme: None,
    }
}

/// Returns the name of the category at an encoded handle, if it exists; `None` when the page has no categories.
fn category_of_page(handle: &str, language: Language, data: &[(String, Value)]) -> Option<Option<String>> {
    let decoded = percent_encoding::percent_decode_str(handle).decode_utf8_lossy();
    let (_, categories) = data.iter().find(|(path, _)| *path == first_data::categories_path(language))?;
    let categories: Categories = serde_json::from_value(categories.clone()).ok()?;
    Some(categories.items.into_iter().find(|category| category.handle == decoded).map(|category| category.name))
}

async fn category_name(product: &ProductView, language: Language, catalogue: &CatalogueClient) -> Option<String> {
    let handle = product.category.as_ref()?;
    let categories = catalogue.categories(Some(language)).await.ok()?;
    categories.items.into_iter().find(|category| category.handle == *handle).map(|category| category.name)
}

async fn rating(product: &ProductView, ratings: &ServiceClient) -> Option<Rating> {
    let ratings: Ratings = ratings.get(&format!("/api/v1/ratings?product={}", product.id)).await.ok()?;
    ratings.items.into_iter().next()
}

/// The elements that are part of a sentence; all others separate words.
const INLINE: [&str; 14] =
    ["a", "b", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u", "del"];

/// Strips the tags of HTML that catalogue has sanitised, so no parser is needed.
pub fn plain_text(html: &str) -> String {
    let mut parts = html.split('<');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (tag, content) = part.split_once('>').unwrap_or((part, ""));
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if !INLINE.contains(&name.as_str()) {
            text.push(' ');
        }
        text.push_str(content);
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
        assert_eq!(plain_text("<ul><li>For <b>tea</b>.</li><li>Blue</li></ul>"), "For tea. Blue");
    }
}
