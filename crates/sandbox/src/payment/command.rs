//! The actions of merchants on a payment.

use super::{Command, CommandKind, Payment, PaymentState, ScheduledEvent, Scope, WebhookEventType};
use contracts::{Currency, Money};
use jiff::{SignedDuration, Timestamp};

/// The time from a command until the money arrives or a refund fails.
const CLEARING_DELAY: SignedDuration = SignedDuration::from_secs(10);
/// The time from a settlement until a chargeback.
const DISPUTE_DELAY: SignedDuration = SignedDuration::from_secs(60);

/// An action on a payment, which responses offer as a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    SupplyDeviceData,
    CompleteChallenge,
    Settle,
    PartiallySettle,
    Cancel,
    Refund,
    PartiallyRefund,
    Reverse,
}

impl Action {
    pub(super) const ALL: [Self; 8] = [
        Self::SupplyDeviceData,
        Self::CompleteChallenge,
        Self::Settle,
        Self::PartiallySettle,
        Self::Cancel,
        Self::Refund,
        Self::PartiallyRefund,
        Self::Reverse,
    ];

    /// Returns the name of the action in `_actions`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SupplyDeviceData => "supply3dsDeviceData",
            Self::CompleteChallenge => "complete3dsChallenge",
            Self::Settle => "settlePayment",
            Self::PartiallySettle => "partiallySettlePayment",
            Self::Cancel => "cancelPayment",
            Self::Refund => "refundPayment",
            Self::PartiallyRefund => "partiallyRefundPayment",
            Self::Reverse => "reversePayment",
        }
    }

    /// Returns the last path segment of the action's URL.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::SupplyDeviceData => "3dsDeviceData",
            Self::CompleteChallenge => "3dsChallenges",
            Self::Settle => "settlements",
            Self::PartiallySettle => "partialSettlements",
            Self::Cancel => "cancellations",
            Self::Refund => "refunds",
            Self::PartiallyRefund => "partialRefunds",
            Self::Reverse => "reversals",
        }
    }

    /// Returns the action with this path segment.
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.path() == path)
    }

    /// Returns the outcome in the response; empty for 3-D Secure, whose outcome depends on the payment.
    pub(crate) fn outcome(self) -> &'static str {
        match self {
            Self::SupplyDeviceData | Self::CompleteChallenge => "",
            Self::Settle | Self::PartiallySettle => "sentForSettlement",
            Self::Cancel => "sentForCancellation",
            Self::Refund => "sentForRefund",
            Self::PartiallyRefund => "sentForPartialRefund",
            Self::Reverse => "sentForReversal",
        }
    }

    /// Returns the prefix of the action's history entries.
    fn history_prefix(self) -> &'static str {
        match self {
            Self::SupplyDeviceData | Self::CompleteChallenge => "authentication",
            Self::Settle | Self::PartiallySettle => "settlement",
            Self::Cancel => "cancellation",
            Self::Refund | Self::PartiallyRefund => "refund",
            Self::Reverse => "reversal",
        }
    }
}

/// The reference and amount of a partial command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartialCommand {
    pub reference: String,
    pub amount: Money,
}

/// The reason why an action is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The state of the payment does not allow the action.
    NotAllowed,
    /// The payment has this other currency.
    WrongCurrency(Currency),
    /// The amount exceeds the remaining one, which is given.
    AmountTooHigh(i64),
}

impl Payment {
    /// Executes an action. A repeated command on the full amount has no effect and succeeds again.
    pub(crate) fn command(
        &mut self,
        action: Action,
        partial_command: Option<&PartialCommand>,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        // Checked first: the repeat of a command is usually no longer allowed, but has to succeed.
        if self.was_executed(action) {
            return Ok(());
        }
        if !self.is_allowed(action) {
            return Err(Rejection::NotAllowed);
        }
        match action {
            Action::Settle => self.execute(action, CommandKind::Settle, self.capturable(), Scope::Full, now),
            Action::Cancel => self.execute(action, CommandKind::Cancel, self.capturable(), Scope::Full, now),
            Action::Refund => self.execute(action, CommandKind::Refund, self.refundable(), Scope::Full, now),
            Action::PartiallySettle => {
                self.execute_partial(action, CommandKind::Settle, self.capturable(), partial_command, now)?;
            }
            Action::PartiallyRefund => {
                self.execute_partial(action, CommandKind::Refund, self.refundable(), partial_command, now)?;
            }
            Action::Reverse => self.reverse(now),
            Action::SupplyDeviceData | Action::CompleteChallenge => return Err(Rejection::NotAllowed),
        }
        self.revision += 1;
        Ok(())
    }

