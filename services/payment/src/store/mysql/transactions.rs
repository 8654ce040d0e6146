//! Writes within a transaction.

use crate::payment::{Effects, Payment};
use crate::store::IdempotentRequest;
use crate::store::codec::{lease_end, live_cart, receipt_name};
use chassis::StoreError;
use chassis::mysql::{Write, micros};
use chassis::store::is_duplicate;
use contracts::PaymentId;
use jiff::Timestamp;
use sqlx::mysql::MySqlExecutor;

/// Takes the next number of a sequence. The row stays locked until the transaction ends, so that other transactions wait,
/// and a rollback leaves no gap.
pub async fn next_number(work: &mut Write, sequence: &'static str) -> Result<i64, StoreError> {
    // `LAST_INSERT_ID(expr)` hands the new value to this connection without another query.
    let updated = sqlx::query("UPDATE sequences SET value = LAST_INSERT_ID(value + 1) WHERE name = ?")
        .bind(sequence)
        .execute(&mut **work)
        .await?;
    if updated.rows_affected() != 1 {
        return Err(StoreError::Fault(format!("the sequence {sequence} is missing")));
    }
    i64::try_from(updated.last_insert_id()).map_err(|error| StoreError::Fault(error.to_string()))
}

/// Inserts a new payment.
pub async fn insert_payment(work: &mut Write, payment: &Payment) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO payments (id, order_id, live_cart_id, state, due_at, document) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(payment.id.to_string())
        .bind(payment.order_id.to_string())
        .bind(live_cart(payment))
        .bind(payment.state.as_str())
        .bind(payment.due_at().map(micros))
        .bind(serde_json::to_string(payment)?)
        .execute(&mut **work)
        .await?;
    Ok(())
}

/// Updates a payment that this transaction has locked.
pub async fn update_payment(work: &mut Write, payment: &Payment) -> Result<(), StoreError> {
    sqlx::query("UPDATE payments SET live_cart_id = ?, state = ?, due_at = ?, document = ? WHERE id = ?")
        .bind(live_cart(payment))
        .bind(payment.state.as_str())
        .bind(payment.due_at().map(micros))
        .bind(serde_json::to_string(payment)?)
        .bind(payment.id.to_string())
        .execute(&mut **work)
        .await?;
    Ok(())
}

/// Issues a receipt for the payment.
pub async fn issue_receipt(work: &mut Write, payment: &mut Payment, now: Timestamp) -> Result<(), StoreError> {
    let number = next_number(work, "receipt").await?;
    sqlx::query("INSERT INTO receipts (number, order_id, issued_at) VALUES (?, ?, ?)")
        .bind(number)
        .bind(payment.order_id.to_string())
        .bind(micros(now))
        .execute(&mut **work)
        .await?;
    payment.receipt_number = Some(receipt_name(number));
    Ok(())
}

/// Stores the response to a request, unless it has one: the first response is the one that is replayed.
pub async fn store_response(work: &mut Write, effects: &Effects) -> Result<(), StoreError> {
    let Some(response) = &effects.response else { return Ok(()) };
    sqlx::query(
        "UPDATE idempotency SET status = ?, body = ?
         WHERE owner = ? AND operation = ? AND `key` = ? AND status IS NULL",
    )
    .bind(response.status)
    .bind(&response.body)
    .bind(&response.key.owner)
    .bind(response.key.operation)
    .bind(&response.key.key)
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// Inserts a request's record; [`StoreError::Conflict`] when another request has just taken the key.
pub async fn insert_key(
    connection: impl MySqlExecutor<'_>,
    payment: PaymentId,
    key: &IdempotentRequest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO idempotency (owner, operation, `key`, body_digest, payment_id, lease_until, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&key.scope.owner)
    .bind(key.scope.operation)
    .bind(&key.scope.key)
    .bind(&key.body_digest)
    .bind(payment.to_string())
    .bind(lease_end(now))
    .bind(micros(now))
    .execute(connection)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        // The table's only unique key is the request's own.
        Err(error) if is_duplicate(&error) => Err(StoreError::Conflict),
        Err(error) => Err(error.into()),
    }
}
