//! Places: towns from GeoNames, and the gazetteer file that contains them.

use crate::{name_normalisation, name_variants};
use chassis::StoreError;
use contracts::shipping::{LocatedPlace, PlaceView};
use contracts::{Country, PlaceId};
use flate2::read::GzDecoder;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

/// A point on the Earth, in units of 1/100,000 degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Positive north of the equator.
    pub latitude: i32,
    /// Positive east of Greenwich.
    pub longitude: i32,
}

/// A town of the gazetteer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub id: PlaceId,
    /// The main name, in Latin letters.
    pub name: String,
    /// The first-level region; empty when GeoNames has none.
    pub region: String,
    pub country: Country,
    pub at: Point,
}

impl Place {
    /// Converts the place into the API's view.
    pub fn view(&self) -> PlaceView {
        PlaceView { id: self.id, name: self.name.clone(), region: self.region.clone(), country: self.country }
    }

    /// Converts the place into the view with its position.
    pub fn located(&self) -> LocatedPlace {
        LocatedPlace { place: self.view(), latitude: self.at.latitude, longitude: self.at.longitude }
    }
}

/// An entry of the gazetteer: a town with its search keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub place: Place,
    /// The number of inhabitants, by which search results are ranked.
    pub population: i64,
    /// The normalised forms of all names, without duplicates, and true for those of the main name.
    pub keys: Vec<(String, bool)>,
}

/// A place that has a name, as an address has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namesake {
    pub place: Place,
    pub population: i64,
    /// True if it is the main name of the place, false for an alternate.
    pub is_main: bool,
}

/// A gazetteer file: gzip, one place per line, as described in `data/README.md`.
#[derive(Debug, Clone)]
pub struct Gazetteer(Cow<'static, [u8]>);

impl Gazetteer {
    /// The file built into the program.
    pub const BUILT_IN: Self = Self(Cow::Borrowed(include_bytes!("../data/places.tsv.gz")));

    /// Creates a gazetteer from the bytes of another file.
    pub fn from_bytes(compressed: Vec<u8>) -> Self {
        Self(Cow::Owned(compressed))
    }

    /// Returns a version that identifies the file and the keys of its names.
    pub fn version(&self) -> String {
        // Checksum and length at the end of gzip data: no need to read the whole file at each start.
        let trailer: String = self.0.iter().rev().take(8).rev().map(|byte| format!("{byte:02x}")).collect();
        format!("{trailer}-{}", name_normalisation::VERSION)
    }

    /// Reads the entries lazily. Those of one country are adjacent.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, StoreError>> + Send {
        BufReader::with_capacity(1 << 16, GzDecoder::new(&*self.0)).lines().enumerate().map(|(index, line)| {
            let fault = |cause: &str| StoreError::Fault(format!("line {} of the gazetteer: {cause}", index + 1));
            let line = line.map_err(|error| fault(&error.to_string()))?;
            entry(&line).ok_or_else(|| fault("malformed entry"))
        })
    }
}

fn entry(line: &str) -> Option<Entry> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [id, name, country, region, latitude, longitude, population, alternates] = fields[..] else { return None };
    let place = Place {
        id: PlaceId(id.parse().ok()?),
        name: name.to_owned(),
        region: region.to_owned(),
        country: country.parse().ok()?,
        at: Point { latitude: latitude.parse().ok()?, longitude: longitude.parse().ok()? },
    };
    // Different names of a town often have the same normalised form.
    let mut keys = BTreeMap::new();
    // Towns with two official languages have both names: `Donostia / San Sebastián`.
    let main = std::iter::once(name).chain(name.split(" / ")).map(|name| (name, true));
    let names = main.chain(alternates.split('|').map(|name| (name, false)));
    for (name, is_main) in names {
        for key in name_normalisation::keys(name) {
            for variant in name_variants::variants(&key, place.country) {
                *keys.entry(variant).or_default() |= is_main;
            }
            *keys.entry(key).or_default() |= is_main;
        }
    }
    Some(Entry { place, population: population.parse().ok()?, keys: keys.into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_the_keys_of_all_names() {
        let line = "2886242\tKöln\tDE\tNorth Rhine-Westphalia\t5093333\t695000\t1024621\tCologne|Кельн";
        let entry = entry(line).unwrap();
        assert_eq!(entry.place.id, PlaceId(2_886_242));
        assert_eq!(entry.place.at, Point { latitude: 5_093_333, longitude: 695_000 });
        assert_eq!(entry.population, 1_024_621);
        let keys: Vec<_> = entry.keys.iter().map(|(key, is_main)| (key.as_str(), *is_main)).collect();
        assert_eq!(keys, [("cologne", false), ("keln", false), ("koeln", true), ("koln", true)]);
    }

    #[test]
    fn a_malformed_line_is_rejected() {
        assert_eq!(entry("2886242\tKöln\tDE"), None);
        assert_eq!(entry("x\tKöln\tDE\t\t1\t2\t3\t"), None);
    }

    #[test]
    fn the_built_in_gazetteer_is_readable() {
        let entries: Result<Vec<Entry>, StoreError> = Gazetteer::BUILT_IN.entries().collect();
        let entries = entries.unwrap();
        assert_eq!(entries.len(), 69_472);
        assert!(entries.iter().all(|entry| !entry.keys.is_empty() && !entry.place.name.is_empty()));
        assert!(entries.is_sorted_by(|a, b| a.place.country <= b.place.country));
    }
}
