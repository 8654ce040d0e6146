//! Payments on the gateway's hosted page, which captures by itself.

use crate::shop::{Operation, Shop};
use contracts::payment::{CheckoutResponse, PaymentAction, PaymentStatus};
use payment::operation::OperationKind;
use payment::store::PaymentStore;
use serde_json::json;

/// Checks out by hosted page; returns the page's address.
async fn hosted(shop: &Shop) -> (CheckoutResponse, String) {
    let mut request = shop.request("Ada").await;
    request["payment"] = json!({"method": "hosted"});
    let answer: CheckoutResponse = shop.check_out("hosted", &request).await.expect(201).read();
    let Some(PaymentAction::Redirect { url }) = answer.payment.action.clone() else { panic!("{answer:?}") };
    (answer, url)
}

async fn pay_there(shop: &Shop, page: &str) {
    let bank = testkit::Caller::new(shop.service.router.clone());
    bank.get(page).await.expect(200);
    let card = [
        ("card_holder_name", "Ada"),
        ("card_number", "4444333322221111"),
        ("expiry_month", "12"),
        ("expiry_year", "2030"),
        ("cvc", "123"),
        ("action", "pay"),
    ];
    bank.submit(page, &card).await.expect(303);
}

fn sum(operations: &[Operation], kind: OperationKind) -> i64 {
    operations.iter().filter(|one| one.kind == kind && one.done).map(|one| one.amount).sum()
}

#[tokio::test]
async fn a_hosted_payment_is_captured_by_the_gateway() {
    let shop = Shop::open().await;
    let (answer, page) = hosted(&shop).await;
    pay_there(&shop, &page).await;
    shop.later(16).await;
    assert_eq!(shop.return_from_bank(&answer.payment).await.status, PaymentStatus::Authorised);
    let payment = shop.files.payments().await.remove(0);
    assert_eq!(payment.totals().captured, payment.amount());
    let captured = shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    assert_eq!(captured.receipt_number.as_deref(), Some("R-000001"), "nothing is left to capture");
    let undone = shop.command(answer.order_id, "undo", json!({"kind": "undo"})).await;
    assert_eq!(undone.totals.refunded, payment.amount());
    assert_eq!(sum(&shop.files.operations().await, OperationKind::Refund), 2500);
}

#[tokio::test]
async fn a_hosted_payment_just_before_its_deadline_places_the_order() {
    let shop = Shop::open().await;
    let (answer, page) = hosted(&shop).await;
    shop.later(59 * 60).await;
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::ActionRequired);
    pay_there(&shop, &page).await;
    // The customer has paid, which the shop has not found out yet when the deadline passes.
    let again = shop.files.payments().await.remove(0);
    assert_eq!(again.status(), PaymentStatus::ActionRequired);
    shop.later(2 * 60).await;
    assert_eq!(
        shop.payment_view(&answer.payment).await.status,
        PaymentStatus::Authorised,
        "queried once more at the deadline"
    );
    for balance in shop.files.store.balances().await.unwrap() {
        assert_eq!((balance.difference, balance.captured()), (0, 2500));
    }
}

#[tokio::test]
async fn the_sandbox_control_api_is_not_reachable_through_the_shop() {
    let shop = Shop::open().await;
    for path in [
        "/sandbox/pay/../ledger",
        "/sandbox/pay/%2e%2E/ledger",
        "/sandbox/challenge/./../faults",
        "/sandbox/pay%2f..%2fledger",
        "/sandbox/ledger",
    ] {
        assert_eq!(shop.caller.get(path).await.problem(404), "not-found", "{path}");
    }
}
