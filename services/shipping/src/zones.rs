//! The shipping prices of the shop: the zone of a place, and the price of a shipment to it, in whole minor units.

use crate::countries::Countries;
use crate::distance;
use crate::places::Place;
use chassis::Problem;
use chassis::config::UnknownValue;
use chassis::problem;
use contracts::shipping::{DeliveryDays, Reach, Tariff, Zone, Zones};
use contracts::{Country, Currency};

/// The maximum weight of a shipment: a thousand tonnes.
pub const MAX_WEIGHT_GRAMS: u64 = 1_000_000_000;
const MAX_ZONES: usize = 50;
// Keeps the price of the heaviest shipment within 64 bits.
const MAX_AMOUNT: i64 = 1_000_000_000;
const MAX_DAYS: u32 = 365;
/// Half the circumference of the Earth, rounded up.
const MAX_DISTANCE_KM: u32 = 20_100;

/// A shipping option that customers choose by its speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speed {
    Standard,
    Express,
}

impl Speed {
    /// All options in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Express];

    /// Returns the name in requests and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
        }
    }

    /// Returns the label for customers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Express => "Express",
        }
    }

    /// Returns the tariff of this option in a zone.
    pub const fn tariff(self, zone: &Zone) -> Tariff {
        match self {
            Self::Standard => zone.standard,
            Self::Express => zone.express,
        }
    }
}

impl std::str::FromStr for Speed {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        let known = Self::ALL.into_iter().find(|speed| speed.as_str() == text);
        known.ok_or_else(|| UnknownValue::new(text, "standard or express"))
    }
}

/// Returns the reach that a zone needs to include the country.
pub fn required_reach(countries: &Countries, from: Country, to: Country) -> Reach {
    let continent = |code| countries.find(code).map(|country| country.continent);
    if from == to {
        Reach::Domestic
    } else if continent(from).is_some() && continent(from) == continent(to) {
        Reach::Continent
    } else {
        Reach::World
    }
}

/// Returns true when the shop delivers to the country. Distance does not matter, because the last zone has no limit.
pub fn delivers_to(table: &Zones, countries: &Countries, from: Country, to: Country) -> bool {
    let required = required_reach(countries, from, to);
    !table.excluded.contains(&to) && table.zones.last().is_some_and(|zone| zone.reach >= required)
}

/// Returns the first zone that includes a place; `None` when the shop does not deliver there.
pub fn find_zone<'table>(
    table: &'table Zones,
    countries: &Countries,
    from: &Place,
    to: &Place,
) -> Option<&'table Zone> {
    if !delivers_to(table, countries, from.country, to.country) {
        return None;
    }
    let required = required_reach(countries, from.country, to.country);
    let metres = distance::metres(from.at, to.at);
    // The order of the table decides, so a merchant can put special zones before general ones.
    table.zones.iter().find(|zone| zone.reach >= required && is_within(zone.up_to_km, metres))
}

fn is_within(kilometres: Option<u32>, metres: u64) -> bool {
    kilometres.is_none_or(|limit| metres <= u64::from(limit) * 1000)
}

/// Returns the price of a shipment: the base price, plus the price of every started kilogram.
pub fn price(tariff: Tariff, weight_grams: u64) -> i64 {
    let kilograms = i64::try_from(weight_grams.div_ceil(1000)).unwrap_or(i64::MAX);
    // Cannot overflow for validated tariffs; saturates for tables stored by other means.
    tariff.per_kg.saturating_mul(kilograms).saturating_add(tariff.base)
}

