//! Folds facts about a payment's operations into its state.

use super::{Effects, Fact, NewOperation, Outcome, PAYMENT_WINDOW, Payment, State, WebhookEvent, WebhookEventKind};
use crate::ledger;
use crate::operation::{MANUAL, MAX_NOT_FOUND, OperationKind, OperationState, PaymentOperation, SEND_TIMEOUT};
use crate::operation::{later, state_name};
use contracts::Money;
use contracts::events::{CommandSettled, PaymentIssueKind, TransferAwaited};
use contracts::payment::{PaymentAction, Refusal};
use jiff::Timestamp;

/// The words after the reference in a message about a report of a gateway that matches no operation.
const UNREQUESTED: &str = ": the gateway reports";

impl Payment {
    /// Applies a fact. This is the only entry point for responses, queries, client returns and webhooks. A known fact
    /// changes nothing; one that conflicts with a final state is undone or recorded as a discrepancy, never dropped.
    pub fn apply(&mut self, fact: Fact, effects: &mut Effects) {
        let Some(index) = self.operations.iter().position(|operation| operation.reference == fact.reference) else {
            return;
        };
        // Links may arrive later than the outcome, with a fact that is otherwise known.
        if !fact.links.is_empty() {
            self.operations[index].links.clone_from(&fact.links);
        }
        if let Outcome::Refused { refusal } = &fact.outcome {
            self.operations[index].update_refusal(refusal);
        }
        let known = self.facts.iter().filter(|known| known.reference == fact.reference);
        if known.into_iter().any(|known| known.outcome.same_kind(&fact.outcome)) {
            return;
        }
        self.facts.push(fact.clone());
        let (kind, before) = (self.operations[index].kind, self.operations[index].state);
        match fact.outcome {
            Outcome::Succeeded { gateway_id, amount, captured } => {
                self.apply_success(index, gateway_id, amount, captured, fact.at, effects);
            }
            Outcome::Challenged { challenge } => {
                if !before.is_final() {
                    if matches!(challenge.action, PaymentAction::Transfer(_)) {
                        effects.transfer_awaited = Some(TransferAwaited {
                            order_id: self.order_id,
                            cart_id: Some(self.cart.cart_id),
                            lines: self.event_lines(),
                        });
                    }
                    let operation = &mut self.operations[index];
                    operation.challenge = Some(challenge);
                    operation.transition_to(OperationState::Challenged, fact.at);
                }
            }
            Outcome::Refused { refusal } if before == OperationState::Succeeded => {
                let message =
                    format!("{} was reported as refused after it succeeded: {}", fact.reference, refusal.reason);
                self.record_discrepancy(message, effects);
            }
            Outcome::Refused { refusal } => {
                // No workflow asked for this reversal, so nobody else would notice that the money stays authorised.
                if kind != OperationKind::Authorise && self.operations[index].step_key.is_none() {
                    let message = format!("{} (automatic reversal) was refused: {}", fact.reference, refusal.reason);
                    self.record_discrepancy(message, effects);
                }
                self.finish(index, OperationState::Refused, Some(refusal), fact.at);
            }
            Outcome::Failed { refusal } => self.apply_failure(index, &refusal, fact.at, effects),
            Outcome::ChargedBack { id, amount } => self.apply_chargeback(index, &id, amount, effects),
            Outcome::Manual { task } => {
                if !before.is_final() {
                    let refusal = Refusal { code: MANUAL.into(), reason: task };
                    self.finish(index, OperationState::NeedsAttention, Some(refusal), fact.at);
                }
            }
        }
        self.notify_workflow(index, effects);
    }

    fn finish(&mut self, index: usize, state: OperationState, refusal: Option<Refusal>, at: Timestamp) {
        let operation = &mut self.operations[index];
        operation.refusal = refusal;
        operation.transition_to(state, at);
    }

    /// Records a discrepancy for staff, once.
    fn record_discrepancy(&mut self, message: String, effects: &mut Effects) {
        if !self.discrepancies.contains(&message) {
            self.discrepancies.push(message);
            if self.state == State::Placed {
                effects.issues.push(PaymentIssueKind::Discrepancy);
            }
        }
    }

