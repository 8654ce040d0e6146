//! The rules of addresses by country, from `data/addresses.json`.

use super::Country;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

/// A field of an address whose use depends on the country.
///
/// - `city`: the city or town
/// - `region`: the state or province
/// - `postal_code`: the postal code
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressFieldName {
    /// The city or town of the address.
    City,
    /// The state or province of the address.
    Region,
    /// The postal code of the address.
    PostalCode,
}

impl AddressFieldName {
    /// Returns the name of the member of an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::Region => "region",
            Self::PostalCode => "postal_code",
        }
    }
}

/// A region that can be chosen in an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddressRegion {
    /// The form of the region in addresses, such as `CA`.
    pub code: String,
    /// The name of the region for display, such as `California`.
    pub name: String,
}

/// A field of the address form of a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddressField {
    /// The name of the field in an address.
    pub name: AddressFieldName,
    /// The label of the field in English, such as `ZIP code`.
    pub label: String,
    /// True if an address is refused without this field.
    pub required: bool,
    /// An example of a value; absent where none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// A regular expression for the whole value in its usual form; absent where any text is accepted. Other spacing and
    /// case are accepted too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The regions to choose from, sorted by name; absent where any text is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<AddressRegion>,
}

/// The rules for addresses of a country. Each address also has a name and one or two street lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddressRules {
    /// The code of the country (ISO 3166-1 alpha-2).
    pub country: Country,
    /// The English name of the country.
    pub name: String,
    /// The fields below the street lines, in the order of the country. Other fields are not used there.
    pub fields: Vec<AddressField>,
    /// The lines of an address below the street: names of fields in braces, with line breaks.
    #[schema(example = "{city}, {region} {postal_code}")]
    pub format: String,
}

/// The rules of one country as they are in the data.
#[derive(Debug, Deserialize)]
pub struct CountryRules {
    pub(super) code: Country,
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    format: String,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    pub(super) examples: Vec<String>,
    /// Letters that some write before the postal code.
    #[serde(default)]
    pub(super) prefix: Option<String>,
    #[serde(default)]
    pub(super) regions: Vec<RegionRules>,
    /// The compiled pattern, once it was used.
    #[serde(skip)]
    matcher: OnceLock<Option<Regex>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Field {
    pub(super) name: AddressFieldName,
    pub(super) label: String,
    pub(super) required: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct RegionRules {
    pub(super) code: String,
    pub(super) name: String,
    #[serde(default)]
    aliases: Vec<String>,
    /// A regular expression for the beginnings of its postal codes, where a contradiction is refused.
    #[serde(default)]
    postal_codes: Option<String>,
    /// The compiled expression, once it was used.
    #[serde(skip)]
    matcher: OnceLock<Option<Regex>>,
}

static COUNTRIES: LazyLock<BTreeMap<Country, CountryRules>> = LazyLock::new(|| {
    // A test reads the file as well, so a malformed one is not released.
    let rules: Vec<CountryRules> = serde_json::from_str(include_str!("../../data/addresses.json")).unwrap_or_default();
    rules.into_iter().map(|country| (country.code, country)).collect()
});

/// Returns the rules of a country; `None` for a code that is not assigned by ISO 3166-1.
pub fn of(country: Country) -> Option<&'static CountryRules> {
    COUNTRIES.get(&country)
}

/// Returns the rules of all countries, sorted by code.
pub fn all() -> impl Iterator<Item = &'static CountryRules> {
    COUNTRIES.values()
}

impl CountryRules {
    /// Returns the code of the country.
    pub const fn code(&self) -> Country {
        self.code
    }

    /// Returns the English name of the country.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns a valid postal code of a region, for addresses that nobody wrote, such as those of tests; `None` where
    /// addresses have no postal code.
    pub fn example_postal_code(&self, region: Option<&str>) -> Option<String> {
        let example = self.examples.first()?;
        let Some(beginning) = region.and_then(|text| self.region(text)).and_then(RegionRules::matcher) else {
            return Some(example.clone());
        };
        // Tries the codes with zeros at the end, which every region of the data has one of, and then all others.
        let candidates =
            (0..1000).map(|number| format!("{number:03}00")).chain((0..100_000).map(|n| format!("{n:05}")));
        candidates.into_iter().find(|code| beginning.is_match(code))
    }

