//! Two webhooks and a client's return, in every order and repeated, have one outcome.

use crate::conformance::{payment, payment_plan};
use contracts::payment::{PaymentAction, PaymentStatus, Refusal};
use jiff::{SignedDuration, Timestamp};
use payment::Engine;
use payment::operation::{Challenge, Links, OperationKind, OperationState, REASON_UNKNOWN};
use payment::payment::{Effects, Fact, Outcome, Payment, State, WebhookEvent, WebhookEventKind};
use proptest::prelude::*;

/// A message about the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Message {
    /// The webhook about the authorisation.
    Authorised,
    /// The webhook about the capture.
    Captured,
    /// The client returns, and a query finds the authorisation.
    Return,
    /// The client returns, and a query finds the capture.
    LateReturn,
    /// The webhook about the refusal, which has no reason.
    WasRefused,
    /// A query that finds the refusal without a reason.
    FoundRefused,
    /// The response to the request, which has the reason.
    Refusal,
}

const REFUSALS: [Message; 3] = [Message::WasRefused, Message::FoundRefused, Message::Refusal];
const MESSAGES: [Message; 4] = [Message::Authorised, Message::Captured, Message::Return, Message::LateReturn];

/// A payment whose customer is on the gateway's own page.
fn challenged() -> (Payment, Timestamp) {
    let mut payment = payment(1, 1);
    let now = payment.created_at;
    payment.mark_reserved();
    payment.start(Engine::new_authorisation(&payment, &payment_plan(), "sandbox", "r"), now);
    let until = now.saturating_add(SignedDuration::from_hours(1)).unwrap();
    let challenge = Challenge { action: PaymentAction::Redirect { url: "/".into() }, until, poll_seconds: Some(15) };
    apply_outcome(&mut payment, Outcome::Challenged { challenge }, now, &mut Effects::default());
    (payment, now)
}

fn apply_outcome(payment: &mut Payment, outcome: Outcome, at: Timestamp, effects: &mut Effects) {
    let reference = payment.operations[0].reference.clone();
    payment.apply(Fact { reference, outcome, links: Links::new(), at }, effects);
}

fn receive(payment: &mut Payment, message: Message, at: Timestamp, effects: &mut Effects) {
    let webhook_event = |id: &str, kind| {
        let transaction = payment.operations[0].reference.clone();
        WebhookEvent { id: id.into(), transaction, command: None, kind, amount: Some(payment.amount()), reason: None }
    };
    let refused = |code: &str| Outcome::Refused { refusal: Refusal { code: code.into(), reason: "No.".into() } };
    let succeeded = |captured| Outcome::Succeeded { gateway_id: "g".into(), amount: payment.amount(), captured };
    match message {
        Message::Authorised => {
            payment.apply_webhook_event(&webhook_event("1", WebhookEventKind::Authorised), at, effects);
        }
        Message::Captured => payment.apply_webhook_event(&webhook_event("2", WebhookEventKind::Captured), at, effects),
        Message::Return => apply_outcome(payment, succeeded(false), at, effects),
        Message::LateReturn => apply_outcome(payment, succeeded(true), at, effects),
        Message::WasRefused => payment.apply_webhook_event(&webhook_event("3", WebhookEventKind::Refused), at, effects),
        Message::FoundRefused => apply_outcome(payment, refused(REASON_UNKNOWN), at, effects),
        Message::Refusal => apply_outcome(payment, refused("51"), at, effects),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn events_in_any_order_have_one_outcome(
        order in Just(MESSAGES.to_vec()).prop_shuffle(),
        again in prop::collection::vec(0..MESSAGES.len(), 0..8),
    ) {
        let (mut payment, mut now) = challenged();
        let (mut placed, mut receipts, mut owed) = (0, 0, 0);
        for message in order.into_iter().chain(again.into_iter().map(|place| MESSAGES[place])) {
            now = now.saturating_add(SignedDuration::from_secs(1)).unwrap();
            let mut effects = Effects::default();
            receive(&mut payment, message, now, &mut effects);
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
    fn refusals_in_any_order_keep_their_reason(
        order in Just(REFUSALS.to_vec()).prop_shuffle(),
        again in prop::collection::vec(0..REFUSALS.len(), 0..8),
    ) {
        let (mut payment, now) = challenged();
        for message in order.into_iter().chain(again.into_iter().map(|place| REFUSALS[place])) {
            receive(&mut payment, message, now, &mut Effects::default());
        }
        let view = payment.view();
        prop_assert_eq!(view.status, PaymentStatus::Refused);
        prop_assert_eq!(view.refusal.unwrap().code, "51");
        prop_assert!(payment.discrepancies.is_empty(), "{:?}", payment.discrepancies);
    }
}
