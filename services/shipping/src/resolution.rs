//! The place of an address: which of the places with the name of its city is meant.

use crate::name_normalisation;
use crate::places::{Namesake, Place};
use contracts::{Country, Destination};
use std::collections::BTreeSet;

/// The place of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The places that are meant. They are of one region; of several the most expensive one counts.
    Named(Vec<Place>),
    /// The places between which the address does not decide, the largest first.
    Ambiguous(Vec<Place>),
    /// No place of this name is known, in the region of the address where it is known.
    Unknown,
}

/// Chooses among the places that have the name of an address's city, the largest first. `region` is the gazetteer's region
/// of the address, if it is known.
pub fn choose(namesakes: Vec<Namesake>, region: Option<&str>) -> Resolution {
    let in_region = |one: &Namesake| region.is_none_or(|region| one.place.region == region);
    let candidates: Vec<Namesake> = namesakes.into_iter().filter(in_region).collect();
    // A place that only others call so is hardly meant beside a larger one whose name it is: `Frankfurt` stays open between
    // two places with longer names, but an alternate name of a suburb does not make `Berlin` ambiguous.
    let largest = candidates.iter().filter(|one| one.is_main).map(|one| one.population).max().unwrap_or(-1);
    let named: Vec<Place> =
        candidates.into_iter().filter(|one| one.is_main || one.population > largest).map(|one| one.place).collect();
    let regions: BTreeSet<&str> = named.iter().map(|place| place.region.as_str()).collect();
    match regions.len() {
        0 => Resolution::Unknown,
        1 => Resolution::Named(named),
        _ => Resolution::Ambiguous(named),
    }
}

/// Returns the keys under which an address's city is looked up, one list after the other until a place is found: the whole
/// text, and without an addition such as a part of the town in `Köln (Deutz)` or `Hamburg, Altona`.
pub fn city_keys(city: &str) -> Vec<Vec<String>> {
    let before_addition = city.split(['(', ',', '/', ';']).next().unwrap_or(city);
    let mut lists = vec![name_normalisation::keys(city)];
    if before_addition.trim() != city.trim() {
        lists.push(name_normalisation::keys(before_addition));
    }
    lists.retain(|keys| !keys.is_empty());
    lists
}

/// Returns the gazetteer's region that an address's region names, in any of its spellings.
pub fn find_region<'known>(country: Country, text: &str, known: &'known [String]) -> Option<&'known str> {
    let spellings = country.rules().map_or_else(|| vec![text.to_owned()], |rules| rules.spellings_of_region(text));
    let asked: BTreeSet<String> = spellings.iter().map(|spelling| region_key(spelling)).collect();
    known.iter().find(|region| asked.contains(&region_key(region))).map(String::as_str)
}

/// Returns the names of a region under which a town may be found that it is named after: `Milano` for the province.
pub fn namesake_keys(country: Country, region: &str) -> Vec<String> {
    let spellings = country.rules().map_or_else(|| vec![region.to_owned()], |rules| rules.spellings_of_region(region));
    // Codes of two letters are no names of towns.
    let names = spellings.iter().filter(|spelling| spelling.chars().count() > 3);
    names.flat_map(|name| name_normalisation::keys(name).into_iter().chain([region_key(name)])).collect()
}

/// Words for kinds of regions, which the sources write differently.
const KINDS: &[&str] = &[
    "autonomous",
    "canton",
    "capital",
    "city",
    "co",
    "community",
    "county",
    "department",
    "district",
    "do",
    "emirate",
    "federal",
    "governorate",
    "islands",
    "kray",
    "krai",
    "ken",
    "municipality",
    "oblast",
    "of",
    "parish",
    "prefecture",
    "province",
    "region",
    "republic",
    "respublika",
    "sheng",
    "shi",
    "state",
    "territory",
    "the",
    "zizhiqu",
];

fn region_key(name: &str) -> String {
    let key = name_normalisation::keys(name).into_iter().next().unwrap_or_default();
    let words: Vec<&str> = key.split(' ').filter(|word| !KINDS.contains(word)).collect();
    if words.is_empty() { key } else { words.join(" ") }
}

/// Returns true if a place is one of those that have the name of the address's city.
pub fn is_named(place: &Place, namesakes: &[Namesake], destination: &Destination) -> bool {
    place.country == destination.country && namesakes.iter().any(|one| one.place.id == place.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Point;
    use contracts::PlaceId;

    fn namesake(id: i64, region: &str, population: i64, is_main: bool) -> Namesake {
        let place = Place {
            id: PlaceId(id),
            name: "Springfield".into(),
            region: region.into(),
            country: "US".parse().unwrap(),
            at: Point { latitude: 0, longitude: 0 },
        };
        Namesake { place, population, is_main }
    }

    fn ids(resolution: Resolution) -> (&'static str, Vec<i64>) {
        let (kind, places) = match resolution {
            Resolution::Named(places) => ("named", places),
            Resolution::Ambiguous(places) => ("ambiguous", places),
            Resolution::Unknown => ("unknown", Vec::new()),
        };
        (kind, places.into_iter().map(|place| place.id.0).collect())
    }

    #[test]
    fn places_of_different_regions_are_ambiguous_until_the_region_is_known() {
        let all = vec![namesake(1, "Missouri", 9, true), namesake(2, "Illinois", 5, true)];
        assert_eq!(ids(choose(all.clone(), None)), ("ambiguous", vec![1, 2]));
        assert_eq!(ids(choose(all.clone(), Some("Illinois"))), ("named", vec![2]));
        assert_eq!(ids(choose(all, Some("Wyoming"))), ("unknown", vec![]));
        assert_eq!(ids(choose(Vec::new(), None)), ("unknown", vec![]));
    }

    #[test]
    fn an_alternate_name_counts_beside_smaller_places_only() {
        let suburb = vec![namesake(1, "Berlin", 900, true), namesake(2, "Hesse", 5, false)];
        assert_eq!(ids(choose(suburb, None)), ("named", vec![1]));
        let halle = vec![namesake(1, "Saxony-Anhalt", 900, false), namesake(2, "Westphalia", 20, true)];
        assert_eq!(ids(choose(halle, None)), ("ambiguous", vec![1, 2]));
        let frankfurt = vec![namesake(1, "Hesse", 900, false), namesake(2, "Brandenburg", 50, false)];
        assert_eq!(ids(choose(frankfurt, None)), ("ambiguous", vec![1, 2]));
    }

    #[test]
    fn regions_are_found_by_code_and_in_other_spellings() {
        let known: Vec<String> =
            ["California", "Tokyo", "Province of Turin", "Guangdong", "Moscow Oblast"].map(str::to_owned).to_vec();
        let find = |country: &str, text| find_region(country.parse().unwrap(), text, &known);
        assert_eq!(find("US", "CA"), Some("California"));
        assert_eq!(find("JP", "東京都"), Some("Tokyo"));
        assert_eq!(find("CN", "Guangdong Sheng"), Some("Guangdong"));
        assert_eq!(find("US", "WY"), None);
    }

    #[test]
    fn an_addition_to_the_city_is_left_out_at_last() {
        assert_eq!(city_keys("Köln (Deutz)"), [vec!["koln deutz", "koeln deutz"], vec!["koln", "koeln"]]);
        assert_eq!(city_keys("Berlin"), [vec!["berlin"]]);
        assert!(city_keys("-").is_empty());
    }
}
