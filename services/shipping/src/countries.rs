//! The countries of ISO 3166-1: names and continents.

use crate::folding;
use contracts::Country;
use std::collections::HashMap;

/// A country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountryEntry {
    /// Its code.
    pub code: Country,
    /// Its English name.
    pub name: &'static str,
    /// The code of its continent: `AF AN AS EU NA OC SA`.
    pub continent: &'static str,
}

/// All countries.
#[derive(Debug, Clone)]
pub struct Countries {
    by_name: Vec<CountryEntry>,
    by_code: HashMap<Country, CountryEntry>,
}

impl Countries {
    /// The countries that the program knows.
    pub fn built_in() -> Self {
        let mut by_name: Vec<CountryEntry> = include_str!("../data/countries.tsv").lines().filter_map(read).collect();
        by_name.sort_by_cached_key(|country| folding::keys(country.name));
        let by_code = by_name.iter().map(|country| (country.code, *country)).collect();
        Self { by_name, by_code }
    }

    /// All of them, by name.
    pub fn all(&self) -> &[CountryEntry] {
        &self.by_name
    }

    /// The country with this code.
    pub fn find(&self, code: Country) -> Option<&CountryEntry> {
        self.by_code.get(&code)
    }

    /// Its name; its code when it is unknown.
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
    fn every_country_is_known_and_they_are_in_the_order_of_their_names() {
        let countries = Countries::built_in();
        assert_eq!(countries.all().len(), 250);
        assert_eq!(countries.name("DE".parse().unwrap()), "Germany");
        assert_eq!(countries.find("DE".parse().unwrap()).unwrap().continent, "EU");
        assert_eq!(countries.name("ZZ".parse().unwrap()), "ZZ");
        let position = |code: &str| countries.all().iter().position(|country| country.code.code() == code).unwrap();
        assert!(position("AX") < position("AL"), "Åland Islands stand before Albania");
        assert!(position("AF") < position("AX"));
    }
}
