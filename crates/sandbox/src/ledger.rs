//! The gateway's side of the books, for comparing it with the shop's.

use crate::payment::{CommandKind, Payment, PaymentState};
use crate::store;
use chassis::StoreError;
use chassis::sqlite::Database;
use contracts::Money;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A payment, as the gateway has it in its books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPayment {
    /// The merchant's reference. Two payments can have the same: then a customer was charged twice.
    pub reference: String,
    /// The gateway's id.
    pub payment_id: String,
    /// What was to be authorised.
    pub amount: Money,
    /// Where its authorisation stands.
    pub state: PaymentState,
    /// What was done with the money, in order.
    pub commands: Vec<LedgerCommand>,
    /// What the customer's bank took back, in minor units.
    pub charged_back: i64,
}

/// A command that took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerCommand {
    /// What was done.
    pub kind: CommandKind,
    /// The merchant's reference, of a partial command.
    pub reference: Option<String>,
    /// How much.
    pub amount: Money,
    /// Whether it came to nothing afterwards.
    pub failed: bool,
}

impl LedgerPayment {
    fn sum(&self, kind: CommandKind) -> i64 {
        let stands = self.commands.iter().filter(|command| command.kind == kind && !command.failed);
        stands.map(|command| command.amount.amount).sum()
    }

    /// What was taken, in minor units.
    pub fn settled(&self) -> i64 {
        self.sum(CommandKind::Settle)
    }

    /// What was given back, in minor units.
    pub fn refunded(&self) -> i64 {
        self.sum(CommandKind::Refund)
    }

    /// What is held on the customer's card, in minor units.
    pub fn held(&self) -> i64 {
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

/// The sandbox's books, for reading.
#[derive(Clone)]
pub struct Ledger(Database);

impl Ledger {
    /// Opens the books of a sandbox, which may be running.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self(store::open(path).await?))
    }

    pub(crate) const fn over(database: Database) -> Self {
        Self(database)
    }

    /// The payments whose reference comes after `after`, in the order of references. Those that share a reference come
    /// together, so that there can be a few more than `limit`; fewer mean that these are the last.
    ///
    /// # Errors
    /// When the file does not answer.
    pub async fn payments_after(&self, after: &str, limit: usize) -> Result<Vec<LedgerPayment>, StoreError> {
        Ok(store::payments_after(&self.0, after, limit).await?.into_iter().map(LedgerPayment::from).collect())
    }
}
