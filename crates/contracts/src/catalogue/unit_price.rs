//! Content of a unit and its price per base quantity, which shops in the EU must show for goods sold by weight, volume, length
//! or area (Directive 98/6/EC).

use crate::Money;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// A dimension of measures; only measures of one dimension can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dimension {
    Weight,
    Volume,
    Length,
    Area,
    Count,
}

/// The units: the name, its other spellings in files of Shopify, the dimension, and the size in the smallest unit that
/// represents all units of the dimension exactly: 10 µg, 1/10,000,000 ml, 1/10,000 mm, 1/10,000 mm² and 1.
// A US gallon has 231 cubic inches, an inch 25.4 mm, an international pound 453.59237 g.
const UNITS: &[(&str, &[&str], Dimension, u64)] = &[
    ("mg", &[], Dimension::Weight, 100),
    ("g", &[], Dimension::Weight, 100_000),
    ("kg", &[], Dimension::Weight, 100_000_000),
    ("lb", &["lbs"], Dimension::Weight, 45_359_237),
    ("ml", &[], Dimension::Volume, 10_000_000),
    ("cl", &[], Dimension::Volume, 100_000_000),
    ("l", &["litre", "liter"], Dimension::Volume, 10_000_000_000),
    ("m³", &["m3", "cbm"], Dimension::Volume, 10_000_000_000_000),
    ("pt", &["pint"], Dimension::Volume, 4_731_764_730),
    ("qt", &["quart"], Dimension::Volume, 9_463_529_460),
    ("gal", &["gallon"], Dimension::Volume, 37_854_117_840),
    ("mm", &[], Dimension::Length, 10_000),
    ("cm", &[], Dimension::Length, 100_000),
    ("m", &[], Dimension::Length, 10_000_000),
    ("in", &[], Dimension::Length, 254_000),
    ("ft", &[], Dimension::Length, 3_048_000),
    ("yd", &[], Dimension::Length, 9_144_000),
    ("m²", &["m2", "sqm"], Dimension::Area, 10_000_000_000),
    ("ft²", &["ft2", "sqft"], Dimension::Area, 929_030_400),
    ("item", &["items", "piece", "pieces"], Dimension::Count, 1),
];

/// The largest amount of a measure: with it, no calculation below overflows 128 bits.
const MAX_THOUSANDTHS: u64 = 1_000_000_000;

/// An amount with a unit, such as `250 g`, `0.75 l` or `6 item`: up to 1,000,000 with at most three decimals.
///
/// The units are mg, g, kg, lb; ml, cl, l, m³, pt, qt, gal (of the United States); mm, cm, m, in, ft, yd; m², ft²; item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "250 g")]
pub struct Measure(Quantity);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Quantity {
    thousandths: u64,
    /// The index in [`UNITS`].
    unit: usize,
}

/// The text is not a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMeasure {
    /// The amount is not a positive number of at most three decimals.
    #[error("must be an amount above 0, at most 1000000 with three decimals, and a unit, such as 250 g or 0.75 l")]
    Amount,
    /// The unit is unknown.
    #[error(
        "must have one of the units mg, g, kg, lb, ml, cl, l, m³, pt, qt, gal, mm, cm, m, in, ft, yd, m², ft², item"
    )]
    Unit,
}

impl Measure {
    /// Parses an amount and a unit that are given apart, as in a product CSV.
    ///
    /// # Errors
    /// When the amount or the unit is invalid.
    pub fn from_parts(amount: &str, unit: &str) -> Result<Self, InvalidMeasure> {
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let fraction = fraction.trim_end_matches('0');
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 7 || fraction.len() > 3 || !is_number(whole) || !is_number(fraction) {
            return Err(InvalidMeasure::Amount);
        }
        let thousandths: u64 = format!("{whole}{fraction:0<3}").parse().map_err(|_| InvalidMeasure::Amount)?;
        if thousandths == 0 || thousandths > MAX_THOUSANDTHS {
            return Err(InvalidMeasure::Amount);
        }
        let unit = unit.to_lowercase();
        let is_unit = |(name, others, ..): &(&str, &[&str], _, _)| *name == unit || others.contains(&unit.as_str());
        let unit = UNITS.iter().position(is_unit).ok_or(InvalidMeasure::Unit)?;
        Ok(Self(Quantity { thousandths, unit }))
    }

