//! Checks of MySQL's and MariaDB's configuration.

use super::{Finding, Findings, is_this_machine, version};
use crate::mysql::login::{self, LoginError};
use crate::mysql::{COLLATION, ConnectionSettings, moment};
use crate::system::SystemContext;
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, Row};

/// Checks MySQL: version, login, encryption, flushing of each commit, number of connections, collation of all texts.
pub async fn examine(address: &ConnectionSettings, system: &SystemContext) -> Vec<Finding> {
    let mut findings = Findings::new("MySQL");
    match login::connect(address).await {
        Ok(mut connection) => {
            if let Err(error) = look(address, &mut connection, system, &mut findings).await {
                findings.error(format!("does not respond: {error}"));
            }
            // Nothing was written, so an error on closing is ignored.
            let _ = connection.close().await;
        }
        Err(error @ LoginError::NeedsTls) => findings.error(error.to_string()),
        Err(error) => {
            findings.error(format!("cannot be reached: {error}; see DB_HOST, DB_USER, DB_PASSWORD, DB_TLS and DB_CA"));
        }
    }
    findings.into_all()
}

async fn look(
    address: &ConnectionSettings,
    connection: &mut MySqlConnection,
    system: &SystemContext,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    // sqlx decodes an i64 from signed columns only, and some of these variables are unsigned.
    let row = sqlx::query(
        "SELECT version(), CAST(@@innodb_flush_log_at_trx_commit AS SIGNED), CAST(@@log_bin AS SIGNED),
             CAST(@@sync_binlog AS SIGNED), CAST(@@read_only AS SIGNED), CAST(@@max_connections AS SIGNED),
             CAST(unix_timestamp(now(6)) * 1000000 AS SIGNED)",
    )
    .fetch_one(&mut *connection)
    .await?;
    let reported: String = row.try_get(0)?;
    let (maria, found) = (reported.contains("MariaDB"), version(&reported));
    findings.check(
        if maria { found >= (10, 11) } else { found >= (8, 0) },
        format!("version {reported}"),
        format!("version {reported}: MySQL 8.0 or MariaDB 10.11 or newer is required"),
    );
    let (flush, log, sync): (i64, i64, i64) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    findings.check(
        flush == 1,
        "flushes each commit",
        format!("innodb_flush_log_at_trx_commit is {flush}: a power failure loses paid orders; set it to 1"),
    );
    // Without a binary log sync_binlog has no effect.
    if log == 1 && sync != 1 {
        findings.error(format!("sync_binlog is {sync}: a replica that takes over may miss orders; set it to 1"));
    }
    // A replica serves reads and rejects every write.
    if row.try_get::<i64, _>(4)? != 0 {
        findings.error("is read-only: name the primary in DB_HOST");
    }
    // A connection limit that is too low shows only under load, so it is checked here.
    let (room, wanted) = (row.try_get::<i64, _>(5)?, address.connections() * SERVICES);
    if room < wanted {
        findings.warning(format!(
            "max_connections is {room}; one replica of each service uses up to {wanted} (DB_CONNECTIONS each)"
        ));
    }
    findings.clock(moment(row.try_get(6)?).unwrap_or_default(), system.now());
    collations(address, connection, findings).await?;
    protection(address, connection, findings).await
}

/// Finds a table whose texts compare otherwise than the shop relies on. Tables that the shop made have no such texts; ones
/// that were restored or converted may.
async fn collations(
    address: &ConnectionSettings,
    connection: &mut MySqlConnection,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    // The table of migrations had the collation of its database in earlier versions; nothing compares its texts.
    let row = sqlx::query(
        "SELECT CAST(table_schema AS CHAR), CAST(table_name AS CHAR), CAST(collation_name AS CHAR)
         FROM information_schema.columns
         WHERE left(table_schema, char_length(?)) = ? AND collation_name <> ? AND table_name <> 'schema_migrations'
         LIMIT 1",
    )
    .bind(address.prefix())
    .bind(address.prefix())
    .bind(COLLATION)
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        None => findings.ok(format!("all texts have the collation {COLLATION}")),
        Some(row) => {
            let (database, table, other): (String, String, String) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            findings.error(format!(
                "{database}.{table} has texts with the collation {other}, so that keys may be taken for equal and comparisons \
                 fail: stop the services and run ALTER TABLE `{database}`.`{table}` CONVERT TO CHARACTER SET utf8mb4 COLLATE \
                 {COLLATION}"
            ));
        }
    }
    Ok(())
}

/// The number of services that hold connections to MySQL.
const SERVICES: i64 = 4;

async fn protection(
    address: &ConnectionSettings,
    connection: &mut MySqlConnection,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    // Ssl_cipher is empty on a connection without TLS.
    let row = sqlx::query("SHOW SESSION STATUS LIKE 'Ssl_cipher'").fetch_optional(&mut *connection).await?;
    let cipher: String = row.map(|row| row.try_get(1)).transpose()?.unwrap_or_default();
    if !cipher.is_empty() && address.verifies() {
        findings.ok(format!("encrypted ({cipher}) with a verified certificate"));
    } else if !cipher.is_empty() {
        findings.warning("encrypted, but the certificate is not verified; set DB_TLS=verify");
    } else if is_this_machine(address.host()) {
        findings.ok("not encrypted, but on this machine");
    } else {
        findings.error("not encrypted: passwords and customers' addresses can be read in transit; set DB_TLS=verify");
    }
    Ok(())
}
