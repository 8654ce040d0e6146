//! The transactions of shipments in MySQL.
//!
//! Lock order: announcing and cancelling lock the row of `announcements` first, then, like every change of a shipment, its
//! row in `shipments`.

use crate::shipment::{
    AnnounceOutcome, CancelOutcome, CheckpointKind, DueShipment, NewShipment, Shipment, TrackedShipment,
    TrackingCheckpoint, TrackingRecord, TrackingUpdate, announced_step, shown_carrier,
};
use crate::store::codec::{MAX_TRACKING_RECORDS, parse_details, sql_integer};
use chassis::StoreError;
use chassis::mysql::{Database, Write, micros, moment, parse};
use contracts::shipping::{ShipmentCancellation, ShipmentStatus, ShipmentView};
use contracts::{OrderId, ShipmentId};
use events::outbox::mysql::MysqlOutbox;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;

/// A statement that selects what [`read`] needs.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, order_id, step_key, number, speed, carrier, status, passed, arrival_at, details FROM shipments ",
            $condition
        )
    };
}
pub(super) use select;

/// Reads a shipment from a row of `select!`.
pub fn read(row: &MySqlRow) -> Result<Shipment, StoreError> {
    Ok(Shipment {
        id: parse(row.get("id"))?,
        order_id: parse(row.get("order_id"))?,
        step_key: String::from_utf8(row.get("step_key")).map_err(|error| StoreError::Fault(error.to_string()))?,
        tracking_number: row.get("number"),
        speed: parse(row.get("speed"))?,
        carrier: row.get("carrier"),
        status: parse(row.get("status"))?,
        version: u64::try_from(row.get::<i64, _>("passed")).unwrap_or_default(),
        estimated_delivery: moment(row.get("arrival_at"))?,
        details: parse_details(row.get("details"))?,
    })
}

pub async fn announce(database: &Database, shipment: &NewShipment) -> Result<AnnounceOutcome, StoreError> {
    let mut transaction = database.begin().await?;
    if let Some(earlier) = find_announced(&mut transaction, shipment.order_id, &shipment.step_key).await? {
        return Ok(earlier);
    }
    insert(&mut transaction, shipment).await?;
    transaction.commit().await?;
    Ok(AnnounceOutcome::Shipment(new_view(shipment)))
}

fn new_view(shipment: &NewShipment) -> ShipmentView {
    ShipmentView {
        id: shipment.id,
        order_id: shipment.order_id,
        number: shipment.booking.tracking_number.clone(),
        carrier: shown_carrier(&shipment.carrier, None),
        status: shipment.booking.checkpoint.status,
        lines: shipment.details.lines.clone(),
        tracking: None,
        version: 0,
    }
}

/// Inserts a shipment with its first record.
pub async fn insert(transaction: &mut Write, shipment: &NewShipment) -> Result<(), StoreError> {
    let booking = &shipment.booking;
    sqlx::query(
        "INSERT INTO shipments (id, order_id, step_key, number, speed, status, stops, passed, due_at, arrival_at,
             carrier, details)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
    )
    .bind(shipment.id.to_string())
    .bind(shipment.order_id.to_string())
    .bind(shipment.step_key.as_bytes())
    .bind(&booking.tracking_number)
    .bind(shipment.speed.as_str())
    .bind(booking.checkpoint.status.as_str())
    .bind(serde_json::to_string(&booking.planned)?)
    .bind(booking.next_update_at.map(micros))
    .bind(micros(booking.estimated_delivery))
    .bind(&shipment.carrier)
    .bind(serde_json::to_string(&shipment.details)?)
    .execute(&mut **transaction)
    .await?;
    let record = TrackingRecord { at: shipment.at, checkpoint: booking.checkpoint.clone() };
    insert_record(transaction, shipment.id, &record).await
}

/// Locks the step's row of `announcements`; returns true when the step was cancelled before it was announced.
pub async fn lock(transaction: &mut Write, order: OrderId, step_key: &str) -> Result<bool, StoreError> {
    sqlx::query(
        // Inserted first, because MySQL locks only rows that exist at READ COMMITTED. The no-op update takes an exclusive lock
        // at once; `INSERT IGNORE` would take a shared one, and two of those deadlock.
        "INSERT INTO announcements (order_id, step_key) VALUES (?, ?) ON DUPLICATE KEY UPDATE order_id = order_id",
    )
    .bind(order.to_string())
    .bind(step_key.as_bytes())
    .execute(&mut **transaction)
    .await?;
    let cancelled_at: Option<i64> =
        sqlx::query_scalar("SELECT cancelled_at FROM announcements WHERE order_id = ? AND step_key = ? FOR UPDATE")
            .bind(order.to_string())
            .bind(step_key.as_bytes())
            .fetch_one(&mut **transaction)
            .await?;
    Ok(cancelled_at.is_some())
}

