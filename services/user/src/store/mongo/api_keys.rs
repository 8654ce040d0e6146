//! API keys in MongoDB.

use super::documents::ApiKeyDocument;
use super::{FIRST_ADMIN_ID, MongoStore, documents};
use crate::api_keys::MAX_API_KEYS;
use crate::refresh_token::Digest;
use crate::store::ApiKeyStore;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::{commit, micros};
use chassis::store::retry_transaction;
use contracts::user::ApiKey;
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::doc;
use mongodb::options::ReturnDocument;
use uuid::Uuid;

#[async_trait]
impl ApiKeyStore for MongoStore {
    async fn add_api_key(&self, key: &ApiKey, secret: &Digest) -> Result<bool, StoreError> {
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            // Written first: two transactions that add the last possible key conflict, and the second counts again.
            let turn = doc! { "$inc": { "turn": 1_i64 } };
            self.first_admin().update_one(doc! { "_id": FIRST_ADMIN_ID }, turn).session(&mut transaction).await?;
            let count = self.api_key_documents().count_documents(doc! {}).session(&mut transaction).await?;
            if usize::try_from(count).unwrap_or(usize::MAX) >= MAX_API_KEYS {
                return Ok(false);
            }
            let document = ApiKeyDocument::new(key, secret);
            self.api_key_documents().insert_one(document).session(&mut transaction).await?;
            commit(transaction).await?;
            Ok(true)
        };
        retry_transaction(attempt).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let keys = self.api_key_documents();
        let newest = keys.find(doc! {}).sort(doc! { "_id": -1 }).limit(documents(MAX_API_KEYS));
        let found: Vec<ApiKeyDocument> = newest.await?.try_collect().await?;
        found.into_iter().map(ApiKeyDocument::api_key).collect()
    }

    async fn use_api_key(&self, secret: &Digest, now: Timestamp) -> Result<Option<ApiKey>, StoreError> {
        let used = doc! { "$set": { "last_used_at": micros(now) } };
        let found = self
            .api_key_documents()
            .find_one_and_update(doc! { "digest": secret.as_str() }, used)
            .return_document(ReturnDocument::After)
            .await?;
        found.map(ApiKeyDocument::api_key).transpose()
    }

    async fn delete_api_key(&self, id: Uuid) -> Result<bool, StoreError> {
        Ok(self.api_key_documents().delete_one(doc! { "_id": id.to_string() }).await?.deleted_count > 0)
    }
}
