//! Statements of the MySQL store, and the mapping of rows.

use crate::rating_summary::{RatingSummary, histogram_delta};
use crate::review::{AuthorStatus, Review};
use crate::store::codec::{count, score, state, state_as_str};
use chassis::StoreError;
use chassis::mysql::{Write, micros, moment, parse};
use contracts::ratings::Score;
use contracts::{AccountId, ProductId, ReviewId};
use jiff::Timestamp;
use sqlx::mysql::MySqlRow;
use sqlx::{MySql, QueryBuilder, Row};
use std::collections::BTreeSet;

/// Selects the published reviews after a position, merged with the reader's own unpublished one. Each part uses an index,
/// so the cost of a page does not grow with the number of reviews. MySQL uses no index for `(created_at, id) < (?, ?)`,
/// so the comparison is spelled out.
pub const LIST_NEWEST: &str = "
    (SELECT * FROM reviews
     WHERE product_id = ? AND state = 'published' AND created_at <= ? AND (created_at < ? OR id < ?)
     ORDER BY created_at DESC, id DESC LIMIT ?)
    UNION ALL
    (SELECT * FROM reviews
     WHERE account_id = ? AND product_id = ? AND state <> 'published'
         AND created_at <= ? AND (created_at < ? OR id < ?))
    ORDER BY created_at DESC, id DESC LIMIT ?";

/// Selects the same rows as [`LIST_NEWEST`], ordered by helpful votes.
pub const LIST_HELPFUL: &str = "
    (SELECT * FROM reviews
     WHERE product_id = ? AND state = 'published' AND helpful <= ? AND (helpful < ? OR id < ?)
     ORDER BY helpful DESC, id DESC LIMIT ?)
    UNION ALL
    (SELECT * FROM reviews
     WHERE account_id = ? AND product_id = ? AND state <> 'published' AND helpful <= ? AND (helpful < ? OR id < ?))
    ORDER BY helpful DESC, id DESC LIMIT ?";

/// Selects reviews in a state, newest first.
pub const IN_STATE_NEWEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ? AND created_at <= ? AND (created_at < ? OR id < ?)
    ORDER BY created_at DESC, id DESC LIMIT ?";

/// Selects reviews in a state, oldest first.
pub const IN_STATE_OLDEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ? AND created_at >= ? AND (created_at > ? OR id > ?)
    ORDER BY created_at, id LIMIT ?";

/// The maximum number of rows per statement.
pub const BATCH_SIZE: usize = 200;

/// Returns the ids as text, padded with the last one to a power of two. This bounds the number of different statements,
/// so that each connection keeps them prepared.
pub fn padded(ids: &[ProductId]) -> Vec<String> {
    let repeated = ids.last().into_iter().cycle();
    ids.iter().chain(repeated).take(ids.len().next_power_of_two()).map(ToString::to_string).collect()
}

