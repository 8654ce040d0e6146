//! Tests of commands on authorised money, and of actions that are no longer allowed.

use crate::gateway::{Gateway, path_of};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use sandbox::{CommandKind, LedgerPayment, PaymentState};
use serde_json::{Value, json};

fn part(reference: &str, amount: i64) -> Option<Value> {
    Some(json!({ "reference": reference, "value": { "currency": "GBP", "amount": amount } }))
}

fn actions(answer: &Value) -> Vec<&str> {
    answer["_actions"].as_object().map(|all| all.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// Returns the path of an action, even if the payment no longer offers it.
fn at(answer: &Value, action: &str) -> String {
    format!("{}/{action}", path_of(answer["_links"]["self"]["href"].as_str().unwrap()))
}

#[tokio::test]
async fn the_full_amount_is_settled_and_then_refunded() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let settled = gateway.follow(&authorised, "settlePayment", None).await.expect(202).json();
    assert_eq!(settled["outcome"], "sentForSettlement");
    assert_eq!(actions(&settled), ["partiallyRefundPayment", "refundPayment", "reversePayment"]);
    let link = |answer: &Value| answer["_links"]["self"]["href"].clone();
    assert_ne!(link(&authorised), link(&settled), "the address differs after each action");
    let refunded = gateway.follow(&settled, "refundPayment", None).await.expect(202).json();
    assert_eq!(refunded["outcome"], "sentForRefund");
    assert!(actions(&refunded).is_empty());
    let earlier = gateway.merchant.get(path_of(link(&authorised).as_str().unwrap())).await.expect(200).json();
    assert_eq!(earlier["lastEvent"], "Sent for Refund");
    let ledger_payment = gateway.ledger_payment("ord_1").await;
    assert_eq!((ledger_payment.settled(), ledger_payment.refunded(), ledger_payment.capturable()), (2500, 2500, 0));
}

#[tokio::test]
async fn full_commands_take_effect_once_however_often_they_are_sent() {
    let gateway = Gateway::new().await;
    let first = gateway.authorised("ord_1", "Ada Lovelace").await;
    for _ in 0..3 {
        let answer = gateway.post(&at(&first, "settlements"), None).await.expect(202).json();
        assert_eq!(answer["outcome"], "sentForSettlement");
    }
    for _ in 0..3 {
        gateway.post(&at(&first, "refunds"), None).await.expect(202);
    }
    let second = gateway.authorised("ord_2", "Ada Lovelace").await;
    for _ in 0..3 {
        let answer = gateway.post(&at(&second, "cancellations"), None).await.expect(202).json();
        assert_eq!(answer["outcome"], "sentForCancellation");
    }
    let kinds = |payment: &LedgerPayment| payment.commands.iter().map(|command| command.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&gateway.ledger_payment("ord_1").await), [CommandKind::Settle, CommandKind::Refund]);
    assert_eq!(kinds(&gateway.ledger_payment("ord_2").await), [CommandKind::Cancel]);
    let webhook_types = gateway.webhook_types().await;
    for expected in ["sentForSettlement", "sentForRefund", "cancelled"] {
        assert_eq!(webhook_types.iter().filter(|kind| *kind == expected).count(), 1, "{webhook_types:?}");
    }
}

#[tokio::test]
async fn actions_that_are_no_longer_allowed_are_rejected() {
    let gateway = Gateway::new().await;
    let cancelled = gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.post(&at(&cancelled, "refunds"), None).await.expect(400);
    gateway.follow(&cancelled, "cancelPayment", None).await.expect(202);
    for action in ["settlements", "refunds", "reversals"] {
        let answer = gateway.post(&at(&cancelled, action), None).await.expect(400).json();
        assert_eq!(answer["errorName"], "operationNotAllowed");
    }
    gateway.post(&at(&cancelled, "partialSettlements"), part("cap-1", 1)).await.expect(400);
    let settled = gateway.authorised("ord_2", "Ada Lovelace").await;
    gateway.follow(&settled, "settlePayment", None).await.expect(202);
    gateway.post(&at(&settled, "cancellations"), None).await.expect(400);
    gateway.post(&at(&settled, "partialSettlements"), part("cap-1", 1)).await.expect(400);
    assert_eq!(gateway.ledger_payment("ord_1").await.state, PaymentState::Cancelled);
    assert_eq!(gateway.ledger_payment("ord_2").await.commands.len(), 1);
}

