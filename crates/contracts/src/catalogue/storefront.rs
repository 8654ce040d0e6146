//! The settings of the storefront: its logo, colour, texts and menus.

use super::{Colour, Image, LegalPage, PageSummary};
use crate::{Language, MultilineText, SingleLineText};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The destination of a menu item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MenuTarget {
    /// The list of all products.
    Products,
    /// The products of a category.
    Category {
        /// The handle of the category.
        handle: String,
    },
    /// A page of the shop.
    Page {
        /// The handle of the page.
        handle: String,
    },
    /// A path of the shop, or a page of another website.
    Link {
        /// A path of the shop such as `/search?q=mug`, or a URL that begins with `https://`; at most 500 characters.
        url: SingleLineText<500>,
    },
}

/// An item of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Stored as well, so fields of later versions must not be refused.
pub struct MenuItem {
    /// The label by language. A link needs one; all others have the name of their target by default.
    #[serde(default)]
    pub labels: BTreeMap<Language, SingleLineText<60>>,
    /// The destination of the item. Items of a category or page that does not exist are not shown.
    pub target: MenuTarget,
}

/// A group of items in the footer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Stored as well, so fields of later versions must not be refused.
pub struct MenuGroup {
    /// The heading by language, in at least one.
    pub titles: BTreeMap<Language, SingleLineText<60>>,
    /// The items, at most 20.
    pub items: Vec<MenuItem>,
}

/// The texts at the top of the home page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Stored as well, so fields of later versions must not be refused.
pub struct HomeText {
    /// The heading of the home page.
    pub title: SingleLineText<120>,
    /// The sentences below it. Default: empty.
    #[serde(default)]
    pub lead: MultilineText<500>,
}

/// The settings of the storefront to replace. Everything has a default, which applies to what is empty or null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "version": 0,
    "accent": "#0f5a47",
    "home": { "en": { "title": "Cups for slow mornings", "lead": "Thrown, glazed and fired in Kiel." } },
    "header_menu": [{ "target": { "kind": "category", "handle": "mugs" } }],
    "footer_menu": [{ "titles": { "en": "About us" }, "items": [{ "target": { "kind": "page", "handle": "contact" } }] }]
}))]
pub struct StorefrontDraft {
    /// The version that the change is based on, 0 before the first one.
    pub version: i64,
    /// The logo, which replaces the symbol beside the shop's name: an uploaded image of the shop. Default: null.
    #[serde(default)]
    pub logo: Option<Image>,
    /// The colour of buttons and links. Where it could not be read, it is darkened or lightened. Default: null.
    #[serde(default)]
    pub accent: Option<Colour>,
    /// The texts at the top of the home page by language. Default: a greeting.
    #[serde(default)]
    pub home: BTreeMap<Language, HomeText>,
    /// The items of the menu below the header, at most 20. Default: all categories that have products.
    #[serde(default)]
    pub header_menu: Vec<MenuItem>,
    /// The groups of the footer, at most 4; legal pages are listed in addition. Default: a group with the categories.
    #[serde(default)]
    pub footer_menu: Vec<MenuGroup>,
    /// The harmonised notice on the legal guarantee of conformity by language, which the EU prescribes for shops that sell goods to
    /// consumers (Directive 2011/83/EU, article 22a; Implementing Regulation (EU) 2025/1960): uploaded images of the shop. It is
    /// shown before an order is placed, and linked in the confirmation. Default: empty.
    #[serde(default)]
    pub legal_guarantee: BTreeMap<Language, Image>,
}

/// The settings of the storefront, with the pages that it links to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Storefront {
    /// The version of the settings, which increases with every change; 0 before the first one.
    pub version: i64,
    /// The logo, which replaces the symbol beside the shop's name; null for that symbol.
    pub logo: Option<Image>,
    /// The colour of buttons and links; null for the default.
    pub accent: Option<Colour>,
    /// The texts at the top of the home page by language; empty for a greeting.
    pub home: BTreeMap<Language, HomeText>,
    /// The items of the menu below the header; empty for all categories that have products.
    pub header_menu: Vec<MenuItem>,
    /// The groups of the footer; empty for a group with the categories.
    pub footer_menu: Vec<MenuGroup>,
    /// The harmonised notice on the legal guarantee of conformity by language; empty if the shop shows none.
    // Absent in responses of earlier versions.
    #[serde(default)]
    pub legal_guarantee: BTreeMap<Language, Image>,
    /// True if the law of the shop's country asks for that notice and there is none. Always false in a demonstration shop.
    #[serde(default)]
    pub misses_legal_guarantee: bool,
    /// All pages: the legal ones first, then by handle.
    pub pages: Vec<PageSummary>,
    /// The legal pages without which the shop takes no orders. Always empty in a demonstration shop.
    pub missing_pages: Vec<LegalPage>,
}
