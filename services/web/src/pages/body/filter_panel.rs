//! The filters to choose and the chosen ones, from `storefront/src/catalogue/FilterPanel.tsx` and `ActiveFilters.tsx`.

use super::elements::{BETWEEN, icon};
use super::filters::{Filters, currency};
use super::numbers::input_text;
use super::view::View;
use contracts::catalogue::{FacetValue, Facets};
use maud::{Markup, html};

/// The number of values of a filter that are shown at first.
const SHOWN: usize = 7;

pub fn filter_panel(view: &View<'_>, filters: &Filters, facets: Option<&Facets>) -> Markup {
    let texts = &view.texts().catalogue;
    let values = |of: fn(&Facets) -> &Vec<FacetValue>| facets.map_or(&[][..], |facets| of(facets));
    html! {
        div class="FilterPanel_panel" {
            label class="FilterPanel_choice" {
                input type="checkbox" checked[filters.in_stock];
                span { (texts.in_stock_only) }
                @if let Some(facets) = facets { (count(view, facets.in_stock)) }
            }
            @if !filters.fixed_category {
                (group(view, &texts.category, values(|facets| &facets.categories), filters.category.as_slice()))
            }
            (price_range(view, filters, facets))
            (group(view, &texts.brand, values(|facets| &facets.vendors), &filters.vendors))
            (group(view, &texts.tag, values(|facets| &facets.tags), &filters.tags))
        }
    }
}

fn count(view: &View<'_>, value: u32) -> Markup {
    html! {
        span class="FilterPanel_count numeric" {
            span aria-hidden="true" { (value) }
            span class="visually-hidden" { (view.products(value)) }
        }
    }
}

fn group(view: &View<'_>, title: &str, values: &[FacetValue], chosen: &[String]) -> Markup {
    // A chosen value stays listed, so that it can be removed, when the other filters leave it without products.
    let missing = chosen.iter().filter(|value| values.iter().all(|known| known.value != **value));
    let mut offered: Vec<FacetValue> =
        missing.map(|value| FacetValue { value: value.clone(), label: value.clone(), count: 0 }).collect();
    offered.extend_from_slice(values);
    if offered.is_empty() {
        return Markup::default();
    }
    html! {
        fieldset {
            legend class="FilterPanel_title" { (title) }
            @for (index, facet) in offered.iter().enumerate() {
                @let is_chosen = chosen.contains(&facet.value);
                @if index < SHOWN || is_chosen {
                    label class="FilterPanel_choice" {
                        input type="checkbox" checked[is_chosen];
                        span { (facet.label) }
                        (count(view, facet.count))
                    }
                }
            }
            @if offered.len() > SHOWN {
                p class="FilterPanel_more" {
                    button aria-expanded="false" type="button" class="Button_text" {
                        (view.texts().catalogue.show_all.with(&[&offered.len().to_string()]))
                    }
                }
            }
        }
    }
}

fn price_range(view: &View<'_>, filters: &Filters, facets: Option<&Facets>) -> Markup {
    let texts = &view.texts().catalogue;
    let Some(currency) = currency(view, facets) else { return Markup::default() };
    let bounds = facets.and_then(|facets| facets.price.as_ref());
    let value = |amount: Option<i64>| amount.map(|amount| input_text(currency.minor(amount))).unwrap_or_default();
    html! {
        form {
            fieldset {
                legend class="FilterPanel_title" { (texts.price.with(&[currency.code()])) }
                div class="FilterPanel_range" {
                    label for="price-from" class="visually-hidden" { (texts.min_price) }
                    input id="price-from" class="Field_input" inputMode="decimal"
                        placeholder=(bounds.map(|bounds| input_text(bounds.min)).unwrap_or_default())
                        aria-describedby="price-hint" value=(value(filters.min_price));
                    span aria-hidden="true" { (texts.to) }
                    label for="price-to" class="visually-hidden" { (texts.max_price) }
                    input id="price-to" class="Field_input" inputMode="decimal"
                        placeholder=(bounds.map(|bounds| input_text(bounds.max)).unwrap_or_default())
                        aria-describedby="price-hint" value=(value(filters.max_price));
                    button type="submit" class="Button_button Button_secondary Button_small" { (texts.apply) }
                }
                p id="price-hint" class="FilterPanel_hint" {
                    @if let Some(bounds) = bounds {
                        (texts.price_bounds.with(&[&view.numbers.money(bounds.min), &view.numbers.money(bounds.max)]))
                    }
                }
            }
        }
    }
}

/// The active filters, each with a button that removes it.
pub fn active_filters(view: &View<'_>, filters: &Filters, facets: Option<&Facets>) -> Markup {
    let texts = &view.texts().catalogue;
    if filters.active() == 0 {
        return Markup::default();
    }
    let tag_label = |tag: &String| {
        let known = facets.and_then(|facets| facets.tags.iter().find(|known| known.value == *tag));
        known.map_or_else(|| tag.clone(), |known| known.label.clone())
    };
    html! {
        ul class="ActiveFilters_chips" aria-label=(texts.active_filters) {
            @if filters.in_stock { (chip(view, &texts.in_stock)) }
            @if let Some(handle) = filters.category.as_ref().filter(|_| !filters.fixed_category) {
                (chip(view, view.category(handle).map_or(handle, |category| &category.name)))
            }
            @if let Some(text) = price_text(view, filters, facets) { (chip(view, &text)) }
            @for vendor in &filters.vendors { (chip(view, vendor)) }
            @for tag in &filters.tags { (chip(view, &tag_label(tag))) }
            li class="ActiveFilters_clear" { button type="button" class="Button_text" { (texts.clear_all) } }
        }
    }
}

fn price_text(view: &View<'_>, filters: &Filters, facets: Option<&Facets>) -> Option<String> {
    let texts = &view.texts().catalogue;
    let money = |amount: i64| filters.money(view, facets, amount).map(|money| view.numbers.money(money));
    match (filters.min_price, filters.max_price) {
        (Some(min), Some(max)) => Some(texts.price_between.with(&[&money(min)?, &money(max)?])),
        (Some(min), None) => Some(texts.price_from.with(&[&money(min)?])),
        (None, Some(max)) => Some(texts.price_up_to.with(&[&money(max)?])),
        (None, None) => None,
    }
}

fn chip(view: &View<'_>, text: &str) -> Markup {
    html! {
        li {
            button type="button" class="ActiveFilters_chip" aria-label=(view.texts().catalogue.remove_filter.with(&[text])) {
                (text) (BETWEEN) " " (icon(view, "close", 14))
            }
        }
    }
}
