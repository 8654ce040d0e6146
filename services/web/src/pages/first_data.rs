//! The responses that a page requests first, embedded in its HTML to save it the requests.

use super::routes::RouteMatch;
use contracts::Language;
use contracts::catalogue::CatalogueClient;
use serde_json::Value;
use url::form_urlencoded::{Serializer, parse};

/// The number of products in a list, `PAGE_SIZE` of `storefront/src/api/catalogue.ts`.
pub const PAGE_SIZE: &str = "24";
/// The parameters of a list that the storefront passes on, from `storefront/src/catalogue/filters.ts`.
const FILTERS: [&str; 7] = ["q", "category", "vendor", "tag", "min_price", "max_price", "in_stock"];

/// Reads the categories of the menu and the first products of a list, by API path. A response that is not available is left
/// out, and then requested by the page.
pub async fn read(
    route: Option<RouteMatch<'_>>,
    query: &str,
    language: Language,
    catalogue: &CatalogueClient,
) -> Vec<(String, Value)> {
    let list = route.and_then(|route| list_path(route, query, language));
    let paths = [categories_path(language)].into_iter().chain(list);
    let read = paths.map(|path| async move {
        let body: Value = catalogue.0.get(&path).await.ok()?;
        Some((path, body))
    });
    futures::future::join_all(read).await.into_iter().flatten().collect()
}

/// Returns the API path of the categories.
pub fn categories_path(language: Language) -> String {
    format!("/api/v1/categories?language={}", language.as_str())
}

/// Returns the API path of the product with an encoded handle.
pub fn product_path(handle: &str, language: Language) -> String {
    format!("/api/v1/products/{handle}?language={}", language.as_str())
}

/// Returns the API path of the list of products that a page shows.
pub fn list_path(RouteMatch { route, parameter }: RouteMatch<'_>, query: &str, language: Language) -> Option<String> {
    let mut filters = Serializer::new(String::new());
    let mut sort = None;
    let mut is_search = false;
    match route.path {
        "/" => {}
        "/products" | "/search" | "/categories/:handle" => {
            for (name, value) in parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
                is_search |= name == "q";
                if name == "sort" {
                    sort = Some(value.into_owned());
                } else if FILTERS.contains(&&*name) {
                    filters.append_pair(&name, &value);
                }
            }
        }
        _ => return None,
    }
    if !parameter.is_empty() {
        let handle = percent_encoding::percent_decode_str(parameter).decode_utf8_lossy();
        filters.append_pair("category", &handle);
    }
    let sort = sort.as_deref().unwrap_or(if is_search { "relevance" } else { "newest" });
    filters.append_pair("language", language.as_str()).append_pair("limit", PAGE_SIZE).append_pair("sort", sort);
    Some(format!("/api/v1/products?{}", filters.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::routes;

    fn path_of(path: &str, query: &str) -> Option<String> {
        list_path(routes::find(path).unwrap(), query, Language::De)
    }

    #[test]
    fn lists_are_requested_as_the_storefront_does() {
        for (path, query, expected) in [
            ("/", "utm_source=mail", Some("language=de&limit=24&sort=newest")),
            ("/products", "tag=a+b&tag=c&page=2&vendor=", Some("tag=a+b&tag=c&language=de&limit=24&sort=newest")),
            ("/search", "q=mug", Some("q=mug&language=de&limit=24&sort=relevance")),
            ("/search", "q=mug&sort=-price", Some("q=mug&language=de&limit=24&sort=-price")),
            ("/categories/k%C3%BCche", "", Some("category=k%C3%BCche&language=de&limit=24&sort=newest")),
            ("/cart", "", None),
        ] {
            let expected = expected.map(|query| format!("/api/v1/products?{query}"));
            assert_eq!(path_of(path, query), expected, "{path}?{query}");
        }
    }
}
