//! Gateways: those who move the money. One trait, whatever their wire.

pub mod sandbox;

use crate::attempt::{Attempt, AttemptKind};
use crate::payment::{Outcome, Payment};
use async_trait::async_trait;
use contracts::Money;
use contracts::payment::PaymentMethod;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A command as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub kind: AttemptKind,
    /// Our reference.
    pub reference: String,
    /// The order's number, for statements.
    pub order_number: String,
    /// How much.
    pub amount: Money,
    /// The session that stands for the card.
    pub session: Option<String>,
    /// The gateway's id of what it is about.
    pub target: Option<String>,
    /// Where a customer comes back to from a challenge.
    pub return_path: String,
}

impl Command {
    /// The command of an attempt.
    pub fn of(payment: &Payment, attempt: &Attempt) -> Self {
        let target = attempt.target.and_then(|number| payment.attempt(number));
        Self {
            kind: attempt.kind,
            reference: attempt.reference.clone(),
            order_number: payment.order_number.clone(),
            amount: attempt.amount,
            session: attempt.session.clone(),
            target: target.and_then(|target| target.gateway_id.clone()),
            return_path: format!("/checkout/return?payment={}", payment.id),
        }
    }
}

/// No answer: whether the command took effect is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer from the gateway: {0}")]
pub struct NoAnswer(pub String);

/// Moves money.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// Its name, as attempts and the ledger know it.
    fn name(&self) -> &'static str;

    /// The ways to pay it offers.
    fn methods(&self) -> Vec<PaymentMethod>;

    /// How long a command may be unknown to queries although it was received.
    fn index_delay(&self) -> SignedDuration;

    /// Carries out a command, once per reference: sent again, it answers what became of the first.
    async fn execute(&self, command: &Command) -> Result<Outcome, NoAnswer>;

    /// What became of the command with this reference; `None` when the gateway does not know of it.
    async fn query(&self, reference: &str) -> Result<Option<Outcome>, NoAnswer>;
}

/// The gateways of a shop.
#[derive(Clone, Default)]
pub struct Gateways(BTreeMap<&'static str, Arc<dyn Gateway>>);

impl Gateways {
    /// These gateways.
    pub fn new(gateways: impl IntoIterator<Item = Arc<dyn Gateway>>) -> Self {
        Self(gateways.into_iter().map(|gateway| (gateway.name(), gateway)).collect())
    }

    /// The gateway with this name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Gateway>> {
        self.0.get(name)
    }

    /// All ways to pay.
    pub fn methods(&self) -> Vec<PaymentMethod> {
        self.0.values().flat_map(|gateway| gateway.methods()).collect()
    }

    /// The gateway behind a method.
    pub fn of_method(&self, method: &str) -> Option<&Arc<dyn Gateway>> {
        self.0.values().find(|gateway| gateway.methods().iter().any(|offered| offered.method == method))
    }
}
