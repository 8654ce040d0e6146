//! Whatever happens to a payment, in whatever order: what always holds.

use crate::conformance::{paying, payment};
use contracts::events::PaymentIssueKind;
use contracts::payment::{PaymentAction, PaymentStatus, Refusal};
use jiff::{SignedDuration, Timestamp};
use payment::Engine;
use payment::attempt::{PaymentOperation, OperationKind, OperationState, Challenge, Links};
use payment::payment::{Effects, Fact, Outcome, Payment, State};
use proptest::prelude::*;

/// Something that may happen, with a number that chooses to whom.
#[derive(Debug, Clone)]
enum Happening {
    Reserved,
    Authorise,
    Command(u8, i64),
    Fact(usize, u8, bool),
    NotFound(usize),
    ChallengeOver(usize),
    Close,
    Released,
    PutOff,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::Reserved),
        4 => Just(Happening::Authorise),
        3 => (0u8..3, 1i64..2500).prop_map(|(kind, amount)| Happening::Command(kind, amount)),
        8 => (0usize..6, 0u8..6, prop::bool::weighted(0.9)).prop_map(|(who, what, right)| Happening::Fact(who, what, right)),
        4 => (0usize..6).prop_map(Happening::NotFound),
        2 => (0usize..6).prop_map(Happening::ChallengeOver),
        1 => Just(Happening::Close),
        1 => Just(Happening::Released),
        1 => Just(Happening::PutOff),
    ]
}

fn challenge() -> Challenge {
    let until = Timestamp::from_second(1_800_000_900).unwrap();
    Challenge { action: PaymentAction::Redirect { url: "/".into() }, until, asked_every: Some(15) }
}

fn outcome(what: u8, amount: contracts::Money) -> Outcome {
    match what {
        0 => Outcome::Succeeded { gateway_id: "g".into(), amount, taken: false },
        1 => Outcome::Challenged { challenge: challenge() },
        2 => Outcome::Succeeded { gateway_id: "g".into(), amount, taken: true },
        3 => Outcome::Failed { refusal: Refusal { code: "6".into(), reason: "came to nothing".into() } },
        4 => Outcome::Manual { task: "do it".into() },
        _ => Outcome::Refused { refusal: Refusal { code: "5".into(), reason: "no".into() } },
    }
}

/// As the engine and its commands would do it.
fn command(payment: &mut Payment, kind: u8, amount: i64, now: Timestamp) {
    let busy = payment.operations.iter().any(|one| one.step_key.is_some() && !one.state.is_final());
    let Some(standing) = payment.placed_with().cloned() else { return };
    let (held, taken) = (payment.left_to_capture(&standing), payment.left_to_refund(&standing));
    let (kind, amount) = match kind {
        0 if held > 0 => (OperationKind::Capture, amount.min(held)),
        1 if amount <= taken => (OperationKind::Refund, amount),
        2 if held > 0 => (OperationKind::Void, held),
        _ => return,
    };
    let parked = |one: &PaymentOperation| one.target == Some(standing.number) && one.state == OperationState::NeedsAttention;
    if busy || payment.operations.iter().any(parked) || payment.state != State::Placed {
        return;
    }
    let mut wanted = Engine::authorisation(payment, &paying(), "sandbox", "r");
    wanted.kind = kind;
    wanted.step_key = Some(format!("step-{}", payment.operations.len()));
    wanted.target = Some(standing.number);
    wanted.amount = payment.amount().currency.minor(amount);
    wanted.whole = amount == standing.amount.amount;
    wanted.request = None;
    payment.start(wanted, now);
}

