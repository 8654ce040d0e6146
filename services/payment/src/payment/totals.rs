//! Authorised, captured and refunded amounts, derived from the outcomes of the operations.

use super::{Outcome, Payment};
use crate::operation::{Links, OperationKind, OperationState, PaymentOperation};
use contracts::payment::PaymentTotals;

impl Payment {
    /// The authorisation that placed the order, whatever became of it since.
    pub fn placing_authorisation(&self) -> Option<&PaymentOperation> {
        self.placed_by.and_then(|number| self.operation(number))
    }

    /// The authorisation that placed the order, while its money is still authorised or was captured.
    pub fn authorisation(&self) -> Option<&PaymentOperation> {
        self.placing_authorisation().filter(|one| {
            let is_live = one.state == OperationState::Succeeded && !self.is_voided(one.number);
            is_live || self.completed_amount(OperationKind::Capture, one.number) > 0
        })
    }

    /// The sum, in minor units, of successful operations of this kind on an authorisation.
    pub fn completed_amount(&self, kind: OperationKind, authorisation: u32) -> i64 {
        self.completed_amount_where(kind, authorisation, |_| true)
    }

    /// Like [`Self::completed_amount`], limited to operations for which `counts` returns true.
    pub fn completed_amount_where(
        &self,
        kind: OperationKind,
        authorisation: u32,
        counts: impl Fn(&PaymentOperation) -> bool,
    ) -> i64 {
        let about = |one: &&PaymentOperation| one.kind == kind && one.target == Some(authorisation) && counts(one);
        let done = self.operations.iter().filter(about).filter(|one| one.state == OperationState::Succeeded);
        done.map(|one| one.amount.amount).sum()
    }

    /// Returns true if the authorisation was voided.
    pub fn is_voided(&self, authorisation: u32) -> bool {
        let void = |one: &&PaymentOperation| one.kind == OperationKind::Void && one.target == Some(authorisation);
        self.operations.iter().filter(void).any(|one| one.state == OperationState::Succeeded)
    }

    /// The sum of chargebacks of an authorisation, in minor units.
    pub fn charged_back(&self, authorisation: &PaymentOperation) -> i64 {
        // From facts rather than operations, as nobody here requests a chargeback.
        let amounts = self.facts.iter().filter(|fact| fact.reference == authorisation.reference);
        amounts
            .filter_map(|fact| match &fact.outcome {
                Outcome::ChargedBack { amount, .. } => Some(amount.amount),
                _ => None,
            })
            .sum()
    }

    /// The captured amount of an authorisation that can still be refunded, in minor units.
    pub fn refundable(&self, authorisation: &PaymentOperation) -> i64 {
        let number = authorisation.number;
        self.completed_amount(OperationKind::Capture, number)
            - self.completed_amount(OperationKind::Refund, number)
            - self.charged_back(authorisation)
    }

    /// The authorised amount that has not been captured yet, in minor units.
    pub fn capturable(&self, authorisation: &PaymentOperation) -> i64 {
        // A void releases whatever was not captured, so nothing can be captured after it.
        if authorisation.state != OperationState::Succeeded || self.is_voided(authorisation.number) {
            return 0;
        }
        authorisation.amount.amount - self.completed_amount(OperationKind::Capture, authorisation.number)
    }

    /// The totals of the order's own authorisation.
    pub fn totals(&self) -> PaymentTotals {
        let money = |amount: i64| self.amount().currency.minor(amount);
        // Late authorisations belong to no order and are not part of its totals.
        let Some(authorisation) = self.placing_authorisation() else {
            let nothing = money(0);
            return PaymentTotals { authorised: nothing, captured: nothing, refunded: nothing, charged_back: nothing };
        };
        let captured = self.completed_amount(OperationKind::Capture, authorisation.number);
        PaymentTotals {
            authorised: money(captured + self.capturable(authorisation)),
            captured: money(captured),
            refunded: money(self.completed_amount(OperationKind::Refund, authorisation.number)),
            charged_back: money(self.charged_back(authorisation)),
        }
    }

    /// The addresses for the next command on an authorisation: those the gateway supplied last.
    pub fn links_for(&self, authorisation: u32) -> Links {
        let about = |one: &&PaymentOperation| one.number == authorisation || one.target == Some(authorisation);
        // Every response replaces the links; older ones are no longer valid.
        let latest = self.operations.iter().filter(about).rev().find(|one| !one.links.is_empty());
        latest.map(|one| one.links.clone()).unwrap_or_default()
    }
}
