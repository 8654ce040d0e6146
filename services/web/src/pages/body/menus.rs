//! The entries of the header's menu and of the footer, as `storefront/src/shell/menus.ts` chooses them.

use super::elements::encoded;
use super::view::View;
use contracts::catalogue::{MenuItem, MenuTarget, PageSummary};
use maud::{Markup, html};

/// The number of entries in the footer of a shop whose merchant has made none.
const DEFAULT_FOOTER_ENTRIES: usize = 6;

pub struct MenuEntry {
    pub label: String,
    /// A path of the shop, or a URL that begins with `https://`.
    pub to: String,
}

pub struct MenuSection {
    pub title: String,
    pub entries: Vec<MenuEntry>,
}

fn entry(label: &str, to: &str) -> MenuEntry {
    MenuEntry { label: label.to_owned(), to: to.to_owned() }
}

pub fn link(view: &View<'_>, MenuEntry { label, to }: &MenuEntry) -> Markup {
    let is_current = to == view.request.path;
    html! { a aria-current=[is_current.then_some("page")] href=(to) { (label) } }
}

pub fn header(view: &View<'_>) -> Vec<MenuEntry> {
    match view.storefront.as_ref().map(|storefront| &storefront.header_menu) {
        Some(items) if !items.is_empty() => entries(view, items),
        _ => default_menu(view),
    }
}

/// Returns the groups of the footer that have entries.
pub fn footer(view: &View<'_>) -> Vec<MenuSection> {
    let shell = &view.texts().shell;
    let title_of = |path: &str| shell.titles.get(path).map(String::as_str).unwrap_or_default();
    let mut sections = own_sections(view);
    sections.push(MenuSection {
        title: shell.footer_account.clone(),
        entries: vec![
            entry(&shell.account_and_orders, "/account"),
            entry(title_of("/orders/find"), "/orders/find"),
            entry(&shell.cart, "/cart"),
        ],
    });
    sections.push(MenuSection { title: shell.information.clone(), entries: other_pages(view) });
    sections.push(MenuSection { title: shell.legal.clone(), entries: legal(view) });
    sections.retain(|section| !section.entries.is_empty());
    sections
}

pub fn legal(view: &View<'_>) -> Vec<MenuEntry> {
    pages(view).iter().filter(|page| page.legal.is_some()).map(|page| page_entry(view, page)).collect()
}

fn own_sections(view: &View<'_>) -> Vec<MenuSection> {
    match view.storefront.as_ref().map(|storefront| &storefront.footer_menu) {
        Some(groups) if !groups.is_empty() => groups
            .iter()
            .map(|group| MenuSection {
                title: view.merchant_text(&group.titles).map(|(_, title)| title.to_string()).unwrap_or_default(),
                entries: entries(view, &group.items),
            })
            .collect(),
        _ => {
            let mut entries = default_menu(view);
            entries.truncate(DEFAULT_FOOTER_ENTRIES);
            vec![MenuSection { title: view.texts().shell.footer_shop.clone(), entries }]
        }
    }
}

/// All products, and the categories that have some.
fn default_menu(view: &View<'_>) -> Vec<MenuEntry> {
    let all = entry(&view.texts().shell.all_products, "/products");
    let filled = view.filled_categories().unwrap_or_default();
    let categories = filled.into_iter().map(|category| entry(&category.name, &category_path(&category.handle)));
    std::iter::once(all).chain(categories).collect()
}

/// Returns the pages that would be found nowhere: neither a legal page nor in a menu.
fn other_pages(view: &View<'_>) -> Vec<MenuEntry> {
    let Some(storefront) = &view.storefront else { return Vec::new() };
    let items = storefront.header_menu.iter().chain(storefront.footer_menu.iter().flat_map(|group| &group.items));
    let listed: Vec<&str> = items
        .filter_map(|item| match &item.target {
            MenuTarget::Page { handle } => Some(handle.as_str()),
            _ => None,
        })
        .collect();
    let others = storefront.pages.iter().filter(|page| page.legal.is_none() && !listed.contains(&page.handle.as_str()));
    others.map(|page| page_entry(view, page)).collect()
}

/// Returns the items whose destination exists.
fn entries(view: &View<'_>, items: &[MenuItem]) -> Vec<MenuEntry> {
    let of_item = |item: &MenuItem| {
        let own = view.merchant_text(&item.labels).map(|(_, label)| label.to_string());
        let (name, to) = place(view, &item.target)?;
        let label = own.or(name).filter(|label| !label.is_empty())?;
        Some(MenuEntry { label, to })
    };
    items.iter().filter_map(of_item).collect()
}

/// Returns the name and path of a destination, or `None` if it does not exist.
fn place(view: &View<'_>, target: &MenuTarget) -> Option<(Option<String>, String)> {
    match target {
        MenuTarget::Products => Some((Some(view.texts().shell.all_products.clone()), "/products".to_owned())),
        MenuTarget::Category { handle } => {
            view.category(handle).map(|category| (Some(category.name.clone()), category_path(handle)))
        }
        MenuTarget::Page { handle } => {
            let page = pages(view).iter().find(|page| page.handle == *handle)?;
            Some((view.merchant_text(&page.titles).map(|(_, title)| title.to_string()), page_path(handle)))
        }
        MenuTarget::Link { url } => {
            let url = url.as_str();
            // Two slashes begin the address of another site.
            let is_path = url.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
            (is_path || url.starts_with("https://")).then(|| (None, url.to_owned()))
        }
    }
}

fn pages<'v>(view: &'v View<'_>) -> &'v [PageSummary] {
    view.storefront.as_ref().map_or(&[], |storefront| &storefront.pages)
}

fn page_entry(view: &View<'_>, page: &PageSummary) -> MenuEntry {
    let title = view.merchant_text(&page.titles).map(|(_, title)| title.to_string());
    MenuEntry { label: title.unwrap_or_else(|| page.handle.clone()), to: page_path(&page.handle) }
}

pub fn category_path(handle: &str) -> String {
    format!("/categories/{}", encoded(handle))
}

fn page_path(handle: &str) -> String {
    format!("/pages/{}", encoded(handle))
}
