//! Sessions and their refresh tokens in SQLite.

use super::{SqliteStore, account, account_in, rows};
use crate::password_hasher::StoredPassword;
use crate::refresh_token::{
    ABSOLUTE_TIMEOUT, Digest, FamilyState, IDLE_TIMEOUT, IssuedToken, LiveSession, MAX_SESSIONS, NewSession, Seed,
    TokenCheck, before,
};
use crate::store::{RotateOutcome, SessionStore};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::sqlite::{Write, micros, moment, parse};
use contracts::AccountId;
use contracts::user::{Account, DeviceSession};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

#[async_trait]
impl SessionStore for SqliteStore {
    async fn begin_session(&self, session: &NewSession, password: &StoredPassword) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let account = session.account.to_string();
        // Compared within the transaction: a password change in between would otherwise leave this session alive.
        let known = sqlx::query("SELECT 1 FROM accounts WHERE id = ? AND password = ?")
            .bind(&account)
            .bind(password.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        if known.is_none() {
            return Ok(false);
        }
        insert_session(&mut transaction, session).await?;
        // The new session is excluded: with a clock set back it could be the least recently used one.
        sqlx::query(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE account_id = ?1 AND id <> ?2
             ORDER BY last_used_at DESC LIMIT -1 OFFSET ?3)",
        )
        .bind(&account)
        .bind(session.id.to_string())
        .bind(rows(MAX_SESSIONS - 1))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn issued_token(&self, token: &Digest) -> Result<Option<IssuedToken>, StoreError> {
        let row = sqlx::query(
            "SELECT s.id, s.seed, t.sequence FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
             WHERE t.digest = ?",
        )
        .bind(token.as_str())
        .fetch_optional(&mut *self.database.read().await?)
        .await?;
        row.map(|row| {
            let seed = Seed::new(row.get("seed"));
            Ok(IssuedToken { session: parse(row.get("id"))?, seed, sequence: row.get("sequence") })
        })
        .transpose()
    }

    async fn rotate(
        &self,
        presented: &Digest,
        successor: &Digest,
        now: Timestamp,
    ) -> Result<RotateOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        let row = sqlx::query(
            "SELECT s.id, s.account_id, s.sequence, s.created_at, s.last_used_at, t.sequence AS presented
             FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE t.digest = ?",
        )
        .bind(presented.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        // Read and written in one transaction: two tabs that refresh at once get the same successor.
        let Some(row) = row else { return Ok(RotateOutcome::Invalid) };
        let (id, owner): (Uuid, AccountId) = (parse(row.get("id"))?, parse(row.get("account_id"))?);
        let family = family_state(&row)?;
        let check = family.check(row.get("presented"), now);
        match check {
            TokenCheck::Expired => return Ok(RotateOutcome::Invalid),
            // Either party may be the thief, so the session ends for both.
            TokenCheck::Reused => delete_session(&mut transaction, id).await?,
            TokenCheck::Newest => replace_token(&mut transaction, id, family.sequence + 1, successor, now).await?,
            TokenCheck::WithinGrace => {}
        }
        let account = account_in(&mut transaction, owner).await?;
        transaction.commit().await?;
        let Some(account) = account else { return Ok(RotateOutcome::Invalid) };
        let live = LiveSession { id, account, created_at: family.created_at };
        Ok(match check {
            TokenCheck::Newest => RotateOutcome::Rotated(live),
            TokenCheck::WithinGrace => RotateOutcome::Repeated(live),
            TokenCheck::Reused | TokenCheck::Expired => RotateOutcome::ReuseDetected(owner),
        })
    }

