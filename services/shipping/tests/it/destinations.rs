//! Quotes to addresses: the place is derived from the address, and asked for only when it is ambiguous.

use crate::harness::{BERLIN, MUNICH, POTSDAM, TestShop, gazetteer};
use contracts::shipping::{BoundQuote, PlaceView, Quote};
use serde_json::{Value, json};

const PLACES: &str = "\
2950159\tBerlin\tDE\tState of Berlin\t5252437\t1341053\t3426354\tBerlino
2867714\tMunich\tDE\tBavaria\t4813743\t1157549\t1505005\tMünchen
2852458\tPotsdam\tDE\tBrandenburg\t5239886\t1306566\t184754\t
11\tNeustadt an der Aisch\tDE\tBavaria\t4958000\t1061000\t13000\tNeustadt
15\tNeustadt an der Aisch\tDE\tBavaria\t4760000\t1010000\t9000\tNeustadt
12\tNeustadt (Dosse)\tDE\tBrandenburg\t5285000\t1243000\t3000\tNeustadt
13\tAlthausen\tDE\tBavaria\t4800000\t1100000\t9000\t
14\tAlthausen\tDE\tBavaria\t4810000\t1110000\t8000\t
21\tMilan\tIT\tLombardy\t4546427\t918951\t1371498\tMilano
22\tPalermo\tIT\tSicily\t3811582\t1335976\t668405\t
23\tSan Giovanni\tIT\tLombardy\t4550000\t920000\t20000\t
24\tSan Giovanni\tIT\tSicily\t3800000\t1330000\t10000\t
31\tSpringfield\tUS\tMissouri\t3721533\t-9329824\t166810\t
32\tSpringfield\tUS\tIllinois\t3979944\t-8964371\t116565\t
33\tChicago\tUS\tIllinois\t4185003\t-8765005\t2720546\t
34\tAnchorage\tUS\tAlaska\t6121806\t-14990028\t298695\t
";

async fn shop() -> TestShop {
    TestShop::open_with_places(gazetteer(PLACES)).await
}

fn request(shop: &TestShop, destination: Value, place: Option<i64>) -> Value {
    let mut request = shop.quote_request(BERLIN, 1200);
    request["destination"] = destination;
    request["place_id"] = json!(place);
    request
}

async fn quote(shop: &TestShop, destination: Value) -> Quote {
    shop.cart().post("/internal/quotes", request(shop, destination, None)).await.expect(200).read()
}

fn address(country: &str, region: &str, city: &str) -> Value {
    let mut address = json!({ "country": country });
    for (name, value) in [("region", region), ("city", city)] {
        if !value.is_empty() {
            address[name] = json!(value);
        }
    }
    address
}

fn price(quote: &Quote) -> i64 {
    quote.options[0].price.amount
}

#[tokio::test]
async fn the_place_is_derived_from_the_address() {
    let shop = shop().await;
    for (address, expected) in [
        (address("DE", "", "München"), MUNICH),
        (address("DE", "", "MUENCHEN"), MUNICH),
        (address("DE", "", "Potsdam (Babelsberg)"), POTSDAM),
        (address("US", "IL", "Springfield"), 32),
        (address("US", "MO", "springfield"), 31),
        (address("IT", "MI", "San Giovanni"), 23),
        (address("IT", "PA", "San Giovanni"), 24),
    ] {
        let quote = quote(&shop, address.clone()).await;
        assert_eq!((quote.place.id.0, quote.estimated), (expected, false), "{address}");
    }
    let near = quote(&shop, address("DE", "", "Potsdam")).await;
    let far = quote(&shop, address("DE", "", "München")).await;
    assert!(price(&near) < price(&far));
}

