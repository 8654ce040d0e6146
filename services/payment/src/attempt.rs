//! One command to a gateway, kept before it is sent. Its outcome may be unknown for a while; no answer is never failure.

use contracts::Money;
use contracts::payment::Refusal;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a gateway is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// Hold the money.
    Authorise,
    /// Take what is held.
    Capture,
    /// Give back what was taken.
    Refund,
    /// Let go of what is held.
    Void,
}

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Sent, or about to be: the outcome is unknown.
    Unknown,
    /// The customer has to confirm it with their bank (3-D Secure).
    Challenged,
    /// Done.
    Succeeded,
    /// The gateway said no.
    Refused,
    /// An authorisation the gateway does not know of, asked several times after its index delay, or whose challenge was
    /// not met in time. Should it turn up all the same, it is undone.
    Abandoned,
    /// Its outcome cannot be found out by asking, and repeating it could move money twice: a person has to look.
    Parked,
}

impl AttemptState {
    /// Whether nothing more is expected.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Unknown | Self::Challenged)
    }
}

/// One command to a gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its place among the payment's attempts, from 1.
    pub number: u32,
    /// What is asked for.
    pub kind: AttemptKind,
    /// The workflow's step that asked for it.
    pub step_key: Option<String>,
    /// Our own reference, by which the gateway can be asked about it.
    pub reference: String,
    /// The attempt it is about: the authorisation to capture or void, the capture to refund.
    pub target: Option<u32>,
    /// How much.
    pub amount: Money,
    /// The gateway.
    pub gateway: String,
    /// The gateway's session that stands for the card.
    pub session: Option<String>,
    /// The customer's request that asked for it: sent again, it is not done again.
    #[serde(default)]
    pub request: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// The gateway's own id for it.
    pub gateway_id: Option<String>,
    /// Where the customer has to go.
    pub challenge_url: Option<String>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// When it was kept.
    pub started_at: Timestamp,
    /// When the gateway is asked about it next, or a challenge is given up; `None` when never again.
    pub due_at: Option<Timestamp>,
    /// How often the gateway did not know of it, asked after its index delay.
    pub not_found: u32,
    /// Whether a workflow was told that the outcome is pending, and waits for the event.
    pub awaited: bool,
}

/// How long the handler that sends a command has, before the reconciler takes over.
pub const SENDING: SignedDuration = SignedDuration::from_secs(30);
/// How long a customer has for a challenge.
pub const CHALLENGE: SignedDuration = SignedDuration::from_mins(15);
/// How often the gateway is asked whether a challenge was answered: a customer may close the page right after it.
pub const CHALLENGE_ASKED: SignedDuration = SignedDuration::from_secs(15);
/// How long an abandoned authorisation is looked for.
pub const SWEPT: SignedDuration = SignedDuration::from_hours(8 * 24);
/// How often an abandoned authorisation is looked for.
pub const SWEEP: SignedDuration = SignedDuration::from_hours(6);
/// How often a gateway must not know of a command before it is abandoned.
pub const NOT_FOUND: u32 = 3;
const LONGEST_PAUSE_SECONDS: i64 = 300;

impl Attempt {
    /// Sets the state, and when to look at it next.
    pub fn settle(&mut self, state: AttemptState, now: Timestamp) {
        self.state = state;
        self.due_at = match state {
            AttemptState::Challenged => later(now, CHALLENGE_ASKED),
            AttemptState::Abandoned if self.kind == AttemptKind::Authorise => later(now, SWEEP),
            AttemptState::Unknown => self.due_at,
            _ => None,
        };
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
