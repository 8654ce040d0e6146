//! Tables, statements, and rows to and from the domain's types.

use crate::review::{Review, Standing};
use crate::store::stored::{state, state_name};
use crate::tally::{Tally, change};
use chassis::StoreError;
use chassis::sqlite::{Write, micros, moment, parse};
use contracts::ratings::Score;
use contracts::{AccountId, ProductId, ReviewId};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// `tallies` counts the published reviews of a product by stars. `watched` names whose reviews of which product staff
/// want to see first; `purchases` who received what.
pub const TABLES: &str = "
    CREATE TABLE reviews (
        id TEXT PRIMARY KEY,
        product_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        author TEXT NOT NULL,
        score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        verified INTEGER NOT NULL,
        helpful INTEGER NOT NULL DEFAULT 0 CHECK (helpful >= 0),
        state TEXT NOT NULL CHECK (state IN ('published', 'pending', 'rejected')),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        UNIQUE (account_id, product_id)
    ) STRICT;
    CREATE INDEX reviews_newest ON reviews (product_id, created_at, id) WHERE state = 'published';
    CREATE INDEX reviews_helpful ON reviews (product_id, helpful, id) WHERE state = 'published';
    CREATE INDEX reviews_by_state ON reviews (state, created_at, id);
    CREATE TABLE tallies (
        product_id TEXT PRIMARY KEY,
        one INTEGER NOT NULL DEFAULT 0 CHECK (one >= 0),
        two INTEGER NOT NULL DEFAULT 0 CHECK (two >= 0),
        three INTEGER NOT NULL DEFAULT 0 CHECK (three >= 0),
        four INTEGER NOT NULL DEFAULT 0 CHECK (four >= 0),
        five INTEGER NOT NULL DEFAULT 0 CHECK (five >= 0)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE votes (
        review_id TEXT NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
        account_id TEXT NOT NULL,
        PRIMARY KEY (review_id, account_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE purchases (
        account_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, product_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE watched (
        account_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        PRIMARY KEY (account_id, product_id)
    ) STRICT, WITHOUT ROWID;";

/// The published reviews behind a position, merged with the reader's own one when that is not published: both parts
/// walk an index, whatever the number of reviews.
pub const LIST_NEWEST: &str = "
    SELECT * FROM (
        SELECT * FROM reviews WHERE product_id = ?1 AND state = 'published' AND (created_at, id) < (?2, ?3)
        ORDER BY created_at DESC, id DESC LIMIT ?4
    ) UNION ALL
    SELECT * FROM reviews
    WHERE account_id = ?5 AND product_id = ?1 AND state <> 'published' AND (created_at, id) < (?2, ?3)
    ORDER BY created_at DESC, id DESC LIMIT ?4";

/// Like [`LIST_NEWEST`], by how many found it helpful.
pub const LIST_HELPFUL: &str = "
    SELECT * FROM (
        SELECT * FROM reviews WHERE product_id = ?1 AND state = 'published' AND (helpful, id) < (?2, ?3)
        ORDER BY helpful DESC, id DESC LIMIT ?4
    ) UNION ALL
    SELECT * FROM reviews
    WHERE account_id = ?5 AND product_id = ?1 AND state <> 'published' AND (helpful, id) < (?2, ?3)
    ORDER BY helpful DESC, id DESC LIMIT ?4";

/// Reviews in a state, from the newest.
pub const IN_STATE_NEWEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ?1 AND (created_at, id) < (?2, ?3) ORDER BY created_at DESC, id DESC LIMIT ?4";

/// Reviews in a state, from the oldest.
pub const IN_STATE_OLDEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ?1 AND (created_at, id) > (?2, ?3) ORDER BY created_at, id LIMIT ?4";

/// Ids as one JSON parameter.
pub fn names(products: &[ProductId]) -> Result<String, StoreError> {
    Ok(serde_json::to_string(products)?)
}

fn count(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.get(column);
    u64::try_from(number).map_err(|_| StoreError::Fault(format!("{column} is {number}")))
}

/// A row of `reviews`.
pub fn review(row: &SqliteRow) -> Result<Review, StoreError> {
    let stars: i64 = row.get("score");
    let score = u8::try_from(stars).ok().and_then(Score::new);
    Ok(Review {
        id: ReviewId(parse(row.get("id"))?),
        product_id: ProductId(parse(row.get("product_id"))?),
        account_id: AccountId(parse(row.get("account_id"))?),
        author: row.get("author"),
        score: score.ok_or_else(|| StoreError::Fault(format!("stored score {stars}")))?,
        title: row.get("title"),
        body: row.get("body"),
        verified: row.get("verified"),
        helpful: count(row, "helpful")?,
        created_at: moment(row.get("created_at"))?,
        state: state(row.get("state"))?,
    })
}

/// A row of `tallies`.
pub fn tally(row: &SqliteRow) -> Result<Tally, StoreError> {
    let counted = |column| count(row, column);
    Ok(Tally { stars: [counted("one")?, counted("two")?, counted("three")?, counted("four")?, counted("five")?] })
}

/// How the account stands to the product.
pub async fn standing(work: &mut Write, product: ProductId, account: AccountId) -> Result<Standing, StoreError> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM purchases WHERE account_id = ?1 AND product_id = ?2) AS bought,
                EXISTS (SELECT 1 FROM watched WHERE account_id = ?1 AND product_id = ?2) AS watched",
    )
    .bind(account.to_string())
    .bind(product.to_string())
    .fetch_one(&mut **work)
    .await?;
    Ok(Standing { bought: row.get("bought"), watched: row.get("watched") })
}

/// Writes a review, new or changed. Only votes change how many found it helpful.
pub async fn save(work: &mut Write, review: &Review, at: Timestamp) -> Result<(), StoreError> {
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
    .bind(state_name(review.state))
    .bind(micros(review.created_at))
    .bind(micros(at))
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// Keeps the product's tally exact when a review that counted as `before` counts as `after`.
pub async fn recount(
    work: &mut Write,
    product: ProductId,
    before: Option<Score>,
    after: Option<Score>,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let product = product.to_string();
    sqlx::query("INSERT INTO tallies (product_id) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(&product)
        .execute(&mut **work)
        .await?;
    let statement = sqlx::query(
        "UPDATE tallies SET one = one + ?, two = two + ?, three = three + ?, four = four + ?, five = five + ?
         WHERE product_id = ?",
    );
    let statement = change(before, after).into_iter().fold(statement, |statement, by| statement.bind(by));
    statement.bind(&product).execute(&mut **work).await?;
    Ok(())
}

/// Notes whether staff want to see first what this author writes about this product.
pub async fn watch(work: &mut Write, review: &Review, watched: bool) -> Result<(), StoreError> {
    sqlx::query(if watched {
        "INSERT INTO watched (account_id, product_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM watched WHERE account_id = ? AND product_id = ?"
    })
    .bind(review.account_id.to_string())
    .bind(review.product_id.to_string())
    .execute(&mut **work)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    #[tokio::test]
    async fn every_list_walks_an_index() {
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
