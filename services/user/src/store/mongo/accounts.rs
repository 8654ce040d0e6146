//! Accounts, passwords and roles in MongoDB.

use super::documents::AccountDocument;
use super::{MongoStore, ONLY, documents, without_addresses};
use crate::account::{Credentials, NewAccount};
use crate::family::{Digest, NewSession};
use crate::password::StoredPassword;
use crate::store::{AccountStore, AdminCode, Change, FirstAdminOpening, Opening, RolesOutcome};
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
    async fn open_account(&self, account: &NewAccount, session: Option<&NewSession>) -> Result<Opening, StoreError> {
        let unit = || async {
            let mut work = self.database.begin().await?;
            if !self.insert_account(&mut work, account).await? {
                return Ok(Opening::EmailTaken);
            }
            if let Some(session) = session {
                self.insert_session(&mut work, session).await?;
            }
            commit(work).await?;
            Ok(Opening::Opened)
        };
        retry_transaction(unit).await
    }

    async fn open_first_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<FirstAdminOpening, StoreError> {
        let unit = || async {
            let mut work = self.database.begin().await?;
            if self.admins(&mut work, 1).await? > 0 {
                return Ok(FirstAdminOpening::AdminExists);
            }
            let waiting = doc! { "_id": ONLY, "code": code.as_str() };
            let used = doc! { "$set": { "code": null }, "$inc": { "turn": 1_i64 } };
            if self.first_admin.update_one(waiting, used).session(&mut work).await?.matched_count == 0 {
                return Ok(FirstAdminOpening::WrongCode);
            }
            if !self.insert_account(&mut work, account).await? {
                return Ok(FirstAdminOpening::EmailTaken);
            }
            self.insert_session(&mut work, session).await?;
            commit(work).await?;
            Ok(FirstAdminOpening::Opened)
        };
        retry_transaction(unit).await
    }

    async fn set_first_admin_code(&self, code: &Digest) -> Result<bool, StoreError> {
        let unit = || async {
            let mut work = self.database.begin().await?;
            if self.admins(&mut work, 1).await? > 0 {
                return Ok(false);
            }
            let waits = doc! { "$set": { "code": code.as_str() }, "$inc": { "turn": 1_i64 } };
            self.first_admin.update_one(doc! { "_id": ONLY }, waits).session(&mut work).await?;
            commit(work).await?;
            Ok(true)
        };
        retry_transaction(unit).await
    }

    async fn first_admin_code(&self) -> Result<AdminCode, StoreError> {
        // In this order: a code that is used between the two questions has made an admin.
        let first_admin = self.first_admin.find_one(doc! { "_id": ONLY }).await?;
        if self.accounts.find_one(doc! { "admin": true }).projection(without_addresses()).await?.is_some() {
            return Ok(AdminCode::AdminExists);
        }
        let code = first_admin.and_then(|first_admin| first_admin.code);
        Ok(code.map_or(AdminCode::NotIssued, |digest| AdminCode::Waiting(Digest::stored(digest))))
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let found = self.accounts.find_one(doc! { "email_key": email }).projection(without_addresses()).await?;
        found.map(AccountDocument::credentials).transpose()
    }

    async fn accounts(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Account>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let beyond = format!("{prefix}{}", char::MAX);
        let cursor = self
            .accounts
            .find(doc! { "email_key": { "$gte": prefix, "$lt": beyond, "$gt": after } })
            .projection(without_addresses())
            .sort(doc! { "email_key": 1 })
            .limit(documents(limit))
            .await?;
        let found: Vec<AccountDocument> = cursor.try_collect().await?;
        found.into_iter().map(AccountDocument::account).collect()
    }

    async fn rename(&self, id: AccountId, name: &str, version: i64) -> Result<Change, StoreError> {
        self.change(id, version, doc! { "name": name }).await
    }

    async fn change_password(
        &self,
        id: AccountId,
        former: &StoredPassword,
        new: &StoredPassword,
        keep: Option<Uuid>,
    ) -> Result<bool, StoreError> {
        let (id, keep) = (id.to_string(), keep.map(|session| session.to_string()));
        let unit = || async {
            let mut work = self.database.begin().await?;
            let known = doc! { "_id": &id, "password": former.as_str() };
            let replaced = doc! { "$set": { "password": new.as_str() } };
            if self.accounts.update_one(known, replaced).session(&mut work).await?.matched_count == 0 {
                return Ok(false);
            }
            let others = doc! { "account_id": &id, "_id": { "$ne": &keep } };
            self.sessions.delete_many(others).session(&mut work).await?;
            commit(work).await?;
            Ok(true)
        };
        retry_transaction(unit).await
    }

    async fn change_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<RolesOutcome, StoreError> {
        let admin = roles.contains(&Role::Admin);
        let change = doc! { "roles": serialize_to_bson(roles).map_err(mongodb::error::Error::from)?, "admin": admin };
        if admin {
            // One admin more, or as many as before.
            return Ok(RolesOutcome::Settled(self.change(id, version, change).await?));
        }
        let key = id.to_string();
        let unit = || async {
            let mut work = self.database.begin().await?;
            let Some(found) = self.account_in(&mut work, &key).await? else {
                return Ok(RolesOutcome::Settled(Change::Missing));
            };
            if found.version != version {
                return Ok(RolesOutcome::Settled(Change::Stale));
            }
            if found.admin {
                if self.admins(&mut work, 2).await? < 2 {
                    return Ok(RolesOutcome::LastAdmin);
                }
                let turn = doc! { "$inc": { "turn": 1_i64 } };
                self.first_admin.update_one(doc! { "_id": ONLY }, turn).session(&mut work).await?;
            }
            self.accounts.update_one(doc! { "_id": &key }, raised(&change)).session(&mut work).await?;
            commit(work).await?;
            let changed = Account { roles: roles.to_vec(), version: version + 1, ..found.account()? };
            Ok(RolesOutcome::Settled(Change::Changed(changed)))
        };
        retry_transaction(unit).await
    }
}

impl MongoStore {
    /// False when the address is taken; the unit of work is over then.
    async fn insert_account(&self, work: &mut ClientSession, account: &NewAccount) -> Result<bool, StoreError> {
        match self.accounts.insert_one(AccountDocument::new(account)).session(work).await {
            Ok(_) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets these fields, when the version is the one given.
    async fn change(&self, id: AccountId, version: i64, fields: Document) -> Result<Change, StoreError> {
        let id = id.to_string();
        let changed = self
            .accounts
            .find_one_and_update(doc! { "_id": &id, "version": version }, raised(&fields))
            .return_document(ReturnDocument::After)
            .projection(without_addresses())
            .await?;
        if let Some(changed) = changed {
            return Ok(Change::Changed(changed.account()?));
        }
        let known = self.accounts.find_one(doc! { "_id": &id }).projection(without_addresses()).await?;
        Ok(if known.is_some() { Change::Stale } else { Change::Missing })
    }

    /// How many admins there are, counted up to `enough`.
    async fn admins(&self, work: &mut ClientSession, enough: u64) -> Result<u64, StoreError> {
        Ok(self.accounts.count_documents(doc! { "admin": true }).limit(enough).session(work).await?)
    }
}

/// Sets these fields, and the next version.
fn raised(fields: &Document) -> Document {
    doc! { "$set": fields.clone(), "$inc": { "version": 1_i64 } }
}
