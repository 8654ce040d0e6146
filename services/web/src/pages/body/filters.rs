//! The filters of a list in the query of its URL, as `storefront/src/catalogue/filters.ts` reads them.

use super::view::View;
use contracts::catalogue::Facets;
use contracts::{Currency, Language, Money};
use url::form_urlencoded::{Serializer, parse};

/// The sort orders, in the order of the list to choose from.
pub const SORTS: [&str; 6] = ["relevance", "newest", "price", "-price", "title", "-title"];

/// The API's limit, in characters.
const MAX_QUERY_LENGTH: usize = 200;

/// The filters of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    pub query: String,
    pub category: Option<String>,
    pub vendors: Vec<String>,
    pub tags: Vec<String>,
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub in_stock: bool,
    /// The page is that of a category, so the category is not a choice.
    pub fixed_category: bool,
    sort: Option<&'static str>,
}

impl Filters {
    /// Parses the query of a URL. Invalid values, as in an old link, are ignored.
    pub fn parse(query: &str) -> Self {
        let pairs: Vec<(String, String)> =
            parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let first = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let all = |name: &str| {
            let mut values: Vec<String> = pairs
                .iter()
                .filter(|(key, value)| key == name && !value.is_empty())
                .map(|(_, value)| value.clone())
                .collect();
            // The order of UTF-16 code units, in which the storefront sorts.
            values.sort_by(|one, other| one.encode_utf16().cmp(other.encode_utf16()));
            values.dedup();
            values
        };
        let minor_units = |name: &str| {
            let text = first(name)?;
            let is_valid = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_valid)
        };
        let (min_price, max_price): (Option<i64>, Option<i64>) = (minor_units("min_price"), minor_units("max_price"));
        Self {
            query: first("q").unwrap_or_default().trim().chars().take(MAX_QUERY_LENGTH).collect(),
            category: first("category").filter(|handle| !handle.is_empty()).map(ToOwned::to_owned),
            vendors: all("vendor"),
            tags: all("tag"),
            min_price,
            max_price: max_price.filter(|max| min_price.is_none_or(|min| *max >= min)),
            in_stock: first("in_stock") == Some("true"),
            fixed_category: false,
            sort: first("sort").and_then(|name| SORTS.into_iter().find(|sort| *sort == name)),
        }
    }

    /// Returns the sort order: by default relevance for a search, newest elsewhere.
    pub fn sort(&self) -> &'static str {
        self.sort.unwrap_or(if self.query.is_empty() { "newest" } else { "relevance" })
    }

    /// Counts the active filters, without the category on a category's own page.
    pub fn active(&self) -> usize {
        usize::from(self.category.is_some() && !self.fixed_category)
            + self.vendors.len()
            + self.tags.len()
            + usize::from(self.min_price.is_some() || self.max_price.is_some())
            + usize::from(self.in_stock)
    }

    /// Returns the API path of the first products of the list, in canonical order.
    pub fn api_path(&self, limit: &str, language: Language) -> String {
        let language = language.as_str().to_owned();
        let mut pairs: Vec<(&str, String)> =
            vec![("language", language), ("limit", limit.to_owned()), ("sort", self.sort().to_owned())];
        pairs.extend(self.category.iter().map(|value| ("category", value.clone())));
        pairs.extend(self.vendors.iter().map(|value| ("vendor", value.clone())));
        pairs.extend(self.tags.iter().map(|value| ("tag", value.clone())));
        pairs.extend(self.min_price.map(|amount| ("min_price", amount.to_string())));
        pairs.extend(self.max_price.map(|amount| ("max_price", amount.to_string())));
        if self.in_stock {
            pairs.push(("in_stock", "true".to_owned()));
        }
        if !self.query.is_empty() {
            pairs.push(("q", self.query.clone()));
        }
        canonical("/api/v1/products", pairs)
    }

    /// Returns an amount in the currency of the list.
    pub fn money(&self, view: &View<'_>, facets: Option<&Facets>, amount: i64) -> Option<Money> {
        Some(currency(view, facets)?.minor(amount))
    }
}

/// Returns the currency of a list: that of its prices, else that of the shop.
pub fn currency(view: &View<'_>, facets: Option<&Facets>) -> Option<Currency> {
    let of_list = facets.and_then(|facets| facets.price.as_ref()).map(|price| price.min.currency);
    of_list.or_else(|| view.shop.as_ref().map(|shop| shop.currency)).or_else(|| "USD".parse().ok())
}

/// Returns an API path with its query in canonical order, by which the storefront finds embedded responses.
pub fn canonical_path(path_and_query: &str) -> String {
    match path_and_query.split_once('?') {
        Some((path, query)) => canonical(
            path,
            parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        ),
        None => path_and_query.to_owned(),
    }
}

fn canonical<N: AsRef<str> + Ord>(path: &str, mut pairs: Vec<(N, String)>) -> String {
    pairs.sort();
    format!("{path}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_values_are_ignored() {
        let filters =
            Filters::parse("q=+mug+&vendor=b&vendor=a&vendor=b&tag=&min_price=x&max_price=5&in_stock=1&sort=z");
        let expected = Filters {
            query: "mug".into(),
            vendors: vec!["a".into(), "b".into()],
            max_price: Some(5),
            ..Filters::default()
        };
        assert_eq!(filters, expected);
        assert_eq!(Filters::parse("min_price=9&max_price=5").max_price, None);
    }

    #[test]
    fn the_path_is_the_one_that_the_storefront_requests() {
        let filters = Filters::parse("tag=b&tag=a&in_stock=true&q=a+b");
        assert_eq!(
            filters.api_path("24", Language::Fr),
            "/api/v1/products?in_stock=true&language=fr&limit=24&q=a+b&sort=relevance&tag=a&tag=b"
        );
        assert_eq!(canonical_path("/x?b=1&a=2&a=1"), "/x?a=1&a=2&b=1");
    }
}
