//! Money: whole minor units and an ISO 4217 currency. No floating point anywhere near it.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The three-letter code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimal digits the minor unit has: 2 for USD, 0 for JPY, 3 for BHD.
    pub fn exponent(self) -> u32 {
        self.0.exponent().unwrap_or(0).into()
    }

    /// Nothing, in this currency.
    pub const fn zero(self) -> Money {
        Money { amount: 0, currency: self }
    }

    /// An amount of minor units in this currency.
    pub const fn minor(self, amount: i64) -> Money {
        Money { amount, currency: self }
    }
}

impl std::str::FromStr for Currency {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        iso_currency::Currency::from_code(code)
            .map(Self)
            .ok_or_else(|| format!("{code:?} is not a currency code of ISO 4217, such as EUR or USD"))
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 code"))
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["USD"])
            .into()
    }
}

impl ToSchema for Currency {}

/// An amount in minor units of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: cents for USD, yen for JPY.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why a calculation with money cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Amounts of different currencies do not mix.
    #[error("{0} and {1} do not mix")]
    CurrencyMismatch(Currency, Currency),
    /// The result is larger than can be held.
    #[error("the amount is too large")]
    Overflow,
}

impl Money {
    /// The sum.
    ///
    /// # Errors
    /// When the currencies differ or the sum is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// When the currencies differ or the difference is too large.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// This many times.
    ///
    /// # Errors
    /// When the product is too large.
    pub fn times(self, count: i64) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(count).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The sum of all, in `currency`.
    ///
    /// # Errors
    /// When a currency differs or the sum is too large.
    pub fn sum(currency: Currency, all: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        all.into_iter().try_fold(currency.zero(), Self::plus)
    }

    /// Whether there is nothing.
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// The smaller one; amounts of different currencies are left as they are.
    #[must_use]
    pub fn at_most(self, limit: Self) -> Self {
        if self.currency == limit.currency && limit.amount < self.amount { limit } else { self }
    }

    fn same(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }

    /// Splits the amount by weights so that the parts add up to it exactly: each gets its share rounded down, and what
    /// is left goes, one unit each, to the largest remainders (Hare and Niemeyer), the earlier one first where they tie.
    /// Without any weight, all of it goes to the first part.
    ///
    /// # Errors
    /// When a weight is negative or there is no part to give a non-zero amount to.
    pub fn allocate(self, weights: &[i64]) -> Result<Vec<Self>, MoneyError> {
        let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if weights.iter().any(|weight| *weight < 0) || (weights.is_empty() && self.amount != 0) {
            return Err(MoneyError::Overflow);
        }
        if whole == 0 {
            let rest = std::iter::repeat_n(self.currency.zero(), weights.len().saturating_sub(1));
            return Ok(weights.first().map(|_| self).into_iter().chain(rest).collect());
        }
        let amount = i128::from(self.amount);
        let mut parts: Vec<i128> =
            weights.iter().map(|weight| (amount * i128::from(*weight)).div_euclid(whole)).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        let remainder = |index: usize| (amount * i128::from(weights[index])).rem_euclid(whole);
        order.sort_by(|a, b| remainder(*b).cmp(&remainder(*a)).then(a.cmp(b)));
        let missing = usize::try_from(amount - parts.iter().sum::<i128>()).map_err(|_| MoneyError::Overflow)?;
        for index in order.into_iter().take(missing) {
            parts[index] += 1;
        }
        parts.into_iter().map(|part| Ok(self.currency.minor(narrow(part)?))).collect()
    }
}

impl std::fmt::Display for Money {
    /// `12.50 USD`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.currency.exponent() as usize;
        let scale = 10u64.pow(self.currency.exponent());
        let absolute = self.amount.unsigned_abs();
        let sign = if self.amount < 0 { "-" } else { "" };
        if digits == 0 {
            write!(f, "{sign}{absolute} {}", self.currency)
        } else {
            write!(f, "{sign}{}.{:0digits$} {}", absolute / scale, absolute % scale, self.currency)
        }
    }
}

/// A share in millionths: 190 000 is 19 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u32, maximum = 1_000_000, example = 190_000)]
pub struct Rate(u32);

