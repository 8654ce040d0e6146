//! Invariants of a payment under random sequences of events.

use crate::conformance::{payment, payment_plan};
use contracts::events::PaymentIssueKind;
use contracts::payment::{PaymentAction, PaymentStatus, Refusal};
use jiff::{SignedDuration, Timestamp};
use payment::Engine;
use payment::operation::{Challenge, Links, OperationKind, OperationState, PaymentOperation};
use payment::payment::{Effects, Fact, Outcome, Payment, State};
use proptest::prelude::*;

/// An event in the life of a payment; the number selects the operation.
#[derive(Debug, Clone)]
enum LifeEvent {
    Reserved,
    Authorise,
    Command(u8, i64),
    Fact(usize, u8, bool),
    NotFound(usize),
    ChallengeOver(usize),
    Close,
    Released,
    BackOff,
}

fn life_event() -> impl Strategy<Value = LifeEvent> {
    prop_oneof![
        2 => Just(LifeEvent::Reserved),
        4 => Just(LifeEvent::Authorise),
        3 => (0u8..3, 1i64..2500).prop_map(|(kind, amount)| LifeEvent::Command(kind, amount)),
        8 => (0usize..6, 0u8..6, prop::bool::weighted(0.9)).prop_map(|(who, what, right)| LifeEvent::Fact(who, what, right)),
        4 => (0usize..6).prop_map(LifeEvent::NotFound),
        2 => (0usize..6).prop_map(LifeEvent::ChallengeOver),
        1 => Just(LifeEvent::Close),
        1 => Just(LifeEvent::Released),
        1 => Just(LifeEvent::BackOff),
    ]
}

fn challenge() -> Challenge {
    let until = Timestamp::from_second(1_800_000_900).unwrap();
    Challenge { action: PaymentAction::Redirect { url: "/".into() }, until, poll_seconds: Some(15) }
}

fn outcome(what: u8, amount: contracts::Money) -> Outcome {
    match what {
        0 => Outcome::Succeeded { gateway_id: "g".into(), amount, captured: false },
        1 => Outcome::Challenged { challenge: challenge() },
        2 => Outcome::Succeeded { gateway_id: "g".into(), amount, captured: true },
        3 => Outcome::Failed { refusal: Refusal { code: "6".into(), reason: "came to nothing".into() } },
        4 => Outcome::Manual { task: "do it".into() },
        _ => Outcome::Refused { refusal: Refusal { code: "5".into(), reason: "no".into() } },
    }
}

/// Starts a money command like the engine does.
fn command(payment: &mut Payment, kind: u8, amount: i64, now: Timestamp) {
    let busy = payment.operations.iter().any(|one| one.step_key.is_some() && !one.state.is_final());
    let Some(authorisation) = payment.placing_authorisation().cloned() else { return };
    let (held, captured) = (payment.capturable(&authorisation), payment.refundable(&authorisation));
    let (kind, amount) = match kind {
        0 if held > 0 => (OperationKind::Capture, amount.min(held)),
        1 if amount <= captured => (OperationKind::Refund, amount),
        2 if held > 0 => (OperationKind::Void, held),
        _ => return,
    };
    let unresolved = |one: &PaymentOperation| {
        one.target == Some(authorisation.number) && one.state == OperationState::NeedsAttention
    };
    if busy || payment.operations.iter().any(unresolved) || payment.state != State::Placed {
        return;
    }
    let mut new_operation = Engine::new_authorisation(payment, &payment_plan(), "sandbox", "r");
    new_operation.kind = kind;
    new_operation.step_key = Some(format!("step-{}", payment.operations.len()));
    new_operation.target = Some(authorisation.number);
    new_operation.amount = payment.amount().currency.minor(amount);
    new_operation.full = amount == authorisation.amount.amount;
    new_operation.request = None;
    payment.start(new_operation, now);
}

