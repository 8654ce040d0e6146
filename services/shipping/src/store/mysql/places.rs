//! The queries and bulk inserts of places in MySQL.

use crate::places::{Entry, Namesake, Place, Point};
use crate::store::Entries;
use crate::store::codec::{GAZETTEER, sql_integer};
use chassis::StoreError;
use chassis::mysql::{Database, parse};
use contracts::shipping::PlaceView;
use contracts::{Country, PlaceId};
use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{Connection, MySql, QueryBuilder, Row};

/// The number of rows per statement. Large, because a statement of several packets may wait for the acknowledgement of the
/// first one; but a statement can have at most 65,535 values, and a few megabytes with default server settings.
const BATCH_SIZE: usize = 4000;
/// The time for which a start waits while another one loads the same places.
const LOAD_TIMEOUT_SECONDS: i64 = 300;

struct NormalisedName {
    country: Country,
    name: String,
    place: PlaceId,
    population: i64,
    is_main: bool,
}

/// The rows that are not written yet. The names of complete countries come first and are sorted: in the order of the
/// primary key, each page is written once.
#[derive(Default)]
struct Rows {
    places: Vec<(Place, i64)>,
    names: Vec<NormalisedName>,
    sorted: usize,
}

impl Rows {
    async fn add(&mut self, transaction: &mut MySqlConnection, entry: Entry) -> Result<(), StoreError> {
        let Entry { place, population, keys } = entry;
        if self.names.last().is_some_and(|last| last.country != place.country) {
            self.sort();
            self.write(transaction, BATCH_SIZE).await?;
        }
        let (id, country) = (place.id, place.country);
        let name = |(name, is_main)| NormalisedName { country, name, place: id, population, is_main };
        self.names.extend(keys.into_iter().map(name));
        self.places.push((place, population));
        Ok(())
    }

    async fn finish(mut self, transaction: &mut MySqlConnection) -> Result<(), StoreError> {
        self.sort();
        self.write(transaction, 1).await
    }

    fn sort(&mut self) {
        let country = self.names.get_mut(self.sorted..).unwrap_or_default();
        country.sort_unstable_by(|a, b| (&a.name, a.place).cmp(&(&b.name, b.place)));
        self.sorted = self.names.len();
    }

    /// Writes batches of at least `min_rows` rows; remaining rows stay.
    async fn write(&mut self, transaction: &mut MySqlConnection, min_rows: usize) -> Result<(), StoreError> {
        while self.places.len() >= min_rows {
            let batch: Vec<_> = self.places.drain(..self.places.len().min(BATCH_SIZE)).collect();
            insert_places(transaction, batch).await?;
        }
        while self.names.len() >= min_rows {
            let batch: Vec<_> = self.names.drain(..self.names.len().min(BATCH_SIZE)).collect();
            insert_names(transaction, batch).await?;
        }
        self.sorted = self.names.len();
        Ok(())
    }
}

async fn insert_places(transaction: &mut MySqlConnection, rows: Vec<(Place, i64)>) -> Result<(), StoreError> {
    let mut insert =
        QueryBuilder::<MySql>::new("INSERT INTO places (id, name, region, country, latitude, longitude, population) ");
    insert.push_values(rows, |mut row, (place, population)| {
        row.push_bind(place.id.0).push_bind(place.name).push_bind(place.region);
        row.push_bind(place.country.code().to_owned());
        row.push_bind(place.at.latitude).push_bind(place.at.longitude).push_bind(population);
    });
    insert.build().execute(transaction).await?;
    Ok(())
}

async fn insert_names(transaction: &mut MySqlConnection, rows: Vec<NormalisedName>) -> Result<(), StoreError> {
    let mut insert =
        QueryBuilder::<MySql>::new("INSERT INTO place_names (country, folded, place_id, population, is_main) ");
    insert.push_values(rows, |mut row, name| {
        // Names are bound as bytes: the column is binary, see the schema.
        row.push_bind(name.country.code().to_owned()).push_bind(name.name.into_bytes());
        row.push_bind(name.place.0).push_bind(name.population).push_bind(name.is_main);
    });
    insert.build().execute(transaction).await?;
    Ok(())
}

