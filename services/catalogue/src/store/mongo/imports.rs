//! The imports that people have started, in the database of products.

use super::codec::encode;
use super::products::MongoProducts;
use super::queries::{find_by_id, find_page_of_fields, put};
use super::schema::IMPORTS;
use crate::store::ImportStore;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::micros;
use contracts::catalogue::ProductImport;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
struct StoredImport {
    document: ProductImport,
}

#[async_trait]
impl ImportStore for MongoProducts {
    async fn save_import(&self, import: &ProductImport) -> Result<(), StoreError> {
        let document = doc! { "updated_at": micros(import.updated_at), "document": encode(import)? };
        put(&self.0, IMPORTS, &import.id.to_string(), document).await
    }

    async fn import(&self, id: Uuid) -> Result<Option<ProductImport>, StoreError> {
        let stored: Option<StoredImport> = find_by_id(&self.0, IMPORTS, &id.to_string()).await?;
        Ok(stored.map(|stored| stored.document))
    }

    async fn imports(&self, before: Option<Uuid>, limit: usize) -> Result<Vec<ProductImport>, StoreError> {
        let filter = before.map_or_else(Document::new, |id| doc! { "_id": { "$lt": id.to_string() } });
        // Issues can be many and are not part of a list, so the server leaves them out.
        let fields = doc! { "document": { "$mergeObjects": ["$document", { "issues": [] }] } };
        let stored: Vec<StoredImport> =
            find_page_of_fields(&self.0, IMPORTS, filter, fields, doc! { "_id": -1 }, limit).await?;
        Ok(stored.into_iter().map(|stored| stored.document).collect())
    }

    async fn purge_imports(&self, before: Timestamp) -> Result<(), StoreError> {
        let old = doc! { "updated_at": { "$lt": micros(before) } };
        self.0.collection::<Document>(IMPORTS).delete_many(old).await?;
        Ok(())
    }
}
