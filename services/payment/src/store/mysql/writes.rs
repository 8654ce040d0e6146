//! What is written within a unit of work.

use crate::payment::{Effects, Payment};
use crate::store::IdempotentRequest;
use crate::store::rows::{lease_end, live_cart, receipt_name, state_name};
use chassis::StoreError;
use chassis::mysql::{Write, micros};
use chassis::store::is_duplicate;
use contracts::PaymentId;
use jiff::Timestamp;
use sqlx::mysql::MySqlExecutor;

/// The next number of a sequence. It is this unit of work's own until its end: whoever wants the next one waits, and
/// what is rolled back leaves no gap.
pub async fn next(work: &mut Write, sequence: &'static str) -> Result<i64, StoreError> {
    let taken = sqlx::query("UPDATE sequences SET value = LAST_INSERT_ID(value + 1) WHERE name = ?")
        .bind(sequence)
        .execute(&mut **work)
        .await?;
    if taken.rows_affected() != 1 {
        return Err(StoreError::Fault(format!("the sequence {sequence} is missing")));
    }
    i64::try_from(taken.last_insert_id()).map_err(|error| StoreError::Fault(error.to_string()))
}

/// Keeps a new payment.
pub async fn insert(work: &mut Write, payment: &Payment) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO payments (id, order_id, live_cart_id, state, due_at, document) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(payment.id.to_string())
        .bind(payment.order_id.to_string())
        .bind(live_cart(payment))
        .bind(state_name(payment.state))
        .bind(payment.due_at().map(micros))
        .bind(serde_json::to_string(payment)?)
        .execute(&mut **work)
        .await?;
    Ok(())
}

/// Keeps a payment that this unit of work has locked.
pub async fn update(work: &mut Write, payment: &Payment) -> Result<(), StoreError> {
    sqlx::query("UPDATE payments SET live_cart_id = ?, state = ?, due_at = ?, document = ? WHERE id = ?")
        .bind(live_cart(payment))
        .bind(state_name(payment.state))
        .bind(payment.due_at().map(micros))
        .bind(serde_json::to_string(payment)?)
        .bind(payment.id.to_string())
        .execute(&mut **work)
        .await?;
    Ok(())
}

/// Gives the payment a receipt.
pub async fn receipt(work: &mut Write, payment: &mut Payment, now: Timestamp) -> Result<(), StoreError> {
    let number = next(work, "receipt").await?;
    sqlx::query("INSERT INTO receipts (number, order_id, issued_at) VALUES (?, ?, ?)")
        .bind(number)
        .bind(payment.order_id.to_string())
        .bind(micros(now))
        .execute(&mut **work)
        .await?;
    payment.receipt_number = Some(receipt_name(number));
    Ok(())
}

/// Keeps the answer to a request, unless it has one.
pub async fn answer(work: &mut Write, effects: &Effects) -> Result<(), StoreError> {
    let Some(answer) = &effects.answer else { return Ok(()) };
    sqlx::query(
        "UPDATE idempotency SET status = ?, body = ?
         WHERE owner = ? AND operation = ? AND `key` = ? AND status IS NULL",
    )
    .bind(answer.status)
    .bind(&answer.body)
    .bind(&answer.key.owner)
    .bind(answer.key.operation)
    .bind(&answer.key.key)
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// Keeps a request's record. A key that another request has just taken is a lost race, which the caller answers as in
/// flight.
pub async fn keep_key(
    connection: impl MySqlExecutor<'_>,
    payment: PaymentId,
    key: &IdempotentRequest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let kept = sqlx::query(
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
    match kept {
        Ok(_) => Ok(()),
        Err(error) if is_duplicate(&error) => Err(StoreError::Conflict),
        Err(error) => Err(error.into()),
    }
}
