//! The statements within a transaction.

use crate::mail::Message;
use crate::order::Order;
use crate::store::codec::order_from;
use crate::store::{Claim, search};
use chassis::StoreError;
use chassis::sqlite::{Write, micros, moment, parse};
use contracts::{OrderId, Sku};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Adds a message, once per id.
pub async fn insert_message(transaction: &mut Write, mail: &Message) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO mails (id, channel, recipient, subject, body, at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&mail.id)
    .bind(mail.channel.as_str())
    .bind(&mail.to)
    .bind(&mail.subject)
    .bind(&mail.body)
    .bind(micros(mail.at))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Reads a message from its row.
pub fn message_from(row: &SqliteRow) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.get("id"),
        channel: parse(row.get("channel"))?,
        to: row.get("recipient"),
        subject: row.get("subject"),
        body: row.get("body"),
        at: moment(row.get("at"))?,
    })
}

/// Adds the terms that a new order is found by.
pub async fn insert_terms(transaction: &mut Write, order: &Order) -> Result<(), StoreError> {
    for term in search::terms(order) {
        sqlx::query("INSERT INTO order_terms (term, order_id) VALUES (?, ?)")
            .bind(term)
            .bind(order.id().to_string())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Reads an order with its claim, which may have ended.
pub async fn read_order(transaction: &mut Write, id: OrderId) -> Result<Option<Claim>, StoreError> {
    let row = sqlx::query("SELECT document, fence, steps, lease_until FROM orders WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    let claim = |row: SqliteRow| {
        let (order, until) = (order_from(row.get("document"))?, moment(row.get("lease_until"))?);
        Ok(Claim { order, fence: row.get("fence"), steps: row.get("steps"), until })
    };
    row.map(claim).transpose()
}

/// Updates the rows of the SKUs that an order waits for.
pub async fn update_awaited_skus(
    transaction: &mut Write,
    id: OrderId,
    before: &[Sku],
    now: &[Sku],
) -> Result<(), StoreError> {
    for sku in before.iter().filter(|sku| !now.contains(sku)) {
        sqlx::query("DELETE FROM stock_waits WHERE sku = ? AND order_id = ?")
            .bind(sku.as_str())
            .bind(id.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    for sku in now.iter().filter(|sku| !before.contains(sku)) {
        sqlx::query("INSERT INTO stock_waits (sku, order_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(sku.as_str())
            .bind(id.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}