    /// Returns the lines of an address below the street: names of fields in braces, with line breaks.
    pub(super) fn format(&self) -> &str {
        &self.format
    }

    /// Returns the rules as the API shows them.
    pub fn view(&self) -> AddressRules {
        let field = |field: &Field| {
            let is = |name| field.name == name;
            let regions = self.regions.iter().filter(|_| is(AddressFieldName::Region));
            AddressField {
                name: field.name,
                label: field.label.clone(),
                required: field.required,
                example: self.examples.first().filter(|_| is(AddressFieldName::PostalCode)).cloned(),
                pattern: self.pattern.clone().filter(|_| is(AddressFieldName::PostalCode)),
                regions: regions.map(|one| AddressRegion { code: one.code.clone(), name: one.name.clone() }).collect(),
            }
        };
        AddressRules {
            country: self.code,
            name: self.name.clone(),
            fields: self.fields.iter().map(field).collect(),
            format: self.format.clone(),
        }
    }

    /// Returns all spellings of a region that this text names; only the text where there is no list of regions.
    pub fn spellings_of_region(&self, text: &str) -> Vec<String> {
        match self.region(text) {
            Some(RegionRules { code, name, aliases, .. }) => [name, code].into_iter().chain(aliases).cloned().collect(),
            None => vec![text.to_owned()],
        }
    }

    pub(super) fn field(&self, name: AddressFieldName) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Finds the region that a text names by code, name or another spelling, with or without its kind.
    pub(super) fn region(&self, text: &str) -> Option<&RegionRules> {
        let find = |key: &str| {
            let matches = |spelling: &String| fold(spelling) == key || fold(&without_kind(spelling)) == key;
            // A code is never another region's name, as the generator sees to.
            let known = self.regions.iter().find(|region| fold(&region.code) == key);
            known.or_else(|| {
                self.regions.iter().find(|region| matches(&region.name) || region.aliases.iter().any(matches))
            })
        };
        let (key, short) = (fold(text), fold(&without_kind(text)));
        if key.is_empty() {
            return None;
        }
        find(&key).or_else(|| find(&short).filter(|_| !short.is_empty()))
    }

    /// Returns the region whose postal codes begin like this one; `None` where the data does not tell.
    pub(super) fn region_of_postal_code(&self, code: &str) -> Option<&RegionRules> {
        self.regions.iter().find(|region| region.has_postal_code(code) == Some(true))
    }

    pub(super) const fn has_pattern(&self) -> bool {
        self.pattern.is_some()
    }

    /// Returns true if a postal code in its usual form is valid in the country; false without a pattern.
    pub(super) fn has_postal_code(&self, code: &str) -> bool {
        let Some(pattern) = &self.pattern else { return false };
        let matcher = self.matcher.get_or_init(|| Regex::new(&format!("^(?:{pattern})$")).ok());
        matcher.as_ref().is_some_and(|matcher| matcher.is_match(code))
    }
}

impl RegionRules {
    /// Returns true if the region can have this postal code; `None` where the data does not tell.
    pub(super) fn has_postal_code(&self, code: &str) -> Option<bool> {
        Some(self.matcher()?.is_match(code))
    }

    fn matcher(&self) -> Option<&Regex> {
        let prefixes = self.postal_codes.as_ref()?;
        self.matcher.get_or_init(|| Regex::new(&format!("^(?:{prefixes})")).ok()).as_ref()
    }
}

/// Reduces a text to what all its spellings share: letters and digits without accents, in lower case.
pub(super) fn fold(text: &str) -> String {
    let is_kept = |letter: &char| letter.is_alphanumeric();
    // Lower case first: İ becomes two characters, of which the second is a dot to remove.
    text.to_lowercase().nfkd().filter(is_kept).collect()
}

/// Words for a kind of region, which many leave out or add.
const KINDS: [&str; 14] = [
    "co",
    "county",
    "governorate",
    "state",
    "province",
    "prefecture",
    "emirate",
    "oblast",
    "krai",
    "sheng",
    "shi",
    "do",
    "department",
    "of",
];

fn without_kind(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let rest: Vec<&str> = words.filter(|word| !KINDS.contains(&word.to_lowercase().as_str())).collect();
    rest.join(" ")
}
