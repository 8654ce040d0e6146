//! What audits of stock ask.

use chassis::StoreError;
use chassis::sqlite::Database;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// SKUs whose level is not what their history and what is held say, or that are short without a reason.
pub async fn violations(database: &Database, limit: usize) -> Result<Vec<String>, StoreError> {
    // One statement, so that all of it is judged at one moment.
    let rows = sqlx::query(
        "WITH counted AS (SELECT sku, sum(change) AS total FROM history GROUP BY sku),
              promised AS (
                  SELECT line.value ->> 'sku' AS sku, sum(line.value ->> 'quantity') AS total
                  FROM reservations, json_each(reservations.demand) AS line WHERE state = 'held' GROUP BY 1)
         SELECT levels.sku, on_hand, reserved, oversell, ahead, missing, coalesce(counted.total, 0) AS counted,
                coalesce(promised.total, 0) AS promised
         FROM levels LEFT JOIN counted USING (sku) LEFT JOIN promised USING (sku)
         WHERE on_hand <> coalesce(counted.total, 0) OR reserved <> coalesce(promised.total, 0) OR reserved < 0
            OR max(0, reserved - on_hand) <> ahead + missing OR ahead < 0 OR missing < 0
         LIMIT ?",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(&mut *database.read().await?)
    .await?;
    let told = |row: &SqliteRow| {
        let number = |column: &str| row.get::<i64, _>(column);
        format!(
            "SKU {}: on hand {} (history {}), reserved {} (held {}), sold ahead {}, missing {}, {}",
            row.get::<&str, _>("sku"),
            number("on_hand"),
            number("counted"),
            number("reserved"),
            number("promised"),
            number("ahead"),
            number("missing"),
            row.get::<&str, _>("oversell"),
        )
    };
    Ok(rows.iter().map(told).collect())
}
