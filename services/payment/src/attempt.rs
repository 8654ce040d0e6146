//! One command to a gateway, kept before it is sent. Its outcome may be unknown for a while; no answer is never failure.

pub use contracts::payment::{OperationKind, OperationState};

use contracts::Money;
use contracts::payment::{PaymentOperationView, PaymentAction, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands for a card. Card data never comes here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// The gateway's session, made by the customer's browser.
    Session(String),
    /// The gateway's token of a card it keeps.
    Token(String),
}

/// What the bank wants to know of the customer's browser before a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    /// Its header `Accept`.
    pub accept: String,
    /// Its header `User-Agent`.
    pub user_agent: String,
}

/// What the customer has to do before an authorisation is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// What.
    pub action: PaymentAction,
    /// Until when.
    pub until: Timestamp,
    /// How often the gateway is asked meanwhile, in seconds: a customer may close the page right after it. `None` for a
    /// gateway that cannot be asked.
    pub asked_every: Option<i64>,
}

/// Where a gateway said that the next commands about a payment are to be sent, by its own names for them.
pub type Links = BTreeMap<String, String>;

/// One command to a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentOperation {
    /// Its place among the payment's attempts, from 1.
    pub number: u32,
    /// What is asked for.
    pub kind: OperationKind,
    /// The workflow's step that asked for it.
    pub step_key: Option<String>,
    /// Our own reference, by which the gateway can be asked about it.
    pub reference: String,
    /// The authorisation it is about; none for an authorisation.
    pub target: Option<u32>,
    /// How much.
    pub amount: Money,
    /// Whether it is about all there is: sent again, it could not move money twice.
    pub whole: bool,
    /// The gateway.
    pub gateway: String,
    /// The way to pay.
    pub method: String,
    /// What stands for the card.
    pub instrument: Option<Instrument>,
    /// The customer's browser.
    pub browser: Option<Browser>,
    /// The customer's request that asked for it: sent again, it is not done again.
    pub request: Option<String>,
    /// Where it stands.
    pub state: OperationState,
    /// The gateway's own id for it.
    pub gateway_id: Option<String>,
    /// Where the gateway wants the next commands.
    pub links: Links,
    /// What the customer has to do.
    pub challenge: Option<Challenge>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// When it was kept.
    pub started_at: Timestamp,
    /// When it was sent again, if it was.
    #[serde(default)]
    pub sent_again_at: Option<Timestamp>,
    /// When the gateway is asked about it next, or a challenge is given up; `None` when never again.
    pub due_at: Option<Timestamp>,
    /// How often the gateway did not know of it, asked after its index delay.
    pub not_found: u32,
    /// Whether a workflow was told that the outcome is pending, and waits for the event.
    pub awaited: bool,
    /// Whether it may have been sent. One that certainly was not can be sent again, whatever it is.
    pub sent: bool,
}

/// The code of a refusal of which nobody said why, or has not yet.
pub const UNSAID: &str = "refused";
/// The code of a refusal because the gateway was not reached.
pub const UNREACHED: &str = "gateway-away";
/// The code of what is left to a person to do; stands for a gateway where a person moved the money another way.
pub const MANUAL: &str = "by-hand";
/// How long the handler that sends a command has, before the reconciler takes over.
pub const SENDING: SignedDuration = SignedDuration::from_secs(30);
/// How long an abandoned authorisation is looked for.
pub const SWEPT: SignedDuration = SignedDuration::from_hours(8 * 24);
/// How often an abandoned authorisation is looked for.
pub const SWEEP: SignedDuration = SignedDuration::from_hours(6);
/// How often a gateway must not know of a command before it is abandoned.
pub const NOT_FOUND: u32 = 3;
const LONGEST_PAUSE_SECONDS: i64 = 300;

impl PaymentOperation {
    /// Sets the state, and when to look at it next.
    pub fn settle(&mut self, state: OperationState, now: Timestamp) {
        self.state = state;
        self.due_at = match state {
            OperationState::Challenged => self.challenge.as_ref().and_then(|challenge| match challenge.asked_every {
                Some(seconds) => later(now, SignedDuration::from_secs(seconds)).min(Some(challenge.until)),
                None => Some(challenge.until),
            }),
            OperationState::Abandoned if self.kind == OperationKind::Authorise => later(now, SWEEP),
            OperationState::Unknown => self.due_at,
            _ => None,
        };
    }

    /// Whether the customer's time for it is over.
    pub fn challenge_is_over(&self, now: Timestamp) -> bool {
        self.challenge.as_ref().is_none_or(|challenge| challenge.until <= now)
    }

    /// Whether sending it again, under its reference, cannot move money twice whatever became of the first: all but
    /// authorisations, which the customer may have given up, and what is about a part.
    pub const fn repeatable(&self) -> bool {
        match self.kind {
            OperationKind::Authorise => false,
            OperationKind::Capture | OperationKind::Refund | OperationKind::Void => self.whole || !self.sent,
        }
    }

    /// Whether the gateway, which says that it does not know of it, would know by now: after its index delay.
    pub fn would_be_known(&self, index_delay: SignedDuration, now: Timestamp) -> bool {
        now.duration_since(self.sent_again_at.unwrap_or(self.started_at)) > index_delay
    }

    /// Whether it is a person's task, rather than something sent whose outcome is not known.
    pub fn is_task(&self) -> bool {
        self.state == OperationState::NeedsAttention && self.refusal.as_ref().is_some_and(|task| task.code == MANUAL)
    }

    /// What a person is to do about it while it is parked.
    pub fn to_be_done(&self) -> &str {
        let told = "The outcome cannot be found out. Look it up at the gateway, and say how it ended.";
        self.refusal.as_ref().map_or(told, |task| task.reason.as_str())
    }

    /// Takes in why it was refused, when all that is known of it is that it was: a webhook, which does not say why, may be
    /// quicker than the answer, which does.
    pub fn learn_why(&mut self, refusal: &Refusal) {
        let known = self.refusal.as_ref().is_some_and(|known| known.code != UNSAID);
        if self.state == OperationState::Refused && !known {
            self.refusal = Some(refusal.clone());
        }
    }

    /// Whether it ended because the gateway was not reached.
    pub fn was_unreached(&self) -> bool {
        self.refusal.as_ref().is_some_and(|refusal| refusal.code == UNREACHED)
    }

    /// What the people of the shop see of it.
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

    /// Asks again after a while that grows with every time, and with its age.
    pub fn ask_later(&mut self, now: Timestamp) {
        let age = now.duration_since(self.started_at).as_secs();
        let seconds = 2_i64.saturating_pow(self.not_found.min(6) + 1).max((age / 8).min(LONGEST_PAUSE_SECONDS));
        self.due_at = later(now, SignedDuration::from_secs(seconds));
    }

    /// Looks for an abandoned authorisation again, until it can no longer turn up.
    pub fn sweep_later(&mut self, now: Timestamp) {
        let end = later(self.started_at, SWEPT);
        self.due_at = later(now, SWEEP).filter(|next| Some(*next) < end);
    }
}

/// `now` and `after` more; at the end of time, the end of time.
pub fn later(now: Timestamp, after: SignedDuration) -> Option<Timestamp> {
    Some(now.saturating_add(after).unwrap_or(Timestamp::MAX))
}
