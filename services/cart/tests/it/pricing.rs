//! Totals of a cart always add up.

use cart::cart::{Cart, ChosenShipping, Line};
use cart::pricing::PricedCart;
use contracts::catalogue::{Benefit, PricedVariant, Pricing, Promotion};
use contracts::shipping::{DeliveryDays, PlaceView, ShippingOption};
use contracts::{CartId, Currency, Money, PlaceId, ProductId, Quantity, QuoteId, Rate, Sku};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

pub fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn eur(amount: i64) -> Money {
    "EUR".parse::<Currency>().unwrap().minor(amount)
}

fn sku(index: usize) -> Sku {
    format!("SKU-{index}").parse().unwrap()
}

fn variant(index: usize, price: i64, rate: u32) -> PricedVariant {
    PricedVariant {
        sku: sku(index),
        product_id: ProductId(Uuid::nil()),
        handle: "thing".into(),
        title: "Thing".into(),
        option_values: Vec::new(),
        image: None,
        price: eur(price),
        compare_at_price: None,
        tax_rate: Rate::from_millionths(rate).unwrap(),
        weight_grams: 100,
        available: None,
        withdrawal_exception: None,
    }
}

fn cart(quantities: &[u32], shipping: Option<i64>, code: Option<&str>) -> Cart {
    let mut cart = Cart::empty(CartId(Uuid::nil()));
    for (index, quantity) in quantities.iter().enumerate() {
        let quantity = Quantity::new(*quantity).unwrap();
        cart.set(Line { sku: sku(index), quantity, title: "Thing".into(), seen_price: None }).unwrap();
    }
    cart.code = code.map(ToOwned::to_owned);
    cart.shipping = shipping.map(|price| ChosenShipping {
        quote_id: QuoteId(Uuid::nil()),
        cart_id: cart.id,
        lines_digest: cart.lines_digest(),
        place: PlaceView { id: PlaceId(1), name: "Town".into(), region: String::new(), country: "DE".parse().unwrap() },
        estimated: false,
        destination: None,
        option: ShippingOption {
            option: "standard".into(),
            label: "Standard".into(),
            price: eur(price),
            estimated_days: DeliveryDays { min: 1, max: 2 },
        },
        least_price: Some(eur(price.min(500))),
        expires_at: now().checked_add(jiff::SignedDuration::from_mins(30)).unwrap(),
    });
    cart
}

fn promotion(benefit: Benefit) -> Promotion {
    Promotion {
        code: "CODE".into(),
        benefit,
        description: String::new(),
        min_subtotal: None,
        starts_at: None,
        ends_at: None,
        usage_limit: None,
        used: 0,
        active: true,
    }
}

fn pricing(variants: Vec<PricedVariant>, included: bool, promotion: Option<Promotion>) -> Pricing {
    Pricing {
        currency: "EUR".parse().unwrap(),
        prices_include_tax: included,
        variants,
        shipping_rate: Rate::from_millionths(190_000).unwrap(),
        promotion,
        missing_pages: Vec::new(),
    }
}

#[test]
fn tax_is_included_in_or_added_to_the_price() {
    let included =
        PricedCart::calculate(&cart(&[1], None, None), &pricing(vec![variant(0, 11_900, 190_000)], true, None), now())
            .unwrap();
    assert_eq!((included.totals.tax, included.totals.total), (eur(1_900), eur(11_900)));
    let added =
        PricedCart::calculate(&cart(&[1], None, None), &pricing(vec![variant(0, 10_000, 190_000)], false, None), now())
            .unwrap();
    assert_eq!((added.totals.tax, added.totals.total), (eur(1_900), eur(11_900)));
}

#[test]
fn a_fixed_discount_never_exceeds_the_subtotal() {
    let promotion = promotion(Benefit::Fixed { amount: eur(5_000) });
    let priced = PricedCart::calculate(
        &cart(&[1], Some(400), Some("CODE")),
        &pricing(vec![variant(0, 1_000, 0)], true, Some(promotion)),
        now(),
    )
    .unwrap();
    assert_eq!(priced.totals.discount, eur(1_000));
    assert_eq!(priced.totals.total, eur(400));
}

