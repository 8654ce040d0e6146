//! Bank transfer: paid when staff record its arrival, refunded manually.

use crate::shop::Shop;
use chassis::auth::Role;
use contracts::payment::{
    AwaitedTransfer, CheckoutResponse, CommandResponse, CommandState, PaymentAction, PaymentDetails, PaymentStatus,
    PaymentView,
};
use payment::operation::OperationState;
use serde_json::{Value, json};
use testkit::samples::usd;
use testkit::{Answer, Caller};

async fn ordered(shop: &Shop) -> CheckoutResponse {
    let mut request = shop.request("Ada").await;
    request["payment"] = json!({"method": "transfer"});
    shop.check_out("transfer", &request).await.expect(201).read()
}

fn merchant(shop: &Shop) -> Caller {
    shop.env.staff(&shop.service.router, Role::Merchant)
}

async fn arrived(merchant: &Caller, answer: &CheckoutResponse, key: &str, amount: i64) -> Answer {
    let path = format!("/api/v1/payments/{}/transfers", answer.payment.id);
    merchant
        .clone()
        .with_header("idempotency-key", key)
        .post(&path, json!({"amount": usd(amount), "note": "statement 12"}))
        .await
}

#[tokio::test]
async fn stock_stays_reserved_until_the_transfer_arrives() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    let Some(PaymentAction::Transfer(how)) = &answer.payment.action else { panic!("{answer:?}") };
    assert_eq!((how.iban.as_str(), &how.reference), ("DE89370400440532013000", &answer.order_number));
    shop.later(6 * 24 * 3600).await;
    assert_eq!((shop.reserved(), shop.event_kinds().await), (1, vec!["payment.transfer_awaited".to_owned()]));
    let merchant = merchant(&shop);
    assert_eq!(arrived(&merchant, &answer, "k1", 2400).await.problem(409), "not-possible-now");
    let first = arrived(&merchant, &answer, "k2", 2500).await.expect(200);
    assert_eq!(arrived(&merchant, &answer, "k2", 2500).await.expect(200).bytes, first.bytes, "byte for byte");
    assert_eq!(arrived(&merchant, &answer, "k2", 2400).await.problem(422), "idempotency-key-reused");
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.event_kinds().await, ["payment.transfer_awaited", "order.placed"]);
    let captured = shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    assert_eq!((captured.state, captured.totals.captured), (CommandState::Done, usd(2500)));
    assert_eq!(
        arrived(&merchant, &answer, "k3", 2500).await.problem(409),
        "not-possible-now",
        "it is recorded already"
    );
}

#[tokio::test]
async fn staff_find_a_payment_by_its_order_number() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    let merchant = merchant(&shop);
    let found = async |query: &str| {
        let page = merchant.get(&format!("/api/v1/payments{query}")).await.expect(200).json();
        let ids = page["items"].as_array().unwrap().iter().map(|item| item["payment"]["id"].clone());
        ids.collect::<Vec<_>>()
    };
    let (id, number) = (json!(answer.payment.id), format!("?order_number={}", answer.order_number));
    for query in ["", &number, "?awaiting_transfer=true"] {
        assert_eq!(found(query).await, std::slice::from_ref(&id), "{query}");
    }
    assert!(found("?order_number=1").await.is_empty());
    arrived(&merchant, &answer, "k1", 2500).await.expect(200);
    assert!(found("?awaiting_transfer=true").await.is_empty());
    assert_eq!(found(&number).await, [id]);
    merchant.get("/api/v1/payments?limit=101").await.expect(422);
    shop.caller.get("/api/v1/payments").await.expect(403);
}

#[tokio::test]
async fn transfer_details_are_available_while_the_transfer_is_awaited() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    let dispatch = shop.env.service(&shop.service.router, "dispatch", "payment");
    let path = format!("/internal/orders/{}/transfer", answer.order_id);
    let awaited: AwaitedTransfer = dispatch.get(&path).await.expect(200).read();
    assert_eq!(Some(PaymentAction::Transfer(awaited.transfer)), answer.payment.action);
    assert_eq!((&awaited.order_number, awaited.cart.totals.total), (&answer.order_number, usd(2500)));
    arrived(&merchant(&shop), &answer, "k1", 2500).await.expect(200);
    assert_eq!(dispatch.get(&path).await.problem(404), "not-found");
}

