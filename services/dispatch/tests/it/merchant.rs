//! The merchant is told about orders, and finds them.

use crate::shop::{Options, Shop, german_address};
use chassis::auth::Role;
use contracts::events::PaymentIssueKind;
use contracts::payment::CommandState;
use contracts::shipping::ShipmentStatus;
use jiff::SignedDuration;
use serde_json::{Value, json};
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

#[tokio::test]
async fn staff_add_notes_that_customers_do_not_see() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let note = json!({ "text": "Called: deliver after the 20th.\nRing twice." });
    let staff = shop.staff();
    for _ in 0..2 {
        staff.post(&shop.path("/notes"), note.clone()).await.expect(201);
    }
    let entries = |order: Value| -> Vec<Value> {
        order["timeline"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "note").cloned().collect()
    };
    let for_staff = entries(shop.support().get(&shop.path("")).await.expect(200).json());
    assert_eq!(for_staff.len(), 1, "a repeated request adds no second note");
    assert_eq!(for_staff[0]["staff_note"]["reason"], note["text"]);
    assert!(for_staff[0]["staff_note"]["author"].as_str().unwrap().starts_with("account:"), "{for_staff:?}");
    assert!(entries(shop.owner.get(&shop.path("")).await.expect(200).json()).is_empty());
    assert_eq!(shop.keyed(&shop.owner).post(&shop.path("/notes"), note).await.problem(403), "forbidden");
    let empty = json!({ "text": " " });
    assert_eq!(shop.staff().post(&shop.path("/notes"), empty).await.problem(422), "invalid-input");
}

#[tokio::test]
async fn an_order_has_a_limited_number_of_notes() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let add = async |number: usize| {
        let staff = shop.support().with_header("idempotency-key", format!("note-{number}"));
        staff.post(&shop.path("/notes"), json!({ "text": "again" })).await
    };
    for number in 1..=100 {
        add(number).await.expect(201);
    }
    assert_eq!(add(101).await.problem(409), "too-many-notes");
}

#[tokio::test]
async fn the_warehouse_reads_address_and_items_without_prices() {
    let shop = Shop::with_options(Options { quantity: 2, ..Options::default() }).await;
    shop.place_and_work().await;
    let warehouse = shop.env.staff(&shop.service.router, Role::Warehouse);
    let answer = warehouse.get(&shop.path("/packing-list")).await.expect(200);
    let list = answer.json();
    assert_eq!((list["order_number"].as_str(), list["status"].as_str()), (Some("10001"), Some("confirmed")));
    assert_eq!((list["lines"][0]["sku"].as_str(), list["lines"][0]["quantity"].as_u64()), (Some(SKU), Some(2)));
    assert_eq!(list["shipments"][0]["status"], "announced");
    assert!(list["address"]["line1"].is_string() && list["shipping_option"].is_string(), "{list}");
    let order = shop.view_order().await;
    let text = answer.text();
    assert!(!text.contains("amount") && !text.contains(&order.email), "{text}");
    assert_eq!(
        warehouse.get(&format!("/api/v1/orders/{}/packing-list", uuid::Uuid::nil())).await.problem(404),
        "not-found"
    );
    assert_eq!(shop.owner.get(&shop.path("/packing-list")).await.problem(403), "forbidden");
}

#[tokio::test]
async fn the_warehouse_reads_several_packing_lists_at_once() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let warehouse = shop.env.staff(&shop.service.router, Role::Warehouse);
    let read = async |orders: &str| warehouse.get(&format!("/api/v1/packing-lists?orders={orders}")).await;
    let unknown = uuid::Uuid::nil();
    let lists = read(&format!("{unknown},%20{}", shop.id)).await.expect(200).json();
    assert_eq!(lists["items"].as_array().unwrap().len(), 1);
    assert_eq!(lists["items"][0], warehouse.get(&shop.path("/packing-list")).await.json());
    let too_many = vec![unknown.to_string(); 51].join(",");
    for orders in ["", "10001", ",", too_many.as_str()] {
        assert_eq!(read(orders).await.problem(422), "invalid-input", "{orders}");
    }
    let as_customer = shop.owner.get(&format!("/api/v1/packing-lists?orders={}", shop.id)).await;
    assert_eq!(as_customer.problem(403), "forbidden");
}

#[tokio::test]
async fn staff_list_orders_by_date_and_by_what_waits_for_them() {
    let shop = Shop::with_options(Options { address: german_address(), ..Options::default() }).await;
    shop.place_and_work().await;
    let placed = shop.view_order().await.placed_at;
    let list = async |query: String| -> usize {
        let page = shop.support().get(&format!("/api/v1/orders?all=true{query}")).await.expect(200).json();
        page["items"].as_array().unwrap().len()
    };
    let hour = SignedDuration::from_hours(1);
    assert_eq!(list(format!("&placed_from={}&placed_before={}", placed - hour, placed + hour)).await, 1);
    assert_eq!(list(format!("&placed_from={}", placed + hour)).await, 0);
    assert_eq!(list(format!("&placed_before={placed}")).await, 0, "the end is excluded");
    assert_eq!(list("&awaits_return=true".to_owned()).await, 0);
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    shop.keyed(&shop.owner).post(&shop.path("/withdrawals"), json!({})).await.expect(201);
    assert_eq!(list("&awaits_return=true".to_owned()).await, 1);
    let receipt = json!({ "lines": [{ "sku": SKU, "quantity": 1 }], "restock": true });
    shop.staff().post(&shop.path("/returns/1/receive"), receipt).await.expect(202);
    assert_eq!(list("&awaits_return=true".to_owned()).await, 0);
    assert_eq!(shop.support().get("/api/v1/orders?placed_from=yesterday").await.problem(422), "invalid-input");
}
