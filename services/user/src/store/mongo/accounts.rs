//! Accounts, passwords and roles in MongoDB.

use super::documents::AccountDocument;
use super::{FIRST_ADMIN_ID, MongoStore, documents, without_addresses};
use crate::account::{Credentials, NewAccount};
use crate::password_hasher::StoredPassword;
use crate::refresh_token::{Digest, NewSession};
use crate::store::{AccountStore, AdminCode, BootstrapOutcome, RegisterOutcome, SetRolesOutcome, UpdateOutcome};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::auth::Role;
use chassis::mongo::{commit, is_duplicate};
use chassis::store::retry_transaction;
use contracts::AccountId;
use contracts::user::Account;
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc, serialize_to_bson};
use mongodb::options::ReturnDocument;
use uuid::Uuid;

#[async_trait]
impl AccountStore for MongoStore {
    async fn register_account(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
    ) -> Result<RegisterOutcome, StoreError> {
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            if !self.insert_account(&mut transaction, account).await? {
                return Ok(RegisterOutcome::EmailTaken);
            }
            if let Some(session) = session {
                self.insert_session(&mut transaction, session).await?;
            }
            commit(transaction).await?;
            Ok(RegisterOutcome::Registered)
        };
        retry_transaction(attempt).await
    }

    async fn bootstrap_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<BootstrapOutcome, StoreError> {
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            if self.admins(&mut transaction, 1).await? > 0 {
                return Ok(BootstrapOutcome::AdminExists);
            }
            let pending = doc! { "_id": FIRST_ADMIN_ID, "code": code.as_str() };
            let used = doc! { "$set": { "code": null }, "$inc": { "turn": 1_i64 } };
            if self.first_admin().update_one(pending, used).session(&mut transaction).await?.matched_count == 0 {
                return Ok(BootstrapOutcome::WrongCode);
            }
            if !self.insert_account(&mut transaction, account).await? {
                return Ok(BootstrapOutcome::EmailTaken);
            }
            self.insert_session(&mut transaction, session).await?;
            commit(transaction).await?;
            Ok(BootstrapOutcome::Created)
        };
        retry_transaction(attempt).await
    }

    async fn set_first_admin_code(&self, code: &Digest) -> Result<bool, StoreError> {
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            if self.admins(&mut transaction, 1).await? > 0 {
                return Ok(false);
            }
            let replace = doc! { "$set": { "code": code.as_str() }, "$inc": { "turn": 1_i64 } };
            self.first_admin().update_one(doc! { "_id": FIRST_ADMIN_ID }, replace).session(&mut transaction).await?;
            commit(transaction).await?;
            Ok(true)
        };
        retry_transaction(attempt).await
    }

    async fn first_admin_code(&self) -> Result<AdminCode, StoreError> {
        // The code is read first: if it is used between the two reads, the second one finds the admin.
        let first_admin = self.first_admin().find_one(doc! { "_id": FIRST_ADMIN_ID }).await?;
        if self.accounts().find_one(doc! { "admin": true }).projection(without_addresses()).await?.is_some() {
            return Ok(AdminCode::AdminExists);
        }
        let code = first_admin.and_then(|first_admin| first_admin.code);
        Ok(code.map_or(AdminCode::NotIssued, |digest| AdminCode::Pending(Digest::from_stored(digest))))
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let found = self.accounts().find_one(doc! { "email_key": email }).projection(without_addresses()).await?;
        found.map(AccountDocument::credentials).transpose()
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let found = self.accounts().find_one(doc! { "_id": id.to_string() }).projection(without_addresses()).await?;
        found.map(AccountDocument::account).transpose()
    }

    async fn accounts(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Account>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        // The greatest character ends the range of the prefix; a range uses the index.
        let beyond = format!("{prefix}{}", char::MAX);
        let cursor = self
            .accounts()
            .find(doc! { "email_key": { "$gte": prefix, "$lt": beyond, "$gt": after } })
            .projection(without_addresses())
            .sort(doc! { "email_key": 1 })
            .limit(documents(limit))
            .await?;
        let found: Vec<AccountDocument> = cursor.try_collect().await?;
        found.into_iter().map(AccountDocument::account).collect()
    }

    async fn rename(&self, id: AccountId, name: &str, version: i64) -> Result<UpdateOutcome, StoreError> {
        self.update(id, version, doc! { "name": name }).await
    }

    async fn change_password(
        &self,
        id: AccountId,
        former: &StoredPassword,
        new: &StoredPassword,
        keep: Option<Uuid>,
    ) -> Result<bool, StoreError> {
        let (id, keep) = (id.to_string(), keep.map(|session| session.to_string()));
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            let known = doc! { "_id": &id, "password": former.as_str() };
            let replaced = doc! { "$set": { "password": new.as_str() } };
            if self.accounts().update_one(known, replaced).session(&mut transaction).await?.matched_count == 0 {
                return Ok(false);
            }
            // `$ne: null` matches every session, so all end when there is none to keep.
            let others = doc! { "account_id": &id, "_id": { "$ne": &keep } };
            self.session_documents().delete_many(others).session(&mut transaction).await?;
            commit(transaction).await?;
            Ok(true)
        };
        retry_transaction(attempt).await
    }

    async fn set_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<SetRolesOutcome, StoreError> {
        let admin = roles.contains(&Role::Admin);
        let change = doc! { "roles": serialize_to_bson(roles).map_err(mongodb::error::Error::from)?, "admin": admin };
        if admin {
            // The number of admins cannot fall, so no transaction is needed.
            return Ok(SetRolesOutcome::Completed(self.update(id, version, change).await?));
        }
        let key = id.to_string();
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            let Some(found) = self.account_in(&mut transaction, &key).await? else {
                return Ok(SetRolesOutcome::Completed(UpdateOutcome::NotFound));
            };
            if found.version != version {
                return Ok(SetRolesOutcome::Completed(UpdateOutcome::Stale));
            }
            if found.admin {
                if self.admins(&mut transaction, 2).await? < 2 {
                    return Ok(SetRolesOutcome::LastAdmin);
                }
                // Writing `first_admin` makes two admins who leave at once conflict, so that one remains.
                let turn = doc! { "$inc": { "turn": 1_i64 } };
                self.first_admin().update_one(doc! { "_id": FIRST_ADMIN_ID }, turn).session(&mut transaction).await?;
            }
            self.accounts()
                .update_one(doc! { "_id": &key }, with_next_version(&change))
                .session(&mut transaction)
                .await?;
            commit(transaction).await?;
            let changed = Account { roles: roles.to_vec(), version: version + 1, ..found.account()? };
            Ok(SetRolesOutcome::Completed(UpdateOutcome::Updated(changed)))
        };
        retry_transaction(attempt).await
    }
}

