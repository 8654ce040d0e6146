//! What a cart costs, calculated from the rules of pricing alone: whole numbers, and no rounding but the one place that
//! each rule names.

use super::world::Gift;

/// A line: what it comes to, and its tax in millionths.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    pub subtotal: i64,
    pub rate: i64,
}

/// What is to be paid for a line, or for shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry {
    pub price: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
}

/// The sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub total: i64,
}

/// The lines, shipping, and the sums of both.
pub fn bill(
    items: &[Item],
    shipping: Option<Item>,
    gift: Option<Gift>,
    included: bool,
) -> (Vec<Entry>, Option<Entry>, Sums) {
    let subtotal: i64 = items.iter().map(|item| item.subtotal).sum();
    let given = match gift {
        Some(Gift::Share(millionths)) => nearest(subtotal, millionths, 1_000_000),
        Some(Gift::Amount(amount)) => amount.min(subtotal),
        Some(Gift::Shipping) | None => 0,
    };
    let lines: Vec<Entry> =
        items.iter().enumerate().map(|(at, item)| entry(*item, part(given, items, at), included)).collect();
    let shipping = shipping.map(|item| {
        let given = if matches!(gift, Some(Gift::Shipping)) { item.subtotal } else { 0 };
        entry(item, given, included)
    });
    let both = || lines.iter().chain(&shipping);
    let sums = Sums {
        subtotal,
        discount: both().map(|entry| entry.discount).sum(),
        shipping: shipping.map_or(0, |entry| entry.price),
        tax: both().map(|entry| entry.tax).sum(),
        total: both().map(|entry| entry.total).sum(),
    };
    (lines, shipping, sums)
}

fn entry(item: Item, discount: i64, included: bool) -> Entry {
    let net = item.subtotal - discount;
    let (tax, total) = if included {
        (nearest(net, item.rate, 1_000_000 + item.rate), net)
    } else {
        let tax = nearest(net, item.rate, 1_000_000);
        (tax, net + tax)
    };
    Entry { price: item.subtotal, discount, tax, total }
}

/// The whole number nearest to `amount × over / under`; of two as near as each other, the even one.
fn nearest(amount: i64, over: i64, under: i64) -> i64 {
    let (exact, under) = (i128::from(amount) * i128::from(over), i128::from(under));
    let below = exact / under;
    let near = [below, below + 1].into_iter().min_by_key(|whole| ((whole * under - exact).abs(), whole % 2));
    i64::try_from(near.unwrap()).unwrap()
}

/// The part of what is given that the line at a place gets: its share rounded down, and one more if its remainder is
/// among the largest, as many as are needed to give all of it; the earlier line where two are the same.
fn part(given: i64, items: &[Item], at: usize) -> i64 {
    let whole: i64 = items.iter().map(|item| item.subtotal).sum();
    if whole == 0 {
        return if at == 0 { given } else { 0 };
    }
    let share = |item: &Item| (given * item.subtotal / whole, given * item.subtotal % whole);
    let missing = given - items.iter().map(|item| share(item).0).sum::<i64>();
    let (down, mine) = share(&items[at]);
    let before_me = |(other, item): &(usize, &Item)| share(item).1 > mine || (share(item).1 == mine && *other < at);
    let ahead = items.iter().enumerate().filter(before_me).count();
    down + i64::from(i64::try_from(ahead).unwrap() < missing)
}
