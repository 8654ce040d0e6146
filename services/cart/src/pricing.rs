//! What a cart costs. Pure: the same lines, prices and choices give the same numbers, at the cart and at checkout.
//!
//! Per line: `subtotal = unit price × quantity`; the discount of the whole cart is allocated to the lines by largest
//! remainder; tax is on `subtotal - discount`, rounded half to even per line. Shipping is taxed likewise. The total is
//! the sum of what the lines and shipping come to, so it always adds up.

use chassis::Problem;
use contracts::cart::{CartChange, CartLine, CartPromotion, CartShipping, CartView, ChangeKind, Totals};
use contracts::catalogue::{Benefit, PricedVariant, Pricing, Promotion};
use contracts::{Money, MoneyError, Quantity, Rate, Sku};
use jiff::Timestamp;
use std::collections::HashMap;

use crate::cart::{Cart, ChosenShipping};

/// A cart with its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedCart {
    /// The lines that can be sold.
    pub lines: Vec<CartLine>,
    /// The promotion entered.
    pub promotion: Option<CartPromotion>,
    /// The shipping chosen, while it holds.
    pub shipping: Option<CartShipping>,
    /// What it costs.
    pub totals: Totals,
    /// What changed without the customer's doing.
    pub changes: Vec<CartChange>,
}

impl PricedCart {
    /// Prices `cart`.
    ///
    /// # Errors
    /// 422 when a sum is too large to be held.
    pub fn of(cart: &Cart, pricing: &Pricing, now: Timestamp) -> Result<Self, Problem> {
        price(cart, pricing, now).map_err(|error| Problem::invalid("", format!("this cart cannot be priced: {error}")))
    }

    /// What the customer sees.
    pub fn view(self, cart: &Cart, pricing: &Pricing) -> CartView {
        CartView {
            id: (cart.version > 0).then_some(cart.id),
            version: cart.version,
            currency: pricing.currency,
            item_count: self.lines.iter().map(|line| line.quantity.get()).sum(),
            lines: self.lines,
            promotion: self.promotion,
            shipping: self.shipping,
            totals: self.totals,
            changes: self.changes,
        }
    }
}

fn price(cart: &Cart, pricing: &Pricing, now: Timestamp) -> Result<PricedCart, MoneyError> {
    let mut changes = Vec::new();
    let variants: HashMap<&Sku, &PricedVariant> =
        pricing.variants.iter().map(|variant| (&variant.sku, variant)).collect();
    let mut sold: Vec<(&PricedVariant, Quantity)> = Vec::new();
    for line in &cart.lines {
        match variants.get(&line.sku) {
            Some(variant) => {
                changes.extend(line_change(variant, line.quantity, line.seen_price));
                sold.push((variant, line.quantity));
            }
            None => changes.push(change(
                ChangeKind::Unavailable,
                Some(&line.sku),
                format!("{} is no longer for sale.", line.title),
            )),
        }
    }
    let subtotals: Vec<Money> =
        sold.iter().map(|(variant, quantity)| variant.price.times(quantity.signed())).collect::<Result<_, _>>()?;
    let subtotal = Money::sum(pricing.currency, subtotals.iter().copied())?;
    let judged = judge(cart, pricing, subtotal, now);
    let discount = match &judged {
        Judged::Applies(promotion) => benefit(promotion, subtotal)?,
        _ => pricing.currency.zero(),
    };
    let weights: Vec<i64> = subtotals.iter().map(|subtotal| subtotal.amount).collect();
    let discounts = discount.allocate(&weights)?;
    let lines: Vec<CartLine> = sold
        .iter()
        .zip(subtotals)
        .zip(discounts)
        .map(|(((variant, quantity), subtotal), discount)| line(variant, *quantity, subtotal, discount, pricing))
        .collect::<Result<_, _>>()?;
    let shipping = match &cart.shipping {
        Some(chosen) if chosen.holds_for(cart, now) => Some(shipping(chosen, &judged, pricing)?),
        Some(_) => {
            changes.push(change(
                ChangeKind::ShippingDropped,
                None,
                "Choose shipping again: the cart or its price has changed.".into(),
            ));
            None
        }
        None => None,
    };
    if let Judged::Not(_, reason) = &judged {
        changes.push(change(ChangeKind::PromotionDropped, None, reason.clone()));
    }
    let totals = totals(&lines, shipping.as_ref(), pricing)?;
    Ok(PricedCart { lines, promotion: judged.shown(), shipping, totals, changes })
}

fn change(kind: ChangeKind, sku: Option<&Sku>, message: String) -> CartChange {
    CartChange { kind, sku: sku.cloned(), message }
}

fn line_change(variant: &PricedVariant, quantity: Quantity, seen: Option<Money>) -> Option<CartChange> {
    if let Some(left) = variant.available.filter(|left| *left < quantity.get()) {
        let message = match left {
            0 => format!("{} is sold out.", variant.title),
            left => format!("Only {left} of {} are left.", variant.title),
        };
        return Some(change(ChangeKind::QuantityReduced, Some(&variant.sku), message));
    }
    let seen = seen.filter(|seen| *seen != variant.price)?;
    let message = format!("{} now costs {} instead of {}.", variant.title, variant.price, seen);
    Some(change(ChangeKind::PriceChanged, Some(&variant.sku), message))
}

