//! The name of the shop in emails and documents, the seller, and the legal texts that belong to the confirmation of an order.

use chassis::client::CallError;
use chassis::problem;
use contracts::Language;
use contracts::catalogue::{
    CatalogueClient, EmailKind, EmailTexts, EmailWording, Image, LegalPage, PageSummary, Seller,
};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The pages that a consumer must receive on a durable medium, Directive 2011/83/EU, article 8 (7): a link to them is not
/// enough (Court of Justice, C-49/11).
const CONFIRMED: [LegalPage; 2] = [LegalPage::Terms, LegalPage::Withdrawal];
/// The length of a line of text, in columns.
const WIDTH: usize = 76;

/// The name and the legal texts of the shop, which catalogue stores. All renderers of a process share them, so that a change
/// is in the next email.
#[derive(Debug, Clone, Default)]
pub struct ShopContent(Arc<RwLock<Content>>);

#[derive(Debug, Default)]
struct Content {
    name: String,
    seller: Option<Seller>,
    /// The legal texts by language, with their titles.
    legal: BTreeMap<Language, String>,
    /// The harmonised notice on the legal guarantee by language.
    legal_guarantee: BTreeMap<Language, Image>,
    /// The merchant's wording of emails.
    email_texts: EmailTexts,
    of_shop: Language,
    /// The pages that the legal texts were made from, and the language of the shop; `None` before they were read.
    source: Option<(Vec<PageSummary>, Language)>,
}

/// The reason why the content of the shop is not known.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// Catalogue did not answer, or refused.
    #[error(transparent)]
    Catalogue(#[from] CallError),
    /// The HTML of a page cannot be converted.
    #[error("the page {handle} cannot be converted to plain text: {source}")]
    Text {
        handle: String,
        #[source]
        source: html2text::Error,
    },
}

impl ShopContent {
    /// Returns the name of the shop.
    pub fn name(&self) -> String {
        // The content is whole even if a thread panicked while it held the lock.
        self.0.read().unwrap_or_else(PoisonError::into_inner).name.clone()
    }

    /// Returns the seller, if the merchant has entered one.
    pub fn seller(&self) -> Option<Seller> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).seller.clone()
    }

    /// Returns true if the merchant has entered a seller.
    pub fn has_seller(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).seller.is_some()
    }

    /// Returns the legal texts for the confirmation of an order, if the merchant has written some.
    pub fn legal(&self, language: Language) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).legal.get(&language).cloned()
    }

    /// Returns the harmonised notice on the legal guarantee of conformity, if the merchant has uploaded one.
    pub fn legal_guarantee(&self, language: Language) -> Option<Image> {
        let content = self.0.read().unwrap_or_else(PoisonError::into_inner);
        language.select(&content.legal_guarantee, content.of_shop).cloned()
    }

    /// Returns the merchant's wording of an email in a language. Another language is no substitute: the standard one is.
    pub fn wording(&self, kind: EmailKind, language: Language) -> Option<EmailWording> {
        let content = self.0.read().unwrap_or_else(PoisonError::into_inner);
        content.email_texts.texts.get(&kind)?.get(&language).cloned()
    }

    /// Returns the merchant's text at the end of every email.
    pub fn closing(&self, language: Language) -> Option<String> {
        let content = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let closing = language.select(&content.email_texts.closing, content.of_shop)?.as_str().trim();
        (!closing.is_empty()).then(|| closing.to_owned())
    }

    /// Reads the name and the seller, and the legal texts if they have changed.
    ///
    /// # Errors
    /// When catalogue is unavailable, or a page cannot be converted. The texts that were read before stay.
    pub async fn refresh(&self, catalogue: &CatalogueClient) -> Result<(), ContentError> {
        let shop = catalogue.shop().await?;
        {
            let mut content = self.0.write().unwrap_or_else(PoisonError::into_inner);
            (content.name, content.seller) = (shop.name, shop.seller);
        }
        let (pages, legal_guarantee) = match catalogue.storefront().await {
            Ok(storefront) => (storefront.pages, storefront.legal_guarantee),
            // A catalogue of the version before has no pages.
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => Default::default(),
            Err(error) => return Err(error.into()),
        };
        let email_texts = match catalogue.email_texts().await {
            Ok(texts) => texts,
            // Nor has it a wording of emails.
            Err(error) if error.refused_as(problem::NOT_FOUND).is_some() => EmailTexts::default(),
            Err(error) => return Err(error.into()),
        };
        let of_shop = Language::of_locale(&shop.locale).unwrap_or_default();
        {
            let mut content = self.0.write().unwrap_or_else(PoisonError::into_inner);
            (content.legal_guarantee, content.email_texts, content.of_shop) = (legal_guarantee, email_texts, of_shop);
        }
        let is_confirmed = |page: &PageSummary| page.legal.is_some_and(|legal| CONFIRMED.contains(&legal));
        let pages: Vec<PageSummary> = pages.into_iter().filter(is_confirmed).collect();
        let source = (pages, of_shop);
        if self.0.read().unwrap_or_else(PoisonError::into_inner).source.as_ref() == Some(&source) {
            return Ok(());
        }
        let legal = read_texts(catalogue, &source.0, source.1).await?;
        let mut content = self.0.write().unwrap_or_else(PoisonError::into_inner);
        (content.legal, content.source) = (legal, Some(source));
        Ok(())
    }
}

impl<T: Into<String>> From<T> for ShopContent {
    fn from(name: T) -> Self {
        Self(Arc::new(RwLock::new(Content { name: name.into(), ..Content::default() })))
    }
}

/// Reads the pages as plain text, one below the other, in each language.
async fn read_texts(
    catalogue: &CatalogueClient,
    pages: &[PageSummary],
    of_shop: Language,
) -> Result<BTreeMap<Language, String>, ContentError> {
    let mut texts: BTreeMap<Language, String> = BTreeMap::new();
    for page in pages {
        let page = catalogue.page(&page.handle).await?;
        for language in Language::ALL {
            if let Some(text) = language.select(&page.texts, of_shop) {
                let body = plain_text(&text.body_html)
                    .map_err(|source| ContentError::Text { handle: page.handle.clone(), source })?;
                texts.entry(*language).or_default().push_str(&format!("\n\n{}\n\n{body}", text.title.as_str()));
            }
        }
    }
    Ok(texts)
}

/// Converts the HTML of a page, which catalogue has sanitised, into plain text. The addresses of its links are below it.
fn plain_text(html: &str) -> Result<String, html2text::Error> {
    // Rows of tables become lines, since columns may not fit; a long word may be wider than a line.
    let layout = html2text::config::plain_no_decorate().link_footnotes(true).raw_mode(true).allow_width_overflow();
    Ok(layout.string_from_read(html.as_bytes(), WIDTH)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legal_page_becomes_text_with_its_paragraphs_lists_and_links() {
        let html = "<h2>Frist</h2><p>Vierzehn Tage, <b>ohne</b> Gründe &amp; <a href=\"https://shop.test/form\">Formular</a>.</p>\
                    <ul><li>Ware</li><li>Dienst</li></ul><table><tr><th>Land</th><td>DE</td></tr></table>";
        let text = plain_text(html).unwrap();
        for expected in
            ["Frist", "Vierzehn Tage, ohne Gründe &", "https://shop.test/form", "* Ware\n", "* Dienst", "Land"]
        {
            assert!(text.contains(expected), "{text}");
        }
    }
}
