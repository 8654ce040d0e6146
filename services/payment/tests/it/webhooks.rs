//! Webhook events of gateways.

use crate::shop::{KEY, NEXT_KEY, Shop, sign};
use contracts::payment::{CheckoutResponse, CommandState, PaymentStatus, PaymentView, WebhookEvents};
use payment::operation::{OperationKind, OperationState};
use payment::payment::{Effects, Payment};
use payment::store::PaymentStore;
use serde_json::{Value, json};
use testkit::Answer;
use testkit::samples::usd;

/// An event about an authorisation in Worldpay's format.
fn event(id: &str, kind: &str, transaction: &str, amount: i64) -> Value {
    json!({
        "eventId": id,
        "eventTimestamp": "2027-01-15T08:00:00.000",
        "eventDetails": {
            "classification": "payment",
            "transactionReference": transaction,
            "type": kind,
            "amount": {"value": amount, "currencyCode": "USD"},
        },
    })
}

async fn send_event(shop: &Shop, event: &Value) -> Answer {
    let body = event.to_string();
    let gateway = testkit::Caller::new(shop.service.router.clone());
    gateway.with_header("event-signature", sign(KEY, &body)).send_text("/api/v1/webhooks/sandbox", &body).await
}

/// Delivers an event and processes it.
async fn deliver(shop: &Shop, event: &Value) {
    send_event(shop, event).await.expect(200);
    shop.engine.process_due().await.unwrap();
}

async fn state_of(shop: &Shop, kind: OperationKind) -> OperationState {
    let payment = shop.files.payments().await.remove(0);
    payment.operations.iter().find(|one| one.kind == kind).unwrap().state
}

async fn reference(shop: &Shop, kind: OperationKind) -> String {
    let payment = shop.files.payments().await.remove(0);
    payment.operations.iter().find(|one| one.kind == kind).unwrap().reference.clone()
}

#[tokio::test]
async fn webhooks_with_a_wrong_signature_are_rejected() {
    let shop = Shop::open().await;
    let body = event("1", "authorized", "x-1", 2500).to_string();
    let caller = testkit::Caller::new(shop.service.router.clone());
    let send = async |signature: &str, body: &str| {
        let caller = caller.clone().with_header("event-signature", signature);
        caller.send_text("/api/v1/webhooks/sandbox", body).await.status.as_u16()
    };
    let good = sign(KEY, &body);
    assert_eq!(send(&good, &body).await, 200);
    assert_eq!(send(&good, &body.replace("2500", "1")).await, 400, "another body");
    assert_eq!(send(&good.replace("first", "second"), &body).await, 400, "the id of another key");
    assert_eq!(send(&sign(&("first", b"somebody-elses-key"), &body), &body).await, 400);
    assert_eq!(send("", &body).await, 400);
    assert_eq!(send("first/SHA256/", &body).await, 400);
    assert_eq!(
        send(&format!("old/SHA256/00,{good}"), &body).await,
        200,
        "one of several signatures, during key rotation"
    );
    assert_eq!(
        send(&format!("{}{good}", "old/SHA256/00,".repeat(8)), &body).await,
        400,
        "more than a gateway has keys"
    );
    assert_eq!(send(&sign(NEXT_KEY, &body), &body).await, 200, "the next key");
    assert_eq!(send(&sign(&(NEXT_KEY.0, KEY.1), &body), &body).await, 400, "a key with the id of another");
    assert_eq!(caller.send_text("/api/v1/webhooks/sandbox", &body).await.status, 400);
    assert_eq!(caller.send_text("/api/v1/webhooks/nobody", &body).await.status, 404);
    let garbled = "{\"eventId\": 1}";
    assert_eq!(send(&sign(KEY, garbled), garbled).await, 400);
}

#[tokio::test]
async fn a_webhook_places_the_order_after_a_lost_response() {
    let shop = Shop::open().await;
    let answer = shop.check_out("one", &shop.request("LOST").await).await.expect(202).read::<CheckoutResponse>();
    let transaction = reference(&shop, OperationKind::Authorise).await;
    for _ in 0..3 {
        deliver(&shop, &event("same", "authorized", &transaction, 2500)).await;
    }
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
    // The event carried no link for the capture, so the gateway is queried for it.
    shop.env.advance(jiff::SignedDuration::from_secs(2));
    let captured = shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    assert_eq!((captured.state, captured.totals.captured), (CommandState::Done, usd(2500)));
}

/// Buys, captures, and refunds 7.00.
async fn refunded(shop: &Shop) -> CheckoutResponse {
    let answer = shop.pay("Ada").await;
    shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    shop.command(answer.order_id, "refund", json!({"kind": "refund", "amount": usd(700)})).await;
    answer
}

async fn look(shop: &Shop, answer: &CheckoutResponse) -> PaymentView {
    shop.payment_view(&answer.payment).await
}

