//! The countries of ISO 3166-1: names and continents.

use crate::name_normalisation;
use contracts::Country;
use std::collections::HashMap;

/// A country of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountryEntry {
    pub code: Country,
    /// The English short name.
    pub name: &'static str,
    /// The continent: `AF`, `AN`, `AS`, `EU`, `NA`, `OC` or `SA`.
    pub continent: &'static str,
}

/// The countries of ISO 3166-1, and Kosovo.
#[derive(Debug, Clone)]
pub struct Countries {
    by_name: Vec<CountryEntry>,
    by_code: HashMap<Country, CountryEntry>,
}

impl Countries {
    /// Reads the countries built into the program.
    pub fn built_in() -> Self {
        let mut by_name: Vec<CountryEntry> = include_str!("../data/countries.tsv").lines().filter_map(read).collect();
        // By normalised name, so that Åland is sorted under A.
        by_name.sort_by_cached_key(|country| name_normalisation::keys(country.name));
        let by_code = by_name.iter().map(|country| (country.code, *country)).collect();
        Self { by_name, by_code }
    }

    /// Returns all countries, sorted by name.
    pub fn all(&self) -> &[CountryEntry] {
        &self.by_name
    }

    /// Finds a country by its code.
    pub fn find(&self, code: Country) -> Option<&CountryEntry> {
        self.by_code.get(&code)
    }

    /// Returns the name of a country, or the code when it is unknown.
    pub fn name(&self, code: Country) -> String {
        self.find(code).map_or_else(|| code.to_string(), |country| country.name.to_owned())
    }
}

fn read(line: &'static str) -> Option<CountryEntry> {
    let mut fields = line.split('\t');
    let (code, _, name, continent) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(CountryEntry { code: code.parse().ok()?, name, continent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_countries_are_built_in_and_sorted_by_name() {
        let countries = Countries::built_in();
        assert_eq!(countries.all().len(), 250);
        assert_eq!(countries.name("DE".parse().unwrap()), "Germany");
        assert_eq!(countries.find("DE".parse().unwrap()).unwrap().continent, "EU");
        assert_eq!(countries.name("ZZ".parse().unwrap()), "ZZ");
        let position = |code: &str| countries.all().iter().position(|country| country.code.code() == code).unwrap();
        assert!(position("AX") < position("AL"), "accents do not affect the order");
        assert!(position("AF") < position("AX"));
    }
}
