//! Sanitises product descriptions, which are untrusted HTML from merchants and their tools.

use ammonia::Builder;
use std::collections::HashSet;

/// The elements that a description may have.
const ALLOWED: &[&str] = &[
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
];

/// Removes everything but headings, paragraphs, lists, tables, emphasis and links.
pub fn description(html: &str) -> String {
    // Trimmed, since a removed element may leave white space at the end, which an import of an export would trim.
    sanitise(&spaced(html, &|name| ALLOWED.contains(&name))).trim().to_owned()
}

fn sanitise(html: &str) -> String {
    Builder::default()
        .tags(HashSet::from_iter(ALLOWED.iter().copied()))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .link_rel(Some("noopener nofollow"))
        .clean(html)
        .to_string()
}

/// Elements within a word or sentence. All others separate words.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "cite", "code", "del", "em", "font", "i", "img", "ins", "mark", "q", "s", "script", "small",
    "span", "strong", "style", "sub", "sup", "u",
];

/// Adds a space before each tag that separates words, unless `is_allowed` returns true for its name.
///
/// Without the space, the words of adjacent blocks would run together once their tags are removed.
fn spaced(html: &str, is_allowed: &dyn Fn(&str) -> bool) -> String {
    let mut spaced = String::with_capacity(html.len() + html.len() / 8);
    for (index, part) in html.split('<').enumerate() {
        let tag = part.strip_prefix('/').unwrap_or(part);
        let name = tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_ascii_lowercase();
        if index > 0 {
            let separates = !name.is_empty() && !INLINE.contains(&name.as_str()) && !is_allowed(&name);
            spaced.push_str(if separates { " <" } else { "<" });
        }
        spaced.push_str(part);
    }
    spaced
}

/// Extracts the words of a description for the search index.
pub fn text(html: &str) -> String {
    let spaced = spaced(html, &|_| false);
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
    fn words_of_removed_blocks_do_not_run_together() {
        assert_eq!(description("<h1>Name</h1>Text"), "Name Text");
        assert_eq!(description("<article>One</article><summary>Two</summary>").split_whitespace().count(), 2);
        assert_eq!(description("<p>Hand<b>woven</b> <u>x</u></p>"), "<p>Hand<b>woven</b> <u>x</u></p>");
    }

    #[test]
    fn a_sanitised_description_stays_the_same() {
        for html in ["<p>x</p>\n<script>1</script>", " <h1>A</h1> <p>b</p> ", "a < b", "<!-- c --> d"] {
            assert_eq!(description(&description(html)), description(html), "{html}");
        }
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
