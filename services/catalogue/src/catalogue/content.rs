//! The pages of the shop, and the settings of its storefront.

mod validation;

use super::Catalogue;
use crate::product::{HANDLE_RULE, is_valid_handle};
use crate::store::StorefrontSettings;
use chassis::{Problem, problem};
use contracts::Language;
use contracts::catalogue::{
    EmailTexts, EmailTextsDraft, LegalPage, Page, PageDraft, PageSummary, PageText, Storefront, StorefrontDraft,
    requires_legal_guarantee,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use validation::{sanitised, validate_email_texts, validate_storefront};

/// The largest number of pages of a shop.
const MAX_PAGES: usize = 100;
/// The number of attempts of a change that names no version.
const MAX_ATTEMPTS: usize = 5;

impl Catalogue {
    /// Returns the settings of the storefront, with a list of all pages.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn storefront(&self) -> Result<Arc<Storefront>, Problem> {
        let generation = self.content.generation();
        if let Some(cached) = self.content.storefront(generation) {
            return Ok(cached);
        }
        let settings = self.products.storefront().await?.unwrap_or_default();
        let StorefrontSettings { version, logo, accent, home, header_menu, footer_menu, legal_guarantee } = settings;
        let (pages, missing_pages) = (self.pages().await?.to_vec(), self.missing_pages().await?);
        let shop = self.shop().await?;
        let misses_legal_guarantee = !shop.demo && legal_guarantee.is_empty() && requires_legal_guarantee(shop.country);
        let storefront = Storefront {
            version,
            logo,
            accent,
            home,
            header_menu,
            footer_menu,
            legal_guarantee,
            misses_legal_guarantee,
            pages,
            missing_pages,
        };
        let storefront = Arc::new(storefront);
        self.content.insert_storefront(generation, Arc::clone(&storefront));
        Ok(storefront)
    }

    /// Replaces the settings of the storefront.
    ///
    /// # Errors
    /// 422 for an invalid draft, 409 for a stale version.
    pub async fn write_storefront(&self, draft: StorefrontDraft) -> Result<Arc<Storefront>, Problem> {
        validate_storefront(&draft)?;
        let is_written = self.products.write_storefront(&StorefrontSettings::successor(draft)).await?;
        self.content.invalidate();
        if !is_written {
            return Err(problem::STALE.detail("The storefront was changed at the same time. Reload it and try again."));
        }
        self.storefront().await
    }

    /// Returns the merchant's wording of emails.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn email_texts(&self) -> Result<EmailTexts, Problem> {
        Ok(self.products.email_texts().await?.unwrap_or_default())
    }

    /// Replaces the merchant's wording of emails.
    ///
    /// # Errors
    /// 422 for an invalid draft, 409 for a stale version.
    pub async fn write_email_texts(&self, draft: EmailTextsDraft) -> Result<EmailTexts, Problem> {
        validate_email_texts(&draft)?;
        let texts = EmailTexts::successor(draft);
        if !self.products.write_email_texts(&texts).await? {
            return Err(problem::STALE.detail("The emails were changed at the same time. Reload them and try again."));
        }
        Ok(texts)
    }

    /// Returns all pages without their content: the legal ones first, then by handle.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn pages(&self) -> Result<Arc<Vec<PageSummary>>, Problem> {
        let generation = self.content.generation();
        if let Some(cached) = self.content.pages(generation) {
            return Ok(cached);
        }
        let mut pages = self.products.page_summaries().await?;
        // Stable, so that the others stay in the order of their handles.
        pages.sort_by_key(|page| page.legal.map_or(usize::MAX, |legal| legal as usize));
        let pages = Arc::new(pages);
        self.content.insert_pages(generation, Arc::clone(&pages));
        Ok(pages)
    }

    /// Returns the legal pages without which the shop takes no orders.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn missing_pages(&self) -> Result<Vec<LegalPage>, Problem> {
        let shop = self.shop().await?;
        // A demonstration sells nothing.
        if shop.demo {
            return Ok(Vec::new());
        }
        let pages = self.pages().await?;
        let is_missing = |legal: &LegalPage| pages.iter().all(|page| page.legal != Some(*legal));
        Ok(LegalPage::required(shop.country).iter().copied().filter(is_missing).collect())
    }

    /// Returns the page with this handle.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn page(&self, handle: &str) -> Result<Page, Problem> {
        self.products.page(handle).await?.ok_or_else(unknown_page)
    }

    /// Creates or replaces the page with this handle.
    ///
    /// # Errors
    /// 422 for an invalid draft, 409 for a stale version.
    pub async fn write_page(&self, handle: &str, draft: PageDraft) -> Result<Page, Problem> {
        if !is_valid_handle(handle) {
            return Err(Problem::invalid("handle", HANDLE_RULE));
        }
        let expected = draft.version;
        let texts = sanitised(draft)?;
        // A change that names no version applies to whatever is stored.
        let attempts = if expected.is_some() { 1 } else { MAX_ATTEMPTS };
        for _ in 0..attempts {
            if let Some(page) = self.replace_page(handle, &texts, expected).await? {
                return Ok(page);
            }
        }
        Err(problem::STALE.detail("The page was changed at the same time. Reload it and try again."))
    }

    /// Writes the next version of a page. Returns `None` if another version than the expected one is stored.
    async fn replace_page(
        &self,
        handle: &str,
        texts: &BTreeMap<Language, PageText>,
        expected: Option<i64>,
    ) -> Result<Option<Page>, Problem> {
        let stored = self.products.page(handle).await?.map_or(0, |page| page.version);
        if stored == 0 && self.products.page_summaries().await?.len() >= MAX_PAGES {
            return Err(problem::CONFLICT.detail(format!("A shop can have {MAX_PAGES} pages. Delete one first.")));
        }
        let version = expected.unwrap_or(stored).saturating_add(1);
        let page = Page::new(handle.to_owned(), texts.clone(), version, self.system.now());
        let is_written = self.products.write_page(&page).await?;
        self.content.invalidate();
        Ok(is_written.then_some(page))
    }

    /// Deletes the page with this handle.
    ///
    /// # Errors
    /// 404 if there is none.
    pub async fn delete_page(&self, handle: &str) -> Result<(), Problem> {
        let is_deleted = self.products.delete_page(handle).await?;
        self.content.invalidate();
        if is_deleted { Ok(()) } else { Err(unknown_page()) }
    }
}

fn unknown_page() -> Problem {
    problem::NOT_FOUND.detail("There is no page with this handle.")
}
