//! The sandbox's engine.

use super::ledger::{Operation, OperationState, SandboxLedger};
use crate::attempt::AttemptKind;
use crate::gateway::{Command, Gateway, NoAnswer};
use crate::payment::Outcome;
use async_trait::async_trait;
use chassis::{Problem, Sources, StoreError};
use contracts::Line;
use contracts::payment::{PaymentMethod, Refusal};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A card, as the sandbox's stand-in for hosted fields takes it. Only the sandbox ever sees these.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardDetails {
    /// The name on the card; chooses the outcome.
    pub card_holder_name: Line<120>,
    /// The number: 12 to 19 digits.
    pub card_number: Line<32>,
    /// The month it expires, 1 to 12.
    pub expiry_month: u8,
    /// The year it expires.
    pub expiry_year: u16,
    /// The code on its back.
    pub cvc: Line<4>,
}

/// What stands for a card.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SandboxSession {
    /// Pass it as `payment.session`.
    pub session: String,
}

/// The sandbox.
#[derive(Clone)]
pub struct Sandbox {
    ledger: SandboxLedger,
    sources: Sources,
}

impl Sandbox {
    /// A sandbox with these books.
    pub const fn new(ledger: SandboxLedger, sources: Sources) -> Self {
        Self { ledger, sources }
    }

    /// Takes card details in exchange for a session.
    ///
    /// # Errors
    /// 422 when they are not those of a card.
    pub async fn session(&self, card: &CardDetails) -> Result<SandboxSession, Problem> {
        let digits: String = card.card_number.as_str().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if !(12..=19).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) || !luhn(&digits) {
            return Err(Problem::invalid(
                "/card_number",
                "is not a card number; 4444 3333 2222 1111 is one for trying out",
            ));
        }
        if !(1..=12).contains(&card.expiry_month) {
            return Err(Problem::invalid("/expiry_month", "is 1 to 12"));
        }
        if !(2000..=2100).contains(&card.expiry_year) {
            return Err(Problem::invalid("/expiry_year", "has four digits"));
        }
        if card.cvc.as_str().len() < 3 || !card.cvc.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::invalid("/cvc", "has three or four digits"));
        }
        let session = format!("sbx_{}", self.sources.token::<18>());
        let last_four = &digits[digits.len() - 4..];
        self.ledger.keep_session(&session, card.card_holder_name.as_str(), last_four, self.sources.now()).await?;
        Ok(SandboxSession { session })
    }

    /// The operation a challenge page is about.
    ///
    /// # Errors
    /// When the books do not answer.
    pub async fn operation(&self, reference: &str) -> Result<Option<Operation>, StoreError> {
        self.ledger.find(reference).await
    }

    /// The customer's decision on a challenge.
    ///
    /// # Errors
    /// When the books do not answer.
    pub async fn decide(&self, reference: &str, approved: bool) -> Result<Option<Operation>, StoreError> {
        self.ledger.decide(reference, approved).await
    }

    /// What the sandbox does with a command, and whether its answer is lost.
    async fn judge(&self, command: &Command) -> Result<(OperationState, Option<String>, bool), StoreError> {
        let refused = |code: &str| (OperationState::Refused, Some(code.to_owned()), false);
        match command.kind {
            AttemptKind::Authorise => {
                let session = command.session.as_deref().unwrap_or_default();
                let Some(holder) = self.ledger.holder(session).await? else { return Ok(refused("unknown-session")) };
                Ok(magic(holder.trim(), command.amount.amount))
            }
            kind => {
                let target = command.target.as_deref().unwrap_or_default();
                let known = self.ledger.find(target).await?.filter(|operation| operation.state == OperationState::Done);
                let Some(known) = known else { return Ok(refused("unknown-target")) };
                let done = self.ledger.about(target).await?;
                let spent: i64 = done.iter().filter(|one| one.kind == kind).map(|one| one.amount.amount).sum();
                let both = done.iter().any(|one| one.kind != kind);
                let conflicting = matches!(kind, AttemptKind::Capture | AttemptKind::Void) && both;
                if conflicting || spent + command.amount.amount > known.amount.amount {
                    return Ok(refused("not-possible"));
                }
                Ok((OperationState::Done, None, false))
            }
        }
    }
}

