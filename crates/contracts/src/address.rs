//! Postal addresses and countries.
//!
//! Types read whatever was stored once. A new address is checked by [`Address::accepted`], and the part that decides on the
//! price of delivery by [`Destination::accepted`]; nothing else checks addresses.

mod acceptance;
mod lines;
mod postal_code;
pub mod rules;

pub use acceptance::explain_unknown;

use crate::text::SingleLineText;
use rules::CountryRules;
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

    /// Returns the rules for addresses; `None` if the code is not assigned by ISO 3166-1.
    pub fn rules(&self) -> Option<&'static CountryRules> {
        rules::of(*self)
    }
}

/// The text is not a country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 3166-1 alpha-2 country code, two capital letters such as DE")]
pub struct InvalidCountry;

impl std::str::FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, InvalidCountry> {
        // Only the form is checked here: a stored code stays readable when ISO withdraws it.
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

/// A postal address for delivery. The fields that a country uses and requires are listed by
/// `GET /api/v1/shipping/address-rules/{country}`.
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
    /// The city or town, up to 120 characters; absent in countries whose addresses have none, such as Singapore.
    #[serde(default, deserialize_with = "optional_line", skip_serializing_if = "Option::is_none")]
    pub city: Option<SingleLineText<120>>,
    /// The state or province, up to 120 characters; absent in countries without one. In countries with a list of regions
    /// either code or name is accepted, and the code is returned.
    #[serde(default, deserialize_with = "optional_line", skip_serializing_if = "Option::is_none")]
    pub region: Option<SingleLineText<120>>,
    /// The postal code, up to 20 characters; absent in countries without postal codes. It is returned in its usual form,
    /// such as `SW1A 1AA`.
    #[serde(default, deserialize_with = "optional_line", skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<SingleLineText<20>>,
    /// The country of the address (ISO 3166-1 alpha-2).
    pub country: Country,
    /// A phone number for the carrier, up to 32 characters; absent when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<SingleLineText<32>>,
}

/// The part of an address that decides on the price of delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "country": "DE", "city": "Hamburg", "postal_code": "20095" }))]
pub struct Destination {
    /// The country of the address (ISO 3166-1 alpha-2).
    pub country: Country,
    /// The state or province of the address; absent in countries without one.
    #[serde(default, deserialize_with = "optional_line", skip_serializing_if = "Option::is_none")]
    pub region: Option<SingleLineText<120>>,
    /// The city or town of the address; absent in countries whose addresses have none.
    #[serde(default, deserialize_with = "optional_line", skip_serializing_if = "Option::is_none")]
    pub city: Option<SingleLineText<120>>,
    /// The postal code of the address; absent in countries without postal codes.
    #[serde(default, deserialize_with = "optional_line", skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<SingleLineText<20>>,
}

impl Address {
    /// Returns the part that decides on the price of delivery.
    pub fn destination(&self) -> Destination {
        Destination {
            country: self.country,
            region: self.region.clone(),
            city: self.city.clone(),
            postal_code: self.postal_code.clone(),
        }
    }
}

/// Reads a text that may be missing. An earlier version required all fields, so people wrote `-` for none.
fn optional_line<'de, D: Deserializer<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Option<SingleLineText<MAX>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    match text.as_deref().map(str::trim) {
        None | Some("" | "-") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}
