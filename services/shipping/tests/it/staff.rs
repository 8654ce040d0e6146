//! What staff set, and who may.

use crate::shop::{BERLIN, NEW_YORK, Shop};
use chassis::auth::Role;
use serde_json::json;

const WAREHOUSE: &str = "/api/v1/shipping/warehouse";
const ZONES: &str = "/api/v1/shipping/zones";

#[tokio::test]
async fn parcels_start_from_the_largest_town_of_the_shops_country_until_staff_say_otherwise() {
    let shop = Shop::open().await;
    let merchant = shop.merchant();
    assert_eq!(merchant.get(WAREHOUSE).await.expect(200).json(), json!({ "place_id": BERLIN }));
    let elsewhere = json!({ "place_id": NEW_YORK });
    assert_eq!(merchant.put(WAREHOUSE, &elsewhere).await.expect(200).json(), elsewhere);
    assert_eq!(merchant.get(WAREHOUSE).await.expect(200).json(), elsewhere);
    assert_eq!(merchant.put(WAREHOUSE, json!({ "place_id": 1 })).await.problem(404), "unknown-place");
    assert_eq!(merchant.get(WAREHOUSE).await.expect(200).json(), elsewhere);
}

#[tokio::test]
async fn a_change_of_prices_names_the_version_it_was_made_from() {
    let shop = Shop::open().await;
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
async fn prices_that_make_no_sense_are_refused_with_every_fault() {
    let shop = Shop::open().await;
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
async fn only_merchants_and_admins_see_and_set_them() {
    let shop = Shop::open().await;
    for path in [WAREHOUSE, ZONES] {
        for role in [Role::Customer, Role::Support] {
            let caller = shop.env.staff(&shop.router, role);
            assert_eq!(caller.get(path).await.problem(403), "forbidden");
            assert_eq!(caller.put(path, json!({})).await.problem(403), "forbidden");
        }
        assert_eq!(shop.anybody().get(path).await.problem(401), "unauthenticated");
        assert_eq!(shop.env.guest(&shop.router).put(path, json!({})).await.problem(403), "forbidden");
        shop.env.staff(&shop.router, Role::Admin).get(path).await.expect(200);
    }
}

#[tokio::test]
async fn internal_operations_are_for_their_callers_alone() {
    let shop = Shop::open().await;
    let id = shop.env.system.id();
    let quote = format!("/internal/quotes/{id}");
    assert_eq!(shop.anybody().get(&quote).await.problem(401), "unauthenticated");
    assert_eq!(shop.merchant().get(&quote).await.problem(401), "unauthenticated");
    assert_eq!(shop.dispatch().get(&quote).await.problem(403), "forbidden");
    assert_eq!(shop.dispatch().post("/internal/quotes", json!({})).await.problem(403), "forbidden");
    for path in ["/internal/shipments", "/internal/shipments/cancel"] {
        assert_eq!(shop.cart().post(path, json!({})).await.problem(403), "forbidden");
        assert_eq!(shop.merchant().post(path, json!({})).await.problem(401), "unauthenticated");
    }
}
