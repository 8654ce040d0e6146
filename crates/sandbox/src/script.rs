//! The script of a payment, selected by the name on the card or by the amount.

use serde::{Deserialize, Serialize};

/// The outcome of an authorisation, once 3-D Secure is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Authorise,
    /// Refused by the bank with this code.
    Refuse(String),
    /// Stopped as probable fraud, without a request to the bank.
    HighRisk,
    /// An error of the gateway without effect.
    Error,
}

/// The script that a name selects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Script {
    // The aliases are the names in ledger files of earlier versions.
    #[serde(alias = "verdict")]
    pub outcome: Outcome,
    /// The response to the authorisation is lost.
    #[serde(alias = "lost")]
    pub response_lost: bool,
    /// The response takes three seconds.
    pub slow: bool,
    /// 3-D Secure requires device data first.
    pub device_data: bool,
    /// 3-D Secure requires a challenge.
    pub challenge: bool,
    /// The authorisation expires after a minute.
    pub expires: bool,
    /// Refunds fail after they were sent.
    #[serde(alias = "bounces")]
    pub refunds_fail: bool,
    /// The payment is charged back a minute after it was settled.
    pub charged_back: bool,
}

impl Script {
    /// Selects the script for a name on the card and an amount in minor units.
    pub(crate) fn select(holder: &str, amount: i64) -> Self {
        // Customers type the name, so neither case nor additional spaces matter.
        let name = holder.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        Self {
            outcome: outcome(&name, amount),
            response_lost: name == "LOST" || amount == 66_699,
            slow: name == "SLOW",
            device_data: matches!(name.as_str(), "DEVICE" | "DEVICE CHALLENGE"),
            challenge: matches!(name.as_str(), "CHALLENGE" | "DEVICE CHALLENGE"),
            expires: name == "EXPIRES",
            refunds_fail: name == "BOUNCE",
            charged_back: name == "CHARGEBACK",
        }
    }
}

fn outcome(name: &str, amount: i64) -> Outcome {
    // `REFUSED` may be followed by a code; names that merely begin with the word are ordinary names.
    let refused = name.strip_prefix("REFUSED").map(str::trim);
    match (refused, name, amount) {
        (Some(""), _, _) | (_, _, 66_605) => Outcome::Refuse("5".to_owned()),
        (Some(code), _, _) if code.len() <= 3 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Outcome::Refuse(code.to_owned())
        }
        (_, _, 66_651) => Outcome::Refuse("51".to_owned()),
        (_, "FRAUD", _) => Outcome::HighRisk,
        (_, "ERROR", _) => Outcome::Error,
        _ => Outcome::Authorise,
    }
}

/// The refusal code of payments that would have required 3-D Secure.
pub(crate) const NOT_AUTHENTICATED: &str = "8";

/// Returns Worldpay's description of a refusal code.
pub(crate) fn refusal_description(code: &str) -> &'static str {
    match code {
        "4" => "HOLD CARD",
        "8" => "APPROVE AFTER IDENTIFICATION",
        "13" => "INVALID AMOUNT",
        "15" => "INVALID CARD ISSUER",
        "17" => "ANNULATION BY CLIENT",
        "28" => "ACCESS DENIED",
        "29" => "IMPOSSIBLE REFERENCE NUMBER",
        "33" => "CARD EXPIRED",
        "34" => "FRAUD SUSPICION",
        "38" => "SECURITY CODE EXPIRED",
        "41" => "LOST CARD",
        "43" => "STOLEN CARD, PICK UP",
        "51" => "LIMIT EXCEEDED",
        "55" => "INVALID SECURITY CODE",
        "56" => "UNKNOWN CARD",
        "57" => "ILLEGAL TRANSACTION",
        "62" => "RESTRICTED CARD",
        "63" => "SECURITY RULES VIOLATED",
        "75" => "SECURITY CODE INVALID",
        "76" => "CARD BLOCKED",
        "85" => "REJECTED BY CARD ISSUER",
        _ => "REFUSED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_on_the_card_selects_the_outcome() {
        assert_eq!(Script::select("REFUSED51", 100).outcome, Outcome::Refuse("51".into()));
        assert_eq!(Script::select(" refused ", 100).outcome, Outcome::Refuse("5".into()));
        assert_eq!(Script::select("Refusedova", 100).outcome, Outcome::Authorise);
        assert_eq!(Script::select("Ada Lovelace", 100).outcome, Outcome::Authorise);
        assert_eq!(Script::select("Ada Lovelace", 66_651).outcome, Outcome::Refuse("51".into()));
        assert!(Script::select("Lost", 100).response_lost);
        assert!(Script::select("Ada Lovelace", 66_699).response_lost);
    }

    #[test]
    fn a_name_can_require_device_data_and_a_challenge() {
        let both = Script::select("device  challenge", 100);
        assert!(both.device_data && both.challenge);
        let device = Script::select("DEVICE", 100);
        assert!(device.device_data && !device.challenge);
    }
}
