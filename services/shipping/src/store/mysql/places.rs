//! Places in MySQL.

use crate::places::{Entry, Place, Point};
use crate::store::Entries;
use crate::store::stored::{GAZETTEER, whole};
use chassis::StoreError;
use chassis::mysql::{Database, parse};
use contracts::shipping::PlaceView;
use contracts::{Country, PlaceId};
use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{Connection, MySql, QueryBuilder, Row};

/// Rows per statement: many, for a statement of more than one packet may wait for the network to confirm the first of them.
/// A statement has at most 65,535 values and, with any server's settings, some megabytes.
const BATCH: usize = 4000;
/// How long a start waits for another one that loads the same places, in seconds.
const PATIENCE: i64 = 300;

struct Named {
    country: Country,
    folded: String,
    place: PlaceId,
    population: i64,
}

/// Rows until they are written. Names of countries that are complete stand at the beginning, sorted: in the order of the
/// table's key each page is written once.
#[derive(Default)]
struct Rows {
    places: Vec<(Place, i64)>,
    names: Vec<Named>,
    sorted: usize,
}

impl Rows {
    async fn add(&mut self, work: &mut MySqlConnection, entry: Entry) -> Result<(), StoreError> {
        let Entry { place, population, keys } = entry;
        if self.names.last().is_some_and(|last| last.country != place.country) {
            self.sort();
            self.write(work, BATCH).await?;
        }
        let (id, country) = (place.id, place.country);
        self.names.extend(keys.into_iter().map(|folded| Named { country, folded, place: id, population }));
        self.places.push((place, population));
        Ok(())
    }

    async fn finish(mut self, work: &mut MySqlConnection) -> Result<(), StoreError> {
        self.sort();
        self.write(work, 1).await
    }

    fn sort(&mut self) {
        let country = self.names.get_mut(self.sorted..).unwrap_or_default();
        country.sort_unstable_by(|a, b| (&a.folded, a.place).cmp(&(&b.folded, b.place)));
        self.sorted = self.names.len();
    }

    /// Writes batches, none of them with fewer rows than `fewest`; what is left waits.
    async fn write(&mut self, work: &mut MySqlConnection, fewest: usize) -> Result<(), StoreError> {
        while self.places.len() >= fewest {
            let batch: Vec<_> = self.places.drain(..self.places.len().min(BATCH)).collect();
            insert_places(work, batch).await?;
        }
        while self.names.len() >= fewest {
            let batch: Vec<_> = self.names.drain(..self.names.len().min(BATCH)).collect();
            insert_names(work, batch).await?;
        }
        self.sorted = self.names.len();
        Ok(())
    }
}

async fn insert_places(work: &mut MySqlConnection, rows: Vec<(Place, i64)>) -> Result<(), StoreError> {
    let mut insert =
        QueryBuilder::<MySql>::new("INSERT INTO places (id, name, region, country, latitude, longitude, population) ");
    insert.push_values(rows, |mut row, (place, population)| {
        row.push_bind(place.id.0).push_bind(place.name).push_bind(place.region);
        row.push_bind(place.country.code().to_owned());
        row.push_bind(place.at.latitude).push_bind(place.at.longitude).push_bind(population);
    });
    insert.build().execute(work).await?;
    Ok(())
}

async fn insert_names(work: &mut MySqlConnection, rows: Vec<Named>) -> Result<(), StoreError> {
    let mut insert = QueryBuilder::<MySql>::new("INSERT INTO place_names (country, folded, place_id, population) ");
    insert.push_values(rows, |mut row, name| {
        row.push_bind(name.country.code().to_owned()).push_bind(name.folded.into_bytes());
        row.push_bind(name.place.0).push_bind(name.population);
    });
    insert.build().execute(work).await?;
    Ok(())
}

/// Loads the places in one transaction, under a lock that belongs to a connection of its own: whatever ends the one ends
/// the other. Readers see the old places until the new ones are complete.
pub async fn replace(database: &Database, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError> {
    let mut connection = database.pool().acquire().await?.detach();
    let locked: Option<i64> = sqlx::query_scalar("SELECT GET_LOCK(concat('places.', database()), ?)")
        .bind(PATIENCE)
        .fetch_one(&mut connection)
        .await?;
    if locked != Some(1) {
        return Err(StoreError::Unavailable("another start has been loading the places for minutes".into()));
    }
    let loaded: Option<String> = sqlx::query_scalar("SELECT body FROM settings WHERE name = ?")
        .bind(GAZETTEER)
        .fetch_optional(&mut connection)
        .await?;
    if loaded.as_deref() != Some(version) {
        load(&mut connection, version, entries).await?;
    }
    Ok(connection.close().await?)
}

async fn load(connection: &mut MySqlConnection, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError> {
    let mut work = connection.begin().await?;
    sqlx::query("DELETE FROM place_names").execute(&mut *work).await?;
    sqlx::query("DELETE FROM places").execute(&mut *work).await?;
    let mut rows = Rows::default();
    for entry in entries {
        rows.add(&mut work, entry?).await?;
    }
    rows.finish(&mut work).await?;
    sqlx::query(
        "INSERT INTO settings (name, version, body) VALUES (?, 1, ?)
         ON DUPLICATE KEY UPDATE version = version + 1, body = VALUES(body)",
    )
    .bind(GAZETTEER)
    .bind(version)
    .execute(&mut *work)
    .await?;
    Ok(work.commit().await?)
}

/// Reads the whole index, once at each start; MariaDB does not go from country to country in one with a descending part.
const INHABITED: &str = "SELECT DISTINCT country FROM places ORDER BY country";

pub async fn inhabited_countries(database: &Database) -> Result<Vec<Country>, StoreError> {
    let codes: Vec<String> = sqlx::query_scalar(INHABITED).fetch_all(database.pool()).await?;
    codes.iter().map(|code| parse(code)).collect()
}

pub async fn find(database: &Database, id: PlaceId) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query("SELECT * FROM places WHERE id = ?").bind(id.0).fetch_optional(database.pool()).await?;
    row.as_ref().map(read).transpose()
}

const LARGEST: &str = "SELECT * FROM places WHERE country = ? ORDER BY population DESC, id LIMIT 1";

pub async fn largest(database: &Database, country: Country) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query(LARGEST).bind(country.code()).fetch_optional(database.pool()).await?;
    row.as_ref().map(read).transpose()
}

