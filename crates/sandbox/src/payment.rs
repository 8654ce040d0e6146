//! The rules of a payment at the gateway: its state, its commands and the actions that are allowed.
//!
//! Everything here is pure. A request changes the payment and records webhook events, or is rejected.

mod command;
mod lifecycle;
mod webhook_event;

pub(crate) use command::{Action, PartialCommand, Rejection};
pub(crate) use lifecycle::{AuthorisationRequest, Decision, ScheduledEvent, ThreeDs};
pub(crate) use webhook_event::{LastEvent, WebhookEvent, WebhookEventType};

use crate::card::Card;
use crate::script::Script;
use contracts::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The state of a payment's authorisation. Its commands show what was settled and refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// 3-D Secure waits for the device data of the customer's browser.
    DeviceDataRequired,
    /// 3-D Secure waits for the customer's decision.
    Challenged,
    /// The customer denied the challenge; no money is reserved.
    AuthenticationFailed,
    /// Stopped as probable fraud, without a request to the bank.
    HighRisk,
    /// Refused by the customer's bank.
    Refused,
    /// Authorised; commands may have settled, refunded or cancelled parts of it.
    Authorised,
    /// Cancelled before anything was settled.
    Cancelled,
    /// Expired before the full amount was settled.
    Expired,
}

/// The kind of a command on authorised money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Authorised money was settled.
    Settle,
    /// Settled money was refunded.
    Refund,
    /// Authorised money was released.
    Cancel,
}

/// The scope of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    /// The full remaining amount. A repeated request is the same command.
    Full,
    /// A partial amount with the merchant's reference. A repeated request is another command.
    Partial(String),
    /// A reversal, which cancels or refunds the full amount.
    Reversal,
}

/// A command that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command {
    pub kind: CommandKind,
    // The aliases in this file are the names in ledger files of earlier versions.
    #[serde(alias = "extent")]
    pub scope: Scope,
    /// The amount in minor units of the payment's currency.
    pub amount: i64,
    /// Set when the command failed afterwards.
    pub failed: bool,
}

impl Command {
    pub(crate) fn reference(&self) -> Option<&str> {
        match &self.scope {
            Scope::Partial(reference) => Some(reference),
            Scope::Full | Scope::Reversal => None,
        }
    }
}

/// An entry of the history shown by payment queries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The name of the event, such as `settlementRequested`.
    pub name: String,
    pub at: Timestamp,
    pub command_id: String,
    pub amount: i64,
    pub reference: Option<String>,
}

/// An event that happens automatically at a later time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScheduleEntry {
    pub at: Timestamp,
    #[serde(alias = "what")]
    pub event: ScheduledEvent,
}

/// A payment at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payment {
    pub id: String,
    /// The merchant's reference, which need not be unique.
    pub reference: String,
    pub amount: Money,
    /// Set when the payment settles as soon as it is authorised.
    pub auto: bool,
    pub card: Card,
    pub script: Script,
    pub state: PaymentState,
    /// The refusal code of the bank.
    pub refusal: Option<String>,
    /// The state of 3-D Secure, when the merchant requested it.
    #[serde(alias = "strong")]
    pub three_ds: Option<ThreeDs>,
    pub commands: Vec<Command>,
    pub charged_back: i64,
    pub history: Vec<Entry>,
    /// The last event as shown by the payment resource; `None` before an authorisation.
    #[serde(alias = "last")]
    pub last_event: Option<LastEvent>,
    #[serde(alias = "due")]
    pub scheduled: Vec<ScheduleEntry>,
    /// The number of changes, which makes links differ after each one.
    pub revision: u32,
    pub created_at: Timestamp,
    /// The events for which webhooks have not been created yet.
    // Events become webhooks in the transaction that stores the payment, so none remain to be stored with it.
    #[serde(skip)]
    pub webhook_events: Vec<WebhookEvent>,
}

impl Payment {
    fn sum(&self, kind: CommandKind) -> i64 {
        // A failed command frees its amount, so that it can be requested again.
        self.commands.iter().filter(|command| command.kind == kind && !command.failed).map(|one| one.amount).sum()
    }

    /// Returns the settled amount.
    pub(crate) fn settled(&self) -> i64 {
        self.sum(CommandKind::Settle)
    }

    /// Returns the refunded amount.
    pub(crate) fn refunded(&self) -> i64 {
        self.sum(CommandKind::Refund)
    }

    /// Returns the authorised amount that can still be settled.
    pub(crate) fn capturable(&self) -> i64 {
        match self.state {
            // A cancellation after a partial settlement leaves the state authorised, so it is subtracted.
            PaymentState::Authorised => self.amount.amount - self.settled() - self.sum(CommandKind::Cancel),
            _ => 0,
        }
    }

    /// Returns the settled amount that can still be refunded.
    pub(crate) fn refundable(&self) -> i64 {
        self.settled() - self.refunded()
    }

    /// Returns the settled amount that the customer's bank can still charge back.
    pub(crate) fn disputable(&self) -> i64 {
        self.refundable() - self.charged_back
    }

    fn has(&self, kind: CommandKind) -> bool {
        self.commands.iter().any(|command| command.kind == kind && !command.failed)
    }

    /// Returns the actions that are allowed now.
    pub(crate) fn allowed_actions(&self) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| self.is_allowed(*action)).collect()
    }

    fn is_allowed(&self, action: Action) -> bool {
        match action {
            Action::SupplyDeviceData => self.state == PaymentState::DeviceDataRequired,
            Action::CompleteChallenge => self.state == PaymentState::Challenged,
            // As at Worldpay, a full command is offered only before any partial one of its kind.
            Action::Settle => self.capturable() > 0 && !self.has(CommandKind::Settle),
            Action::PartiallySettle | Action::Cancel => self.capturable() > 0,
            Action::Refund => self.refundable() > 0 && !self.has(CommandKind::Refund),
            Action::PartiallyRefund => self.refundable() > 0,
            Action::Reverse => {
                let cancels = self.capturable() > 0 && !self.has(CommandKind::Settle);
                cancels || self.is_allowed(Action::Refund)
            }
        }
    }

    /// Returns the time of the next scheduled event.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        self.scheduled.iter().map(|due| due.at).min()
    }

    fn record(&mut self, name: &str, command_id: &str, amount: i64, reference: Option<&str>, now: Timestamp) {
        self.history.push(Entry {
            name: name.to_owned(),
            at: now,
            command_id: command_id.to_owned(),
            amount,
            reference: reference.map(ToOwned::to_owned),
        });
    }

    fn next_command_id(&self) -> String {
        // The history only grows, so its length never produces an id twice.
        format!("{}-{}", self.id, self.history.len() + 1)
    }

    fn emit(&mut self, kind: WebhookEventType, amount: i64, reference: Option<&str>) {
        if let Some(last) = kind.last_event() {
            self.last_event = Some(last);
        }
        self.webhook_events.push(WebhookEvent {
            kind,
            amount: self.amount.currency.minor(amount),
            reference: reference.map(ToOwned::to_owned),
        });
    }
}
