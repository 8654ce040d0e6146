//! The small parts of the storefront's pages, from `storefront/src/components`.

use super::view::View;
use contracts::catalogue::Image;
use maud::{Markup, PreEscaped, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The comment between two texts side by side. React finds them as two by it when it takes over the elements.
pub const BETWEEN: PreEscaped<&str> = PreEscaped("<!-- -->");

/// The characters that `encodeURIComponent` of browsers escapes.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Encodes a value for a path or a query as `encodeURIComponent` does.
pub fn encoded(value: &str) -> String {
    utf8_percent_encode(value, COMPONENT).to_string()
}

pub fn icon(view: &View<'_>, name: &str, size: u8) -> Markup {
    PreEscaped(view.rendering.icon(name, size))
}

/// A square frame with an image, or with an icon in its place. `size` is the name of how wide it is shown, and an image above the
/// fold is loaded at once.
pub fn product_image(view: &View<'_>, image: Option<&Image>, alt: &str, size: &str, eager: bool) -> Markup {
    html! {
        span class="ProductImage_frame" {
            @if let Some(image) = image {
                @let sources = smaller_sizes(view, &image.url);
                @let sizes = view.rendering.images.sizes.get(size).filter(|_| sources.is_some());
                img src=(image.url) srcSet=[sources] sizes=[sizes] alt=(alt) width="800" height="800" loading=(if eager { "eager" } else { "lazy" })
                    fetchPriority=(if eager { "high" } else { "auto" }) decoding="async";
            } @else {
                (icon(view, "image", 36))
            }
        }
    }
}

/// Returns the smaller sizes of an image; `None` for one that has none: vector graphics, animations and other servers' images.
fn smaller_sizes(view: &View<'_>, url: &str) -> Option<String> {
    let (digest, extension) = url.strip_prefix("/media/")?.split_once('.')?;
    let is_digest = !digest.is_empty() && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_digest || !["jpg", "png", "webp"].contains(&extension) {
        return None;
    }
    let sources = view.rendering.images.widths.iter().map(|width| format!("{url}?width={width} {width}w"));
    Some(sources.collect::<Vec<_>>().join(", "))
}

pub fn skeleton(style: &str) -> Markup {
    html! { span aria-hidden="true" class="States_skeleton" style=(style) {} }
}

pub fn loading(label: &str, content: &Markup) -> Markup {
    html! {
        div aria-busy="true" {
            span class="visually-hidden" role="status" { (label) }
            (content)
        }
    }
}

pub fn empty(title: &str, content: &Markup) -> Markup {
    html! {
        div class="States_state" {
            p class="States_title" { (title) }
            (content)
        }
    }
}

/// The page for a page, product or category that does not exist.
pub fn not_found(view: &View<'_>, what: &str) -> Markup {
    let shell = &view.texts().shell;
    let title = shell.not_found.get(what).map(String::as_str).unwrap_or_default();
    let content = html! {
        h1 class="visually-hidden" { (title) }
        p { (shell.not_found_text) }
        a class="Button_button Button_primary" href="/products" { (shell.browse_products) }
    };
    html! { div class="page" { (empty(title, &content)) } }
}
