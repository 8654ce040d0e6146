//! The stored pages of the shop and the settings of its storefront.

use async_trait::async_trait;
use chassis::StoreError;
use contracts::catalogue::{
    Colour, EmailTexts, HomeText, Image, MenuGroup, MenuItem, Page, PageSummary, PageText, StorefrontDraft,
};
use contracts::{Language, SingleLineText};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of the storefront. Unlike in a request, fields of later versions are ignored, since replicas of both versions
/// run side by side during an upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StorefrontSettings {
    pub version: i64,
    pub logo: Option<Image>,
    pub accent: Option<Colour>,
    pub home: BTreeMap<Language, HomeText>,
    pub header_menu: Vec<MenuItem>,
    pub footer_menu: Vec<MenuGroup>,
    pub legal_guarantee: BTreeMap<Language, Image>,
}

impl StorefrontSettings {
    /// Creates the version after the one that a draft is based on.
    pub fn successor(draft: StorefrontDraft) -> Self {
        let StorefrontDraft { version, logo, accent, home, header_menu, footer_menu, legal_guarantee } = draft;
        let version = version.saturating_add(1);
        Self { version, logo, accent, home, header_menu, footer_menu, legal_guarantee }
    }
}

/// A page as it is stored, without its key and the legal page that the key stands for: a later version may know more of them.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredPage {
    texts: BTreeMap<Language, PageText>,
    version: i64,
    updated_at: Timestamp,
}

impl StoredPage {
    /// Returns the page with this handle.
    pub fn into_page(self, handle: String) -> Page {
        Page::new(handle, self.texts, self.version, self.updated_at)
    }
}

impl From<&Page> for StoredPage {
    fn from(page: &Page) -> Self {
        Self { texts: page.texts.clone(), version: page.version, updated_at: page.updated_at }
    }
}

/// The part of a page that lists have, stored beside it.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoredSummary {
    titles: BTreeMap<Language, SingleLineText<120>>,
    updated_at: Timestamp,
}

impl StoredSummary {
    /// Returns the summary of the page with this handle.
    pub fn into_summary(self, handle: String) -> PageSummary {
        PageSummary::new(handle, self.titles, self.updated_at)
    }
}

impl From<&Page> for StoredSummary {
    fn from(page: &Page) -> Self {
        let titles = page.texts.iter().map(|(language, text)| (*language, text.title.clone())).collect();
        Self { titles, updated_at: page.updated_at }
    }
}

/// Stores pages and the settings of the storefront.
#[async_trait]
pub trait ContentStore: Send + Sync {
    /// Returns all pages without their content, ordered by handle.
    async fn page_summaries(&self) -> Result<Vec<PageSummary>, StoreError>;

    /// Returns the page with this handle.
    async fn page(&self, handle: &str) -> Result<Option<Page>, StoreError>;

    /// Writes a page in place of its previous version. A new page has version 1.
    ///
    /// Returns false, without a change, if another version is stored.
    async fn write_page(&self, page: &Page) -> Result<bool, StoreError>;

    /// Deletes a page and returns whether it existed.
    async fn delete_page(&self, handle: &str) -> Result<bool, StoreError>;

    /// Returns the settings of the storefront, if any were written.
    async fn storefront(&self) -> Result<Option<StorefrontSettings>, StoreError>;

    /// Writes the settings of the storefront in place of their previous version. The first ones have version 1.
    ///
    /// Returns false, without a change, if another version is stored.
    async fn write_storefront(&self, settings: &StorefrontSettings) -> Result<bool, StoreError>;

    /// Returns the wording of emails, if any was written.
    async fn email_texts(&self) -> Result<Option<EmailTexts>, StoreError>;

    /// Writes the wording of emails in place of its previous version. The first one has version 1.
    ///
    /// Returns false, without a change, if another version is stored.
    async fn write_email_texts(&self, texts: &EmailTexts) -> Result<bool, StoreError>;
}
