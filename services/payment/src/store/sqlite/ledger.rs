//! Ledger postings and reports in an SQLite file.

use crate::ledger::{Posting, paid_out};
use crate::store::codec::{day_from_number, day_start};
use crate::store::{Balance, PayoutOutcome};
use chassis::StoreError;
use chassis::sqlite::{Database, Write, micros, parse};
use contracts::payment::PayoutReceived;
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Inserts the entries of a posting; `order` is empty for postings that belong to no order.
pub async fn post(work: &mut Write, posting: &Posting, order: &str, now: Timestamp) -> Result<(), StoreError> {
    for entry in &posting.entries {
        sqlx::query(
            "INSERT INTO ledger (source, order_id, account, amount, currency, gateway, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&posting.source)
        .bind(order)
        .bind(entry.account.as_str())
        .bind(entry.amount.amount)
        .bind(entry.amount.currency.code())
        .bind(&posting.gateway)
        .bind(micros(now))
        .execute(&mut **work)
        .await?;
    }
    Ok(())
}

fn balance_of(row: &SqliteRow) -> Result<Balance, StoreError> {
    Ok(Balance {
        gateway: row.get("gateway"),
        currency: parse(row.get("currency"))?,
        difference: row.get("difference"),
        owed: row.get("owed"),
        refunded: row.get("refunded"),
        charged_back: row.get("charged_back"),
        paid_out: row.get("paid_out"),
    })
}

/// The totals per gateway and currency.
pub async fn balances(database: &Database) -> Result<Vec<Balance>, StoreError> {
    let rows = sqlx::query(
        "SELECT gateway, currency, sum(amount) AS difference,
                sum(CASE account WHEN 'gateway' THEN amount ELSE 0 END) AS owed,
                sum(CASE account WHEN 'refunds' THEN amount ELSE 0 END) AS refunded,
                sum(CASE account WHEN 'chargebacks' THEN amount ELSE 0 END) AS charged_back,
                sum(CASE account WHEN 'bank' THEN amount ELSE 0 END) AS paid_out
         FROM ledger GROUP BY gateway, currency ORDER BY gateway, currency",
    )
    .fetch_all(&mut *database.read().await?)
    .await?;
    rows.iter().map(balance_of).collect()
}

/// The totals per day, gateway and currency.
pub async fn daily_balances(database: &Database, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError> {
    let rows = sqlx::query(
        "SELECT at / 86400000000 AS day, gateway, currency, sum(amount) AS difference,
                sum(CASE account WHEN 'gateway' THEN amount ELSE 0 END) AS owed,
                sum(CASE account WHEN 'refunds' THEN amount ELSE 0 END) AS refunded,
                sum(CASE account WHEN 'chargebacks' THEN amount ELSE 0 END) AS charged_back,
                sum(CASE account WHEN 'bank' THEN amount ELSE 0 END) AS paid_out
         FROM ledger WHERE at >= ? AND at < ? GROUP BY day, gateway, currency ORDER BY day, gateway, currency",
    )
    .bind(day_start(from)?)
    .bind(day_start(until)?)
    .fetch_all(&mut *database.read().await?)
    .await?;
    rows.iter().map(|row| Ok((day_from_number(row.get("day"))?, balance_of(row)?))).collect()
}

/// Records a payout, once per gateway and reference.
pub async fn record_payout(
    database: &Database,
    payout: &PayoutReceived,
    now: Timestamp,
) -> Result<PayoutOutcome, StoreError> {
    let posting = paid_out(payout.reference.as_str(), payout.gateway.as_str(), payout.amount);
    let mut work = database.begin().await?;
    // The write lock is held, so that nothing can be recorded between this check and the insert.
    let known = sqlx::query("SELECT amount, currency FROM ledger WHERE source = ? AND account = 'bank'")
        .bind(&posting.source)
        .fetch_optional(&mut *work)
        .await?;
    if let Some(row) = known {
        let same = row.get::<i64, _>("amount") == payout.amount.amount
            && row.get::<&str, _>("currency") == payout.amount.currency.code();
        return Ok(if same { PayoutOutcome::AlreadyRecorded } else { PayoutOutcome::Conflict });
    }
    post(&mut work, &posting, "", now).await?;
    work.commit().await?;
    Ok(PayoutOutcome::Recorded)
}