/// Validates a zone table, and removes duplicates from its excluded countries.
///
/// # Errors
/// 422 with a pointer to each error.
pub fn validate(mut table: Zones, countries: &Countries) -> Result<Zones, Problem> {
    // Sorted and unique, so that equal tables are stored equally.
    table.excluded.sort_unstable();
    table.excluded.dedup();
    let mut errors: Vec<(String, String)> = Vec::new();
    if table.version < 0 {
        errors.push(("/version".into(), "must be the version that the change is based on".into()));
    }
    if !(1..=MAX_ZONES).contains(&table.zones.len()) {
        errors.push(("/zones".into(), format!("must be 1 to {MAX_ZONES} zones")));
    }
    // Bounded, because the table comes from a request and each zone is compared with all before it.
    for (index, zone) in table.zones.iter().enumerate().take(MAX_ZONES) {
        let earlier = &table.zones[..index];
        errors.extend(
            zone_errors(zone, earlier).into_iter().map(|(pointer, error)| (format!("/zones/{index}{pointer}"), error)),
        );
    }
    // Without this rule a distance could decide if the shop delivers at all, which no customer could foresee.
    if let Some((last, others)) = table.zones.split_last()
        && (last.up_to_km.is_some() || others.iter().any(|zone| zone.reach > last.reach))
    {
        let pointer = format!("/zones/{}", others.len());
        errors.push((pointer, "is the last zone: it must have no distance limit and the widest reach".into()));
    }
    for unknown in table.excluded.iter().filter(|code| countries.find(**code).is_none()) {
        errors.push(("/excluded".into(), format!("{unknown} is not a country")));
    }
    if errors.is_empty() {
        return Ok(table);
    }
    let invalid = problem::INVALID.detail("The prices are invalid. See `errors`.");
    Err(errors.into_iter().fold(invalid, |problem, (pointer, error)| problem.field(pointer, error)))
}

fn zone_errors(zone: &Zone, earlier: &[Zone]) -> Vec<(String, String)> {
    let mut errors = Vec::new();
    if zone.up_to_km.is_some_and(|limit| !(1..=MAX_DISTANCE_KM).contains(&limit)) {
        errors.push(("/up_to_km".into(), format!("must be 1 to {MAX_DISTANCE_KM}, or null for any distance")));
    }
    // A missing limit means any distance.
    let farthest = |zone: &Zone| zone.up_to_km.unwrap_or(u32::MAX);
    if let Some(other) = earlier.iter().find(|other| other.reach >= zone.reach && farthest(other) >= farthest(zone)) {
        errors.push((
            String::new(),
            format!("is never used: the zone \"{}\" before it includes all of it", other.name.as_str()),
        ));
    }
    for speed in Speed::ALL {
        let tariff = speed.tariff(zone);
        for (name, amount) in [("base", tariff.base), ("per_kg", tariff.per_kg)] {
            if !(0..=MAX_AMOUNT).contains(&amount) {
                errors.push((format!("/{}/{name}", speed.as_str()), format!("must be 0 to {MAX_AMOUNT}")));
            }
        }
        let DeliveryDays { min, max } = tariff.days;
        if min > max || max > MAX_DAYS {
            let error = format!("must be at most {MAX_DAYS}, and min must not exceed max");
            errors.push((format!("/{}/days", speed.as_str()), error));
        }
    }
    errors
}

/// Returns true if the table has prices for a cart in this currency.
///
/// The built-in prices are made for euros. In a currency that is worth much less they would be a gift, so there are none
/// until the merchant sets them.
pub fn has_prices_in(table: &Zones, currency: Currency) -> bool {
    match table.currency {
        _ if table.version == 0 => currency.is_about_a_euro(),
        Some(own) => own == currency,
        None => true,
    }
}