#[tokio::test]
async fn an_unpaid_transfer_releases_its_reservation() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    shop.later(7 * 24 * 3600 + 1).await;
    shop.later(60).await;
    assert_eq!((shop.reserved(), shop.payment_view(&answer.payment).await.status), (0, PaymentStatus::Closed));
}

#[tokio::test]
async fn a_customer_can_abandon_a_transfer_and_pay_by_card() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    shop.later(24 * 3600).await;
    let path = format!("/api/v1/payments/{}/abandon", answer.payment.id);
    for _ in 0..2 {
        let view: PaymentView = shop.caller.post(&path, json!({})).await.expect(200).read();
        assert_eq!(
            (view.status, view.refusal.unwrap().code.as_str()),
            (PaymentStatus::Refused, "cancelled-by-customer")
        );
    }
    shop.later(20 * 60).await;
    shop.try_again(&answer.payment, "card", "Ada").await.expect(201);
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.reserved(), 1);
    assert_eq!(shop.event_kinds().await, ["payment.transfer_awaited", "order.placed"]);
    let view: PaymentView = shop.caller.post(&path, json!({})).await.expect(200).read();
    assert_eq!(view.status, PaymentStatus::Authorised, "what is paid stays paid");
}

#[tokio::test]
async fn a_late_transfer_has_to_be_returned_manually() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    shop.later(7 * 24 * 3600 + 1).await;
    shop.later(60).await;
    let details: PaymentDetails = arrived(&merchant(&shop), &answer, "k", 2500).await.expect(200).read();
    assert_eq!(details.payment.status, PaymentStatus::Closed);
    shop.later(1).await;
    let payment = shop.files.payments().await.remove(0);
    let back = payment.operations.last().unwrap();
    assert_eq!(back.state, OperationState::NeedsAttention);
    assert!(back.refusal.as_ref().unwrap().reason.starts_with("Transfer 25.00"), "{back:?}");
}

#[tokio::test]
async fn a_manual_refund_task_notifies_the_workflow_when_resolved() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    arrived(&merchant(&shop), &answer, "k", 2500).await.expect(200);
    let refund = json!({"kind": "refund", "amount": usd(700)});
    let waits = shop.command(answer.order_id, "refund", refund.clone()).await;
    let CommandState::NeedsAttention { reason } = waits.state else { panic!("{waits:?}") };
    assert!(reason.contains("then mark it as done"), "{reason}");
    let undo = shop.command(answer.order_id, "undo", json!({"kind": "undo"})).await;
    assert!(matches!(undo.state, CommandState::NeedsAttention { .. }), "one operation at a time");
    let path = format!("/api/v1/payments/{}/operations/3/resolve", answer.payment.id);
    let body: Value = json!({"outcome": "done", "reason": "sent on Monday"});
    let merchant = merchant(&shop);
    let key = |key: &str| merchant.clone().with_header("idempotency-key", key);
    let first = key("r").post(&path, &body).await.expect(200);
    assert_eq!(key("r").post(&path, &body).await.expect(200).bytes, first.bytes);
    key("s").post(&path, json!({"outcome": "not_done", "reason": "x"})).await.expect(409);
    assert_eq!(shop.event_kinds().await.last().unwrap(), "payment.command_settled");
    let done = shop.command(answer.order_id, "refund", refund).await;
    assert_eq!((done.state, done.totals.refunded), (CommandState::Done, usd(700)));
}

#[tokio::test]
async fn a_manual_note_completes_a_manual_task() {
    let shop = Shop::with_transfer().await;
    let answer = ordered(&shop).await;
    arrived(&merchant(&shop), &answer, "k", 2500).await.expect(200);
    let refund = json!({"kind": "refund", "amount": usd(700)});
    shop.command(answer.order_id, "refund", refund.clone()).await;
    let body = json!({"step_key": "refund", "command": refund, "manual_note": "Ada: sent on Monday"});
    let dispatch = shop.env.service(&shop.service.router, "dispatch", "payment");
    for _ in 0..2 {
        let path = format!("/internal/orders/{}/commands", answer.order_id);
        let done: CommandResponse = dispatch.post(&path, &body).await.expect(200).read();
        assert_eq!((done.state, done.totals.refunded), (CommandState::Done, usd(700)));
    }
    let payment = shop.files.payments().await.remove(0);
    assert_eq!(payment.operations.len(), 3, "the task itself is completed");
}