fn happen(payment: &mut Payment, what: &LifeEvent, now: Timestamp, effects: &mut Effects) {
    let number = |who: usize| u32::try_from(who + 1).unwrap();
    match what {
        LifeEvent::Reserved => payment.mark_reserved(),
        LifeEvent::Authorise => {
            if payment.state == State::Payable && payment.open_authorisation().is_none() {
                let request = format!("r-{}", payment.operations.len());
                let new_operation = Engine::new_authorisation(payment, &payment_plan(), "sandbox", &request);
                payment.start(new_operation, now);
            }
        }
        LifeEvent::Command(kind, amount) => command(payment, *kind, *amount, now),
        LifeEvent::Fact(who, what, right) => {
            let Some(operation) = payment.operations.get(*who) else { return };
            // Gateways may authorise a different amount.
            let wrong = !right && operation.kind == OperationKind::Authorise;
            let amount = if wrong { operation.amount.currency.minor(1) } else { operation.amount };
            let (reference, outcome) = (operation.reference.clone(), outcome(*what, amount));
            let fact = Fact { reference, outcome, links: Links::new(), at: now };
            payment.apply(fact, effects);
        }
        LifeEvent::NotFound(who) => payment.record_not_found(number(*who), true, now, effects),
        LifeEvent::ChallengeOver(who) => payment.check_challenge(number(*who), now),
        LifeEvent::Close => {
            payment.close(Refusal { code: "x".into(), reason: "x".into() });
        }
        LifeEvent::Released => {
            if payment.state == State::Closing {
                payment.mark_closed();
            }
        }
        LifeEvent::BackOff => payment.back_off(now),
    }
}

fn holds(payment: &Payment, placed: usize) {
    let open = payment.operations.iter().filter(|one| one.kind == OperationKind::Authorise && !one.state.is_final());
    assert!(open.count() <= 1, "two open authorisations: {payment:#?}");
    assert!(placed <= 1, "placed twice");
    let totals = payment.totals();
    assert!(totals.refunded.amount <= totals.captured.amount || !payment.discrepancies.is_empty(), "{payment:#?}");
    assert!(totals.captured.amount <= totals.authorised.amount || !payment.discrepancies.is_empty(), "{payment:#?}");
    let authorisation = payment.authorisation().map(|one| one.number);
    for late in payment
        .operations
        .iter()
        .filter(|one| one.kind == OperationKind::Authorise && one.state == OperationState::Succeeded)
    {
        let voids =
            payment.operations.iter().filter(|one| one.kind == OperationKind::Void && one.target == Some(late.number));
        assert!(
            authorisation == Some(late.number) && payment.state == State::Placed || voids.count() > 0,
            "authorised for no order: {payment:#?}"
        );
    }
    if matches!(payment.state, State::Closing | State::Closed) {
        assert_eq!((payment.status(), authorisation), (PaymentStatus::Closed, None));
    }
    if payment.state != State::Placed && payment.state != State::Closed {
        assert!(payment.due_at().is_some(), "nothing is scheduled: {payment:#?}");
    }
    for operation in payment.operations.iter().filter(|one| !one.state.is_final()) {
        assert!(operation.due_at.is_some(), "no query is scheduled: {operation:#?}");
    }
}

#[test]
fn a_full_capture_besides_a_partial_one_is_a_discrepancy() {
    let (all, part) = (LifeEvent::Fact(0, 2, true), LifeEvent::Fact(1, 0, true));
    for facts in [[part.clone(), all.clone()], [all, part]] {
        let mut payment = payment(1, 1);
        let now = payment.created_at;
        let before =
            [LifeEvent::Reserved, LifeEvent::Authorise, LifeEvent::Fact(0, 0, true), LifeEvent::Command(0, 1000)];
        let mut effects = Effects::default();
        for what in before.iter().chain(&facts) {
            happen(&mut payment, what, now, &mut effects);
        }
        assert_eq!(payment.discrepancies.len(), 1, "{:?}", payment.discrepancies);
        assert_eq!(effects.issues, [PaymentIssueKind::Discrepancy]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn money_is_authorised_once_or_voided(life_events in prop::collection::vec(life_event(), 1..40)) {
        let mut payment = payment(1, 1);
        let (mut now, mut placed) = (payment.created_at, 0);
        for what in &life_events {
            now = now.saturating_add(SignedDuration::from_secs(7)).unwrap();
            let mut effects = Effects::default();
            happen(&mut payment, what, now, &mut effects);
            placed += usize::from(effects.placed.is_some());
            for posting in &effects.postings {
                prop_assert_eq!(posting.entries.iter().map(|entry| entry.amount.amount).sum::<i64>(), 0);
            }
            holds(&payment, placed);
        }
    }

    #[test]
    fn a_known_fact_changes_nothing(life_events in prop::collection::vec(life_event(), 1..40), again in any::<prop::sample::Index>()) {
        let mut payment = payment(1, 1);
        let now = payment.created_at;
        for what in &life_events {
            happen(&mut payment, what, now, &mut Effects::default());
        }
        if payment.facts.is_empty() {
            return Ok(());
        }
        let fact = payment.facts[again.index(payment.facts.len())].clone();
        let (before, mut effects) = (payment.clone(), Effects::default());
        payment.apply(fact, &mut effects);
        prop_assert_eq!(payment, before);
        prop_assert_eq!(effects, Effects::default());
    }
}
