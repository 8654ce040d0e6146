//! Cards in the books: sessions, which are short-lived, and tokens.

use super::Store;
use crate::card::Card;
use chassis::StoreError;
use chassis::sqlite::{micros, moment};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// How many cards a namespace holds.
const NAMESPACE: i64 = 16;

/// A card that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub id: String,
    pub namespace: String,
    pub card: Card,
    pub expires_at: Timestamp,
}

/// What came of keeping a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeptCard {
    New(Token),
    /// This card was kept already, with the same details.
    Same(Token),
    /// It was kept with other details, which stand.
    Different(Token),
    /// The namespace is full.
    TooMany,
}

fn token_of(row: &SqliteRow) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.get("id"),
        namespace: row.get("namespace"),
        card: serde_json::from_str(row.get("card"))?,
        expires_at: moment(row.get("expires_at"))?,
    })
}

impl Store {
    /// Keeps a session.
    pub(crate) async fn add_session(&self, id: &str, card: &Card, now: Timestamp) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO sessions (id, card, created_at) VALUES (?, ?, ?)")
            .bind(id)
            .bind(serde_json::to_string(card)?)
            .bind(micros(now))
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(())
    }

    /// The card of a session that was made after `since`.
    pub(crate) async fn session(&self, id: &str, since: Timestamp) -> Result<Option<Card>, StoreError> {
        let card: Option<String> = sqlx::query_scalar("SELECT card FROM sessions WHERE id = ? AND created_at > ?")
            .bind(id)
            .bind(micros(since))
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        Ok(card.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Keeps a card, once per namespace.
    pub(crate) async fn keep_card(&self, token: Token) -> Result<KeptCard, StoreError> {
        let mut work = self.database.begin().await?;
        let found = sqlx::query("SELECT * FROM tokens WHERE namespace = ? AND fingerprint = ?")
            .bind(&token.namespace)
            .bind(&token.card.fingerprint)
            .fetch_optional(&mut *work)
            .await?;
        if let Some(row) = found {
            let known = token_of(&row)?;
            return Ok(if known.card == token.card { KeptCard::Same(known) } else { KeptCard::Different(known) });
        }
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM tokens WHERE namespace = ?")
            .bind(&token.namespace)
            .fetch_one(&mut *work)
            .await?;
        if count >= NAMESPACE {
            return Ok(KeptCard::TooMany);
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
        Ok(KeptCard::New(token))
    }

    /// The card kept under this id.
    pub(crate) async fn token(&self, id: &str) -> Result<Option<Token>, StoreError> {
        let row = sqlx::query("SELECT * FROM tokens WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.as_ref().map(token_of).transpose()
    }

    /// Replaces the details of a kept card; says whether there is one.
    pub(crate) async fn replace_card(&self, id: &str, card: &Card) -> Result<bool, StoreError> {
        let changed = sqlx::query("UPDATE tokens SET card = ? WHERE id = ?")
            .bind(serde_json::to_string(card)?)
            .bind(id)
            .execute(&mut *self.database.write().await?)
            .await?;
        Ok(changed.rows_affected() == 1)
    }

    /// Forgets a kept card; says whether there was one.
    pub(crate) async fn forget_card(&self, id: &str) -> Result<bool, StoreError> {
        let gone =
            sqlx::query("DELETE FROM tokens WHERE id = ?").bind(id).execute(&mut *self.database.write().await?).await?;
        Ok(gone.rows_affected() == 1)
    }
}
