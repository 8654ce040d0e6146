//! The consumer's right of withdrawal from a distance contract.
//!
//! Directive 2011/83/EU, articles 9 to 16, with the withdrawal function of article 11a, which Directive (EU) 2023/2673 adds.

use super::ReturnLine;
use crate::Country;
use chassis::{ProblemKind, StatusCode};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// There is no right of withdrawal, its period has ended, or fewer units are left.
pub const NOT_WITHDRAWABLE: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "not-withdrawable", "Withdrawal not possible");

/// The customer's right to withdraw from the contract without a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WithdrawalRight {
    /// The SKUs and quantities that the customer can withdraw from.
    pub lines: Vec<ReturnLine>,
    /// The time when the right ends (UTC, RFC 3339); null until the last shipment is delivered.
    pub until: Option<Timestamp>,
}

/// A declaration of withdrawal. It needs no reason.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "lines": [{ "sku": "MUG-BLUE-330", "quantity": 1 }] }))]
pub struct WithdrawalRequest {
    /// The SKUs and quantities to withdraw from. Default: null, everything that is left.
    #[serde(default)]
    pub lines: Option<Vec<ReturnLine>>,
}

/// The countries of the European Economic Area, and the United Kingdom, whose Consumer Contracts Regulations 2013 have the
/// same period.
const COUNTRIES: [&str; 31] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI",
    "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];
/// The length of the period, article 9 (1).
const PERIOD_DAYS: i64 = 14;

/// Returns true if the law of the country of delivery gives consumers the right of withdrawal.
pub fn has_withdrawal_right(country: Country) -> bool {
    COUNTRIES.contains(&country.code())
}

/// Returns the end of the right for goods of which the last were delivered at this time.
///
/// The day of the delivery does not count, and a period that would end on a Saturday or Sunday ends on Monday (Regulation
/// (EEC, Euratom) 1182/71, article 3). Public holidays are not known here. The day ends where it ends last on Earth, since
/// the customer's time zone is not known either.
pub fn withdrawal_deadline(delivered_at: Timestamp) -> Timestamp {
    let delivered = delivered_at.to_zoned(TimeZone::UTC).date();
    let last_day = delivered.saturating_add(PERIOD_DAYS.days());
    let extension = match last_day.weekday() {
        Weekday::Saturday => 2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    let day_after = last_day.saturating_add((extension + 1).days());
    let midnight = day_after.to_zoned(TimeZone::UTC).map_or(delivered_at, |zoned| zoned.timestamp());
    midnight.saturating_add(SignedDuration::from_hours(12)).unwrap_or(midnight)
}
