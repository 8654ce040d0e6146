//! The list of all products, of a category or of a search, from `storefront/src/pages/ListingPage.tsx`.

use super::elements::{BETWEEN, empty, icon, not_found};
use super::filter_panel::{active_filters, filter_panel};
use super::filters::{Filters, SORTS, canonical_path};
use super::products::{Grid, grid, grid_skeleton};
use super::view::View;
use crate::pages::first_data;
use contracts::catalogue::{Count, ProductPage};
use maud::{Markup, PreEscaped, html};

/// A list with what its page shows.
struct List {
    filters: Filters,
    is_search: bool,
    products: Option<ProductPage>,
}

pub fn listing(view: &View<'_>) -> Markup {
    let Some(route) = view.request.route else { return not_found(view, "page") };
    let is_search = view.request.path == "/search";
    let handle = (!route.parameter.is_empty()).then(|| route.decoded());
    let mut filters = Filters::parse(view.request.query);
    if let Some(handle) = &handle {
        filters.category = Some(handle.to_string());
        filters.fixed_category = true;
    }
    let category = handle.as_ref().and_then(|handle| view.category(handle));
    if handle.is_some() && view.categories.is_some() && category.is_none() {
        return not_found(view, "category");
    }
    let texts = view.texts();
    let title = match (is_search, &handle) {
        (true, _) if filters.query.is_empty() => texts.shell.titles.get("/search").cloned().unwrap_or_default(),
        (true, _) => texts.catalogue.results_for.with(&[&filters.query]),
        (false, None) => texts.shell.all_products.clone(),
        (false, Some(_)) => category.map_or_else(|| "\u{a0}".to_owned(), |category| category.name.clone()),
    };
    let description = category.map(|category| category.description.as_str()).filter(|text| !text.is_empty());
    // A list with an unusual query is embedded under a path that the storefront does not look for.
    let embedded = first_data::list_path(route, view.request.query, view.language)
        .filter(|path| canonical_path(path) == filters.api_path(first_data::PAGE_SIZE, view.language));
    let products = embedded.and_then(|path| view.response(&path));
    let list = List { filters, is_search, products };
    html! {
        div class="page ListingPage_page" {
            header class="ListingPage_heading" {
                h1 { (title) }
                @if let Some(description) = description { p { (description) } }
            }
            (layout(view, &list))
        }
    }
}

fn layout(view: &View<'_>, list: &List) -> Markup {
    let texts = &view.texts().catalogue;
    let facets = list.products.as_ref().and_then(|products| products.facets.as_ref());
    html! {
        div class="ListingPage_layout" {
            aside aria-label=(texts.filters) class="ListingPage_filterColumn" { (filter_panel(view, &list.filters, facets)) }
            section aria-label=(texts.products) {
                (toolbar(view, list))
                (active_filters(view, &list.filters, facets))
                @match &list.products {
                    None => {
                        (grid_skeleton(view, 9, Grid::List))
                        (products_of(view, &[], true))
                    }
                    Some(products) if products.items.is_empty() => {
                        (no_products(view, list))
                        (products_of(view, &[], false))
                    }
                    Some(products) => {
                        (substituted(view, products, &list.filters.query))
                        (products_of(view, &products.items, false))
                    }
                }
                @if list.products.as_ref().is_some_and(|products| products.next_cursor.is_some()) {
                    div class="ListingPage_more" {
                        button type="button" class="Button_button Button_secondary" { (texts.show_more) }
                    }
                }
            }
        }
    }
}

fn products_of(view: &View<'_>, cards: &[contracts::catalogue::ProductCard], is_busy: bool) -> Markup {
    html! {
        div class="ListingPage_grid" data-stale="false" aria-busy=(is_busy) { (grid(view, cards, Grid::List)) }
    }
}

fn toolbar(view: &View<'_>, list: &List) -> Markup {
    let texts = &view.texts().catalogue;
    let active = list.filters.active();
    let filters = if active > 0 { texts.filters_active.with(&[&active.to_string()]) } else { texts.filters.clone() };
    let count = list.products.as_ref().and_then(|products| products.count);
    html! {
        div class="ListingPage_toolbar" {
            p role="status" class="ListingPage_count" {
                @if let Some(count) = count { (count_text(view, count)) }
            }
            div class="ListingPage_filterSheet" {
                button type="button" class="Button_button Button_secondary Button_small" {
                    (icon(view, "filter", 18)) " " (BETWEEN) (filters)
                }
                dialog class="Sheet_sheet" aria-labelledby="sheet-title" {}
            }
            div class="ListingPage_sort" {
                label for="sort" { (texts.sort_by) }
                select id="sort" {
                    @for sort in SORTS.into_iter().filter(|sort| list.is_search || *sort != "relevance") {
                        option value=(sort) selected[sort == list.filters.sort()] {
                            @if let Some(name) = texts.sorts.get(sort) { (name) }
                        }
                    }
                }
            }
        }
    }
}

fn count_text(view: &View<'_>, count: Count) -> String {
    let text = if count.capped { format!("{}+", count.value) } else { count.value.to_string() };
    view.counted(&view.texts().common.products, count.value.into(), &[&count.value.to_string(), &text])
}

/// Says what was searched for when no product matches the query itself.
fn substituted(view: &View<'_>, products: &ProductPage, query: &str) -> Markup {
    let texts = &view.texts().catalogue;
    let strong = |text: &str| html! { strong { (text) } }.into_string();
    let text = match &products.corrected_query {
        _ if products.is_partial_match => texts.partial_match.with(&[&strong(query)]),
        Some(corrected) => texts.corrected.with(&[&strong(query), &strong(corrected)]),
        None => return Markup::default(),
    };
    html! { p class="ListingPage_corrected" { (PreEscaped(text)) } }
}

fn no_products(view: &View<'_>, list: &List) -> Markup {
    let texts = &view.texts().catalogue;
    let query = list.filters.query.as_str();
    let no_results = || texts.no_results_for.with(&[query]);
    if list.filters.active() > 0 {
        let title = if query.is_empty() { texts.no_match.clone() } else { no_results() };
        let clear = html! { button type="button" class="Button_button Button_secondary" { (texts.clear_filters) } };
        return empty(&title, &clear);
    }
    if !query.is_empty() {
        return empty(&no_results(), &html! { p { (texts.try_other) } });
    }
    let all = html! {
        @if list.filters.fixed_category {
            a class="Button_button Button_secondary" href="/products" { (view.texts().shell.all_products) }
        }
    };
    empty(&texts.no_products, &all)
}
