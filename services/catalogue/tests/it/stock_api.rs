//! Stock through the HTTP API.

use crate::conformance;
use crate::service::{Fixture, draft, fixture};
use crate::store_backend::StoreBackend;
use chassis::auth::Role;
use chassis::health::Status;
use contracts::catalogue::{ReservationResponse, ReservationState};
use contracts::events::StockLow;
use events::Broker;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{Answer, Caller, TestEnvironment};

/// Creates a shop with ten mugs.
async fn shop(backend: StoreBackend) -> (Fixture, Caller) {
    let fixture = fixture(backend).await;
    fixture.write("mug", draft("Mug", "MUG", 2_400, 10)).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    (fixture, merchant)
}

async fn adjust(merchant: &Caller, key: &str, body: &Value) -> Answer {
    merchant.clone().with_header("idempotency-key", key).post("/api/v1/stock/MUG/adjustments", body).await
}

/// Reserves this many mugs for a new order.
async fn hold(fixture: &Fixture, quantity: u32) -> Value {
    let order = json!({ "order_id": fixture.env.system.id(), "attempt": 1 });
    let requested = json!({
        "order_id": order["order_id"], "attempt": 1, "lines": [{ "sku": "MUG", "quantity": quantity }], "code": null,
        "expected_by": fixture.env.system.now(),
    });
    let payment = fixture.env.service(&fixture.router, "payment", "catalogue");
    payment.post("/internal/reservations", requested).await.expect(200);
    order
}

async fn an_adjustment_of_reserved_units_explains_force(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    let order = hold(&fixture, 8).await;
    let lost = json!({ "change": -5, "kind": "lost", "note": "fell off the van" });
    let refused = adjust(&merchant, "k", &lost).await;
    assert_eq!(refused.clone().problem(409), "conflict");
    let published = refused.json();
    assert_eq!((&published["reserved"], &published["on_hand"]), (&json!(8), &json!(10)));
    let detail = published["detail"].as_str().unwrap();
    assert!(detail.contains("8 units reserved") && detail.contains("\"force\": true"), "{detail}");

    let forced = json!({ "change": -5, "kind": "lost", "note": "fell off the van", "force": true });
    let record = adjust(&merchant, "k", &forced).await.expect(200).json();
    assert_eq!((&record["on_hand"], &record["shortfall"], &record["available"]), (&json!(5), &json!(3), &json!(-3)));
    let line = &record["history"][0];
    assert_eq!((&line["kind"], &line["forced"], &line["on_hand"]), (&json!("lost"), &json!(true), &json!(5)));
    let dispatch = fixture.env.service(&fixture.router, "dispatch", "catalogue");
    assert_eq!(dispatch.post("/internal/reservations/commit", order).await.problem(409), "stock-missing");
    let nothing = json!({ "change": -6, "note": "more than there is", "force": true });
    let detail = adjust(&merchant, "k2", &nothing).await.expect(409).json()["detail"].clone();
    assert_eq!(detail, "Only 5 units are on hand.");
}

async fn a_repeated_adjustment_gets_the_same_response_byte_for_byte(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    let delivery = json!({ "change": 4, "kind": "received", "note": "delivery" });
    let first = adjust(&merchant, "k", &delivery).await.expect(200);
    hold(&fixture, 1).await;
    let again = adjust(&merchant, "k", &delivery).await.expect(200);
    assert_eq!((&again.bytes, again.status), (&first.bytes, first.status));
    assert_eq!(again.headers["content-type"], first.headers["content-type"]);
    assert_eq!(merchant.get("/api/v1/stock/MUG").await.json()["on_hand"], 14);
    let other = json!({ "change": 5, "kind": "received", "note": "delivery" });
    assert_eq!(adjust(&merchant, "k", &other).await.problem(422), "idempotency-key-reused");
    let keyed = merchant.clone().with_header("idempotency-key", "k");
    let elsewhere = keyed.post("/api/v1/stock/OTHER/adjustments", &delivery).await;
    assert_eq!(elsewhere.problem(422), "idempotency-key-reused", "the SKU is part of the request");
    let colleague = fixture.env.staff(&fixture.router, Role::Merchant);
    assert_eq!(
        adjust(&colleague, "k", &delivery).await.expect(200).json()["on_hand"],
        18,
        "keys are scoped to the account"
    );
}