/// Returns the outcome of an earlier announcement or cancellation of the step.
async fn find_announced(
    transaction: &mut Write,
    order: OrderId,
    step_key: &str,
) -> Result<Option<AnnounceOutcome>, StoreError> {
    if lock(transaction, order, step_key).await? {
        return Ok(Some(AnnounceOutcome::Cancelled));
    }
    let row = sqlx::query(select!("WHERE order_id = ? AND step_key = ?"))
        .bind(order.to_string())
        .bind(step_key.as_bytes())
        .fetch_optional(&mut **transaction)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let shipment = read(&row)?.view();
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
    if lock(&mut transaction, shipment.order_id, &shipment.step_key).await? {
        return Ok(CancelOutcome::Cancelled);
    }
    // Locked, so that no worker stores an update between the check of the status and the cancellation.
    let rows = sqlx::query(select!("WHERE order_id = ? ORDER BY id FOR UPDATE"))
        .bind(shipment.order_id.to_string())
        .fetch_all(&mut *transaction)
        .await?;
    let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let of_step: Vec<_> = stored.iter().filter(|one| announced_step(&one.step_key) == shipment.step_key).collect();
    if of_step.is_empty() {
        // This row refuses an announcement that was delayed on its way and arrives after its cancellation.
        sqlx::query("UPDATE announcements SET cancelled_at = ? WHERE order_id = ? AND step_key = ?")
            .bind(micros(now))
            .bind(shipment.order_id.to_string())
            .bind(shipment.step_key.as_bytes())
            .execute(&mut *transaction)
            .await?;
    }
    // Any other status means that the carrier has a part of the order.
    let is_open = |status| matches!(status, ShipmentStatus::Announced | ShipmentStatus::Packed);
    if of_step.iter().any(|one| !is_open(one.status) && one.status != ShipmentStatus::Cancelled) {
        return Ok(CancelOutcome::AlreadyShipped);
    }
    for open in of_step.into_iter().filter(|one| is_open(one.status)) {
        mark_cancelled(&mut transaction, open.id, now).await?;
    }
    transaction.commit().await?;
    Ok(CancelOutcome::Cancelled)
}

/// Cancels a shipment that has not left. The last record has the place where it is.
async fn mark_cancelled(transaction: &mut Write, id: ShipmentId, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query("UPDATE shipments SET status = ?, due_at = NULL WHERE id = ?")
        .bind(ShipmentStatus::Cancelled.as_str())
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

/// Adds a record to a shipment whose row is locked.
pub async fn insert_record(
    transaction: &mut Write,
    shipment: ShipmentId,
    record: &TrackingRecord,
) -> Result<(), StoreError> {
    sqlx::query(
        // The lock on the shipment's row keeps two transactions from computing the same number.
        "INSERT INTO tracking_events (shipment_id, sequence, at, body)
         SELECT ?, 1 + coalesce(max(sequence), 0), ?, ? FROM tracking_events WHERE shipment_id = ?",
    )
    .bind(shipment.to_string())
    .bind(micros(record.at))
    .bind(serde_json::to_string(record)?)
    .bind(shipment.to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

const SELECT_TRACKING: &str = "
    SELECT number, carrier, status, arrival_at, details, body FROM shipments JOIN tracking_events ON shipment_id = id
    WHERE number = ? ORDER BY sequence DESC LIMIT ?";

pub async fn tracking(database: &Database, tracking_number: &str) -> Result<Option<TrackedShipment>, StoreError> {
    // One statement, so that the status agrees with the records.
    let rows = sqlx::query(SELECT_TRACKING)
        .bind(tracking_number)
        .bind(MAX_TRACKING_RECORDS)
        .fetch_all(database.pool())
        .await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let records = rows.iter().map(|row| serde_json::from_str(row.get("body"))).collect::<Result<_, _>>()?;
    let tracking = parse_details(row.get("details"))?.tracking;
    Ok(Some(TrackedShipment {
        tracking_number: row.get("number"),
        carrier: shown_carrier(row.get("carrier"), tracking.as_ref()),
        status: parse(row.get("status"))?,
        records,
        estimated_delivery: moment(row.get("arrival_at"))?,
        tracking,
    }))
}

const SELECT_DUE: &str = "
    SELECT id, order_id, carrier, speed, passed, stops FROM shipments
    WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?";

pub async fn due(database: &Database, now: Timestamp, limit: usize) -> Result<Vec<DueShipment>, StoreError> {
    let rows = sqlx::query(SELECT_DUE).bind(micros(now)).bind(sql_integer(limit)).fetch_all(database.pool()).await?;
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

fn due_shipment(row: &MySqlRow) -> Result<DueShipment, StoreError> {
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
    outbox: &MysqlOutbox,
    update: &TrackingUpdate,
) -> Result<bool, StoreError> {
    let mut transaction = database.begin().await?;
    let changed = sqlx::query(
        // A cancellation does not change `passed`, so the status is compared as well.
        "UPDATE shipments SET status = ?, passed = passed + 1, due_at = ?, arrival_at = ?
         WHERE id = ? AND passed = ? AND status NOT IN ('delivered', 'cancelled')",
    )
    .bind(update.update.checkpoint.status.as_str())
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
