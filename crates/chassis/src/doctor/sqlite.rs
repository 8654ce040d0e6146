//! Checks of the SQLite files of a shop in one process.

use super::{Finding, Findings};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::path::Path;

/// Checks the integrity of a file, which may be in use.
pub async fn examine(path: &Path) -> Vec<Finding> {
    let mut findings = Findings::new("files");
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match check(path).await {
        Ok(told) if told == "ok" => findings.ok(format!("{name} is whole")),
        Ok(told) => findings.error(format!("{name} is damaged: {told}; restore it from a backup")),
        Err(error) => findings.error(format!("{name} cannot be read: {error}")),
    }
    findings.into_all()
}

async fn check(path: &Path) -> Result<String, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).pragma("query_only", "true");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let told = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(told)
}