async fn an_adjustment_without_a_key_or_with_invalid_fields_is_rejected(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    let path = "/api/v1/stock/MUG/adjustments";
    let valid = json!({ "change": 1, "note": "counted" });
    let refused = merchant.post(path, &valid).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "Idempotency-Key");
    for (body, pointer) in [
        (json!({ "change": 10_000_001, "note": "counted" }), "/change"),
        (json!({ "change": 1, "note": "counted", "kind": "eaten" }), "/kind"),
        (json!({ "change": 1, "note": " " }), "/note"),
    ] {
        let refused = adjust(&merchant, "k", &body).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
    }
    let keyed = merchant.with_header("idempotency-key", "k");
    assert_eq!(keyed.post("/api/v1/stock/OTHER/adjustments", &valid).await.problem(404), "unknown-sku");
    let support = fixture.env.staff(&fixture.router, Role::Support).with_header("idempotency-key", "k");
    support.post(path, &valid).await.expect(403);
    assert_eq!(keyed.post(path, &valid).await.expect(200).json()["history"][0]["kind"], "other");
}

async fn a_threshold_is_set_and_removed(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    let path = "/api/v1/stock/MUG/threshold";
    let before = merchant.get("/api/v1/stock/MUG").await.expect(200).json();
    assert_eq!((&before["low_at"], &before["threshold"], &before["low"]), (&json!(null), &json!(5), &json!(false)));
    let set = merchant.put(path, json!({ "low_at": 10 })).await.expect(200).json();
    assert_eq!((&set["low_at"], &set["threshold"], &set["low"]), (&json!(10), &json!(10), &json!(true)));
    let taken = merchant.put(path, json!({ "low_at": null })).await.expect(200).json();
    assert_eq!((&taken["low_at"], &taken["threshold"]), (&json!(null), &json!(5)));
    for wrong in [json!({ "low_at": -1 }), json!({ "low_at": 10_000_001 }), json!({}), json!({ "low_at": "5" })] {
        merchant.put(path, wrong).await.expect(422);
    }
    merchant.put("/api/v1/stock/OTHER/threshold", json!({ "low_at": 1 })).await.expect(404);
    fixture.env.staff(&fixture.router, Role::Support).put(path, json!({ "low_at": 1 })).await.expect(403);
}

/// Returns all items of a paged list.
async fn items(caller: &Caller, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = caller.get(&format!("{path}limit=2{cursor}")).await.expect(200).json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else { return items };
        cursor = format!("&cursor={next}");
    }
}

async fn the_history_is_paged_and_sums_to_the_level(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    for n in 1..=4 {
        let change = json!({ "change": n, "kind": "counted", "note": format!("count {n}") });
        adjust(&merchant, &format!("k{n}"), &change).await.expect(200);
    }
    let support = fixture.env.staff(&fixture.router, Role::Support);
    let lines = items(&support, "/api/v1/stock/MUG/history?").await;
    let numbers = |field: &str| lines.iter().map(|line| line[field].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers("number"), [5, 4, 3, 2, 1]);
    assert_eq!(numbers("change"), [4, 3, 2, 1, 10]);
    assert_eq!(numbers("on_hand"), [20, 16, 13, 11, 10]);
    assert!(lines[0]["author"].as_str().unwrap().starts_with("account:"));
    support.get("/api/v1/stock/OTHER/history").await.expect(404);
    support.get("/api/v1/stock/MUG/history?limit=101").await.expect(422);
    support.get("/api/v1/stock/MUG/history?cursor=nonsense").await.expect(422);
    fixture.env.customer(&fixture.router).get("/api/v1/stock/MUG/history").await.expect(403);
}

