//! What happens to a payment, chosen by the name on the card or by the amount.

use serde::{Deserialize, Serialize};

/// What is decided about an authorisation once nothing more is asked of the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Authorise,
    /// Refused by the bank, with this code.
    Refuse(String),
    /// Stopped as probable fraud, before any bank is asked.
    HighRisk,
    /// An error of the gateway, without effect.
    Error,
}

/// All that a name chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Script {
    pub verdict: Verdict,
    /// The answer is lost on its way.
    pub lost: bool,
    /// The answer takes three seconds.
    pub slow: bool,
    /// 3-D Secure asks for data of the device first.
    pub device_data: bool,
    /// 3-D Secure asks the customer.
    pub challenge: bool,
    /// The authorisation runs out after a minute.
    pub expires: bool,
    /// Refunds fail afterwards.
    pub bounces: bool,
    /// The customer takes the money back through the bank, a minute after it was taken.
    pub charged_back: bool,
}

impl Script {
    /// What this name on the card, and this amount in minor units, bring about.
    pub(crate) fn of(holder: &str, amount: i64) -> Self {
        let name = holder.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        Self {
            verdict: verdict(&name, amount),
            lost: name == "LOST" || amount == 66_699,
            slow: name == "SLOW",
            device_data: matches!(name.as_str(), "DEVICE" | "DEVICE CHALLENGE"),
            challenge: matches!(name.as_str(), "CHALLENGE" | "DEVICE CHALLENGE"),
            expires: name == "EXPIRES",
            bounces: name == "BOUNCE",
            charged_back: name == "CHARGEBACK",
        }
    }
}

fn verdict(name: &str, amount: i64) -> Verdict {
    let refused = name.strip_prefix("REFUSED").map(str::trim);
    match (refused, name, amount) {
        (Some(""), _, _) | (_, _, 66_605) => Verdict::Refuse("5".to_owned()),
        (Some(code), _, _) if code.len() <= 3 && code.bytes().all(|byte| byte.is_ascii_digit()) => {
            Verdict::Refuse(code.to_owned())
        }
        (_, _, 66_651) => Verdict::Refuse("51".to_owned()),
        (_, "FRAUD", _) => Verdict::HighRisk,
        (_, "ERROR", _) => Verdict::Error,
        _ => Verdict::Authorise,
    }
}

/// The code of those that would have had to be confirmed with the bank, and could not be.
pub(crate) const NOT_IDENTIFIED: &str = "8";

/// Worldpay's words for a refusal code.
pub(crate) fn description(code: &str) -> &'static str {
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
    fn the_name_on_the_card_chooses_the_verdict() {
        assert_eq!(Script::of("REFUSED51", 100).verdict, Verdict::Refuse("51".into()));
        assert_eq!(Script::of(" refused ", 100).verdict, Verdict::Refuse("5".into()));
        assert_eq!(Script::of("Refusedova", 100).verdict, Verdict::Authorise);
        assert_eq!(Script::of("Ada Lovelace", 100).verdict, Verdict::Authorise);
        assert_eq!(Script::of("Ada Lovelace", 66_651).verdict, Verdict::Refuse("51".into()));
        assert!(Script::of("Lost", 100).lost);
        assert!(Script::of("Ada Lovelace", 66_699).lost);
    }

    #[test]
    fn a_name_can_ask_for_data_of_the_device_and_for_the_customer() {
        let both = Script::of("device  challenge", 100);
        assert!(both.device_data && both.challenge);
        let device = Script::of("DEVICE", 100);
        assert!(device.device_data && !device.challenge);
    }
}
