//! The queries and bulk inserts of places in SQLite.

use crate::places::{Entry, Namesake, Place, Point};
use crate::store::Entries;
use crate::store::codec::{GAZETTEER, sql_integer};
use chassis::StoreError;
use chassis::sqlite::{Database, Write, parse};
use contracts::shipping::PlaceView;
use contracts::{Country, PlaceId};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// The number of rows per statement.
const BATCH_SIZE: usize = 2000;

/// The rows of one country that are not written yet.
#[derive(Default)]
struct Batch {
    country: Option<Country>,
    places: Vec<(i64, String, String, i32, i32, i64)>,
    names: Vec<(String, i64, i64, bool)>,
}

impl Batch {
    fn add(&mut self, Entry { place, population, keys }: Entry) {
        let id = place.id.0;
        self.names.extend(keys.into_iter().map(|(key, is_main)| (key, id, population, is_main)));
        self.places.push((id, place.name, place.region, place.at.latitude, place.at.longitude, population));
    }

    async fn write(&mut self, transaction: &mut Write) -> Result<(), StoreError> {
        let Some(country) = self.country else { return Ok(()) };
        // In the order of the primary key, each page is written once.
        self.names.sort_unstable();
        for rows in self.places.chunks(BATCH_SIZE) {
            sqlx::query(
                // One statement per batch: rows as JSON are much faster than a statement each, and need no limit of parameters.
                "INSERT INTO places (id, name, region, country, latitude, longitude, population)
                 SELECT value ->> 0, value ->> 1, value ->> 2, ?1, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?2)",
            )
            .bind(country.code())
            .bind(serde_json::to_string(rows)?)
            .execute(&mut **transaction)
            .await?;
        }
        for rows in self.names.chunks(BATCH_SIZE) {
            sqlx::query(
                "INSERT INTO place_names (country, folded, place_id, population, is_main)
                 SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?2)",
            )
            .bind(country.code())
            .bind(serde_json::to_string(rows)?)
            .execute(&mut **transaction)
            .await?;
        }
        self.places.clear();
        self.names.clear();
        Ok(())
    }
}

pub async fn replace(database: &Database, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    let loaded: Option<String> = sqlx::query_scalar("SELECT body FROM settings WHERE name = ?")
        .bind(GAZETTEER)
        .fetch_optional(&mut *transaction)
        .await?;
    // Another start may have loaded them while this one waited.
    if loaded.as_deref() == Some(version) {
        return Ok(());
    }
    sqlx::query("DELETE FROM place_names").execute(&mut *transaction).await?;
    sqlx::query("DELETE FROM places").execute(&mut *transaction).await?;
    let mut batch = Batch::default();
    for entry in entries {
        let entry = entry?;
        if batch.country != Some(entry.place.country) {
            batch.write(&mut transaction).await?;
            batch.country = Some(entry.place.country);
        }
        batch.add(entry);
    }
    batch.write(&mut transaction).await?;
    sqlx::query(
        "INSERT INTO settings (name, version, body) VALUES (?, 1, ?)
         ON CONFLICT (name) DO UPDATE SET version = version + 1, body = excluded.body",
    )
    .bind(GAZETTEER)
    .bind(version)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await
}

pub async fn inhabited_countries(database: &Database) -> Result<Vec<Country>, StoreError> {
    // A loose index scan: one step per country instead of one per place.
    let codes: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE inhabited (code) AS (
             SELECT min(country) FROM places
             UNION ALL
             SELECT (SELECT min(country) FROM places WHERE country > code) FROM inhabited WHERE code IS NOT NULL
         )
         SELECT code FROM inhabited WHERE code IS NOT NULL LIMIT 1000",
    )
    .fetch_all(&mut *database.read().await?)
    .await?;
    codes.iter().map(|code| parse(code)).collect()
}

pub async fn find(database: &Database, id: PlaceId) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query("SELECT * FROM places WHERE id = ?")
        .bind(id.0)
        .fetch_optional(&mut *database.read().await?)
        .await?;
    row.as_ref().map(read).transpose()
}

pub async fn largest(database: &Database, country: Country) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query("SELECT * FROM places WHERE country = ? ORDER BY population DESC, id LIMIT 1")
        .bind(country.code())
        .fetch_optional(&mut *database.read().await?)
        .await?;
    row.as_ref().map(read).transpose()
}

pub async fn of_country(database: &Database, country: Country) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query("SELECT * FROM places WHERE country = ? ORDER BY population DESC, id")
        .bind(country.code())
        .fetch_all(&mut *database.read().await?)
        .await?;
    rows.iter().map(read).collect()
}

pub async fn of_region(database: &Database, country: Country, region: &str) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query("SELECT * FROM places WHERE country = ? AND region = ? ORDER BY population DESC, id")
        .bind(country.code())
        .bind(region)
        .fetch_all(&mut *database.read().await?)
        .await?;
    rows.iter().map(read).collect()
}

pub async fn regions(database: &Database, country: Country) -> Result<Vec<String>, StoreError> {
    let regions = sqlx::query_scalar("SELECT DISTINCT region FROM places WHERE country = ? AND region <> ''")
        .bind(country.code())
        .fetch_all(&mut *database.read().await?)
        .await?;
    Ok(regions)
}

pub async fn namesakes(database: &Database, country: Country, keys: &[String]) -> Result<Vec<Namesake>, StoreError> {
    let rows = sqlx::query(
        "WITH found AS (
             SELECT place_id, max(is_main) AS is_main FROM json_each(?1) AS key CROSS JOIN place_names
             WHERE country = ?2 AND folded = key.value GROUP BY place_id
         )
         SELECT places.*, found.is_main FROM found JOIN places ON places.id = found.place_id
         ORDER BY places.population DESC, places.id",
    )
    .bind(serde_json::to_string(keys)?)
    .bind(country.code())
    .fetch_all(&mut *database.read().await?)
    .await?;
    let namesake = |row: &SqliteRow| {
        Ok(Namesake { place: read(row)?, population: row.get("population"), is_main: row.get("is_main") })
    };
    rows.iter().map(namesake).collect()
}

pub async fn search(
    database: &Database,
    country: Country,
    prefixes: &[String],
    limit: usize,
) -> Result<Vec<PlaceView>, StoreError> {
    // No normalised name contains the last character of Unicode, so it ends the range of a prefix.
    let rows = sqlx::query(
        "WITH found AS (
             SELECT place_id, min(iif(folded <> prefix.value, 2, 1 - is_main)) AS distance, max(population) AS population
             FROM json_each(?1) AS prefix CROSS JOIN place_names
             WHERE country = ?2 AND folded >= prefix.value AND folded < prefix.value || char(1114111)
             GROUP BY place_id ORDER BY distance, population DESC, place_id LIMIT ?3
         )
         SELECT places.* FROM found JOIN places ON places.id = found.place_id
         ORDER BY found.distance, found.population DESC, found.place_id",
    )
    .bind(serde_json::to_string(prefixes)?)
    .bind(country.code())
    .bind(sql_integer(limit))
    .fetch_all(&mut *database.read().await?)
    .await?;
    rows.iter().map(|row| Ok(read(row)?.view())).collect()
}

pub fn read(row: &SqliteRow) -> Result<Place, StoreError> {
    Ok(Place {
        id: PlaceId(row.get("id")),
        name: row.get("name"),
        region: row.get("region"),
        country: parse(row.get("country"))?,
        at: Point { latitude: row.get("latitude"), longitude: row.get("longitude") },
    })
}