async fn stock_is_listed_with_a_filter(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    for (name, stock) in [("a", 3), ("b", 5), ("c", 6), ("d", 0)] {
        let sku = name.to_uppercase();
        fixture.write(name, draft(name, &sku, 100, stock)).await;
    }
    hold(&fixture, 8).await;
    let forced = json!({ "change": -3, "note": "lost", "force": true });
    adjust(&merchant, "k", &forced).await.expect(200);
    let support = fixture.env.staff(&fixture.router, Role::Support);
    let skus = async |path: &str| {
        let found = items(&support, path).await;
        found.iter().map(|level| level["sku"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(skus("/api/v1/stock?").await, ["A", "B", "C", "D", "MUG"]);
    assert_eq!(skus("/api/v1/stock?low=true&").await, ["A", "B", "D", "MUG"]);
    assert_eq!(skus("/api/v1/stock?shortfall=true&").await, ["MUG"]);
    support.get("/api/v1/stock?low=true&shortfall=true").await.expect(422);
    support.get("/api/v1/stock?cursor=nonsense").await.expect(422);
    fixture.env.customer(&fixture.router).get("/api/v1/stock").await.expect(403);
}

async fn stock_is_found_by_the_beginning_of_a_sku_in_any_case(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    fixture.write("mug-blue", draft("Blue mug", "MUG-BLUE", 2_400, 10)).await;
    fixture.write("tea", draft("Tea", "tea-mug", 400, 10)).await;
    let found = async |query: &str| -> Vec<String> {
        let page = merchant.get(&format!("/api/v1/stock?{query}")).await.expect(200).json();
        page["items"].as_array().unwrap().iter().map(|level| level["sku"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("q=mug").await, ["MUG", "MUG-BLUE"]);
    assert_eq!(found("q=MUG-").await, ["MUG-BLUE"]);
    assert_eq!(found("q=TEA").await, ["tea-mug"]);
    assert_eq!(found("q=%20").await, ["MUG", "MUG-BLUE", "tea-mug"]);
    assert_eq!(found("q=mug&low=true").await, Vec::<String>::new());
    let long = "x".repeat(256);
    assert_eq!(merchant.get(&format!("/api/v1/stock?q={long}")).await.problem(422), "invalid-input");
}

async fn dispatch_restocks_returns(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    let dispatch = fixture.env.service(&fixture.router, "dispatch", "catalogue");
    let order = hold(&fixture, 3).await;
    let taken: ReservationResponse = dispatch.post("/internal/reservations/commit", order).await.expect(200).read();
    assert_eq!(taken.state, ReservationState::Committed);
    let back = json!({ "step_key": "restock:1", "lines": [{ "sku": "MUG", "quantity": 2 }] });
    for _ in 0..2 {
        dispatch.post("/internal/restock", &back).await.expect(204);
    }
    let record = merchant.get("/api/v1/stock/MUG").await.expect(200).json();
    assert_eq!((&record["on_hand"], &record["history"][0]["reason"]), (&json!(9), &json!("returned")));
    let unknown = json!({ "step_key": "restock:2", "lines": [{ "sku": "OTHER", "quantity": 2 }] });
    dispatch.post("/internal/restock", unknown).await.expect(404);
    let payment = fixture.env.service(&fixture.router, "payment", "catalogue");
    payment.post("/internal/restock", &back).await.expect(403);
}

async fn stock_events_reach_their_consumers(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, _) = shop(backend).await;
    let mut dispatch = fixture.broker.subscribe("dispatch").await.unwrap();
    hold(&fixture, 6).await;
    let delivery = tokio::time::timeout(Duration::from_secs(20), dispatch.next()).await.unwrap().unwrap();
    let low: StockLow = delivery.event.data().unwrap().unwrap();
    assert_eq!((low.sku.as_str(), low.available, low.threshold), ("MUG", 4, 5));
    delivery.acknowledge().await.unwrap();
}

async fn catalogue_sells_while_the_broker_is_unavailable(backend: StoreBackend, _: &TestEnvironment) {
    let (fixture, merchant) = shop(backend).await;
    let published = async || {
        let report = fixture.health.report().await;
        let broker = report.dependencies.iter().find(|one| one.name == "broker").unwrap();
        assert!(!broker.critical);
        (report.status, broker.status)
    };
    assert_eq!(published().await, (Status::Ok, Status::Ok));
    fixture.broker.database().close().await;
    assert_eq!(published().await, (Status::Degraded, Status::Down));
    hold(&fixture, 6).await;
    assert_eq!(merchant.get("/api/v1/stock/MUG").await.expect(200).json()["reserved"], 6);
}

conformance!(
    an_adjustment_of_reserved_units_explains_force,
    a_repeated_adjustment_gets_the_same_response_byte_for_byte,
    an_adjustment_without_a_key_or_with_invalid_fields_is_rejected,
    a_threshold_is_set_and_removed,
    the_history_is_paged_and_sums_to_the_level,
    stock_is_listed_with_a_filter,
    stock_is_found_by_the_beginning_of_a_sku_in_any_case,
    dispatch_restocks_returns,
    stock_events_reach_their_consumers,
    catalogue_sells_while_the_broker_is_unavailable,
);
