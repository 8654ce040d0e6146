//! Places of the built-in gazetteer are found by the spellings of `tests/cases/spellings.tsv`, and large towns by their own
//! names.

use crate::harness::TestShop;
use contracts::Country;
use contracts::shipping::PlaceView;
use shipping::name_normalisation;
use shipping::places::Gazetteer;
use std::collections::{BTreeMap, BTreeSet};

const SPELLINGS: &str = include_str!("../cases/spellings.tsv");

/// Returns country, spelling and the GeoNames id of the place that is meant.
fn spellings() -> Vec<(Country, &'static str, i64)> {
    let line = |line: &'static str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [country, spelling, id] = fields[..] else { panic!("three fields: {line}") };
        (country.parse().unwrap(), spelling, id.parse().unwrap())
    };
    SPELLINGS.lines().filter(|text| !text.starts_with('#')).map(line).collect()
}

async fn found(shop: &TestShop, country: Country, text: &str, limit: usize) -> Vec<PlaceView> {
    shop.stores.store.search_places(country, &name_normalisation::keys(text), limit).await.unwrap()
}

#[tokio::test]
async fn places_are_found_by_any_spelling() {
    let shop = TestShop::worldwide().await;
    let all = spellings();
    let countries: BTreeSet<Country> = all.iter().map(|(country, ..)| *country).collect();
    assert!(all.len() >= 500 && countries.len() >= 40, "{} spellings of {} countries", all.len(), countries.len());
    let mut wrong = Vec::new();
    for (country, spelling, id) in all {
        let places = found(&shop, country, spelling, 3).await;
        if places.first().is_none_or(|place| place.id.0 != id) {
            let names: Vec<_> = places.iter().map(|place| (place.name.as_str(), place.region.as_str())).collect();
            wrong.push(format!("{country} {spelling}: {id} expected, found {names:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} are not found first:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn large_towns_are_found_first_by_their_own_name() {
    let shop = TestShop::worldwide().await;
    let entries: Vec<_> = Gazetteer::BUILT_IN.entries().map(Result::unwrap).collect();
    // The first of several places of a country whose main name is the same is the largest: Columbus in Ohio, and not the
    // one in Georgia with 200,000 inhabitants.
    let mut largest: BTreeMap<(Country, &str), i64> = BTreeMap::new();
    for (entry, (key, _)) in
        entries.iter().flat_map(|one| one.keys.iter().filter(|(_, main)| *main).map(move |key| (one, key)))
    {
        let population = largest.entry((entry.place.country, key)).or_default();
        *population = entry.population.max(*population);
    }
    let (mut wrong, mut large) = (Vec::new(), 0);
    for entry in entries.iter().filter(|entry| entry.population >= 100_000) {
        let place = &entry.place;
        let is_largest = name_normalisation::keys(&place.name)
            .iter()
            .all(|key| largest.get(&(place.country, key.as_str())) == Some(&entry.population));
        if !is_largest {
            continue;
        }
        large += 1;
        let first = found(&shop, place.country, &place.name, 1).await;
        // GeoNames has six of them twice, with the same number of inhabitants: Kashan in Isfahan, for example.
        let is_twin =
            |first: &PlaceView| name_normalisation::keys(&first.name) == name_normalisation::keys(&place.name);
        if first.first().is_none_or(|first| first.id != place.id && !is_twin(first)) {
            wrong.push(format!("{} {} {}: found {first:?}", place.country, place.name, place.region));
        }
    }
    assert!(large > 5_000, "{large}");
    assert!(wrong.is_empty(), "{} find another place:\n{}", wrong.len(), wrong.join("\n"));
}
