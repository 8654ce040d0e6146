//! Texts of products and categories in other languages than the shop's own.

use crate::{Language, MultilineText, SingleLineText};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A short text of a product: the name or a value of an option, a tag, or the alternative text of an image; 1 to 500
/// characters.
pub type ShortText = SingleLineText<500>;

/// The texts of a product in another language. What is left out is shown in the shop's own language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "title": "Fjord-Becher",
    "description_html": "<p>Ein Becher aus Steinzeug, der Kaffee warm hält.</p>",
    "texts": { "Colour": "Farbe", "Blue": "Blau", "Sand": "Sand", "A blue mug on a wooden table": "Ein blauer Becher auf einem Holztisch" }
}))]
pub struct ProductTranslation {
    /// The title, 1 to 255 characters; null, the default, for that of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<SingleLineText<255>>,
    /// The description as HTML, up to 65535 characters. Default: empty, for that of the product.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub description_html: MultilineText<65535>,
    /// The title for search engines, up to 255 characters; null, the default, for the title in this language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seo_title: Option<SingleLineText<255>>,
    /// The description for search engines, up to 1000 characters. Default: empty, for the description in this language.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub seo_description: MultilineText<1000>,
    /// The warnings and safety information, up to 5,000 characters. Default: empty, for those of the product.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub safety_warnings: MultilineText<5000>,
    /// The short texts by those of the product: names and values of its options, tags, and alternative texts of its images, at
    /// most 65535 characters as JSON. The values of an option must have different translations. Default: empty.
    // By text and not by position, so that a translation stays right when values are added or sorted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = std::collections::HashMap<String, String>)]
    pub texts: BTreeMap<ShortText, ShortText>,
}

impl ProductTranslation {
    /// Returns true if nothing is translated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The texts of a category in another language. What is left out is shown in the shop's own language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Becher", "description": "Handgedrehte Becher für Kaffee und Tee." }))]
pub struct CategoryTranslation {
    /// The name, 1 to 120 characters; null, the default, for that of the category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SingleLineText<120>>,
    /// The description as plain text, up to 2000 characters. Default: empty, for that of the category.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub description: MultilineText<2000>,
}

/// The translations of a product by language.
pub type ProductTranslations = BTreeMap<Language, ProductTranslation>;

/// The translations of a category by language.
pub type CategoryTranslations = BTreeMap<Language, CategoryTranslation>;

// A text of several lines may be empty, which says that there is none.
fn is_empty<const MAX: usize>(text: &MultilineText<MAX>) -> bool {
    text.as_str().is_empty()
}
