//! The warehouse and the zones, and who may change them.

use crate::harness::{BERLIN, NEW_YORK, TestShop};
use chassis::auth::Role;
use serde_json::json;

const WAREHOUSE: &str = "/api/v1/shipping/warehouse";
const ZONES: &str = "/api/v1/shipping/zones";

#[tokio::test]
async fn the_warehouse_is_the_largest_town_until_staff_set_another() {
    let shop = TestShop::open().await;
    let merchant = shop.merchant();
    assert_eq!(merchant.get(WAREHOUSE).await.expect(200).json(), json!({ "place_id": BERLIN }));
    let elsewhere = json!({ "place_id": NEW_YORK });
    assert_eq!(merchant.put(WAREHOUSE, &elsewhere).await.expect(200).json(), elsewhere);
    assert_eq!(merchant.get(WAREHOUSE).await.expect(200).json(), elsewhere);
    assert_eq!(merchant.put(WAREHOUSE, json!({ "place_id": 1 })).await.problem(404), "unknown-place");
    assert_eq!(merchant.get(WAREHOUSE).await.expect(200).json(), elsewhere);
}

#[tokio::test]
async fn a_change_of_prices_needs_the_current_version() {
    let shop = TestShop::open().await;
    let merchant = shop.merchant();
    let mut zones = merchant.get(ZONES).await.expect(200).json();
    assert_eq!(zones["version"], 0);
    zones["zones"][0]["standard"]["base"] = json!(111);
    let changed = merchant.put(ZONES, &zones).await.expect(200).json();
    assert_eq!(changed["version"], 1);
    assert_eq!(merchant.get(ZONES).await.expect(200).json(), changed);
    assert_eq!(merchant.put(ZONES, &zones).await.problem(409), "stale-version");
    let mut ahead = changed.clone();
    ahead["version"] = json!(7);
    assert_eq!(merchant.put(ZONES, &ahead).await.problem(409), "stale-version");
    assert_eq!(merchant.put(ZONES, &changed).await.expect(200).json()["version"], 2);
}

#[tokio::test]
async fn invalid_prices_are_rejected_with_all_errors() {
    let shop = TestShop::open().await;
    let mut zones = shop.merchant().get(ZONES).await.expect(200).json();
    zones["zones"][0]["standard"]["base"] = json!(-1);
    zones["zones"][5]["up_to_km"] = json!(0);
    zones["excluded"] = json!(["ZZ"]);
    let refusal = shop.merchant().put(ZONES, &zones).await.expect(422).json();
    let pointers: Vec<_> = refusal["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    let expected = ["/zones/0/standard/base", "/zones/5/up_to_km", "/zones/5", "/zones/5", "/excluded"];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn only_merchants_and_admins_have_access() {
    let shop = TestShop::open().await;
    for path in [WAREHOUSE, ZONES] {
        for role in [Role::Customer, Role::Support] {
            let caller = shop.env.staff(&shop.router, role);
            assert_eq!(caller.get(path).await.problem(403), "forbidden");
            assert_eq!(caller.put(path, json!({})).await.problem(403), "forbidden");
        }
        assert_eq!(shop.anonymous().get(path).await.problem(401), "unauthenticated");
        assert_eq!(shop.env.guest(&shop.router).put(path, json!({})).await.problem(403), "forbidden");
        shop.env.staff(&shop.router, Role::Admin).get(path).await.expect(200);
    }
}

#[tokio::test]
async fn internal_operations_accept_only_their_callers() {
    let shop = TestShop::open().await;
    let id = shop.env.system.id();
    let quote = format!("/internal/quotes/{id}");
    assert_eq!(shop.anonymous().get(&quote).await.problem(401), "unauthenticated");
    assert_eq!(shop.merchant().get(&quote).await.problem(401), "unauthenticated");
    assert_eq!(shop.dispatch().get(&quote).await.problem(403), "forbidden");
    assert_eq!(shop.dispatch().post("/internal/quotes", json!({})).await.problem(403), "forbidden");
    for path in ["/internal/shipments", "/internal/shipments/cancel"] {
        assert_eq!(shop.cart().post(path, json!({})).await.problem(403), "forbidden");
        assert_eq!(shop.merchant().post(path, json!({})).await.problem(401), "unauthenticated");
    }
}
