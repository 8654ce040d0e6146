//! Webhook events in gateway-independent terms, and their meaning for a payment's operations.

use super::{Fact, Outcome, Payment};
use crate::operation::{Links, OperationKind, OperationState, PaymentOperation, REASON_UNKNOWN};
use contracts::payment::Refusal;
use contracts::{Money, PaymentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A webhook event of a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookEvent {
    /// The gateway's id of the event; a repeated delivery is processed once.
    pub id: String,
    /// The reference of the authorisation it is about.
    pub transaction: String,
    /// The reference of the operation, given for partial amounts only.
    pub command: Option<String>,
    pub kind: WebhookEventKind,
    pub amount: Option<Money>,
    /// The reason of a refusal or failure.
    pub reason: Option<Refusal>,
}

/// The kind of a webhook event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookEventKind {
    Authorised,
    Refused,
    Captured,
    CaptureFailed,
    Voided,
    Refunded,
    RefundFailed,
    /// The authorisation expired before it was captured.
    Expired,
    ChargedBack,
    /// An event without consequences for payments.
    Other,
}

impl WebhookEvent {
    /// The payment that created the reference.
    pub fn payment(&self) -> Option<PaymentId> {
        let (payment, _) = self.transaction.rsplit_once('-')?;
        Uuid::try_parse(payment).ok().map(PaymentId)
    }
}

impl WebhookEventKind {
    /// The kind's name in the API and in messages.
    pub const fn as_str(self) -> &'static str {
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
    /// Translates a webhook event into a fact about one of this payment's operations, if it matches one.
    pub fn interpret(&self, webhook_event: &WebhookEvent, at: Timestamp) -> Option<Fact> {
        let authorisation =
            self.operations.iter().find(|operation| operation.reference == webhook_event.transaction)?;
        let fact = |about: &PaymentOperation, outcome: Outcome| Fact {
            reference: about.reference.clone(),
            outcome,
            links: Links::new(),
            at,
        };
        let succeeded = |about: &PaymentOperation| Outcome::Succeeded {
            gateway_id: about.gateway_id.clone().unwrap_or_default(),
            amount: webhook_event.amount.unwrap_or(about.amount),
            captured: false,
        };
        let refusal = |code: &str, reason: &str| {
            webhook_event.reason.clone().unwrap_or_else(|| Refusal { code: code.into(), reason: reason.into() })
        };
        let operation = |kind| self.find_operation(webhook_event, authorisation, kind);
        let fact = match webhook_event.kind {
            WebhookEventKind::Authorised => fact(authorisation, succeeded(authorisation)),
            WebhookEventKind::Refused => {
                let refusal = refusal(REASON_UNKNOWN, "The bank refused the payment.");
                fact(authorisation, Outcome::Refused { refusal })
            }
            WebhookEventKind::Expired => {
                let refusal = refusal("expired", "The authorisation expired before it was captured.");
                fact(authorisation, Outcome::Failed { refusal })
            }
            WebhookEventKind::ChargedBack => {
                let amount = webhook_event.amount.unwrap_or(authorisation.amount);
                fact(authorisation, Outcome::ChargedBack { id: webhook_event.id.clone(), amount })
            }
            WebhookEventKind::Captured => match operation(OperationKind::Capture) {
                Some(capture) => fact(capture, succeeded(capture)),
                // Nobody here requested a capture: hosted payment pages capture by themselves.
                None => {
                    let amount = webhook_event.amount.unwrap_or(authorisation.amount);
                    let gateway_id = authorisation.gateway_id.clone().unwrap_or_default();
                    fact(authorisation, Outcome::Succeeded { gateway_id, amount, captured: true })
                }
            },
            WebhookEventKind::Voided => {
                // Gateways report the reversal of a captured payment as a cancellation too, so it may be a refund.
                let open = |kind| self.find_open_operation(authorisation, kind);
                let undone = open(OperationKind::Void).or_else(|| open(OperationKind::Refund));
                let undone =
                    undone.filter(|_| webhook_event.command.is_none()).or_else(|| operation(OperationKind::Void))?;
                fact(undone, succeeded(undone))
            }
            WebhookEventKind::Refunded => {
                let refund = operation(OperationKind::Refund)?;
                fact(refund, succeeded(refund))
            }
            WebhookEventKind::CaptureFailed => {
                let refusal = refusal("capture-failed", "The capture failed.");
                fact(operation(OperationKind::Capture)?, Outcome::Failed { refusal })
            }
            WebhookEventKind::RefundFailed => {
                let refusal = refusal("refund-failed", "The refund failed.");
                fact(operation(OperationKind::Refund)?, Outcome::Failed { refusal })
            }
            WebhookEventKind::Other => return None,
        };
        Some(fact)
    }

    /// The operation an event is about: the one with its reference, or else the latest full one that may have been
    /// carried out and has not failed.
    fn find_operation(
        &self,
        webhook_event: &WebhookEvent,
        authorisation: &PaymentOperation,
        kind: OperationKind,
    ) -> Option<&PaymentOperation> {
        let mut about = self.operations.iter().filter(|operation| is_about(operation, authorisation, kind));
        match &webhook_event.command {
            Some(reference) => about.find(|operation| operation.reference == *reference),
            None => self.find_open_operation(authorisation, kind).or_else(|| about.rfind(|operation| operation.full)),
        }
    }

    /// The latest full operation of this kind that may have been carried out and has not failed.
    fn find_open_operation(&self, authorisation: &PaymentOperation, kind: OperationKind) -> Option<&PaymentOperation> {
        let over =
            |operation: &PaymentOperation| matches!(operation.state, OperationState::Refused | OperationState::Failed);
        let open = |one: &&PaymentOperation| is_about(one, authorisation, kind) && one.full && !over(one);
        self.operations.iter().rfind(open)
    }
}

/// Requires the same gateway, since gateways send no events about manual operations.
fn is_about(operation: &PaymentOperation, authorisation: &PaymentOperation, kind: OperationKind) -> bool {
    let same = operation.target == Some(authorisation.number) && operation.gateway == authorisation.gateway;
    operation.kind == kind && same
}