    async fn signed_in(
        &self,
        id: AccountId,
        session: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(
            // The timeouts are conditions of the query, since expired sessions are purged only once an hour.
            "SELECT a.* FROM accounts a WHERE a.id = ?1 AND (?2 IS NULL OR EXISTS (SELECT 1 FROM sessions s
             WHERE s.id = ?2 AND s.account_id = a.id AND s.last_used_at > ?3 AND s.created_at > ?4))",
        )
        .bind(id.to_string())
        .bind(session.map(|session| session.to_string()))
        .bind(micros(before(now, IDLE_TIMEOUT)))
        .bind(micros(before(now, ABSOLUTE_TIMEOUT)))
        .fetch_optional(&mut *self.database.read().await?)
        .await?;
        row.as_ref().map(account).transpose()
    }

    async fn sessions(&self, account: AccountId, now: Timestamp) -> Result<Vec<DeviceSession>, StoreError> {
        let found = sqlx::query(
            "SELECT id, user_agent, created_at, last_used_at FROM sessions
             WHERE account_id = ? AND last_used_at > ? AND created_at > ? ORDER BY last_used_at DESC, id DESC LIMIT ?",
        )
        .bind(account.to_string())
        .bind(micros(before(now, IDLE_TIMEOUT)))
        .bind(micros(before(now, ABSOLUTE_TIMEOUT)))
        .bind(rows(MAX_SESSIONS))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        found.iter().map(device).collect()
    }

    async fn end_session(&self, session: Uuid, account: Option<AccountId>) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        let ended = sqlx::query("DELETE FROM sessions WHERE id = ?1 AND (?2 IS NULL OR account_id = ?2)")
            .bind(session.to_string())
            .bind(account.map(|account| account.to_string()))
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(ended > 0)
    }

    async fn purge_expired(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let (idle, old) = (micros(before(now, IDLE_TIMEOUT)), micros(before(now, ABSOLUTE_TIMEOUT)));
        let mut transaction = self.database.begin().await?;
        let sessions = sqlx::query(
            "DELETE FROM sessions WHERE id IN
             (SELECT id FROM sessions WHERE last_used_at <= ? OR created_at <= ? LIMIT ?)",
        )
        .bind(idle)
        .bind(old)
        .bind(rows(limit))
        .execute(&mut *transaction)
        .await?;
        // The newest token of a live session was issued within the idle timeout, so only used tokens are deleted.
        let tokens = sqlx::query(
            "DELETE FROM refresh_tokens WHERE digest IN (SELECT digest FROM refresh_tokens WHERE issued_at <= ? LIMIT ?)",
        )
        .bind(idle)
        .bind(rows(limit))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(usize::try_from(sessions.rows_affected().max(tokens.rows_affected())).unwrap_or(usize::MAX))
    }
}

fn family_state(row: &SqliteRow) -> Result<FamilyState, StoreError> {
    Ok(FamilyState {
        sequence: row.get("sequence"),
        created_at: moment(row.get("created_at"))?,
        last_used_at: moment(row.get("last_used_at"))?,
    })
}

fn device(row: &SqliteRow) -> Result<DeviceSession, StoreError> {
    Ok(DeviceSession {
        id: parse(row.get("id"))?,
        created_at: moment(row.get("created_at"))?,
        last_used_at: moment(row.get("last_used_at"))?,
        user_agent: row.get("user_agent"),
        current: false,
    })
}

/// Inserts a session with its first token.
pub(super) async fn insert_session(transaction: &mut Write, session: &NewSession) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO sessions (id, account_id, seed, sequence, user_agent, created_at, last_used_at)
         VALUES (?1, ?2, ?3, 0, ?4, ?5, ?5)",
    )
    .bind(session.id.to_string())
    .bind(session.account.to_string())
    .bind(session.seed.as_str())
    .bind(session.user_agent.as_str())
    .bind(micros(session.at))
    .execute(&mut **transaction)
    .await?;
    insert_token(transaction, session.id, 0, &session.token, session.at).await
}

async fn insert_token(
    transaction: &mut Write,
    session: Uuid,
    sequence: i64,
    token: &Digest,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO refresh_tokens (digest, session_id, sequence, issued_at) VALUES (?, ?, ?, ?)")
        .bind(token.as_str())
        .bind(session.to_string())
        .bind(sequence)
        .bind(micros(at))
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn replace_token(
    transaction: &mut Write,
    session: Uuid,
    sequence: i64,
    token: &Digest,
    now: Timestamp,
) -> Result<(), StoreError> {
    insert_token(transaction, session, sequence, token, now).await?;
    sqlx::query("UPDATE sessions SET sequence = ?, last_used_at = ? WHERE id = ?")
        .bind(sequence)
        .bind(micros(now))
        .bind(session.to_string())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

async fn delete_session(transaction: &mut Write, session: Uuid) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE id = ?").bind(session.to_string()).execute(&mut **transaction).await?;
    Ok(())
}
