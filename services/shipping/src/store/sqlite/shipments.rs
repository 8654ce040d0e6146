//! The transactions of shipments in SQLite. Writers run one at a time, so nothing needs to be locked.

use crate::shipment::{
    AnnounceOutcome, CancelOutcome, CheckpointKind, DueShipment, NewShipment, Shipment, TrackedShipment,
    TrackingCheckpoint, TrackingRecord, TrackingUpdate, announced_step, shown_carrier,
};
use crate::store::codec::{MAX_TRACKING_RECORDS, parse_details, sql_integer};
use chassis::StoreError;
use chassis::sqlite::{Database, Write, micros, moment, parse};
use contracts::shipping::{ShipmentCancellation, ShipmentStatus, ShipmentView};
use contracts::{OrderId, ShipmentId};
use events::outbox::sqlite::SqliteOutbox;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

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
pub fn read(row: &SqliteRow) -> Result<Shipment, StoreError> {
    Ok(Shipment {
        id: parse(row.get("id"))?,
        order_id: parse(row.get("order_id"))?,
        step_key: row.get("step_key"),
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
    .bind(&shipment.step_key)
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
    let row = sqlx::query(select!("WHERE order_id = ? AND step_key = ?"))
        .bind(order.to_string())
        .bind(step_key)
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
    let rows = sqlx::query(select!("WHERE order_id = ? ORDER BY id"))
        .bind(shipment.order_id.to_string())
        .fetch_all(&mut *transaction)
        .await?;
    let stored = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let of_step: Vec<_> = stored.iter().filter(|one| announced_step(&one.step_key) == shipment.step_key).collect();
    if of_step.is_empty() {
        // This row refuses an announcement that was delayed on its way and arrives after its cancellation.
        sqlx::query("INSERT OR IGNORE INTO cancelled_announcements (order_id, step_key, at) VALUES (?, ?, ?)")
            .bind(shipment.order_id.to_string())
            .bind(&shipment.step_key)
            .bind(micros(now))
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

pub async fn insert_record(
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
        "SELECT number, carrier, status, arrival_at, details, body
         FROM shipments JOIN tracking_events ON shipment_id = id
         WHERE number = ? ORDER BY sequence DESC LIMIT ?",
    )
    .bind(tracking_number)
    .bind(MAX_TRACKING_RECORDS)
    .fetch_all(&mut *database.read().await?)
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