    fn apply_success(
        &mut self,
        index: usize,
        gateway_id: String,
        amount: Money,
        captured: bool,
        at: Timestamp,
        effects: &mut Effects,
    ) {
        let (before, kind) = (self.operations[index].state, self.operations[index].kind);
        if before == OperationState::Failed {
            // The facts arrived out of order: the failure came after this success and counts.
            return;
        }
        let operation = &mut self.operations[index];
        if !gateway_id.is_empty() {
            operation.gateway_id = Some(gateway_id);
        }
        if before == OperationState::Succeeded {
            // A repeated success can only add that the gateway captured the money by itself.
            if captured {
                self.record_gateway_capture(index, amount, at, effects);
            }
            return;
        }
        let expected = operation.amount;
        // The ledger follows the gateway: the amount it moved counts, not the one it was asked for.
        operation.amount = amount;
        self.finish(index, OperationState::Succeeded, None, at);
        if expected != amount {
            let reference = &self.operations[index].reference;
            let message = format!("{reference} was carried out for {amount} instead of {expected}");
            self.record_discrepancy(message, effects);
        }
        if before.is_final() && before != OperationState::NeedsAttention && kind != OperationKind::Authorise {
            // The workflow has received the earlier state and has already moved on.
            let reference = &self.operations[index].reference;
            let message = format!("{reference} succeeded after it was recorded as {}", state_name(before));
            self.record_discrepancy(message, effects);
        }
        self.follow_success(index, before, at, effects);
        if captured {
            self.record_gateway_capture(index, amount, at, effects);
        }
    }

    fn follow_success(&mut self, index: usize, before: OperationState, at: Timestamp, effects: &mut Effects) {
        let operation = self.operations[index].clone();
        match operation.kind {
            OperationKind::Authorise => {
                let expected = operation.amount == self.amount() && !before.is_final() && self.state == State::Payable;
                if expected {
                    self.place(Some(operation.number), at, effects);
                } else {
                    // Too late, or for a different amount: release the customer's money.
                    self.start_void_or_refund(&operation, OperationKind::Void, at);
                }
            }
            OperationKind::Capture => {
                self.post_capture(&operation, effects);
                self.check_totals(&operation, effects);
            }
            OperationKind::Refund => {
                effects.postings.push(ledger::refunded(&operation.reference, &operation.gateway, operation.amount));
                self.check_totals(&operation, effects);
            }
            OperationKind::Void => {}
        }
    }

    fn post_capture(&self, capture: &PaymentOperation, effects: &mut Effects) {
        let all = capture.target.map_or(0, |target| self.completed_amount(OperationKind::Capture, target));
        let before = all - capture.amount.amount;
        if let Ok(posting) = ledger::captured(&capture.reference, &capture.gateway, capture.amount, before, &self.cart)
        {
            effects.postings.push(posting);
        }
        effects.receipt = self.receipt_number.is_none();
    }

    /// Records a discrepancy when more is captured than was authorised, or more is refunded than is captured. That
    /// happens when a gateway captures in full besides a partial capture, or a capture fails after a refund.
    fn check_totals(&mut self, operation: &PaymentOperation, effects: &mut Effects) {
        let Some(authorisation) = operation.target.and_then(|target| self.operation(target)) else { return };
        let (number, authorised) = (authorisation.number, authorisation.amount);
        let completed = |kind| authorised.currency.minor(self.completed_amount(kind, number));
        let (captured, refunded) = (completed(OperationKind::Capture), completed(OperationKind::Refund));
        if captured.amount > authorised.amount || refunded.amount > captured.amount {
            let totals = format!("authorised {authorised}, captured {captured}, refunded {refunded}");
            self.record_discrepancy(
                format!("Totals are inconsistent after {}: {totals}", operation.reference),
                effects,
            );
        }
    }

