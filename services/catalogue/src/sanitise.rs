//! Sanitises product descriptions, which are untrusted HTML from merchants and their tools.

use ammonia::Builder;
use std::collections::HashSet;

/// Removes everything but headings, paragraphs, lists, tables, emphasis and links.
pub fn description(html: &str) -> String {
    Builder::default()
        .tags(HashSet::from([
            "p",
            "br",
            "ul",
            "ol",
            "li",
            "strong",
            "b",
            "em",
            "i",
            "u",
            "h2",
            "h3",
            "h4",
            "h5",
            "blockquote",
            "a",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "dl",
            "dt",
            "dd",
            "hr",
            "sub",
            "sup",
            "span",
            "div",
            "code",
            "pre",
        ]))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("noopener nofollow"))
        .clean(html)
        .to_string()
}

/// Extracts the words of a description for the search index.
pub fn text(html: &str) -> String {
    // Without the space, the words of adjacent blocks would run together.
    let spaced = html.replace('<', " <");
    let bare = Builder::empty().clean(&spaced).to_string();
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_handlers_and_styles_are_removed_and_text_stays() {
        let html =
            r#"<p onclick="x()" style="color:red">Soft <b>wool</b><script>alert(1)</script></p><img src=x onerror=y>"#;
        assert_eq!(description(html), "<p>Soft <b>wool</b></p>");
        assert_eq!(description(r#"<a href="javascript:x()">a</a>"#), r#"<a rel="noopener nofollow">a</a>"#);
    }

    #[test]
    fn words_of_neighbouring_blocks_do_not_run_together() {
        assert_eq!(text("<p>One</p><p>Two</p>"), "One Two");
    }
}
