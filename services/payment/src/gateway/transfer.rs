//! Bank transfer: the customer transfers the money to the merchant's account, and staff record its arrival. No request is
//! ever sent to anyone, so refunds are manual as well.

use super::{Command, Connector, HttpResponse, Next, WebhookError};
use crate::operation::{Challenge, Links, OperationKind};
use crate::payment::{Outcome, WebhookEvent};
use axum::http::HeaderMap;
use chassis::config::{Environment, Variable};
use contracts::Currency;
use contracts::payment::{CaptureTiming, MethodEntry, PaymentAction, PaymentMethod, Transfer};
use jiff::SignedDuration;

/// The name of the gateway and of its payment method.
pub const NAME: &str = "transfer";

const HOLDER: Variable = Variable { name: "TRANSFER_HOLDER", default: "", help: "bank transfer: the account holder" };
const IBAN: Variable = Variable { name: "TRANSFER_IBAN", default: "", help: "bank transfer: the account (IBAN)" };
const BIC: Variable =
    Variable { name: "TRANSFER_BIC", default: "", help: "bank transfer: the bank (BIC), where required" };
const DAYS: Variable =
    Variable { name: "TRANSFER_DAYS", default: "7", help: "bank transfer: the number of days items stay reserved" };

/// All variables, for `.env.example`.
pub const VARIABLES: &[Variable] = &[HOLDER, IBAN, BIC, DAYS];

/// The account that receives bank transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankTransfer {
    /// The account holder's name.
    pub holder: String,
    /// The account number (IBAN, ISO 13616).
    pub iban: String,
    /// The bank's identifier (BIC, ISO 9362).
    pub bic: Option<String>,
    /// The time for which items stay reserved until the money arrives.
    pub payment_window: SignedDuration,
    /// The accepted currencies; empty for all.
    pub currencies: Vec<Currency>,
}

impl BankTransfer {
    /// Reads the settings and reports mistakes to `environment`; returns `None` if there are any.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let (holder, iban) = (environment.text(&HOLDER), environment.text(&IBAN));
        let days: i64 = environment.parse(&DAYS)?;
        let (Some(holder), Some(iban)) = (holder, iban.filter(|iban| is_iban(iban))) else {
            environment.add_error("TRANSFER_HOLDER and a valid TRANSFER_IBAN are required to offer bank transfer");
            return None;
        };
        Some(Self {
            holder,
            iban: iban.chars().filter(|c| !c.is_whitespace()).collect(),
            bic: environment.text(&BIC),
            payment_window: SignedDuration::from_hours(24 * days.clamp(1, 90)),
            currencies: Vec::new(),
        })
    }
}

/// Verifies the check digits of an IBAN (ISO 7064, MOD 97-10).
fn is_iban(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if !(15..=34).contains(&compact.len()) || !compact.is_ascii() {
        return false;
    }
    let (front, rest) = compact.split_at(4);
    let remainder = rest.chars().chain(front.chars()).try_fold(0_u32, |remainder, c| {
        // Letters count as two-digit numbers, A being 10.
        let value = c.to_digit(36)?;
        Some((remainder * if value > 9 { 100 } else { 10 } + value) % 97)
    });
    remainder == Some(1)
}

impl Connector for BankTransfer {
    fn name(&self) -> &str {
        NAME
    }

    fn methods(&self) -> Vec<PaymentMethod> {
        vec![PaymentMethod {
            method: NAME.into(),
            label: "Bank transfer".into(),
            gateway: NAME.into(),
            entry: MethodEntry::Transfer,
        }]
    }

    fn supports(&self, currency: Currency) -> bool {
        self.currencies.is_empty() || self.currencies.contains(&currency)
    }

    fn capture(&self) -> CaptureTiming {
        CaptureTiming::Now
    }

    fn index_delay(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn command(&self, command: &Command) -> Next {
        let manual = |task: String| Next::outcome(Outcome::Manual { task });
        match command.kind {
            OperationKind::Authorise => {
                let until = command.at.saturating_add(self.payment_window).unwrap_or(command.at);
                let action = PaymentAction::Transfer(Transfer {
                    holder: self.holder.clone(),
                    iban: self.iban.clone(),
                    bic: self.bic.clone(),
                    reference: command.order_number.clone(),
                    until,
                });
                Next::outcome(Outcome::Challenged { challenge: Challenge { action, until, poll_seconds: None } })
            }
            OperationKind::Capture => {
                // The money is on the merchant's account since it was recorded as received.
                let gateway_id = command.about.gateway_id.clone().unwrap_or_default();
                Next::outcome(Outcome::Succeeded { gateway_id, amount: command.amount, captured: false })
            }
            OperationKind::Refund | OperationKind::Void => manual(format!(
                "Transfer {} back to {} for order {}, then mark it as done.",
                command.amount, command.payer, command.order_number
            )),
        }
    }

    fn parse_response(&self, _: &Command, _: &HttpResponse) -> Next {
        Next::Ambiguous("bank transfers have no responses".to_owned())
    }

    fn query(&self, command: &Command) -> Next {
        // Staff record the customer's transfer. Nothing else was ever sent, so it may be carried out again.
        if command.kind == OperationKind::Authorise { Next::Pending } else { Next::NotFound(Links::new()) }
    }

    fn parse_query_response(&self, _: &Command, _: &HttpResponse) -> Next {
        Next::Pending
    }

    fn resume(&self, _: &Command, _: Option<&str>) -> Next {
        Next::Pending
    }

    fn parse_webhook(&self, _: &HeaderMap, _: &[u8]) -> Result<WebhookEvent, WebhookError> {
        Err(WebhookError::Unsupported)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ibans_with_wrong_check_digits_are_rejected() {
        assert!(is_iban("DE89 3704 0044 0532 0130 00"));
        assert!(!is_iban("DE88 3704 0044 0532 0130 00"));
        assert!(!is_iban("DE89"));
    }
}