#[test]
fn the_least_expensive_delivery_is_taxed_like_the_chosen_one() {
    let standard_total = |included, code: Option<&str>| {
        let promotion = code.map(|_| promotion(Benefit::FreeShipping));
        let pricing = pricing(vec![variant(0, 1_000, 0)], included, promotion);
        let priced = PricedCart::calculate(&cart(&[1], Some(1_000), code), &pricing, now()).unwrap();
        priced.shipping.unwrap().standard_total.unwrap()
    };
    assert_eq!(standard_total(true, None), eur(500));
    assert_eq!(standard_total(false, None), eur(595));
    assert_eq!(standard_total(true, Some("CODE")), eur(0), "nothing was paid for delivery");
}

#[test]
fn free_shipping_discounts_only_shipping() {
    let priced = PricedCart::calculate(
        &cart(&[2], Some(400), Some("CODE")),
        &pricing(vec![variant(0, 1_000, 0)], true, Some(promotion(Benefit::FreeShipping))),
        now(),
    )
    .unwrap();
    assert_eq!((priced.totals.shipping, priced.totals.discount, priced.totals.total), (eur(400), eur(400), eur(2_000)));
}

#[test]
fn a_code_that_does_not_apply_has_a_reason_and_no_discount() {
    let mut needs_more = promotion(Benefit::FreeShipping);
    needs_more.min_subtotal = Some(eur(9_999));
    let priced = PricedCart::calculate(
        &cart(&[1], None, Some("CODE")),
        &pricing(vec![variant(0, 100, 0)], true, Some(needs_more)),
        now(),
    )
    .unwrap();
    let view = priced.promotion.unwrap();
    assert!(!view.applies && view.reason.unwrap().contains("99.99 EUR"));
    assert_eq!(priced.totals.discount, eur(0));
}

#[test]
fn products_no_longer_for_sale_are_omitted_and_listed_in_changes() {
    let priced =
        PricedCart::calculate(&cart(&[1, 1], None, None), &pricing(vec![variant(0, 100, 0)], true, None), now())
            .unwrap();
    assert_eq!(priced.lines.len(), 1);
    assert_eq!(priced.changes.len(), 1);
}

proptest! {
    #[test]
    fn totals_are_the_sums_of_their_parts(
        lines in prop::collection::vec((1u32..50, 0i64..1_000_000, 0u32..300_000), 1..12),
        shipping in prop::option::of(0i64..5_000),
        included in any::<bool>(),
        percent in prop::option::of(0u32..=1_000_000),
    ) {
        let variants = lines.iter().enumerate().map(|(index, (_, price, rate))| variant(index, *price, *rate)).collect();
        let quantities: Vec<u32> = lines.iter().map(|(quantity, ..)| *quantity).collect();
        let code = percent.map(|_| "CODE");
        let promotion = percent.map(|percent| promotion(Benefit::Percent { rate: Rate::from_millionths(percent).unwrap() }));
        let priced = PricedCart::calculate(&cart(&quantities, shipping, code), &pricing(variants, included, promotion), now()).unwrap();
        let totals = priced.totals;
        let sum = |part: fn(&contracts::cart::CartLine) -> Money| priced.lines.iter().map(|line| part(line).amount).sum::<i64>();
        let ship = priced.shipping.as_ref();
        prop_assert_eq!(totals.subtotal.amount, sum(|line| line.subtotal));
        prop_assert_eq!(totals.total.amount, sum(|line| line.total) + ship.map_or(0, |ship| ship.total.amount));
        prop_assert_eq!(totals.tax.amount, sum(|line| line.tax) + ship.map_or(0, |ship| ship.tax.amount));
        let added = if included { 0 } else { totals.tax.amount };
        prop_assert_eq!(totals.total.amount, totals.subtotal.amount - totals.discount.amount + totals.shipping.amount + added);
        for line in &priced.lines {
            prop_assert!(line.discount.amount >= 0 && line.discount.amount <= line.subtotal.amount);
            prop_assert!(line.total.amount >= 0 && line.tax.amount >= 0);
        }
    }
}
