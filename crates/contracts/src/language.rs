//! The languages that the shop speaks to its customers.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;
use utoipa::{IntoParams, ToSchema};

/// A language of the storefront and of emails (ISO 639-1).
///
/// - `en`: English
/// - `de`: German
/// - `fr`: French
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English, the language of texts that are not translated.
    #[default]
    En,
    /// German, with formal address.
    De,
    /// French, with formal address.
    Fr,
}

/// The language of a response.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LanguageParameter {
    /// The language of texts from the catalogue, `en`, `de` or `fr`; that of the shop by default. Texts without a translation
    /// are in the shop's language
    #[param(inline)]
    pub language: Option<Language>,
}

/// The text names no language of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be en, de or fr")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.iter().find(|language| language.as_str() == text).copied().ok_or(UnknownLanguage)
    }
}

impl Language {
    /// The languages in the order in which a visitor chooses among them.
    pub const ALL: &[Self] = &[Self::En, Self::De, Self::Fr];

    /// Returns the code of the language (ISO 639-1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }

    /// Returns the text in this language, or else in that of the shop, or else in any.
    pub fn select<T>(self, texts: &BTreeMap<Self, T>, of_shop: Self) -> Option<&T> {
        texts.get(&self).or_else(|| texts.get(&of_shop)).or_else(|| texts.values().next())
    }

    /// Returns the language of a locale such as `de-AT`; `None` if the shop does not speak it.
    pub fn of_locale(locale: &str) -> Option<Self> {
        locale.split(['-', '_']).next()?.trim().to_ascii_lowercase().parse().ok()
    }

    /// Returns the language that an `Accept-Language` header (RFC 9110, section 12.5.4) prefers among those of the shop.
    pub fn preferred(header: &str) -> Option<Self> {
        let ranked = header.split(',').filter_map(|part| {
            let (range, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight =
                parameters.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.trim().parse::<f32>().ok())?;
            Some((Self::of_locale(range)?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // The first of equal weights, as browsers list them in the order of preference.
        ranked
            .fold(None, |best: Option<(Self, f32)>, one| best.filter(|best| best.1 >= one.1).or(Some(one)))
            .map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_language_is_the_first_of_the_highest_weight() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::De)),
            ("en-GB,fr;q=0.9", Some(Language::En)),
            ("ja,fr;q=0.3,de;q=0.5", Some(Language::De)),
            ("fr, de", Some(Language::Fr)),
            ("de;q=0, fr;q=0.1", Some(Language::Fr)),
            ("ja", None),
            ("*", None),
            ("", None),
            ("de;q=x", None),
        ] {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
    }

    #[test]
    fn a_locale_has_the_language_of_its_first_part() {
        assert_eq!(Language::of_locale("de_CH"), Some(Language::De));
        assert_eq!(Language::of_locale("FR"), Some(Language::Fr));
        assert_eq!(Language::of_locale("nl-NL"), None);
    }
}
