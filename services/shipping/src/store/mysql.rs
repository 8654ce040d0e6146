//! The store in a MySQL database.

mod places;
mod schema;
mod shipments;

use super::stored::{GAZETTEER, WAREHOUSE, ZONES, whole};
use super::tables::MOVED;
use super::{Entries, Store};
use crate::places::Place;
use crate::shipment::{Announced, Announcement, Cancellation, Movement, Parcel};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::mysql::{ConnectionSettings, Database, Migration, micros};
use chassis::store::{is_duplicate, retry_transaction};
use chassis::data_migration::MysqlTables;
use contracts::shipping::{BoundQuote, PlaceView, ShipmentCancellation, Tracking, Zones};
use contracts::{Country, PlaceId, QuoteId};
use events::outbox::mysql::MysqlOutbox;
use jiff::Timestamp;
use sqlx::Row;

/// The store in a MySQL database, with the outbox in the same database.
#[derive(Clone)]
pub struct MysqlStore {
    database: Database,
    outbox: MysqlOutbox,
}

impl MysqlStore {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the database of shipping, making it when it is missing.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(address: &ConnectionSettings) -> Result<Self, StoreError> {
        let database = Database::open(address, "shipping", schema::MIGRATIONS).await?;
        Ok(Self { outbox: MysqlOutbox::new(database.clone()), database })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.database.clone(), MOVED)
    }

    /// The outbox: the one that hears of what this store adds.
    pub fn outbox(&self) -> MysqlOutbox {
        self.outbox.clone()
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    async fn setting(&self, name: &str) -> Result<Option<(i64, String)>, StoreError> {
        let row = sqlx::query("SELECT version, body FROM settings WHERE name = ?")
            .bind(name)
            .fetch_optional(self.database.pool())
            .await?;
        Ok(row.map(|row| (row.get("version"), row.get("body"))))
    }
}

#[async_trait]
impl Check for MysqlStore {
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
    }
}

#[async_trait]
impl Store for MysqlStore {
    async fn gazetteer_version(&self) -> Result<Option<String>, StoreError> {
        Ok(self.setting(GAZETTEER).await?.map(|(_, version)| version))
    }

    async fn replace_gazetteer(&self, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError> {
        places::replace(&self.database, version, entries).await
    }

    async fn inhabited_countries(&self) -> Result<Vec<Country>, StoreError> {
        places::inhabited_countries(&self.database).await
    }

    async fn place(&self, id: PlaceId) -> Result<Option<Place>, StoreError> {
        places::find(&self.database, id).await
    }

    async fn largest_place(&self, country: Country) -> Result<Option<Place>, StoreError> {
        places::largest(&self.database, country).await
    }

    async fn search_places(
        &self,
        country: Country,
        keys: &[String],
        limit: usize,
    ) -> Result<Vec<PlaceView>, StoreError> {
        places::search(&self.database, country, keys, limit).await
    }

    async fn warehouse(&self) -> Result<Option<Place>, StoreError> {
        let row = sqlx::query(
            "SELECT places.* FROM settings JOIN places ON places.id = CAST(settings.body AS SIGNED)
             WHERE settings.name = ?",
        )
        .bind(WAREHOUSE)
        .fetch_optional(self.database.pool())
        .await?;
        row.as_ref().map(places::read).transpose()
    }

    async fn set_warehouse(&self, place: PlaceId) -> Result<(), StoreError> {
        retry_transaction(|| async {
            sqlx::query(
                "INSERT INTO settings (name, version, body) VALUES (?, 1, ?)
                 ON DUPLICATE KEY UPDATE version = version + 1, body = VALUES(body)",
            )
            .bind(WAREHOUSE)
            .bind(place.to_string())
            .execute(self.database.pool())
            .await?;
            Ok(())
        })
        .await
    }

    async fn zones(&self) -> Result<Option<Zones>, StoreError> {
        let Some((version, body)) = self.setting(ZONES).await? else { return Ok(None) };
        let zones: Zones = serde_json::from_str(&body)?;
        Ok(Some(Zones { version, ..zones }))
    }

    async fn set_zones(&self, zones: &Zones) -> Result<i64, StoreError> {
        let version = zones.version.checked_add(1).ok_or(StoreError::Conflict)?;
        let body = serde_json::to_string(zones)?;
        retry_transaction(|| async {
            // The first table is inserted; every other one updates the version it was made from.
            let changed = if zones.version == 0 {
                sqlx::query("INSERT INTO settings (version, body, name) VALUES (?, ?, ?)")
                    .bind(version)
                    .bind(&body)
                    .bind(ZONES)
            } else {
                sqlx::query("UPDATE settings SET version = ?, body = ? WHERE name = ? AND version = ?")
                    .bind(version)
                    .bind(&body)
                    .bind(ZONES)
                    .bind(zones.version)
            };
            match changed.execute(self.database.pool()).await {
                Ok(changed) if changed.rows_affected() == 1 => Ok(version),
                Ok(_) => Err(StoreError::Conflict),
                Err(error) if is_duplicate(&error) => Err(StoreError::Conflict),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn keep_quote(&self, quote: &BoundQuote) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO quotes (id, expires_at, body) VALUES (?, ?, ?)")
            .bind(quote.quote.quote_id.to_string())
            .bind(micros(quote.quote.expires_at))
            .bind(serde_json::to_string(quote)?)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    async fn quote(&self, id: QuoteId, now: Timestamp) -> Result<Option<BoundQuote>, StoreError> {
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM quotes WHERE id = ? AND expires_at > ?")
            .bind(id.to_string())
            .bind(micros(now))
            .fetch_optional(self.database.pool())
            .await?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    async fn forget_quotes(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let forgotten = retry_transaction(|| async {
            let forgotten = sqlx::query("DELETE FROM quotes WHERE expires_at <= ? ORDER BY expires_at, id LIMIT ?")
                .bind(micros(now))
                .bind(whole(limit))
                .execute(self.database.pool())
                .await?;
            Ok(forgotten.rows_affected())
        })
        .await?;
        Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
    }

    async fn announce(&self, announcement: &Announcement) -> Result<Announced, StoreError> {
        retry_transaction(|| shipments::announce(&self.database, announcement)).await
    }

    async fn cancel(&self, shipment: &ShipmentCancellation, now: Timestamp) -> Result<Cancellation, StoreError> {
        retry_transaction(|| shipments::cancel(&self.database, shipment, now)).await
    }

    async fn tracking(&self, number: &str) -> Result<Option<Tracking>, StoreError> {
        shipments::tracking(&self.database, number).await
    }

    async fn due_parcels(&self, now: Timestamp, limit: usize) -> Result<Vec<Parcel>, StoreError> {
        shipments::due(&self.database, now, limit).await
    }

    async fn move_parcel(&self, movement: &Movement) -> Result<bool, StoreError> {
        let moved = retry_transaction(|| shipments::advance(&self.database, &self.outbox, movement)).await?;
        if moved {
            self.outbox.notify();
        }
        Ok(moved)
    }
}
