//! The pages that the merchant writes, and those of them that the law asks for.

use crate::dispatch::has_withdrawal_right;
use crate::{Country, Language, SingleLineText};
use chassis::{ProblemKind, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The shop takes no orders, because pages that the law of its country asks for are missing; the member `missing_pages`
/// lists them.
pub const SHOP_NOT_OPEN: ProblemKind = ProblemKind::new(StatusCode::CONFLICT, "shop-not-open", "Shop not open");

/// A page that the law asks for. Its handle is its name here.
///
/// - `imprint`: the provider's name, address and contact (Directive 2000/31/EC, article 5)
/// - `terms`: the terms and conditions of sale
/// - `privacy`: the information about personal data (Regulation (EU) 2016/679, article 13)
/// - `withdrawal`: the instructions on withdrawal (Directive 2011/83/EU, article 6 (1) (h))
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalPage {
    /// The provider's name, address and contact.
    Imprint,
    /// The terms and conditions of sale.
    Terms,
    /// The information about personal data.
    Privacy,
    /// The instructions on withdrawal.
    Withdrawal,
}

impl LegalPage {
    /// The legal pages in the order in which a shop lists them.
    pub const ALL: &[Self] = &[Self::Imprint, Self::Terms, Self::Privacy, Self::Withdrawal];

    /// Returns the handle of the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Imprint => "imprint",
            Self::Terms => "terms",
            Self::Privacy => "privacy",
            Self::Withdrawal => "withdrawal",
        }
    }

    /// Returns the legal page with this handle.
    pub fn of_handle(handle: &str) -> Option<Self> {
        Self::ALL.iter().find(|page| page.as_str() == handle).copied()
    }

    /// Returns the pages without which a shop in this country must not sell to consumers.
    ///
    /// The list has what is the same in the countries that have the right of withdrawal: who the seller is, what happens
    /// with personal data, and how to withdraw. Terms are not among them, since the statutory rules apply without any.
    pub fn required(country: Country) -> &'static [Self] {
        if has_withdrawal_right(country) { &[Self::Imprint, Self::Privacy, Self::Withdrawal] } else { &[] }
    }
}

/// The countries of the European Union, whose law has the harmonised notice on the legal guarantee (Directive (EU) 2024/825, from
/// 27 September 2026 on).
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Returns true if a shop in this country shows consumers the harmonised notice on the legal guarantee of conformity.
pub fn requires_legal_guarantee(country: Country) -> bool {
    UNION.contains(&country.code())
}

/// A page in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Stored as well, so fields of later versions must not be refused.
pub struct PageText {
    /// The title of the page.
    pub title: SingleLineText<120>,
    /// The content as HTML, at most 200000 bytes. Everything but headings, paragraphs, lists, tables, emphasis and links is
    /// removed.
    pub body_html: String,
}

/// A page to create or replace. The handle is part of the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "texts": { "en": { "title": "Imprint", "body_html": "<p>Nordlicht Ceramics, Hafenstr. 1…</p>" } } }))]
pub struct PageDraft {
    /// The page by language, in at least one. In a language that is left out, customers see that of the shop.
    pub texts: BTreeMap<Language, PageText>,
    /// The version that the change is based on, 0 for a new page. Default: null, the change applies to any version.
    #[serde(default)]
    pub version: Option<i64>,
}

/// A page of the shop, such as its imprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page {
    /// The unique name of the page in URLs: `/pages/{handle}`.
    pub handle: String,
    /// The legal page that it is; null for all others.
    pub legal: Option<LegalPage>,
    /// The page by language.
    pub texts: BTreeMap<Language, PageText>,
    /// The version of the page, which increases with every change.
    pub version: i64,
    /// The time of the last change (UTC, RFC 3339).
    pub updated_at: Timestamp,
}

impl Page {
    /// Creates a page. Its handle tells which legal page it is.
    pub fn new(handle: String, texts: BTreeMap<Language, PageText>, version: i64, updated_at: Timestamp) -> Self {
        Self { legal: LegalPage::of_handle(&handle), handle, texts, version, updated_at }
    }
}

/// A page without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PageSummary {
    /// The unique name of the page in URLs: `/pages/{handle}`.
    pub handle: String,
    /// The legal page that it is; null for all others.
    pub legal: Option<LegalPage>,
    /// The titles of the page by language.
    pub titles: BTreeMap<Language, SingleLineText<120>>,
    /// The time of the last change (UTC, RFC 3339).
    pub updated_at: Timestamp,
}

impl PageSummary {
    /// Creates a summary. The handle tells which legal page it is.
    pub fn new(handle: String, titles: BTreeMap<Language, SingleLineText<120>>, updated_at: Timestamp) -> Self {
        Self { legal: LegalPage::of_handle(&handle), handle, titles, updated_at }
    }
}

/// All pages of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pages {
    /// The pages: the legal ones first, then by handle.
    pub items: Vec<PageSummary>,
}
