//! The service through its API, with fakes of catalogue and shipping.

use crate::on_all_stores;
use crate::stores::Stores;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use contracts::catalogue::CatalogueClient;
use contracts::events::TOPOLOGY;
use contracts::shipping::ShippingClient;
use events::broker::EmbeddedBroker;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use testkit::{Answer, Caller, TestEnvironment};

/// The state of the fakes: price and stock by SKU, and the quotes made so far.
#[derive(Default)]
struct FakeState {
    variants: Mutex<Vec<(String, i64, Option<u32>)>>,
    quotes: Mutex<Vec<Value>>,
    missing_pages: Mutex<Vec<&'static str>>,
    /// A caller that adds one unit of B/2 during the next price request.
    concurrent_caller: Mutex<Option<Caller>>,
}

type Shared = Arc<FakeState>;

async fn pricing(State(state): State<Shared>, Json(request): Json<Value>) -> Json<Value> {
    let concurrent_caller = state.concurrent_caller.lock().unwrap().take();
    if let Some(concurrent_caller) = concurrent_caller {
        concurrent_caller.post("/api/v1/cart/lines", json!({ "sku": "B/2", "quantity": 1 })).await.expect(200);
    }
    let requested = request["skus"].as_array().cloned().unwrap_or_default();
    let variants: Vec<Value> = state
        .variants
        .lock()
        .unwrap()
        .iter()
        .filter(|(sku, ..)| requested.iter().any(|one| one == sku.as_str()))
        .map(|(sku, price, available)| {
            json!({
                "sku": sku, "product_id": "00000000-0000-7000-8000-000000000001", "handle": "thing",
                "title": if request["language"] == "de" { "Ding" } else { "Thing" },
                "option_values": [], "image": null, "price": { "amount": price, "currency": "EUR" },
                "compare_at_price": null, "tax_rate": 190_000, "weight_grams": 250, "available": available,
            })
        })
        .collect();
    let promotion = (request["code"] == "TENTH").then(|| {
        json!({
            "code": "TENTH", "benefit": { "kind": "percent", "rate": 100_000 }, "description": "a tenth off",
            "min_subtotal": null, "starts_at": null, "ends_at": null, "usage_limit": null, "used": 0, "active": true,
        })
    });
    Json(json!({
        "currency": "EUR", "prices_include_tax": true, "variants": variants, "shipping_rate": 190_000, "promotion": promotion,
        "missing_pages": *state.missing_pages.lock().unwrap(),
    }))
}

async fn quote(State(state): State<Shared>, Json(request): Json<Value>) -> Json<Value> {
    let mut quotes = state.quotes.lock().unwrap();
    let id = format!("00000000-0000-7000-8000-{:012}", quotes.len() + 1);
    let quote = json!({
        "quote_id": id, "expires_at": "2026-11-22T09:30:00Z", "destination": request["destination"],
        "place": { "id": request["place_id"].as_i64().unwrap_or(1), "name": "Town", "region": "", "country": "DE" },
        "options": [
            { "option": "express", "label": "Express", "price": { "amount": 900, "currency": "EUR" },
              "estimated_days": { "min": 1, "max": 1 } },
            { "option": "standard", "label": "Standard", "price": { "amount": 400, "currency": "EUR" },
              "estimated_days": { "min": 1, "max": 2 } },
        ],
    });
    quotes.push(json!({ "quote": quote, "cart_id": request["cart_id"], "lines_digest": request["lines_digest"] }));
    Json(quote)
}

async fn find_quote(State(state): State<Shared>, Path(id): Path<String>) -> Json<Value> {
    let quotes = state.quotes.lock().unwrap();
    Json(quotes.iter().find(|bound| bound["quote"]["quote_id"] == id).cloned().unwrap_or_default())
}

struct Setup<'s> {
    env: &'s TestEnvironment,
    state: Shared,
    router: Router,
    _folder: TempDir,
}