    /// Returns the amount without its unit, such as `0.75`.
    pub fn amount(&self) -> String {
        let (whole, fraction) = (self.0.thousandths / 1000, self.0.thousandths % 1000);
        if fraction == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{}", format!("{fraction:03}").trim_end_matches('0'))
        }
    }

    /// Returns the name of the unit.
    pub fn unit(&self) -> &'static str {
        self.definition().0
    }

    /// Returns true if both measure the same, such as a weight.
    pub fn is_comparable(&self, other: &Self) -> bool {
        self.definition().2 == other.definition().2
    }

    fn definition(&self) -> &'static (&'static str, &'static [&'static str], Dimension, u64) {
        // The unit is a position in the table by construction, so the fallback is never used.
        UNITS.get(self.0.unit).unwrap_or(&UNITS[0])
    }

    fn size(&self) -> i128 {
        i128::from(self.0.thousandths) * i128::from(self.definition().3)
    }
}

impl FromStr for Measure {
    type Err = InvalidMeasure;

    fn from_str(text: &str) -> Result<Self, InvalidMeasure> {
        let (amount, unit) = text.trim().split_once(' ').ok_or(InvalidMeasure::Amount)?;
        Self::from_parts(amount, unit.trim())
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.unit())
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The content of one unit of a variant, and the quantity that its unit price refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "content": "250 g", "per": "1 kg" }))]
pub struct UnitMeasure {
    /// The content of one unit.
    pub content: Measure,
    /// The quantity that the unit price is for; it must measure the same as `content`.
    pub per: Measure,
}

/// The price of a base quantity, such as 40.00 EUR per kg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnitPrice {
    /// The price, rounded half up to minor units.
    pub price: Money,
    /// The quantity that the price is for.
    pub per: Measure,
}

impl UnitMeasure {
    /// Returns the price of the base quantity: `price` times base quantity divided by content, rounded half up.
    ///
    /// `None` if the quantities cannot be compared, or the result has more than 64 bits.
    pub fn unit_price(&self, price: Money) -> Option<UnitPrice> {
        if !self.content.is_comparable(&self.per) {
            return None;
        }
        let content = self.content.size();
        let product = i128::from(price.amount).checked_mul(self.per.size())?;
        let rounded = (product.checked_mul(2)?.checked_add(content)?).div_euclid(content.checked_mul(2)?);
        Some(UnitPrice { price: price.currency.minor(i64::try_from(rounded).ok()?), per: self.per })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    fn unit_price(cents: i64, content: &str, per: &str) -> Option<String> {
        let eur: Currency = "EUR".parse().unwrap();
        let measure = UnitMeasure { content: content.parse().unwrap(), per: per.parse().unwrap() };
        measure.unit_price(eur.minor(cents)).map(|found| format!("{} per {}", found.price, found.per))
    }

    #[test]
    fn the_unit_price_refers_to_the_base_quantity() {
        assert_eq!(unit_price(1000, "250 g", "1 kg").as_deref(), Some("40.00 EUR per 1 kg"));
        assert_eq!(unit_price(199, "0.75 l", "100 ml").as_deref(), Some("0.27 EUR per 100 ml"));
        assert_eq!(unit_price(100, "1 lb", "100 g").as_deref(), Some("0.22 EUR per 100 g"));
        assert_eq!(unit_price(600, "6 item", "1 item").as_deref(), Some("1.00 EUR per 1 item"));
        assert_eq!(unit_price(100, "3 m", "1 m²"), None);
    }

    #[test]
    fn measures_are_written_in_one_way() {
        for (text, written) in [("250 G", "250 g"), ("0.750 l", "0.75 l"), ("1 sqm", "1 m²"), ("007 cm", "7 cm")] {
            assert_eq!(text.parse::<Measure>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn texts_that_are_no_measures_are_rejected() {
        for text in ["", "250", "g", "0 g", "-1 g", "1.2345 g", "1,5 kg", "1000001 g", "1 stone", "1e3 g"] {
            assert!(text.parse::<Measure>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_largest_quantities_do_not_overflow() {
        assert_eq!(unit_price(i64::MAX, "0.001 ml", "1000000 m³"), None);
        assert!(unit_price(9_000_000_000, "0.001 mg", "1000000 mg").is_some());
    }
}
