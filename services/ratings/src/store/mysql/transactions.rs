//! Transactions that change reviews. The caller retries them when MySQL aborts one.
//!
//! Lock order: the inbox row, the rating summaries by product id, the reviews. A vote locks only its review.

use super::queries::{
    BATCH_SIZE, author_status, insert, lock_own_review, lock_review, lock_summaries, padded, review, set_flagged,
    update, update_summary,
};
use crate::review::{Review, flags_author};
use crate::store::{Purchase, RecordOutcome, ReviewSubmission, VoteOutcome};
use chassis::StoreError;
use chassis::mysql::{Database, Write, micros, parse};
use contracts::ratings::ReviewState;
use contracts::{AccountId, ProductId, ReviewId};
use events::Event;
use events::inbox::mysql::MysqlInbox;
use jiff::Timestamp;
use sqlx::{MySql, QueryBuilder};

pub async fn submit_review(database: &Database, submission: &ReviewSubmission) -> Result<Review, StoreError> {
    let mut transaction = database.begin().await?;
    lock_summaries(&mut transaction, [submission.product]).await?;
    // Read under the lock: a purchase that is recorded concurrently is either seen here, or sees this review.
    let author_status = author_status(&mut transaction, submission.product, submission.account).await?;
    let before = lock_own_review(&mut transaction, submission.product, submission.account).await?;
    let counted = before.as_ref().and_then(Review::counted);
    let after = match before.clone() {
        Some(before) => before.edited(&submission.draft, author_status, submission.policy),
        None => submission.first_review(author_status),
    };
    // An identical submission must not change `updated_at`.
    match before {
        None => insert(&mut transaction, &[(&after, submission.at)]).await?,
        Some(before) if before != after => update(&mut transaction, &after, submission.at).await?,
        Some(_) => {}
    }
    update_summary(&mut transaction, after.product_id, counted, after.counted()).await?;
    transaction.commit().await?;
    Ok(after)
}

pub async fn delete_review(database: &Database, product: ProductId, account: AccountId) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    lock_summaries(&mut transaction, [product]).await?;
    // Returning without a commit rolls back the locks; there is nothing to delete.
    let Some(review) = lock_own_review(&mut transaction, product, account).await? else { return Ok(()) };
    // Without foreign keys in MySQL, votes are deleted first.
    for statement in ["DELETE FROM votes WHERE review_id = ?", "DELETE FROM reviews WHERE id = ?"] {
        sqlx::query(statement).bind(review.id.to_string()).execute(&mut *transaction).await?;
    }
    update_summary(&mut transaction, product, review.counted(), None).await?;
    transaction.commit().await
}

pub async fn vote(
    database: &Database,
    id: ReviewId,
    voter: AccountId,
    helpful: bool,
) -> Result<VoteOutcome, StoreError> {
    let mut transaction = database.begin().await?;
    let Some(found) = lock_review(&mut transaction, id).await? else { return Ok(VoteOutcome::NotFound) };
    // Before the state: authors see their own unpublished review, so it must not look missing.
    if found.account_id == voter {
        return Ok(VoteOutcome::OwnReview);
    }
    if found.state != ReviewState::Published {
        return Ok(VoteOutcome::NotFound);
    }
    let voted = sqlx::query("SELECT 1 FROM votes WHERE review_id = ? AND account_id = ?")
        .bind(id.to_string())
        .bind(voter.to_string())
        .fetch_optional(&mut *transaction)
        .await?
        .is_some();
    // A repeated vote changes nothing and is not an error.
    if voted == helpful {
        return Ok(VoteOutcome::Recorded);
    }
    let (statement, difference) = if helpful {
        ("INSERT INTO votes (review_id, account_id) VALUES (?, ?)", 1)
    } else {
        ("DELETE FROM votes WHERE review_id = ? AND account_id = ?", -1)
    };
    sqlx::query(statement).bind(id.to_string()).bind(voter.to_string()).execute(&mut *transaction).await?;
    sqlx::query("UPDATE reviews SET helpful = helpful + ? WHERE id = ?")
        .bind(difference)
        .bind(id.to_string())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(VoteOutcome::Recorded)
}

pub async fn moderate(
    database: &Database,
    id: ReviewId,
    state: ReviewState,
    at: Timestamp,
) -> Result<Option<Review>, StoreError> {
    let mut transaction = database.begin().await?;
    // Read without a lock, because the summary has to be locked before the review.
    let product: Option<String> = sqlx::query_scalar("SELECT product_id FROM reviews WHERE id = ?")
        .bind(id.to_string())
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(product) = product else { return Ok(None) };
    lock_summaries(&mut transaction, [parse(&product)?]).await?;
    // The review may have been deleted while the summary was not locked yet.
    let Some(before) = lock_review(&mut transaction, id).await? else { return Ok(None) };
    let counted = before.counted();
    let after = Review { state, ..before };
    update(&mut transaction, &after, at).await?;
    update_summary(&mut transaction, after.product_id, counted, after.counted()).await?;
    // The flag is stored apart from the review, so that it survives a deletion by the author.
    set_flagged(&mut transaction, &after, flags_author(state)).await?;
    transaction.commit().await?;
    Ok(Some(after))
}

pub async fn record_purchase(
    database: &Database,
    event: &Event,
    purchase: &Purchase,
) -> Result<RecordOutcome, StoreError> {
    let mut transaction = database.begin().await?;
    // The inbox row is part of this transaction: the event takes effect once, however often it is delivered.
    if !MysqlInbox::accept(&mut transaction, event).await? {
        return Ok(RecordOutcome::Duplicate);
    }
    // Concurrent reviews of these products are serialised by this lock: they see the purchase, or are seen below.
    lock_summaries(&mut transaction, purchase.products.iter().copied()).await?;
    // Batches bound the size of a statement, not of the transaction.
    for products in purchase.products.chunks(BATCH_SIZE) {
        insert_purchases(&mut transaction, event, purchase, products).await?;
        for before in lock_unverified(&mut transaction, purchase.buyer, products).await? {
            let (counted, product) = (before.counted(), before.product_id);
            let author_status = author_status(&mut transaction, product, before.account_id).await?;
            let after = before.verified(author_status.flagged);
            update(&mut transaction, &after, event.time).await?;
            update_summary(&mut transaction, product, counted, after.counted()).await?;
        }
    }
    transaction.commit().await?;
    Ok(RecordOutcome::Applied)
}

async fn insert_purchases(
    transaction: &mut Write,
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
    // An earlier purchase of the same product stays unchanged.
    insert.push(" ON DUPLICATE KEY UPDATE product_id = VALUES(product_id)");
    insert.build().execute(&mut **transaction).await?;
    Ok(())
}

/// Returns the account's reviews of these products that are not verified yet, and locks them.
async fn lock_unverified(
    transaction: &mut Write,
    account: AccountId,
    products: &[ProductId],
) -> Result<Vec<Review>, StoreError> {
    let mut query = QueryBuilder::<MySql>::new("SELECT * FROM reviews WHERE account_id = ");
    query.push_bind(account.to_string()).push(" AND product_id IN (");
    let mut list = query.separated(", ");
    for product in padded(products) {
        list.push_bind(product);
    }
    query.push(") AND verified = 0 ORDER BY product_id FOR UPDATE");
    let rows = query.build().fetch_all(&mut **transaction).await?;
    rows.iter().map(review).collect()
}
