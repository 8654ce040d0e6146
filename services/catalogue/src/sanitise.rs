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

/// Elements within a word or sentence. All others separate words.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "cite", "code", "del", "em", "font", "i", "ins", "mark", "q", "s", "small", "span", "strong",
    "sub", "sup", "u",
];

/// Extracts the words of a description for the search index.
pub fn text(html: &str) -> String {
    let mut spaced = String::with_capacity(html.len() + html.len() / 8);
    for (index, part) in html.split('<').enumerate() {
        let tag = part.strip_prefix('/').unwrap_or(part);
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        if index > 0 {
            // Without the space, the words of adjacent blocks would run together.
            let is_inline = INLINE.iter().any(|inline| name.eq_ignore_ascii_case(inline));
            spaced.push_str(if is_inline { "<" } else { " <" });
        }
        spaced.push_str(part);
    }
    let bare = Builder::empty().clean(&spaced).to_string();
    // The characters that are escaped in text: HTML standard, "escaping a string". All other entities are characters by now.
    let bare = bare.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
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
        assert_eq!(text("One<br>Two<LI>Three"), "One Two Three");
    }

    #[test]
    fn a_word_with_emphasis_stays_one_word() {
        assert_eq!(text("Hand<b>woven</b> in H<SUB>2</SUB>O"), "Handwoven in H2O");
    }

    #[test]
    fn entities_are_the_characters_that_they_mean() {
        assert_eq!(text("salt&nbsp;&amp; pepper &euro; &lt;b&gt;"), "salt & pepper € <b>");
    }
}
