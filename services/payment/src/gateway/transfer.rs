//! Bank transfer: the customer transfers the money to the merchant's account, and is paid when a person says that it has
//! arrived. Nothing is ever sent to anybody, so giving money back is a person's work as well.

use super::{Command, Connector, Next, WebhookEventError, WireAnswer};
use crate::attempt::{OperationKind, Challenge, Links};
use crate::payment::{WebhookEvent, Outcome};
use axum::http::HeaderMap;
use chassis::config::{Environment, Variable};
use contracts::Currency;
use contracts::payment::{CaptureTiming, MethodEntry, PaymentAction, PaymentMethod, Transfer};
use jiff::SignedDuration;

/// Its name, and that of its way to pay.
pub const NAME: &str = "transfer";

const HOLDER: Variable = Variable { name: "TRANSFER_HOLDER", default: "", help: "bank transfer: whose account it is" };
const IBAN: Variable = Variable { name: "TRANSFER_IBAN", default: "", help: "bank transfer: the account (IBAN)" };
const BIC: Variable =
    Variable { name: "TRANSFER_BIC", default: "", help: "bank transfer: the bank (BIC), where it is needed" };
const DAYS: Variable =
    Variable { name: "TRANSFER_DAYS", default: "7", help: "bank transfer: for how many days goods are held" };

/// All variables, for `.env.example`.
pub const VARIABLES: &[Variable] = &[HOLDER, IBAN, BIC, DAYS];

/// Bank transfer to one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankTransfer {
    /// Whose account it is.
    pub holder: String,
    /// The account (ISO 13616).
    pub iban: String,
    /// The bank (ISO 9362).
    pub bic: Option<String>,
    /// How long the goods are held for the money to arrive.
    pub patience: SignedDuration,
    /// The currencies it takes; all when there are none.
    pub currencies: Vec<Currency>,
}

impl BankTransfer {
    /// Reads it; `None` when something is wrong, which `environment` then knows.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let (holder, iban) = (environment.text(&HOLDER), environment.text(&IBAN));
        let days: i64 = environment.parse(&DAYS)?;
        let (Some(holder), Some(iban)) = (holder, iban.filter(|iban| is_iban(iban))) else {
            environment
                .add_error("TRANSFER_HOLDER and TRANSFER_IBAN are needed to offer bank transfer; the IBAN must be one");
            return None;
        };
        Some(Self {
            holder,
            iban: iban.chars().filter(|c| !c.is_whitespace()).collect(),
            bic: environment.text(&BIC),
            patience: SignedDuration::from_hours(24 * days.clamp(1, 90)),
            currencies: Vec::new(),
        })
    }
}

/// Whether the check digits are right (ISO 7064, MOD 97-10).
fn is_iban(text: &str) -> bool {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if !(15..=34).contains(&compact.len()) || !compact.is_ascii() {
        return false;
    }
    let (front, rest) = compact.split_at(4);
    let remainder = rest.chars().chain(front.chars()).try_fold(0_u32, |remainder, c| {
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

    fn takes(&self, currency: Currency) -> bool {
        self.currencies.is_empty() || self.currencies.contains(&currency)
    }

    fn capture(&self) -> CaptureTiming {
        CaptureTiming::Now
    }

    fn index_delay(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    fn command(&self, command: &Command) -> Next {
        let manual_note = |task: String| Next::heard(Outcome::Manual { task });
        match command.kind {
            OperationKind::Authorise => {
                let until = command.at.saturating_add(self.patience).unwrap_or(command.at);
                let action = PaymentAction::Transfer(Transfer {
                    holder: self.holder.clone(),
                    iban: self.iban.clone(),
                    bic: self.bic.clone(),
                    reference: command.order_number.clone(),
                    until,
                });
                Next::heard(Outcome::Challenged { challenge: Challenge { action, until, asked_every: None } })
            }
            OperationKind::Capture => {
                let gateway_id = command.about.gateway_id.clone().unwrap_or_default();
                Next::heard(Outcome::Succeeded { gateway_id, amount: command.amount, taken: false })
            }
            OperationKind::Refund | OperationKind::Void => manual_note(format!(
                "Transfer {} back to {} for order {}, then say that it is done.",
                command.amount, command.payer, command.order_number
            )),
        }
    }

    fn answer(&self, _: &Command, _: &WireAnswer) -> Next {
        Next::Unclear("nobody was asked".to_owned())
    }

    fn query(&self, command: &Command) -> Next {
        // A customer's transfer is told by a person; nothing else was ever sent anywhere.
        if command.kind == OperationKind::Authorise { Next::Pending } else { Next::NotFound(Links::new()) }
    }

    fn found(&self, _: &Command, _: &WireAnswer) -> Next {
        Next::Pending
    }

    fn resume(&self, _: &Command, _: Option<&str>) -> Next {
        Next::Pending
    }

    fn webhook_event(&self, _: &HeaderMap, _: &[u8]) -> Result<WebhookEvent, WebhookEventError> {
        Err(WebhookEventError::Unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_numbers_have_check_digits() {
        assert!(is_iban("DE89 3704 0044 0532 0130 00"));
        assert!(!is_iban("DE88 3704 0044 0532 0130 00"));
        assert!(!is_iban("DE89"));
    }
}