impl MongoStore {
    /// Inserts an account. Returns false when its email is taken, which also aborts the transaction.
    async fn insert_account(&self, transaction: &mut ClientSession, account: &NewAccount) -> Result<bool, StoreError> {
        match self.accounts().insert_one(AccountDocument::new(account)).session(transaction).await {
            Ok(_) => Ok(true),
            // The unique index decides: the check before hashing was not part of this transaction.
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets these fields if the account has this version.
    async fn update(&self, id: AccountId, version: i64, fields: Document) -> Result<UpdateOutcome, StoreError> {
        let id = id.to_string();
        let changed = self
            .accounts()
            .find_one_and_update(doc! { "_id": &id, "version": version }, with_next_version(&fields))
            // One atomic operation, so no transaction is needed for a single document.
            .return_document(ReturnDocument::After)
            .projection(without_addresses())
            .await?;
        if let Some(changed) = changed {
            return Ok(UpdateOutcome::Updated(changed.account()?));
        }
        let known = self.accounts().find_one(doc! { "_id": &id }).projection(without_addresses()).await?;
        Ok(if known.is_some() { UpdateOutcome::Stale } else { UpdateOutcome::NotFound })
    }

    /// Counts the admins, up to `enough`.
    async fn admins(&self, transaction: &mut ClientSession, enough: u64) -> Result<u64, StoreError> {
        Ok(self.accounts().count_documents(doc! { "admin": true }).limit(enough).session(transaction).await?)
    }
}

/// Returns the update that sets these fields and increments the version.
fn with_next_version(fields: &Document) -> Document {
    doc! { "$set": fields.clone(), "$inc": { "version": 1_i64 } }
}
