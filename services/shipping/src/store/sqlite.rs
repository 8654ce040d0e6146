//! The store in an SQLite file.

mod places;
mod shipments;

use super::stored::{GAZETTEER, WAREHOUSE, ZONES, whole};
use super::tables::MOVED;
use super::{Entries, Store};
use crate::places::Place;
use crate::shipment::{Announced, Announcement, Cancellation, Movement, Parcel};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::Check;
use chassis::sqlite::{Database, Durability, Migration, micros};
use chassis::data_migration::SqliteTables;
use contracts::shipping::{BoundQuote, PlaceView, ShipmentCancellation, Tracking, Zones};
use contracts::{Country, PlaceId, QuoteId};
use events::outbox::sqlite::SqliteOutbox;
use jiff::Timestamp;
use sqlx::Row;
use std::path::Path;

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "places, settings, quotes and shipments",
        sql: "
    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        body TEXT NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE places (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        region TEXT NOT NULL,
        country TEXT NOT NULL,
        latitude INTEGER NOT NULL,
        longitude INTEGER NOT NULL,
        population INTEGER NOT NULL
    );
    CREATE INDEX places_by_size ON places (country, population DESC, id);
    -- Folded names; the population is repeated, so that a search reads one stretch of this table and nothing else.
    CREATE TABLE place_names (
        country TEXT NOT NULL,
        folded TEXT NOT NULL,
        place_id INTEGER NOT NULL,
        population INTEGER NOT NULL,
        PRIMARY KEY (country, folded, place_id)
    ) WITHOUT ROWID;

    CREATE TABLE quotes (
        id TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX quotes_by_expiry ON quotes (expires_at);

    -- due_at is null once nothing moves the parcel any more.
    CREATE TABLE shipments (
        id TEXT PRIMARY KEY,
        order_id TEXT NOT NULL,
        step_key TEXT NOT NULL,
        number TEXT NOT NULL UNIQUE,
        speed TEXT NOT NULL,
        status TEXT NOT NULL,
        stops TEXT NOT NULL,
        passed INTEGER NOT NULL,
        due_at INTEGER,
        arrival_at INTEGER NOT NULL,
        UNIQUE (order_id, step_key)
    ) WITHOUT ROWID;
    CREATE INDEX shipments_due ON shipments (due_at) WHERE due_at IS NOT NULL;
    CREATE TABLE tracking_events (
        shipment_id TEXT NOT NULL REFERENCES shipments (id),
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (shipment_id, sequence)
    ) WITHOUT ROWID;
    -- Announcements that were cancelled before they came.
    CREATE TABLE cancelled_announcements (
        order_id TEXT NOT NULL,
        step_key TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (order_id, step_key)
    ) WITHOUT ROWID;",
    },
    Migration { version: 2, name: "the outbox", sql: events::outbox::sqlite::SCHEMA },
];

/// The store in an SQLite file, with the outbox in the same file.
#[derive(Clone)]
pub struct SqliteStore {
    database: Database,
    outbox: SqliteOutbox,
}

impl SqliteStore {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = MIGRATIONS;

