//! Consistency checks of stock.

use crate::store::audit::InconsistentLevel;
use crate::store::codec::row_limit;
use chassis::StoreError;
use chassis::sqlite::Database;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Describes levels that contradict their history or the active reservations, or have an unexplained shortfall.
pub async fn violations(database: &Database, limit: usize) -> Result<Vec<String>, StoreError> {
    // One statement reads one snapshot, so that concurrent orders cause no false alarm.
    let rows = sqlx::query(
        "WITH counted AS (SELECT sku, sum(change) AS total FROM history GROUP BY sku),
              active AS (
                  SELECT line.value ->> 'sku' AS sku, sum(line.value ->> 'quantity') AS total
                  FROM reservations, json_each(reservations.demand) AS line WHERE state = 'held' GROUP BY 1)
         SELECT levels.sku, on_hand, reserved, oversell, ahead, missing, coalesce(counted.total, 0) AS counted,
                coalesce(active.total, 0) AS active
         FROM levels LEFT JOIN counted USING (sku) LEFT JOIN active USING (sku)
         WHERE on_hand <> coalesce(counted.total, 0) OR reserved <> coalesce(active.total, 0) OR reserved < 0
            OR iif(oversell = 'untracked', 0, max(0, reserved - on_hand)) <> ahead + missing OR ahead < 0 OR missing < 0
         LIMIT ?",
    )
    .bind(row_limit(limit))
    .fetch_all(&mut *database.read().await?)
    .await?;
    let describe = |row: &SqliteRow| {
        let level = InconsistentLevel {
            sku: row.get("sku"),
            on_hand: row.get("on_hand"),
            history: row.get("counted"),
            reserved: row.get("reserved"),
            active: row.get("active"),
            backordered: row.get("ahead"),
            lost: row.get("missing"),
            oversell: row.get("oversell"),
        };
        level.to_string()
    };
    Ok(rows.iter().map(describe).collect())
}