#[tokio::test]
async fn a_failed_refund_is_reversed_in_the_ledger_and_reported() {
    let shop = Shop::open().await;
    let answer = refunded(&shop).await;
    let (transaction, refund) =
        (reference(&shop, OperationKind::Authorise).await, reference(&shop, OperationKind::Refund).await);
    let mut failed_refund = event("b", "refundFailed", &transaction, 700);
    failed_refund["eventDetails"]["reference"] = json!(refund);
    for _ in 0..2 {
        deliver(&shop, &failed_refund).await;
    }
    assert_eq!((look(&shop, &answer).await.captured, look(&shop, &answer).await.refunded), (usd(2500), usd(0)));
    assert_eq!(shop.event_kinds().await, ["order.placed", "payment.changed"]);
    let balances = shop.files.store.balances().await.unwrap();
    assert_eq!((balances[0].difference, balances[0].owed, balances[0].refunded), (0, 2500, 0));
    // The event about sending the refund arrives late and changes nothing.
    let mut sent = event("s", "sentForRefund", &transaction, 700);
    sent["eventDetails"]["reference"] = json!(refund);
    deliver(&shop, &sent).await;
    assert_eq!(look(&shop, &answer).await.refunded, usd(0));
}

#[tokio::test]
async fn a_repeated_full_refund_that_fails_again_is_reported_again() {
    let shop = Shop::open().await;
    let answer = shop.pay("Ada").await;
    shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    for step in ["undo", "undo:1"] {
        shop.command(answer.order_id, step, json!({"kind": "undo"})).await;
        assert_eq!(look(&shop, &answer).await.refunded, usd(2500));
        // Events about full refunds carry no reference.
        deliver(&shop, &event(&format!("bounced {step}"), "refundFailed", &transaction, 2500)).await;
        assert_eq!(look(&shop, &answer).await.refunded, usd(0), "{step}");
    }
    assert_eq!(shop.event_kinds().await, ["order.placed", "payment.changed", "payment.changed"]);
}

#[tokio::test]
async fn a_chargeback_counts_once_and_reduces_the_refundable_amount() {
    let shop = Shop::open().await;
    let answer = refunded(&shop).await;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    for _ in 0..2 {
        deliver(&shop, &event("c", "chargedBack", &transaction, 1000)).await;
    }
    assert_eq!(look(&shop, &answer).await.charged_back, usd(1000));
    assert_eq!(shop.event_kinds().await, ["order.placed", "payment.changed"]);
    let more = shop.command(answer.order_id, "more", json!({"kind": "refund", "amount": usd(801)})).await;
    assert!(matches!(more.state, CommandState::Refused { .. }));
    let rest = shop.command(answer.order_id, "rest", json!({"kind": "refund", "amount": usd(800)})).await;
    assert_eq!(rest.state, CommandState::Done);
    let balances = shop.files.store.balances().await.unwrap();
    assert_eq!((balances[0].difference, balances[0].owed, balances[0].charged_back), (0, 0, 1000));
}

#[tokio::test]
async fn an_unrequested_refund_is_a_discrepancy() {
    let shop = Shop::open().await;
    let answer = shop.pay("Ada").await;
    shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    deliver(&shop, &event("r", "sentForRefund", &transaction, 2500)).await;
    let payment = shop.files.payments().await.remove(0);
    assert_eq!((payment.discrepancies.len(), payment.totals().refunded), (1, usd(0)));
    assert_eq!(shop.event_kinds().await, ["order.placed", "payment.changed"]);
}

#[tokio::test]
async fn a_capture_above_the_authorised_amount_is_a_discrepancy() {
    let shop = Shop::open().await;
    shop.pay("Ada").await;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    deliver(&shop, &event("t", "sentForSettlement", &transaction, 3000)).await;
    let payment = shop.files.payments().await.remove(0);
    assert_eq!((payment.discrepancies.len(), payment.totals().captured), (1, usd(3000)));
    assert_eq!(shop.event_kinds().await, ["order.placed", "payment.changed"]);
}

#[tokio::test]
async fn undo_refunds_what_the_gateway_captured_before_the_void() {
    let shop = Shop::open().await;
    let order = shop.pay("LOST").await.order_id;
    let copy = shop.copy_database();
    shop.later(3).await;
    shop.command(order, "capture", json!({"kind": "capture"})).await;
    // The restored shop does not know of its capture.
    let shop = shop.restored(&copy).await;
    shop.later(3).await;
    let undo = json!({"kind": "undo"});
    assert_eq!(shop.command(order, "undo", undo.clone()).await.state, CommandState::Pending);
    shop.later(120).await;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    deliver(&shop, &event("v", "sentForSettlement", &transaction, 2500)).await;
    assert_eq!(state_of(&shop, OperationKind::Void).await, OperationState::Refused);
    assert!(shop.event_kinds().await.contains(&"payment.command_settled".to_owned()), "the workflow is told");
    let undone = shop.command(order, "undo", undo).await;
    assert_eq!((undone.state, undone.totals.refunded), (CommandState::Done, usd(2500)));
    let theirs = shop.files.ledger.payments_after("", 10).await.unwrap();
    assert_eq!((theirs[0].settled(), theirs[0].refunded()), (2500, 2500));
}