    /// Records that the gateway captured an authorisation by itself, as an ordinary capture.
    fn record_gateway_capture(&mut self, index: usize, amount: Money, at: Timestamp, effects: &mut Effects) {
        let authorisation = self.operations[index].clone();
        if self.completed_amount(OperationKind::Capture, authorisation.number) > 0 {
            let reference = &authorisation.reference;
            let message = format!("{reference}{UNREQUESTED} {amount} captured in addition to our captures");
            return self.record_discrepancy(message, effects);
        }
        let number = self.start(follow_up(&authorisation, OperationKind::Capture, amount), at);
        let Some(capture) = self.operations.iter_mut().find(|one| one.number == number) else { return };
        capture.gateway_id.clone_from(&authorisation.gateway_id);
        capture.transition_to(OperationState::Succeeded, at);
        let capture = capture.clone();
        self.check_totals(&capture, effects);
        if self.placed_by != Some(authorisation.number) || self.capturable(&authorisation) == 0 {
            self.refuse_voids(authorisation.number, at, effects);
        }
        if self.placed_by == Some(authorisation.number) {
            self.post_capture(&capture, effects);
            return;
        }
        // The money belongs to no order, so a refund replaces the void.
        if let Ok(posting) = ledger::captured(&capture.reference, &capture.gateway, amount, 0, &self.cart) {
            effects.postings.push(posting);
        }
        self.start_void_or_refund(&authorisation, OperationKind::Refund, at);
    }

    /// Refuses the voids of a captured authorisation, which the gateway can no longer carry out: a refund replaces them.
    fn refuse_voids(&mut self, authorisation: u32, at: Timestamp, effects: &mut Effects) {
        let is_void = |one: &PaymentOperation| one.kind == OperationKind::Void && one.target == Some(authorisation);
        for index in 0..self.operations.len() {
            let operation = &self.operations[index];
            if is_void(operation) && !operation.state.is_final() {
                let reason = "The gateway captured the payment instead.".to_owned();
                self.finish(index, OperationState::Refused, Some(Refusal { code: "captured".into(), reason }), at);
                self.notify_workflow(index, effects);
            }
        }
    }

    /// Stores a void or refund of a full authorisation; the reconciler sends it.
    fn start_void_or_refund(&mut self, authorisation: &PaymentOperation, kind: OperationKind, now: Timestamp) {
        let number = self.start(follow_up(authorisation, kind, authorisation.amount), now);
        if let Some(operation) = self.operations.iter_mut().find(|one| one.number == number) {
            (operation.due_at, operation.sent) = (Some(now), false);
        }
    }

    /// Voids or refunds a successful authorisation that belongs to no order, unless an operation on it is in progress.
    pub fn void_or_refund(&mut self, number: u32, now: Timestamp) {
        let succeeded = |one: &&PaymentOperation| one.number == number && one.state == OperationState::Succeeded;
        let Some(authorisation) = self.operations.iter().find(succeeded).cloned() else { return };
        let in_progress = self.operations.iter().any(|one| one.target == Some(number) && !one.state.is_final());
        if self.placed_by == Some(number) || in_progress {
            return;
        }
        if self.refundable(&authorisation) > 0 {
            self.start_void_or_refund(&authorisation, OperationKind::Refund, now);
        } else if self.capturable(&authorisation) > 0 {
            self.start_void_or_refund(&authorisation, OperationKind::Void, now);
        }
    }

