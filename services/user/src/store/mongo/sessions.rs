//! Sessions and their refresh tokens in MongoDB.

use super::documents::{AccountDocument, SessionDocument, TokenDocument};
use super::{MongoStore, documents, without_addresses};
use crate::password_hasher::StoredPassword;
use crate::refresh_token::{
    ABSOLUTE_TIMEOUT, Digest, IDLE_TIMEOUT, IssuedToken, LiveSession, MAX_SESSIONS, NewSession, Seed, TokenCheck,
    before,
};
use crate::store::{RotateOutcome, SessionStore};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::{commit, micros, parse};
use chassis::store::retry_transaction;
use contracts::AccountId;
use contracts::user::{Account, DeviceSession};
use futures::TryStreamExt;
use jiff::Timestamp;
use mongodb::bson::{Document, doc};
use mongodb::{ClientSession, Collection};
use uuid::Uuid;

#[async_trait]
impl SessionStore for MongoStore {
    async fn begin_session(&self, session: &NewSession, password: &StoredPassword) -> Result<bool, StoreError> {
        let attempt = || async {
            let mut transaction = self.database.begin().await?;
            let known = doc! { "_id": session.account.to_string(), "password": password.as_str() };
            // Incrementing `logins` makes a concurrent change of the password conflict with this transaction.
            let login = doc! { "$inc": { "logins": 1_i64 } };
            if self.accounts().update_one(known, login).session(&mut transaction).await?.matched_count == 0 {
                return Ok(false);
            }
            // Before the insertion, so that the new session is never the one that is ended.
            self.end_oldest(&mut transaction, session.account, MAX_SESSIONS - 1).await?;
            self.insert_session(&mut transaction, session).await?;
            commit(transaction).await?;
            Ok(true)
        };
        retry_transaction(attempt).await
    }

    async fn issued_token(&self, token: &Digest) -> Result<Option<IssuedToken>, StoreError> {
        // Two reads without a transaction: a session that ends in between makes the token unknown, as it should.
        let Some(issued) = self.tokens().find_one(doc! { "_id": token.as_str() }).await? else { return Ok(None) };
        let Some(session) = self.session_documents().find_one(doc! { "_id": issued.session_id }).await? else {
            return Ok(None);
        };
        let (id, seed) = (parse(&session.id)?, Seed::new(session.seed));
        Ok(Some(IssuedToken { session: id, seed, sequence: issued.sequence }))
    }

    async fn rotate(
        &self,
        presented: &Digest,
        successor: &Digest,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        retry_transaction(|| self.rotate_once(presented, successor, now)).await
    }

    async fn signed_in(
        &self,
        id: AccountId,
        session: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let id = id.to_string();
        if let Some(session) = session {
            let mut own = live(&id, now);
            own.insert("_id", session.to_string());
            if self.session_documents().find_one(own).await?.is_none() {
                return Ok(None);
            }
        }
        let found = self.accounts().find_one(doc! { "_id": id }).projection(without_addresses()).await?;
        found.map(AccountDocument::account).transpose()
    }

    async fn sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<DeviceSession>, StoreError> {
        let sessions = self.session_documents();
        let found = sessions.find(live(&account.to_string(), now)).sort(last_used_first());
        let found: Vec<SessionDocument> = found.limit(documents(MAX_SESSIONS)).await?.try_collect().await?;
        found.into_iter().map(SessionDocument::device).collect()
    }

    async fn end_session(&self, session: Uuid, account: Option<AccountId>) -> Result<bool, StoreError> {
        let mut ended = doc! { "_id": session.to_string() };
        if let Some(account) = account {
            ended.insert("account_id", account.to_string());
        }
        Ok(self.session_documents().delete_one(ended).await?.deleted_count > 0)
    }

    async fn purge_expired(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        if limit == 0 {
            return Ok(0);
        }
        let (idle, old) = (micros(before(now, IDLE_TIMEOUT)), micros(before(now, ABSOLUTE_TIMEOUT)));
        let expired = doc! { "$or": [{ "last_used_at": { "$lte": idle } }, { "created_at": { "$lte": old } }] };
        let sessions = purge(&self.session_documents(), expired, limit).await?;
        // The newest token of a live session was issued within the idle timeout, so only used tokens are deleted.
        let tokens = purge(&self.tokens(), doc! { "issued_at": { "$lte": idle } }, limit).await?;
        Ok(usize::try_from(sessions.max(tokens)).unwrap_or(usize::MAX))
    }
}

