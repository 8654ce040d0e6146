//! Money as integer minor units of an ISO 4217 currency. Floating point is never used for amounts.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A currency as a three-letter ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Returns the three-letter ISO 4217 code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Returns the number of decimal digits of the minor unit: 2 for USD, 0 for JPY, 3 for BHD.
    pub fn exponent(self) -> u32 {
        // ISO 4217 has no minor unit for codes such as XAU (gold) and XTS (tests).
        self.0.exponent().unwrap_or(0).into()
    }

    /// Checks that a new shop can have its prices in this currency, by ISO 4217 of 2026.
    ///
    /// # Errors
    /// The reason why it cannot.
    pub fn check_for_new_shop(self) -> Result<(), UnfitCurrency> {
        // ISO 4217 lists the bolívar under both VED and VES; the library calls the second one superseded, see
        // `findings/iso-currency-bolivar.sh`.
        let is_listed = self.0 == iso_currency::Currency::VES;
        match self.0.is_superseded() {
            Some(successor) if !is_listed => Err(UnfitCurrency::Replaced(self, Self(successor.latest()))),
            _ if self.0.is_special() || self.0.is_fund() || self.0.exponent().is_none() => {
                Err(UnfitCurrency::NotMoney(self))
            }
            _ => Ok(()),
        }
    }

    /// Returns true if an amount of this currency is about what the same amount of euros is worth, with two decimals. Only
    /// in these are prices right that were made for another one.
    pub fn is_about_a_euro(self) -> bool {
        ["EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD", "BND"].contains(&self.code())
    }

    /// Returns an amount of zero in this currency.
    pub const fn zero(self) -> Money {
        Money { amount: 0, currency: self }
    }

    /// Returns an amount of minor units in this currency.
    pub const fn minor(self, amount: i64) -> Money {
        Money { amount, currency: self }
    }
}

/// The reason why a new shop cannot have prices in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitCurrency {
    /// The currency no longer exists.
    #[error("{0} was replaced by {1}")]
    Replaced(Currency, Currency),
    /// The code stands for gold, a fund, a test or the like.
    #[error("{0} is not money that customers can pay with")]
    NotMoney(Currency),
}

/// The text is not the code of a currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an ISO 4217 currency code such as EUR or USD")]
pub struct UnknownCurrency(String);

impl std::str::FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(code: &str) -> Result<Self, UnknownCurrency> {
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(|| UnknownCurrency(code.to_owned()))
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
            .description(Some("A currency as a three-letter ISO 4217 code."))
            .pattern(Some("^[A-Z]{3}$"))
            .examples(["USD"])
            .into()
    }
}

impl ToSchema for Currency {}

/// An amount of money in integer minor units of a currency: `{"amount": 1250, "currency": "USD"}` is 12.50 USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "amount": 1250, "currency": "USD" }))]
pub struct Money {
    /// The amount in minor units of the currency, such as cents for USD and yen for JPY.
    pub amount: i64,
    /// The currency of the amount (ISO 4217).
    pub currency: Currency,
}

/// The reason why a calculation with money failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The amounts have different currencies.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
    /// The result does not fit into 64 bits.
    #[error("the amount is too large")]
    Overflow,
}

impl Money {
    /// Adds two amounts of the same currency.
    ///
    /// # Errors
    /// When the currencies differ or the sum is too large.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// Subtracts an amount of the same currency.
    ///
    /// # Errors
    /// When the currencies differ or the difference is too large.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// Multiplies the amount by `count`.
    ///
    /// # Errors
    /// When the product is too large.
    pub fn times(self, count: i64) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(count).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// Adds up all amounts, which must be in `currency`.
    ///
    /// # Errors
    /// When a currency differs or the sum is too large.
    pub fn sum(currency: Currency, all: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        all.into_iter().try_fold(currency.zero(), Self::plus)
    }

    /// Returns true if the amount is zero.
    pub const fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// Returns the smaller of both amounts, or `self` when the currencies differ.
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

    /// Splits the amount in proportion to weights so that the parts add up to it exactly.
    ///
    /// Each part is rounded down, and the remaining minor units go to the largest remainders, one each (Hare-Niemeyer
    /// method); earlier parts come first on ties. When all weights are zero, the first part gets the whole amount.
    ///
    /// # Errors
    /// When a weight is negative, or when there are no weights for a non-zero amount.
    pub fn allocate(self, weights: &[i64]) -> Result<Vec<Self>, MoneyError> {
        // Products of two 64-bit numbers: 128 bits cannot overflow.
        let total_weight: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        if weights.iter().any(|weight| *weight < 0) || (weights.is_empty() && self.amount != 0) {
            return Err(MoneyError::Overflow);
        }
        if total_weight == 0 {
            let rest = std::iter::repeat_n(self.currency.zero(), weights.len().saturating_sub(1));
            return Ok(weights.first().map(|_| self).into_iter().chain(rest).collect());
        }
        let amount = i128::from(self.amount);
        // Euclidean division rounds negative quotients down too, so `missing` is never negative.
        let mut parts: Vec<i128> =
            weights.iter().map(|weight| (amount * i128::from(*weight)).div_euclid(total_weight)).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        let remainder = |index: usize| (amount * i128::from(weights[index])).rem_euclid(total_weight);
        // Ties are broken by position, so that every calculation of a cart allocates the same amounts.
        order.sort_by(|a, b| remainder(*b).cmp(&remainder(*a)).then(a.cmp(b)));
        let missing = usize::try_from(amount - parts.iter().sum::<i128>()).map_err(|_| MoneyError::Overflow)?;
        for index in order.into_iter().take(missing) {
            parts[index] += 1;
        }
        parts.into_iter().map(|part| Ok(self.currency.minor(narrow(part)?))).collect()
    }
}

