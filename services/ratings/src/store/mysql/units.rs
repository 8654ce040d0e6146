//! Units of work on reviews, each run again by its caller when another one came first.
//!
//! The order of locks: the inbox's row, the tallies by product, the reviews. A vote needs its review alone.

use super::rows::{BATCH, insert, lock, locked, own, padded, recount, review, standing, update, watch};
use crate::review::{Review, watched_after};
use crate::store::{Outcome, Purchase, Vote, Writing};
use chassis::StoreError;
use chassis::mysql::{Database, Write, micros, parse};
use contracts::ratings::ReviewState;
use contracts::{AccountId, ProductId, ReviewId};
use events::Event;
use events::inbox::mysql::MysqlInbox;
use jiff::Timestamp;
use sqlx::{MySql, QueryBuilder};

pub async fn write(database: &Database, writing: &Writing) -> Result<Review, StoreError> {
    let mut work = database.begin().await?;
    lock(&mut work, [writing.product]).await?;
    let standing = standing(&mut work, writing.product, writing.account).await?;
    let before = own(&mut work, writing.product, writing.account).await?;
    let counted = before.as_ref().and_then(Review::counted);
    let after = match before.clone() {
        Some(before) => before.rewritten(&writing.draft, standing, writing.policy),
        None => writing.first(standing),
    };
    match before {
        None => insert(&mut work, &[(&after, writing.at)]).await?,
        Some(before) if before != after => update(&mut work, &after, writing.at).await?,
        Some(_) => {}
    }
    recount(&mut work, after.product_id, counted, after.counted()).await?;
    work.commit().await?;
    Ok(after)
}

pub async fn delete(database: &Database, product: ProductId, account: AccountId) -> Result<(), StoreError> {
    let mut work = database.begin().await?;
    lock(&mut work, [product]).await?;
    let Some(review) = own(&mut work, product, account).await? else { return Ok(()) };
    for statement in ["DELETE FROM votes WHERE review_id = ?", "DELETE FROM reviews WHERE id = ?"] {
        sqlx::query(statement).bind(review.id.to_string()).execute(&mut *work).await?;
    }
    recount(&mut work, product, review.counted(), None).await?;
    Ok(work.commit().await?)
}

pub async fn vote(database: &Database, id: ReviewId, voter: AccountId, helpful: bool) -> Result<Vote, StoreError> {
    let mut work = database.begin().await?;
    let Some(found) = locked(&mut work, id).await? else { return Ok(Vote::Unknown) };
    if found.account_id == voter {
        return Ok(Vote::Own);
    }
    if found.state != ReviewState::Published {
        return Ok(Vote::Unknown);
    }
    let voted = sqlx::query("SELECT 1 FROM votes WHERE review_id = ? AND account_id = ?")
        .bind(id.to_string())
        .bind(voter.to_string())
        .fetch_optional(&mut *work)
        .await?
        .is_some();
    if voted == helpful {
        return Ok(Vote::Taken);
    }
    let (statement, difference) = if helpful {
        ("INSERT INTO votes (review_id, account_id) VALUES (?, ?)", 1)
    } else {
        ("DELETE FROM votes WHERE review_id = ? AND account_id = ?", -1)
    };
    sqlx::query(statement).bind(id.to_string()).bind(voter.to_string()).execute(&mut *work).await?;
    sqlx::query("UPDATE reviews SET helpful = helpful + ? WHERE id = ?")
        .bind(difference)
        .bind(id.to_string())
        .execute(&mut *work)
        .await?;
    work.commit().await?;
    Ok(Vote::Taken)
}

pub async fn moderate(
    database: &Database,
    id: ReviewId,
    state: ReviewState,
    at: Timestamp,
) -> Result<Option<Review>, StoreError> {
    let mut work = database.begin().await?;
    let product: Option<String> = sqlx::query_scalar("SELECT product_id FROM reviews WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut *work)
        .await?;
    let Some(product) = product else { return Ok(None) };
    lock(&mut work, [parse(&product)?]).await?;
    // It may have been deleted in between.
    let Some(before) = locked(&mut work, id).await? else { return Ok(None) };
    let counted = before.counted();
    let after = Review { state, ..before };
    update(&mut work, &after, at).await?;
    recount(&mut work, after.product_id, counted, after.counted()).await?;
    watch(&mut work, &after, watched_after(state)).await?;
    work.commit().await?;
    Ok(Some(after))
}

pub async fn record(database: &Database, event: &Event, purchase: &Purchase) -> Result<Outcome, StoreError> {
    let mut work = database.begin().await?;
    if !MysqlInbox::accept(&mut work, event).await? {
        return Ok(Outcome::Repeated);
    }
    // Whoever writes a review of one of them waits until it is known that they were bought, or is done.
    lock(&mut work, purchase.products.iter().copied()).await?;
    for products in purchase.products.chunks(BATCH) {
        remember(&mut work, event, purchase, products).await?;
        for before in unverified(&mut work, purchase.buyer, products).await? {
            let (counted, product) = (before.counted(), before.product_id);
            let standing = standing(&mut work, product, before.account_id).await?;
            let after = before.verified(standing.watched);
            update(&mut work, &after, event.time).await?;
            recount(&mut work, product, counted, after.counted()).await?;
        }
    }
    work.commit().await?;
    Ok(Outcome::Applied)
}

async fn remember(
    work: &mut Write,
    event: &Event,
    purchase: &Purchase,
    products: &[ProductId],
) -> Result<(), StoreError> {
    let mut insert =
        QueryBuilder::<MySql>::new("INSERT INTO purchases (account_id, product_id, order_id, recorded_at) ");
    insert.push_values(padded(products), |mut row, product| {
        row.push_bind(purchase.buyer.to_string()).push_bind(product);
        row.push_bind(purchase.order.to_string()).push_bind(micros(event.time));
    });
    // What was bought before stays as it is.
    insert.push(" ON DUPLICATE KEY UPDATE product_id = VALUES(product_id)");
    insert.build().execute(&mut **work).await?;
    Ok(())
}

/// What the account wrote about these products before it was known to have bought them.
async fn unverified(work: &mut Write, account: AccountId, products: &[ProductId]) -> Result<Vec<Review>, StoreError> {
    let mut query = QueryBuilder::<MySql>::new("SELECT * FROM reviews WHERE account_id = ");
    query.push_bind(account.to_string()).push(" AND product_id IN (");
    let mut list = query.separated(", ");
    for product in padded(products) {
        list.push_bind(product);
    }
    query.push(") AND verified = 0 ORDER BY product_id FOR UPDATE");
    let rows = query.build().fetch_all(&mut **work).await?;
    rows.iter().map(review).collect()
}
