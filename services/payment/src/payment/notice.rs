//! What a gateway tells by itself (by webhook), in the shop's words, and what it means for a payment's attempts.

use super::{Fact, Outcome, Payment};
use crate::attempt::{Attempt, AttemptKind, AttemptState, Links, UNSAID};
use contracts::payment::Refusal;
use contracts::{Money, PaymentId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something a gateway tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The gateway's name for it: told twice, it is taken in once.
    pub id: String,
    /// The reference of the authorisation it is about.
    pub transaction: String,
    /// The reference of the command about a part, if it is about one.
    pub command: Option<String>,
    /// What it says.
    pub kind: NoticeKind,
    /// How much.
    pub amount: Option<Money>,
    /// Why, if it went wrong.
    pub reason: Option<Refusal>,
}

/// What a gateway tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
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

impl Notice {
    /// The payment that made the reference.
    pub fn payment(&self) -> Option<PaymentId> {
        let (payment, _) = self.transaction.rsplit_once('-')?;
        Uuid::try_parse(payment).ok().map(PaymentId)
    }
}

impl NoticeKind {
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
    pub fn meaning(&self, notice: &Notice, at: Timestamp) -> Option<Fact> {
        let authorisation = self.attempts.iter().find(|attempt| attempt.reference == notice.transaction)?;
        let fact = |about: &Attempt, outcome: Outcome| Fact {
            reference: about.reference.clone(),
            outcome,
            links: Links::new(),
            at,
        };
        let succeeded = |about: &Attempt| Outcome::Succeeded {
            gateway_id: about.gateway_id.clone().unwrap_or_default(),
            amount: notice.amount.unwrap_or(about.amount),
            taken: false,
        };
        let refusal = |code: &str, reason: &str| {
            notice.reason.clone().unwrap_or_else(|| Refusal { code: code.into(), reason: reason.into() })
        };
        let command = |kind| self.told_of(notice, authorisation, kind);
        let told = match notice.kind {
            NoticeKind::Authorised => fact(authorisation, succeeded(authorisation)),
            NoticeKind::Refused => {
                let refusal = refusal(UNSAID, "The bank refused the payment.");
                fact(authorisation, Outcome::Refused { refusal })
            }
            NoticeKind::Expired => {
                let refusal = refusal("expired", "What was held ran out before it was taken.");
                fact(authorisation, Outcome::Failed { refusal })
            }
            NoticeKind::ChargedBack => {
                let amount = notice.amount.unwrap_or(authorisation.amount);
                fact(authorisation, Outcome::ChargedBack { id: notice.id.clone(), amount })
            }
            NoticeKind::Captured => match command(AttemptKind::Capture) {
                Some(capture) => fact(capture, succeeded(capture)),
                // Nobody here asked for it: the gateway takes by itself, as hosted pages do.
                None => {
                    let amount = notice.amount.unwrap_or(authorisation.amount);
                    let gateway_id = authorisation.gateway_id.clone().unwrap_or_default();
                    fact(authorisation, Outcome::Succeeded { gateway_id, amount, taken: true })
                }
            },
            NoticeKind::Voided => {
                // A payment whose taking was reversed is told of as cancelled as well.
                let open = |kind| self.open_command(authorisation, kind);
                let undone = open(AttemptKind::Void).or_else(|| open(AttemptKind::Refund));
                let undone = undone.filter(|_| notice.command.is_none()).or_else(|| command(AttemptKind::Void))?;
                fact(undone, succeeded(undone))
            }
            NoticeKind::Refunded => {
                let refund = command(AttemptKind::Refund)?;
                fact(refund, succeeded(refund))
            }
            NoticeKind::CaptureFailed => {
                let refusal = refusal("capture-failed", "Taking the money came to nothing.");
                fact(command(AttemptKind::Capture)?, Outcome::Failed { refusal })
            }
            NoticeKind::RefundFailed => {
                let refusal = refusal("refund-failed", "Giving the money back came to nothing.");
                fact(command(AttemptKind::Refund)?, Outcome::Failed { refusal })
            }
            NoticeKind::Other => return None,
        };
        Some(told)
    }

    /// The command a notice is about: the one of its reference, or the latest about all there is that may have been done
    /// and did not come to nothing yet.
    fn told_of(&self, notice: &Notice, authorisation: &Attempt, kind: AttemptKind) -> Option<&Attempt> {
        let mut about = self.attempts.iter().filter(|attempt| is_about(attempt, authorisation, kind));
        match &notice.command {
            Some(reference) => about.find(|attempt| attempt.reference == *reference),
            None => self.open_command(authorisation, kind).or_else(|| about.rfind(|attempt| attempt.whole)),
        }
    }

    /// The latest command about all there is that may have been done and did not come to nothing yet.
    fn open_command(&self, authorisation: &Attempt, kind: AttemptKind) -> Option<&Attempt> {
        let over = |attempt: &Attempt| matches!(attempt.state, AttemptState::Refused | AttemptState::Failed);
        let open = |one: &&Attempt| is_about(one, authorisation, kind) && one.whole && !over(one);
        self.attempts.iter().rfind(open)
    }
}

/// Of what people moved by hand a gateway does not tell.
fn is_about(attempt: &Attempt, authorisation: &Attempt, kind: AttemptKind) -> bool {
    let same = attempt.target == Some(authorisation.number) && attempt.gateway == authorisation.gateway;
    attempt.kind == kind && same
}
