//! What becomes known of a payment's attempts, folded into its state.

use super::{Effects, Fact, WebhookEvent, WebhookEventKind, Outcome, PAYABLE, Payment, State, Wanted};
use crate::attempt::{PaymentOperation, OperationKind, OperationState, MANUAL, SENDING, later};
use crate::ledger;
use contracts::Money;
use contracts::events::{CommandSettled, PaymentIssueKind, TransferAwaited};
use contracts::payment::{PaymentAction, Refusal};
use jiff::Timestamp;

impl Payment {
    /// Takes in a fact: the one way in for answers, queries, client returns and webhooks. A fact known before changes
    /// nothing; one that contradicts a final state is undone or left for a person, never dropped.
    pub fn apply(&mut self, fact: Fact, effects: &mut Effects) {
        let Some(index) = self.operations.iter().position(|attempt| attempt.reference == fact.reference) else { return };
        // Where the next commands go may be said later than what happened.
        if !fact.links.is_empty() {
            self.operations[index].links.clone_from(&fact.links);
        }
        if let Outcome::Refused { refusal } = &fact.outcome {
            self.operations[index].learn_why(refusal);
        }
        let known = self.facts.iter().filter(|known| known.reference == fact.reference);
        if known.into_iter().any(|known| known.outcome.same_kind(&fact.outcome)) {
            return;
        }
        self.facts.push(fact.clone());
        let (kind, before) = (self.operations[index].kind, self.operations[index].state);
        match fact.outcome {
            Outcome::Succeeded { gateway_id, amount, taken } => {
                self.succeeded(index, gateway_id, amount, taken, fact.at, effects);
            }
            Outcome::Challenged { challenge } => {
                if !before.is_final() {
                    if matches!(challenge.action, PaymentAction::Transfer(_)) {
                        effects.awaited = Some(TransferAwaited { order_id: self.order_id });
                    }
                    let attempt = &mut self.operations[index];
                    attempt.challenge = Some(challenge);
                    attempt.settle(OperationState::Challenged, fact.at);
                }
            }
            Outcome::Refused { refusal } if before == OperationState::Succeeded => {
                let told = format!("{} was done, and then refused: {}", fact.reference, refusal.reason);
                self.contradict(told, effects);
            }
            Outcome::Refused { refusal } => {
                if kind != OperationKind::Authorise && self.operations[index].step_key.is_none() {
                    let told = format!("{} lets money go and was refused: {}", fact.reference, refusal.reason);
                    self.contradict(told, effects);
                }
                self.end(index, OperationState::Refused, Some(refusal), fact.at);
            }
            Outcome::Failed { refusal } => self.failed(index, &refusal, fact.at, effects),
            Outcome::ChargedBack { id, amount } => self.taken_back(index, &id, amount, effects),
            Outcome::Manual { task } => {
                if !before.is_final() {
                    let refusal = Refusal { code: MANUAL.into(), reason: task };
                    self.end(index, OperationState::NeedsAttention, Some(refusal), fact.at);
                }
            }
        }
        self.tell_workflow(index, effects);
    }

    fn end(&mut self, index: usize, state: OperationState, refusal: Option<Refusal>, at: Timestamp) {
        let attempt = &mut self.operations[index];
        attempt.refusal = refusal;
        attempt.settle(state, at);
    }

    /// Keeps something that does not fit for a person to look at; once.
    fn contradict(&mut self, told: String, effects: &mut Effects) {
        if !self.discrepancies.contains(&told) {
            self.discrepancies.push(told);
            if self.state == State::Placed {
                effects.changed.push(PaymentIssueKind::Discrepancy);
            }
        }
    }

    fn succeeded(
        &mut self,
        index: usize,
        gateway_id: String,
        amount: Money,
        taken: bool,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let (before, kind) = (self.operations[index].state, self.operations[index].kind);
        if before == OperationState::Failed {
            // What came of it in the end was known before what it was at first.
            return;
        }
        let attempt = &mut self.operations[index];
        if !gateway_id.is_empty() {
            attempt.gateway_id = Some(gateway_id);
        }
        if before == OperationState::Succeeded {
            // What is new, if anything, is that the money was taken.
            if taken {
                self.taken(index, amount, at, effects);
            }
            return;
        }
        let expected = attempt.amount;
        // What the gateway did is what counts for our books.
        attempt.amount = amount;
        self.end(index, OperationState::Succeeded, None, at);
        if expected != amount {
            let told = format!("{} was done for {amount} instead of {expected}", self.operations[index].reference);
            self.contradict(told, effects);
        }
        if before.is_final() && before != OperationState::NeedsAttention && kind != OperationKind::Authorise {
            // Its workflow has gone on without it.
            let told = format!("{} was done after all, having been {before:?}", self.operations[index].reference);
            self.contradict(told, effects);
        }
        self.follow_success(index, before, at, effects);
        if taken {
            self.taken(index, amount, at, effects);
        }
    }

