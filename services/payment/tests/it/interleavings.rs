//! Two webhooks and a client's return, in all orders, once and again: one outcome.

use crate::conformance::{paying, payment};
use contracts::payment::{PaymentAction, PaymentStatus, Refusal};
use jiff::{SignedDuration, Timestamp};
use payment::Engine;
use payment::attempt::{OperationKind, OperationState, Challenge, Links, UNSAID};
use payment::payment::{Effects, Fact, WebhookEvent, WebhookEventKind, Outcome, Payment, State};
use proptest::prelude::*;

/// Something that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// The webhook that the money is held.
    Held,
    /// The webhook that it is taken.
    Taken,
    /// The client comes back, and the gateway, asked, says that it is held.
    Return,
    /// The same, when it has been taken by then.
    LateReturn,
    /// The webhook that it was refused, which does not say why.
    WasRefused,
    /// The gateway, asked later, says no more.
    FoundRefused,
    /// The answer to the request itself, which does.
    Refusal,
}

const REFUSALS: [Word; 3] = [Word::WasRefused, Word::FoundRefused, Word::Refusal];
const WORDS: [Word; 4] = [Word::Held, Word::Taken, Word::Return, Word::LateReturn];

/// A payment on the gateway's own page, which the customer is looking at.
fn challenged() -> (Payment, Timestamp) {
    let mut payment = payment(1, 1);
    let now = payment.created_at;
    payment.reserved();
    payment.start(Engine::authorisation(&payment, &paying(), "sandbox", "r"), now);
    let until = now.saturating_add(SignedDuration::from_hours(1)).unwrap();
    let challenge = Challenge { action: PaymentAction::Redirect { url: "/".into() }, until, asked_every: Some(15) };
    hear(&mut payment, Outcome::Challenged { challenge }, now, &mut Effects::default());
    (payment, now)
}

fn hear(payment: &mut Payment, outcome: Outcome, at: Timestamp, effects: &mut Effects) {
    let reference = payment.operations[0].reference.clone();
    payment.apply(Fact { reference, outcome, links: Links::new(), at }, effects);
}

fn say(payment: &mut Payment, word: Word, at: Timestamp, effects: &mut Effects) {
    let webhook_event = |id: &str, kind| {
        let transaction = payment.operations[0].reference.clone();
        WebhookEvent { id: id.into(), transaction, command: None, kind, amount: Some(payment.amount()), reason: None }
    };
    let refused = |code: &str| Outcome::Refused { refusal: Refusal { code: code.into(), reason: "No.".into() } };
    let found = |taken| Outcome::Succeeded { gateway_id: "g".into(), amount: payment.amount(), taken };
    match word {
        Word::Held => payment.told(&webhook_event("1", WebhookEventKind::Authorised), at, effects),
        Word::Taken => payment.told(&webhook_event("2", WebhookEventKind::Captured), at, effects),
        Word::Return => hear(payment, found(false), at, effects),
        Word::LateReturn => hear(payment, found(true), at, effects),
        Word::WasRefused => payment.told(&webhook_event("3", WebhookEventKind::Refused), at, effects),
        Word::FoundRefused => hear(payment, refused(UNSAID), at, effects),
        Word::Refusal => hear(payment, refused("51"), at, effects),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn in_whatever_order_they_come_there_is_one_outcome(
        order in Just(WORDS.to_vec()).prop_shuffle(),
        again in prop::collection::vec(0..WORDS.len(), 0..8),
    ) {
        let (mut payment, mut now) = challenged();
        let (mut placed, mut receipts, mut owed) = (0, 0, 0);
        for word in order.into_iter().chain(again.into_iter().map(|place| WORDS[place])) {
            now = now.saturating_add(SignedDuration::from_secs(1)).unwrap();
            let mut effects = Effects::default();
            say(&mut payment, word, now, &mut effects);
            placed += usize::from(effects.placed.is_some());
            receipts += usize::from(effects.receipt);
            for posting in &effects.postings {
                prop_assert_eq!(posting.entries.iter().map(|entry| entry.amount.amount).sum::<i64>(), 0);
                owed += posting.entries[0].amount.amount;
            }
            if effects.receipt {
                payment.receipt_number = Some("R-1".into());
            }
        }
        prop_assert_eq!((placed, receipts, owed), (1, 1, 2500));
        prop_assert_eq!(payment.state, State::Placed);
        prop_assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
        prop_assert_eq!((payment.totals().authorised, payment.totals().captured), (payment.amount(), payment.amount()));
        let captures = payment.operations.iter().filter(|one| one.kind == OperationKind::Capture);
        prop_assert_eq!(captures.filter(|one| one.state == OperationState::Succeeded).count(), 1);
        prop_assert_eq!(payment.due_at(), None);
    }

    #[test]
    fn in_whatever_order_a_refusal_is_told_it_is_known_why(
        order in Just(REFUSALS.to_vec()).prop_shuffle(),
        again in prop::collection::vec(0..REFUSALS.len(), 0..8),
    ) {
        let (mut payment, now) = challenged();
        for word in order.into_iter().chain(again.into_iter().map(|place| REFUSALS[place])) {
            say(&mut payment, word, now, &mut Effects::default());
        }
        let view = payment.view();
        prop_assert_eq!(view.status, PaymentStatus::Refused);
        prop_assert_eq!(view.refusal.unwrap().code, "51");
        prop_assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
    }
}
