//! Migration tests: a schema migrated from any earlier version equals that of a new database.

use chassis::mysql;
use chassis::sqlite::{Database, Durability};
use sqlx::Row;
use std::path::Path;

/// Tests the migrations of an SQLite file from each earlier version to the latest one.
///
/// # Panics
/// When a migration fails, or the result differs from a new schema.
pub async fn sqlite(name: &str, migrations: &'static [mysql::Migration]) {
    let folder = tempfile::tempdir().expect("a folder");
    let open = async |path: &Path, known: usize| {
        let steps = &migrations[..known];
        Database::open(path, Durability::KilledProcess, steps).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let mut schemas = Vec::new();
    // The newest version comes first: its schema is that of a new database, with which the others are compared.
    for version in (0..=migrations.len()).rev() {
        let path = folder.path().join(format!("{name}-{version}.db"));
        open(&path, version).await.close().await;
        // The file is opened twice, as the second start must find nothing to migrate.
        open(&path, migrations.len()).await.close().await;
        let database = open(&path, migrations.len()).await;
        let rows = sqlx::query("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
            .fetch_all(&mut *database.read().await.expect("a connection"))
            .await
            .expect("the schema");
        schemas.push(rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>());
        database.close().await;
    }
    assert!(
        schemas.iter().all(|schema| *schema == schemas[0]),
        "{name} depends on the version it came from: {schemas:#?}"
    );
}

/// Tests the migrations of a MySQL database from each earlier version to the latest one. A server that stopped during
/// the last migration may have applied it without recording it, so that case is tested as well.
///
/// # Panics
/// When a migration fails, or the result differs from a new schema.
pub async fn mysql(service: &str, migrations: &'static [mysql::Migration]) {
    let mut schemas = Vec::new();
    for version in (0..=migrations.len()).rev() {
        let address = crate::servers::mysql();
        let open = async |known: usize| {
            let opened = mysql::Database::open(&address, service, &migrations[..known]).await;
            opened.unwrap_or_else(|error| panic!("{service}: {error}"))
        };
        open(version).await.close().await;
        let database = open(migrations.len()).await;
        // MySQL commits DDL implicitly, so a migration and its record cannot share a transaction.
        let forget = "DELETE FROM schema_migrations ORDER BY version DESC LIMIT 1";
        sqlx::query(forget).execute(database.pool()).await.expect("the last forgotten");
        database.close().await;
        let database = open(migrations.len()).await;
        schemas.push(described(&database).await);
        assert_eq!(other_collations(&database).await, Vec::<String>::new(), "{service}: every text has one collation");
        database.close().await;
    }
    assert!(
        schemas.iter().all(|schema| *schema == schemas[0]),
        "{service} depends on the version it came from: {schemas:#?}"
    );
}

/// The columns whose texts have another collation than all others: a table that does not name it.
async fn other_collations(database: &mysql::Database) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT CAST(concat(table_name, '.', column_name, ' ', collation_name) AS CHAR)
         FROM information_schema.columns WHERE table_schema = database() AND collation_name <> ?",
    )
    .bind(mysql::COLLATION)
    .fetch_all(database.pool())
    .await
    .expect("the columns")
}

async fn described(database: &mysql::Database) -> Vec<String> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = database() ORDER BY 1",
    )
    .fetch_all(database.pool())
    .await
    .expect("the tables");
    let mut described = Vec::new();
    for name in names {
        let statement = format!("SHOW CREATE TABLE `{name}`");
        let row = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).fetch_one(database.pool()).await.expect("a table");
        let text: String = row.get(1);
        // The current AUTO_INCREMENT value is not part of the schema.
        described.push(text.split(" AUTO_INCREMENT=").next().unwrap_or_default().to_owned());
    }
    described
}
