//! Statements of the SQLite store, and the mapping of rows.

use crate::rating_summary::{RatingSummary, histogram_delta};
use crate::review::{AuthorStatus, Review};
use crate::store::codec::{count, score, state, state_as_str};
use chassis::StoreError;
use chassis::sqlite::{Write, micros, moment, parse};
use contracts::ratings::Score;
use contracts::{AccountId, ProductId, ReviewId};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// Selects the published reviews after a position, merged with the reader's own unpublished one. Each part uses an index,
/// so the cost of a page does not grow with the number of reviews.
pub const LIST_NEWEST: &str = "
    SELECT * FROM (
        SELECT * FROM reviews WHERE product_id = ?1 AND state = 'published' AND (created_at, id) < (?2, ?3)
        ORDER BY created_at DESC, id DESC LIMIT ?4
    ) UNION ALL
    SELECT * FROM reviews
    WHERE account_id = ?5 AND product_id = ?1 AND state <> 'published' AND (created_at, id) < (?2, ?3)
    ORDER BY created_at DESC, id DESC LIMIT ?4";

/// Selects the same rows as [`LIST_NEWEST`], ordered by helpful votes.
pub const LIST_HELPFUL: &str = "
    SELECT * FROM (
        SELECT * FROM reviews WHERE product_id = ?1 AND state = 'published' AND (helpful, id) < (?2, ?3)
        ORDER BY helpful DESC, id DESC LIMIT ?4
    ) UNION ALL
    SELECT * FROM reviews
    WHERE account_id = ?5 AND product_id = ?1 AND state <> 'published' AND (helpful, id) < (?2, ?3)
    ORDER BY helpful DESC, id DESC LIMIT ?4";

/// Selects reviews in a state, newest first.
pub const IN_STATE_NEWEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ?1 AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT ?4";

/// Selects reviews in a state, oldest first.
pub const IN_STATE_OLDEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ?1 AND (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?4";

/// Encodes ids as one JSON parameter, so that the statement text does not depend on their number.
pub fn ids_as_json(products: &[ProductId]) -> Result<String, StoreError> {
    Ok(serde_json::to_string(products)?)
}

/// Reads a review from a row of `reviews`.
pub fn review(row: &SqliteRow) -> Result<Review, StoreError> {
    Ok(Review {
        id: ReviewId(parse(row.get("id"))?),
        product_id: ProductId(parse(row.get("product_id"))?),
        account_id: AccountId(parse(row.get("account_id"))?),
        author: row.get("author"),
        score: score(row.get("score"))?,
        title: row.get("title"),
        body: row.get("body"),
        verified: row.get("verified"),
        helpful: count("helpful", row.get("helpful"))?,
        created_at: moment(row.get("created_at"))?,
        state: state(row.get("state"))?,
    })
}

/// Reads a rating summary from a row of `tallies`.
pub fn rating_summary(row: &SqliteRow) -> Result<RatingSummary, StoreError> {
    let counted = |column| count(column, row.get(column));
    Ok(RatingSummary {
        histogram: [counted("one")?, counted("two")?, counted("three")?, counted("four")?, counted("five")?],
    })
}

/// Returns what is known about the author and the product.
pub async fn author_status(
    transaction: &mut Write,
    product: ProductId,
    account: AccountId,
) -> Result<AuthorStatus, StoreError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM purchases WHERE account_id = ?1 AND product_id = ?2) AS bought,
                EXISTS (SELECT 1 FROM watched WHERE account_id = ?1 AND product_id = ?2) AS watched",
    )
    .bind(account.to_string())
    .bind(product.to_string())
    .fetch_one(&mut **transaction)
    .await?;
    Ok(AuthorStatus { bought: row.get("bought"), flagged: row.get("watched") })
}

/// Inserts or updates a review. The number of helpful votes is left out: only votes change it.
pub async fn save(transaction: &mut Write, review: &Review, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO reviews
             (id, product_id, account_id, author, score, title, body, verified, state, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET author = excluded.author, score = excluded.score, title = excluded.title,
             body = excluded.body, verified = excluded.verified, state = excluded.state,
             updated_at = excluded.updated_at",
    )
    .bind(review.id.to_string())
    .bind(review.product_id.to_string())
    .bind(review.account_id.to_string())
    .bind(&review.author)
    .bind(i64::from(review.score.get()))
    .bind(&review.title)
    .bind(&review.body)
    .bind(review.verified)
    .bind(state_as_str(review.state))
    .bind(micros(review.created_at))
    .bind(micros(at))
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Updates the product's rating summary when the counted score of a review changes.
pub async fn update_summary(
    transaction: &mut Write,
    product: ProductId,
    before: Option<Score>,
    after: Option<Score>,
) -> Result<(), StoreError> {
    // Most edits do not change the counted score, so no row is written.
    if before == after {
        return Ok(());
    }
    let product = product.to_string();
    // The first review of a product creates its row; the columns default to 0.
    sqlx::query("INSERT INTO tallies (product_id) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(&product)
        .execute(&mut **transaction)
        .await?;
    let statement = sqlx::query(
        "UPDATE tallies SET one = one + ?, two = two + ?, three = three + ?, four = four + ?, five = five + ?
         WHERE product_id = ?",
    );
    let statement = histogram_delta(before, after).into_iter().fold(statement, |statement, by| statement.bind(by));
    statement.bind(&product).execute(&mut **transaction).await?;
    Ok(())
}

/// Flags or unflags the author of a review for its product.
pub async fn set_flagged(transaction: &mut Write, review: &Review, flagged: bool) -> Result<(), StoreError> {
    sqlx::query(if flagged {
        "INSERT INTO watched (account_id, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM watched WHERE account_id = ? AND product_id = ?"
    })
    .bind(review.account_id.to_string())
    .bind(review.product_id.to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn every_list_uses_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("ratings.db")).await.unwrap();
        for statement in [
            explained(LIST_NEWEST),
            explained(LIST_HELPFUL),
            explained(IN_STATE_NEWEST_FIRST),
            explained(IN_STATE_OLDEST_FIRST),
        ] {
            let mut plan = sqlx::query(sqlx::AssertSqlSafe(statement));
            plan = plan.bind("published").bind(0_i64).bind("").bind(10_i64).bind("");
            let steps = plan.fetch_all(&mut *store.database().read().await.unwrap()).await.unwrap();
            let steps: Vec<String> = steps.iter().map(|row| row.get("detail")).collect();
            assert!(!steps.iter().any(|step| step.starts_with("SCAN reviews")), "{steps:#?}");
            assert!(steps.iter().any(|step| step.starts_with("SEARCH reviews")), "{steps:#?}");
        }
    }

    fn explained(statement: &str) -> String {
        format!("EXPLAIN QUERY PLAN {statement}")
    }
}