/// What becomes of the promotion entered.
enum Judged {
    None,
    Applies(Promotion),
    Not(String, String),
}

impl Judged {
    fn shown(self) -> Option<CartPromotion> {
        match self {
            Self::None => None,
            Self::Applies(promotion) => Some(CartPromotion {
                code: promotion.code,
                description: promotion.description,
                applies: true,
                reason: None,
            }),
            Self::Not(code, reason) => {
                Some(CartPromotion { code, description: String::new(), applies: false, reason: Some(reason) })
            }
        }
    }
}

fn judge(cart: &Cart, pricing: &Pricing, subtotal: Money, now: Timestamp) -> Judged {
    let Some(code) = &cart.code else { return Judged::None };
    let Some(promotion) = &pricing.promotion else {
        return Judged::Not(code.clone(), "The code is no longer valid.".to_owned());
    };
    match refusal(promotion, subtotal, now) {
        Some(reason) => Judged::Not(promotion.code.clone(), reason),
        None => Judged::Applies(promotion.clone()),
    }
}

/// Why a promotion cannot be used for a cart of this subtotal, if it cannot.
pub fn refusal(promotion: &Promotion, subtotal: Money, now: Timestamp) -> Option<String> {
    if !promotion.active || promotion.ends_at.is_some_and(|end| end <= now) {
        return Some("The code is no longer valid.".to_owned());
    }
    if promotion.starts_at.is_some_and(|start| start > now) {
        return Some("The code is not valid yet.".to_owned());
    }
    if promotion.usage_limit.is_some_and(|limit| promotion.used >= limit) {
        return Some("The code has been used up.".to_owned());
    }
    let least = promotion.min_subtotal.filter(|least| subtotal.amount < least.amount)?;
    Some(format!("The code needs a cart of at least {least}."))
}

fn benefit(promotion: &Promotion, subtotal: Money) -> Result<Money, MoneyError> {
    match promotion.benefit {
        Benefit::Percent { rate } => rate.of(subtotal),
        Benefit::Fixed { amount } => Ok(amount.at_most(subtotal)),
        Benefit::FreeShipping => Ok(subtotal.currency.zero()),
    }
}

/// The tax on `net`, and what the customer pays for it.
fn taxed(net: Money, rate: Rate, pricing: &Pricing) -> Result<(Money, Money), MoneyError> {
    if pricing.prices_include_tax {
        Ok((rate.included_in(net)?, net))
    } else {
        let tax = rate.of(net)?;
        Ok((tax, net.plus(tax)?))
    }
}

fn line(
    variant: &PricedVariant,
    quantity: Quantity,
    subtotal: Money,
    discount: Money,
    pricing: &Pricing,
) -> Result<CartLine, MoneyError> {
    let (tax, total) = taxed(subtotal.minus(discount)?, variant.tax_rate, pricing)?;
    Ok(CartLine {
        sku: variant.sku.clone(),
        product_id: variant.product_id,
        handle: variant.handle.clone(),
        title: variant.title.clone(),
        option_values: variant.option_values.clone(),
        image: variant.image.clone(),
        quantity,
        unit_price: variant.price,
        compare_at_price: variant.compare_at_price,
        subtotal,
        discount,
        tax,
        total,
        tax_rate: variant.tax_rate,
        tax_label: variant.tax_rate.to_string(),
        weight_grams: variant.weight_grams,
        available: variant.available.is_none_or(|left| left >= quantity.get()),
        max_quantity: variant.available,
    })
}

fn shipping(chosen: &ChosenShipping, judged: &Judged, pricing: &Pricing) -> Result<CartShipping, MoneyError> {
    let free = matches!(judged, Judged::Applies(promotion) if promotion.benefit == Benefit::FreeShipping);
    let discount = if free { chosen.option.price } else { pricing.currency.zero() };
    let (tax, total) = taxed(chosen.option.price.minus(discount)?, pricing.shipping_rate, pricing)?;
    Ok(CartShipping {
        quote_id: chosen.quote_id,
        option: chosen.option.option.clone(),
        label: chosen.option.label.clone(),
        price: chosen.option.price,
        discount,
        tax,
        total,
        place: chosen.place.clone(),
        estimated_days: chosen.option.estimated_days,
        expires_at: chosen.expires_at,
    })
}

fn totals(lines: &[CartLine], shipping: Option<&CartShipping>, pricing: &Pricing) -> Result<Totals, MoneyError> {
    let zero = pricing.currency.zero();
    let sum = |part: fn(&CartLine) -> Money, of_shipping: Money| {
        Money::sum(pricing.currency, lines.iter().map(part).chain([of_shipping]))
    };
    Ok(Totals {
        subtotal: sum(|line| line.subtotal, zero)?,
        discount: sum(|line| line.discount, shipping.map_or(zero, |shipping| shipping.discount))?,
        shipping: shipping.map_or(zero, |shipping| shipping.price),
        tax: sum(|line| line.tax, shipping.map_or(zero, |shipping| shipping.tax))?,
        total: sum(|line| line.total, shipping.map_or(zero, |shipping| shipping.total))?,
        tax_included: pricing.prices_include_tax,
    })
}
