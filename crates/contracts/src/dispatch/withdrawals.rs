//! The consumer's right of withdrawal from a distance contract.
//!
//! Directive 2011/83/EU, articles 9 to 16, with the withdrawal function of article 11a, which Directive (EU) 2023/2673 adds.

use super::ReturnLine;
use crate::Country;
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
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
/// Returns true if the law of the country of delivery gives consumers the right of withdrawal.
pub fn has_withdrawal_right(country: Country) -> bool {
    COUNTRIES.contains(&country.code())
}