    /// Opens the file, creating it when it is missing. What is committed survives a power loss.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let database = Database::open(path, Durability::PowerLoss, MIGRATIONS).await?;
        Ok(Self { outbox: SqliteOutbox::new(database.clone()), database })
    }

    /// All that the store keeps, to be moved into another.
    pub fn contents(&self) -> SqliteTables {
        SqliteTables::new(self.database.clone(), MOVED)
    }

    /// The outbox: the one that hears of what this store adds.
    pub fn outbox(&self) -> SqliteOutbox {
        self.outbox.clone()
    }

    /// The file.
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
    async fn check(&self) -> Result<(), String> {
        self.database.check().await
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
            "SELECT places.* FROM settings JOIN places ON places.id = CAST(settings.body AS INTEGER) WHERE settings.name = ?",
        )
        .bind(WAREHOUSE)
        .fetch_optional(&mut *self.database.read().await?)
        .await?;
        row.as_ref().map(places::read).transpose()
    }

    async fn set_warehouse(&self, place: PlaceId) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        sqlx::query(
            "INSERT INTO settings (name, version, body) VALUES (?, 1, ?)
             ON CONFLICT (name) DO UPDATE SET version = version + 1, body = excluded.body",
        )
        .bind(WAREHOUSE)
        .bind(place.to_string())
        .execute(&mut *work)
        .await?;
        work.commit().await
    }

    async fn zones(&self) -> Result<Option<Zones>, StoreError> {
        let Some((version, body)) = self.setting(ZONES).await? else { return Ok(None) };
        let zones: Zones = serde_json::from_str(&body)?;
        Ok(Some(Zones { version, ..zones }))
    }

    async fn set_zones(&self, zones: &Zones) -> Result<i64, StoreError> {
        let version = zones.version.checked_add(1).ok_or(StoreError::Conflict)?;
        let mut work = self.database.begin().await?;
        // The first table is inserted over version 0; every other one updates the version it was made from.
        let changed = sqlx::query(
            "INSERT INTO settings (name, version, body)
             SELECT ?1, ?2, ?3 WHERE ?4 = 0 OR EXISTS (SELECT 1 FROM settings WHERE name = ?1)
             ON CONFLICT (name) DO UPDATE SET version = excluded.version, body = excluded.body WHERE version = ?4",
        )
        .bind(ZONES)
        .bind(version)
        .bind(serde_json::to_string(zones)?)
        .bind(zones.version)
        .execute(&mut *work)
        .await?
        .rows_affected();
        work.commit().await?;
        if changed == 1 { Ok(version) } else { Err(StoreError::Conflict) }
    }

    async fn keep_quote(&self, quote: &BoundQuote) -> Result<(), StoreError> {
        let mut work = self.database.begin().await?;
        sqlx::query("INSERT INTO quotes (id, expires_at, body) VALUES (?, ?, ?)")
            .bind(quote.quote.quote_id.to_string())
            .bind(micros(quote.quote.expires_at))
            .bind(serde_json::to_string(quote)?)
            .execute(&mut *work)
            .await?;
        work.commit().await
    }

    async fn quote(&self, id: QuoteId, now: Timestamp) -> Result<Option<BoundQuote>, StoreError> {
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM quotes WHERE id = ? AND expires_at > ?")
            .bind(id.to_string())
            .bind(micros(now))
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    async fn forget_quotes(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let mut work = self.database.begin().await?;
        let forgotten = sqlx::query(
            "DELETE FROM quotes WHERE id IN (SELECT id FROM quotes WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
        )
        .bind(micros(now))
        .bind(whole(limit))
        .execute(&mut *work)
        .await?
        .rows_affected();
        work.commit().await?;
        Ok(usize::try_from(forgotten).unwrap_or(usize::MAX))
    }

    async fn announce(&self, announcement: &Announcement) -> Result<Announced, StoreError> {
        shipments::announce(&self.database, announcement).await
    }

    async fn cancel(&self, shipment: &ShipmentCancellation, now: Timestamp) -> Result<Cancellation, StoreError> {
        shipments::cancel(&self.database, shipment, now).await
    }

    async fn tracking(&self, number: &str) -> Result<Option<Tracking>, StoreError> {
        shipments::tracking(&self.database, number).await
    }

    async fn due_parcels(&self, now: Timestamp, limit: usize) -> Result<Vec<Parcel>, StoreError> {
        shipments::due(&self.database, now, limit).await
    }

    async fn move_parcel(&self, movement: &Movement) -> Result<bool, StoreError> {
        let moved = shipments::advance(&self.database, &self.outbox, movement).await?;
        if moved {
            self.outbox.notify();
        }
        Ok(moved)
    }
}