    fn follow_success(&mut self, index: usize, before: OperationState, at: Timestamp, effects: &mut Effects) {
        let attempt = self.operations[index].clone();
        match attempt.kind {
            OperationKind::Authorise => {
                let expected = attempt.amount == self.amount() && !before.is_final() && self.state == State::Payable;
                if expected {
                    self.place(Some(attempt.number), at, effects);
                } else {
                    // Too late, or for another amount: the customer's money is let go.
                    self.let_go(&attempt, OperationKind::Void, at);
                }
            }
            OperationKind::Capture => {
                self.post_capture(&attempt, effects);
                self.compare_sums(&attempt, effects);
            }
            OperationKind::Refund => {
                effects.postings.push(ledger::refunded(&attempt.reference, &attempt.gateway, attempt.amount));
                self.compare_sums(&attempt, effects);
            }
            OperationKind::Void => {}
        }
    }

    fn post_capture(&self, capture: &PaymentOperation, effects: &mut Effects) {
        let all = capture.target.map_or(0, |target| self.done(OperationKind::Capture, target));
        let before = all - capture.amount.amount;
        if let Ok(posting) = ledger::captured(&capture.reference, &capture.gateway, capture.amount, before, &self.cart)
        {
            effects.postings.push(posting);
        }
        effects.receipt = self.receipt_number.is_none();
    }

    /// More taken than was held, or more given back than was taken, is for a person: a gateway that was asked for a part
    /// took all by itself as well, or taking came to nothing while some of it was given back.
    fn compare_sums(&mut self, command: &PaymentOperation, effects: &mut Effects) {
        let Some(held) = command.target.and_then(|target| self.attempt(target)) else { return };
        let (number, held) = (held.number, held.amount);
        let done = |kind| held.currency.minor(self.done(kind, number));
        let (taken, back) = (done(OperationKind::Capture), done(OperationKind::Refund));
        if taken.amount > held.amount || back.amount > taken.amount {
            let totals = format!("{held} were held, {taken} are taken, {back} are given back");
            self.contradict(format!("After {} the sums cannot be: {totals}", command.reference), effects);
        }
    }

    /// The gateway has taken the money of an authorisation without being asked: that is a capture all the same.
    fn taken(&mut self, index: usize, amount: Money, at: Timestamp, effects: &mut Effects) {
        let authorisation = self.operations[index].clone();
        if self.done(OperationKind::Capture, authorisation.number) > 0 {
            let told = format!("{} tells of {amount} taken besides what was asked for", authorisation.reference);
            return self.contradict(told, effects);
        }
        let number = self.start(about(&authorisation, OperationKind::Capture, amount), at);
        let Some(capture) = self.operations.iter_mut().find(|one| one.number == number) else { return };
        capture.gateway_id.clone_from(&authorisation.gateway_id);
        capture.settle(OperationState::Succeeded, at);
        let capture = capture.clone();
        self.compare_sums(&capture, effects);
        if self.placed_by == Some(authorisation.number) {
            self.post_capture(&capture, effects);
            return;
        }
        // It belongs to no order: what would have let it go has to give it back instead.
        let void = |one: &&mut PaymentOperation| one.kind == OperationKind::Void && one.target == Some(authorisation.number);
        for attempt in self.operations.iter_mut().filter(void).filter(|one| !one.state.is_final()) {
            attempt.settle(OperationState::Refused, at);
        }
        if let Ok(posting) = ledger::captured(&capture.reference, &capture.gateway, amount, 0, &self.cart) {
            effects.postings.push(posting);
        }
        self.let_go(&authorisation, OperationKind::Refund, at);
    }

    /// Keeps a command that lets the money of an authorisation go; the reconciler sends it.
    fn let_go(&mut self, authorisation: &PaymentOperation, kind: OperationKind, now: Timestamp) {
        let number = self.start(about(authorisation, kind, authorisation.amount), now);
        if let Some(attempt) = self.operations.iter_mut().find(|one| one.number == number) {
            (attempt.due_at, attempt.sent) = (Some(now), false);
        }
    }

