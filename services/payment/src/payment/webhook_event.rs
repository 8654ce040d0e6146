//! What a gateway tells by itself (by webhook), in the shop's words, and what it means for a payment's attempts.

use super::{Fact, Outcome, Payment};
use crate::attempt::{PaymentOperation, OperationKind, OperationState, Links, UNSAID};
use contracts::payment::Refusal;
use contracts::{Money, PaymentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something a gateway tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// The gateway's name for it: told twice, it is taken in once.
    pub id: String,
    /// The reference of the authorisation it is about.
    pub transaction: String,
    /// The reference of the command about a part, if it is about one.
    pub command: Option<String>,
    /// What it says.
    pub kind: WebhookEventKind,
    /// How much.
    pub amount: Option<Money>,
    /// Why, if it went wrong.
    pub reason: Option<Refusal>,
}

/// What a gateway tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookEventKind {
    /// The money is held.
    Authorised,
    /// The authorisation was refused, or could not be made.
    Refused,
    /// The money is taken.
    Captured,
    /// Taking it came to nothing.
    CaptureFailed,
    /// What was held is let go.
    Voided,
    /// Money is given back.
    Refunded,
    /// Giving it back came to nothing.
    RefundFailed,
    /// What was held ran out.
    Expired,
    /// The customer took the money back through the bank.
    ChargedBack,
    /// Something that does not concern the books.
    Other,
}

impl WebhookEvent {
    /// The payment that made the reference.
    pub fn payment(&self) -> Option<PaymentId> {
        let (payment, _) = self.transaction.rsplit_once('-')?;
        Uuid::try_parse(payment).ok().map(PaymentId)
    }
}

impl WebhookEventKind {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorised => "authorised",
            Self::Refused => "refused",
            Self::Captured => "captured",
            Self::CaptureFailed => "capture_failed",
            Self::Voided => "voided",
            Self::Refunded => "refunded",
            Self::RefundFailed => "refund_failed",
            Self::Expired => "expired",
            Self::ChargedBack => "charged_back",
            Self::Other => "other",
        }
    }
}

impl Payment {
    /// What a notice means for this payment's attempts.
    pub fn meaning(&self, webhook_event: &WebhookEvent, at: Timestamp) -> Option<Fact> {
        let authorisation = self.operations.iter().find(|attempt| attempt.reference == webhook_event.transaction)?;
        let fact = |about: &PaymentOperation, outcome: Outcome| Fact {
            reference: about.reference.clone(),
            outcome,
            links: Links::new(),
            at,
        };
        let succeeded = |about: &PaymentOperation| Outcome::Succeeded {
            gateway_id: about.gateway_id.clone().unwrap_or_default(),
            amount: webhook_event.amount.unwrap_or(about.amount),
            taken: false,
        };
        let refusal = |code: &str, reason: &str| {
            webhook_event.reason.clone().unwrap_or_else(|| Refusal { code: code.into(), reason: reason.into() })
        };
        let command = |kind| self.told_of(webhook_event, authorisation, kind);
        let told = match webhook_event.kind {
            WebhookEventKind::Authorised => fact(authorisation, succeeded(authorisation)),
            WebhookEventKind::Refused => {
                let refusal = refusal(UNSAID, "The bank refused the payment.");
                fact(authorisation, Outcome::Refused { refusal })
            }
            WebhookEventKind::Expired => {
                let refusal = refusal("expired", "What was held ran out before it was taken.");
                fact(authorisation, Outcome::Failed { refusal })
            }
            WebhookEventKind::ChargedBack => {
                let amount = webhook_event.amount.unwrap_or(authorisation.amount);
                fact(authorisation, Outcome::ChargedBack { id: webhook_event.id.clone(), amount })
            }
            WebhookEventKind::Captured => match command(OperationKind::Capture) {
                Some(capture) => fact(capture, succeeded(capture)),
                // Nobody here asked for it: the gateway takes by itself, as hosted pages do.
                None => {
                    let amount = webhook_event.amount.unwrap_or(authorisation.amount);
                    let gateway_id = authorisation.gateway_id.clone().unwrap_or_default();
                    fact(authorisation, Outcome::Succeeded { gateway_id, amount, taken: true })
                }
            },
            WebhookEventKind::Voided => {
                // A payment whose taking was reversed is told of as cancelled as well.
                let open = |kind| self.open_command(authorisation, kind);
                let undone = open(OperationKind::Void).or_else(|| open(OperationKind::Refund));
                let undone = undone.filter(|_| webhook_event.command.is_none()).or_else(|| command(OperationKind::Void))?;
                fact(undone, succeeded(undone))
            }
            WebhookEventKind::Refunded => {
                let refund = command(OperationKind::Refund)?;
                fact(refund, succeeded(refund))
            }
            WebhookEventKind::CaptureFailed => {
                let refusal = refusal("capture-failed", "Taking the money came to nothing.");
                fact(command(OperationKind::Capture)?, Outcome::Failed { refusal })
            }
            WebhookEventKind::RefundFailed => {
                let refusal = refusal("refund-failed", "Giving the money back came to nothing.");
                fact(command(OperationKind::Refund)?, Outcome::Failed { refusal })
            }
            WebhookEventKind::Other => return None,
        };
        Some(told)
    }

    /// The command a notice is about: the one of its reference, or the latest about all there is that may have been done
    /// and did not come to nothing yet.
    fn told_of(&self, webhook_event: &WebhookEvent, authorisation: &PaymentOperation, kind: OperationKind) -> Option<&PaymentOperation> {
        let mut about = self.operations.iter().filter(|attempt| is_about(attempt, authorisation, kind));
        match &webhook_event.command {
            Some(reference) => about.find(|attempt| attempt.reference == *reference),
            None => self.open_command(authorisation, kind).or_else(|| about.rfind(|attempt| attempt.whole)),
        }
    }

    /// The latest command about all there is that may have been done and did not come to nothing yet.
    fn open_command(&self, authorisation: &PaymentOperation, kind: OperationKind) -> Option<&PaymentOperation> {
        let over = |attempt: &PaymentOperation| matches!(attempt.state, OperationState::Refused | OperationState::Failed);
        let open = |one: &&PaymentOperation| is_about(one, authorisation, kind) && one.whole && !over(one);
        self.operations.iter().rfind(open)
    }
}

/// Of what people moved by hand a gateway does not tell.
fn is_about(attempt: &PaymentOperation, authorisation: &PaymentOperation, kind: OperationKind) -> bool {
    let same = attempt.target == Some(authorisation.number) && attempt.gateway == authorisation.gateway;
    attempt.kind == kind && same
}