#[tokio::test]
async fn partial_amounts_are_settled_and_refunded_up_to_the_total() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let settled = gateway.follow(&authorised, "partiallySettlePayment", part("cap-1", 1000)).await.expect(202).json();
    assert_eq!(settled["outcome"], "sentForSettlement");
    assert_eq!(
        actions(&settled),
        ["cancelPayment", "partiallyRefundPayment", "partiallySettlePayment", "refundPayment", "reversePayment"]
    );
    gateway.post(&at(&settled, "settlements"), None).await.expect(400);
    let above = gateway.follow(&settled, "partiallySettlePayment", part("cap-2", 1501)).await.expect(400).json();
    assert_eq!(above["validationErrors"][0]["jsonPath"], "$.value.amount");
    // A partial command that is sent twice takes effect twice.
    gateway.follow(&settled, "partiallySettlePayment", part("cap-2", 500)).await.expect(202);
    gateway.follow(&settled, "partiallySettlePayment", part("cap-2", 500)).await.expect(202);
    let refunded = gateway.follow(&settled, "partiallyRefundPayment", part("ref-1", 700)).await.expect(202).json();
    assert_eq!(refunded["outcome"], "sentForPartialRefund");
    gateway.post(&at(&refunded, "refunds"), None).await.expect(400);
    gateway.follow(&refunded, "partiallyRefundPayment", part("ref-2", 1301)).await.expect(400);
    gateway.follow(&refunded, "cancelPayment", None).await.expect(202);
    let ledger_payment = gateway.ledger_payment("ord_1").await;
    assert_eq!((ledger_payment.settled(), ledger_payment.refunded(), ledger_payment.capturable()), (2000, 700, 0));
    assert_eq!(ledger_payment.state, PaymentState::Authorised, "part of it was taken");
    let references: Vec<_> = ledger_payment.commands.iter().map(|command| command.reference.as_deref()).collect();
    assert_eq!(references, [Some("cap-1"), Some("cap-2"), Some("cap-2"), Some("ref-1"), None]);
}

#[tokio::test]
async fn partial_commands_need_a_reference_a_positive_amount_and_the_right_currency() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    let value = |amount: i64, currency: &str| json!({ "currency": currency, "amount": amount });
    let wrong = [
        (json!({ "reference": "cap-1", "value": value(0, "GBP") }), "$.value.amount"),
        (json!({ "reference": "cap-1", "value": value(100, "EUR") }), "$.value.currency"),
        (json!({ "reference": "", "value": value(100, "GBP") }), "$.reference"),
        (json!({ "value": value(100, "GBP") }), "$.reference"),
        (
            json!({ "reference": "cap-1", "value": value(100, "GBP"), "sequence": { "number": 2, "total": 1 } }),
            "$.sequence.number",
        ),
    ];
    for (body, place) in wrong {
        let answer = gateway.follow(&authorised, "partiallySettlePayment", Some(body)).await.expect(400).json();
        assert_eq!(answer["validationErrors"][0]["jsonPath"], place, "{answer}");
    }
    let right = json!({ "reference": "cap-1", "value": value(100, "GBP"), "sequence": { "number": 1, "total": 2 } });
    gateway.follow(&authorised, "partiallySettlePayment", Some(right)).await.expect(202);
}

#[tokio::test]
async fn a_reversal_cancels_unsettled_and_refunds_settled_money() {
    let gateway = Gateway::new().await;
    let capturable = gateway.authorised("ord_1", "Ada Lovelace").await;
    for _ in 0..2 {
        let answer = gateway.post(&at(&capturable, "reversals"), None).await.expect(202).json();
        assert_eq!(answer["outcome"], "sentForReversal");
    }
    let ledger_payment = gateway.ledger_payment("ord_1").await;
    assert_eq!((ledger_payment.state, ledger_payment.commands.len()), (PaymentState::Cancelled, 1));
    let taken = gateway.authorised("ord_2", "Ada Lovelace").await;
    gateway.follow(&taken, "partiallySettlePayment", part("cap-1", 1000)).await.expect(202);
    for _ in 0..2 {
        gateway.post(&at(&taken, "reversals"), None).await.expect(202);
    }
    let ledger_payment = gateway.ledger_payment("ord_2").await;
    assert_eq!((ledger_payment.settled(), ledger_payment.refunded(), ledger_payment.capturable()), (1000, 1000, 0));
}

