//! The gateway's ledger, for comparison with the shop's.

use crate::payment::{CommandKind, Payment, PaymentState};
use crate::store;
use chassis::StoreError;
use chassis::sqlite::Database;
use contracts::Money;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A payment in the gateway's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPayment {
    /// The merchant's reference. Two payments with the same reference mean that a customer was charged twice.
    pub reference: String,
    /// The gateway's id of the payment.
    pub payment_id: String,
    /// The amount of the authorisation request.
    pub amount: Money,
    /// The state of the authorisation.
    pub state: PaymentState,
    /// The commands that took effect, in order.
    pub commands: Vec<LedgerCommand>,
    /// The amount charged back by the customer's bank, in minor units.
    pub charged_back: i64,
}

/// A command that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCommand {
    /// The kind of the command.
    pub kind: CommandKind,
    /// The merchant's reference of a partial command.
    pub reference: Option<String>,
    /// The amount of the command.
    pub amount: Money,
    /// True if the command failed afterwards.
    pub failed: bool,
}

impl LedgerPayment {
    fn sum(&self, kind: CommandKind) -> i64 {
        let effective = self.commands.iter().filter(|command| command.kind == kind && !command.failed);
        effective.map(|command| command.amount.amount).sum()
    }

    /// Returns the settled amount in minor units.
    pub fn settled(&self) -> i64 {
        self.sum(CommandKind::Settle)
    }

    /// Returns the refunded amount in minor units.
    pub fn refunded(&self) -> i64 {
        self.sum(CommandKind::Refund)
    }

    /// Returns the authorised amount that can still be settled, in minor units.
    pub fn capturable(&self) -> i64 {
        match self.state {
            PaymentState::Authorised => self.amount.amount - self.settled() - self.sum(CommandKind::Cancel),
            _ => 0,
        }
    }
}

impl From<Payment> for LedgerPayment {
    fn from(payment: Payment) -> Self {
        let currency = payment.amount.currency;
        let commands = payment.commands.iter().map(|command| LedgerCommand {
            kind: command.kind,
            reference: command.reference().map(ToOwned::to_owned),
            amount: currency.minor(command.amount),
            failed: command.failed,
        });
        Self {
            commands: commands.collect(),
            reference: payment.reference,
            payment_id: payment.id,
            amount: payment.amount,
            state: payment.state,
            charged_back: payment.charged_back,
        }
    }
}

/// The sandbox's ledger, for reading.
#[derive(Clone)]
pub struct Ledger(Database);

impl Ledger {
    /// Opens the ledger of a sandbox, which may be running.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite's WAL mode lets another process read while the sandbox writes.
        Ok(Self(store::open(path).await?))
    }

    pub(crate) const fn new(database: Database) -> Self {
        Self(database)
    }

    /// Returns the payments whose reference sorts after `after`, ordered by reference.
    ///
    /// Payments with the same reference are returned together, so there can be more than `limit`. Fewer than `limit`
    /// means that these are the last.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn payments_after(&self, after: &str, limit: usize) -> Result<Vec<LedgerPayment>, StoreError> {
        Ok(store::payments_after(&self.0, after, limit).await?.into_iter().map(LedgerPayment::from).collect())
    }
}
