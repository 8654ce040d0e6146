//! Postal addresses.

use crate::text::SingleLineText;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A country, by its ISO 3166-1 alpha-2 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = String, pattern = "^[A-Z]{2}$", example = "DE")]
pub struct Country([u8; 2]);

impl Country {
    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl std::str::FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Ok(Self([*a, *b])),
            _ => Err("is not a country code of ISO 3166, two capital letters such as DE".to_owned()),
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

/// Where something is sent, or who pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Who receives it.
    pub name: SingleLineText<120>,
    /// Street and number.
    pub line1: SingleLineText<120>,
    /// What else is needed to find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<SingleLineText<120>>,
    /// Town.
    pub city: SingleLineText<120>,
    /// State or province, where addresses carry one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<SingleLineText<120>>,
    /// Postal code; "-" where there is none.
    pub postal_code: SingleLineText<20>,
    /// Country.
    pub country: Country,
    /// For the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<SingleLineText<32>>,
}