    /// Applies a failure that was reported after the success of an operation.
    fn apply_failure(&mut self, index: usize, refusal: &Refusal, at: Timestamp, effects: &mut Effects) {
        let operation = self.operations[index].clone();
        self.finish(index, OperationState::Failed, Some(refusal.clone()), at);
        if operation.state != OperationState::Succeeded {
            // Its success was never recorded here, so there is no posting to reverse and nothing to report.
            return;
        }
        let issue = match operation.kind {
            // An expiry of money that belongs to no order, is captured or is voided has no consequences.
            OperationKind::Authorise if self.placed_by != Some(operation.number) => return,
            OperationKind::Authorise if self.completed_amount(OperationKind::Capture, operation.number) > 0 => return,
            OperationKind::Authorise if self.is_voided(operation.number) => return,
            OperationKind::Authorise => {
                effects.issues.push(PaymentIssueKind::AuthorisationExpired);
                return;
            }
            OperationKind::Void => {
                let message = format!("{} failed after it succeeded: {}", operation.reference, refusal.reason);
                return self.record_discrepancy(message, effects);
            }
            OperationKind::Capture => {
                let all = operation.target.map_or(0, |target| self.completed_amount(OperationKind::Capture, target));
                if let Ok(posting) =
                    ledger::captured(&operation.reference, &operation.gateway, operation.amount, all, &self.cart)
                {
                    effects.postings.push(ledger::reversed(&posting));
                }
                self.check_totals(&operation, effects);
                PaymentIssueKind::CaptureFailed
            }
            OperationKind::Refund => {
                let posting = ledger::refunded(&operation.reference, &operation.gateway, operation.amount);
                effects.postings.push(ledger::reversed(&posting));
                PaymentIssueKind::RefundFailed
            }
        };
        if self.placed_by.is_some() && operation.target == self.placed_by {
            effects.issues.push(issue);
        } else {
            let message = format!("{} failed after it succeeded: {}", operation.reference, refusal.reason);
            self.record_discrepancy(message, effects);
        }
    }

    fn apply_chargeback(&mut self, index: usize, id: &str, amount: Money, effects: &mut Effects) {
        let operation = &self.operations[index];
        effects.postings.push(ledger::charged_back(&operation.reference, id, &operation.gateway, amount));
        if self.placed_by == Some(operation.number) {
            effects.issues.push(PaymentIssueKind::ChargedBack);
        } else {
            let message = format!("{} was charged back: {amount}", operation.reference);
            self.record_discrepancy(message, effects);
        }
    }

    /// Applies a webhook event of a gateway.
    pub fn apply_webhook_event(&mut self, webhook_event: &WebhookEvent, at: Timestamp, effects: &mut Effects) {
        match self.interpret(webhook_event, at) {
            Some(fact) => self.apply(fact, effects),
            None if webhook_event.kind == WebhookEventKind::Other => {}
            None => {
                let amount = webhook_event.amount.map_or("unknown amount".to_owned(), |amount| amount.to_string());
                let (transaction, kind) = (&webhook_event.transaction, webhook_event.kind.as_str());
                let message = format!("{transaction}{UNREQUESTED} {kind} ({amount}) without a matching operation");
                self.record_discrepancy(message, effects);
            }
        }
    }

    /// Returns true if the gateway has reported something about the authorisation with this reference that the shop did
    /// not request, so that staff see the difference.
    pub fn has_unrequested_report(&self, reference: &str) -> bool {
        self.discrepancies
            .iter()
            .any(|one| one.strip_prefix(reference).is_some_and(|rest| rest.starts_with(UNREQUESTED)))
    }

    /// Records that a query did not find an operation. `counts` is set once the index delay has passed; after several
    /// such results the operation is abandoned or needs attention.
    pub fn record_not_found(&mut self, number: u32, counts: bool, now: Timestamp, effects: &mut Effects) {
        let Some(index) = self.operations.iter().position(|one| one.number == number) else { return };
        let operation = &mut self.operations[index];
        match operation.state {
            OperationState::Abandoned => {
                operation.schedule_sweep(now);
                return;
            }
            OperationState::Unknown => {}
            // A payment that waits for the customer does not appear in queries yet.
            _ => return,
        }
        if counts {
            operation.not_found += 1;
        }
        if operation.not_found < MAX_NOT_FOUND {
            operation.schedule_query(now);
            return;
        }
        // The gateway may have moved a partial amount and lost our reference: sending it again could move it twice.
        let state = if operation.full { OperationState::Abandoned } else { OperationState::NeedsAttention };
        operation.transition_to(state, now);
        self.notify_workflow(index, effects);
    }

