//! Sessions and their refresh tokens in MongoDB.

use super::documents::{AccountDocument, SessionDocument, TokenDocument};
use super::{MongoStore, documents, without_addresses};
use crate::family::{
    ABSOLUTE, Digest, IDLE, IssuedToken, LiveSession, MOST_SESSIONS, NewSession, Seed, Verdict, before,
};
use crate::password::StoredPassword;
use crate::store::{Rotation, SessionStore};
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
        let unit = || async {
            let mut work = self.database.begin().await?;
            let known = doc! { "_id": session.account.to_string(), "password": password.as_str() };
            let login = doc! { "$inc": { "logins": 1_i64 } };
            if self.accounts.update_one(known, login).session(&mut work).await?.matched_count == 0 {
                return Ok(false);
            }
            self.end_beyond(&mut work, session.account, MOST_SESSIONS - 1).await?;
            self.insert_session(&mut work, session).await?;
            commit(work).await?;
            Ok(true)
        };
        retry_transaction(unit).await
    }

    async fn issued_token(&self, token: &Digest) -> Result<Option<IssuedToken>, StoreError> {
        let Some(issued) = self.tokens.find_one(doc! { "_id": token.as_str() }).await? else { return Ok(None) };
        let Some(session) = self.sessions.find_one(doc! { "_id": issued.session_id }).await? else { return Ok(None) };
        let (id, seed) = (parse(&session.id)?, Seed::new(session.seed));
        Ok(Some(IssuedToken { session: id, seed, sequence: issued.sequence }))
    }

    async fn rotate(&self, presented: &Digest, successor: &Digest, now: Timestamp) -> Result<Rotation, StoreError> {
        retry_transaction(|| self.try_to_rotate(presented, successor, now)).await
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
            if self.sessions.find_one(own).await?.is_none() {
                return Ok(None);
            }
        }
        let found = self.accounts.find_one(doc! { "_id": id }).projection(without_addresses()).await?;
        found.map(AccountDocument::account).transpose()
    }

    async fn sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<DeviceSession>, StoreError> {
        let found = self.sessions.find(live(&account.to_string(), now)).sort(last_used_first());
        let found: Vec<SessionDocument> = found.limit(documents(MOST_SESSIONS)).await?.try_collect().await?;
        found.into_iter().map(SessionDocument::device).collect()
    }

    async fn end_session(&self, session: Uuid, account: Option<AccountId>) -> Result<bool, StoreError> {
        let mut ended = doc! { "_id": session.to_string() };
        if let Some(account) = account {
            ended.insert("account_id", account.to_string());
        }
        Ok(self.sessions.delete_one(ended).await?.deleted_count > 0)
    }

    async fn forget_expired(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        if limit == 0 {
            return Ok(0);
        }
        let (idle, old) = (micros(before(now, IDLE)), micros(before(now, ABSOLUTE)));
        let expired = doc! { "$or": [{ "last_used_at": { "$lte": idle } }, { "created_at": { "$lte": old } }] };
        let sessions = forget(&self.sessions, expired, limit).await?;
        // The newest token of a session that lives is younger than this.
        let tokens = forget(&self.tokens, doc! { "issued_at": { "$lte": idle } }, limit).await?;
        Ok(usize::try_from(sessions.max(tokens)).unwrap_or(usize::MAX))
    }
}

impl MongoStore {
    /// Adds a session with its first token.
    pub(super) async fn insert_session(
        &self,
        work: &mut ClientSession,
        session: &NewSession,
    ) -> Result<(), StoreError> {
        let document = SessionDocument::new(session);
        let token = TokenDocument::new(&document.id, 0, &session.token, session.at);
        self.sessions.insert_one(document).session(&mut *work).await?;
        self.tokens.insert_one(token).session(work).await?;
        Ok(())
    }

    /// Ends the account's sessions that were not used for longest, until so many are left.
    async fn end_beyond(&self, work: &mut ClientSession, account: AccountId, left: usize) -> Result<(), StoreError> {
        let own = self.sessions.find(doc! { "account_id": account.to_string() }).sort(last_used_first());
        let skipped = u64::try_from(left).unwrap_or(u64::MAX);
        let mut cursor = own.skip(skipped).session(&mut *work).await?;
        let beyond: Vec<SessionDocument> = cursor.stream(work).try_collect().await?;
        if beyond.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = beyond.into_iter().map(|session| session.id).collect();
        self.sessions.delete_many(doc! { "_id": { "$in": ids } }).session(work).await?;
        Ok(())
    }

    /// Every outcome but a repetition writes the session's document, so that of two at once one looks again.
    async fn try_to_rotate(
        &self,
        presented: &Digest,
        successor: &Digest,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let mut work = self.database.begin().await?;
        let issued = self.tokens.find_one(doc! { "_id": presented.as_str() }).session(&mut work).await?;
        let Some(issued) = issued else { return Ok(Rotation::Unknown) };
        let own = doc! { "_id": &issued.session_id };
        let session = self.sessions.find_one(own.clone()).session(&mut work).await?;
        let Some(session) = session else { return Ok(Rotation::Unknown) };
        let standing = session.standing()?;
        let verdict = standing.judge(issued.sequence, now);
        match verdict {
            Verdict::Expired => return Ok(Rotation::Unknown),
            Verdict::Reused => {
                self.sessions.delete_one(own).session(&mut work).await?;
            }
            Verdict::Newest => {
                let sequence = standing.sequence + 1;
                let moved = doc! { "$set": { "sequence": sequence, "last_used_at": micros(now) } };
                self.sessions.update_one(own, moved).session(&mut work).await?;
                let token = TokenDocument::new(&session.id, sequence, successor, now);
                self.tokens.insert_one(token).session(&mut work).await?;
            }
            Verdict::JustReplaced => {}
        }
        let account = self.account_in(&mut work, &session.account_id).await?;
        commit(work).await?;
        let Some(account) = account else { return Ok(Rotation::Unknown) };
        let account = account.account()?;
        let live = |account| {
            Ok::<_, StoreError>(LiveSession { id: parse(&session.id)?, account, created_at: standing.created_at })
        };
        Ok(match verdict {
            Verdict::Newest => Rotation::Rotated(live(account)?),
            Verdict::JustReplaced => Rotation::Repeated(live(account)?),
            Verdict::Reused | Verdict::Expired => Rotation::Reused(account.id),
        })
    }
}

/// The account's sessions that have not expired.
fn live(account: &str, now: Timestamp) -> Document {
    doc! {
        "account_id": account,
        "last_used_at": { "$gt": micros(before(now, IDLE)) },
        "created_at": { "$gt": micros(before(now, ABSOLUTE)) },
    }
}

fn last_used_first() -> Document {
    doc! { "last_used_at": -1, "_id": -1 }
}

/// Removes at most `limit` documents that are as described, and still are when their turn comes. Says how many.
async fn forget<T: Send + Sync>(from: &Collection<T>, which: Document, limit: usize) -> Result<u64, StoreError> {
    let any = from.clone_with_type::<Document>();
    let found = any.find(which.clone()).projection(doc! { "_id": 1 }).limit(documents(limit)).await?;
    let found: Vec<Document> = found.try_collect().await?;
    let ids: Vec<_> = found.into_iter().filter_map(|mut document| document.remove("_id")).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    Ok(from.delete_many(doc! { "$and": [{ "_id": { "$in": ids } }, which] }).await?.deleted_count)
}
