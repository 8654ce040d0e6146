//! Tests of faults that are injected through the control API.

use crate::gateway::{Gateway, begun, order, within_a_while};
use axum::http::StatusCode;
use chassis::SystemContext;
use chassis::http::{Listener, serve};
use chassis::tasks::Tasks;
use chassis::transport::{in_process, remote};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

async fn set(gateway: &Gateway, faults: Value) {
    gateway.anybody().put("/sandbox/faults", faults).await.expect(200);
}

#[tokio::test]
async fn faults_are_returned_replaced_and_validated() {
    let gateway = Gateway::new().await;
    let none = gateway.anybody().get("/sandbox/faults").await.expect(200).json();
    assert_eq!((&none["lost_percent"], &none["latency_ms"]["to"]), (&json!(0), &json!(0)));
    set(&gateway, json!({ "lost_percent": 10, "webhooks": { "late_percent": 5, "latest_seconds": 30 } })).await;
    let some = gateway.anybody().get("/sandbox/faults").await.expect(200).json();
    assert_eq!((&some["lost_percent"], &some["webhooks"]["latest_seconds"]), (&json!(10), &json!(30)));
    for wrong in [
        json!({ "lost_percent": 101 }),
        json!({ "latency_ms": { "from": 2, "to": 1 } }),
        json!({ "latency_ms": { "to": 60_001 } }),
        json!({ "webhooks": { "late_percent": 101 } }),
        json!({ "losses": 1 }),
    ] {
        gateway.anybody().put("/sandbox/faults", wrong).await.expect(422);
    }
    assert_eq!(gateway.anybody().get("/sandbox/faults").await.json(), some);
}

#[tokio::test]
async fn an_unavailable_gateway_returns_503_but_its_control_api_works() {
    let gateway = Gateway::new().await;
    set(&gateway, json!({ "unavailable_percent": 100 })).await;
    gateway.pay("ord_1", "Ada Lovelace").await.expect(503);
    assert!(gateway.ledger_payments().await.is_empty());
    set(&gateway, json!({})).await;
    gateway.authorised("ord_1", "Ada Lovelace").await;
}

#[tokio::test]
async fn a_lost_response_keeps_its_effect() {
    let gateway = Gateway::new().await;
    assert_eq!(gateway.try_post("/api/payments", &order("ord_1", "LOST")).await, None);
    let mut dear = order("ord_2", "Ada Lovelace");
    dear["instruction"]["value"]["amount"] = json!(66_699);
    assert_eq!(gateway.try_post("/api/payments", &dear).await, None);
    set(&gateway, json!({ "lost_percent": 100 })).await;
    assert_eq!(gateway.try_post("/api/payments", &order("ord_3", "Ada Lovelace")).await, None);
    let capturable: Vec<i64> = gateway.ledger_payments().await.iter().map(sandbox::LedgerPayment::capturable).collect();
    assert_eq!(capturable, [2500, 66_699, 2500]);
}

#[tokio::test]
async fn random_faults_are_repeatable_with_a_seed() {
    let run = async |seed| {
        let gateway = Gateway::seeded(seed).await;
        set(&gateway, json!({ "unavailable_percent": 30, "lost_percent": 30 })).await;
        let mut came = Vec::new();
        for number in 0..30 {
            came.push(gateway.try_post("/api/payments", &order(&format!("ord_{number:02}"), "Ada Lovelace")).await);
        }
        let effects = gateway.ledger_payments().await.len();
        // Requests with status 201 took effect. Those with a lost response did as well, hence the inequality.
        assert!(effects >= came.iter().filter(|one| **one == Some(201)).count());
        came
    };
    let came = run(7).await;
    for kind in [None, Some(201), Some(503)] {
        assert!(came.contains(&kind), "{came:?}");
    }
    assert_eq!(came, run(7).await);
    assert_ne!(came, run(8).await);
}

#[tokio::test]
async fn latency_delays_each_request_by_the_test_clock() {
    let gateway = Gateway::new().await;
    set(&gateway, json!({ "latency_ms": { "from": 2000, "to": 3000 } })).await;
    let held_up = begun(gateway.pay("ord_1", "Ada Lovelace"));
    set(&gateway, json!({})).await;
    gateway.authorised("ord_2", "Ada Lovelace").await;
    assert_eq!(gateway.ledger_payments().await.len(), 1, "the other one, asked for later, came first");
    gateway.advance(3);
    held_up.await.expect(201);
}

#[tokio::test]
async fn a_response_is_lost_in_process_and_over_a_socket_alike() {
    let gateway = Gateway::new().await;
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), "--port").await.unwrap();
    let address = listener.address();
    let (tasks, router) = (Tasks::new(), gateway.router());
    let server = tasks.run(serve(listener, router.clone(), tasks.stop_signal()));
    let ways =
        [in_process(router, tasks.clone()), remote(&format!("http://{address}"), SystemContext::host()).unwrap()];
    for (way, number) in ways.into_iter().zip(1..) {
        let request = |name: &str| {
            axum::http::Request::post("/api/payments")
                .header("wp-api-version", "2024-06-01")
                .header("content-type", "application/json")
                .body(axum::body::Body::from(order(&format!("ord_{number}"), name).to_string()))
                .unwrap()
        };
        let answered = way.clone().oneshot(request("Ada Lovelace")).await.unwrap();
        assert_eq!(answered.status(), StatusCode::CREATED);
        answered.into_body().collect().await.unwrap();
        match way.oneshot(request("LOST")).await {
            Err(_) => {}
            Ok(answer) => assert!(answer.into_body().collect().await.is_err(), "the answer was whole"),
        }
    }
    assert_eq!(gateway.ledger_payments().await.len(), 4);
    tasks.stop_signal().cancel();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_completes_when_the_client_disconnects() {
    let gateway = Gateway::new().await;
    drop(begun(gateway.pay("ord_1", "SLOW")));
    gateway.authorised("ord_2", "Ada Lovelace").await;
    gateway.advance(3);
    within_a_while(async || gateway.ledger_payments().await.len() == 2).await;
}
