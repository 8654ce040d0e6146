//! The storage in a MySQL database.

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
use chassis::data_migration::MysqlTables;
use chassis::health::{Check, CheckError, Connections};
use chassis::mysql::{ConnectionSettings, Database, Migration, micros};
use chassis::store::{is_duplicate, retry_transaction};
use contracts::shipping::{BoundQuote, PlaceView, ShipmentCancellation, Zones};
use contracts::{Country, PlaceId, QuoteId, ShipmentId};
use events::outbox::mysql::MysqlOutbox;
use jiff::Timestamp;
use sqlx::Row;

/// The store in a MySQL database, which contains the outbox too.
#[derive(Clone)]
pub struct MysqlStore {
    database: Database,
    outbox: MysqlOutbox,
}

impl MysqlStore {
    /// The migrations of the schema, in order.
    pub const MIGRATIONS: &'static [Migration] = schema::MIGRATIONS;

    /// Opens the database and creates it when it is missing.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn open(connection: &ConnectionSettings) -> Result<Self, StoreError> {
        let database = Database::open(connection, "shipping", schema::MIGRATIONS).await?;
        Ok(Self { outbox: MysqlOutbox::new(database.clone()), database })
    }

    /// The tables for a data migration.
    pub fn contents(&self) -> MysqlTables {
        MysqlTables::new(self.database.clone(), TABLES)
    }

    /// The outbox that this store notifies of new events.
    pub fn outbox(&self) -> MysqlOutbox {
        self.outbox.clone()
    }

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
    async fn check(&self) -> Result<(), CheckError> {
        self.database.check().await
    }

    fn connections(&self) -> Option<Connections> {
        self.database.connections()
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
        // The column is authoritative; the document has the version that the change was based on.
        let zones: Zones = serde_json::from_str(&body)?;
        Ok(Some(Zones { version, ..zones }))
    }

    async fn set_zones(&self, zones: &Zones) -> Result<i64, StoreError> {
        let version = zones.version.checked_add(1).ok_or(StoreError::Conflict)?;
        let body = serde_json::to_string(zones)?;
        retry_transaction(|| async {
            // The first change inserts a row; every other one updates the row of the version it is based on.
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
                // Two first changes at once: the slower insert hits the primary key.
                Err(error) if is_duplicate(&error) => Err(StoreError::Conflict),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn insert_quote(&self, quote: &BoundQuote) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO quotes (id, expires_at, body) VALUES (?, ?, ?)")
            .bind(quote.quote.quote_id.to_string())
            .bind(micros(quote.quote.expires_at))
            .bind(serde_json::to_string(quote)?)
            .execute(self.database.pool())
            .await?;
        Ok(())
    }

    async fn quote(&self, id: QuoteId, now: Timestamp) -> Result<Option<BoundQuote>, StoreError> {
        // Expiry is checked here, because the purge runs only from time to time.
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM quotes WHERE id = ? AND expires_at > ?")
            .bind(id.to_string())
            .bind(micros(now))
            .fetch_optional(self.database.pool())
            .await?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }

    async fn delete_expired_quotes(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let deleted = retry_transaction(|| async {
            // In the order of the index, so that concurrent purges lock rows in the same order.
            let deleted = sqlx::query("DELETE FROM quotes WHERE expires_at <= ? ORDER BY expires_at, id LIMIT ?")
                .bind(micros(now))
                .bind(sql_integer(limit))
                .execute(self.database.pool())
                .await?;
            Ok(deleted.rows_affected())
        })
        .await?;
        Ok(usize::try_from(deleted).unwrap_or(usize::MAX))
    }

    async fn announce(&self, shipment: &NewShipment) -> Result<AnnounceOutcome, StoreError> {
        retry_transaction(|| shipments::announce(&self.database, shipment)).await
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
        let written = retry_transaction(|| fulfilment::write(&self.database, &self.outbox, write)).await?;
        // Only after the commit: the relay must find the events.
        if written {
            self.outbox.notify();
        }
        Ok(written)
    }

    async fn cancel(&self, shipment: &ShipmentCancellation, now: Timestamp) -> Result<CancelOutcome, StoreError> {
        retry_transaction(|| shipments::cancel(&self.database, shipment, now)).await
    }

    async fn tracking(&self, tracking_number: &str) -> Result<Option<TrackedShipment>, StoreError> {
        shipments::tracking(&self.database, tracking_number).await
    }

    async fn due_shipments(&self, now: Timestamp, limit: usize) -> Result<Vec<DueShipment>, StoreError> {
        shipments::due(&self.database, now, limit).await
    }

    async fn apply_update(&self, update: &TrackingUpdate) -> Result<bool, StoreError> {
        let applied = retry_transaction(|| shipments::apply_update(&self.database, &self.outbox, update)).await?;
        // Only after the commit: the relay must find the event.
        if applied {
            self.outbox.notify();
        }
        Ok(applied)
    }
}
