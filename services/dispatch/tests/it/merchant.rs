//! The merchant is told about orders, and finds them.

use crate::shop::{Options, Shop};
use contracts::events::PaymentIssueKind;
use contracts::payment::CommandState;
use serde_json::json;
use testkit::samples::SKU;

async fn subjects(shop: &Shop) -> Vec<String> {
    let mails = shop.merchant_emails().await;
    mails.into_iter().map(|mail| mail.subject.trim_end_matches(" - Test").to_owned()).collect()
}

#[tokio::test]
async fn the_merchant_receives_an_email_for_an_order_and_its_cancellation() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let mail = shop.merchant_emails().await.remove(0);
    assert!(mail.body.contains(&format!("http://shop.test/admin/orders/{}", shop.id)), "{}", mail.body);
    assert!(mail.body.contains("Deliver to:\n  ") && mail.body.contains("Total: 25.00 USD"), "{}", mail.body);
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(202);
    shop.work().await;
    assert_eq!(subjects(&shop).await, ["New order 10001: 25.00 USD", "Order 10001 was cancelled"]);
}

#[tokio::test]
async fn the_merchant_receives_an_email_for_a_return_with_its_items_and_reason() {
    let shop = Shop::with_options(Options { quantity: 3, ..Options::default() }).await;
    shop.deliver().await;
    let request = json!({ "lines": [{ "sku": SKU, "quantity": 2 }], "reason": "too small" });
    shop.keyed(&shop.owner).post(&shop.path("/returns"), request).await.expect(201);
    let mail = shop.merchant_emails().await.pop().unwrap();
    assert_eq!(mail.subject, "Return requested for order 10001 - Test");
    assert!(mail.body.contains("  2 x ") && mail.body.contains("Reason: too small\n"), "{}", mail.body);
}

#[tokio::test]
async fn the_merchant_receives_one_email_for_each_reason_to_look_at_an_order() {
    let shop = Shop::open().await;
    shop.payment.with(|state| state.next = Some(CommandState::NeedsAttention { reason: "transfer it".into() }));
    shop.place_and_work().await;
    shop.work().await;
    let attention = |subjects: Vec<String>| subjects.iter().filter(|one| one.contains("needs attention")).count();
    assert_eq!(attention(subjects(&shop).await), 1);
    let mail = shop.merchant_emails().await.pop().unwrap();
    assert!(mail.body.contains("Reason: transfer it\n"), "{}", mail.body);
}

#[tokio::test]
async fn the_merchant_receives_an_email_for_a_payment_issue() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    shop.receive(&shop.payment_changed_event(PaymentIssueKind::ChargedBack)).await;
    let mail = shop.merchant_emails().await.pop().unwrap();
    assert!(mail.body.contains("charged the payment back"), "{}", mail.body);
}

#[tokio::test]
async fn staff_search_the_orders_of_all_customers() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let list = shop.support().get("/api/v1/orders?all=true&q=1000").await.expect(200).json();
    let order = &list["items"][0];
    assert_eq!(order["number"], "10001");
    assert!(order["customer"]["email"].as_str().unwrap().contains('@') && order["customer"]["name"].is_string());
    let list = shop.support().get("/api/v1/orders?all=true&q=99").await.expect(200).json();
    assert_eq!(list["items"], json!([]));
    // Customers do not read their own name and address in each row.
    let list = shop.owner.get("/api/v1/orders?q=10001").await.expect(200).json();
    assert!(list["items"][0].get("customer").is_none(), "{list}");
}