    /// Lets go of an authorisation that belongs to no order, unless that is under way.
    pub fn let_go_of(&mut self, number: u32, now: Timestamp) {
        let held = |one: &&PaymentOperation| one.number == number && one.state == OperationState::Succeeded;
        let Some(authorisation) = self.operations.iter().find(held).cloned() else { return };
        let under_way = self.operations.iter().any(|one| one.target == Some(number) && !one.state.is_final());
        if self.placed_by == Some(number) || under_way {
            return;
        }
        if self.left_to_refund(&authorisation) > 0 {
            self.let_go(&authorisation, OperationKind::Refund, now);
        } else if self.left_to_capture(&authorisation) > 0 {
            self.let_go(&authorisation, OperationKind::Void, now);
        }
    }

    /// What was done came to nothing afterwards.
    fn failed(&mut self, index: usize, refusal: &Refusal, at: Timestamp, effects: &mut Effects) {
        let attempt = self.operations[index].clone();
        self.end(index, OperationState::Failed, Some(refusal.clone()), at);
        if attempt.state != OperationState::Succeeded {
            // It is known to have been done only by its having failed: nothing was built on it yet.
            return;
        }
        let told = match attempt.kind {
            OperationKind::Authorise if self.placed_by != Some(attempt.number) => return,
            OperationKind::Authorise if self.done(OperationKind::Capture, attempt.number) > 0 => return,
            OperationKind::Authorise if self.is_voided(attempt.number) => return,
            OperationKind::Authorise => {
                effects.changed.push(PaymentIssueKind::AuthorisationExpired);
                return;
            }
            OperationKind::Void => {
                let told = format!("{} came to nothing: {}", attempt.reference, refusal.reason);
                return self.contradict(told, effects);
            }
            OperationKind::Capture => {
                let all = attempt.target.map_or(0, |target| self.done(OperationKind::Capture, target));
                if let Ok(posting) =
                    ledger::captured(&attempt.reference, &attempt.gateway, attempt.amount, all, &self.cart)
                {
                    effects.postings.push(ledger::reversed(&posting));
                }
                self.compare_sums(&attempt, effects);
                PaymentIssueKind::CaptureFailed
            }
            OperationKind::Refund => {
                let posting = ledger::refunded(&attempt.reference, &attempt.gateway, attempt.amount);
                effects.postings.push(ledger::reversed(&posting));
                PaymentIssueKind::RefundFailed
            }
        };
        if self.placed_by.is_some() && attempt.target == self.placed_by {
            effects.changed.push(told);
        } else {
            let told = format!("{} came to nothing: {}", attempt.reference, refusal.reason);
            self.contradict(told, effects);
        }
    }

    /// The customer took money back through the bank.
    fn taken_back(&mut self, index: usize, id: &str, amount: Money, effects: &mut Effects) {
        let attempt = &self.operations[index];
        effects.postings.push(ledger::charged_back(&attempt.reference, id, &attempt.gateway, amount));
        if self.placed_by == Some(attempt.number) {
            effects.changed.push(PaymentIssueKind::ChargedBack);
        } else {
            let told = format!("{} was charged back: {amount}", attempt.reference);
            self.contradict(told, effects);
        }
    }

    /// Takes in what a gateway tells by itself.
    pub fn told(&mut self, webhook_event: &WebhookEvent, at: Timestamp, effects: &mut Effects) {
        match self.meaning(webhook_event, at) {
            Some(fact) => self.apply(fact, effects),
            None if webhook_event.kind == WebhookEventKind::Other => {}
            None => {
                let amount = webhook_event.amount.map_or("some money".to_owned(), |amount| amount.to_string());
                let told =
                    format!("{} tells of {:?}, {amount}, that nobody here asked for", webhook_event.transaction, webhook_event.kind);
                self.contradict(told, effects);
            }
        }
    }

    /// A gateway does not know of an attempt. After its index delay, several times, that is an outcome.
    pub fn not_found(&mut self, number: u32, counts: bool, now: Timestamp, effects: &mut Effects) {
        let Some(index) = self.operations.iter().position(|one| one.number == number) else { return };
        let attempt = &mut self.operations[index];
        match attempt.state {
            OperationState::Abandoned => {
                attempt.sweep_later(now);
                return;
            }
            OperationState::Unknown => {}
            // What waits for the customer is not known to queries yet.
            _ => return,
        }
        if counts {
            attempt.not_found += 1;
        }
        if attempt.not_found < crate::attempt::NOT_FOUND {
            attempt.ask_later(now);
            return;
        }
        // A part may have been moved under a reference the gateway lost: sending it again could move it twice.
        let part = attempt.kind != OperationKind::Authorise && !attempt.whole;
        let state = if part { OperationState::NeedsAttention } else { OperationState::Abandoned };
        attempt.settle(state, now);
        self.tell_workflow(index, effects);
    }

