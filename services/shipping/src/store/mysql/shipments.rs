//! Shipments in MySQL.
//!
//! Whoever announces or cancels locks the row of `announcements` first, whoever changes a shipment the row of that, always
//! in this order.

use crate::shipment::{Announced, Announcement, CARRIER, Cancellation, Movement, Parcel, Stop};
use crate::store::stored::{MOST_EVENTS, name, status, whole};
use chassis::StoreError;
use chassis::mysql::{Database, Write, micros, moment, parse};
use contracts::shipping::{ShipmentCancellation, ShipmentStatus, ShipmentView, Tracking, TrackingEvent};
use contracts::{OrderId, ShipmentId};
use events::outbox::mysql::MysqlOutbox;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::mysql::MySqlRow;

pub async fn announce(database: &Database, announcement: &Announcement) -> Result<Announced, StoreError> {
    let mut work = database.begin().await?;
    if let Some(earlier) = announced_before(&mut work, announcement.order_id, &announcement.step_key).await? {
        return Ok(earlier);
    }
    sqlx::query(
        "INSERT INTO shipments (id, order_id, step_key, number, speed, status, stops, passed, due_at, arrival_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)",
    )
    .bind(announcement.id.to_string())
    .bind(announcement.order_id.to_string())
    .bind(announcement.step_key.as_bytes())
    .bind(&announcement.number)
    .bind(announcement.speed.option())
    .bind(name(announcement.start.status))
    .bind(serde_json::to_string(&announcement.stops)?)
    .bind(micros(announcement.due))
    .bind(micros(announcement.arrival))
    .execute(&mut *work)
    .await?;
    note(&mut work, announcement.id, &announcement.start.event(announcement.at)).await?;
    work.commit().await?;
    Ok(Announced::Shipment(ShipmentView {
        id: announcement.id,
        order_id: announcement.order_id,
        number: announcement.number.clone(),
        carrier: CARRIER.to_owned(),
        status: announcement.start.status,
    }))
}

/// Locks what was asked for; says whether it was cancelled before it came.
async fn lock(work: &mut Write, order: OrderId, step_key: &str) -> Result<bool, StoreError> {
    sqlx::query(
        "INSERT INTO announcements (order_id, step_key) VALUES (?, ?) ON DUPLICATE KEY UPDATE order_id = order_id",
    )
    .bind(order.to_string())
    .bind(step_key.as_bytes())
    .execute(&mut **work)
    .await?;
    let cancelled_at: Option<i64> =
        sqlx::query_scalar("SELECT cancelled_at FROM announcements WHERE order_id = ? AND step_key = ? FOR UPDATE")
            .bind(order.to_string())
            .bind(step_key.as_bytes())
            .fetch_one(&mut **work)
            .await?;
    Ok(cancelled_at.is_some())
}

async fn announced_before(work: &mut Write, order: OrderId, step_key: &str) -> Result<Option<Announced>, StoreError> {
    if lock(work, order, step_key).await? {
        return Ok(Some(Announced::Cancelled));
    }
    let row = sqlx::query("SELECT id, order_id, number, status FROM shipments WHERE order_id = ? AND step_key = ?")
        .bind(order.to_string())
        .bind(step_key.as_bytes())
        .fetch_optional(&mut **work)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let shipment = ShipmentView {
        id: parse(row.get("id"))?,
        order_id: parse(row.get("order_id"))?,
        number: row.get("number"),
        carrier: CARRIER.to_owned(),
        status: status(row.get("status"))?,
    };
    let cancelled = shipment.status == ShipmentStatus::Cancelled;
    Ok(Some(if cancelled { Announced::Cancelled } else { Announced::Shipment(shipment) }))
}

pub async fn cancel(
    database: &Database,
    shipment: &ShipmentCancellation,
    now: Timestamp,
) -> Result<Cancellation, StoreError> {
    let mut work = database.begin().await?;
    if lock(&mut work, shipment.order_id, &shipment.step_key).await? {
        return Ok(Cancellation::Cancelled);
    }
    let row = sqlx::query("SELECT id, status, stops FROM shipments WHERE order_id = ? AND step_key = ? FOR UPDATE")
        .bind(shipment.order_id.to_string())
        .bind(shipment.step_key.as_bytes())
        .fetch_optional(&mut *work)
        .await?;
    match row.as_ref().map(|row| status(row.get("status"))).transpose()? {
        Some(ShipmentStatus::Cancelled) => return Ok(Cancellation::Cancelled),
        Some(ShipmentStatus::Announced) => {}
        Some(_) => return Ok(Cancellation::AlreadyShipped),
        None => {
            sqlx::query("UPDATE announcements SET cancelled_at = ? WHERE order_id = ? AND step_key = ?")
                .bind(micros(now))
                .bind(shipment.order_id.to_string())
                .bind(shipment.step_key.as_bytes())
                .execute(&mut *work)
                .await?;
        }
    }
    if let Some(row) = row {
        stop(&mut work, &row, now).await?;
    }
    work.commit().await?;
    Ok(Cancellation::Cancelled)
}