impl std::fmt::Display for Money {
    /// Formats the amount in major units with its currency, such as `12.50 USD`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.currency.exponent() as usize;
        let scale = 10u64.pow(self.currency.exponent());
        // The sign is written separately, because `i64::MIN` has no positive counterpart of its type.
        let absolute = self.amount.unsigned_abs();
        let sign = if self.amount < 0 { "-" } else { "" };
        if digits == 0 {
            write!(f, "{sign}{absolute} {}", self.currency)
        } else {
            write!(f, "{sign}{}.{:0digits$} {}", absolute / scale, absolute % scale, self.currency)
        }
    }
}

/// A proportion in millionths, from 0 to 1000000: 190000 is 19 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u32, maximum = 1_000_000, example = 190_000)]
pub struct Rate(u32);

const ONE_MILLION: i128 = 1_000_000;

impl Rate {
    /// The proportion of zero percent.
    pub const ZERO: Self = Self(0);

    /// Creates a rate, or returns `None` when it is more than one million.
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths <= 1_000_000 { Some(Self(millionths)) } else { None }
    }

    /// Returns the rate in millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Returns this proportion of an amount, rounded half to even.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the result does not fit.
    pub fn of(self, money: Money) -> Result<Money, MoneyError> {
        // In 64 bits, the product could overflow for amounts above nine trillion minor units.
        let part = half_even(i128::from(money.amount) * i128::from(self.0), ONE_MILLION);
        Ok(money.currency.minor(narrow(part)?))
    }

    /// Returns the tax contained in a gross amount at this rate: `amount × r / (1 + r)`, rounded half to even.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`] when the result does not fit.
    pub fn included_in(self, money: Money) -> Result<Money, MoneyError> {
        let part = half_even(i128::from(money.amount) * i128::from(self.0), ONE_MILLION + i128::from(self.0));
        Ok(money.currency.minor(narrow(part)?))
    }
}

// A derived implementation would accept more than one million.
impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millionths = u32::deserialize(deserializer)?;
        Self::from_millionths(millionths)
            .ok_or_else(|| serde::de::Error::custom("must be a rate in millionths, from 0 to 1000000"))
    }
}

impl std::fmt::Display for Rate {
    /// Formats the rate as a percentage without trailing zeros, such as `19%` or `7.7%`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (percent, rest) = (self.0 / 10_000, self.0 % 10_000);
        let digits = format!("{rest:04}");
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() { write!(f, "{percent}%") } else { write!(f, "{percent}.{digits}%") }
    }
}

fn narrow(amount: i128) -> Result<i64, MoneyError> {
    i64::try_from(amount).map_err(|_| MoneyError::Overflow)
}

/// Divides and rounds to the nearest integer, ties to even. `denominator` must be positive.
fn half_even(numerator: i128, denominator: i128) -> i128 {
    // Euclidean division keeps the remainder positive, so that ties of negative amounts are recognised as well.
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
    fn only_current_money_can_begin_a_shop() {
        let check = |code: &str| code.parse::<Currency>().expect("a code").check_for_new_shop();
        for code in ["EUR", "USD", "JPY", "KWD", "VND", "XCG", "ZWG", "SLE", "VES", "VED", "XOF", "XAF", "XPF", "XCD"] {
            assert_eq!(check(code), Ok(()), "{code}");
        }
        for code in ["BGN", "HRK", "SLL", "ZWL", "CUC"] {
            assert!(matches!(check(code), Err(UnfitCurrency::Replaced(..))), "{code}");
        }
        for code in ["XXX", "XAU", "XTS", "XDR", "XAD", "CLF", "BOV", "CHE", "USN"] {
            assert!(matches!(check(code), Err(UnfitCurrency::NotMoney(_))), "{code}");
        }
        assert_eq!(check("BGN").map_err(|error| error.to_string()), Err("BGN was replaced by EUR".to_owned()));
    }

    #[test]
    fn shares_are_rounded_half_to_even() {
        let ten_percent = Rate::from_millionths(100_000).unwrap();
        assert_eq!(ten_percent.of(usd(25)).unwrap(), usd(2));
        assert_eq!(ten_percent.of(usd(35)).unwrap(), usd(4));
        assert_eq!(ten_percent.of(usd(-25)).unwrap(), usd(-2));
    }

    #[test]
    fn amounts_are_formatted_with_the_digits_of_their_currency() {
        assert_eq!(usd(1250).to_string(), "12.50 USD");
        assert_eq!("JPY".parse::<Currency>().unwrap().minor(1250).to_string(), "1250 JPY");
        assert_eq!("BHD".parse::<Currency>().unwrap().minor(-1250).to_string(), "-1.250 BHD");
    }

    #[test]
    fn amounts_in_different_currencies_cannot_be_added() {
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
            let total_weight: i64 = weights.iter().sum();
            if total_weight > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let exact = i128::from(amount) * i128::from(*weight);
                    let off = (i128::from(part.amount) * i128::from(total_weight) - exact).abs();
                    prop_assert!(off < i128::from(total_weight));
                }
            }
        }

        #[test]
        fn included_tax_equals_the_tax_on_the_net_amount(net in 0i64..1_000_000_000, millionths in 0u32..500_000) {
            let rate = Rate::from_millionths(millionths).unwrap();
            let gross = usd(net).plus(rate.of(usd(net)).unwrap()).unwrap();
            let tax = rate.included_in(gross).unwrap();
            prop_assert!((gross.minus(tax).unwrap().amount - net).abs() <= 1);
        }
    }
}
