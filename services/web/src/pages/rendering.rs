//! The texts, icons, number forms and files of the storefront that its build exports for the first views of pages, from
//! `storefront/scripts/export-rendering.mjs`.

use contracts::Language;
use serde::Deserialize;
use std::collections::HashMap;

/// The content of `rendering.json`.
#[derive(Debug, Deserialize)]
pub struct Rendering {
    languages: HashMap<Language, LanguageRendering>,
    numbers: HashMap<String, NumberForms>,
    icons: HashMap<String, String>,
    /// The symbol of a shop without a logo.
    pub mark: String,
    pub colours: Colours,
    pub images: ImageSizes,
    /// The content of pages that is the same for every visitor, by path and language.
    contents: HashMap<String, HashMap<Language, String>>,
    /// The files of each page, by the path of its route; `*` is the page that is not found.
    pages: HashMap<String, PageFiles>,
    /// The fonts that almost every page needs.
    pub fonts: Vec<String>,
}

/// The texts of a language.
#[derive(Debug, Deserialize)]
pub struct LanguageRendering {
    /// The name of the language in its own words.
    pub name: String,
    /// The small numbers that are followed by the singular.
    singular: Vec<u64>,
    pub texts: Texts,
    files: LanguageFiles,
}

#[derive(Debug, Deserialize)]
struct LanguageFiles {
    texts: Vec<String>,
    /// The further texts of the checkout, the orders and the account.
    purchase: Vec<String>,
}

/// The files of a page besides those that every page loads.
#[derive(Debug, Deserialize)]
pub struct PageFiles {
    pub styles: Vec<String>,
    pub scripts: Vec<String>,
}

/// How a locale writes numbers; a region has only what differs from its language.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NumberForms {
    pub money: Option<String>,
    pub exceptions: HashMap<String, String>,
    pub gram: Option<String>,
    pub kilogram: Option<String>,
    pub symbols: HashMap<String, String>,
}

/// The colours of options, by their names in lower case.
#[derive(Debug, Deserialize)]
pub struct Colours {
    /// The names of options that are colours.
    pub options: Vec<String>,
    pub names: HashMap<String, String>,
}

/// The sizes in which images are loaded.
#[derive(Debug, Deserialize)]
pub struct ImageSizes {
    /// The widths in pixels that the server makes of an image.
    pub widths: Vec<u32>,
    /// How wide images are shown, as values of the attribute `sizes`, by name.
    pub sizes: HashMap<String, String>,
}

/// A text with `{0}` and so on in place of its values.
#[derive(Debug, Deserialize)]
pub struct Template {
    one: String,
    other: String,
}

impl Template {
    /// Returns the text with these values.
    pub fn with(&self, values: &[&str]) -> String {
        filled(&self.other, values)
    }
}

impl LanguageRendering {
    /// Returns a text with these values, in the form that the language has for a number.
    pub fn counted(&self, template: &Template, count: u64, values: &[&str]) -> String {
        filled(if self.singular.contains(&count) { &template.one } else { &template.other }, values)
    }
}

/// Replaces the placeholders of a template in one pass, since a value may look like a placeholder.
fn filled(template: &str, values: &[&str]) -> String {
    let mut parts = template.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let value =
            part.split_once('}').and_then(|(index, rest)| Some((*values.get(index.parse::<usize>().ok()?)?, rest)));
        match value {
            Some((value, rest)) => text.extend([value, rest]),
            None => text.extend(["{", part]),
        }
    }
    text
}

impl Rendering {
    /// Reads the rendering from the text of `rendering.json`.
    ///
    /// # Errors
    /// When it lacks something that the first views need.
    pub fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Returns what is written in a language; `None` if the storefront does not have it.
    pub fn language(&self, language: Language) -> Option<&LanguageRendering> {
        self.languages.get(&language)
    }

    /// Returns the number forms of a locale such as `de-CH` and those of its language, which apply to all that it lacks.
    pub fn numbers(&self, locale: &str, language: Language) -> [Option<&NumberForms>; 2] {
        [self.numbers.get(locale), self.numbers.get(language.as_str())]
    }

    /// Returns an icon as SVG, of a size in pixels.
    pub fn icon(&self, name: &str, size: u8) -> String {
        self.icons.get(name).map(|icon| filled(icon, &[&size.to_string()])).unwrap_or_default()
    }

    /// Returns the content of a page that is the same for every visitor.
    pub fn content(&self, path: &str, language: Language) -> Option<&str> {
        self.contents.get(path)?.get(&language).map(String::as_str)
    }

    /// Returns the style sheets of a page that not every page has.
    pub fn styles(&self, route: Option<&str>) -> &[String] {
        self.page(route).map_or(&[], |page| &page.styles)
    }