impl MongoStore {
    /// Inserts a session with its first token.
    pub(super) async fn insert_session(
        &self,
        transaction: &mut ClientSession,
        session: &NewSession,
    ) -> Result<(), StoreError> {
        let document = SessionDocument::new(session);
        let token = TokenDocument::new(&document.id, 0, &session.token, session.at);
        self.session_documents().insert_one(document).session(&mut *transaction).await?;
        self.tokens().insert_one(token).session(transaction).await?;
        Ok(())
    }

    /// Ends the account's least recently used sessions until `left` remain.
    async fn end_oldest(
        &self,
        transaction: &mut ClientSession,
        account: AccountId,
        left: usize,
    ) -> Result<(), StoreError> {
        let sessions = self.session_documents();
        let own = sessions.find(doc! { "account_id": account.to_string() }).sort(last_used_first());
        let skipped = u64::try_from(left).unwrap_or(u64::MAX);
        let mut cursor = own.skip(skipped).session(&mut *transaction).await?;
        let oldest: Vec<SessionDocument> = cursor.stream(transaction).try_collect().await?;
        if oldest.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = oldest.into_iter().map(|session| session.id).collect();
        self.session_documents().delete_many(doc! { "_id": { "$in": ids } }).session(transaction).await?;
        Ok(())
    }

    /// Runs one attempt to rotate a token. All outcomes but a repetition write the session's document, so that of two
    /// concurrent rotations one is retried and then reports the repetition.
    async fn rotate_once(
        &self,
        presented: &Digest,
        successor: &Digest,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        let issued = self.tokens().find_one(doc! { "_id": presented.as_str() }).session(&mut transaction).await?;
        let Some(issued) = issued else { return Ok(RotateOutcome::Invalid) };
        let own = doc! { "_id": &issued.session_id };
        let session = self.session_documents().find_one(own.clone()).session(&mut transaction).await?;
        let Some(session) = session else { return Ok(RotateOutcome::Invalid) };
        let family = session.family_state()?;
        let check = family.check(issued.sequence, now);
        match check {
            TokenCheck::Expired => return Ok(RotateOutcome::Invalid),
            TokenCheck::Reused => {
                self.session_documents().delete_one(own).session(&mut transaction).await?;
            }
            TokenCheck::Newest => {
                let sequence = family.sequence + 1;
                let rotated = doc! { "$set": { "sequence": sequence, "last_used_at": micros(now) } };
                self.session_documents().update_one(own, rotated).session(&mut transaction).await?;
                let token = TokenDocument::new(&session.id, sequence, successor, now);
                self.tokens().insert_one(token).session(&mut transaction).await?;
            }
            // Nothing is written, so concurrent repetitions do not conflict.
            TokenCheck::WithinGrace => {}
        }
        let account = self.account_in(&mut transaction, &session.account_id).await?;
        commit(transaction).await?;
        let Some(account) = account else { return Ok(RotateOutcome::Invalid) };
        let account = account.account()?;
        let live = |account| {
            Ok::<_, StoreError>(LiveSession { id: parse(&session.id)?, account, created_at: family.created_at })
        };
        Ok(match check {
            TokenCheck::Newest => RotateOutcome::Rotated(live(account)?),
            TokenCheck::WithinGrace => RotateOutcome::Repeated(live(account)?),
            TokenCheck::Reused | TokenCheck::Expired => RotateOutcome::ReuseDetected(account.id),
        })
    }
}

/// Returns the filter of the account's live sessions.
fn live(account: &str, now: Timestamp) -> Document {
    doc! {
        "account_id": account,
        "last_used_at": { "$gt": micros(before(now, IDLE_TIMEOUT)) },
        "created_at": { "$gt": micros(before(now, ABSOLUTE_TIMEOUT)) },
    }
}

fn last_used_first() -> Document {
    doc! { "last_used_at": -1, "_id": -1 }
}

/// Deletes up to `limit` documents that match `which` and returns their number. The filter is part of the deletion too,
/// because a session may have been refreshed since it was found.
async fn purge<T: Send + Sync>(from: &Collection<T>, which: Document, limit: usize) -> Result<u64, StoreError> {
    let any = from.clone_with_type::<Document>();
    let found = any.find(which.clone()).projection(doc! { "_id": 1 }).limit(documents(limit)).await?;
    let found: Vec<Document> = found.try_collect().await?;
    // MongoDB cannot limit a deletion, so the ids are selected first.
    let ids: Vec<_> = found.into_iter().filter_map(|mut document| document.remove("_id")).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(from.delete_many(doc! { "$and": [{ "_id": { "$in": ids } }, which] }).await?.deleted_count)
}
