//! The price of a cart. The calculation is pure: the same lines, prices and choices give the same totals in the cart
//! and at checkout.
//!
//! Per line, `subtotal = unit price × quantity`; the discount of the whole cart is allocated to the lines by largest
//! remainder; tax is calculated on `subtotal - discount` and rounded half to even per line. Shipping is taxed likewise.
//! The total is the sum of the rounded totals of lines and shipping, so the displayed amounts always add up.

use chassis::Problem;
use contracts::cart::{CartChange, CartLine, CartPromotion, CartShipping, CartView, ChangeKind, Totals};
use contracts::catalogue::{Benefit, PricedVariant, Pricing, Promotion};
use contracts::{Money, MoneyError, Quantity, Rate, Sku};
use jiff::Timestamp;
use std::collections::HashMap;

use crate::cart::{Cart, ChosenShipping};

const NO_LONGER_VALID: &str = "This code is no longer valid.";

/// A cart with prices and totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricedCart {
    /// The lines whose products are for sale.
    pub lines: Vec<CartLine>,
    pub promotion: Option<CartPromotion>,
    /// The chosen shipping, while its quote is valid.
    pub shipping: Option<CartShipping>,
    pub totals: Totals,
    /// The differences from the cart that the customer saw last.
    pub changes: Vec<CartChange>,
}

impl PricedCart {
    /// Calculates all prices of a cart.
    ///
    /// # Errors
    /// 422 when an amount overflows.
    pub fn calculate(cart: &Cart, pricing: &Pricing, now: Timestamp) -> Result<Self, Problem> {
        price(cart, pricing, now).map_err(|error| Problem::invalid("", format!("the cart cannot be priced: {error}")))
    }

