//! The shipments that people work on, in MySQL.
//!
//! Lock order: the row of `announcements` first, then the rows of `shipments` in the order of their ids.

use super::shipments::{insert, insert_record, lock, read, select};
use crate::shipment::{Shipment, ShipmentChange, ShipmentFilter, ShipmentWrite, announced_step};
use crate::store::codec::sql_integer;
use chassis::StoreError;
use chassis::mysql::{Database, micros};
use contracts::ShipmentId;
use events::outbox::mysql::MysqlOutbox;

pub async fn find(database: &Database, id: ShipmentId) -> Result<Option<Shipment>, StoreError> {
    let row = sqlx::query(select!("WHERE id = ?")).bind(id.to_string()).fetch_optional(database.pool()).await?;
    row.as_ref().map(read).transpose()
}

pub async fn with_number(database: &Database, number: &str) -> Result<Vec<Shipment>, StoreError> {
    let rows = sqlx::query(select!("WHERE number = ? OR carrier_tracking_number = ? ORDER BY id"))
        .bind(number)
        .bind(number)
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(read).collect()
}

pub async fn list(
    database: &Database,
    filter: ShipmentFilter,
    after: Option<ShipmentId>,
    limit: usize,
) -> Result<Vec<Shipment>, StoreError> {
    let query = match filter {
        ShipmentFilter::All => sqlx::query(select!("WHERE id > ? ORDER BY id LIMIT ?")),
        ShipmentFilter::Status(status) => {
            sqlx::query(select!("WHERE status = ? AND id > ? ORDER BY id LIMIT ?")).bind(status.as_str())
        }
        ShipmentFilter::Order(order) => {
            sqlx::query(select!("WHERE order_id = ? AND id > ? ORDER BY id LIMIT ?")).bind(order.to_string())
        }
    };
    let rows = query
        // The empty text sorts before every id.
        .bind(after.map(|id| id.to_string()).unwrap_or_default())
        .bind(sql_integer(limit))
        .fetch_all(database.pool())
        .await?;
    rows.iter().map(read).collect()
}

pub async fn write(database: &Database, outbox: &MysqlOutbox, write: &ShipmentWrite) -> Result<bool, StoreError> {
    let mut transaction = database.begin().await?;
    if let Some(split_off) = &write.split_off {
        // A cancellation locks the same row, so that it never misses a shipment that is being split off.
        if lock(&mut transaction, split_off.order_id, announced_step(&split_off.step_key)).await? {
            return Ok(false);
        }
    }
    let mut changes: Vec<_> = write.changes.iter().collect();
    changes.sort_by_key(|change| change.shipment.id);
    for ShipmentChange { status_before, shipment, record } in changes {
        let updated = sqlx::query(
            // A cancellation does not change `passed`, so the status is compared as well.
            "UPDATE shipments SET status = ?, passed = passed + 1, arrival_at = ?, details = ?
             WHERE id = ? AND passed = ? AND status = ?",
        )
        .bind(shipment.status.as_str())
        .bind(micros(shipment.estimated_delivery))
        .bind(serde_json::to_string(&shipment.details)?)
        .bind(shipment.id.to_string())
        .bind(i64::try_from(shipment.version).unwrap_or(i64::MAX))
        .bind(status_before.as_str())
        .execute(&mut *transaction)
        .await?;
        if updated.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some(record) = record {
            insert_record(&mut transaction, shipment.id, record).await?;
        }
    }
    if let Some(split_off) = &write.split_off {
        let exists = sqlx::query("SELECT 1 FROM shipments WHERE order_id = ? AND step_key = ?")
            .bind(split_off.order_id.to_string())
            .bind(split_off.step_key.as_bytes())
            .fetch_optional(&mut *transaction)
            .await?;
        if exists.is_some() {
            return Ok(false);
        }
        insert(&mut transaction, split_off).await?;
    }
    // In the same transaction: a change is published if and only if it is stored.
    for event in &write.events {
        outbox.add(&mut transaction, event).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
