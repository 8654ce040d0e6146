//! Product cards with their prices, from `storefront/src/catalogue` and `storefront/src/money`.

use super::elements::{encoded, icon, product_image, skeleton};
use super::view::View;
use contracts::Money;
use contracts::catalogue::ProductCard;
use maud::{Markup, html};

/// The number of images above the fold of a list.
const EAGER: usize = 6;

/// The prices of a product or variant.
#[derive(Clone, Copy)]
pub struct Offer {
    pub price: Money,
    pub compare_at_price: Option<Money>,
    pub prior_price: Option<Money>,
}

impl From<&ProductCard> for Offer {
    fn from(card: &ProductCard) -> Self {
        Self { price: card.price, compare_at_price: card.compare_at_price, prior_price: card.prior_price }
    }
}

pub struct Reduction {
    pub percent: i64,
    /// The price to show as the earlier one.
    before: Money,
    prior: Option<Money>,
}

impl Offer {
    /// Returns the reduction to announce, as `reductionOf` of the storefront: from the prior price where it is known
    /// (Directive 98/6/EC, article 6a).
    pub fn reduction(&self) -> Option<Reduction> {
        let before = self.prior_price.or(self.compare_at_price)?;
        if before.currency != self.price.currency || before.amount <= self.price.amount {
            return None;
        }
        let percent = i128::from(before.amount - self.price.amount) * 100 / i128::from(before.amount);
        let percent = i64::try_from(percent).ok().filter(|percent| *percent > 0)?;
        Some(Reduction { percent, before, prior: self.prior_price })
    }
}

/// How a list of products is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// A section of a page.
    Section,
    /// The products of a list, beside its filters.
    List,
}

impl Grid {
    const fn class(self) -> &'static str {
        match self {
            Self::Section => "ProductGrid_grid",
            Self::List => "ProductGrid_grid ProductGrid_narrow",
        }
    }
}

pub fn grid<'c>(view: &View<'_>, cards: impl IntoIterator<Item = &'c ProductCard>, kind: Grid) -> Markup {
    html! {
        ul class=(kind.class()) {
            @for (index, card) in cards.into_iter().enumerate() { li { (product_card(view, card, index, kind)) } }
        }
    }
}

pub fn grid_skeleton(view: &View<'_>, count: usize, kind: Grid) -> Markup {
    super::elements::loading(
        &view.texts().catalogue.loading_products,
        &html! {
            ul class=(kind.class()) aria-hidden="true" {
                @for _ in 0..count {
                    li {
                        (skeleton("aspect-ratio:1"))
                        (skeleton("width:70%;height:1.1rem;margin-top:0.75rem"))
                        (skeleton("width:40%;height:1rem;margin-top:0.4rem"))
                    }
                }
            }
        },
    )
}

pub fn product_path(handle: &str) -> String {
    format!("/products/{}", encoded(handle))
}

fn product_card(view: &View<'_>, card: &ProductCard, index: usize, kind: Grid) -> Markup {
    let texts = &view.texts().catalogue;
    let offer = Offer::from(card);
    let title = html! { a href=(product_path(&card.handle)) { (card.title) } };
    html! {
        article class="ProductCard_card" {
            div class="ProductCard_image" data-sold-out=(!card.available) {
                (product_image(view, card.image.as_ref(), "", "card", kind == Grid::List && index < EAGER))
                @if card.available {
                    @if let Some(reduction) = offer.reduction() {
                        span class="ProductCard_sale" { (texts.percent_off.with(&[&reduction.percent.to_string()])) }
                    }
                    @if card.sku.is_some() {
                        button type="button" class="ProductCard_add" aria-label=(texts.quick_add.with(&[&card.title])) {
                            (icon(view, "plus", 20))
                        }
                    }
                } @else {
                    span class="ProductCard_soldOut" { (texts.sold_out) }
                }
            }
            div class="ProductCard_words" {
                @match kind {
                    Grid::List => h2 class="ProductCard_title" { (title) },
                    Grid::Section => h3 class="ProductCard_title" { (title) },
                }
                p class="ProductCard_vendor" { (card.vendor) }
                (price(view, offer, card.price.amount < card.price_max.amount, false))
            }
        }
    }
}

/// The price of an offer; `from` when other variants cost more.
pub fn price(view: &View<'_>, offer: Offer, from: bool, is_large: bool) -> Markup {
    let texts = &view.texts().catalogue;
    let reduction = offer.reduction();
    let class = if is_large { "Price_price Price_large numeric" } else { "Price_price numeric" };
    html! {
        p class=(class) {
            span class=[reduction.as_ref().map(|_| "Price_reduced")] {
                @if reduction.is_some() { span class="visually-hidden" { (texts.now) } }
                @if from { span class="Price_from" { (texts.from) } }
                (view.numbers.money(offer.price))
            }
            @if let Some(Reduction { percent, before, .. }) = &reduction {
                s class="Price_before" {
                    span class="visually-hidden" { (texts.before) }
                    (view.numbers.money(*before))
                }
                @if is_large { span class="Price_percent" { (texts.percent_off.with(&[&percent.to_string()])) } }
            }
        }
        @if let Some(prior) = reduction.and_then(|reduction| reduction.prior) {
            p class="Price_prior numeric" { (texts.prior_price.with(&[&view.numbers.money(prior)])) }
        }
    }
}
