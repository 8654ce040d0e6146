//! Pages and the settings of the storefront, in the database of products.

use super::codec::encode;
use super::products::MongoProducts;
use super::queries::{find_by_id, find_fields};
use super::schema::{EMAIL_TEXTS, PAGES, STOREFRONT};
use crate::store::content::{StoredPage, StoredSummary};
use crate::store::{ContentStore, StorefrontSettings};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::{Database, is_duplicate};
use contracts::catalogue::{EmailTexts, Page, PageSummary};
use mongodb::bson::{Document, doc};
use serde::Deserialize;

/// The id of the single document with the settings of the storefront.
const SETTINGS_ID: &str = "storefront";

#[derive(Deserialize)]
struct SummaryDocument {
    #[serde(rename = "_id")]
    handle: String,
    summary: StoredSummary,
}

#[derive(Deserialize)]
struct PageDocument {
    document: StoredPage,
}

#[derive(Deserialize)]
struct SettingsDocument {
    document: StorefrontSettings,
}

#[derive(Deserialize)]
struct EmailTextsDocument {
    document: EmailTexts,
}

/// Inserts a document of version 1, or replaces the one of the version before. Returns false if another one is stored.
async fn write_version(
    database: &Database,
    collection: &str,
    id: &str,
    version: i64,
    mut document: Document,
) -> Result<bool, StoreError> {
    document.insert("_id", id);
    document.insert("version", version);
    let collection = database.collection::<Document>(collection);
    if version == 1 {
        return match collection.insert_one(document).await {
            Err(error) if is_duplicate(&error) => Ok(false),
            inserted => Ok(inserted.map(|_| true)?),
        };
    }
    let replaced = collection.replace_one(doc! { "_id": id, "version": version - 1 }, document).await?;
    Ok(replaced.matched_count == 1)
}

#[async_trait]
impl ContentStore for MongoProducts {
    async fn page_summaries(&self) -> Result<Vec<PageSummary>, StoreError> {
        let stored: Vec<SummaryDocument> = find_fields(&self.0, PAGES, doc! {}, doc! { "summary": 1 }).await?;
        let mut pages: Vec<PageSummary> =
            stored.into_iter().map(|stored| stored.summary.into_summary(stored.handle)).collect();
        pages.sort_by(|one, other| one.handle.cmp(&other.handle));
        Ok(pages)
    }

    async fn page(&self, handle: &str) -> Result<Option<Page>, StoreError> {
        let stored: Option<PageDocument> = find_by_id(&self.0, PAGES, handle).await?;
        Ok(stored.map(|stored| stored.document.into_page(handle.to_owned())))
    }

    async fn write_page(&self, page: &Page) -> Result<bool, StoreError> {
        let document =
            doc! { "summary": encode(&StoredSummary::from(page))?, "document": encode(&StoredPage::from(page))? };
        write_version(&self.0, PAGES, &page.handle, page.version, document).await
    }

    async fn delete_page(&self, handle: &str) -> Result<bool, StoreError> {
        let deleted = self.0.collection::<Document>(PAGES).delete_one(doc! { "_id": handle }).await?;
        Ok(deleted.deleted_count == 1)
    }

    async fn storefront(&self) -> Result<Option<StorefrontSettings>, StoreError> {
        let stored: Option<SettingsDocument> = find_by_id(&self.0, STOREFRONT, SETTINGS_ID).await?;
        Ok(stored.map(|stored| stored.document))
    }

    async fn write_storefront(&self, settings: &StorefrontSettings) -> Result<bool, StoreError> {
        let document = doc! { "document": encode(settings)? };
        write_version(&self.0, STOREFRONT, SETTINGS_ID, settings.version, document).await
    }

    async fn email_texts(&self) -> Result<Option<EmailTexts>, StoreError> {
        let stored: Option<EmailTextsDocument> = find_by_id(&self.0, EMAIL_TEXTS, EMAIL_TEXTS).await?;
        Ok(stored.map(|stored| stored.document))
    }

    async fn write_email_texts(&self, texts: &EmailTexts) -> Result<bool, StoreError> {
        let document = doc! { "document": encode(texts)? };
        // The id of the only document is the name of its collection, as in SQLite.
        write_version(&self.0, EMAIL_TEXTS, EMAIL_TEXTS, texts.version, document).await
    }
}