    /// Converts the result into the API's view of `cart`.
    pub fn view(self, cart: &Cart, pricing: &Pricing) -> CartView {
        CartView {
            // A cart that was never stored gets another id with each read, so none is shown.
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
    let mut priced_lines: Vec<(&PricedVariant, Quantity)> = Vec::new();
    for line in &cart.lines {
        match variants.get(&line.sku) {
            Some(variant) => {
                changes.extend(line_change(variant, line.quantity, line.seen_price));
                priced_lines.push((variant, line.quantity));
            }
            None => changes.push(change(
                ChangeKind::Unavailable,
                Some(&line.sku),
                format!("{} is no longer available.", line.title),
            )),
        }
    }
    let subtotals: Vec<Money> = priced_lines
        .iter()
        .map(|(variant, quantity)| variant.price.times(quantity.signed()))
        .collect::<Result<_, _>>()?;
    let subtotal = Money::sum(pricing.currency, subtotals.iter().copied())?;
    let promotion = check_promotion(cart, pricing, subtotal, now);
    let discount = match &promotion {
        PromotionCheck::Applies(promotion) => discount(promotion, subtotal)?,
        _ => pricing.currency.zero(),
    };
    // In proportion to the subtotals, so that a refund of one line returns its part of the discount.
    let weights: Vec<i64> = subtotals.iter().map(|subtotal| subtotal.amount).collect();
    let discounts = discount.allocate(&weights)?;
    let lines: Vec<CartLine> = priced_lines
        .iter()
        .zip(subtotals)
        .zip(discounts)
        .map(|(((variant, quantity), subtotal), discount)| line(variant, *quantity, subtotal, discount, pricing))
        .collect::<Result<_, _>>()?;
    let shipping = match &cart.shipping {
        Some(chosen) if chosen.is_valid_for(cart, now) => Some(shipping(chosen, &promotion, pricing)?),
        Some(_) => {
            changes.push(change(
                ChangeKind::ShippingDropped,
                None,
                "Your cart changed. Please choose delivery again.".into(),
            ));
            None
        }
        None => None,
    };
    if let PromotionCheck::Rejected { reason, .. } = &promotion {
        changes.push(change(ChangeKind::PromotionDropped, None, reason.clone()));
    }
    let totals = totals(&lines, shipping.as_ref(), pricing)?;
    Ok(PricedCart { lines, promotion: promotion.into_view(), shipping, totals, changes })
}

fn change(kind: ChangeKind, sku: Option<&Sku>, message: String) -> CartChange {
    CartChange { kind, sku: sku.cloned(), message }
}

fn line_change(variant: &PricedVariant, quantity: Quantity, seen: Option<Money>) -> Option<CartChange> {
    // A shortage hides a changed price: the customer must change the line anyway and then sees the price.
    if let Some(left) = variant.available.filter(|left| *left < quantity.get()) {
        let message = match left {
            0 => format!("{} is sold out.", variant.title),
            left => format!("Only {left} left of {}.", variant.title),
        };
        return Some(change(ChangeKind::QuantityReduced, Some(&variant.sku), message));
    }
    let seen = seen.filter(|seen| *seen != variant.price)?;
    let message = format!("The price of {} changed from {} to {}.", variant.title, seen, variant.price);
    Some(change(ChangeKind::PriceChanged, Some(&variant.sku), message))
}

/// The result of checking the cart's promotion code.
enum PromotionCheck {
    NoCode,
    Applies(Promotion),
    Rejected { code: String, reason: String },
}

impl PromotionCheck {
    fn into_view(self) -> Option<CartPromotion> {
        match self {
            Self::NoCode => None,
            Self::Applies(promotion) => Some(CartPromotion {
                code: promotion.code,
                description: promotion.description,
                applies: true,
                reason: None,
            }),
            Self::Rejected { code, reason } => {
                Some(CartPromotion { code, description: String::new(), applies: false, reason: Some(reason) })
            }
        }
    }
}

fn check_promotion(cart: &Cart, pricing: &Pricing, subtotal: Money, now: Timestamp) -> PromotionCheck {
    let Some(code) = &cart.code else { return PromotionCheck::NoCode };
    let Some(promotion) = &pricing.promotion else {
        // The code was valid when it was applied, and has been deleted since.
        return PromotionCheck::Rejected { code: code.clone(), reason: NO_LONGER_VALID.to_owned() };
    };
    match rejection_reason(promotion, subtotal, now) {
        Some(reason) => PromotionCheck::Rejected { code: promotion.code.clone(), reason },
        None => PromotionCheck::Applies(promotion.clone()),
    }
}

/// Returns the reason, for the customer, why a promotion does not apply to a cart with this subtotal; `None` when it
/// applies.
pub fn rejection_reason(promotion: &Promotion, subtotal: Money, now: Timestamp) -> Option<String> {
    if !promotion.active || promotion.ends_at.is_some_and(|end| end <= now) {
        return Some(NO_LONGER_VALID.to_owned());
    }
    if promotion.starts_at.is_some_and(|start| start > now) {
        return Some("This code is not valid yet.".to_owned());
    }
    if promotion.usage_limit.is_some_and(|limit| promotion.used >= limit) {
        return Some("This code has reached its usage limit.".to_owned());
    }
    let minimum = promotion.min_subtotal.filter(|minimum| subtotal.amount < minimum.amount)?;
    Some(format!("This code requires a minimum order of {minimum}."))
}

fn discount(promotion: &Promotion, subtotal: Money) -> Result<Money, MoneyError> {
    match promotion.benefit {
        Benefit::Percent { rate } => rate.of(subtotal),
        Benefit::Fixed { amount } => Ok(amount.at_most(subtotal)),
        // Free shipping discounts the shipping price instead of the lines.
        Benefit::FreeShipping => Ok(subtotal.currency.zero()),
    }
}

/// Returns the tax on `amount`, and the amount that the customer pays.
fn taxed(amount: Money, rate: Rate, pricing: &Pricing) -> Result<(Money, Money), MoneyError> {
    if pricing.prices_include_tax {
        Ok((rate.included_in(amount)?, amount))
    } else {
        let tax = rate.of(amount)?;
        Ok((tax, amount.plus(tax)?))
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
        withdrawal_exception: variant.withdrawal_exception,
    })
}

fn shipping(
    chosen: &ChosenShipping,
    promotion: &PromotionCheck,
    pricing: &Pricing,
) -> Result<CartShipping, MoneyError> {
    let is_free = matches!(promotion, PromotionCheck::Applies(promotion) if promotion.benefit == Benefit::FreeShipping);
    // The shipping price stays visible, with a discount of the same amount.
    let discount = if is_free { chosen.option.price } else { pricing.currency.zero() };
    let (tax, total) = taxed(chosen.option.price.minus(discount)?, pricing.shipping_rate, pricing)?;
    let standard_total = match chosen.least_price {
        Some(price) if !is_free => Some(taxed(price, pricing.shipping_rate, pricing)?.1),
        Some(_) => Some(pricing.currency.zero()),
        None => None,
    };
    Ok(CartShipping {
        quote_id: chosen.quote_id,
        option: chosen.option.option.clone(),
        label: chosen.option.label.clone(),
        price: chosen.option.price,
        discount,
        tax,
        total,
        standard_total,
        place: chosen.place.clone(),
        estimated: chosen.estimated,
        destination: chosen.destination.clone(),
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
