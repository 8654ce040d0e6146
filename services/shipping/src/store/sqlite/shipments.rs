//! The transactions of shipments in SQLite. Writers run one at a time, so nothing needs to be locked.

use crate::shipment::{
    AnnounceOutcome, CancelOutcome, CheckpointKind, DueShipment, NewShipment, TrackedShipment, TrackingCheckpoint,
    TrackingRecord, TrackingUpdate,
};
use crate::store::codec::{MAX_TRACKING_RECORDS, parse_status, sql_integer, status_name};
use chassis::StoreError;
use chassis::sqlite::{Database, Write, micros, moment, parse};
use contracts::shipping::{ShipmentCancellation, ShipmentStatus, ShipmentView};
use contracts::{OrderId, ShipmentId};
use events::outbox::sqlite::SqliteOutbox;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

pub async fn announce(database: &Database, shipment: &NewShipment) -> Result<AnnounceOutcome, StoreError> {
    let mut transaction = database.begin().await?;
    let booking = &shipment.booking;
    if let Some(earlier) = find_announced(&mut transaction, shipment.order_id, &shipment.step_key).await? {
        return Ok(earlier);
    }
    sqlx::query(
        "INSERT INTO shipments (id, order_id, step_key, number, speed, status, stops, passed, due_at, arrival_at,
             carrier)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
    )
    .bind(shipment.id.to_string())
    .bind(shipment.order_id.to_string())
    .bind(&shipment.step_key)
    .bind(&booking.tracking_number)
    .bind(shipment.speed.as_str())
    .bind(status_name(booking.checkpoint.status))
    .bind(serde_json::to_string(&booking.planned)?)
    .bind(booking.next_update_at.map(micros))
    .bind(micros(booking.estimated_delivery))
    .bind(&shipment.carrier)
    .execute(&mut *transaction)
    .await?;
    let record = TrackingRecord { at: shipment.at, checkpoint: booking.checkpoint.clone() };
    insert_record(&mut transaction, shipment.id, &record).await?;
    transaction.commit().await?;
    Ok(AnnounceOutcome::Shipment(ShipmentView {
        id: shipment.id,
        order_id: shipment.order_id,
        number: booking.tracking_number.clone(),
        carrier: shipment.carrier.clone(),
        status: booking.checkpoint.status,
    }))
}

/// Returns the outcome of an earlier announcement or cancellation of the step.
async fn find_announced(
    transaction: &mut Write,
    order: OrderId,
    step_key: &str,
) -> Result<Option<AnnounceOutcome>, StoreError> {
    let cancelled = sqlx::query("SELECT 1 FROM cancelled_announcements WHERE order_id = ? AND step_key = ?")
        .bind(order.to_string())
        .bind(step_key)
        .fetch_optional(&mut **transaction)
        .await?;
    if cancelled.is_some() {
        return Ok(Some(AnnounceOutcome::Cancelled));
    }
    let row =
        sqlx::query("SELECT id, order_id, number, carrier, status FROM shipments WHERE order_id = ? AND step_key = ?")
            .bind(order.to_string())
            .bind(step_key)
            .fetch_optional(&mut **transaction)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let shipment = ShipmentView {
        id: parse(row.get("id"))?,
        order_id: parse(row.get("order_id"))?,
        number: row.get("number"),
        carrier: row.get("carrier"),
        status: parse_status(row.get("status"))?,
    };
    // A step cancelled after its announcement is refused like one cancelled before.
    let cancelled = shipment.status == ShipmentStatus::Cancelled;
    Ok(Some(if cancelled { AnnounceOutcome::Cancelled } else { AnnounceOutcome::Shipment(shipment) }))
}

pub async fn cancel(
    database: &Database,
    shipment: &ShipmentCancellation,
    now: Timestamp,
) -> Result<CancelOutcome, StoreError> {
    let mut transaction = database.begin().await?;
    let row = sqlx::query("SELECT id, status FROM shipments WHERE order_id = ? AND step_key = ?")
        .bind(shipment.order_id.to_string())
        .bind(&shipment.step_key)
        .fetch_optional(&mut *transaction)
        .await?;
    match row.as_ref().map(|row| parse_status(row.get("status"))).transpose()? {
        Some(ShipmentStatus::Cancelled) => return Ok(CancelOutcome::Cancelled),
        Some(ShipmentStatus::Announced) => {}
        // Any other status means that the carrier has the shipment.
        Some(_) => return Ok(CancelOutcome::AlreadyShipped),
        None => {
            // This row refuses an announcement that was delayed on its way and arrives after its cancellation.
            sqlx::query("INSERT OR IGNORE INTO cancelled_announcements (order_id, step_key, at) VALUES (?, ?, ?)")
                .bind(shipment.order_id.to_string())
                .bind(&shipment.step_key)
                .bind(micros(now))
                .execute(&mut *transaction)
                .await?;
        }
    }
    if let Some(row) = row {
        mark_cancelled(&mut transaction, parse(row.get("id"))?, now).await?;
    }
    transaction.commit().await?;
    Ok(CancelOutcome::Cancelled)
}

