//! Fills in the storefront's HTML template.

use super::body::{self, PageRequest};
use super::first_data;
use super::head::Head;
use super::rendering::Rendering;
use contracts::Language;
use serde_json::{Value, json};
use std::fmt::Write;

/// A page to fill the template with.
pub struct Page<'p> {
    pub head: &'p Head,
    pub request: PageRequest<'p>,
    /// Without it, the page is rendered by its script only.
    pub rendering: Option<&'p Rendering>,
    /// The public URL of the shop, without a trailing slash.
    pub base_url: &'p str,
}

/// Fills in the language, the theme, the head, the first data and the first view of a page.
pub fn fill(template: &str, page: &Page<'_>) -> String {
    let Page { head, request, rendering, base_url } = *page;
    let url = format!("{base_url}/{}", request.path.trim_matches('/'));
    let mut tags = format!(
        "<title>{title}</title><meta name=\"description\" content=\"{description}\">\
         <meta property=\"og:title\" content=\"{title}\"><meta property=\"og:description\" content=\"{description}\">\
         <meta property=\"og:url\" content=\"{url}\"><meta property=\"og:type\" content=\"{kind}\">",
        title = escape(&head.title),
        description = escape(&head.description),
        url = escape(&url),
        kind = if head.structured.is_some() { "product" } else { "website" },
    );
    if head.found && request.route.is_some_and(|route| route.route.is_listed()) {
        // Filters, sort orders and variants are in the query: they are the same page.
        let _ = write!(tags, "<link rel=\"canonical\" href=\"{}\">", escape(&url));
    } else {
        tags.push_str("<meta name=\"robots\" content=\"noindex\">");
    }
    if let Some(image) = &head.image {
        let _ = write!(tags, "<meta property=\"og:image\" content=\"{}\">", escape(image));
    }
    if let Some(version) = head.theme {
        let _ = write!(tags, "<link rel=\"stylesheet\" href=\"/theme.css?v={version}\">");
    }
    if let Some(structured) = &head.structured {
        let _ = write!(tags, "<script type=\"application/ld+json\">{}</script>", script_safe(structured));
    }
    let queries: serde_json::Map<String, Value> = head.data.iter().cloned().collect();
    let data = json!({ "queries": queries, "missing": missing(head, request) });
    let data = format!("<script type=\"application/json\" id=\"shop-data\">{}</script>", script_safe(&data));
    let mut html = format!("<html lang=\"{}\"", head.language.as_str());
    if request.theme != body::THEMES[0] {
        let _ = write!(html, " data-theme=\"{}\"", request.theme);
    }
    let filled = template.replacen("<html lang=\"en\"", &html, 1);
    let filled = filled.replacen("<!--head-->", &tags, 1).replacen("<!--data-->", &data, 1);
    match rendering {
        Some(rendering) => with_first_view(&filled, rendering, request, head),
        None => filled,
    }
}

/// The element that the storefront renders pages into.
const ROOT: &str = "<div id=\"root\"></div>";

/// Adds the first view, the style sheets that it needs, and its scripts, which the browser can then load at once.
fn with_first_view(filled: &str, rendering: &Rendering, request: PageRequest<'_>, head: &Head) -> String {
    let links = links(rendering, request.route.map(|route| route.route.path), head.language);
    let view = body::render(rendering, request, head);
    // The styles of a page stand behind those of all pages, as when its script loads them.
    let filled = filled.replacen("</head>", &format!("{links}</head>"), 1);
    // The view is last: what a merchant wrote is not searched for markers.
    filled.replacen(ROOT, &format!("<div id=\"root\">{view}</div>"), 1)
}

fn links(rendering: &Rendering, route: Option<&str>, language: Language) -> String {
    let mut links = String::new();
    // Early fonts replace those of the system before these are painted, or soon after.
    for font in &rendering.fonts {
        let _ = write!(links, "<link rel=\"preload\" as=\"font\" type=\"font/woff2\" crossorigin href=\"/{font}\">");
    }
    for style in rendering.styles(route) {
        let _ = write!(links, "<link rel=\"stylesheet\" crossorigin href=\"/{style}\">");
    }
    for script in rendering.scripts(route, language) {
        let _ = write!(links, "<link rel=\"modulepreload\" crossorigin href=\"/{script}\">");
    }
    links
}

/// Lists the API paths that the page would request in vain.
fn missing(head: &Head, request: PageRequest<'_>) -> Vec<String> {
    let of_route = request.route.filter(|_| !head.found).and_then(|route| match route.route.path {
        "/products/:handle" => Some(first_data::product_path(route.parameter, head.language)),
        "/pages/:handle" => Some(format!("/api/v1/pages/{}", route.parameter)),
        _ => None,
    });
    of_route.into_iter().collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Serialises JSON for a script element. Escaping `<` keeps merchant text from closing the element.
fn script_safe(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_merchants_cannot_inject_markup() {
        let head = Head {
            title: "</title><script>alert(1)</script>".into(),
            structured: Some(json!({ "name": "</script><script>alert(1)</script>" })),
            found: true,
            ..Head::default()
        };
        let request = PageRequest { route: None, path: "/products/x", query: "", theme: "system" };
        let page = Page { head: &head, request, rendering: None, base_url: "http://shop" };
        let page = fill("<!--head--><!--data-->", &page);
        assert!(!page.contains("<script>alert"));
        assert!(!page.contains("</title><script"));
    }
}
