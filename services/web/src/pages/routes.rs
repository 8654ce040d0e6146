//! The pages of the storefront, generated from `storefront/src/routes.json` by the build script.

use contracts::Language;

/// A row of the route table.
#[derive(Debug, PartialEq, Eq)]
pub struct PageRoute {
    /// The path as the storefront writes it: a segment such as `:handle` matches any single segment.
    pub path: &'static str,
    /// The titles of the page in English, German and French, without the shop's name; empty for the home page.
    titles: [&'static str; 3],
}

impl PageRoute {
    /// Returns the title of the page in a language.
    pub const fn title(&self, language: Language) -> &'static str {
        let [en, de, fr] = self.titles;
        match language {
            Language::En => en,
            Language::De => de,
            Language::Fr => fr,
        }
    }

    /// Returns true for pages that search engines list. Search results are lists of the same products again, and the others are
    /// about the visitor.
    pub fn is_listed(&self) -> bool {
        ["/", "/products", "/products/:handle", "/categories/:handle", "/pages/:handle"].contains(&self.path)
    }
}

include!(concat!(env!("OUT_DIR"), "/page_routes.rs"));

/// A path with the route that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteMatch<'a> {
    pub route: &'static PageRoute,
    /// The value of the route's parameter, still percent-encoded; empty for a route without one.
    pub parameter: &'a str,
}

impl RouteMatch<'_> {
    /// Returns the value of the route's parameter.
    pub fn decoded(&self) -> std::borrow::Cow<'_, str> {
        percent_encoding::percent_decode_str(self.parameter).decode_utf8_lossy()
    }
}

/// Finds the route of a path. A literal segment is preferred to a parameter, which the storefront reaches by the order of its
/// table.
pub fn find(path: &str) -> Option<RouteMatch<'_>> {
    ROUTES.iter().filter_map(|route| matched(route, path)).min_by_key(|found| !found.parameter.is_empty())
}

fn matched<'a>(route: &'static PageRoute, path: &'a str) -> Option<RouteMatch<'a>> {
    let mut expected = route.path.trim_matches('/').split('/');
    let mut segments = path.trim_matches('/').split('/');
    let mut parameter = "";
    loop {
        match (expected.next(), segments.next()) {
            (None, None) => return Some(RouteMatch { route, parameter }),
            (Some(name), Some(segment)) if name.starts_with(':') && !segment.is_empty() => parameter = segment,
            (Some(literal), Some(segment)) if literal == segment => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(path: &str) -> Option<(&'static str, &str)> {
        find(path).map(|found| (found.route.path, found.parameter))
    }

    #[test]
    fn a_parameter_matches_one_segment() {
        assert_eq!(path_of("/products/mug"), Some(("/products/:handle", "mug")));
        assert_eq!(path_of("/products/mug/"), Some(("/products/:handle", "mug")));
        assert_eq!(path_of("/products/"), Some(("/products", "")));
        assert_eq!(path_of("/products/mug/reviews"), None);
    }

    #[test]
    fn a_literal_path_matches_as_a_whole() {
        assert_eq!(path_of("/"), Some(("/", "")));
        assert_eq!(path_of("/checkout/return"), Some(("/checkout/return", "")));
        assert_eq!(path_of("/cart/x"), None);
        assert_eq!(path_of("/nowhere"), None);
    }
}
