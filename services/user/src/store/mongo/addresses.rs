//! Address books in MongoDB. They are embedded in accounts, so that every change is atomic without a transaction.

use super::MongoStore;
use super::documents::AddressDocument;
use crate::account::MAX_ADDRESSES;
use crate::store::AddressStore;
use async_trait::async_trait;
use chassis::StoreError;
use contracts::user::SavedAddress;
use contracts::{AccountId, Address};
use jiff::Timestamp;
use mongodb::bson::{Bson, doc, serialize_to_bson};
use serde::Serialize;
use uuid::Uuid;

#[async_trait]
impl AddressStore for MongoStore {
    async fn addresses(&self, account: AccountId) -> Result<Vec<SavedAddress>, StoreError> {
        let found = self.accounts().find_one(doc! { "_id": account.to_string() }).await?;
        let book = found.map(|account| account.addresses).unwrap_or_default();
        book.into_iter().map(AddressDocument::saved).collect()
    }

    async fn add_address(&self, account: AccountId, saved: &SavedAddress, now: Timestamp) -> Result<bool, StoreError> {
        let (account, id) = (account.to_string(), saved.id.to_string());
        // The address book is full when its last position is taken.
        let last = format!("addresses.{}", MAX_ADDRESSES - 1);
        let not_full = doc! { "_id": &account, last: { "$exists": false }, "addresses.id": { "$ne": &id } };
        let first = doc! { "$each": [bson(&AddressDocument::new(saved, now))?], "$position": 0 };
        let added = self.accounts().update_one(not_full, doc! { "$push": { "addresses": first } }).await?;
        if added.matched_count > 0 {
            return Ok(true);
        }
        match self.accounts().find_one(doc! { "_id": &account, "addresses.id": { "$ne": &id } }).await? {
            Some(_) => Ok(false),
            None => Err(StoreError::Fault(
                "the account of an address does not exist, or the address was added twice".to_owned(),
            )),
        }
    }

    async fn replace_address(&self, account: AccountId, id: Uuid, address: &Address) -> Result<bool, StoreError> {
        let known = doc! { "_id": account.to_string(), "addresses.id": id.to_string() };
        let replaced = doc! { "$set": { "addresses.$.address": bson(address)? } };
        Ok(self.accounts().update_one(known, replaced).await?.matched_count > 0)
    }

    async fn delete_address(&self, account: AccountId, id: Uuid) -> Result<bool, StoreError> {
        let id = id.to_string();
        let known = doc! { "_id": account.to_string(), "addresses.id": &id };
        let removed = doc! { "$pull": { "addresses": { "id": &id } } };
        Ok(self.accounts().update_one(known, removed).await?.matched_count > 0)
    }
}

fn bson(value: &impl Serialize) -> Result<Bson, StoreError> {
    Ok(serialize_to_bson(value).map_err(mongodb::error::Error::from)?)
}
