//! The check of new addresses.

use super::rules::{self, AddressFieldName, CountryRules, RegionRules, fold};
use super::{Address, Country, Destination, postal_code};
use crate::shipping::PlaceView;
use crate::text::SingleLineText;
use chassis::problem::INVALID;
use chassis::{Problem, problem::FieldError};

/// Codes that people write, and what stands for them in ISO 3166-1.
const REPLACED: [(&str, &str); 13] = [
    ("UK", "Use GB for the United Kingdom."),
    ("EU", "Use the code of the member state, such as DE."),
    ("AN", "Use BQ, CW or SX for the former Netherlands Antilles."),
    ("SU", "Use RU or the code of the successor state."),
    ("TP", "Use TL for Timor-Leste."),
    ("FX", "Use FR for France."),
    ("DD", "Use DE for Germany."),
    ("YU", "Use RS or the code of the successor state."),
    ("CS", "Use RS, ME, CZ or SK."),
    ("ZR", "Use CD for the Democratic Republic of the Congo."),
    ("BU", "Use MM for Myanmar."),
    ("AC", "Use SH for Saint Helena, Ascension and Tristan da Cunha."),
    ("TA", "Use SH for Saint Helena, Ascension and Tristan da Cunha."),
];

/// Returns what to tell about a code that is not assigned.
pub fn explain_unknown(country: Country) -> String {
    let advice = REPLACED.iter().find(|(code, _)| *code == country.code()).map(|(_, advice)| *advice);
    let advice = advice.unwrap_or("Use an alpha-2 code of ISO 3166-1, such as DE.");
    format!("{country} is not the code of a country. {advice}")
}

impl Address {
    /// Checks a new address by the rules of its country, and returns it in the form in which it is stored. `base` is the
    /// JSON pointer of the address in the request. An accepted address is accepted again and stays as it is.
    ///
    /// # Errors
    /// 422 with a pointer to each invalid field.
    pub fn accepted(self, base: &str) -> Result<Self, Problem> {
        let Destination { country, region, city, postal_code } = self.destination().accepted(base)?;
        Ok(Self { country, region, city, postal_code, ..self })
    }
}

impl Destination {
    /// Checks the fields of a new address that decide on the price of delivery, as [`Address::accepted`] does.
    ///
    /// # Errors
    /// 422 with a pointer to each invalid field.
    pub fn accepted(mut self, base: &str) -> Result<Self, Problem> {
        let errors = match rules::of(self.country) {
            Some(rules) => self.normalise(rules),
            None => vec![error("country", explain_unknown(self.country))],
        };
        if errors.is_empty() {
            return Ok(self);
        }
        let problem = INVALID.detail("Some of the address is invalid; see errors.");
        Err(errors.into_iter().fold(problem, |problem, FieldError { pointer, detail }| {
            problem.field(format!("{base}/{pointer}"), detail)
        }))
    }

