//! Places: towns from GeoNames, and the file they come in.

use crate::folding;
use chassis::StoreError;
use contracts::shipping::PlaceView;
use contracts::{Country, PlaceId};
use flate2::read::GzDecoder;
use std::borrow::Cow;
use std::io::{BufRead, BufReader};

/// A point on the Earth, in hundred-thousandths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// North of the equator.
    pub latitude: i32,
    /// East of Greenwich.
    pub longitude: i32,
}

/// A town.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// GeoNames id.
    pub id: PlaceId,
    /// Its main name.
    pub name: String,
    /// Its region; empty when it has none.
    pub region: String,
    /// Its country.
    pub country: Country,
    /// Where it lies.
    pub at: Point,
}

impl Place {
    /// The place as others see it.
    pub fn view(&self) -> PlaceView {
        PlaceView { id: self.id, name: self.name.clone(), region: self.region.clone(), country: self.country }
    }
}

/// A town with what it is found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The town.
    pub place: Place,
    /// How many live there: the larger ones are found first.
    pub population: i64,
    /// The folded forms of all its names, each once.
    pub keys: Vec<String>,
}

/// A file of places, as described in `data/README.md`: gzip, one place a line.
#[derive(Debug, Clone)]
pub struct Gazetteer(Cow<'static, [u8]>);

impl Gazetteer {
    /// The file that the program carries.
    pub const BUILT_IN: Self = Self(Cow::Borrowed(include_bytes!("../data/places.tsv.gz")));

    /// Another file.
    pub fn of(compressed: Vec<u8>) -> Self {
        Self(Cow::Owned(compressed))
    }

    /// Tells this file, folded in this way, from others: the checksum and the length that gzip ends with. Reading it
    /// touches nothing else of the file.
    pub fn version(&self) -> String {
        let trailer: String = self.0.iter().rev().take(8).rev().map(|byte| format!("{byte:02x}")).collect();
        format!("{trailer}-{}", folding::VERSION)
    }

    /// The places, read as they are asked for. Those of one country follow each other.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, StoreError>> + Send {
        BufReader::with_capacity(1 << 16, GzDecoder::new(&*self.0)).lines().enumerate().map(|(index, line)| {
            let fault = |cause: &str| StoreError::Fault(format!("line {} of the places: {cause}", index + 1));
            let line = line.map_err(|error| fault(&error.to_string()))?;
            entry(&line).ok_or_else(|| fault("is not of the expected form"))
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
    let mut keys: Vec<String> = std::iter::once(name).chain(alternates.split('|')).flat_map(folding::keys).collect();
    keys.sort_unstable();
    keys.dedup();
    Some(Entry { place, population: population.parse().ok()?, keys })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_place_with_the_keys_of_all_its_names() {
        let line = "2886242\tKöln\tDE\tNorth Rhine-Westphalia\t5093333\t695000\t1024621\tCologne|Кельн";
        let entry = entry(line).unwrap();
        assert_eq!(entry.place.id, PlaceId(2_886_242));
        assert_eq!(entry.place.at, Point { latitude: 5_093_333, longitude: 695_000 });
        assert_eq!(entry.population, 1_024_621);
        assert_eq!(entry.keys, ["cologne", "keln", "koeln", "koln"]);
    }

    #[test]
    fn a_broken_line_is_refused() {
        assert_eq!(entry("2886242\tKöln\tDE"), None);
        assert_eq!(entry("x\tKöln\tDE\t\t1\t2\t3\t"), None);
    }

    #[test]
    fn the_built_in_file_can_be_read_to_its_end() {
        let entries: Result<Vec<Entry>, StoreError> = Gazetteer::BUILT_IN.entries().collect();
        let entries = entries.unwrap();
        assert_eq!(entries.len(), 69_472);
        assert!(entries.iter().all(|entry| !entry.keys.is_empty() && !entry.place.name.is_empty()));
        assert!(entries.is_sorted_by(|a, b| a.place.country <= b.place.country));
    }
}
