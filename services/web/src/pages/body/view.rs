//! The request of a page and the responses of the API that its first view is rendered from.

use super::numbers::Numbers;
use crate::pages::first_data;
use crate::pages::rendering::{LanguageRendering, Rendering, Template, Texts};
use crate::pages::routes::RouteMatch;
use contracts::Language;
use contracts::catalogue::{Categories, CategoryView, Shop, Storefront};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;

/// The request of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest<'r> {
    pub route: Option<RouteMatch<'r>>,
    /// The path, still percent-encoded.
    pub path: &'r str,
    /// The query without its question mark; may be empty.
    pub query: &'r str,
    /// The theme that the visitor chose: `system`, `light` or `dark`.
    pub theme: &'r str,
}

/// Everything that the first view of a page is rendered from.
pub struct View<'v> {
    pub request: PageRequest<'v>,
    pub rendering: &'v Rendering,
    pub language: Language,
    pub own: &'v LanguageRendering,
    pub numbers: Numbers<'v>,
    pub shop: Option<Shop>,
    pub storefront: Option<Storefront>,
    pub categories: Option<Vec<CategoryView>>,
    responses: &'v [(String, Value)],
}

impl<'v> View<'v> {
    /// Returns `None` for a language that the storefront does not have.
    pub fn new(
        request: PageRequest<'v>,
        rendering: &'v Rendering,
        language: Language,
        responses: &'v [(String, Value)],
    ) -> Option<Self> {
        let shop: Option<Shop> = response(responses, "/api/v1/shop");
        let categories: Option<Categories> = response(responses, &first_data::categories_path(language));
        Some(Self {
            request,
            rendering,
            language,
            own: rendering.language(language)?,
            numbers: Numbers::new(rendering, &locale(language, shop.as_ref()), language),
            shop,
            storefront: response(responses, "/api/v1/storefront"),
            categories: categories.map(|categories| categories.items),
            responses,
        })
    }

    pub const fn texts(&self) -> &'v Texts {
        &self.own.texts
    }

    /// Returns a text with values, in the form for a number.
    pub fn counted(&self, template: &Template, count: u64, values: &[&str]) -> String {
        self.own.counted(template, count, values)
    }

    /// Returns the number of products as a text.
    pub fn products(&self, count: u32) -> String {
        self.counted(&self.texts().common.products, count.into(), &[&count.to_string(), &count.to_string()])
    }

    /// Returns the response of the API at a path, if it is embedded in the page.
    pub fn response<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        response(self.responses, path)
    }

    /// Returns the categories that have products.
    pub fn filled_categories(&self) -> Option<Vec<&CategoryView>> {
        Some(self.categories.as_ref()?.iter().filter(|category| category.product_count > 0).collect())
    }

    pub fn category(&self, handle: &str) -> Option<&CategoryView> {
        self.categories.as_ref()?.iter().find(|category| category.handle == handle)
    }

    /// Returns the text to show of those that the merchant wrote, with its language: the visitor's, else that of the shop,
    /// else any.
    pub fn merchant_text<'t, T>(&self, texts: &'t BTreeMap<Language, T>) -> Option<(Language, &'t T)> {
        let of_shop = self.shop.as_ref().and_then(|shop| Language::of_locale(&shop.locale));
        let wanted = [Some(self.language), of_shop].into_iter().flatten().chain(Language::ALL.iter().copied());
        wanted.into_iter().find_map(|language| Some((language, texts.get(&language)?)))
    }

    /// Returns the `lang` of an element with a text, which it needs where that is not the language of the page.
    pub fn lang(&self, shown: Language) -> Option<&'static str> {
        (shown != self.language).then(|| shown.as_str())
    }

    /// Returns the path with its query, as links back to the page have it.
    pub fn path_and_query(&self) -> String {
        let PageRequest { path, query, .. } = self.request;
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// Returns the first value of a parameter of the query, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.request.query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

fn response<T: DeserializeOwned>(responses: &[(String, Value)], path: &str) -> Option<T> {
    let (_, body) = responses.iter().find(|(one, _)| one == path)?;
    T::deserialize(body).ok()
}

/// Returns the locale for numbers: the language with the conventions of the shop's region, as `localeOf` of the storefront.
fn locale(language: Language, shop: Option<&Shop>) -> String {
    let Some(shop) = shop else { return language.as_str().to_owned() };
    if Language::of_locale(&shop.locale) == Some(language) {
        return shop.locale.replace('_', "-");
    }
    let mut parts = shop.locale.split(['-', '_']).skip(1);
    let region = parts.find(|part| {
        let is_letters = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase());
        is_letters || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    format!("{}-{}", language.as_str(), region.unwrap_or(shop.country.code()))
}