/// Stops an announced parcel where it stands.
async fn stop(work: &mut Write, row: &MySqlRow, now: Timestamp) -> Result<(), StoreError> {
    let stops: Vec<Stop> = serde_json::from_str(row.get("stops"))?;
    let id: ShipmentId = parse(row.get("id"))?;
    sqlx::query("UPDATE shipments SET status = ?, due_at = NULL WHERE id = ?")
        .bind(name(ShipmentStatus::Cancelled))
        .bind(id.to_string())
        .execute(&mut **work)
        .await?;
    let event = TrackingEvent {
        at: now,
        status: ShipmentStatus::Cancelled,
        place: stops.into_iter().next().map(|stop| stop.place).unwrap_or_default(),
        text: "Cancelled by the shop".to_owned(),
    };
    note(work, id, &event).await
}

/// Adds an event to a shipment whose row is locked.
async fn note(work: &mut Write, shipment: ShipmentId, event: &TrackingEvent) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tracking_events (shipment_id, sequence, at, body)
         SELECT ?, 1 + coalesce(max(sequence), 0), ?, ? FROM tracking_events WHERE shipment_id = ?",
    )
    .bind(shipment.to_string())
    .bind(micros(event.at))
    .bind(serde_json::to_string(event)?)
    .bind(shipment.to_string())
    .execute(&mut **work)
    .await?;
    Ok(())
}

const TRACKING: &str = "
    SELECT number, status, arrival_at, body FROM shipments JOIN tracking_events ON shipment_id = id
    WHERE number = ? ORDER BY sequence DESC LIMIT ?";

pub async fn tracking(database: &Database, number: &str) -> Result<Option<Tracking>, StoreError> {
    // One statement, so that status and events are of one moment.
    let rows = sqlx::query(TRACKING).bind(number).bind(MOST_EVENTS).fetch_all(database.pool()).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let events = rows.iter().map(|row| serde_json::from_str(row.get("body"))).collect::<Result<_, _>>()?;
    Ok(Some(Tracking {
        number: row.get("number"),
        carrier: CARRIER.to_owned(),
        status: status(row.get("status"))?,
        events,
        estimated_delivery: moment(row.get("arrival_at"))?,
    }))
}

const DUE: &str = "
    SELECT id, order_id, speed, passed, stops FROM shipments
    WHERE due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?";

pub async fn due(database: &Database, now: Timestamp, limit: usize) -> Result<Vec<Parcel>, StoreError> {
    let rows = sqlx::query(DUE).bind(micros(now)).bind(whole(limit)).fetch_all(database.pool()).await?;
    // One parcel that cannot be read does not hold up the others.
    let read = |row| parcel(row).inspect_err(|error| tracing::error!(%error, "a parcel is stuck")).ok();
    Ok(rows.iter().filter_map(read).collect())
}

fn parcel(row: &MySqlRow) -> Result<Parcel, StoreError> {
    Ok(Parcel {
        id: parse(row.get("id"))?,
        order_id: parse(row.get("order_id"))?,
        speed: parse(row.get("speed"))?,
        passed: usize::try_from(row.get::<i64, _>("passed")).unwrap_or_default(),
        stops: serde_json::from_str(row.get("stops"))?,
    })
}

pub async fn advance(database: &Database, outbox: &MysqlOutbox, movement: &Movement) -> Result<bool, StoreError> {
    let mut work = database.begin().await?;
    let changed = sqlx::query(
        "UPDATE shipments SET status = ?, passed = passed + 1, due_at = ?, arrival_at = ?
         WHERE id = ? AND passed = ? AND due_at IS NOT NULL",
    )
    .bind(name(movement.stop.status))
    .bind(movement.due.map(micros))
    .bind(micros(movement.arrival))
    .bind(movement.id.to_string())
    .bind(whole(movement.passed))
    .execute(&mut *work)
    .await?
    .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    note(&mut work, movement.id, &movement.stop.event(movement.at)).await?;
    outbox.add(&mut work, &movement.event).await?;
    work.commit().await?;
    Ok(true)
}