#[tokio::test]
async fn the_unsettled_part_of_an_authorisation_expires() {
    let gateway = Gateway::new().await;
    let minute = gateway.authorised("ord_1", "EXPIRES").await;
    let week = gateway.authorised("ord_2", "Ada Lovelace").await;
    gateway.follow(&week, "partiallySettlePayment", part("cap-1", 1000)).await.expect(202);
    gateway.webhook_types().await;
    gateway.advance(59);
    assert!(!gateway.webhook_types().await.contains(&"expired".to_owned()));
    gateway.advance(1);
    // The authorisation has expired, although the worker has not processed the expiry yet.
    gateway.post(&at(&minute, "settlements"), None).await.expect(400);
    assert_eq!(gateway.webhook_types().await, ["expired"]);
    let link = path_of(minute["_links"]["self"]["href"].as_str().unwrap());
    assert_eq!(gateway.merchant.get(link).await.expect(200).json()["lastEvent"], "Expired");
    gateway.advance(7 * 24 * 3600);
    assert_eq!(gateway.webhook_types().await, ["expired"]);
    let ledger_payment = gateway.ledger_payment("ord_2").await;
    assert_eq!(
        (ledger_payment.state, ledger_payment.settled(), ledger_payment.capturable()),
        (PaymentState::Expired, 1000, 0)
    );
    gateway.post(&at(&week, "refunds"), None).await.expect(202);
}

#[tokio::test]
async fn a_failed_refund_can_be_requested_again() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "BOUNCE").await;
    gateway.follow(&authorised, "settlePayment", None).await.expect(202);
    gateway.post(&at(&authorised, "refunds"), None).await.expect(202);
    assert_eq!(gateway.ledger_payment("ord_1").await.refunded(), 2500);
    gateway.advance(10);
    let webhook_types = gateway.webhook_types().await;
    assert!(
        webhook_types.contains(&"refundFailed".to_owned()) && !webhook_types.contains(&"refunded".to_owned()),
        "{webhook_types:?}"
    );
    let ledger_payment = gateway.ledger_payment("ord_1").await;
    assert!(ledger_payment.commands[1].failed);
    assert_eq!(ledger_payment.refunded(), 0);
    gateway.post(&at(&authorised, "refunds"), None).await.expect(202);
    assert_eq!(gateway.ledger_payment("ord_1").await.commands.len(), 3);
}

#[tokio::test]
async fn money_is_charged_back_a_minute_after_settlement() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "CHARGEBACK").await;
    gateway.follow(&authorised, "settlePayment", None).await.expect(202);
    gateway.follow(&authorised, "settlePayment", None).await.expect(202);
    gateway.post(&at(&authorised, "partialRefunds"), part("ref-1", 500)).await.expect(202);
    gateway.advance(60);
    assert!(gateway.webhook_types().await.contains(&"chargedBack".to_owned()));
    assert_eq!(gateway.ledger_payment("ord_1").await.charged_back, 2000);
}

#[derive(Debug, Clone)]
enum Step {
    Full(&'static str),
    Part(&'static str, i64),
    Time(i64),
    Fail(&'static str),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => prop::sample::select(vec!["settlements", "refunds", "cancellations", "reversals"]).prop_map(Step::Full),
        6 => (prop::sample::select(vec!["partialSettlements", "partialRefunds"]), 1_i64..2600)
            .prop_map(|(action, amount)| Step::Part(action, amount)),
        1 => (1_i64..100).prop_map(Step::Time),
        1 => prop::sample::select(vec!["refundFailed", "settlementFailed", "chargedBack", "expired"])
            .prop_map(Step::Fail),
    ]
}

async fn never_exceeds(name: &str, steps: &[Step]) -> Result<(), TestCaseError> {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", name).await;
    for (number, step) in steps.iter().enumerate() {
        let before = gateway.ledger_payment("ord_1").await;
        let answer = match step {
            Step::Full(action) => Some(gateway.post(&at(&authorised, action), None).await),
            Step::Part(action, amount) => {
                Some(gateway.post(&at(&authorised, action), part(&format!("part-{number}"), *amount)).await)
            }
            Step::Time(seconds) => {
                gateway.advance(*seconds);
                gateway.webhook_types().await;
                None
            }
            Step::Fail(kind) => {
                let body = json!({ "type": kind });
                Some(gateway.anybody().post("/sandbox/payments/ord_1/events", body).await)
            }
        };
        let after = gateway.ledger_payment("ord_1").await;
        prop_assert!(after.settled() <= 2500, "{after:?}");
        prop_assert!(after.refunded() <= after.settled(), "{after:?}");
        prop_assert!((0..=2500).contains(&after.capturable()), "{after:?}");
        prop_assert!(after.charged_back <= after.settled(), "{after:?}");
        if answer.is_some_and(|answer| answer.status.is_client_error()) {
            prop_assert_eq!(before.commands, after.commands, "what was refused has no effect");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_is_more_settled_than_authorised_nor_more_refunded_than_settled(
        name in prop::sample::select(vec!["Ada Lovelace", "BOUNCE", "CHARGEBACK", "EXPIRES"]),
        steps in prop::collection::vec(step(), 1..14),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(never_exceeds(name, &steps))?;
    }
}
