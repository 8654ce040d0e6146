//! The home page, from `storefront/src/pages/HomePage.tsx`.

use super::elements::{BETWEEN, icon, product_image, skeleton};
use super::menus::category_path;
use super::products::{Grid, Offer, grid, grid_skeleton, product_path};
use super::view::View;
use crate::pages::first_data;
use contracts::catalogue::{CategoryView, ProductCard, ProductPage};
use maud::{Markup, html};
use std::collections::HashMap;

/// The number of products in the section of new ones.
const NEWEST: usize = 8;
/// The number of new products of one category, as long as there are others.
const NEWEST_OF_CATEGORY: usize = 3;
/// The number of products in the section of reductions, which is not shown with fewer.
const OFFERS: usize = 4;
const SQUARE: &str = "aspect-ratio:1";

pub fn home(view: &View<'_>) -> Markup {
    let path = view.request.route.and_then(|route| first_data::list_path(route, view.request.query, view.language));
    let newest: Option<ProductPage> = path.and_then(|path| view.response(&path));
    let products = newest.as_ref().map(|list| list.items.as_slice());
    let all = products.unwrap_or_default();
    let offers: Vec<&ProductCard> =
        all.iter().filter(|card| Offer::from(*card).reduction().is_some()).take(OFFERS).collect();
    let texts = &view.texts().catalogue;
    let categories = view.filled_categories();
    html! {
        div class="page" {
            (hero(view, products, categories.as_deref()))
            (category_tiles(view, categories.as_deref(), all))
            section aria-labelledby="newest" class="HomePage_section" {
                header class="HomePage_sectionHead" {
                    h2 id="newest" { (texts.new_arrivals) }
                    a href="/products?sort=newest" { (texts.see_all) }
                }
                @if products.is_none() { (grid_skeleton(view, 8, Grid::Section)) }
                (grid(view, with_variety(all).into_iter(), Grid::Section))
            }
            @if offers.len() == OFFERS {
                section aria-labelledby="offers" class="HomePage_section" {
                    header class="HomePage_sectionHead" { h2 id="offers" { (texts.on_sale) } }
                    (grid(view, offers, Grid::Section))
                }
            }
        }
    }
}

struct Greeting {
    title: String,
    lead: String,
    lang: Option<&'static str>,
}

/// Returns the texts at the top: the merchant's, or else a greeting.
fn greeting(view: &View<'_>) -> Greeting {
    let texts = &view.texts().catalogue;
    let own = view.storefront.as_ref().and_then(|storefront| view.merchant_text(&storefront.home));
    match (own, &view.shop) {
        (Some((language, text)), _) => {
            Greeting { title: text.title.to_string(), lead: text.lead.as_str().to_owned(), lang: view.lang(language) }
        }
        (None, Some(shop)) if !shop.demo => {
            Greeting { title: texts.welcome.with(&[&shop.name]), lead: texts.welcome_lead.clone(), lang: None }
        }
        _ => Greeting { title: texts.demo_title.clone(), lead: texts.demo_lead.clone(), lang: None },
    }
}

fn hero(view: &View<'_>, products: Option<&[ProductCard]>, categories: Option<&[&CategoryView]>) -> Markup {
    let texts = &view.texts().catalogue;
    let Greeting { title, lead, lang } = greeting(view);
    html! {
        section class="HomePage_hero" aria-labelledby="hero-title" {
            div {
                div lang=[lang] {
                    h1 id="hero-title" { (title) }
                    @if !lead.is_empty() { p class="HomePage_lead" { (lead) } }
                }
                div class="HomePage_heroActions" {
                    a class="Button_button Button_primary Button_large" href="/products" {
                        (texts.hero_shop) (BETWEEN) " " (icon(view, "arrow", 20))
                    }
                    @if categories.is_none_or(|categories| !categories.is_empty()) {
                        a href="#categories" { (texts.hero_categories) }
                    }
                }
            }
            div class="HomePage_mosaic" {
                @match products {
                    Some(products) => @for card in showcase(products) {
                        a class="HomePage_mosaicTile" href=(product_path(&card.handle)) {
                            (product_image(view, card.image.as_ref(), "", "main", true))
                            span class="HomePage_mosaicName" { (card.title) }
                        }
                    },
                    None => @for _ in 0..3 { (skeleton(SQUARE)) },
                }
            }
        }
    }
}

/// Picks three products of different categories, so that the tiles show the range of the shop.
fn showcase(products: &[ProductCard]) -> Vec<&ProductCard> {
    let candidates = if products.len() > 14 { &products[NEWEST..] } else { products };
    let mut shown: Vec<&ProductCard> = Vec::new();
    for card in candidates.iter().filter(|card| card.image.is_some() && card.available) {
        if shown.len() < 3 && shown.iter().all(|other| other.category != card.category) {
            shown.push(card);
        }
    }
    shown
}

fn category_tiles(view: &View<'_>, categories: Option<&[&CategoryView]>, products: &[ProductCard]) -> Markup {
    if categories.is_some_and(<[_]>::is_empty) {
        return Markup::default();
    }
    html! {
        section id="categories" aria-labelledby="categories-title" class="HomePage_section" {
            h2 id="categories-title" class="HomePage_sectionHead" { (view.texts().catalogue.by_category) }
            ul class="HomePage_categories" {
                @match categories {
                    Some(categories) => @for category in categories {
                        li {
                            a class="HomePage_category" href=(category_path(&category.handle)) {
                                (category_image(view, category, products))
                                span class="HomePage_categoryName" { (category.name) }
                                span class="HomePage_categoryCount" { (view.products(category.product_count)) }
                            }
                        }
                    },
                    None => @for _ in 0..4 { li { (skeleton(SQUARE)) } },
                }
            }
        }
    }
}

/// The image of one of the category's products, since categories have none of their own.
fn category_image(view: &View<'_>, category: &CategoryView, products: &[ProductCard]) -> Markup {
    let of_category = |card: &&ProductCard| card.category.as_ref() == Some(&category.handle) && card.image.is_some();
    let image = products.iter().rev().find(of_category).and_then(|card| card.image.as_ref());
    product_image(view, image, "", "card", false)
}

/// Chooses the new products to show, as `withVariety` of `storefront/src/catalogue/variety.ts`.
fn with_variety(products: &[ProductCard]) -> Vec<&ProductCard> {
    let mut seen: HashMap<Option<&str>, usize> = HashMap::new();
    let (mut varied, others): (Vec<_>, Vec<_>) = products.iter().enumerate().partition(|(_, card)| {
        let count = seen.entry(card.category.as_deref()).or_default();
        *count += 1;
        *count <= NEWEST_OF_CATEGORY
    });
    varied.extend(others);
    varied.truncate(NEWEST);
    varied.sort_by_key(|(index, _)| *index);
    varied.into_iter().map(|(_, card)| card).collect()
}