/// Returns the prices of a new shop, for currencies that are worth about a euro.
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
    Zones { version: 0, currency: None, zones: zones.into_iter().flatten().collect(), excluded: Vec::new() }
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
        find_zone(&table, &Countries::built_in(), &berlin(), to).map(|zone| zone.name.to_string())
    }

    fn problems_of(table: Zones) -> Vec<String> {
        let problem = validate(table, &Countries::built_in()).unwrap_err();
        problem.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn the_built_in_prices_are_valid() {
        let table = built_in();
        assert_eq!(table.zones.len(), 6);
        assert_eq!(validate(table.clone(), &Countries::built_in()).unwrap(), table);
    }

    #[test]
    fn the_built_in_prices_are_not_used_as_amounts_of_any_currency() {
        let has_prices = |code: &str| has_prices_in(&built_in(), code.parse().unwrap());
        assert!(["EUR", "USD", "GBP", "CHF"].into_iter().all(has_prices));
        assert!(!["VND", "JPY", "KWD", "HUF", "IDR", "CLP", "CZK", "INR"].into_iter().any(has_prices));
    }

    #[test]
    fn prices_that_were_set_are_used_in_their_currency_only() {
        let table = |currency: Option<&str>| Zones {
            version: 1,
            currency: currency.map(|code| code.parse().unwrap()),
            ..built_in()
        };
        let has_prices = |currency, code: &str| has_prices_in(&table(currency), code.parse().unwrap());
        assert!(has_prices(Some("VND"), "VND") && has_prices(None, "VND"));
        assert!(!has_prices(Some("EUR"), "VND"));
    }

    #[test]
    fn the_first_matching_zone_is_used() {
        let zone = |to: Place| zone_from_berlin(&to).unwrap();
        assert_eq!(zone(place("DE", 5_239_886, 1_306_566)), "Nearby");
        assert_eq!(zone(place("DE", 4_813_743, 1_157_549)), "Domestic");
        assert_eq!(zone(place("PL", 5_222_977, 2_101_178)), "Neighbours");
        assert_eq!(zone(place("ES", 4_041_650, -370_256)), "Continent");
        assert_eq!(zone(place("EG", 3_006_263, 3_124_967)), "World up to 6000 km");
        assert_eq!(zone(place("AU", -3_386_785, 15_120_732)), "World");
    }

    #[test]
    fn the_shop_does_not_deliver_to_excluded_and_unreachable_countries() {
        let countries = Countries::built_in();
        let mut table = built_in();
        table.excluded = vec!["FR".parse().unwrap()];
        table.zones.truncate(4);
        let delivered = |code: &str| delivers_to(&table, &countries, berlin().country, code.parse().unwrap());
        assert!(delivered("DE") && delivered("PL"));
        assert!(!delivered("FR") && !delivered("US"));
    }

    #[test]
    fn every_started_kilogram_is_charged() {
        let tariff = tariff([500, 100, 1, 2]);
        assert_eq!([0, 1, 1000, 1001, 5000].map(|grams| price(tariff, grams)), [500, 600, 600, 700, 1000]);
    }

    #[test]
    fn errors_have_pointers() {
        let mut table = built_in();
        table.zones[1].standard.base = -1;
        table.zones[2].express.days.min = 9;
        table.excluded = vec!["ZZ".parse().unwrap()];
        assert_eq!(problems_of(table), ["/zones/1/standard/base", "/zones/2/express/days", "/excluded"]);
        assert_eq!(problems_of(Zones { zones: Vec::new(), ..built_in() }), ["/zones"]);
    }

    #[test]
    fn an_unreachable_zone_and_a_limited_last_zone_are_rejected() {
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
            base in 0..=MAX_AMOUNT, per_kg in 0..=MAX_AMOUNT, less in 0..=MAX_WEIGHT_GRAMS, more in 0..=MAX_WEIGHT_GRAMS,
        ) {
            let tariff = tariff([base, per_kg, 1, 2]);
            let (less, more) = (less.min(more), less.max(more));
            prop_assert!(price(tariff, less) <= price(tariff, more));
            prop_assert!(price(tariff, more) >= base);
        }

        #[test]
        fn every_place_of_a_destination_country_has_a_zone(
            latitude in -9_000_000i32..=9_000_000, longitude in -18_000_000i32..=18_000_000, index in 0usize..250,
        ) {
            let country = Countries::built_in().all()[index].code;
            let place = place(country.code(), latitude, longitude);
            prop_assert!(zone_from_berlin(&place).is_some());
        }
    }
}
