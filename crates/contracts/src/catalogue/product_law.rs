//! The data that consumer law wants with a product: exceptions from the right of withdrawal, and who answers for its safety.

use crate::{MultilineText, SingleLineText};
use chassis::config::UnknownValue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The reason why consumers cannot withdraw from the purchase of a product, or only while it is sealed (Directive 2011/83/EU,
/// article 16).
///
/// - `made_to_order`: made to the consumer's specifications, or clearly personalised; letter (c)
/// - `perishable`: liable to deteriorate or expire rapidly; letter (d)
/// - `periodical`: a newspaper, periodical or magazine; letter (j)
/// - `sealed_hygiene`: sealed for reasons of health protection or hygiene; no withdrawal once unsealed; letter (e)
/// - `sealed_recording`: a sealed audio or video recording or software; no withdrawal once unsealed; letter (i)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawalException {
    /// Made to the consumer's specifications, or clearly personalised.
    MadeToOrder,
    /// Liable to deteriorate or expire rapidly.
    Perishable,
    /// A newspaper, periodical or magazine.
    Periodical,
    /// Sealed for reasons of health protection or hygiene.
    SealedHygiene,
    /// A sealed audio or video recording or software.
    SealedRecording,
}

impl WithdrawalException {
    /// All exceptions, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::MadeToOrder, Self::Perishable, Self::Periodical, Self::SealedHygiene, Self::SealedRecording];

    /// Returns the name in the API, in stores and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MadeToOrder => "made_to_order",
            Self::Perishable => "perishable",
            Self::Periodical => "periodical",
            Self::SealedHygiene => "sealed_hygiene",
            Self::SealedRecording => "sealed_recording",
        }
    }

    /// Returns true if there is no right of withdrawal. What is sealed has one until the consumer breaks the seal, which only
    /// the merchant can find out.
    pub const fn excludes_withdrawal(self) -> bool {
        matches!(self, Self::MadeToOrder | Self::Perishable | Self::Periodical)
    }
}

impl std::str::FromStr for WithdrawalException {
    type Err = UnknownValue;

    fn from_str(name: &str) -> Result<Self, UnknownValue> {
        // Merchants type the names in files.
        let known = Self::ALL.into_iter().find(|exception| exception.as_str().eq_ignore_ascii_case(name));
        known.ok_or_else(|| {
            let expected = "made_to_order, perishable, periodical, sealed_hygiene or sealed_recording";
            UnknownValue::new(name, expected)
        })
    }
}

/// The safety information of a product, which its offer has to show (Regulation (EU) 2023/988 on general product safety,
/// article 19).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductSafety {
    /// The manufacturer; null, the default, when it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<EconomicOperator>,
    /// The responsible person in the Union of a manufacturer elsewhere; null, the default, for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible_person: Option<EconomicOperator>,
    /// Warnings and safety information, up to 5,000 characters. Default: empty.
    #[serde(default)]
    pub warnings: MultilineText<5000>,
}

impl ProductSafety {
    /// Returns true if there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.manufacturer.is_none() && self.responsible_person.is_none() && self.warnings.as_str().is_empty()
    }
}

/// A company that answers for the safety of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Nordlicht Keramik GmbH", "address": "Hafenstr. 1\n20095 Hamburg\nGermany", "contact": "safety@nordlicht.example"
}))]
pub struct EconomicOperator {
    /// The name or registered trade name, 1 to 255 characters.
    pub name: SingleLineText<255>,
    /// The postal address, up to 500 characters. Default: empty.
    #[serde(default)]
    pub address: MultilineText<500>,
    /// The electronic address, such as an email address or a web page, up to 255 characters. Default: empty.
    #[serde(default)]
    // A single line must not be empty, but an electronic address may be missing.
    pub contact: MultilineText<255>,
}