/// Cancels an announced shipment. The last record has the place where it is.
async fn mark_cancelled(transaction: &mut Write, id: ShipmentId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE shipments SET status = ?, due_at = NULL WHERE id = ?")
        .bind(status_name(ShipmentStatus::Cancelled))
        .bind(id.to_string())
        .execute(&mut **transaction)
        .await?;
    let last: Option<String> =
        sqlx::query_scalar("SELECT body FROM tracking_events WHERE shipment_id = ? ORDER BY sequence DESC LIMIT 1")
            .bind(id.to_string())
            .fetch_optional(&mut **transaction)
            .await?;
    let last: Option<TrackingRecord> = last.map(|body| serde_json::from_str(&body)).transpose()?;
    let checkpoint = TrackingCheckpoint {
        status: ShipmentStatus::Cancelled,
        place: last.map(|record| record.checkpoint.place).unwrap_or_default(),
        kind: Some(CheckpointKind::Cancelled),
        text: None,
    };
    insert_record(transaction, id, &TrackingRecord { at: now, checkpoint }).await
}

async fn insert_record(
    transaction: &mut Write,
    shipment: ShipmentId,
    record: &TrackingRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tracking_events (shipment_id, sequence, at, body)
         SELECT ?1, 1 + coalesce(max(sequence), 0), ?2, ?3 FROM tracking_events WHERE shipment_id = ?1",
    )
    .bind(shipment.to_string())
    .bind(micros(record.at))
    .bind(serde_json::to_string(record)?)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

pub async fn tracking(database: &Database, tracking_number: &str) -> Result<Option<TrackedShipment>, StoreError> {
    // One statement, so that the status agrees with the records.
    let rows = sqlx::query(
        "SELECT number, carrier, status, arrival_at, body
         FROM shipments JOIN tracking_events ON shipment_id = id
         WHERE number = ? ORDER BY sequence DESC LIMIT ?",
    )
    .bind(tracking_number)
    .bind(MAX_TRACKING_RECORDS)
    .fetch_all(&mut *database.read().await?)
    .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let records = rows.iter().map(|row| serde_json::from_str(row.get("body"))).collect::<Result<_, _>>()?;
    Ok(Some(TrackedShipment {
        tracking_number: row.get("number"),
        carrier: row.get("carrier"),
        status: parse_status(row.get("status"))?,
        records,
        estimated_delivery: moment(row.get("arrival_at"))?,
    }))
}

pub async fn due(database: &Database, now: Timestamp, limit: usize) -> Result<Vec<DueShipment>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, order_id, carrier, speed, passed, stops FROM shipments
         WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at LIMIT ?",
    )
    .bind(micros(now))
    .bind(sql_integer(limit))
    .fetch_all(&mut *database.read().await?)
    .await?;
    let mut due = Vec::with_capacity(rows.len());
    for row in &rows {
        match due_shipment(row) {
            Ok(shipment) => due.push(shipment),
            // A row that cannot be read must not hold up the other shipments.
            Err(error) => tracing::error!(%error, "cannot read a due shipment"),
        }
    }
    Ok(due)
}

fn due_shipment(row: &SqliteRow) -> Result<DueShipment, StoreError> {
    Ok(DueShipment {
        id: parse(row.get("id"))?,
        order_id: parse(row.get("order_id"))?,
        carrier: row.get("carrier"),
        speed: parse(row.get("speed"))?,
        updates: usize::try_from(row.get::<i64, _>("passed")).unwrap_or_default(),
        planned: serde_json::from_str(row.get("stops"))?,
    })
}

pub async fn apply_update(
    database: &Database,
    outbox: &SqliteOutbox,
    update: &TrackingUpdate,
) -> Result<bool, StoreError> {
    let mut transaction = database.begin().await?;
    let changed = sqlx::query(
        // A cancellation does not change `passed`, so the status is compared as well.
        "UPDATE shipments SET status = ?, passed = passed + 1, due_at = ?, arrival_at = ?
         WHERE id = ? AND passed = ? AND status NOT IN ('delivered', 'cancelled')",
    )
    .bind(status_name(update.update.checkpoint.status))
    .bind(update.update.next_update_at.map(micros))
    .bind(micros(update.update.estimated_delivery))
    .bind(update.shipment_id.to_string())
    .bind(sql_integer(update.updates))
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    // Another worker stored this update, or the shipment was cancelled.
    if changed == 0 {
        return Ok(false);
    }
    let record = TrackingRecord { at: update.at, checkpoint: update.update.checkpoint.clone() };
    insert_record(&mut transaction, update.shipment_id, &record).await?;
    // In the same transaction: an update is published if and only if it is stored.
    outbox.add(&mut transaction, &update.event).await?;
    transaction.commit().await?;
    Ok(true)
}
