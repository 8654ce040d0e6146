//! Stock keeping units and quantities.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A stock keeping unit: the identifier of one variant of a product, 1 to 255 printable characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 255, example = "MUG-BLUE-330")]
pub struct Sku(String);

impl Sku {
    /// The largest number of characters in a SKU.
    pub const MAX_LENGTH: usize = 255;

    /// Returns the SKU as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to 255 printable characters")]
pub struct InvalidSku;

impl std::str::FromStr for Sku {
    type Err = InvalidSku;

    fn from_str(text: &str) -> Result<Self, InvalidSku> {
        let text = text.trim();
        if !(1..=Self::MAX_LENGTH).contains(&text.chars().count()) || text.chars().any(char::is_control) {
            return Err(InvalidSku);
        }
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Display for Sku {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sku {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A number of units of one SKU, from 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = u32, minimum = 1, maximum = 9999, example = 2)]
pub struct Quantity(u32);

impl Quantity {
    /// The largest quantity of one line.
    // Catalogue derives its highest price from this bound, so that no sum of a cart can overflow.
    pub const MAX: u32 = 9999;
    /// The smallest quantity, one unit.
    pub const ONE: Self = Self(1);

    /// Creates a quantity, or returns `None` when the number is not in 1 to [`Self::MAX`].
    pub const fn new(number: u32) -> Option<Self> {
        if number >= 1 && number <= Self::MAX { Some(Self(number)) } else { None }
    }

    /// Returns the number of units.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the number of units as a signed integer, for calculations with stock and money.
    pub fn signed(self) -> i64 {
        self.0.into()
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Read as i64, so that a negative number is reported with the allowed range, not with a Rust type.
        let number = i64::deserialize(deserializer)?;
        u32::try_from(number)
            .ok()
            .and_then(Self::new)
            .ok_or_else(|| serde::de::Error::custom("must be a whole number from 1 to 9999"))
    }
}
