//! The shop's prices for shipping: which zone a place lies in and what a parcel costs there. Whole minor units only.

use crate::countries::Countries;
use crate::distance;
use crate::places::Place;
use chassis::Problem;
use chassis::problem;
use contracts::Country;
use contracts::shipping::{DeliveryDays, Reach, Tariff, Zone, Zones};

/// The heaviest parcel that is quoted: a thousand tonnes.
pub const MOST_GRAMS: u64 = 1_000_000_000;
const MOST_ZONES: usize = 50;
const MOST_AMOUNT: i64 = 1_000_000_000;
const MOST_DAYS: u32 = 365;
const MOST_KILOMETRES: u32 = 20_100;

/// A way of shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    /// The usual way.
    Standard,
    /// The fast way.
    Express,
}

impl Speed {
    /// All of them, the cheapest first by custom.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Express];

    /// Its name in requests and in the store.
    pub const fn option(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
        }
    }

    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Express => "Express",
        }
    }

    /// What it costs in a zone.
    pub const fn tariff(self, zone: &Zone) -> Tariff {
        match self {
            Self::Standard => zone.standard,
            Self::Express => zone.express,
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|speed| speed.option() == text)
            .ok_or_else(|| "must be standard or express".to_owned())
    }
}

/// How far a zone must reach to have the country in it.
pub fn reach_needed(countries: &Countries, from: Country, to: Country) -> Reach {
    let continent = |code| countries.find(code).map(|country| country.continent);
    if from == to {
        Reach::Domestic
    } else if continent(from).is_some() && continent(from) == continent(to) {
        Reach::Continent
    } else {
        Reach::World
    }
}

/// Whether the shop delivers to any place of the country. Distance never decides that: the last zone has no limit.
pub fn delivers(table: &Zones, countries: &Countries, from: Country, to: Country) -> bool {
    let needed = reach_needed(countries, from, to);
    !table.excluded.contains(&to) && table.zones.last().is_some_and(|zone| zone.reach >= needed)
}

/// The zone a place lies in; none when the shop does not deliver there.
pub fn zone_of<'table>(table: &'table Zones, countries: &Countries, from: &Place, to: &Place) -> Option<&'table Zone> {
    if !delivers(table, countries, from.country, to.country) {
        return None;
    }
    let needed = reach_needed(countries, from.country, to.country);
    let metres = distance::metres(from.at, to.at);
    table.zones.iter().find(|zone| zone.reach >= needed && within(zone.up_to_km, metres))
}

fn within(kilometres: Option<u32>, metres: u64) -> bool {
    kilometres.is_none_or(|limit| metres <= u64::from(limit) * 1000)
}

/// The price of a parcel: the base, and every started kilogram.
pub fn price(tariff: Tariff, weight_grams: u64) -> i64 {
    let kilograms = i64::try_from(weight_grams.div_ceil(1000)).unwrap_or(i64::MAX);
    tariff.per_kg.saturating_mul(kilograms).saturating_add(tariff.base)
}

/// The table, ready to be kept, or everything that is wrong with it.
///
/// # Errors
/// 422 with a pointer to each fault.
pub fn checked(mut table: Zones, countries: &Countries) -> Result<Zones, Problem> {
    table.excluded.sort_unstable();
    table.excluded.dedup();
    let mut faults: Vec<(String, String)> = Vec::new();
    if table.version < 0 {
        faults.push(("/version".into(), "must be the version that was read".into()));
    }
    if !(1..=MOST_ZONES).contains(&table.zones.len()) {
        faults.push(("/zones".into(), format!("must be 1 to {MOST_ZONES} zones")));
    }
    for (index, zone) in table.zones.iter().enumerate().take(MOST_ZONES) {
        let earlier = &table.zones[..index];
        faults.extend(
            faults_of(zone, earlier).into_iter().map(|(place, fault)| (format!("/zones/{index}{place}"), fault)),
        );
    }
    if let Some((last, others)) = table.zones.split_last()
        && (last.up_to_km.is_some() || others.iter().any(|zone| zone.reach > last.reach))
    {
        let pointer = format!("/zones/{}", others.len());
        faults.push((pointer, "is the last: it must have no limit of distance and reach as far as any other".into()));
    }
    for unknown in table.excluded.iter().filter(|code| countries.find(**code).is_none()) {
        faults.push(("/excluded".into(), format!("{unknown} is not a country")));
    }
    if faults.is_empty() {
        return Ok(table);
    }
    let refusal = problem::INVALID.detail("The prices are not acceptable; see errors.");
    Err(faults.into_iter().fold(refusal, |refusal, (pointer, fault)| refusal.field(pointer, fault)))
}