/// Reads a review from a row of `reviews`.
pub fn review(row: &MySqlRow) -> Result<Review, StoreError> {
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
pub fn rating_summary(row: &MySqlRow) -> Result<RatingSummary, StoreError> {
    let counted = |column| count(column, row.get(column));
    Ok(RatingSummary {
        histogram: [counted("one")?, counted("two")?, counted("three")?, counted("four")?, counted("five")?],
    })
}

/// Locks the rating summaries of these products and creates missing ones. Every transaction that changes reviews of a
/// product does this first and in the order of the ids, which serialises them without deadlocks.
pub async fn lock_summaries(
    transaction: &mut Write,
    products: impl IntoIterator<Item = ProductId>,
) -> Result<(), StoreError> {
    // A set removes duplicates and sorts: a fixed order prevents deadlocks.
    let products: Vec<ProductId> = products.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    // The upsert creates a missing row and locks it in the same statement.
    for products in products.chunks(BATCH_SIZE) {
        let mut insert = QueryBuilder::<MySql>::new("INSERT INTO tallies (product_id) ");
        insert.push_values(padded(products), |mut row, product| {
            row.push_bind(product);
        });
        insert.push(" ON DUPLICATE KEY UPDATE product_id = VALUES(product_id)");
        insert.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

/// Returns the review with this id and locks it.
pub async fn lock_review(transaction: &mut Write, id: ReviewId) -> Result<Option<Review>, StoreError> {
    let row = sqlx::query("SELECT * FROM reviews WHERE id = ? FOR UPDATE")
        .bind(id.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    row.as_ref().map(review).transpose()
}

/// Returns the account's review of the product and locks it.
pub async fn lock_own_review(
    transaction: &mut Write,
    product: ProductId,
    account: AccountId,
) -> Result<Option<Review>, StoreError> {
    let row = sqlx::query("SELECT * FROM reviews WHERE account_id = ? AND product_id = ? FOR UPDATE")
        .bind(account.to_string())
        .bind(product.to_string())
        .fetch_optional(&mut **transaction)
        .await?;
    row.as_ref().map(review).transpose()
}

/// Returns what is known about the author and the product.
pub async fn author_status(
    transaction: &mut Write,
    product: ProductId,
    account: AccountId,
) -> Result<AuthorStatus, StoreError> {
    let (product, account) = (product.to_string(), account.to_string());
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM purchases WHERE account_id = ? AND product_id = ?) AS bought,
                EXISTS (SELECT 1 FROM watched WHERE account_id = ? AND product_id = ?) AS watched",
    )
    .bind(&account)
    .bind(&product)
    .bind(&account)
    .bind(&product)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(AuthorStatus { bought: row.get("bought"), flagged: row.get("watched") })
}

/// Inserts reviews, each with the time of its last change.
pub async fn insert(transaction: &mut Write, reviews: &[(&Review, Timestamp)]) -> Result<(), StoreError> {
    let mut insert = QueryBuilder::<MySql>::new(
        "INSERT INTO reviews
             (id, product_id, account_id, author, score, title, body, verified, state, created_at, updated_at) ",
    );
    insert.push_values(reviews, |mut row, (review, at)| {
        row.push_bind(review.id.to_string()).push_bind(review.product_id.to_string());
        row.push_bind(review.account_id.to_string()).push_bind(&review.author);
        row.push_bind(i64::from(review.score.get())).push_bind(&review.title).push_bind(&review.body);
        row.push_bind(review.verified).push_bind(state_as_str(review.state));
        row.push_bind(micros(review.created_at)).push_bind(micros(*at));
    });
    insert.build().execute(&mut **transaction).await?;
    Ok(())
}

/// Updates a review. The number of helpful votes is left out: only votes change it.
pub async fn update(transaction: &mut Write, review: &Review, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE reviews SET author = ?, score = ?, title = ?, body = ?, verified = ?, state = ?, updated_at = ?
         WHERE id = ?",
    )
    .bind(&review.author)
    .bind(i64::from(review.score.get()))
    .bind(&review.title)
    .bind(&review.body)
    .bind(review.verified)
    .bind(state_as_str(review.state))
    .bind(micros(at))
    .bind(review.id.to_string())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Updates the product's locked rating summary when the counted score of a review changes.
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
    let statement = sqlx::query(
        "UPDATE tallies SET one = one + ?, two = two + ?, three = three + ?, four = four + ?, five = five + ?
         WHERE product_id = ?",
    );
    let statement = histogram_delta(before, after).into_iter().fold(statement, |statement, by| statement.bind(by));
    statement.bind(product.to_string()).execute(&mut **transaction).await?;
    Ok(())
}

/// Flags or unflags the author of a review for its product.
pub async fn set_flagged(transaction: &mut Write, review: &Review, flagged: bool) -> Result<(), StoreError> {
    sqlx::query(if flagged {
        "INSERT INTO watched (account_id, product_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE product_id = VALUES(product_id)"
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
    use crate::store::Store;
    use crate::store::mysql::MysqlStore;
    use contracts::ratings::ReviewState;
    use sqlx::AssertSqlSafe;
    use uuid::Uuid;

    #[test]
    fn lists_are_padded_to_powers_of_two() {
        let ids: Vec<ProductId> = (0..5).map(|number| ProductId(Uuid::from_u128(number))).collect();
        assert!(padded(&[]).is_empty());
        for (length, expected) in [(1, 1), (2, 2), (3, 4), (5, 8)] {
            let padded = padded(&ids[..length]);
            assert_eq!(padded.len(), expected);
            assert_eq!(padded.last(), Some(&ids[length - 1].to_string()));
        }
    }

    /// Creates a store with many reviews of few products, so that the optimiser prefers an index.
    async fn populated() -> MysqlStore {
        let store = MysqlStore::open(&testkit::servers::mysql()).await.unwrap();
        let review = |number: u128| Review {
            id: ReviewId(Uuid::from_u128(number)),
            product_id: ProductId(Uuid::from_u128(number % 10)),
            account_id: AccountId(Uuid::from_u128(number)),
            author: "Ada".to_owned(),
            score: Score::new(5).unwrap(),
            title: "So".to_owned(),
            body: String::new(),
            verified: false,
            helpful: 0,
            created_at: Timestamp::UNIX_EPOCH,
            state: [ReviewState::Published, ReviewState::Pending, ReviewState::Rejected][(number / 10 % 3) as usize],
        };
        let reviews: Vec<Review> = (0..3000).map(review).collect();
        store.seed(&reviews).await.unwrap();
        sqlx::query("ANALYZE TABLE reviews").fetch_all(store.database().pool()).await.unwrap();
        store
    }

    /// Returns the index that each access to `reviews` uses, and if it sorts.
    async fn plan(store: &MysqlStore, statement: &str, values: &[&str]) -> Vec<(String, bool)> {
        let explained = values
            .iter()
            .fold(format!("EXPLAIN FORMAT=TRADITIONAL {statement}"), |text, value| text.replacen('?', value, 1));
        let rows = sqlx::query(AssertSqlSafe(explained)).fetch_all(store.database().pool()).await.unwrap();
        let text = |row: &MySqlRow, column: &str| row.get::<Option<String>, _>(column).unwrap_or_default();
        let reviews = rows.iter().filter(|row| text(row, "table") == "reviews");
        reviews.map(|row| (text(row, "key"), text(row, "Extra").contains("filesort"))).collect()
    }

    #[tokio::test]
    #[ignore = "needs the servers of make services"]
    async fn every_list_uses_an_index() {
        let store = populated().await;
        let product = "'00000000-0000-0000-0000-000000000001'";
        // The author of a pending one.
        let reader = "'00000000-0000-0000-0000-00000000000b'";
        let behind = ["1000", "1000", "'b'"];
        for (statement, index) in [(LIST_NEWEST, "reviews_newest"), (LIST_HELPFUL, "reviews_helpful")] {
            let mut values = vec![product, behind[0], behind[1], behind[2], "10", reader, product];
            values.extend(behind);
            values.push("10");
            let plan = plan(&store, statement, &values).await;
            assert_eq!(plan.len(), 2, "{plan:?}");
            assert_eq!(plan[0], (index.to_owned(), false));
            assert_eq!(plan[1].0, "reviews_own");
        }
        for statement in [IN_STATE_NEWEST_FIRST, IN_STATE_OLDEST_FIRST] {
            let mut values = vec!["'published'"];
            values.extend(behind);
            values.push("10");
            let plan = plan(&store, statement, &values).await;
            assert_eq!(plan, [("reviews_by_state".to_owned(), false)]);
        }
    }
}