/// Loads the places in one transaction. Readers see the old places until it commits.
pub async fn replace(database: &Database, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError> {
    // Lock and transaction belong to one connection, outside the pool: when it breaks, the server ends both.
    let mut connection = database.acquire().await?.detach();
    let locked: Option<i64> = sqlx::query_scalar("SELECT GET_LOCK(concat('places.', database()), ?)")
        .bind(LOAD_TIMEOUT_SECONDS)
        .fetch_one(&mut connection)
        .await?;
    if locked != Some(1) {
        return Err(StoreError::Unavailable("another process is still loading the places".into()));
    }
    let loaded: Option<String> = sqlx::query_scalar("SELECT body FROM settings WHERE name = ?")
        .bind(GAZETTEER)
        .fetch_optional(&mut connection)
        .await?;
    // Another start may have loaded them while this one waited.
    if loaded.as_deref() != Some(version) {
        load(&mut connection, version, entries).await?;
    }
    Ok(connection.close().await?)
}

async fn load(connection: &mut MySqlConnection, version: &str, entries: &mut Entries<'_>) -> Result<(), StoreError> {
    let mut transaction = connection.begin().await?;
    sqlx::query("DELETE FROM place_names").execute(&mut *transaction).await?;
    sqlx::query("DELETE FROM places").execute(&mut *transaction).await?;
    let mut rows = Rows::default();
    for entry in entries {
        rows.add(&mut transaction, entry?).await?;
    }
    rows.finish(&mut transaction).await?;
    sqlx::query(
        "INSERT INTO settings (name, version, body) VALUES (?, 1, ?)
         ON DUPLICATE KEY UPDATE version = version + 1, body = VALUES(body)",
    )
    .bind(GAZETTEER)
    .bind(version)
    .execute(&mut *transaction)
    .await?;
    Ok(transaction.commit().await?)
}

/// Reads the whole index, but only once per start: MariaDB has no loose scan of an index with a descending part.
const SELECT_INHABITED: &str = "SELECT DISTINCT country FROM places ORDER BY country";

pub async fn inhabited_countries(database: &Database) -> Result<Vec<Country>, StoreError> {
    let codes: Vec<String> = sqlx::query_scalar(SELECT_INHABITED).fetch_all(database.pool()).await?;
    codes.iter().map(|code| parse(code)).collect()
}

pub async fn find(database: &Database, id: PlaceId) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query("SELECT * FROM places WHERE id = ?").bind(id.0).fetch_optional(database.pool()).await?;
    row.as_ref().map(read).transpose()
}

const SELECT_LARGEST: &str = "SELECT * FROM places WHERE country = ? ORDER BY population DESC, id LIMIT 1";

pub async fn largest(database: &Database, country: Country) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query(SELECT_LARGEST).bind(country.code()).fetch_optional(database.pool()).await?;
    row.as_ref().map(read).transpose()
}

const SELECT_OF_COUNTRY: &str = "SELECT * FROM places WHERE country = ? ORDER BY population DESC, id";

pub async fn of_country(database: &Database, country: Country) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query(SELECT_OF_COUNTRY).bind(country.code()).fetch_all(database.pool()).await?;
    rows.iter().map(read).collect()
}

const SELECT_OF_REGION: &str = "SELECT * FROM places WHERE country = ? AND region = ? ORDER BY population DESC, id";

pub async fn of_region(database: &Database, country: Country, region: &str) -> Result<Vec<Place>, StoreError> {
    let rows = sqlx::query(SELECT_OF_REGION).bind(country.code()).bind(region).fetch_all(database.pool()).await?;
    rows.iter().map(read).collect()
}

pub async fn regions(database: &Database, country: Country) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar("SELECT DISTINCT region FROM places WHERE country = ? AND region <> ''");
    Ok(query.bind(country.code()).fetch_all(database.pool()).await?)
}