fn faults_of(zone: &Zone, earlier: &[Zone]) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    if zone.up_to_km.is_some_and(|limit| !(1..=MOST_KILOMETRES).contains(&limit)) {
        faults.push(("/up_to_km".into(), format!("must be 1 to {MOST_KILOMETRES}, or null for any distance")));
    }
    let farthest = |zone: &Zone| zone.up_to_km.unwrap_or(u32::MAX);
    if let Some(other) = earlier.iter().find(|other| other.reach >= zone.reach && farthest(other) >= farthest(zone)) {
        faults.push((String::new(), format!("is never used: all of it lies in {:?} before it", other.name.as_str())));
    }
    for speed in Speed::ALL {
        let tariff = speed.tariff(zone);
        for (name, amount) in [("base", tariff.base), ("per_kg", tariff.per_kg)] {
            if !(0..=MOST_AMOUNT).contains(&amount) {
                faults.push((format!("/{}/{name}", speed.option()), format!("must be 0 to {MOST_AMOUNT}")));
            }
        }
        let DeliveryDays { min, max } = tariff.days;
        if min > max || max > MOST_DAYS {
            let fault = format!("must be at most {MOST_DAYS}, and min not more than max");
            faults.push((format!("/{}/days", speed.option()), fault));
        }
    }
    faults
}

/// The prices a new shop starts with, in minor units of its currency.
pub fn built_in() -> Zones {
    let zone = |name: &str, reach, up_to_km, standard: [i64; 4], express: [i64; 4]| {
        let name = name.parse().ok()?;
        Some(Zone { name, reach, up_to_km, standard: tariff(standard), express: tariff(express) })
    };
    let zones = [
        zone("Nearby", Reach::Domestic, Some(100), [390, 40, 1, 2], [790, 80, 1, 1]),
        zone("Domestic", Reach::Domestic, None, [490, 50, 1, 3], [990, 100, 1, 2]),
        zone("Neighbours", Reach::Continent, Some(800), [990, 120, 2, 5], [1990, 240, 1, 2]),
        zone("Continent", Reach::Continent, None, [1290, 180, 3, 7], [2490, 340, 2, 3]),
        zone("World up to 6000 km", Reach::World, Some(6000), [1990, 450, 5, 10], [3990, 900, 2, 4]),
        zone("World", Reach::World, None, [2490, 600, 7, 14], [4990, 1200, 3, 5]),
    ];
    Zones { version: 0, zones: zones.into_iter().flatten().collect(), excluded: Vec::new() }
}

