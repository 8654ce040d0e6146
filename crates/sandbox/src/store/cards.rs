//! Stored cards: short-lived sessions, and tokens.

use super::Store;
use crate::card::Card;
use chassis::StoreError;
use chassis::sqlite::{micros, moment};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// The largest number of tokens in a namespace, as at Worldpay.
const MAX_TOKENS_PER_NAMESPACE: i64 = 16;

/// A stored card and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub id: String,
    pub namespace: String,
    pub card: Card,
    pub expires_at: Timestamp,
}

/// The outcome of storing a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreCardOutcome {
    Created(Token),
    /// The card was stored before with the same details.
    Existing(Token),
    /// The card was stored before with other details, which remain.
    Conflict(Token),
    /// The namespace has the largest number of tokens.
    NamespaceFull,
}

fn decode_token(row: &SqliteRow) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.get("id"),
        namespace: row.get("namespace"),
        card: serde_json::from_str(row.get("card"))?,
        expires_at: moment(row.get("expires_at"))?,
    })
}

impl Store {
    /// Stores the card of a session.
    pub(crate) async fn add_session(&self, id: &str, card: &Card, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO sessions (id, card, created_at) VALUES (?, ?, ?)")
            .bind(id)
            .bind(serde_json::to_string(card)?)
            .bind(micros(now))
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    /// Returns the card of a session that was created after `since`.
    pub(crate) async fn session(&self, id: &str, since: Timestamp) -> Result<Option<Card>, StoreError> {
        let card: Option<String> = sqlx::query_scalar("SELECT card FROM sessions WHERE id = ? AND created_at > ?")
            .bind(id)
            .bind(micros(since))
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        Ok(card.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Stores a card, once per namespace.
    pub(crate) async fn store_card(&self, token: Token) -> Result<StoreCardOutcome, StoreError> {
        let mut work = self.database.begin().await?;
        let found = sqlx::query("SELECT * FROM tokens WHERE namespace = ? AND fingerprint = ?")
            .bind(&token.namespace)
            .bind(&token.card.fingerprint)
            .fetch_optional(&mut *work)
            .await?;
        if let Some(row) = found {
            let known = decode_token(&row)?;
            return Ok(if known.card == token.card {
                StoreCardOutcome::Existing(known)
            } else {
                StoreCardOutcome::Conflict(known)
            });
        }
        // Within the transaction, so that concurrent requests cannot exceed the limit together.
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM tokens WHERE namespace = ?")
            .bind(&token.namespace)
            .fetch_one(&mut *work)
            .await?;
        if count >= MAX_TOKENS_PER_NAMESPACE {
            return Ok(StoreCardOutcome::NamespaceFull);
        }
        sqlx::query("INSERT INTO tokens (id, namespace, fingerprint, card, expires_at) VALUES (?, ?, ?, ?, ?)")
            .bind(&token.id)
            .bind(&token.namespace)
            .bind(&token.card.fingerprint)
            .bind(serde_json::to_string(&token.card)?)
            .bind(micros(token.expires_at))
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        Ok(StoreCardOutcome::Created(token))
    }

    /// Returns the token with this id.
    pub(crate) async fn token(&self, id: &str) -> Result<Option<Token>, StoreError> {
        let row = sqlx::query("SELECT * FROM tokens WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.as_ref().map(decode_token).transpose()
    }

    /// Replaces the details of a token; returns false when it does not exist.
    pub(crate) async fn replace_card(&self, id: &str, card: &Card) -> Result<bool, StoreError> {
        let changed = sqlx::query("UPDATE tokens SET card = ? WHERE id = ?")
            .bind(serde_json::to_string(card)?)
            .bind(id)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(changed.rows_affected() == 1)
    }

    /// Deletes a token; returns false when it does not exist.
    pub(crate) async fn delete_card(&self, id: &str) -> Result<bool, StoreError> {
        let gone =
            sqlx::query("DELETE FROM tokens WHERE id = ?").bind(id).execute(&mut *self.database.write().await?).await?;
        Ok(gone.rows_affected() == 1)
    }
}
