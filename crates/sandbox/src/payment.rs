//! A payment as the gateway knows it: where it stands, what was done with it, and what can still be done.
//!
//! Pure: what is asked of it changes it or is refused, and adds to the news that webhooks tell.

mod command;
mod course;
mod news;

pub(crate) use command::{Action, Impossible, Part};
pub(crate) use course::{Decision, Happening, Order, Strong};
pub(crate) use news::{LastEvent, News, NewsKind};

use crate::card::Card;
use crate::script::Script;
use contracts::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the authorisation of a payment stands. What was done with the money is told by its commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// 3-D Secure waits for data of the customer's device.
    DeviceDataRequired,
    /// 3-D Secure waits for the customer.
    Challenged,
    /// The customer did not confirm it with the bank. No money is held.
    AuthenticationFailed,
    /// Stopped as probable fraud before any bank was asked.
    HighRisk,
    /// Refused by the bank.
    Refused,
    /// The money is held, or was, as far as commands say.
    Authorised,
    /// All of it was let go.
    Cancelled,
    /// It ran out before all of it was taken.
    Expired,
}

/// What was done with authorised money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// Money was taken.
    Settle,
    /// Money was given back.
    Refund,
    /// Money was let go.
    Cancel,
}

/// In which of three ways a command was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Extent {
    /// All there is. Asked again, it is the same command.
    Full,
    /// A part, with the merchant's reference. Asked again, it is another part.
    Partial(String),
    /// By a reversal, which cancels or refunds.
    Reversal,
}

/// A command that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Command {
    pub kind: CommandKind,
    pub extent: Extent,
    /// In minor units of the payment's currency.
    pub amount: i64,
    /// It came to nothing afterwards.
    pub failed: bool,
}

impl Command {
    pub(crate) fn reference(&self) -> Option<&str> {
        match &self.extent {
            Extent::Partial(reference) => Some(reference),
            Extent::Full | Extent::Reversal => None,
        }
    }
}

/// A line of the history that payment queries tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Such as `settlementRequested`.
    pub name: String,
    pub at: Timestamp,
    pub command_id: String,
    pub amount: i64,
    pub reference: Option<String>,
}

/// Something that happens later by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Due {
    pub at: Timestamp,
    pub what: Happening,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payment {
    /// The gateway's id of it.
    pub id: String,
    /// The merchant's reference, which need not be its own.
    pub reference: String,
    pub amount: Money,
    /// Taken as soon as it is authorised.
    pub auto: bool,
    pub card: Card,
    pub script: Script,
    pub state: PaymentState,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// What 3-D Secure needs, when the merchant asked for it.
    pub strong: Option<Strong>,
    pub commands: Vec<Command>,
    pub charged_back: i64,
    pub history: Vec<Entry>,
    /// The last event, as the payment itself tells it; none before an authorisation.
    pub last: Option<LastEvent>,
    pub due: Vec<Due>,
    /// Counts changes: links differ after each.
    pub revision: u32,
    pub created_at: Timestamp,
    /// What webhooks are to tell.
    #[serde(skip)]
    pub news: Vec<News>,
}

impl Payment {
    fn sum(&self, kind: CommandKind) -> i64 {
        self.commands.iter().filter(|command| command.kind == kind && !command.failed).map(|one| one.amount).sum()
    }

    /// What was taken.
    pub(crate) fn settled(&self) -> i64 {
        self.sum(CommandKind::Settle)
    }

    /// What was given back.
    pub(crate) fn refunded(&self) -> i64 {
        self.sum(CommandKind::Refund)
    }

    /// What is held and can still be taken.
    pub(crate) fn held(&self) -> i64 {
        match self.state {
            PaymentState::Authorised => self.amount.amount - self.settled() - self.sum(CommandKind::Cancel),
            _ => 0,
        }
    }

    /// What can still be given back.
    pub(crate) fn refundable(&self) -> i64 {
        self.settled() - self.refunded()
    }

    /// What the customer's bank can still take back.
    pub(crate) fn disputable(&self) -> i64 {
        self.refundable() - self.charged_back
    }

    fn has(&self, kind: CommandKind) -> bool {
        self.commands.iter().any(|command| command.kind == kind && !command.failed)
    }

    /// What can be done with it now.
    pub(crate) fn possible(&self) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| self.is_possible(*action)).collect()
    }

    fn is_possible(&self, action: Action) -> bool {
        match action {
            Action::SupplyDeviceData => self.state == PaymentState::DeviceDataRequired,
            Action::CompleteChallenge => self.state == PaymentState::Challenged,
            Action::Settle => self.held() > 0 && !self.has(CommandKind::Settle),
            Action::PartiallySettle | Action::Cancel => self.held() > 0,
            Action::Refund => self.refundable() > 0 && !self.has(CommandKind::Refund),
            Action::PartiallyRefund => self.refundable() > 0,
            Action::Reverse => {
                let cancels = self.held() > 0 && !self.has(CommandKind::Settle);
                cancels || self.is_possible(Action::Refund)
            }
        }
    }

    /// When something next happens to it by itself.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        self.due.iter().map(|due| due.at).min()
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
        format!("{}-{}", self.id, self.history.len() + 1)
    }

    fn tell(&mut self, kind: NewsKind, amount: i64, reference: Option<&str>) {
        if let Some(last) = kind.last_event() {
            self.last = Some(last);
        }
        self.news.push(News {
            kind,
            amount: self.amount.currency.minor(amount),
            reference: reference.map(ToOwned::to_owned),
        });
    }
}
