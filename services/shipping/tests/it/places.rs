//! Searches for places in the built-in gazetteer.

use crate::harness::TestShop;
use contracts::shipping::Places;
use shipping::distance;

async fn find(shop: &TestShop, country: &str, name: &str) -> Places {
    let name: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = shop.anonymous().get(&format!("/api/v1/shipping/places?country={country}&q={name}")).await;
    answer.expect(200).read()
}

async fn first(shop: &TestShop, country: &str, name: &str) -> String {
    let places = find(shop, country, name).await;
    places.items.first().unwrap_or_else(|| panic!("{name} is not found")).name.clone()
}

#[tokio::test]
async fn a_town_is_found_in_any_spelling() {
    let shop = TestShop::worldwide().await;
    for (country, spellings, name) in [
        ("DE", &["Munich", "München", "Munchen", "Muenchen", "MÜNCHEN", "Mu\u{308}nchen", "Мюнхен"][..], "Munich"),
        ("DE", &["Köln", "Koeln", "Koln", "Cologne", "cologne ", "Keulen"], "Köln"),
        ("AT", &["Wien", "Vienna", "vienne", "Вена"], "Vienna"),
        ("RU", &["Москва", "москва", "Moscow", "Moskva", "Moskau"], "Moscow"),
        ("GB", &["London", "Londres", "Λονδίνο"], "London"),
        ("PL", &["Łódź", "Lodz"], "Łódź"),
        ("IT", &["L'Aquila", "L’Aquila", "laquila"], "L'Aquila"),
        ("FR", &["Saint-Étienne", "saint etienne"], "Saint-Étienne"),
        ("DK", &["Århus", "Aarhus", "arhus"], "Århus"),
    ] {
        for spelling in spellings {
            assert_eq!(first(&shop, country, spelling).await, name, "{spelling}");
        }
    }
}

#[tokio::test]
async fn a_prefix_finds_large_towns_first() {
    let shop = TestShop::worldwide().await;
    assert_eq!(first(&shop, "DE", "mun").await, "Munich");
    assert_eq!(first(&shop, "DE", "be").await, "Berlin");
    let places = find(&shop, "US", "san").await;
    assert_eq!(places.items.len(), 10);
    assert_eq!(places.items[0].name, "San Antonio");
}

#[tokio::test]
async fn an_exact_match_precedes_larger_towns() {
    let shop = TestShop::worldwide().await;
    let places = find(&shop, "FR", "Nic").await;
    assert_eq!(places.items[0].name, "Nice");
    assert_eq!(first(&shop, "DE", "Ulm").await, "Ulm");
    assert_eq!(first(&shop, "DE", "Hof").await, "Hof");
}

#[tokio::test]
async fn each_town_is_listed_once() {
    let shop = TestShop::worldwide().await;
    for (country, name) in [("DE", "ko"), ("DE", "mu"), ("RU", "мо"), ("CN", "北京"), ("TR", "is")] {
        let mut ids: Vec<_> = find(&shop, country, name).await.items.iter().map(|place| place.id).collect();
        let found = ids.len();
        ids.sort();
        ids.dedup();
        assert!(found > 0, "{name}");
        assert_eq!(ids.len(), found, "{name}");
    }
}

#[tokio::test]
async fn only_towns_of_the_requested_country_are_found() {
    let shop = TestShop::worldwide().await;
    let places = find(&shop, "US", "Paris").await;
    assert!(places.items.iter().all(|place| place.country.code() == "US"));
    assert!(places.items.iter().take(4).all(|place| place.name == "Paris"));
    assert_eq!(places.items[0].region, "Texas");
    assert!(find(&shop, "AQ", "Paris").await.items.is_empty());
}

#[tokio::test]
async fn distances_are_correct_within_one_percent() {
    let shop = TestShop::worldwide().await;
    for (from, to, kilometres) in [
        ("DE Berlin", "GB London", 932),
        ("FR Paris", "US New York City", 5_837),
        ("JP Tokyo", "AU Sydney", 7_820),
        ("BR São Paulo", "ZA Cape Town", 6_370),
        ("NZ Auckland", "US Los Angeles", 10_480),
    ] {
        let mut ends = Vec::new();
        for end in [from, to] {
            let (country, name) = end.split_once(' ').unwrap();
            let id = find(&shop, country, name).await.items[0].id;
            ends.push(shop.stores.store.place(id).await.unwrap().unwrap().at);
        }
        let metres = distance::metres(ends[0], ends[1]);
        assert!(metres.abs_diff(kilometres * 1000) <= kilometres * 10, "{from} to {to}: {metres} m");
    }
}

#[tokio::test]
async fn every_country_with_a_town_is_listed() {
    let shop = TestShop::worldwide().await;
    let countries = shop.anonymous().get("/api/v1/shipping/countries").await.expect(200).json();
    assert_eq!(countries["items"].as_array().unwrap().len(), 245);
    assert_eq!(countries["items"][0]["name"], "Afghanistan");
}
