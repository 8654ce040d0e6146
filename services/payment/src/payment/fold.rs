//! What becomes known of a payment's attempts, folded into its state.

use super::{Effects, Fact, Outcome, Payment, State, Wanted};
use crate::attempt::{Attempt, AttemptKind, AttemptState, CHALLENGE, later};
use contracts::Money;
use contracts::events::CommandSettled;
use contracts::payment::Refusal;
use jiff::Timestamp;

impl Payment {
    /// Takes in a fact: the one way in for answers, queries, client returns and webhooks. A fact known before changes
    /// nothing; one that contradicts a final state is undone or left for a person, never dropped.
    pub fn apply(&mut self, fact: Fact, effects: &mut Effects) {
        let known =
            self.facts.iter().any(|known| known.reference == fact.reference && known.outcome.same_kind(&fact.outcome));
        let Some(index) = self.attempts.iter().position(|attempt| attempt.reference == fact.reference) else { return };
        if known {
            return;
        }
        self.facts.push(fact.clone());
        let attempt = &self.attempts[index];
        match (fact.outcome, attempt.kind, attempt.state) {
            (Outcome::Succeeded { gateway_id, amount }, kind, before) => {
                self.succeeded(index, gateway_id, amount, fact.at);
                self.follow_success(index, kind, before, fact.at, effects);
            }
            (Outcome::Challenged { gateway_id, url }, _, AttemptState::Unknown) => {
                let attempt = &mut self.attempts[index];
                attempt.gateway_id = Some(gateway_id);
                attempt.challenge_url = Some(url);
                attempt.settle(AttemptState::Challenged, fact.at);
            }
            (Outcome::Challenged { .. }, ..) => {}
            (Outcome::Refused { refusal }, _, AttemptState::Succeeded) => {
                let reference = &self.attempts[index].reference;
                self.contradictions.push(format!("{reference} was done, and then refused: {}", refusal.reason));
            }
            (Outcome::Refused { refusal }, kind, _) => {
                let attempt = &mut self.attempts[index];
                if kind == AttemptKind::Void && attempt.step_key.is_none() {
                    let told = format!("{} lets money go and was refused: {}", attempt.reference, refusal.reason);
                    self.contradictions.push(told);
                }
                attempt.refusal = Some(refusal);
                attempt.settle(AttemptState::Refused, fact.at);
            }
        }
        self.tell_workflow(index, effects);
    }

    fn succeeded(&mut self, index: usize, gateway_id: String, amount: Money, at: Timestamp) {
        let attempt = &mut self.attempts[index];
        if attempt.amount != amount {
            let told = format!("{} was done for {amount} instead of {}", attempt.reference, attempt.amount);
            self.contradictions.push(told);
        }
        let attempt = &mut self.attempts[index];
        attempt.gateway_id = Some(gateway_id);
        // What the gateway did is what counts for our books.
        attempt.amount = amount;
        attempt.settle(AttemptState::Succeeded, at);
    }

    fn follow_success(
        &mut self,
        index: usize,
        kind: AttemptKind,
        before: AttemptState,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let attempt = self.attempts[index].clone();
        if before.is_final() && kind != AttemptKind::Authorise {
            // Its workflow has gone on without it.
            self.contradictions.push(format!("{} was done after all, having been {before:?}", attempt.reference));
        }
        match kind {
            AttemptKind::Authorise => {
                let expected = attempt.amount == self.amount() && !before.is_final() && self.state == State::Payable;
                if expected {
                    self.place(at, effects);
                } else {
                    // Too late, or for another amount: the customer's money is let go.
                    self.void(&attempt, at);
                }
            }
            AttemptKind::Capture => {
                if let Ok(posting) = crate::ledger::captured(&attempt.reference, attempt.amount, &self.cart) {
                    effects.postings.push(posting);
                }
                effects.receipt = self.receipt_number.is_none();
            }
            AttemptKind::Refund => effects.postings.push(crate::ledger::refunded(&attempt.reference, attempt.amount)),
            AttemptKind::Void => {}
        }
    }

    /// Keeps a command to let an authorisation go; the reconciler sends it.
    fn void(&mut self, authorisation: &Attempt, now: Timestamp) {
        let number = self.start(
            Wanted {
                kind: AttemptKind::Void,
                step_key: None,
                target: Some(authorisation.number),
                amount: authorisation.amount,
                gateway: authorisation.gateway.clone(),
                session: None,
                request: None,
            },
            now,
        );
        if let Some(attempt) = self.attempts.iter_mut().find(|one| one.number == number) {
            attempt.due_at = Some(now);
        }
    }

    /// A gateway does not know of an attempt. After its index delay, several times, that is an outcome.
    pub fn not_found(&mut self, number: u32, counts: bool, now: Timestamp, effects: &mut Effects) {
        let Some(index) = self.attempts.iter().position(|one| one.number == number) else { return };
        let attempt = &mut self.attempts[index];
        match attempt.state {
            AttemptState::Abandoned => {
                attempt.sweep_later(now);
                return;
            }
            AttemptState::Unknown | AttemptState::Challenged => {}
            _ => return,
        }
        if counts {
            attempt.not_found += 1;
        }
        if attempt.not_found < crate::attempt::NOT_FOUND {
            attempt.ask_later(now);
            return;
        }
        // A partial refund may have been done under a reference the gateway lost: sending it again could pay twice.
        let state = if attempt.kind == AttemptKind::Refund { AttemptState::Parked } else { AttemptState::Abandoned };
        attempt.settle(state, now);
        self.tell_workflow(index, effects);
    }

    /// A gateway was asked about an attempt. If what it said settled nothing, it is asked again later.
    pub fn asked(&mut self, number: u32, now: Timestamp) {
        let due = |one: &&mut Attempt| one.number == number && one.due_at.is_some_and(|due| due <= now);
        let Some(attempt) = self.attempts.iter_mut().find(due) else { return };
        if attempt.state == AttemptState::Abandoned { attempt.sweep_later(now) } else { attempt.ask_later(now) }
    }

    /// A challenge was not answered yet. Until its time is over the gateway is asked again.
    pub fn challenge_unanswered(&mut self, number: u32, now: Timestamp) {
        let attempt =
            self.attempts.iter_mut().find(|one| one.number == number && one.state == AttemptState::Challenged);
        let Some(attempt) = attempt else { return };
        if later(attempt.started_at, CHALLENGE).is_some_and(|end| end > now) {
            attempt.settle(AttemptState::Challenged, now);
        } else {
            attempt.refusal = Some(Refusal {
                code: "challenge-expired".into(),
                reason: "The confirmation with the bank was not finished in time. Nothing was charged.".into(),
            });
            attempt.settle(AttemptState::Abandoned, now);
        }
    }

    fn tell_workflow(&mut self, index: usize, effects: &mut Effects) {
        let order_id = self.order_id;
        let attempt = &mut self.attempts[index];
        if attempt.awaited && attempt.state.is_final() {
            attempt.awaited = false;
            if let Some(step_key) = attempt.step_key.clone() {
                effects.settled.push(CommandSettled { order_id, step_key });
            }
        }
    }
}
