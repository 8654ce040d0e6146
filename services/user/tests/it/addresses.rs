//! Address books through the HTTP API.

use crate::shop::{Shop, SignedIn, address, pointer};
use futures::future::join_all;
use serde_json::json;

const BOOK: &str = "/api/v1/me/addresses";

async fn saved(account: &SignedIn, city: &str) -> String {
    let answer = account.caller.post(BOOK, address(city)).await.expect(201);
    format!("{BOOK}/{}", answer.json()["id"].as_str().expect("an id"))
}

async fn cities(account: &SignedIn) -> Vec<String> {
    let book = account.caller.get(BOOK).await.expect(200).json();
    let items = book["items"].as_array().expect("items");
    items.iter().map(|item| item["city"].as_str().expect("a city").to_owned()).collect()
}

#[tokio::test]
async fn addresses_are_saved_replaced_and_deleted_newest_first() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    assert!(cities(&ada).await.is_empty());
    let london = saved(&ada, "London").await;
    let turin = saved(&ada, "Torino").await;
    assert_eq!(cities(&ada).await, ["Torino", "London"]);
    let answer = ada.caller.put(&london, address("Łódź")).await.expect(200);
    assert_eq!(format!("{BOOK}/{}", answer.json()["id"].as_str().expect("an id")), london);
    assert_eq!(cities(&ada).await, ["Torino", "Łódź"]);
    ada.caller.delete(&turin).await.expect(204);
    assert_eq!(ada.caller.delete(&turin).await.problem(404), "not-found");
    assert_eq!(ada.caller.put(&turin, address("Torino")).await.problem(404), "not-found");
    assert_eq!(cities(&ada).await, ["Łódź"]);
}

#[tokio::test]
async fn optional_fields_are_returned_unchanged() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let mut full = address("London");
    (full["line2"], full["region"], full["phone"]) =
        (json!("Flat 2"), json!("Greater London"), json!("+44 20 7946 0000"));
    let answer = ada.caller.post(BOOK, &full).await.expect(201).json();
    full["id"] = answer["id"].clone();
    assert_eq!(answer, full);
    assert_eq!(ada.caller.get(BOOK).await.json()["items"][0], full);
}

#[tokio::test]
async fn addresses_of_other_accounts_are_not_accessible() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.register("ada@example.com").await, shop.register("eve@example.com").await);
    let london = saved(&ada, "London").await;
    assert!(cities(&eve).await.is_empty());
    assert_eq!(eve.caller.put(&london, address("Nowhere")).await.problem(404), "not-found");
    assert_eq!(eve.caller.delete(&london).await.problem(404), "not-found");
    assert_eq!(cities(&ada).await, ["London"]);
}

#[tokio::test]
async fn concurrent_requests_do_not_exceed_fifty_addresses() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let responses = join_all((0..60).map(|number| ada.caller.post(BOOK, address(&format!("City {number}"))))).await;
    assert_eq!(responses.iter().filter(|answer| answer.status == 201).count(), 50);
    assert!(responses.iter().all(|answer| answer.status == 201 || answer.clone().problem(409) == "address-book-full"));
    assert_eq!(cities(&ada).await.len(), 50);
}

#[tokio::test]
async fn an_address_is_checked_by_the_rules_of_its_country_when_it_is_saved() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let path = saved(&ada, "London").await;
    for (field, value, expected) in [
        ("country", json!("UK"), "/country"),
        ("country", json!("XX"), "/country"),
        ("country", json!("US"), "/region"),
        ("postal_code", json!("12345"), "/postal_code"),
        ("postal_code", json!("-"), "/postal_code"),
        ("city", json!(""), "/city"),
    ] {
        let mut changed = address("London");
        changed[field] = value;
        for answer in [ada.caller.post(BOOK, &changed).await, ada.caller.put(&path, &changed).await] {
            assert_eq!(pointer(&answer), expected, "{changed}");
            assert_eq!(answer.problem(422), "invalid-input");
        }
    }
    let mut typed = address("London");
    typed["postal_code"] = json!("sw1y4jh");
    assert_eq!(ada.caller.put(&path, typed).await.expect(200).json()["postal_code"], "SW1Y 4JH");
    let hong_kong = json!({
        "name": "Ada Lovelace", "line1": "1 Harbour Road", "region": "Hong Kong Island", "city": "Wan Chai",
        "postal_code": "", "country": "HK",
    });
    let answer = ada.caller.post(BOOK, hong_kong).await.expect(201).json();
    assert!(answer.get("postal_code").is_none(), "there are none in Hong Kong: {answer}");
}
