//! Postal addresses and countries.

use crate::text::SingleLineText;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A country as an ISO 3166-1 alpha-2 code: two capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Z]{2}$", example = "DE")]
pub struct Country([u8; 2]);

impl Country {
    /// Returns the two-letter ISO 3166-1 code.
    pub fn code(&self) -> &str {
        // Both bytes are ASCII letters by construction, so the fallback is never returned.
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

/// The text is not a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 3166-1 alpha-2 country code, two capital letters such as DE")]
pub struct InvalidCountry;

impl std::str::FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        // Only the form is checked here: which codes exist is known to shipping, whose data can be newer.
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([*a, *b])),
            _ => Err(InvalidCountry),
        }
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A postal address for delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Greta Holm",
    "line1": "Lindenweg 7",
    "city": "Hamburg",
    "postal_code": "20095",
    "country": "DE",
    "phone": "+49 40 5550123"
}))]
pub struct Address {
    /// The full name of the recipient, 1 to 120 characters.
    pub name: SingleLineText<120>,
    /// The street and house number, 1 to 120 characters.
    pub line1: SingleLineText<120>,
    /// Additional details such as floor or company, up to 120 characters; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<SingleLineText<120>>,
    /// The city or town, 1 to 120 characters.
    pub city: SingleLineText<120>,
    /// The state or province, up to 120 characters; absent in countries without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<SingleLineText<120>>,
    /// The postal code, 1 to 20 characters; `-` in countries without postal codes.
    pub postal_code: SingleLineText<20>,
    /// The country of the address (ISO 3166-1 alpha-2).
    pub country: Country,
    /// A phone number for the carrier, up to 32 characters; absent when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<SingleLineText<32>>,
}
