//! Ledger postings and reports in a MySQL database.

use crate::ledger::{Posting, paid_out};
use crate::store::codec::{day_from_number, day_start};
use crate::store::{Balance, PayoutOutcome};
use chassis::StoreError;
use chassis::mysql::{Database, Write, micros, parse};
use chassis::store::{is_duplicate, retry_transaction};
use contracts::payment::PayoutReceived;
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::mysql::MySqlRow;
use sqlx::{MySql, QueryBuilder, Row};

/// Inserts the entries of postings in one statement; `order` is empty for postings that belong to no order.
pub async fn post(work: &mut Write, postings: &[Posting], order: &str, now: Timestamp) -> Result<(), sqlx::Error> {
    // One statement for all entries keeps the time short for which the payment's row is locked.
    let lines: Vec<_> =
        postings.iter().flat_map(|posting| posting.entries.iter().map(move |entry| (posting, entry))).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let mut insert =
        QueryBuilder::<MySql>::new("INSERT INTO ledger (source, order_id, account, amount, currency, gateway, at) ");
    insert.push_values(lines, |mut row, (posting, entry)| {
        row.push_bind(posting.source.clone())
            .push_bind(order.to_owned())
            .push_bind(entry.account.as_str())
            .push_bind(entry.amount.amount)
            .push_bind(entry.amount.currency.code().to_owned())
            .push_bind(posting.gateway.clone())
            .push_bind(micros(now));
    });
    insert.build().execute(&mut **work).await?;
    Ok(())
}

fn balance_of(row: &MySqlRow) -> Result<Balance, StoreError> {
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
        // `sum` yields a DECIMAL in MySQL, which has to be cast back to an integer.
        "SELECT gateway, currency, CAST(sum(amount) AS SIGNED) AS difference,
                CAST(sum(CASE account WHEN 'gateway' THEN amount ELSE 0 END) AS SIGNED) AS owed,
                CAST(sum(CASE account WHEN 'refunds' THEN amount ELSE 0 END) AS SIGNED) AS refunded,
                CAST(sum(CASE account WHEN 'chargebacks' THEN amount ELSE 0 END) AS SIGNED) AS charged_back,
                CAST(sum(CASE account WHEN 'bank' THEN amount ELSE 0 END) AS SIGNED) AS paid_out
         FROM ledger GROUP BY gateway, currency ORDER BY gateway, currency",
    )
    .fetch_all(database.pool())
    .await?;
    rows.iter().map(balance_of).collect()
}

/// The totals per day, gateway and currency.
pub async fn daily_balances(database: &Database, from: Date, until: Date) -> Result<Vec<(Date, Balance)>, StoreError> {
    let rows = sqlx::query(
        "SELECT at DIV 86400000000 AS day, gateway, currency, CAST(sum(amount) AS SIGNED) AS difference,
                CAST(sum(CASE account WHEN 'gateway' THEN amount ELSE 0 END) AS SIGNED) AS owed,
                CAST(sum(CASE account WHEN 'refunds' THEN amount ELSE 0 END) AS SIGNED) AS refunded,
                CAST(sum(CASE account WHEN 'chargebacks' THEN amount ELSE 0 END) AS SIGNED) AS charged_back,
                CAST(sum(CASE account WHEN 'bank' THEN amount ELSE 0 END) AS SIGNED) AS paid_out
         FROM ledger WHERE at >= ? AND at < ? GROUP BY day, gateway, currency ORDER BY day, gateway, currency",
    )
    .bind(day_start(from)?)
    .bind(day_start(until)?)
    .fetch_all(database.pool())
    .await?;
    rows.iter().map(|row| Ok((day_from_number(row.get("day"))?, balance_of(row)?))).collect()
}

/// Records a payout, once per gateway and reference.
pub async fn record_payout(
    database: &Database,
    payout: &PayoutReceived,
    now: Timestamp,
) -> Result<PayoutOutcome, StoreError> {
    retry_transaction(|| record_once(database, payout, now)).await
}

async fn record_once(
    database: &Database,
    payout: &PayoutReceived,
    now: Timestamp,
) -> Result<PayoutOutcome, StoreError> {
    let posting = paid_out(payout.reference.as_str(), payout.gateway.as_str(), payout.amount);
    let mut work = database.begin().await?;
    match post(&mut work, std::slice::from_ref(&posting), "", now).await {
        Ok(()) => {
            work.commit().await?;
            return Ok(PayoutOutcome::Recorded);
        }
        // The unique key of source and account shows that this payout was recorded before.
        Err(error) if is_duplicate(&error) => work.rollback().await?,
        Err(error) => return Err(error.into()),
    }
    let row = sqlx::query("SELECT amount, currency FROM ledger WHERE source = ? AND account = 'bank'")
        .bind(&posting.source)
        .fetch_one(database.pool())
        .await?;
    let same = row.get::<i64, _>("amount") == payout.amount.amount
        && row.get::<&str, _>("currency") == payout.amount.currency.code();
    Ok(if same { PayoutOutcome::AlreadyRecorded } else { PayoutOutcome::Conflict })
}
