//! What is held, taken, given back: derived from what became of the attempts.

use super::{Outcome, Payment};
use crate::attempt::{PaymentOperation, OperationKind, OperationState, Links};
use contracts::payment::PaymentTotals;

impl Payment {
    /// The authorisation the order was placed with, whatever became of it since.
    pub fn placed_with(&self) -> Option<&PaymentOperation> {
        self.placed_by.and_then(|number| self.attempt(number))
    }

    /// The authorisation the order stands on: the one it was placed with, while its money is held or was taken.
    pub fn authorisation(&self) -> Option<&PaymentOperation> {
        self.placed_with().filter(|one| {
            let stands = one.state == OperationState::Succeeded && !self.is_voided(one.number);
            stands || self.done(OperationKind::Capture, one.number) > 0
        })
    }

    /// The sum of the commands of this kind about an authorisation that are done, in minor units.
    pub fn done(&self, kind: OperationKind, authorisation: u32) -> i64 {
        self.done_where(kind, authorisation, |_| true)
    }

    /// The same of those that `counts` picks.
    pub fn done_where(&self, kind: OperationKind, authorisation: u32, counts: impl Fn(&PaymentOperation) -> bool) -> i64 {
        let about = |one: &&PaymentOperation| one.kind == kind && one.target == Some(authorisation) && counts(one);
        let done = self.operations.iter().filter(about).filter(|one| one.state == OperationState::Succeeded);
        done.map(|one| one.amount.amount).sum()
    }

    /// Whether what was held by an authorisation is let go.
    pub fn is_voided(&self, authorisation: u32) -> bool {
        let void = |one: &&PaymentOperation| one.kind == OperationKind::Void && one.target == Some(authorisation);
        self.operations.iter().filter(void).any(|one| one.state == OperationState::Succeeded)
    }

    /// What customers took back of an authorisation through their banks, in minor units.
    pub fn charged_back(&self, authorisation: &PaymentOperation) -> i64 {
        let amounts = self.facts.iter().filter(|fact| fact.reference == authorisation.reference);
        amounts
            .filter_map(|fact| match &fact.outcome {
                Outcome::ChargedBack { amount, .. } => Some(amount.amount),
                _ => None,
            })
            .sum()
    }

    /// What of an authorisation's money is still with the shop and can be given back, in minor units.
    pub fn left_to_refund(&self, authorisation: &PaymentOperation) -> i64 {
        let number = authorisation.number;
        self.done(OperationKind::Capture, number)
            - self.done(OperationKind::Refund, number)
            - self.charged_back(authorisation)
    }

    /// What of an authorisation's money is held and not taken yet, in minor units.
    pub fn left_to_capture(&self, authorisation: &PaymentOperation) -> i64 {
        if authorisation.state != OperationState::Succeeded || self.is_voided(authorisation.number) {
            return 0;
        }
        authorisation.amount.amount - self.done(OperationKind::Capture, authorisation.number)
    }

    /// What is held, taken and given back for the order.
    pub fn totals(&self) -> PaymentTotals {
        let money = |amount: i64| self.amount().currency.minor(amount);
        let Some(standing) = self.placed_with() else {
            let nothing = money(0);
            return PaymentTotals { authorised: nothing, captured: nothing, refunded: nothing, charged_back: nothing };
        };
        let captured = self.done(OperationKind::Capture, standing.number);
        PaymentTotals {
            authorised: money(captured + self.left_to_capture(standing)),
            captured: money(captured),
            refunded: money(self.done(OperationKind::Refund, standing.number)),
            charged_back: money(self.charged_back(standing)),
        }
    }

    /// Where the gateway wants the next command about an authorisation: what it said last.
    pub fn links_of(&self, authorisation: u32) -> Links {
        let about = |one: &&PaymentOperation| one.number == authorisation || one.target == Some(authorisation);
        let said = self.operations.iter().filter(about).rev().find(|one| !one.links.is_empty());
        said.map(|one| one.links.clone()).unwrap_or_default()
    }
}