fn magic(holder: &str, amount: i64) -> (OperationState, Option<String>, bool) {
    let upper = holder.to_uppercase();
    if let Some(code) = upper.strip_prefix("REFUSED") {
        let code = if code.is_empty() { "5" } else { code };
        return (OperationState::Refused, Some(code.to_owned()), false);
    }
    match (upper.as_str(), amount) {
        ("CHALLENGE", _) => (OperationState::Challenged, None, false),
        ("LOST", _) | (_, 66_699) => (OperationState::Done, None, true),
        (_, 66_605) => (OperationState::Refused, Some("5".to_owned()), false),
        (_, 66_651) => (OperationState::Refused, Some("51".to_owned()), false),
        _ => (OperationState::Done, None, false),
    }
}

fn reason(code: &str) -> &'static str {
    match code {
        "33" => "The card has expired.",
        "41" => "The card was reported lost.",
        "43" => "The card was reported stolen.",
        "51" => "The card's limit is reached.",
        "55" | "75" => "The security code is wrong.",
        "challenge-denied" => "The payment was not confirmed with the bank.",
        "unknown-session" => "The card details have expired. Enter them again.",
        "unknown-target" | "not-possible" => "The gateway cannot do this with this payment.",
        _ => "The bank refused the payment.",
    }
}

fn outcome(operation: Operation) -> Outcome {
    match operation.state {
        OperationState::Done => Outcome::Succeeded { gateway_id: operation.reference, amount: operation.amount },
        OperationState::Challenged => Outcome::Challenged {
            url: format!("/sandbox/challenge/{}", operation.reference),
            gateway_id: operation.reference,
        },
        OperationState::Refused => {
            let code = operation.code.unwrap_or_else(|| "5".to_owned());
            Outcome::Refused { refusal: Refusal { reason: reason(&code).to_owned(), code } }
        }
    }
}

fn away(error: &StoreError) -> NoAnswer {
    NoAnswer(error.to_string())
}

/// The check digit of card numbers (ISO/IEC 7812-1, Luhn).
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[async_trait]
impl Gateway for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn methods(&self) -> Vec<PaymentMethod> {
        vec![PaymentMethod {
            method: "card".into(),
            label: "Card (sandbox, no money moves)".into(),
            gateway: self.name().into(),
            session_url: Some("/api/v1/sandbox/sessions".into()),
        }]
    }

    fn index_delay(&self) -> SignedDuration {
        SignedDuration::from_secs(2)
    }

    async fn execute(&self, command: &Command) -> Result<Outcome, NoAnswer> {
        let (state, code, lost) = self.judge(command).await.map_err(|error| away(&error))?;
        let operation = Operation {
            reference: command.reference.clone(),
            kind: command.kind,
            target: command.target.clone(),
            amount: command.amount,
            state,
            code,
            return_path: command.return_path.clone(),
        };
        let kept = self.ledger.keep(&operation, self.sources.now()).await.map_err(|error| away(&error))?;
        if lost {
            return Err(NoAnswer("the answer was lost on its way, as asked for".to_owned()));
        }
        Ok(outcome(kept))
    }

    async fn query(&self, reference: &str) -> Result<Option<Outcome>, NoAnswer> {
        Ok(self.ledger.find(reference).await.map_err(|error| away(&error))?.map(outcome))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_on_the_card_chooses_the_outcome() {
        assert_eq!(magic("REFUSED51", 100), (OperationState::Refused, Some("51".into()), false));
        assert_eq!(magic("refused", 100), (OperationState::Refused, Some("5".into()), false));
        assert_eq!(magic("LOST", 100), (OperationState::Done, None, true));
        assert_eq!(magic("Ada Lovelace", 100), (OperationState::Done, None, false));
    }

    #[test]
    fn card_numbers_have_a_check_digit() {
        assert!(luhn("4444333322221111"));
        assert!(!luhn("4444333322221112"));
    }
}
