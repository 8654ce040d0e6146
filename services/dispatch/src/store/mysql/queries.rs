//! The statements within a transaction.

use crate::mail::Message;
use crate::order::Order;
use crate::store::codec::{order_from, row_limit};
use crate::store::{Claim, search};
use chassis::StoreError;
use chassis::mysql::{Write, micros, moment, parse};
use contracts::dispatch::MessageChannel;
use contracts::{OrderId, Sku};
use jiff::Timestamp;
use sqlx::mysql::MySqlRow;
use sqlx::{MySql, QueryBuilder, Row};

/// An order whose row this transaction has locked.
pub struct LockedOrder {
    pub order: Order,
    pub fence: i64,
    /// The number of steps of the order that were saved before.
    pub steps: i64,
    /// The end of the lease, which may have passed.
    pub until: Timestamp,
    /// The number of emails that were written about the order.
    pub mails: i64,
    /// The SKUs that the order waited for when it was read.
    pub awaited_skus: Vec<Sku>,
}

/// Locks the row of an order and reads it.
pub async fn lock_order(transaction: &mut Write, id: OrderId) -> Result<Option<LockedOrder>, StoreError> {
    let row = sqlx::query("SELECT document, fence, steps, lease_until, letters FROM orders WHERE id = ? FOR UPDATE")
        .bind(id.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    let locked = |row: MySqlRow| {
        let order = order_from(row.get("document"))?;
        Ok(LockedOrder {
            awaited_skus: order.awaited_skus.clone(),
            order,
            fence: row.get("fence"),
            steps: row.get("steps"),
            until: moment(row.get("lease_until"))?,
            mails: row.get("letters"),
        })
    };
    row.map(locked).transpose()
}

/// Claims orders that are due and not claimed. Rows that another transaction has locked are skipped.
pub async fn claim(
    transaction: &mut Write,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Claim>, StoreError> {
    // InnoDB locks every row that it examines. Through this index it examines only the rows that it returns, and one more
    // if there are fewer than `limit`; through another it would lock all due orders, and other workers would find none.
    let rows = sqlx::query(
        "SELECT id, document, fence, steps FROM orders FORCE INDEX (orders_claimable)
         WHERE claimable_at <= ? ORDER BY claimable_at LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(micros(now))
    .bind(row_limit(limit))
    .fetch_all(&mut **transaction)
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
    update.build().execute(&mut **transaction).await?;
    let claimed = |row: &MySqlRow| {
        let (order, fence) = (order_from(row.get("document"))?, row.get::<i64, _>("fence") + 1);
        Ok(Claim { order, fence, steps: row.get("steps"), until })
    };
    rows.iter().map(claimed).collect()
}

/// Claims messages of a channel that are due. Rows that another transaction has locked are skipped.
pub async fn claim_messages(
    transaction: &mut Write,
    channel: MessageChannel,
    now: Timestamp,
    until: Timestamp,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM mails FORCE INDEX (mails_due_by_channel) WHERE channel = ? AND due_at <= ?
         ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED",
    )
    .bind(channel.as_str())
    .bind(micros(now))
    .bind(row_limit(limit))
    .fetch_all(&mut **transaction)
    .await?;
    let mails: Vec<Message> = rows.iter().map(message_from).collect::<Result<_, _>>()?;
    for mail in &mails {
        sqlx::query("UPDATE mails SET due_at = ? WHERE id = ?")
            .bind(micros(until))
            .bind(&mail.id)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(mails)
}

/// Reads a message from its row.
pub fn message_from(row: &MySqlRow) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.get("id"),
        channel: parse(row.get("channel"))?,
        to: row.get("recipient"),
        subject: row.get("subject"),
        body: row.get("body"),
        at: moment(row.get("at"))?,
    })
}