#[tokio::test]
async fn an_ambiguous_address_is_answered_with_the_places() {
    let shop = shop().await;
    let destination = address("DE", "", "Neustadt");
    let answer = shop.cart().post("/internal/quotes", request(&shop, destination.clone(), None)).await;
    let places: Vec<PlaceView> = serde_json::from_value(answer.json()["places"].clone()).unwrap();
    assert_eq!(answer.problem(409), "ambiguous-place");
    assert_eq!(places.iter().map(|place| place.id.0).collect::<Vec<_>>(), [11, 12], "nobody can tell 15 from 11");
    let chosen = shop.cart().post("/internal/quotes", request(&shop, destination.clone(), Some(12))).await.expect(200);
    let chosen: Quote = chosen.read();
    assert_eq!((chosen.place.id.0, chosen.estimated), (12, false));
    let refused = shop.cart().post("/internal/quotes", request(&shop, destination, Some(BERLIN))).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/place_id");
    assert_eq!(refused.problem(422), "invalid-input", "Berlin is not called Neustadt");
}

#[tokio::test]
async fn an_unknown_village_costs_what_the_most_expensive_place_of_its_region_costs() {
    let shop = shop().await;
    let near_village = quote(&shop, address("DE", "Brandenburg", "Kleinkleckersdorf")).await;
    let far_village = quote(&shop, address("DE", "Bavaria", "Kleinkleckersdorf")).await;
    let village = quote(&shop, address("DE", "", "Kleinkleckersdorf")).await;
    assert!(near_village.estimated && far_village.estimated && village.estimated);
    assert_eq!((near_village.place.id.0, far_village.place.id.0), (POTSDAM, MUNICH), "the largest place of the region");
    let potsdam = quote(&shop, address("DE", "", "Potsdam")).await;
    let munich = quote(&shop, address("DE", "", "Munich")).await;
    assert_eq!(price(&near_village), price(&potsdam));
    assert_eq!(price(&far_village), price(&munich));
    assert_eq!(price(&village), price(&munich), "without a region, the most expensive place of the country");
    let no_springfield = quote(&shop, address("US", "AK", "Springfield")).await;
    assert!(no_springfield.estimated, "no Springfield is known in Alaska");
    assert_eq!(no_springfield.place.name, "Anchorage");
}

#[tokio::test]
async fn places_of_one_name_in_one_region_need_no_choice() {
    let shop = shop().await;
    let quote = quote(&shop, address("DE", "", "Althausen")).await;
    assert_eq!((quote.place.id.0, quote.estimated), (13, false));
}

#[tokio::test]
async fn a_quote_keeps_the_address_that_it_was_made_for() {
    let shop = shop().await;
    let destination = json!({ "country": "DE", "city": "München", "postal_code": "80331" });
    let quote = quote(&shop, destination.clone()).await;
    let bound: BoundQuote = shop.cart().get(&format!("/internal/quotes/{}", quote.quote_id)).await.expect(200).read();
    assert_eq!(json!(bound.quote.destination), destination);
    let mut nothing = shop.quote_request(BERLIN, 1);
    nothing["place_id"] = Value::Null;
    let refused = shop.cart().post("/internal/quotes", nothing).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/destination");
}

#[tokio::test]
async fn an_address_in_a_country_without_delivery_is_refused() {
    let shop = shop().await;
    let answer = shop.cart().post("/internal/quotes", request(&shop, address("FR", "", "Nice"), None)).await;
    assert_eq!(answer.problem(409), "no-delivery");
}

#[tokio::test]
async fn the_rules_of_a_country_can_be_cached() {
    let shop = shop().await;
    let path = "/api/v1/shipping/address-rules/US";
    let answer = shop.anonymous().get(path).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=3600");
    let rules = answer.json();
    assert_eq!((&rules["country"], &rules["name"]), (&json!("US"), &json!("United States")));
    assert_eq!(rules["format"], "{city}, {region} {postal_code}");
    assert_eq!(rules["fields"][2]["label"], "ZIP code");
    assert!(rules["fields"][1]["regions"].as_array().unwrap().contains(&json!({ "code": "CA", "name": "California" })));
    let tag = answer.headers["etag"].to_str().unwrap().to_owned();
    shop.anonymous().with_header("if-none-match", &tag).get(path).await.expect(304);
    let unknown = shop.anonymous().get("/api/v1/shipping/address-rules/UK").await;
    assert!(unknown.text().contains("Use GB"), "{}", unknown.text());
    assert_eq!(unknown.problem(404), "not-found");
}
