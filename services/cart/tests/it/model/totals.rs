//! The totals of a cart, calculated a second time from the pricing rules, in whole numbers that are rounded only where a
//! rule says so.

use super::scenario::Discount;

/// A line or shipping: its subtotal, and its tax rate in millionths.
#[derive(Debug, Clone, Copy)]
pub struct Taxable {
    pub subtotal: i64,
    pub rate: i64,
}

/// The amounts of a line or of shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    pub price: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpectedTotals {
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub total: i64,
}

/// Calculates the amounts of the lines and of shipping, and the totals.
pub fn calculate(
    items: &[Taxable],
    shipping: Option<Taxable>,
    discount_kind: Option<Discount>,
    included: bool,
) -> (Vec<Amounts>, Option<Amounts>, ExpectedTotals) {
    let subtotal: i64 = items.iter().map(|item| item.subtotal).sum();
    let discount = match discount_kind {
        Some(Discount::Percent(millionths)) => round_half_even(subtotal, millionths, 1_000_000),
        Some(Discount::Amount(amount)) => amount.min(subtotal),
        Some(Discount::Shipping) | None => 0,
    };
    let lines: Vec<Amounts> =
        items.iter().enumerate().map(|(at, item)| entry(*item, part(discount, items, at), included)).collect();
    let shipping = shipping.map(|item| {
        let discount = if matches!(discount_kind, Some(Discount::Shipping)) { item.subtotal } else { 0 };
        entry(item, discount, included)
    });
    let both = || lines.iter().chain(&shipping);
    let totals = ExpectedTotals {
        subtotal,
        discount: both().map(|entry| entry.discount).sum(),
        shipping: shipping.map_or(0, |entry| entry.price),
        tax: both().map(|entry| entry.tax).sum(),
        total: both().map(|entry| entry.total).sum(),
    };
    (lines, shipping, totals)
}

fn entry(item: Taxable, discount: i64, included: bool) -> Amounts {
    let net = item.subtotal - discount;
    let (tax, total) = if included {
        (round_half_even(net, item.rate, 1_000_000 + item.rate), net)
    } else {
        let tax = round_half_even(net, item.rate, 1_000_000);
        (tax, net + tax)
    };
    Amounts { price: item.subtotal, discount, tax, total }
}

/// Rounds `amount × over / under` half to even.
fn round_half_even(amount: i64, over: i64, under: i64) -> i64 {
    let (exact, under) = (i128::from(amount) * i128::from(over), i128::from(under));
    let below = exact / under;
    let near = [below, below + 1].into_iter().min_by_key(|whole| ((whole * under - exact).abs(), whole % 2));
    i64::try_from(near.unwrap()).unwrap()
}

/// The part of a discount that the line at an index gets, by largest remainder: its share rounded down, and one more if
/// its remainder is among the largest. Of equal remainders the earlier line has precedence.
fn part(discount: i64, items: &[Taxable], at: usize) -> i64 {
    let whole: i64 = items.iter().map(|item| item.subtotal).sum();
    if whole == 0 {
        return if at == 0 { discount } else { 0 };
    }
    let share = |item: &Taxable| (discount * item.subtotal / whole, discount * item.subtotal % whole);
    let remainder_units = discount - items.iter().map(|item| share(item).0).sum::<i64>();
    let (down, own_remainder) = share(&items[at]);
    let has_precedence = |(other, item): &(usize, &Taxable)| {
        share(item).1 > own_remainder || (share(item).1 == own_remainder && *other < at)
    };
    let larger_remainders = items.iter().enumerate().filter(has_precedence).count();
    down + i64::from(i64::try_from(larger_remainders).unwrap() < remainder_units)
}
