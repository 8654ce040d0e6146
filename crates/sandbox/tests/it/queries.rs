//! Tests of payment queries, which show events only after the index delay.

use crate::gateway::{Gateway, path_of};
use serde_json::{Value, json};

const OF_ORDER: &str = "/paymentQueries/payments?transactionReference=ord_1";

fn names(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["eventName"].as_str().unwrap()).collect()
}

async fn found(gateway: &Gateway) -> Vec<Value> {
    let list = gateway.query(OF_ORDER).await.expect(200);
    assert_eq!(list.headers["content-type"], "application/vnd.worldpay.payment-queries-v1.hal+json");
    list.json()["_embedded"]["payments"].as_array().unwrap().clone()
}

#[tokio::test]
async fn queries_show_nothing_before_the_index_delay() {
    let gateway = Gateway::new().await;
    let payment = gateway.authorised("ord_1", "Ada Lovelace").await;
    let by_id = format!("/paymentQueries/payments/{}", payment["paymentId"].as_str().unwrap());
    gateway.advance(59);
    assert!(found(&gateway).await.is_empty());
    gateway.query(&by_id).await.expect(404);
    gateway.advance(1);
    let listed = found(&gateway).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["paymentId"], payment["paymentId"]);
    assert_eq!(listed[0]["value"], json!({ "amount": 2500, "currency": "GBP" }));
    assert_eq!(path_of(listed[0]["_links"]["self"]["href"].as_str().unwrap()), by_id);
    assert_eq!(gateway.query(&by_id).await.expect(200).json()["lastEvent"], "authorizationSucceeded");
}

#[tokio::test]
async fn both_payments_of_a_reference_are_found() {
    let gateway = Gateway::new().await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.pay("ord_1", "REFUSED").await.expect(201);
    gateway.advance(60);
    assert_eq!(found(&gateway).await.len(), 2);
}

#[tokio::test]
async fn the_history_lists_each_command_and_links_work() {
    let gateway = Gateway::new().await;
    let authorised = gateway.authorised("ord_1", "Ada Lovelace").await;
    gateway.advance(60);
    let by_id = format!("/paymentQueries/payments/{}", authorised["paymentId"].as_str().unwrap());
    let webhook_types = gateway.query(&by_id).await.expect(200).json();
    assert_eq!(names(&webhook_types), ["authorizationRequested", "authorizationSucceeded"]);
    let part = json!({ "reference": "cap-1", "value": { "currency": "GBP", "amount": 900 } });
    gateway.follow(&webhook_types, "partiallySettlePayment", Some(part)).await.expect(202);
    assert_eq!(names(&gateway.query(&by_id).await.json()).len(), 2, "the settlement is not indexed yet");
    gateway.advance(60);
    let webhook_types = gateway.query(&by_id).await.expect(200).json();
    assert_eq!(webhook_types["lastEvent"], "settlementRequestSubmitted");
    let submitted = &webhook_types["events"][3];
    assert_eq!((&submitted["reference"], &submitted["value"]["amount"]), (&json!("cap-1"), &json!(900)));
    assert_eq!(submitted["commandId"], webhook_types["events"][2]["commandId"]);
    assert_ne!(submitted["commandId"], webhook_types["events"][1]["commandId"]);
    gateway.follow(&webhook_types, "reversePayment", None).await.expect(202);
    gateway.advance(60);
    assert_eq!(gateway.query(&by_id).await.expect(200).json()["lastEvent"], "reversalRequestSubmitted");
}

#[tokio::test]
async fn refusals_sales_and_failed_refunds_have_their_own_names() {
    let gateway = Gateway::new().await;
    let refused = gateway.pay("ord_1", "REFUSED").await.expect(201).json();
    let mut sale = crate::gateway::order("ord_2", "BOUNCE");
    sale["instruction"]["settlement"]["auto"] = json!(true);
    let sale = gateway.merchant.post("/api/payments", sale).await.expect(202).json();
    gateway.follow(&sale, "refundPayment", None).await.expect(202);
    gateway.advance(10);
    gateway.webhook_types().await;
    gateway.advance(60);
    let query = async |payment: &Value| {
        let id = payment["paymentId"].as_str().unwrap();
        gateway.query(&format!("/paymentQueries/payments/{id}")).await.expect(200).json()
    };
    assert_eq!(query(&refused).await["lastEvent"], "authorizationRefused");
    let events = query(&sale).await;
    assert_eq!(
        names(&events),
        ["saleRequested", "saleSucceeded", "refundRequested", "refundRequestSubmitted", "refundFailed"]
    );
}

#[tokio::test]
async fn payments_without_a_bank_request_are_not_found() {
    let gateway = Gateway::new().await;
    gateway.pay("ord_1", "FRAUD").await.expect(201);
    let challenged = crate::gateway::three_ds_order("ord_1", "CHALLENGE");
    gateway.merchant.post("/api/payments", challenged).await.expect(201);
    gateway.advance(3600);
    assert!(found(&gateway).await.is_empty());
}

#[tokio::test]
async fn queries_need_their_media_type_and_a_reference() {
    let gateway = Gateway::new().await;
    let missing = gateway.anybody().get(OF_ORDER).await.expect(406).json();
    assert_eq!((&missing["errorName"], &missing["headerName"]), (&json!("headerIsMissing"), &json!("Accept")));
    gateway.anybody().with_header("accept", "application/json").get(OF_ORDER).await.expect(406);
    gateway.query("/paymentQueries/payments").await.expect(400);
    gateway.query("/paymentQueries/payments/payNone").await.expect(404);
}