    /// A command was given to a gateway and nothing is known of it. One that certainly was not sent can be sent again.
    pub fn unanswered(&mut self, number: u32, not_sent: bool, now: Timestamp) {
        let open = |one: &&mut PaymentOperation| one.number == number && one.state == OperationState::Unknown;
        if let Some(attempt) = self.operations.iter_mut().find(open) {
            attempt.sent = !not_sent;
            attempt.ask_later(now);
        }
    }

    /// Whether a command that is due may be sent again now. To one who asks: it is theirs until their time to send it is
    /// over, and from here on one about a part may have been sent, and is not sent a second time.
    pub fn send_again(&mut self, number: u32, now: Timestamp) -> bool {
        let due = |one: &&mut PaymentOperation| one.number == number && one.due_at.is_some_and(|due| due <= now);
        match self.operations.iter_mut().find(due) {
            Some(attempt) if attempt.state == OperationState::Unknown && attempt.repeatable() => {
                attempt.sent = true;
                attempt.sent_again_at = Some(now);
                attempt.due_at = later(now, SENDING);
                true
            }
            _ => false,
        }
    }

    /// A gateway was asked about an attempt. If what it said settled nothing, it is asked again later.
    pub fn asked(&mut self, number: u32, now: Timestamp) {
        let due = |one: &&mut PaymentOperation| one.number == number && one.due_at.is_some_and(|due| due <= now);
        let Some(attempt) = self.operations.iter_mut().find(due) else { return };
        match attempt.state {
            OperationState::Abandoned => attempt.sweep_later(now),
            OperationState::Challenged => attempt.settle(OperationState::Challenged, now),
            _ => attempt.ask_later(now),
        }
    }

    /// A challenge was not answered yet. Until its time is over the gateway is asked again.
    pub fn challenge_unanswered(&mut self, number: u32, now: Timestamp) {
        let attempt =
            self.operations.iter_mut().find(|one| one.number == number && one.state == OperationState::Challenged);
        let Some(attempt) = attempt else { return };
        if !attempt.challenge_is_over(now) {
            attempt.settle(OperationState::Challenged, now);
        } else {
            attempt.refusal = Some(Refusal {
                code: "challenge-expired".into(),
                reason: "The payment was not confirmed in time. Nothing was charged.".into(),
            });
            attempt.settle(OperationState::Abandoned, now);
        }
    }

    /// The customer gives up what they were to do, to pay another way. Should it be done all the same, it is let go.
    pub fn give_up_challenge(&mut self, now: Timestamp) -> bool {
        let open = |one: &&mut PaymentOperation| one.kind == OperationKind::Authorise && one.state == OperationState::Challenged;
        let Some(attempt) = self.operations.iter_mut().find(open) else { return false };
        let reason = "You gave this payment up. Nothing was charged.".to_owned();
        attempt.refusal = Some(Refusal { code: "given-up".into(), reason });
        attempt.settle(OperationState::Abandoned, now);
        // There is as much time for another way to pay as there was at first.
        self.expires_at = self.expires_at.max(later(now, PAYABLE).unwrap_or(self.expires_at));
        true
    }

    /// Tells a workflow that waits for a command that it has ended, and one that gave up that it was wrong.
    fn tell_workflow(&mut self, index: usize, effects: &mut Effects) {
        let order_id = self.order_id;
        let attempt = &mut self.operations[index];
        if attempt.awaited && attempt.state.is_final() {
            // Somebody may still find out how a parked one ended.
            attempt.awaited = attempt.state == OperationState::NeedsAttention;
            if let Some(step_key) = attempt.step_key.clone() {
                effects.settled.push(CommandSettled { order_id, step_key });
            }
        }
    }
}

/// A command of the payment's own about all the money of an authorisation.
fn about(authorisation: &PaymentOperation, kind: OperationKind, amount: Money) -> Wanted {
    Wanted {
        kind,
        step_key: None,
        target: Some(authorisation.number),
        amount,
        whole: true,
        gateway: authorisation.gateway.clone(),
        method: authorisation.method.clone(),
        instrument: None,
        browser: None,
        request: None,
    }
}
