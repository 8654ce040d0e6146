//! Paying on a page of the gateway, which takes the money by itself.

use crate::shop::{Operation, Shop};
use contracts::payment::{CheckoutResponse, PaymentAction, PaymentStatus};
use payment::attempt::OperationKind;
use payment::store::PaymentStore;
use serde_json::json;

/// Checks out on the gateway's page; the page's address.
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
async fn what_is_paid_on_the_gateways_page_is_taken_already() {
    let shop = Shop::open().await;
    let (answer, page) = hosted(&shop).await;
    pay_there(&shop, &page).await;
    shop.later(16).await;
    assert_eq!(shop.come_back(&answer.payment).await.status, PaymentStatus::Authorised);
    let payment = shop.files.payments().await.remove(0);
    assert_eq!(payment.totals().captured, payment.amount());
    let captured = shop.command(answer.order_id, "capture", json!({"kind": "capture"})).await;
    assert_eq!(captured.receipt_number.as_deref(), Some("R-000001"), "nothing is left to be taken");
    let undone = shop.command(answer.order_id, "undo", json!({"kind": "undo"})).await;
    assert_eq!(undone.totals.refunded, payment.amount());
    assert_eq!(sum(&shop.files.operations().await, OperationKind::Refund), 2500);
}

#[tokio::test]
async fn what_is_paid_on_the_gateways_page_too_late_is_given_back() {
    let shop = Shop::open().await;
    let (answer, page) = hosted(&shop).await;
    shop.later(59 * 60).await;
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::ActionRequired);
    pay_there(&shop, &page).await;
    // The page was paid, and nobody here heard of it before it was given up and the cart paid with another card.
    let again = shop.files.payments().await.remove(0);
    assert_eq!(again.status(), PaymentStatus::ActionRequired);
    shop.later(2 * 60).await;
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::Authorised, "asked once more before it is over");
    for balance in shop.files.store.balances().await.unwrap() {
        assert_eq!((balance.difference, balance.captured()), (0, 2500));
    }
}

#[tokio::test]
async fn what_controls_the_sandbox_cannot_be_reached_over_its_pages() {
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
