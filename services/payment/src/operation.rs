//! One operation at a gateway: an authorisation, capture, refund or void. It is stored before it is sent, and its outcome
//! may stay unknown for a while; a missing response is never treated as a failure.

pub use contracts::payment::{OperationKind, OperationState};

use contracts::Money;
use contracts::payment::{PaymentAction, PaymentOperationView, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A reference to card data at the gateway. Card data itself never reaches this service.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// A gateway session created by the customer's browser.
    Session(String),
    /// A gateway token for a stored card.
    Token(String),
}

/// Browser details that 3-D Secure requires before a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    /// The value of the `Accept` header.
    pub accept: String,
    /// The value of the `User-Agent` header.
    pub user_agent: String,
}

/// An action the customer must complete before the authorisation succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    pub action: PaymentAction,
    /// The deadline for completing the action.
    pub until: Timestamp,
    /// The interval, in seconds, at which the gateway is queried meanwhile, since a customer may close the page right
    /// after confirming. `None` for gateways that cannot be queried.
    #[serde(alias = "asked_every")]
    pub poll_seconds: Option<i64>,
}

/// Addresses for follow-up commands as supplied by the gateway, by the gateway's own link names.
pub type Links = BTreeMap<String, String>;

/// One operation at a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentOperation {
    /// The position among the payment's operations, from 1.
    pub number: u32,
    pub kind: OperationKind,
    /// The workflow step that requested the operation.
    pub step_key: Option<String>,
    /// Our own reference, by which the gateway can be queried.
    pub reference: String,
    /// The number of the authorisation it applies to; `None` for an authorisation.
    pub target: Option<u32>,
    pub amount: Money,
    /// Covers the full remaining amount, so that a repeat could not move money twice.
    #[serde(alias = "whole")]
    pub full: bool,
    pub gateway: String,
    pub method: String,
    pub instrument: Option<Instrument>,
    pub browser: Option<Browser>,
    /// The customer request that caused it; the same request never causes a second operation.
    pub request: Option<String>,
    pub state: OperationState,
    /// The gateway's own id for it.
    pub gateway_id: Option<String>,
    /// Addresses the gateway supplied for follow-up commands.
    pub links: Links,
    /// The action required of the customer, while there is one.
    pub challenge: Option<Challenge>,
    /// The reason for a refusal, or the task for staff in `NeedsAttention`.
    pub refusal: Option<Refusal>,
    pub started_at: Timestamp,
    /// The time of the latest resend, if any.
    #[serde(default, alias = "sent_again_at")]
    pub resent_at: Option<Timestamp>,
    /// The time of the next query or challenge deadline; `None` when nothing more is scheduled.
    pub due_at: Option<Timestamp>,
    /// The number of queries after the index delay that did not find it.
    pub not_found: u32,
    /// Set once a response to a workflow said that the outcome is pending, so that it expects an event.
    pub awaited: bool,
    /// Set when it may have been sent. An operation that was certainly not sent can always be sent again.
    pub sent: bool,
}

/// The refusal code used when the gateway has not stated a reason (yet).
pub const REASON_UNKNOWN: &str = "refused";
/// The refusal code used when the gateway could not be reached.
pub const GATEWAY_UNREACHABLE: &str = "gateway-unavailable";
/// The refusal code of tasks left to staff, and the gateway name of money that staff moved outside all gateways.
pub const MANUAL: &str = "manual";
/// The time a request handler has for sending an operation before the reconciler takes over.
pub const SEND_TIMEOUT: SignedDuration = SignedDuration::from_secs(30);
/// The period during which an abandoned authorisation may still turn up at the gateway.
pub const SWEEP_WINDOW: SignedDuration = SignedDuration::from_hours(8 * 24);
/// The interval between queries about an abandoned authorisation.
pub const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_hours(6);
/// The number of "not found" query results after which an operation is abandoned.
pub const MAX_NOT_FOUND: u32 = 3;
const MAX_RETRY_SECONDS: i64 = 300;

/// The name of an operation kind in messages.
pub const fn kind_name(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Authorise => "authorise",
        OperationKind::Capture => "capture",
        OperationKind::Refund => "refund",
        OperationKind::Void => "void",
    }
}

/// The name of an operation state in messages.
pub const fn state_name(state: OperationState) -> &'static str {
    match state {
        OperationState::Unknown => "unknown",
        OperationState::Challenged => "challenged",
        OperationState::Succeeded => "succeeded",
        OperationState::Refused => "refused",
        OperationState::Failed => "failed",
        OperationState::Abandoned => "abandoned",
        OperationState::NeedsAttention => "needs attention",
    }
}

