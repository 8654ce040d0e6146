//! Whatever happens to a payment, in whatever order: what always holds.

use crate::conformance::payment;
use contracts::payment::{PaymentStatus, Refusal};
use jiff::{SignedDuration, Timestamp};
use payment::Engine;
use payment::attempt::{AttemptKind, AttemptState};
use payment::payment::{Effects, Fact, Outcome, Payment, State, Wanted};
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
        8 => (0usize..6, 0u8..3, prop::bool::weighted(0.9)).prop_map(|(who, what, right)| Happening::Fact(who, what, right)),
        4 => (0usize..6).prop_map(Happening::NotFound),
        2 => (0usize..6).prop_map(Happening::ChallengeOver),
        1 => Just(Happening::Close),
        1 => Just(Happening::Released),
        1 => Just(Happening::PutOff),
    ]
}

fn outcome(what: u8, amount: contracts::Money) -> Outcome {
    match what {
        0 => Outcome::Succeeded { gateway_id: "g".into(), amount },
        1 => Outcome::Challenged { gateway_id: "g".into(), url: "/".into() },
        _ => Outcome::Refused { refusal: Refusal { code: "5".into(), reason: "no".into() } },
    }
}

/// As the engine and its commands would do it.
fn command(payment: &mut Payment, kind: u8, amount: i64, now: Timestamp) {
    let busy = payment.attempts.iter().any(|one| one.step_key.is_some() && !one.state.is_final());
    let sums = payment.sums();
    let (kind, target, amount) = match (kind, payment.capture(), payment.authorisation()) {
        (0, None, Some(standing)) => (AttemptKind::Capture, standing.number, standing.amount.amount),
        (1, Some(capture), _) if amount <= sums.captured.amount - sums.refunded.amount => {
            (AttemptKind::Refund, capture.number, amount)
        }
        (2, None, Some(standing)) => (AttemptKind::Void, standing.number, standing.amount.amount),
        _ => return,
    };
    if busy || payment.state != State::Placed {
        return;
    }
    let wanted = Wanted {
        kind,
        step_key: Some(format!("step-{}", payment.attempts.len())),
        target: Some(target),
        amount: payment.amount().currency.minor(amount),
        gateway: "sandbox".into(),
        session: None,
        request: None,
    };
    payment.start(wanted, now);
}

fn happen(payment: &mut Payment, what: &Happening, now: Timestamp, effects: &mut Effects) {
    let number = |who: usize| u32::try_from(who + 1).unwrap();
    match what {
        Happening::Reserved => payment.reserved(),
        Happening::Authorise => {
            if payment.state == State::Payable && payment.open_authorisation().is_none() {
                let wanted = Engine::authorisation(payment, "sandbox", None, format!("r-{}", payment.attempts.len()));
                payment.start(wanted, now);
            }
        }
        Happening::Command(kind, amount) => command(payment, *kind, *amount, now),
        Happening::Fact(who, what, right) => {
            let Some(attempt) = payment.attempts.get(*who) else { return };
            // A gateway may be wrong about the amount of an authorisation.
            let wrong = !right && attempt.kind == AttemptKind::Authorise;
            let amount = if wrong { attempt.amount.currency.minor(1) } else { attempt.amount };
            let fact = Fact { reference: attempt.reference.clone(), outcome: outcome(*what, amount), at: now };
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
    let open = payment.attempts.iter().filter(|one| one.kind == AttemptKind::Authorise && !one.state.is_final());
    assert!(open.count() <= 1, "two authorisations under way: {payment:#?}");
    assert!(placed <= 1, "placed twice");
    let sums = payment.sums();
    assert!(sums.refunded.amount <= sums.captured.amount, "{payment:#?}");
    assert!(sums.captured.amount <= sums.authorised.amount || !payment.contradictions.is_empty(), "{payment:#?}");
    let standing = payment.authorisation().map(|one| one.number);
    for late in
        payment.attempts.iter().filter(|one| one.kind == AttemptKind::Authorise && one.state == AttemptState::Succeeded)
    {
        let voids =
            payment.attempts.iter().filter(|one| one.kind == AttemptKind::Void && one.target == Some(late.number));
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
    for attempt in payment.attempts.iter().filter(|one| !one.state.is_final()) {
        assert!(attempt.due_at.is_some(), "nobody asks about it: {attempt:#?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

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