fn happen(payment: &mut Payment, what: &Happening, now: Timestamp, effects: &mut Effects) {
    let number = |who: usize| u32::try_from(who + 1).unwrap();
    match what {
        Happening::Reserved => payment.reserved(),
        Happening::Authorise => {
            if payment.state == State::Payable && payment.open_authorisation().is_none() {
                let request = format!("r-{}", payment.operations.len());
                let wanted = Engine::authorisation(payment, &paying(), "sandbox", &request);
                payment.start(wanted, now);
            }
        }
        Happening::Command(kind, amount) => command(payment, *kind, *amount, now),
        Happening::Fact(who, what, right) => {
            let Some(attempt) = payment.operations.get(*who) else { return };
            // A gateway may be wrong about the amount of an authorisation.
            let wrong = !right && attempt.kind == OperationKind::Authorise;
            let amount = if wrong { attempt.amount.currency.minor(1) } else { attempt.amount };
            let (reference, outcome) = (attempt.reference.clone(), outcome(*what, amount));
            let fact = Fact { reference, outcome, links: Links::new(), at: now };
            payment.apply(fact, effects);
        }
        Happening::NotFound(who) => payment.not_found(number(*who), true, now, effects),
        Happening::ChallengeOver(who) => payment.challenge_unanswered(number(*who), now),
        Happening::Close => {
            payment.close(Refusal { code: "x".into(), reason: "x".into() });
        }
        Happening::Released => {
            if payment.state == State::Closing {
                payment.closed();
            }
        }
        Happening::PutOff => payment.put_off(now),
    }
}

fn holds(payment: &Payment, placed: usize) {
    let open = payment.operations.iter().filter(|one| one.kind == OperationKind::Authorise && !one.state.is_final());
    assert!(open.count() <= 1, "two authorisations under way: {payment:#?}");
    assert!(placed <= 1, "placed twice");
    let totals = payment.totals();
    assert!(totals.refunded.amount <= totals.captured.amount || !payment.discrepancies.is_empty(), "{payment:#?}");
    assert!(totals.captured.amount <= totals.authorised.amount || !payment.discrepancies.is_empty(), "{payment:#?}");
    let standing = payment.authorisation().map(|one| one.number);
    for late in
        payment.operations.iter().filter(|one| one.kind == OperationKind::Authorise && one.state == OperationState::Succeeded)
    {
        let voids =
            payment.operations.iter().filter(|one| one.kind == OperationKind::Void && one.target == Some(late.number));
        assert!(
            standing == Some(late.number) && payment.state == State::Placed || voids.count() > 0,
            "money held for nothing: {payment:#?}"
        );
    }
    if matches!(payment.state, State::Closing | State::Closed) {
        assert_eq!((payment.status(), standing), (PaymentStatus::Closed, None));
    }
    if payment.state != State::Placed && payment.state != State::Closed {
        assert!(payment.due_at().is_some(), "nobody looks after it: {payment:#?}");
    }
    for attempt in payment.operations.iter().filter(|one| !one.state.is_final()) {
        assert!(attempt.due_at.is_some(), "nobody asks about it: {attempt:#?}");
    }
}

#[test]
fn what_a_gateway_takes_by_itself_besides_a_part_that_was_asked_for_is_for_a_person() {
    let (all, part) = (Happening::Fact(0, 2, true), Happening::Fact(1, 0, true));
    for told in [[part.clone(), all.clone()], [all, part]] {
        let mut payment = payment(1, 1);
        let now = payment.created_at;
        let before =
            [Happening::Reserved, Happening::Authorise, Happening::Fact(0, 0, true), Happening::Command(0, 1000)];
        let mut effects = Effects::default();
        for what in before.iter().chain(&told) {
            happen(&mut payment, what, now, &mut effects);
        }
        assert_eq!(payment.discrepancies.len(), 1, "{:?}", payment.discrepancies);
        assert_eq!(effects.changed, [PaymentIssueKind::Discrepancy]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_happens_money_is_held_once_or_let_go(happenings in prop::collection::vec(happening(), 1..40)) {
        let mut payment = payment(1, 1);
        let (mut now, mut placed) = (payment.created_at, 0);
        for what in &happenings {
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
    fn a_fact_known_before_changes_nothing(happenings in prop::collection::vec(happening(), 1..40), again in any::<prop::sample::Index>()) {
        let mut payment = payment(1, 1);
        let now = payment.created_at;
        for what in &happenings {
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
