//! The texts of a product in other languages than the shop's own, as they are stored.

use super::{Product, TypedMetafields};
use crate::sanitise;
use contracts::catalogue::{OptionValue, ProductDraft, ProductTranslation, ProductTranslations};
use contracts::{Language, MultilineText, SingleLineText, TextError};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The largest size of the short texts in characters, written as JSON. A metafield of a product file has room for it.
const MAX_TEXTS_SIZE: usize = 65_535;

/// The texts of a product in another language. What is empty is shown in the shop's own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredTranslation {
    /// The language of the texts.
    pub language: Language,
    /// The title shown to customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The description as sanitised HTML.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description_html: String,
    /// The title for search engines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seo_title: Option<String>,
    /// The description for search engines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seo_description: String,
    /// The warnings of the safety information.
    #[serde(default)]
    pub safety_warnings: MultilineText<5000>,
    /// The translated short texts, sorted by the text of the product.
    // A list, because the texts contain dots, which separate the parts of a path in MongoDB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<TranslatedText>,
}

/// A short text of a product with its translation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatedText {
    /// The text in the shop's own language.
    pub text: String,
    /// The text in the other language.
    pub translation: String,
}

impl StoredTranslation {
    fn new(language: Language, draft: ProductTranslation) -> Self {
        Self {
            language,
            title: draft.title.map(SingleLineText::into_string),
            description_html: sanitise::description(draft.description_html.as_str()),
            seo_title: draft.seo_title.map(SingleLineText::into_string),
            seo_description: draft.seo_description.into_string(),
            safety_warnings: draft.safety_warnings,
            texts: draft
                .texts
                .into_iter()
                .map(|(text, translation)| TranslatedText {
                    text: text.into_string(),
                    translation: translation.into_string(),
                })
                .collect(),
        }
    }

    fn draft(self) -> Result<ProductTranslation, TextError> {
        Ok(ProductTranslation {
            title: super::optional_text(self.title.as_deref())?,
            description_html: self.description_html.parse()?,
            seo_title: super::optional_text(self.seo_title.as_deref())?,
            seo_description: self.seo_description.parse()?,
            safety_warnings: self.safety_warnings,
            texts: self
                .texts
                .into_iter()
                .map(|one| Ok((one.text.parse()?, one.translation.parse()?)))
                .collect::<Result<_, TextError>>()?,
        })
    }

    fn translate(&self, text: &mut String) {
        if let Ok(index) = self.texts.binary_search_by(|one| one.text.as_str().cmp(text)) {
            text.clone_from(&self.texts[index].translation);
        }
    }

    /// Translates a value as [`Self::translate_line`] does, so that the values of options and variants stay the same.
    fn translate_value(&self, value: &mut String) {
        if let Ok(mut line) = value.parse::<OptionValue>() {
            self.translate_line(&mut line);
            *value = line.into_string();
        }
    }

    fn translate_line<const MAX: usize>(&self, line: &mut SingleLineText<MAX>) {
        let mut text = line.as_str().to_owned();
        self.translate(&mut text);
        // A translation that is too long for an option leaves the text of the shop.
        if let Ok(translated) = text.parse() {
            *line = translated;
        }
    }
}

/// Builds the stored translations of a draft. A translation without any text is left out.
pub fn stored_translations(drafts: ProductTranslations) -> Vec<StoredTranslation> {
    let written = drafts.into_iter().filter(|(_, draft)| !draft.is_empty());
    written.map(|(language, draft)| StoredTranslation::new(language, draft)).collect()
}

/// Builds the drafts that stored translations were made from.
///
/// # Errors
/// When a stored text does not follow today's rules.
pub fn translation_drafts(stored: Vec<StoredTranslation>) -> Result<ProductTranslations, TextError> {
    stored.into_iter().map(|one| Ok((one.language, one.draft()?))).collect()
}

/// Returns the languages whose short texts violate a rule, with what they must be.
pub fn violations(draft: &ProductDraft) -> impl Iterator<Item = (Language, String)> {
    draft.translations.iter().filter_map(|(language, translation)| {
        let size = serde_json::to_string(&translation.texts).map_or(usize::MAX, |json| json.chars().count());
        if size > MAX_TEXTS_SIZE {
            return Some((*language, format!("must have at most {MAX_TEXTS_SIZE} characters as JSON")));
        }
        // Customers could not tell the variants apart.
        let translated = |text: &str| translation.texts.get(text).map_or_else(|| text.to_owned(), ToString::to_string);
        let is_ambiguous = draft.options.iter().any(|option| {
            let mut seen = HashSet::new();
            !option.values.iter().all(|value| seen.insert(translated(value.as_str())))
        });
        is_ambiguous.then(|| (*language, "must differ for the values of an option".to_owned()))
    })
}

impl Product {
    /// Returns the fields that product files have as metafields. A translation with a text that violates a rule of today is
    /// left out.
    pub fn typed_metafields(&self) -> TypedMetafields {
        let drafts = self.translations.iter().cloned();
        TypedMetafields {
            withdrawal_exception: self.withdrawal_exception,
            safety: self.safety.clone(),
            translations: drafts.filter_map(|one| Some((one.language, one.draft().ok()?))).collect(),
        }
    }

    /// Returns the product with its texts in a language, as far as they are translated. Without a language they are in the
    /// shop's own.
    pub fn in_language(mut self, language: Option<Language>) -> Self {
        let Some(index) = self.translations.iter().position(|one| Some(one.language) == language) else { return self };
        let translation = self.translations.swap_remove(index);
        for option in &mut self.options {
            translation.translate_line(&mut option.name);
            option.values.iter_mut().for_each(|value| translation.translate_line(value));
        }
        for variant in &mut self.variants {
            variant.option_values.iter_mut().for_each(|value| translation.translate_value(value));
        }
        self.tags.iter_mut().for_each(|tag| translation.translate(tag));
        self.images.iter_mut().for_each(|image| translation.translate(&mut image.alt));
        // A title of another language would be the wrong one for a search engine.
        let is_titled = translation.title.is_some();
        self.seo_title = translation.seo_title.or(self.seo_title.filter(|_| !is_titled));
        self.title = translation.title.unwrap_or(self.title);
        let is_described = !translation.description_html.is_empty();
        if is_described || !translation.seo_description.is_empty() {
            self.seo_description = translation.seo_description;
        }
        if is_described {
            self.description_html = translation.description_html;
        }
        if let Some(safety) = self.safety.as_mut().filter(|_| !translation.safety_warnings.as_str().is_empty()) {
            safety.warnings = translation.safety_warnings;
        }
        self
    }

    /// Returns the languages that the product has texts in besides the shop's own.
    pub fn languages(&self) -> impl Iterator<Item = Language> {
        self.translations.iter().map(|translation| translation.language)
    }
}