pub async fn insert_order(transaction: &mut Write, order: &Order, mails: i64) -> Result<(), sqlx::Error> {
    let document = serde_json::to_string(order).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query("INSERT INTO orders (id, owner, status, due_at, document, letters) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(order.id().to_string())
        .bind(&order.record.owner)
        .bind(order.status().as_str())
        .bind(order.due_at().map(micros))
        .bind(document)
        .bind(mails)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Saves an order that this transaction has locked. `lease` is the new end of its claim, if a step is saved.
pub async fn update_order(
    transaction: &mut Write,
    order: &Order,
    mails: i64,
    lease: Option<Timestamp>,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE orders SET status = ?, due_at = ?, document = ?, letters = ?, lease_until = coalesce(?, lease_until),
             steps = steps + ?
         WHERE id = ?",
    )
    .bind(order.status().as_str())
    .bind(order.due_at().map(micros))
    .bind(serde_json::to_string(order)?)
    .bind(mails)
    .bind(lease.map(micros))
    .bind(i64::from(lease.is_some()))
    .bind(order.id().to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Adds messages, once per id, in one statement.
pub async fn insert_messages(transaction: &mut Write, mails: &[Message]) -> Result<(), StoreError> {
    if mails.is_empty() {
        return Ok(());
    }
    let mut insert =
        QueryBuilder::<MySql>::new("INSERT INTO mails (id, channel, recipient, subject, body, at, due_at) ");
    insert.push_values(mails, |mut row, mail| {
        row.push_bind(mail.id.clone())
            .push_bind(mail.channel.as_str())
            .push_bind(mail.to.clone())
            .push_bind(mail.subject.clone())
            .push_bind(mail.body.clone())
            .push_bind(micros(mail.at))
            .push_bind(micros(mail.at));
    });
    // Not `INSERT IGNORE`, which would also turn errors such as a value that is too long into warnings.
    insert.push(" ON DUPLICATE KEY UPDATE id = mails.id");
    insert.build().execute(&mut **transaction).await?;
    Ok(())
}

/// Adds the terms that a new order is found by.
pub async fn insert_terms(transaction: &mut Write, order: &Order) -> Result<(), StoreError> {
    let mut insert = QueryBuilder::<MySql>::new("INSERT INTO order_terms (term, order_id) ");
    insert.push_values(search::terms(order), |mut row, term| {
        row.push_bind(term).push_bind(order.id().to_string());
    });
    insert.build().execute(&mut **transaction).await?;
    Ok(())
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
        sqlx::query("INSERT INTO stock_waits (sku, order_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE sku = sku")
            .bind(sku.as_str())
            .bind(id.to_string())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::EmailRenderer;
    use crate::store::MysqlOrders;
    use chassis::mysql::Database;
    use contracts::payment::OrderLinks;
    use testkit::{TestEnvironment, samples};
    use uuid::Uuid;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn id(number: u128) -> OrderId {
        OrderId(Uuid::from_u128(number))
    }

    /// Returns a database with five orders and their emails, all due, of which the first order is claimed.
    async fn queue() -> Database {
        let (address, env) = (testkit::servers::mysql(), TestEnvironment::default());
        let links = OrderLinks::new(chassis::secret::SecretKey::new([7; 32]));
        let renderer =
            EmailRenderer { shop: "Shop".into(), base_url: "http://shop".into(), links, merchant: None, webhook: None };
        MysqlOrders::open(&address, renderer, env.system.clone()).await.unwrap();
        let database = Database::open(&address, "dispatch", &[]).await.unwrap();
        let mut work = database.begin().await.unwrap();
        for number in 1..=5 {
            let record = samples::order(id(number), "guest:a", 2500, at(0));
            let (order, _) = Order::placed(record, at(i64::try_from(number).unwrap()));
            insert_order(&mut work, &order, 0).await.unwrap();
            let (id, moment) = (format!("{number}@shop"), at(i64::try_from(number).unwrap()));
            let channel = MessageChannel::Email;
            let mail =
                Message { id, channel, to: "a@b.example".into(), subject: "S".into(), body: "B".into(), at: moment };
            insert_messages(&mut work, &[mail]).await.unwrap();
        }
        sqlx::query("UPDATE orders SET lease_until = ? WHERE id = ?")
            .bind(micros(at(1000)))
            .bind(id(1).to_string())
            .execute(&mut *work)
            .await
            .unwrap();
        work.commit().await.unwrap();
        database
    }

    #[tokio::test]
    #[ignore = "needs the servers of make services"]
    async fn a_claim_locks_the_orders_that_it_takes_and_no_others() {
        let database = queue().await;
        let (mut first, mut second) = (database.begin().await.unwrap(), database.begin().await.unwrap());
        let ids = |claims: Vec<Claim>| claims.iter().map(|claim| claim.order.id()).collect::<Vec<_>>();
        assert_eq!(ids(claim(&mut first, at(60), at(120), 2).await.unwrap()), [id(2), id(3)]);
        assert_eq!(ids(claim(&mut second, at(60), at(120), 2).await.unwrap()), [id(4), id(5)]);
        let mut other = database.begin().await.unwrap();
        let free: Vec<String> =
            sqlx::query_scalar("SELECT id FROM orders FOR UPDATE SKIP LOCKED").fetch_all(&mut *other).await.unwrap();
        assert_eq!(free, [id(1).to_string()], "its worker can save a step at once");
    }

    #[tokio::test]
    #[ignore = "needs the servers of make services"]
    async fn a_claim_locks_the_emails_that_it_takes_and_no_others() {
        let database = queue().await;
        let (mut first, mut second) = (database.begin().await.unwrap(), database.begin().await.unwrap());
        let ids = |mails: Vec<Message>| mails.into_iter().map(|mail| mail.id).collect::<Vec<_>>();
        assert_eq!(
            ids(claim_messages(&mut first, MessageChannel::Email, at(60), at(120), 2).await.unwrap()),
            ["1@shop", "2@shop"]
        );
        assert_eq!(
            ids(claim_messages(&mut second, MessageChannel::Email, at(60), at(120), 2).await.unwrap()),
            ["3@shop", "4@shop"]
        );
        let mut other = database.begin().await.unwrap();
        let free: Vec<String> =
            sqlx::query_scalar("SELECT id FROM mails FOR UPDATE SKIP LOCKED").fetch_all(&mut *other).await.unwrap();
        assert_eq!(free, ["5@shop"]);
    }
}