    fn normalise(&mut self, rules: &CountryRules) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let is_missing = |destination: &Self, name| match name {
            AddressFieldName::City => destination.city.is_none(),
            AddressFieldName::Region => destination.region.is_none(),
            AddressFieldName::PostalCode => destination.postal_code.is_none(),
        };
        for field in rules.fields.iter().filter(|field| field.required && is_missing(self, field.name)) {
            let verb =
                if field.name == AddressFieldName::Region && !rules.regions.is_empty() { "Choose" } else { "Enter" };
            errors.push(error(field.name.as_str(), format!("{verb} {}.", with_article(&field.label))));
        }
        let region = self.region.as_ref().map(|text| (rules.region(text.as_str()), text.as_str().to_owned()));
        match &region {
            Some((Some(region), _)) => self.region = region.code.parse().ok(),
            Some((None, text)) => errors.extend(unknown_region(rules, text)),
            None => {}
        }
        if let Some(text) = &self.postal_code {
            match postal_code::normalise(rules, text.as_str()).and_then(|code| code.parse::<SingleLineText<20>>().ok())
            {
                Some(code) => {
                    let known = region.and_then(|(region, _)| region);
                    errors.extend(known.and_then(|region| wrong_region(rules, region, code.as_str())));
                    self.postal_code = Some(code);
                }
                None => errors.push(error("postal_code", invalid_postal_code(rules))),
            }
        }
        errors
    }

    /// Returns the destination of a place that was chosen without an address: only its country, region and name are known.
    pub fn of_place(place: &PlaceView) -> Self {
        let region = rules::of(place.country).and_then(|rules| rules.region(&place.region));
        Self {
            country: place.country,
            region: region.and_then(|region| region.code.parse().ok()),
            city: place.name.parse().ok(),
            postal_code: None,
        }
    }

    /// Returns fields of an address in this place that are accepted, with examples for those that a place does not tell: for
    /// orders of programs without an address of their own.
    pub fn example(place: &PlaceView) -> Self {
        let mut example = Self::of_place(place);
        let Some(rules) = rules::of(place.country) else { return example };
        let needs_region = rules.field(AddressFieldName::Region).is_some_and(|field| field.required);
        if example.region.is_none() && needs_region {
            let listed = rules.regions.first().map(|region| region.code.as_str());
            let free = Some(place.region.as_str()).filter(|region| !region.is_empty());
            example.region = listed.or(free).unwrap_or(&place.name).parse().ok();
        }
        let code = rules.example_postal_code(example.region.as_ref().map(SingleLineText::as_str));
        example.postal_code = code.and_then(|code| code.parse().ok());
        example
    }

    /// Returns the fields in which an address differs from this destination. Case and accents of cities do not count.
    pub fn differences(&self, address: &Self) -> Vec<&'static str> {
        let key = |text: &Option<SingleLineText<120>>| text.as_ref().map(|text| fold(text.as_str()));
        let same = [
            ("country", self.country == address.country),
            ("region", key(&self.region) == key(&address.region)),
            ("city", key(&self.city) == key(&address.city)),
            ("postal_code", self.postal_code == address.postal_code),
        ];
        same.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
    }

    /// Returns the fields in which an address contradicts this destination of a place, of which fields may be unknown.
    pub fn known_differences(&self, address: &Self) -> Vec<&'static str> {
        let is_known = |name: &&str| match *name {
            "region" => self.region.is_some() && address.region.is_some(),
            "postal_code" => self.postal_code.is_some(),
            _ => true,
        };
        self.differences(address).into_iter().filter(is_known).collect()
    }
}

fn error(field: &str, detail: String) -> FieldError {
    FieldError { pointer: field.to_owned(), detail }
}

/// Returns an error for a region that is not in the list of a country that requires one of it.
fn unknown_region(rules: &CountryRules, text: &str) -> Option<FieldError> {
    let field = rules.field(AddressFieldName::Region).filter(|field| field.required)?;
    let example = rules.regions.first()?;
    let code = if example.code == example.name { String::new() } else { format!(" ({})", example.code) };
    let (label, name) = (with_article(&field.label), &example.name);
    Some(error("region", format!("\"{text}\" is not in the list. Choose {label}, such as {name}{code}.")))
}

fn wrong_region(rules: &CountryRules, region: &RegionRules, code: &str) -> Option<FieldError> {
    if region.has_postal_code(code) != Some(false) {
        return None;
    }
    let label = rules.field(AddressFieldName::PostalCode).map_or("postal code", |field| field.label.as_str());
    let place =
        rules.region_of_postal_code(code).map_or_else(String::new, |other| format!(" is in {} and", other.name));
    Some(error("postal_code", format!("{label} {code}{place} is not in {}. Check both.", region.name)))
}

fn invalid_postal_code(rules: &CountryRules) -> String {
    let label = rules.field(AddressFieldName::PostalCode).map_or("Postal code", |field| field.label.as_str());
    let Some(example) = rules.examples.first() else { return format!("Enter {}.", with_article(label)) };
    let digits = example.chars().all(|letter| letter.is_ascii_digit()).then_some(example.len());
    let length = match digits {
        Some(3) => " of three digits,",
        Some(4) => " of four digits,",
        Some(5) => " of five digits,",
        Some(6) => " of six digits,",
        Some(7) => " of seven digits,",
        _ => "",
    };
    format!("Enter {}{length} such as {example}.", with_article(label))
}

/// Puts the article before a label within a sentence.
fn with_article(label: &str) -> String {
    let is_proper = label == "Eircode" || label.chars().nth(1).is_some_and(char::is_uppercase);
    let noun = if is_proper { label.to_owned() } else { label.to_lowercase() };
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
    format!("{article} {noun}")
}