async fn setup(stores: &Stores) -> Setup<'_> {
    let (env, state, folder) = (&stores.env, Shared::default(), tempfile::tempdir().unwrap());
    state.variants.lock().unwrap().extend([("A".to_owned(), 1_000, Some(5)), ("B/2".to_owned(), 250, None)]);
    let fake = Router::new()
        .route("/internal/pricing", post(pricing))
        .route("/internal/quotes", post(quote))
        .route("/internal/quotes/{id}", get(find_quote))
        .with_state(Arc::clone(&state));
    let fake: Transport = in_process(fake, Tasks::new());
    let broker = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
    let service_context = env.service_context("cart");
    let dependencies = cart::Dependencies {
        inbox: Arc::clone(&stores.inbox),
        store: Arc::clone(&stores.carts),
        broker: Arc::new(broker),
        catalogue: CatalogueClient(service_context.client("catalogue", fake.clone())),
        shipping: ShippingClient(service_context.client("shipping", fake)),
    };
    let router = cart::start(service_context, dependencies).unwrap().router;
    Setup { env, state, router, _folder: folder }
}

async fn a_visitor_without_a_session_sees_an_empty_cart(stores: &Stores) {
    let setup = setup(stores).await;
    let cart = setup.env.anonymous(&setup.router).get("/api/v1/cart").await.expect(200).json();
    assert_eq!((&cart["id"], &cart["item_count"]), (&Value::Null, &json!(0)));
}

async fn lines_have_the_titles_of_the_requested_language(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    let addition = json!({ "sku": "A", "quantity": 1 });
    let added = guest.post("/api/v1/cart/lines?language=de", &addition).await.expect(200).json();
    assert_eq!(added["lines"][0]["title"], "Ding");
    for (query, title) in [("", "Thing"), ("?language=de", "Ding"), ("?language=fr", "Thing")] {
        let cart = guest.get(&format!("/api/v1/cart{query}")).await.expect(200).json();
        assert_eq!(cart["lines"][0]["title"], title, "{query}");
    }
    guest.get("/api/v1/cart?language=xx").await.expect(422);
}

async fn a_quantity_above_the_stock_is_rejected(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 4 })).await.expect(200);
    let refused = guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 2 })).await.expect(409).json();
    assert_eq!(refused["available"], 5);
    assert_eq!(guest.get("/api/v1/cart").await.json()["item_count"], 4);
}

async fn a_sku_with_a_slash_is_set_and_removed_by_its_encoded_path(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    let cart = guest.put("/api/v1/cart/lines/B%2F2", json!({ "quantity": 3 })).await.expect(200).json();
    assert_eq!(cart["totals"]["total"]["amount"], 750);
    let cart = guest.delete("/api/v1/cart/lines/B%2F2").await.expect(200).json();
    assert_eq!(cart["lines"], json!([]));
}

async fn a_changed_price_is_listed_in_changes(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    setup.state.variants.lock().unwrap()[0].1 = 1_200;
    let cart = guest.get("/api/v1/cart").await.json();
    assert_eq!(cart["totals"]["total"]["amount"], 1_200);
    assert_eq!(cart["changes"][0]["kind"], "price_changed");
}

async fn shipping_is_valid_for_the_quoted_lines_until_the_quote_expires(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    assert_eq!(guest.post("/api/v1/cart/quotes", json!({ "place_id": 1 })).await.problem(409), "cart-empty");
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    let quote = guest.post("/api/v1/cart/quotes", json!({ "place_id": 1 })).await.expect(200).json();
    let choice = json!({ "quote_id": quote["quote_id"], "option": "standard" });
    let cart = guest.put("/api/v1/cart/shipping", &choice).await.expect(200).json();
    assert_eq!(cart["totals"]["total"]["amount"], 1_400);
    let cart = guest.delete("/api/v1/cart/shipping").await.expect(200).json();
    assert_eq!((&cart["shipping"], &cart["totals"]["total"]["amount"]), (&Value::Null, &json!(1_000)));
    guest.put("/api/v1/cart/shipping", &choice).await.expect(200);
    let cart = guest.put("/api/v1/cart/lines/A", json!({ "quantity": 2 })).await.expect(200).json();
    assert_eq!((&cart["shipping"], &cart["changes"][0]["kind"]), (&Value::Null, &json!("shipping_dropped")));
    assert_eq!(guest.put("/api/v1/cart/shipping", &choice).await.problem(409), "quote-stale");
    guest.put("/api/v1/cart/lines/A", json!({ "quantity": 1 })).await.expect(200);
    setup.env.advance(SignedDuration::from_mins(31));
    assert_eq!(guest.get("/api/v1/cart").await.json()["shipping"], Value::Null);
}

