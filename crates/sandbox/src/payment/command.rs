//! What a merchant can ask of a payment.

use super::{Command, CommandKind, Extent, Happening, NewsKind, Payment, PaymentState};
use contracts::{Currency, Money};
use jiff::{SignedDuration, Timestamp};

/// How long after it was sent money arrives, or a refund turns out to have failed.
const CLEARING: SignedDuration = SignedDuration::from_secs(10);
/// How long after a settlement a chargeback comes.
const DISPUTE: SignedDuration = SignedDuration::from_secs(60);

/// Something that can be done with a payment: a link in its answers.
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

    /// Its name among `_actions`.
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

    /// The last part of its address.
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

    /// The action at this last part of an address.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.path() == path)
    }

    /// The outcome that answers it; those of 3-D Secure have several.
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

    /// How its lines in the history begin.
    fn in_history(self) -> &'static str {
        match self {
            Self::SupplyDeviceData | Self::CompleteChallenge => "authentication",
            Self::Settle | Self::PartiallySettle => "settlement",
            Self::Cancel => "cancellation",
            Self::Refund | Self::PartiallyRefund => "refund",
            Self::Reverse => "reversal",
        }
    }
}

/// A part of the money, for a partial command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub reference: String,
    pub amount: Money,
}

/// Why something cannot be done with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Impossible {
    /// Not any more, or not yet.
    NotPossible,
    /// The payment is in this currency.
    Currency(Currency),
    /// At most this much is left.
    TooMuch(i64),
}

impl Payment {
    /// Does what was asked. A command about the whole, asked for again, changes nothing and is answered as before.
    pub(crate) fn command(&mut self, action: Action, part: Option<&Part>, now: Timestamp) -> Result<(), Impossible> {
        if self.was_done(action) {
            return Ok(());
        }
        if !self.is_possible(action) {
            return Err(Impossible::NotPossible);
        }
        match action {
            Action::Settle => self.carry_out(action, CommandKind::Settle, self.held(), Extent::Full, now),
            Action::Cancel => self.carry_out(action, CommandKind::Cancel, self.held(), Extent::Full, now),
            Action::Refund => self.carry_out(action, CommandKind::Refund, self.refundable(), Extent::Full, now),
            Action::PartiallySettle => self.take_part(action, CommandKind::Settle, self.held(), part, now)?,
            Action::PartiallyRefund => self.take_part(action, CommandKind::Refund, self.refundable(), part, now)?,
            Action::Reverse => self.reverse(now),
            Action::SupplyDeviceData | Action::CompleteChallenge => return Err(Impossible::NotPossible),
        }
        self.revision += 1;
        Ok(())
    }

    /// Whether this very command about the whole has taken effect, and stands.
    fn was_done(&self, action: Action) -> bool {
        let stands = |kind: Option<CommandKind>, extent: &Extent| {
            self.commands
                .iter()
                .any(|one| kind.is_none_or(|kind| one.kind == kind) && one.extent == *extent && !one.failed)
        };
        match action {
            Action::Settle => stands(Some(CommandKind::Settle), &Extent::Full),
            Action::Cancel => stands(Some(CommandKind::Cancel), &Extent::Full),
            Action::Refund => stands(Some(CommandKind::Refund), &Extent::Full),
            Action::Reverse => stands(None, &Extent::Reversal),
            _ => false,
        }
    }

    fn take_part(
        &mut self,
        action: Action,
        kind: CommandKind,
        most: i64,
        part: Option<&Part>,
        now: Timestamp,
    ) -> Result<(), Impossible> {
        let Part { reference, amount } = part.ok_or(Impossible::NotPossible)?;
        if amount.currency != self.amount.currency {
            return Err(Impossible::Currency(self.amount.currency));
        }
        if !(1..=most).contains(&amount.amount) {
            return Err(Impossible::TooMuch(most));
        }
        self.carry_out(action, kind, amount.amount, Extent::Partial(reference.clone()), now);
        Ok(())
    }

    /// Gives back what was taken, and lets go of what is held.
    fn reverse(&mut self, now: Timestamp) {
        if self.refundable() > 0 {
            self.carry_out(Action::Reverse, CommandKind::Refund, self.refundable(), Extent::Reversal, now);
        }
        if self.held() > 0 {
            self.carry_out(Action::Reverse, CommandKind::Cancel, self.held(), Extent::Reversal, now);
        }
    }

    fn carry_out(&mut self, action: Action, kind: CommandKind, amount: i64, extent: Extent, now: Timestamp) {
        let id = self.next_command_id();
        let command = Command { kind, extent, amount, failed: false };
        let reference = command.reference().map(ToOwned::to_owned);
        for step in ["Requested", "RequestSubmitted"] {
            self.record(&format!("{}{step}", action.in_history()), &id, amount, reference.as_deref(), now);
        }
        self.commands.push(command);
        self.follow_up(self.commands.len() - 1, now);
        let news = match kind {
            CommandKind::Settle => NewsKind::SentForSettlement,
            CommandKind::Refund => NewsKind::SentForRefund,
            CommandKind::Cancel => NewsKind::Cancelled,
        };
        self.tell(news, amount, reference.as_deref());
    }

    /// Takes all of it with the authorisation itself.
    pub(super) fn take_at_once(&mut self, now: Timestamp) {
        let amount = self.amount.amount;
        self.commands.push(Command { kind: CommandKind::Settle, extent: Extent::Full, amount, failed: false });
        self.follow_up(self.commands.len() - 1, now);
        self.tell(NewsKind::SentForSettlement, amount, None);
    }

    /// What comes of a command by itself.
    fn follow_up(&mut self, index: usize, now: Timestamp) {
        match self.commands[index].kind {
            CommandKind::Settle => {
                self.schedule(CLEARING, Happening::Settled(index), now);
                if self.script.charged_back {
                    self.schedule(DISPUTE, Happening::ChargeBack, now);
                }
            }
            CommandKind::Refund if self.script.bounces => {
                self.schedule(CLEARING, Happening::RefundFailed(index), now);
            }
            CommandKind::Refund => self.schedule(CLEARING, Happening::Refunded(index), now),
            CommandKind::Cancel if self.settled() == 0 => self.state = PaymentState::Cancelled,
            CommandKind::Cancel => {}
        }
    }
}