    /// Returns true if this command on the full amount took effect and did not fail.
    fn was_executed(&self, action: Action) -> bool {
        let exists = |kind: Option<CommandKind>, scope: &Scope| {
            self.commands
                .iter()
                .any(|one| kind.is_none_or(|kind| one.kind == kind) && one.scope == *scope && !one.failed)
        };
        match action {
            Action::Settle => exists(Some(CommandKind::Settle), &Scope::Full),
            Action::Cancel => exists(Some(CommandKind::Cancel), &Scope::Full),
            Action::Refund => exists(Some(CommandKind::Refund), &Scope::Full),
            Action::Reverse => exists(None, &Scope::Reversal),
            _ => false,
        }
    }

    fn execute_partial(
        &mut self,
        action: Action,
        kind: CommandKind,
        max: i64,
        partial_command: Option<&PartialCommand>,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let PartialCommand { reference, amount } = partial_command.ok_or(Rejection::NotAllowed)?;
        if amount.currency != self.amount.currency {
            return Err(Rejection::WrongCurrency(self.amount.currency));
        }
        if !(1..=max).contains(&amount.amount) {
            return Err(Rejection::AmountTooHigh(max));
        }
        self.execute(action, kind, amount.amount, Scope::Partial(reference.clone()), now);
        Ok(())
    }

    /// Refunds the settled amount and cancels the rest.
    fn reverse(&mut self, now: Timestamp) {
        if self.refundable() > 0 {
            self.execute(Action::Reverse, CommandKind::Refund, self.refundable(), Scope::Reversal, now);
        }
        if self.capturable() > 0 {
            self.execute(Action::Reverse, CommandKind::Cancel, self.capturable(), Scope::Reversal, now);
        }
    }

    fn execute(&mut self, action: Action, kind: CommandKind, amount: i64, scope: Scope, now: Timestamp) {
        let id = self.next_command_id();
        let command = Command { kind, scope, amount, failed: false };
        let reference = command.reference().map(ToOwned::to_owned);
        // The sandbox submits commands without a delay, so both events are recorded together.
        for step in ["Requested", "RequestSubmitted"] {
            self.record(&format!("{}{step}", action.history_prefix()), &id, amount, reference.as_deref(), now);
        }
        self.commands.push(command);
        self.schedule_follow_up(self.commands.len() - 1, now);
        let event = match kind {
            CommandKind::Settle => WebhookEventType::SentForSettlement,
            CommandKind::Refund => WebhookEventType::SentForRefund,
            CommandKind::Cancel => WebhookEventType::Cancelled,
        };
        self.emit(event, amount, reference.as_deref());
    }

    /// Settles the full amount together with the authorisation.
    pub(super) fn settle_immediately(&mut self, now: Timestamp) {
        let amount = self.amount.amount;
        // The history needs no entry for the settlement, because `saleSucceeded` stands for both steps.
        self.commands.push(Command { kind: CommandKind::Settle, scope: Scope::Full, amount, failed: false });
        self.schedule_follow_up(self.commands.len() - 1, now);
        self.emit(WebhookEventType::SentForSettlement, amount, None);
    }

    /// Schedules the events that follow a command.
    fn schedule_follow_up(&mut self, index: usize, now: Timestamp) {
        match self.commands[index].kind {
            CommandKind::Settle => {
                self.schedule(CLEARING_DELAY, ScheduledEvent::Settled(index), now);
                if self.script.charged_back {
                    self.schedule(DISPUTE_DELAY, ScheduledEvent::ChargeBack, now);
                }
            }
            CommandKind::Refund if self.script.refunds_fail => {
                self.schedule(CLEARING_DELAY, ScheduledEvent::RefundFailed(index), now);
            }
            CommandKind::Refund => self.schedule(CLEARING_DELAY, ScheduledEvent::Refunded(index), now),
            CommandKind::Cancel if self.settled() == 0 => self.state = PaymentState::Cancelled,
            CommandKind::Cancel => {}
        }
    }
}
