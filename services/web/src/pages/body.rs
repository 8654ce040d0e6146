//! The first view of each page as HTML: what the storefront shows of it before its script has run. The storefront takes the
//! elements over, so they are the same as those of its React components, see `storefront/README.md`.

mod content;
mod elements;
mod filter_panel;
mod filters;
mod home;
mod listing;
mod menus;
mod numbers;
mod options;
mod product;
mod products;
mod shell;
mod view;

pub use shell::THEMES;
pub use view::PageRequest;

use super::head::Head;
use super::rendering::Rendering;
use view::View;

/// Renders the first view of a page. It is empty in a language that the storefront does not have.
pub fn render(rendering: &Rendering, request: PageRequest<'_>, head: &Head) -> String {
    let Some(view) = View::new(request, rendering, head.language, &head.data) else { return String::new() };
    let content = match request.route.map(|route| route.route.path) {
        None => elements::not_found(&view, "page"),
        Some("/products/:handle") if !head.found => elements::not_found(&view, "product"),
        Some("/pages/:handle") if !head.found => elements::not_found(&view, "page"),
        Some("/") => home::home(&view),
        Some("/products" | "/search" | "/categories/:handle") => listing::listing(&view),
        Some("/products/:handle") => product::product(&view),
        Some("/pages/:handle") => content::content(&view),
        Some(route) => content::fixed(&view, route),
    };
    shell::shell(&view, &content).into_string()
}
