//! Address books.

use crate::shop::{Person, Shop, address};
use futures::future::join_all;
use serde_json::json;

const BOOK: &str = "/api/v1/me/addresses";

async fn saved(person: &Person, city: &str) -> String {
    let answer = person.caller.post(BOOK, address(city)).await.expect(201);
    format!("{BOOK}/{}", answer.json()["id"].as_str().expect("an id"))
}

async fn cities(person: &Person) -> Vec<String> {
    let book = person.caller.get(BOOK).await.expect(200).json();
    let items = book["items"].as_array().expect("items");
    items.iter().map(|item| item["city"].as_str().expect("a city").to_owned()).collect()
}

#[tokio::test]
async fn addresses_are_saved_replaced_and_removed_the_newest_first() {
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
async fn what_is_optional_comes_back_as_it_was_given() {
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
async fn other_peoples_addresses_are_not_there() {
    let shop = Shop::open().await;
    let (ada, eve) = (shop.register("ada@example.com").await, shop.register("eve@example.com").await);
    let london = saved(&ada, "London").await;
    assert!(cities(&eve).await.is_empty());
    assert_eq!(eve.caller.put(&london, address("Nowhere")).await.problem(404), "not-found");
    assert_eq!(eve.caller.delete(&london).await.problem(404), "not-found");
    assert_eq!(cities(&ada).await, ["London"]);
}

#[tokio::test]
async fn a_book_holds_fifty_addresses_however_fast_they_come() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let answers = join_all((0..60).map(|number| ada.caller.post(BOOK, address(&format!("City {number}"))))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 50);
    assert!(answers.iter().all(|answer| answer.status == 201 || answer.clone().problem(409) == "address-book-full"));
    assert_eq!(cities(&ada).await.len(), 50);
}