fn tariff([base, per_kg, min, max]: [i64; 4]) -> Tariff {
    let days = |count| u32::try_from(count).unwrap_or_default();
    Tariff { base, per_kg, days: DeliveryDays { min: days(min), max: days(max) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Point;
    use contracts::PlaceId;
    use proptest::prelude::*;

    fn place(country: &str, latitude: i32, longitude: i32) -> Place {
        let at = Point { latitude, longitude };
        Place { id: PlaceId(1), name: "X".into(), region: String::new(), country: country.parse().unwrap(), at }
    }

    fn berlin() -> Place {
        place("DE", 5_252_437, 1_341_053)
    }

    fn zone_from_berlin(to: &Place) -> Option<String> {
        let table = built_in();
        zone_of(&table, &Countries::built_in(), &berlin(), to).map(|zone| zone.name.to_string())
    }

    fn problems_of(table: Zones) -> Vec<String> {
        let refusal = checked(table, &Countries::built_in()).unwrap_err();
        refusal.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn the_built_in_prices_are_acceptable_and_complete() {
        let table = built_in();
        assert_eq!(table.zones.len(), 6);
        assert_eq!(checked(table.clone(), &Countries::built_in()).unwrap(), table);
    }

    #[test]
    fn the_first_zone_a_place_lies_in_counts() {
        let zone = |to: Place| zone_from_berlin(&to).unwrap();
        assert_eq!(zone(place("DE", 5_239_886, 1_306_566)), "Nearby");
        assert_eq!(zone(place("DE", 4_813_743, 1_157_549)), "Domestic");
        assert_eq!(zone(place("PL", 5_222_977, 2_101_178)), "Neighbours");
        assert_eq!(zone(place("ES", 4_041_650, -370_256)), "Continent");
        assert_eq!(zone(place("EG", 3_006_263, 3_124_967)), "World up to 6000 km");
        assert_eq!(zone(place("AU", -3_386_785, 15_120_732)), "World");
    }

    #[test]
    fn excluded_countries_and_those_out_of_reach_are_not_delivered_to() {
        let countries = Countries::built_in();
        let mut table = built_in();
        table.excluded = vec!["FR".parse().unwrap()];
        table.zones.truncate(4);
        let delivered = |code: &str| delivers(&table, &countries, berlin().country, code.parse().unwrap());
        assert!(delivered("DE") && delivered("PL"));
        assert!(!delivered("FR") && !delivered("US"));
    }

    #[test]
    fn every_started_kilogram_is_paid() {
        let tariff = tariff([500, 100, 1, 2]);
        assert_eq!([0, 1, 1000, 1001, 5000].map(|grams| price(tariff, grams)), [500, 600, 600, 700, 1000]);
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let mut table = built_in();
        table.zones[1].standard.base = -1;
        table.zones[2].express.days.min = 9;
        table.excluded = vec!["ZZ".parse().unwrap()];
        assert_eq!(problems_of(table), ["/zones/1/standard/base", "/zones/2/express/days", "/excluded"]);
        assert_eq!(problems_of(Zones { version: 0, zones: Vec::new(), excluded: Vec::new() }), ["/zones"]);
    }

    #[test]
    fn a_zone_that_is_never_reached_and_a_last_one_with_a_limit_are_refused() {
        let mut table = built_in();
        table.zones.swap(0, 1);
        assert_eq!(problems_of(table), ["/zones/1"]);
        let mut table = built_in();
        table.zones.truncate(5);
        assert_eq!(problems_of(table), ["/zones/4"]);
    }

    proptest! {
        #[test]
        fn more_weight_never_costs_less(
            base in 0..=MOST_AMOUNT, per_kg in 0..=MOST_AMOUNT, less in 0..=MOST_GRAMS, more in 0..=MOST_GRAMS,
        ) {
            let tariff = tariff([base, per_kg, 1, 2]);
            let (less, more) = (less.min(more), less.max(more));
            prop_assert!(price(tariff, less) <= price(tariff, more));
            prop_assert!(price(tariff, more) >= base);
        }

        #[test]
        fn every_place_of_a_country_delivered_to_has_a_zone(
            latitude in -9_000_000i32..=9_000_000, longitude in -18_000_000i32..=18_000_000, index in 0usize..250,
        ) {
            let country = Countries::built_in().all()[index].code;
            let place = place(country.code(), latitude, longitude);
            prop_assert!(zone_from_berlin(&place).is_some());
        }
    }
}