impl PaymentOperation {
    /// Changes the state and schedules the next query accordingly.
    pub fn transition_to(&mut self, state: OperationState, now: Timestamp) {
        self.state = state;
        self.due_at = match state {
            OperationState::Challenged => self.challenge.as_ref().and_then(|challenge| match challenge.poll_seconds {
                Some(seconds) => later(now, SignedDuration::from_secs(seconds)).min(Some(challenge.until)),
                None => Some(challenge.until),
            }),
            // A lost authorisation may still succeed at the gateway and would block the customer's money.
            OperationState::Abandoned if self.kind == OperationKind::Authorise => later(now, SWEEP_INTERVAL),
            OperationState::Unknown => self.due_at,
            _ => None,
        };
    }

    /// Returns true once the customer's time for the challenge is over.
    pub fn challenge_is_over(&self, now: Timestamp) -> bool {
        self.challenge.as_ref().is_none_or(|challenge| challenge.until <= now)
    }

    /// Returns true if sending it again under its reference cannot move money twice, whatever became of the first send.
    /// Excludes authorisations, which the customer may have abandoned, and partial amounts that may have been sent.
    pub const fn is_repeatable(&self) -> bool {
        match self.kind {
            OperationKind::Authorise => false,
            OperationKind::Capture | OperationKind::Refund | OperationKind::Void => self.full || !self.sent,
        }
    }

    /// Returns true once the gateway's index delay has passed, so that "not found" in a query means something.
    pub fn is_past_index_delay(&self, index_delay: SignedDuration, now: Timestamp) -> bool {
        // A resend restarts the delay, since the gateway may index it just as late.
        now.duration_since(self.resent_at.unwrap_or(self.started_at)) > index_delay
    }

    /// Returns true if it is a task for staff, as opposed to a sent operation with an unknown outcome.
    pub fn is_manual_task(&self) -> bool {
        self.state == OperationState::NeedsAttention && self.refusal.as_ref().is_some_and(|task| task.code == MANUAL)
    }

    /// Instructions for staff while it needs attention.
    pub fn attention_reason(&self) -> &str {
        let lookup = "The outcome is unknown. Look it up at the gateway, then resolve the operation.";
        self.refusal.as_ref().map_or(lookup, |task| task.reason.as_str())
    }

    /// Replaces an unknown refusal reason with a known one. A webhook, which gives no reason, may arrive before the
    /// response, which does.
    pub fn update_refusal(&mut self, refusal: &Refusal) {
        let known = self.refusal.as_ref().is_some_and(|known| known.code != REASON_UNKNOWN);
        if self.state == OperationState::Refused && !known {
            self.refusal = Some(refusal.clone());
        }
    }

    /// Returns true while it waits for the customer at a bank's or gateway's page. A transfer that the customer may have
    /// made already does not count.
    pub fn is_challenge_of_customer(&self) -> bool {
        let is_transfer = |one: &Challenge| matches!(one.action, PaymentAction::Transfer(_));
        self.state == OperationState::Challenged && !self.challenge.as_ref().is_some_and(is_transfer)
    }

    /// Returns true if it was refused because the gateway could not be reached.
    pub fn is_gateway_unreachable(&self) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.code == GATEWAY_UNREACHABLE)
    }

    /// The representation for staff.
    pub fn view(&self) -> PaymentOperationView {
        PaymentOperationView {
            number: self.number,
            kind: self.kind,
            state: self.state,
            amount: self.amount,
            gateway: self.gateway.clone(),
            reference: self.reference.clone(),
            gateway_id: self.gateway_id.clone(),
            refusal: self.refusal.clone(),
            started_at: self.started_at,
        }
    }

    /// Schedules the next query; the delay grows with the number of misses and with the operation's age.
    pub fn schedule_query(&mut self, now: Timestamp) {
        // Short at first, while a customer waits; later an eighth of the age, as a late outcome is only needed for
        // the records.
        let age = now.duration_since(self.started_at).as_secs();
        let seconds = 2_i64.saturating_pow(self.not_found.min(6) + 1).max((age / 8).min(MAX_RETRY_SECONDS));
        self.due_at = later(now, SignedDuration::from_secs(seconds));
    }

    /// Schedules the next query about an abandoned authorisation, until it can no longer turn up.
    pub fn schedule_sweep(&mut self, now: Timestamp) {
        let end = later(self.started_at, SWEEP_WINDOW);
        self.due_at = later(now, SWEEP_INTERVAL).filter(|next| Some(*next) < end);
    }
}

/// Adds a duration to a timestamp, saturating at the end of time.
pub fn later(now: Timestamp, after: SignedDuration) -> Option<Timestamp> {
    Some(now.saturating_add(after).unwrap_or(Timestamp::MAX))
}
