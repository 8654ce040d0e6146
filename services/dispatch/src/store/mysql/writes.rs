//! What is read under lock and written within a unit of work.

use crate::mail::Mail;
use crate::order::Order;
use crate::store::Claim;
use crate::store::rows::{bounded, order_of, status_name};
use chassis::StoreError;
use chassis::mysql::{Write, micros, moment};
use contracts::{OrderId, Sku};
use jiff::Timestamp;
use sqlx::mysql::MySqlRow;
use sqlx::{MySql, QueryBuilder, Row};

/// An order that this unit of work has to itself until it ends.
pub struct Locked {
    /// The order.
    pub order: Order,
    /// Its fence.
    pub fence: i64,
    /// How many of its steps were kept.
    pub steps: i64,
    /// When its lease is over, or was.
    pub until: Timestamp,
    /// How many letters were written about it.
    pub letters: i64,
    /// The SKUs it waited for.
    pub waited: Vec<Sku>,
}

/// Locks an order, and reads it as it is then.
pub async fn lock(work: &mut Write, id: OrderId) -> Result<Option<Locked>, StoreError> {
    let row = sqlx::query("SELECT document, fence, steps, lease_until, letters FROM orders WHERE id = ? FOR UPDATE")
        .bind(id.to_string())
        .fetch_optional(&mut **work)
        .await?;
    let locked = |row: MySqlRow| {
        let order = order_of(row.get("document"))?;
        Ok(Locked {
            waited: order.waits_for.clone(),
            order,
            fence: row.get("fence"),
            steps: row.get("steps"),
            until: moment(row.get("lease_until"))?,
            letters: row.get("letters"),
        })
    };
    row.map(locked).transpose()
}

/// Locks orders that are due and that nobody works on, passing over those that others have locked, and claims them.
pub async fn claim(work: &mut Write, now: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Claim>, StoreError> {
    // By this index, so that exactly those that are given are locked: by another all would be, and others found none.
    let rows = sqlx::query(
        "SELECT id, document, fence, steps FROM orders FORCE INDEX (orders_due)
         WHERE due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(micros(now))
    .bind(micros(now))
    .bind(bounded(limit))
    .fetch_all(&mut **work)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut update = QueryBuilder::<MySql>::new("UPDATE orders SET fence = fence + 1, lease_until = ");
    update.push_bind(micros(until)).push(" WHERE id IN (");
    let mut list = update.separated(", ");
    for row in &rows {
        list.push_bind(row.get::<String, _>("id"));
    }
    update.push(")");
    update.build().execute(&mut **work).await?;
    let claimed = |row: &MySqlRow| {
        let (order, fence) = (order_of(row.get("document"))?, row.get::<i64, _>("fence") + 1);
        Ok(Claim { order, fence, steps: row.get("steps"), until })
    };
    rows.iter().map(claimed).collect()
}

/// Takes letters that are due, passing over those that others are taking.
pub async fn claim_mails(
    work: &mut Write,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Mail>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM mails FORCE INDEX (mails_due) WHERE due_at <= ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(micros(now))
    .bind(bounded(limit))
    .fetch_all(&mut **work)
    .await?;
    let mails: Vec<Mail> = rows.iter().map(mail_of).collect::<Result<_, _>>()?;
    for mail in &mails {
        sqlx::query("UPDATE mails SET due_at = ? WHERE id = ?")
            .bind(micros(until))
            .bind(&mail.id)
            .execute(&mut **work)
            .await?;
    }
    Ok(mails)
}

/// The letter in a row.
pub fn mail_of(row: &MySqlRow) -> Result<Mail, StoreError> {
    Ok(Mail {
        id: row.get("id"),
        to: row.get("recipient"),
        subject: row.get("subject"),
        body: row.get("body"),
        at: moment(row.get("at"))?,
    })
}

/// Keeps a new order.
pub async fn insert(work: &mut Write, order: &Order, letters: i64) -> Result<(), sqlx::Error> {
    let document = serde_json::to_string(order).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query("INSERT INTO orders (id, owner, status, due_at, document, letters) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(order.id().to_string())
        .bind(&order.record.owner)
        .bind(status_name(order.status()))
        .bind(order.due_at().map(micros))
        .bind(document)
        .bind(letters)
        .execute(&mut **work)
        .await?;
    Ok(())
}

/// Keeps an order that this unit of work has locked. `lease` is until when somebody works on it, if this was a
/// step.
pub async fn update(work: &mut Write, order: &Order, letters: i64, lease: Option<Timestamp>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE orders SET status = ?, due_at = ?, document = ?, letters = ?, lease_until = coalesce(?, lease_until),
             steps = steps + ?
         WHERE id = ?",
    )
    .bind(status_name(order.status()))
    .bind(order.due_at().map(micros))
    .bind(serde_json::to_string(order)?)
    .bind(letters)
    .bind(lease.map(micros))
    .bind(i64::from(lease.is_some()))
    .bind(order.id().to_string())
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// Keeps letters to be sent, all in one statement.
pub async fn post(work: &mut Write, mails: &[Mail]) -> Result<(), StoreError> {
    if mails.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<MySql>::new("INSERT INTO mails (id, recipient, subject, body, at, due_at) ");
    insert.push_values(mails, |mut row, mail| {
        row.push_bind(mail.id.clone())
            .push_bind(mail.to.clone())
            .push_bind(mail.subject.clone())
            .push_bind(mail.body.clone())
            .push_bind(micros(mail.at))
            .push_bind(micros(mail.at));
    });
    insert.push(" ON DUPLICATE KEY UPDATE id = mails.id");
    insert.build().execute(&mut **work).await?;
    Ok(())
}

/// Keeps which SKUs an order waits for, when those are others than before.
pub async fn keep_waits(work: &mut Write, id: OrderId, before: &[Sku], now: &[Sku]) -> Result<(), StoreError> {
    for sku in before.iter().filter(|sku| !now.contains(sku)) {
        sqlx::query("DELETE FROM stock_waits WHERE sku = ? AND order_id = ?")
            .bind(sku.as_str())
            .bind(id.to_string())
            .execute(&mut **work)
            .await?;
    }
    for sku in now.iter().filter(|sku| !before.contains(sku)) {
        sqlx::query("INSERT INTO stock_waits (sku, order_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE sku = sku")
            .bind(sku.as_str())
            .bind(id.to_string())
            .execute(&mut **work)
            .await?;
    }
    Ok(())
}