/// Captures and refunds, restores the database from before both, and repeats them. The stored links of the authorisation
/// offer the reversal that the gateway then refuses, or no refund at all.
async fn undo_again_after_a_restore(offers_reversal: bool) {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    if !offers_reversal {
        let id = shop.files.payments().await[0].id;
        let without = |payment: &mut Payment| {
            payment.operations.iter_mut().for_each(|one| drop(one.links.remove("reversePayment")));
            Ok(Effects::default())
        };
        shop.engine.change(id, without).await.unwrap();
    }
    let copy = shop.copy_database();
    let (capture, undo) = (json!({"kind": "capture"}), json!({"kind": "undo"}));
    shop.command(order, "capture", capture.clone()).await;
    assert_eq!(shop.command(order, "undo", undo.clone()).await.totals.refunded, usd(2500));
    let shop = shop.restored(&copy).await;
    let captured = shop.command(order, "capture", capture).await;
    assert_eq!((captured.state, captured.totals.captured), (CommandState::Done, usd(2500)));
    let undone = shop.command(order, "undo", undo).await;
    assert_eq!((undone.state, undone.totals.refunded), (CommandState::Done, usd(2500)));
    let theirs = shop.files.ledger.payments_after("", 10).await.unwrap();
    assert_eq!((theirs[0].settled(), theirs[0].refunded()), (2500, 2500));
}

#[tokio::test]
async fn undo_finds_the_refund_that_the_gateway_made_before_a_restore() {
    undo_again_after_a_restore(true).await;
    undo_again_after_a_restore(false).await;
}

#[tokio::test]
async fn an_event_without_a_matching_payment_fails_after_many_attempts() {
    let shop = Shop::open().await;
    deliver(&shop, &event("u", "authorized", "0190aaaaaaaa7000800000000000abcd-1", 2500)).await;
    assert!(shop.files.store.failed_webhook_events(10).await.unwrap().is_empty(), "its payment may not be stored yet");
    for _ in 0..60 {
        shop.later(3601).await;
    }
    let failed = shop.files.store.failed_webhook_events(10).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].reason.as_deref().unwrap().contains("no payment here"));
    // Staff retry it, which fails again, and then discard it.
    let merchant = shop.env.staff(&shop.service.router, chassis::auth::Role::Merchant);
    let listed = merchant.get("/api/v1/webhook-events").await.expect(200).read::<WebhookEvents>().items;
    assert_eq!((listed.len(), listed[0].id.as_str(), listed[0].kind.as_str()), (1, "u", "authorised"));
    let path = |what: &str| format!("/api/v1/webhook-events/sandbox/u/{what}");
    merchant.post(&path("replay"), json!({})).await.expect(202);
    merchant.post(&path("replay"), json!({})).await.expect(404);
    shop.later(1).await;
    merchant.post(&path("discard"), json!({"reason": "belongs to another shop"})).await.expect(204);
    assert!(shop.files.store.failed_webhook_events(10).await.unwrap().is_empty());
    merchant.post(&path("discard"), json!({"reason": "again"})).await.expect(404);
    shop.caller.get("/api/v1/webhook-events").await.expect(403);
}

#[tokio::test]
async fn an_expired_authorisation_is_reported() {
    let shop = Shop::open().await;
    let answer = shop.pay("Ada").await;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    deliver(&shop, &event("e", "expired", &transaction, 2500)).await;
    let payment = shop.files.payments().await.remove(0);
    assert_eq!((payment.operations[0].state, payment.totals().authorised), (OperationState::Failed, usd(0)));
    assert_eq!(shop.event_kinds().await, ["order.placed", "payment.changed"]);
    let capture = shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    assert!(matches!(capture.state, CommandState::Refused { .. }));
}

#[tokio::test]
async fn the_rest_of_an_expired_authorisation_is_not_reported_as_captured() {
    let shop = Shop::open().await;
    let order = shop.pay("Ada").await.order_id;
    let transaction = reference(&shop, OperationKind::Authorise).await;
    shop.command(order, "capture", json!({"kind": "capture", "amount": usd(1000)})).await;
    deliver(&shop, &event("e", "expired", &transaction, 2500)).await;
    let rest = shop.command(order, "capture:1", json!({"kind": "capture"})).await;
    assert!(matches!(rest.state, CommandState::Refused { .. }), "{rest:?}");
    assert_eq!(rest.totals.captured, usd(1000));
}
