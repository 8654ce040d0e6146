//! The prior price that a reduction is announced with, and the history of prices behind it.

use crate::service::{draft, fixture};
use crate::store_backend::StoreBackend;
use catalogue::product::Product;
use chassis::auth::Role;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};
use testkit::TestEnvironment;

/// A change of a product: the day, the price, the price before the reduction, and the status.
type Change = (i64, i64, Option<i64>, &'static str);

/// Returns the prior price after changes of a product that was for sale for 2000 from day 0.
fn prior_price(changes: &[Change]) -> Option<i64> {
    let env = TestEnvironment::default();
    let (mut day, mut product) = (0, version(&env, None, &(0, 2000, None, "active")));
    for change in changes {
        env.advance(SignedDuration::from_hours(24 * (change.0 - day)));
        day = change.0;
        product = version(&env, Some(&product), change);
    }
    assert!(product.variants[0].past_prices.len() <= 100);
    product.variants[0].prior_price()
}

fn version(env: &TestEnvironment, before: Option<&Product>, (_, price, compare_at, status): &Change) -> Product {
    let variant = json!({ "sku": "MUG", "price": price, "compare_at_price": compare_at });
    let draft = json!({ "title": "Mug", "status": status, "variants": [variant] });
    Product::from_draft("mug", serde_json::from_value(draft).unwrap(), before, &env.system).unwrap()
}

#[test]
fn the_prior_price_is_the_lowest_of_the_thirty_days_before_the_reduction() {
    let sale = |day, price, before| (day, price, Some(before), "active");
    let price = |day, price| (day, price, None, "active");
    assert_eq!(prior_price(&[sale(50, 1500, 2000)]), Some(2000));
    // Raised shortly before the reduction, and long before it.
    assert_eq!(prior_price(&[price(40, 2500), sale(50, 1500, 2500)]), Some(2000));
    assert_eq!(prior_price(&[price(10, 2500), sale(50, 1500, 2500)]), Some(2500));
    // Cheaper for a day within the period, and before it.
    assert_eq!(prior_price(&[price(30, 1800), price(31, 2000), sale(50, 1500, 2000)]), Some(1800));
    assert_eq!(prior_price(&[price(5, 1800), price(6, 2000), sale(50, 1500, 2000)]), Some(2000));
}

#[test]
fn a_reduction_that_is_none_shows_the_same_prior_price() {
    assert_eq!(prior_price(&[(50, 2000, Some(2500), "active")]), Some(2000));
}

#[test]
fn other_changes_do_not_begin_another_reduction() {
    let sale = |day, before| (day, 1500, Some(before), "active");
    assert_eq!(prior_price(&[sale(50, 2000), sale(55, 2000), sale(56, 2100)]), Some(2000));
}

#[test]
fn only_announced_reductions_have_a_prior_price() {
    assert_eq!(prior_price(&[(50, 1500, None, "active")]), None);
    let env = TestEnvironment::default();
    let new = version(&env, None, &(0, 1500, Some(2000), "active"));
    assert_eq!(new.variants[0].prior_price(), None, "never for sale before");
}

#[test]
fn prices_of_drafts_were_never_offered() {
    let changes = [(10, 2000, None, "draft"), (11, 100, None, "draft"), (12, 1500, Some(2000), "active")];
    assert_eq!(prior_price(&changes), Some(2000));
    assert_eq!(prior_price(&[(10, 2000, None, "archived"), (90, 1500, Some(2000), "active")]), Some(2000));
}

proptest! {
    #[test]
    fn many_changes_stay_bounded_and_keep_the_lowest_price(prices in prop::collection::vec(1i64..5000, 1..150)) {
        // All on one day, so that each is within the period.
        let changes = prices.iter().map(|price| (1, *price, None, "active")).chain([(1, 0, Some(9000), "active")]);
        let lowest = prices.iter().copied().min().map(|lowest| lowest.min(2000));
        prop_assert_eq!(prior_price(&changes.collect::<Vec<_>>()), lowest);
    }
}

#[tokio::test]
async fn customers_see_the_prior_price_and_staff_the_history() {
    let fixture = fixture(StoreBackend::sqlite()).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let put = async |price: i64, before: Option<i64>| {
        let mut draft = draft("Mug", "MUG", price, 5);
        draft["variants"][0].as_object_mut().unwrap().remove("stock");
        draft["variants"][0]["compare_at_price"] = json!(before);
        merchant.put("/api/v1/products/mug", draft).await.expect(200).json()
    };
    put(2000, None).await;
    let euros = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    assert_eq!(put(1500, Some(2500)).await["variants"][0]["prior_price"], euros(2000));
    let history = merchant.get("/api/v1/products/mug/prices").await.expect(200).json();
    let variant = &history["items"][0];
    assert_eq!((&variant["price"], &variant["prior_price"]), (&euros(1500), &euros(2000)));
    assert_eq!(variant["past"][0]["price"], euros(2000));
}

#[tokio::test]
async fn staff_list_drafts_and_archived_products() {
    let fixture = fixture(StoreBackend::sqlite()).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    for (handle, status) in [("a", "draft"), ("b", "active"), ("c", "archived"), ("d", "draft"), ("e", "draft")] {
        let mut draft = draft("Mug", &handle.to_uppercase(), 2000, 5);
        draft["status"] = json!(status);
        merchant.put(&format!("/api/v1/products/{handle}"), draft).await.expect(200);
        // Ids of the same millisecond have no order.
        fixture.env.advance(SignedDuration::from_millis(1));
    }
    let list = async |query: &str| {
        let page = merchant.get(&format!("/api/v1/unpublished-products?{query}")).await.expect(200).json();
        let handles = page["items"].as_array().unwrap().iter().map(|card| card["handle"].clone()).collect::<Value>();
        (handles, page["next_cursor"].as_str().map(ToOwned::to_owned))
    };
    let (handles, cursor) = list("status=draft&limit=2").await;
    assert_eq!(handles, json!(["e", "d"]), "the newest first");
    assert_eq!(list(&format!("status=draft&limit=2&cursor={}", cursor.unwrap())).await, (json!(["a"]), None));
    assert_eq!(list("status=archived").await, (json!(["c"]), None));
    merchant.get("/api/v1/unpublished-products?status=active").await.expect(422);
}