async fn another_sessions_quote_is_stale_for_this_cart(stores: &Stores) {
    let setup = setup(stores).await;
    let (one, other) = (setup.env.guest(&setup.router), setup.env.guest(&setup.router));
    for guest in [&one, &other] {
        guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    }
    let quote = one.post("/api/v1/cart/quotes", json!({ "place_id": 1 })).await.expect(200).json();
    let choice = json!({ "quote_id": quote["quote_id"], "option": "standard" });
    assert_eq!(other.put("/api/v1/cart/shipping", choice).await.problem(409), "quote-stale");
}

async fn codes_ignore_case_and_unknown_codes_are_rejected(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    assert_eq!(guest.put("/api/v1/cart/promotion", json!({ "code": "nothing" })).await.problem(404), "unknown-code");
    let cart = guest.put("/api/v1/cart/promotion", json!({ "code": "tenth" })).await.expect(200).json();
    assert_eq!(cart["totals"]["discount"]["amount"], 100);
    let cart = guest.delete("/api/v1/cart/promotion").await.expect(200).json();
    assert_eq!((&cart["promotion"], &cart["totals"]["discount"]["amount"]), (&Value::Null, &json!(0)));
}

async fn only_payment_gets_a_snapshot_with_the_totals_of_the_view(stores: &Stores) {
    let setup = setup(stores).await;
    let owner = setup.env.system.id();
    let guest = Caller::new(setup.router.clone()).with_bearer(setup.env.guest_token(owner));
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    let request = json!({ "owner": format!("guest:{owner}"), "country": "DE" });
    assert_eq!(guest.post("/internal/carts/snapshot", &request).await.problem(401), "unauthenticated");
    let payment = setup.env.service(&setup.router, "payment", "cart");
    assert_eq!(payment.post("/internal/carts/snapshot", &request).await.problem(409), "quote-stale");
    let quote = guest.post("/api/v1/cart/quotes", json!({ "place_id": 1 })).await.expect(200).json();
    let choice = json!({ "quote_id": quote["quote_id"], "option": "standard" });
    let cart = guest.put("/api/v1/cart/shipping", choice).await.expect(200).json();
    let snapshot = payment.post("/internal/carts/snapshot", &request).await.expect(200).json();
    assert_eq!(snapshot["totals"], cart["totals"]);
    let choice = json!({ "quote_id": quote["quote_id"], "option": "express" });
    let cart = guest.put("/api/v1/cart/shipping", choice).await.expect(200).json();
    let amounts = (&cart["shipping"]["total"]["amount"], &cart["shipping"]["standard_total"]["amount"]);
    assert_eq!(amounts, (&json!(900), &json!(400)), "a withdrawal refunds the least expensive delivery");
    let german = json!({ "owner": format!("guest:{owner}"), "country": "DE", "language": "de" });
    let snapshot = payment.post("/internal/carts/snapshot", german).await.expect(200).json();
    assert_eq!(snapshot["lines"][0]["title"], "Ding");
    let other_country = json!({ "owner": format!("guest:{owner}"), "country": "FR" });
    assert_eq!(payment.post("/internal/carts/snapshot", other_country).await.problem(409), "quote-stale");
    setup.state.variants.lock().unwrap()[0].2 = Some(0);
    assert_eq!(payment.post("/internal/carts/snapshot", &request).await.problem(409), "out-of-stock");
    setup.state.missing_pages.lock().unwrap().push("imprint");
    let refused = payment.post("/internal/carts/snapshot", &request).await.expect(409).json();
    assert_eq!(refused["missing_pages"], json!(["imprint"]), "{refused}");
    assert!(refused["type"].as_str().unwrap().ends_with("shop-not-open"), "{refused}");
}