pub async fn search(
    database: &Database,
    country: Country,
    keys: &[String],
    limit: usize,
) -> Result<Vec<PlaceView>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let rows = searching("", country, keys, limit).build().fetch_all(database.pool()).await?;
    rows.iter().map(|row| Ok(read(row)?.view())).collect()
}

/// One stretch of the table of names for each key, then the places themselves.
fn searching(explain: &str, country: Country, keys: &[String], limit: usize) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::<MySql>::new(explain);
    query.push("SELECT places.* FROM (SELECT place_id, min(folded NOT IN (");
    let mut list = query.separated(", ");
    for key in keys {
        list.push_bind(key.clone().into_bytes());
    }
    query.push(")) AS longer, max(population) AS size FROM place_names WHERE country = ");
    query.push_bind(country.code().to_owned()).push(" AND (");
    let mut stretches = query.separated(" OR ");
    for key in keys {
        stretches.push("(folded >= ").push_bind_unseparated(key.clone().into_bytes());
        stretches.push_unseparated(" AND folded < ").push_bind_unseparated(behind(key));
        stretches.push_unseparated(")");
    }
    query.push(") GROUP BY place_id ORDER BY longer, size DESC, place_id LIMIT ").push_bind(whole(limit));
    query.push(
        ") AS found JOIN places ON places.id = found.place_id ORDER BY found.longer, found.size DESC, found.place_id",
    );
    query
}

/// The end of the stretch of names that begin with `key`: no folded name holds the last character of Unicode.
fn behind(key: &str) -> Vec<u8> {
    format!("{key}{}", char::MAX).into_bytes()
}

pub fn read(row: &MySqlRow) -> Result<Place, StoreError> {
    Ok(Place {
        id: PlaceId(row.get("id")),
        name: row.get("name"),
        region: row.get("region"),
        country: parse(row.get("country"))?,
        at: Point { latitude: row.get("latitude"), longitude: row.get("longitude") },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folding;
    use crate::places::Gazetteer;
    use crate::store::mysql::MysqlStore;

    fn text(row: &MySqlRow, column: &str) -> String {
        row.get::<Option<String>, _>(column).unwrap_or_default()
    }

    #[tokio::test]
    #[ignore = "needs the servers of make services"]
    async fn a_search_reads_stretches_of_the_names_and_nothing_else() {
        let store = MysqlStore::open(&testkit::servers::mysql()).await.unwrap();
        crate::load_places(&store, &Gazetteer::BUILT_IN).await.unwrap();
        let pool = store.database().pool();
        sqlx::query("ANALYZE TABLE places, place_names").fetch_all(pool).await.unwrap();
        for (country, typed) in [("DE", "Mün"), ("DE", "mun"), ("US", "sa"), ("RU", "мо")] {
            let mut query =
                searching("EXPLAIN FORMAT=TRADITIONAL ", country.parse().unwrap(), &folding::keys(typed), 10);
            let plan = query.build().fetch_all(pool).await.unwrap();
            let step = |table: &str| plan.iter().find(|row| text(row, "table") == table).unwrap();
            assert_eq!(
                (text(step("place_names"), "type"), text(step("place_names"), "key")),
                ("range".to_owned(), "PRIMARY".to_owned()),
                "{country} {typed}"
            );
            assert_eq!(
                (text(step("places"), "type"), text(step("places"), "key")),
                ("eq_ref".into(), "PRIMARY".into())
            );
        }
        for statement in [INHABITED.to_owned(), LARGEST.replace('?', "'US'")] {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {statement}"));
            let plan = sqlx::query(explained).fetch_all(pool).await.unwrap();
            assert_eq!(text(&plan[0], "key"), "places_by_size");
            let told = text(&plan[0], "Extra");
            assert!(!told.contains("filesort") && !told.contains("temporary"), "{told}");
        }
    }
}