const WHOLE: i128 = 1_000_000;

impl Rate {
    /// No share.
    pub const ZERO: Self = Self(0);

    /// This many millionths, at most a million.
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= 1_000_000 { Some(Self(millionths)) } else { None }
    }

    /// The share in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// This share of an amount, rounded half to even.
    ///
    /// # Errors
    /// Never for real amounts; [`MoneyError::Overflow`] otherwise.
    pub fn of(self, money: Money) -> Result<Money, MoneyError> {
        let part = half_even(i128::from(money.amount) * i128::from(self.0), WHOLE);
        Ok(money.currency.minor(narrow(part)?))
    }

    /// The part of `money` that is tax when `money` includes tax at this rate: `amount × r / (1 + r)`, half to even.
    ///
    /// # Errors
    /// Never for real amounts; [`MoneyError::Overflow`] otherwise.
    pub fn included_in(self, money: Money) -> Result<Money, MoneyError> {
        let part = half_even(i128::from(money.amount) * i128::from(self.0), WHOLE + i128::from(self.0));
        Ok(money.currency.minor(narrow(part)?))
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millionths = u32::deserialize(deserializer)?;
        Self::from_millionths(millionths)
            .ok_or_else(|| serde::de::Error::custom("a rate is given in millionths, from 0 to 1000000"))
    }
}

impl std::fmt::Display for Rate {
    /// `19%`, `7.7%`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        let digits = format!("{rest:04}");
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() { write!(f, "{whole}%") } else { write!(f, "{whole}.{digits}%") }
    }
}

fn narrow(amount: i128) -> Result<i64, MoneyError> {
    i64::try_from(amount).map_err(|_| MoneyError::Overflow)
}

/// `numerator / denominator`, rounded to the nearest whole, ties to the even one. `denominator` is positive.
fn half_even(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    match (remainder * 2).cmp(&denominator) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(amount: i64) -> Money {
        "USD".parse::<Currency>().unwrap().minor(amount)
    }

    #[test]
    fn rounding_goes_half_to_even() {
        let ten_percent = Rate::from_millionths(100_000).unwrap();
        assert_eq!(ten_percent.of(usd(25)).unwrap(), usd(2));
        assert_eq!(ten_percent.of(usd(35)).unwrap(), usd(4));
        assert_eq!(ten_percent.of(usd(-25)).unwrap(), usd(-2));
    }

    #[test]
    fn amounts_are_shown_with_the_digits_of_their_currency() {
        assert_eq!(usd(1250).to_string(), "12.50 USD");
        assert_eq!("JPY".parse::<Currency>().unwrap().minor(1250).to_string(), "1250 JPY");
        assert_eq!("BHD".parse::<Currency>().unwrap().minor(-1250).to_string(), "-1.250 BHD");
    }

    #[test]
    fn different_currencies_do_not_mix() {
        assert!(usd(1).plus("EUR".parse::<Currency>().unwrap().minor(1)).is_err());
    }

    proptest! {
        #[test]
        fn allocated_parts_add_up_and_stay_within_one_unit_of_their_share(
            amount in 0i64..1_000_000_000,
            weights in prop::collection::vec(0i64..1_000_000, 1..20),
        ) {
            let parts = usd(amount).allocate(&weights).unwrap();
            prop_assert_eq!(parts.iter().map(|part| part.amount).sum::<i64>(), amount);
            let whole: i64 = weights.iter().sum();
            if whole > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let exact = i128::from(amount) * i128::from(*weight);
                    let off = (i128::from(part.amount) * i128::from(whole) - exact).abs();
                    prop_assert!(off < i128::from(whole));
                }
            }
        }

        #[test]
        fn included_tax_is_what_the_net_amount_would_bear(net in 0i64..1_000_000_000, millionths in 0u32..500_000) {
            let rate = Rate::from_millionths(millionths).unwrap();
            let gross = usd(net).plus(rate.of(usd(net)).unwrap()).unwrap();
            let tax = rate.included_in(gross).unwrap();
            prop_assert!((gross.minus(tax).unwrap().amount - net).abs() <= 1);
        }
    }
}