async fn a_quote_is_valid_for_its_address_only(stores: &Stores) {
    let setup = setup(stores).await;
    let owner = setup.env.system.id();
    let guest = Caller::new(setup.router.clone()).with_bearer(setup.env.guest_token(owner));
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    let payment = setup.env.service(&setup.router, "payment", "cart");
    let choose = async |request: Value| {
        let quote = guest.post("/api/v1/cart/quotes", request).await.expect(200).json();
        let choice = json!({ "quote_id": quote["quote_id"], "option": "standard" });
        guest.put("/api/v1/cart/shipping", choice).await.expect(200).json()
    };
    let snapshot = async |destination: Value| {
        let request =
            json!({ "owner": format!("guest:{owner}"), "country": destination["country"], "destination": destination });
        payment.post("/internal/carts/snapshot", request).await
    };
    let pointers = |answer: Answer| {
        let pointers = answer.json()["errors"].as_array().unwrap().clone().into_iter();
        let pointers: Vec<String> = pointers.map(|one| one["pointer"].as_str().unwrap().to_owned()).collect();
        assert_eq!(answer.problem(409), "quote-stale");
        pointers
    };
    let town = json!({ "country": "DE", "city": "Town", "postal_code": "10115" });
    let cart = choose(json!({ "address": { "country": "DE", "city": " Town", "postal_code": "D-10115" } })).await;
    assert_eq!(cart["shipping"]["destination"], town, "in the form in which checkout has it");
    snapshot(town.clone()).await.expect(200);
    for (field, value) in [("city", "Other"), ("postal_code", "10117"), ("region", "Berlin"), ("country", "AT")] {
        let mut other = town.clone();
        other[field] = json!(value);
        assert_eq!(pointers(snapshot(other).await), [format!("/address/{field}")]);
    }
    // A quote to a place is for addresses in the place of this name.
    choose(json!({ "place_id": 1 })).await;
    snapshot(town).await.expect(200);
    let other = json!({ "country": "DE", "city": "Other", "postal_code": "10115" });
    assert_eq!(pointers(snapshot(other).await), ["/address/city"]);
}

async fn an_invalid_address_is_not_quoted(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    for (request, pointer) in [
        (json!({}), "/address"),
        (json!({ "address": { "country": "DE", "city": "Town" } }), "/address/postal_code"),
        (json!({ "address": { "country": "UK", "city": "Town", "postal_code": "1" } }), "/address/country"),
        (json!({ "address": { "country": "US", "city": "Town", "postal_code": "95014" } }), "/address/region"),
    ] {
        let answer = guest.post("/api/v1/cart/quotes", request).await.expect(422).json();
        assert_eq!(answer["errors"][0]["pointer"], pointer);
    }
}

async fn lines_added_during_login_are_merged(stores: &Stores) {
    let setup = setup(stores).await;
    let token = setup.env.guest_token(setup.env.system.id());
    let guest = Caller::new(setup.router.clone()).with_bearer(&token);
    guest.post("/api/v1/cart/lines", json!({ "sku": "A", "quantity": 1 })).await.expect(200);
    let customer = setup.env.customer(&setup.router).with_header("cookie", format!("shop_guest={token}"));
    *setup.state.concurrent_caller.lock().unwrap() = Some(guest.clone());
    let cart = customer.post("/api/v1/cart/merge", json!({})).await.expect(200).json();
    assert_eq!((cart["lines"][0]["sku"].as_str(), cart["lines"][1]["sku"].as_str()), (Some("A"), Some("B/2")));
    assert_eq!((&cart["item_count"], &cart["version"]), (&json!(2), &json!(1)));
    assert_eq!(guest.get("/api/v1/cart").await.json()["id"], Value::Null);
}

async fn invalid_input_is_rejected(stores: &Stores) {
    let setup = setup(stores).await;
    let guest = setup.env.guest(&setup.router);
    for body in [
        json!({ "sku": "A", "quantity": 0 }),
        json!({ "sku": "A", "quantity": -1 }),
        json!({ "sku": "A", "quantity": 10_000 }),
        json!({ "sku": "A", "quantity": 1e30 }),
        json!({ "sku": "", "quantity": 1 }),
        json!({ "sku": "x".repeat(256), "quantity": 1 }),
        json!({ "sku": "A", "quantity": 1, "price": 1 }),
    ] {
        guest.post("/api/v1/cart/lines", body).await.expect(422);
    }
    assert_eq!(
        guest.post("/api/v1/cart/lines", json!({ "sku": "Z", "quantity": 1 })).await.problem(404),
        "unknown-sku"
    );
    assert_eq!(guest.get("/api/v1/cart").await.json()["item_count"], 0);
}

on_all_stores!(
    lines_have_the_titles_of_the_requested_language,
    a_visitor_without_a_session_sees_an_empty_cart,
    a_quantity_above_the_stock_is_rejected,
    a_sku_with_a_slash_is_set_and_removed_by_its_encoded_path,
    a_changed_price_is_listed_in_changes,
    shipping_is_valid_for_the_quoted_lines_until_the_quote_expires,
    another_sessions_quote_is_stale_for_this_cart,
    codes_ignore_case_and_unknown_codes_are_rejected,
    only_payment_gets_a_snapshot_with_the_totals_of_the_view,
    a_quote_is_valid_for_its_address_only,
    an_invalid_address_is_not_quoted,
    lines_added_during_login_are_merged,
    invalid_input_is_rejected,
);