    /// Returns the scripts that a page imports once it has begun, so that they can be loaded earlier.
    pub fn scripts(&self, route: Option<&str>, language: Language) -> Vec<&str> {
        let texts = self.languages.get(&language).map(|own| &own.files);
        let own = self.page(route).map_or(&[][..], |page| &page.scripts);
        // These pages alone have further texts.
        let has_purchase = route.is_some_and(|path| {
            ["/checkout", "/orders", "/account", "/login", "/register"].iter().any(|start| path.starts_with(start))
        });
        let purchase = texts.filter(|_| has_purchase).map_or(&[][..], |files| &files.purchase);
        let mut scripts: Vec<&str> = Vec::new();
        for script in own.iter().chain(texts.map_or(&[][..], |files| &files.texts)).chain(purchase) {
            if !scripts.contains(&script.as_str()) {
                scripts.push(script);
            }
        }
        scripts
    }

    fn page(&self, route: Option<&str>) -> Option<&PageFiles> {
        self.pages.get(route.unwrap_or("*"))
    }
}

/// The texts of the first views. The names are those of `storefront/src/messages`.
#[derive(Debug, Deserialize)]
pub struct Texts {
    pub common: CommonTexts,
    pub catalogue: CatalogueTexts,
    pub product: ProductTexts,
    pub reviews: ReviewTexts,
    pub shell: ShellTexts,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommonTexts {
    pub loading: String,
    pub decrease: String,
    pub increase: String,
    pub quantity_of: Template,
    pub products: Template,
    pub new_tab: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueTexts {
    pub welcome: Template,
    pub welcome_lead: String,
    pub demo_title: String,
    pub demo_lead: String,
    pub hero_shop: String,
    pub hero_categories: String,
    pub by_category: String,
    pub new_arrivals: String,
    pub see_all: String,
    pub on_sale: String,
    pub loading_products: String,
    pub products: String,
    pub sold_out: String,
    pub percent_off: Template,
    pub quick_add: Template,
    pub now: String,
    pub from: String,
    pub before: String,
    pub prior_price: Template,
    pub results_for: Template,
    pub no_results_for: Template,
    /// The template is HTML.
    pub partial_match: Template,
    /// The template is HTML.
    pub corrected: Template,
    pub no_match: String,
    pub no_products: String,
    pub try_other: String,
    pub clear_filters: String,
    pub show_more: String,
    pub sort_by: String,
    pub sorts: HashMap<String, String>,
    pub filters: String,
    pub filters_active: Template,
    pub active_filters: String,
    pub remove_filter: Template,
    pub clear_all: String,
    pub in_stock: String,
    pub in_stock_only: String,
    pub category: String,
    pub brand: String,
    pub tag: String,
    pub show_all: Template,
    pub price: Template,
    pub min_price: String,
    pub max_price: String,
    pub to: String,
    pub apply: String,
    pub price_between: Template,
    pub price_bounds: Template,
    pub price_up_to: Template,
    pub price_from: Template,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductTexts {
    pub loading: String,
    pub breadcrumb: String,
    pub add_to_cart: String,
    pub images: String,
    pub image: Template,
    pub image_with_text: Template,
    pub image_count: Template,
    pub enlarge: Template,
    pub choice: HashMap<String, String>,
    pub availability: HashMap<String, String>,
    pub only_left: Template,
    pub tax_included: String,
    pub tax_added: String,
    pub tax_included_only: String,
    pub tax_added_only: String,
    pub details: String,
    pub weight: String,
    pub sku: String,
    pub barcode: String,
    pub tags: String,
    pub delivery: String,
    pub returns: String,
    pub safety: String,
    pub withdrawal_exceptions: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewTexts {
    pub title: String,
    /// The template is HTML.
    pub log_in_to_write: Template,
    pub loading: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShellTexts {
    /// The titles of pages by the path of their route.
    pub titles: HashMap<String, String>,
    pub skip: String,
    pub home: String,
    pub menu: String,
    pub all_products: String,
    pub cart: String,
    pub back_to_cart: String,
    pub log_in: String,
    pub search: String,
    pub search_products: String,
    pub suggestions: String,
    pub footer_shop: String,
    pub footer_account: String,
    pub account_and_orders: String,
    pub information: String,
    pub legal: String,
    pub developers: String,
    pub api_docs: String,
    pub open_api: String,
    pub mailbox: String,
    pub demo_note: String,
    pub prices_include_tax: String,
    pub prices_add_tax: String,
    pub credits: String,
    pub language: String,
    pub theme: String,
    pub themes: HashMap<String, String>,
    pub not_found: HashMap<String, String>,
    pub not_found_text: String,
    pub browse_products: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_taken_for_placeholders() {
        assert_eq!(filled("{0} of {1}, {7} {x}", &["{1}", "3"]), "{1} of 3, {7} {x}");
    }
}