pub async fn namesakes(database: &Database, country: Country, keys: &[String]) -> Result<Vec<Namesake>, StoreError> {
    if keys.is_empty() {
        // An empty `IN ()` is a syntax error.
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT places.*, found.is_main FROM (
             SELECT place_id, max(is_main) AS is_main FROM place_names WHERE country = ",
    );
    query.push_bind(country.code().to_owned()).push(" AND folded IN (");
    let mut list = query.separated(", ");
    for key in keys {
        list.push_bind(key.clone().into_bytes());
    }
    query.push(
        ") GROUP BY place_id) AS found JOIN places ON places.id = found.place_id
         ORDER BY places.population DESC, places.id",
    );
    let rows = query.build().fetch_all(database.pool()).await?;
    let namesake = |row: &MySqlRow| {
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
    if prefixes.is_empty() {
        // An empty `IN ()` is a syntax error.
        return Ok(Vec::new());
    }
    let rows = search_query("", country, prefixes, limit).build().fetch_all(database.pool()).await?;
    rows.iter().map(|row| Ok(read(row)?.view())).collect()
}

/// Reads one range of the names' primary key for each prefix, then the places that were found.
fn search_query(explain: &str, country: Country, prefixes: &[String], limit: usize) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::<MySql>::new(explain);
    query.push("SELECT places.* FROM (SELECT place_id, min(IF(folded NOT IN (");
    let mut list = query.separated(", ");
    for prefix in prefixes {
        list.push_bind(prefix.clone().into_bytes());
    }
    query.push("), 2, 1 - is_main)) AS distance, max(population) AS size FROM place_names WHERE country = ");
    query.push_bind(country.code().to_owned()).push(" AND (");
    let mut ranges = query.separated(" OR ");
    for prefix in prefixes {
        ranges.push("(folded >= ").push_bind_unseparated(prefix.clone().into_bytes());
        ranges.push_unseparated(" AND folded < ").push_bind_unseparated(prefix_end(prefix));
        ranges.push_unseparated(")");
    }
    query.push(") GROUP BY place_id ORDER BY distance, size DESC, place_id LIMIT ").push_bind(sql_integer(limit));
    query.push(
        ") AS found JOIN places ON places.id = found.place_id ORDER BY found.distance, found.size DESC, found.place_id",
    );
    query
}

/// Returns the exclusive end of the range of names with this prefix: no normalised name contains the last character of
/// Unicode.
fn prefix_end(prefix: &str) -> Vec<u8> {
    format!("{prefix}{}", char::MAX).into_bytes()
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
    use crate::name_normalisation;
    use crate::places::Gazetteer;
    use crate::store::mysql::MysqlStore;

    fn text(row: &MySqlRow, column: &str) -> String {
        row.get::<Option<String>, _>(column).unwrap_or_default()
    }

    #[tokio::test]
    #[ignore = "needs the servers of make services"]
    async fn a_search_reads_ranges_of_the_names_and_nothing_else() {
        let store = MysqlStore::open(&testkit::servers::mysql()).await.unwrap();
        crate::load_places(&store, &Gazetteer::BUILT_IN).await.unwrap();
        let database = store.database();
        sqlx::query("ANALYZE TABLE places, place_names").fetch_all(database.pool()).await.unwrap();
        for (country, typed) in [("DE", "Mün"), ("DE", "mun"), ("US", "sa"), ("RU", "мо")] {
            let mut query = search_query(
                "EXPLAIN FORMAT=TRADITIONAL ",
                country.parse().unwrap(),
                &name_normalisation::keys(typed),
                10,
            );
            let plan = query.build().fetch_all(database.pool()).await.unwrap();
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
        for statement in [SELECT_INHABITED.to_owned(), SELECT_LARGEST.replace('?', "'US'")] {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN FORMAT=TRADITIONAL {statement}"));
            let plan = sqlx::query(explained).fetch_all(database.pool()).await.unwrap();
            assert_eq!(text(&plan[0], "key"), "places_by_size");
            let extra = text(&plan[0], "Extra");
            assert!(!extra.contains("filesort") && !extra.contains("temporary"), "{extra}");
        }
    }
}
