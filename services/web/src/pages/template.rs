//! Fills in the storefront's HTML template.

use super::head::Head;
use serde_json::{Value, json};
use std::fmt::Write;

/// Fills in the language, the head and the first data of the page at `path`.
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
    if let Some(version) = head.theme {
        let _ = write!(tags, "<link rel=\"stylesheet\" href=\"/theme.css?v={version}\">");
    }
    if let Some(structured) = &head.structured {
        let _ = write!(tags, "<script type=\"application/ld+json\">{}</script>", script_safe(structured));
    }
    let queries: serde_json::Map<String, Value> = head.data.iter().cloned().collect();
    let data = json!({ "path": path, "queries": queries });
    let data = format!("<script type=\"application/json\" id=\"shop-data\">{}</script>", script_safe(&data));
    let html = format!("<html lang=\"{}\"", head.language.as_str());
    template.replacen("<html lang=\"en\"", &html, 1).replacen("<!--head-->", &tags, 1).replacen("<!--data-->", &data, 1)
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
        let page = fill("<!--head--><!--data-->", &head, "/products/x", "http://shop");
        assert!(!page.contains("<script>alert"));
        assert!(!page.contains("</title><script"));
    }
}
