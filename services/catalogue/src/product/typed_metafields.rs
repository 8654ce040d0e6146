//! The fields of a product that its files have as metafields: the data of consumer law, and translations.

use super::law_metafields::{law_metafields, take_law_metafields};
use super::metafields::{Metafields, taken};
use contracts::catalogue::{ProductSafety, ProductTranslation, ProductTranslations, WithdrawalException};
use contracts::{Language, SingleLineText};

/// The fields of a product that its files have as metafields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedMetafields {
    /// The exception from the right of withdrawal.
    pub withdrawal_exception: Option<WithdrawalException>,
    /// The safety information; never an empty one.
    pub safety: Option<ProductSafety>,
    /// The texts in other languages.
    pub translations: ProductTranslations,
}

/// A text of a translation that has a column of its own, with the name in the heading and in the key of the metafield.
const TRANSLATED: [(&str, &str); 6] = [
    ("Title", "title"),
    ("Body (HTML)", "description_html"),
    ("SEO Title", "seo_title"),
    ("SEO Description", "seo_description"),
    ("Safety warnings", "safety_warnings"),
    // A JSON object of the short texts by those of the product.
    ("Texts", "texts"),
];

impl TypedMetafields {
    /// Returns the headings and texts of the fields that are not empty.
    pub fn to_metafields(&self) -> Vec<(String, String)> {
        let law = law_metafields(self.withdrawal_exception, self.safety.as_ref());
        let mut fields: Vec<_> = law.into_iter().map(|(heading, text)| (heading.to_owned(), text)).collect();
        for (language, translation) in &self.translations {
            let texts = serde_json::to_string(&translation.texts).unwrap_or_default();
            let texts = [
                translation.title.as_ref().map_or("", SingleLineText::as_str),
                translation.description_html.as_str(),
                translation.seo_title.as_ref().map_or("", SingleLineText::as_str),
                translation.seo_description.as_str(),
                translation.safety_warnings.as_str(),
                if translation.texts.is_empty() { "" } else { &texts },
            ];
            let named = TRANSLATED.into_iter().zip(texts).filter(|(_, text)| !text.is_empty());
            fields.extend(named.map(|(name, text)| (heading(name, *language), text.to_owned())));
        }
        fields
    }

    /// Removes the fields from the metafields of a file, and returns them. `invalid` gets heading and reason of each text that
    /// cannot be used.
    pub fn take(fields: &mut Metafields, invalid: &mut Vec<(String, String)>) -> Self {
        let (withdrawal_exception, safety) = take_law_metafields(fields, invalid);
        let mut translations = ProductTranslations::new();
        for language in Language::ALL {
            let translation = take_translation(fields, *language, invalid);
            if !translation.is_empty() {
                translations.insert(*language, translation);
            }
        }
        Self { withdrawal_exception, safety, translations }
    }
}

fn take_translation(
    fields: &mut Metafields,
    language: Language,
    invalid: &mut Vec<(String, String)>,
) -> ProductTranslation {
    let [title, description_html, seo_title, seo_description, safety_warnings, texts] =
        TRANSLATED.map(|name| heading(name, language));
    let texts_heading = texts.clone();
    let texts: Option<String> = taken(fields, texts, invalid);
    let texts = texts.map(|json| serde_json::from_str(&json)).transpose().unwrap_or_else(|error| {
        invalid.push((texts_heading, format!("is not a JSON object of texts: {error}")));
        None
    });
    ProductTranslation {
        title: taken(fields, title, invalid),
        description_html: taken(fields, description_html, invalid).unwrap_or_default(),
        seo_title: taken(fields, seo_title, invalid),
        seo_description: taken(fields, seo_description, invalid).unwrap_or_default(),
        safety_warnings: taken(fields, safety_warnings, invalid).unwrap_or_default(),
        texts: texts.unwrap_or_default(),
    }
}

/// Returns the heading of a translated text, such as `Title in de (product.metafields.shopstack.title_de)`.
fn heading((name, key): (&str, &str), language: Language) -> String {
    let language = language.as_str();
    format!("{name} in {language} (product.metafields.shopstack.{key}_{language})")
}