    /// Records that sending an operation gave no result. With `not_sent` it certainly did not reach the gateway.
    pub fn record_no_response(&mut self, number: u32, not_sent: bool, now: Timestamp) {
        let open = |one: &&mut PaymentOperation| one.number == number && one.state == OperationState::Unknown;
        if let Some(operation) = self.operations.iter_mut().find(open) {
            operation.sent = !not_sent;
            operation.schedule_query(now);
        }
    }

    /// Claims the resend of a due operation; only one of several callers gets true. The claim marks it as sent, so that
    /// a partial amount is not sent another time after this.
    pub fn claim_resend(&mut self, number: u32, now: Timestamp) -> bool {
        let due = |one: &&mut PaymentOperation| one.number == number && one.due_at.is_some_and(|due| due <= now);
        match self.operations.iter_mut().find(due) {
            Some(operation) if operation.state == OperationState::Unknown && operation.is_repeatable() => {
                operation.sent = true;
                operation.resent_at = Some(now);
                operation.due_at = later(now, SEND_TIMEOUT);
                true
            }
            _ => false,
        }
    }

    /// Schedules the next query if the latest one has not settled the operation.
    pub fn record_query(&mut self, number: u32, now: Timestamp) {
        let due = |one: &&mut PaymentOperation| one.number == number && one.due_at.is_some_and(|due| due <= now);
        let Some(operation) = self.operations.iter_mut().find(due) else { return };
        match operation.state {
            OperationState::Abandoned => operation.schedule_sweep(now),
            OperationState::Challenged => operation.transition_to(OperationState::Challenged, now),
            _ => operation.schedule_query(now),
        }
    }

    /// Abandons an unanswered challenge after its deadline; before that, schedules the next query.
    pub fn check_challenge(&mut self, number: u32, now: Timestamp) {
        let operation =
            self.operations.iter_mut().find(|one| one.number == number && one.state == OperationState::Challenged);
        let Some(operation) = operation else { return };
        if !operation.challenge_is_over(now) {
            operation.transition_to(OperationState::Challenged, now);
        } else {
            operation.refusal = Some(Refusal {
                code: "challenge-expired".into(),
                reason: "The payment was not confirmed in time. You have not been charged.".into(),
            });
            operation.transition_to(OperationState::Abandoned, now);
        }
    }

    /// Abandons the open challenge because the customer wants to pay another way. If it succeeds all the same, it is
    /// voided or refunded.
    pub fn abandon_challenge(&mut self, now: Timestamp) -> bool {
        let open = |one: &&mut PaymentOperation| {
            one.kind == OperationKind::Authorise && one.state == OperationState::Challenged
        };
        let Some(operation) = self.operations.iter_mut().find(open) else { return false };
        let reason = "You cancelled this payment. You have not been charged.".to_owned();
        operation.refusal = Some(Refusal { code: "cancelled-by-customer".into(), reason });
        operation.transition_to(OperationState::Abandoned, now);
        // The customer gets the full time again for another payment method.
        self.expires_at = self.expires_at.max(later(now, PAYMENT_WINDOW).unwrap_or(self.expires_at));
        true
    }

    /// Emits the event for a workflow that waits for this operation.
    fn notify_workflow(&mut self, index: usize, effects: &mut Effects) {
        let order_id = self.order_id;
        let operation = &mut self.operations[index];
        if operation.awaited && operation.state.is_final() {
            // `NeedsAttention` may still be resolved, which the workflow has to hear of as well.
            operation.awaited = operation.state == OperationState::NeedsAttention;
            if let Some(step_key) = operation.step_key.clone() {
                effects.settled.push(CommandSettled { order_id, step_key });
            }
        }
    }
}

/// An automatic operation on the full amount of an authorisation.
fn follow_up(authorisation: &PaymentOperation, kind: OperationKind, amount: Money) -> NewOperation {
    NewOperation {
        kind,
        step_key: None,
        target: Some(authorisation.number),
        amount,
        full: true,
        gateway: authorisation.gateway.clone(),
        method: authorisation.method.clone(),
        instrument: None,
        browser: None,
        request: None,
    }
}
