//! The storage in an SQLite file.

mod fulfilment;
mod places;
mod schema;
mod shipments;

use super::codec::{GAZETTEER, WAREHOUSE, ZONES, sql_integer};
use super::data_migration::TABLES;
use super::{Entries, Store};
use crate::places::{Namesake, Place};
use crate::shipment::{
    AnnounceOutcome, CancelOutcome, DueShipment, NewShipment, Shipment, ShipmentFilter, ShipmentWrite, TrackedShipment,
    TrackingUpdate,
};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::data_migration::SqliteTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::sqlite::{Database, Durability, Migration, micros};
use contracts::shipping::{BoundQuote, PlaceView, ShipmentCancellation, Zones};
use contracts::{Country, PlaceId, QuoteId, ShipmentId};
use events::outbox::sqlite::SqliteOutbox;
use jiff::Timestamp;
use sqlx::Row;
use std::path::Path;

/// The store in an SQLite file, which contains the outbox too.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
    outbox: SqliteOutbox,
}

impl SqliteStore {
    /// The migrations of the schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the file and creates it when it is missing. Commits survive a power loss.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, schema::MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database })
    }

    /// The tables for a data migration.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), TABLES)
    }

    /// The outbox that this store notifies of new events.
    pub fn outbox(&self) -> SqliteOutbox {
        self.outbox.clone()
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    async fn setting(&self, name: &str) -> Result<Option<(i64, String)>, StoreError> {
        let row = sqlx::query("SELECT version, body FROM settings WHERE name = ?")
            .bind(name)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        Ok(row.map(|row| (row.get("version"), row.get("body"))))
    }
}

#[async_trait]
impl Check for SqliteStore {
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
    }
}

#[async_trait]
impl Store for SqliteStore {
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

    async fn places(&self, country: Country) -> Result<Vec<Place>, StoreError> {
        places::of_country(&self.database, country).await
    }

    async fn places_in_region(&self, country: Country, region: &str) -> Result<Vec<Place>, StoreError> {
        places::of_region(&self.database, country, region).await
    }

    async fn regions(&self, country: Country) -> Result<Vec<String>, StoreError> {
        places::regions(&self.database, country).await
    }

    async fn namesakes(&self, country: Country, keys: &[String]) -> Result<Vec<Namesake>, StoreError> {
        places::namesakes(&self.database, country, keys).await
    }

    async fn search_places(
        &self,
        country: Country,
        prefixes: &[String],
        limit: usize,
    ) -> Result<Vec<PlaceView>, StoreError> {
        places::search(&self.database, country, prefixes, limit).await
    }

    async fn warehouse(&self) -> Result<Option<Place>, StoreError> {
        let row = sqlx::query(
            // The join drops a warehouse whose town is not in the current gazetteer.
            "SELECT places.* FROM settings JOIN places ON places.id = CAST(settings.body AS INTEGER) WHERE settings.name = ?",
        )
        .bind(WAREHOUSE)
        .fetch_optional(&mut *self.database.read().await?)
        .await?;
        row.as_ref().map(places::read).transpose()
    }

    async fn set_warehouse(&self, place: PlaceId) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query(
            "INSERT INTO settings (name, version, body) VALUES (?, 1, ?)
             ON CONFLICT (name) DO UPDATE SET version = version + 1, body = excluded.body",
        )
        .bind(WAREHOUSE)
        .bind(place.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    async fn zones(&self) -> Result<Option<Zones>, StoreError> {
        let Some((version, body)) = self.setting(ZONES).await? else { return Ok(None) };
        // The column is authoritative; the document has the version that the change was based on.
        let zones: Zones = serde_json::from_str(&body)?;
        Ok(Some(Zones { version, ..zones }))
    }

    async fn set_zones(&self, zones: &Zones) -> Result<i64, StoreError> {
        let version = zones.version.checked_add(1).ok_or(StoreError::Conflict)?;
        let mut transaction = self.database.begin().await?;
        // The first change inserts a row for version 0; every other one updates the row of the version it is based on.
        let changed = sqlx::query(
            "INSERT INTO settings (name, version, body)
             SELECT ?1, ?2, ?3 WHERE ?4 = 0 OR EXISTS (SELECT 1 FROM settings WHERE name = ?1)
             ON CONFLICT (name) DO UPDATE SET version = excluded.version, body = excluded.body WHERE version = ?4",
        )
        .bind(ZONES)
        .bind(version)
        .bind(serde_json::to_string(zones)?)
        .bind(zones.version)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        // No row changed: another version is in force.
        if changed == 1 { Ok(version) } else { Err(StoreError::Conflict) }
    }

    async fn insert_quote(&self, quote: &BoundQuote) -> Result<(), StoreError> {
        let mut transaction = self.database.begin().await?;
        sqlx::query("INSERT INTO quotes (id, expires_at, body) VALUES (?, ?, ?)")
            .bind(quote.quote.quote_id.to_string())
            .bind(micros(quote.quote.expires_at))
            .bind(serde_json::to_string(quote)?)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    async fn quote(&self, id: QuoteId, now: Timestamp) -> Result<Option<BoundQuote>, StoreError> {
        // Expiry is checked here, because the purge runs only from time to time.
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM quotes WHERE id = ? AND expires_at > ?")
            .bind(id.to_string())
            .bind(micros(now))
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    async fn delete_expired_quotes(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let mut transaction = self.database.begin().await?;
        let deleted = sqlx::query(
            // SQLite is built without `DELETE … LIMIT`.
            "DELETE FROM quotes WHERE id IN (SELECT id FROM quotes WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
        )
        .bind(micros(now))
        .bind(sql_integer(limit))
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
    }

    async fn announce(&self, shipment: &NewShipment) -> Result<AnnounceOutcome, StoreError> {
        shipments::announce(&self.database, shipment).await
    }

    async fn shipment(&self, id: ShipmentId) -> Result<Option<Shipment>, StoreError> {
        fulfilment::find(&self.database, id).await
    }

    async fn shipments_with_number(&self, number: &str) -> Result<Vec<Shipment>, StoreError> {
        fulfilment::with_number(&self.database, number).await
    }

    async fn shipments(
        &self,
        filter: ShipmentFilter,
        after: Option<ShipmentId>,
        limit: usize,
    ) -> Result<Vec<Shipment>, StoreError> {
        fulfilment::list(&self.database, filter, after, limit).await
    }

    async fn write_shipments(&self, write: &ShipmentWrite) -> Result<bool, StoreError> {
        let written = fulfilment::write(&self.database, &self.outbox, write).await?;
        // Only after the commit: the relay must find the events.
        if written {
            self.outbox.notify();
        }
        Ok(written)
    }

    async fn cancel(&self, shipment: &ShipmentCancellation, now: Timestamp) -> Result<CancelOutcome, StoreError> {
        shipments::cancel(&self.database, shipment, now).await
    }

    async fn tracking(&self, tracking_number: &str) -> Result<Option<TrackedShipment>, StoreError> {
        shipments::tracking(&self.database, tracking_number).await
    }

    async fn due_shipments(&self, now: Timestamp, limit: usize) -> Result<Vec<DueShipment>, StoreError> {
        shipments::due(&self.database, now, limit).await
    }

    async fn apply_update(&self, update: &TrackingUpdate) -> Result<bool, StoreError> {
        let applied = shipments::apply_update(&self.database, &self.outbox, update).await?;
        // Only after the commit: the relay must find the event.
        if applied {
            self.outbox.notify();
        }
        Ok(applied)
    }
}
