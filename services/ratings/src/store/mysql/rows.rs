//! Statements, and rows to and from the domain's types.

use crate::review::{Review, Standing};
use crate::store::stored::{state, state_name};
use crate::tally::{Tally, change};
use chassis::StoreError;
use chassis::mysql::{Write, micros, moment, parse};
use contracts::ratings::Score;
use contracts::{AccountId, ProductId, ReviewId};
use jiff::Timestamp;
use sqlx::mysql::MySqlRow;
use sqlx::{MySql, QueryBuilder, Row};
use std::collections::BTreeSet;

/// The published reviews behind a position, merged with the reader's own one when that is not published: both parts
/// walk an index, whatever the number of reviews. (MySQL walks no index for `(created_at, id) < (?, ?)`.)
pub const LIST_NEWEST: &str = "
    (SELECT * FROM reviews
     WHERE product_id = ? AND state = 'published' AND created_at <= ? AND (created_at < ? OR id < ?)
     ORDER BY created_at DESC, id DESC LIMIT ?)
    UNION ALL
    (SELECT * FROM reviews
     WHERE account_id = ? AND product_id = ? AND state <> 'published'
         AND created_at <= ? AND (created_at < ? OR id < ?))
    ORDER BY created_at DESC, id DESC LIMIT ?";

/// Like [`LIST_NEWEST`], by how many found it helpful.
pub const LIST_HELPFUL: &str = "
    (SELECT * FROM reviews
     WHERE product_id = ? AND state = 'published' AND helpful <= ? AND (helpful < ? OR id < ?)
     ORDER BY helpful DESC, id DESC LIMIT ?)
    UNION ALL
    (SELECT * FROM reviews
     WHERE account_id = ? AND product_id = ? AND state <> 'published' AND helpful <= ? AND (helpful < ? OR id < ?))
    ORDER BY helpful DESC, id DESC LIMIT ?";

/// Reviews in a state, from the newest.
pub const IN_STATE_NEWEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ? AND created_at <= ? AND (created_at < ? OR id < ?)
    ORDER BY created_at DESC, id DESC LIMIT ?";

/// Reviews in a state, from the oldest.
pub const IN_STATE_OLDEST_FIRST: &str = "
    SELECT * FROM reviews WHERE state = ? AND created_at >= ? AND (created_at > ? OR id > ?)
    ORDER BY created_at, id LIMIT ?";

/// How many rows one statement takes.
pub const BATCH: usize = 200;

/// The ids as text, the last one repeated until there are 1, 2, 4, 8, …: so there are few different statements, and each
/// connection keeps them prepared.
pub fn padded(ids: &[ProductId]) -> Vec<String> {
    let repeated = ids.last().into_iter().cycle();
    ids.iter().chain(repeated).take(ids.len().next_power_of_two()).map(ToString::to_string).collect()
}

fn count(row: &MySqlRow, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.get(column);
    u64::try_from(number).map_err(|_| StoreError::Fault(format!("{column} is {number}")))
}

/// A row of `reviews`.
pub fn review(row: &MySqlRow) -> Result<Review, StoreError> {
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
pub fn tally(row: &MySqlRow) -> Result<Tally, StoreError> {
    let counted = |column| count(row, column);
    Ok(Tally { stars: [counted("one")?, counted("two")?, counted("three")?, counted("four")?, counted("five")?] })
}

/// Locks the tallies of these products in the order of their ids, making those that are missing. Whoever changes reviews
/// of a product does this first, so one does after the other and nobody waits in a circle.
pub async fn lock(work: &mut Write, products: impl IntoIterator<Item = ProductId>) -> Result<(), StoreError> {
    let products: Vec<ProductId> = products.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    for products in products.chunks(BATCH) {
        let mut insert = QueryBuilder::<MySql>::new("INSERT INTO tallies (product_id) ");
        insert.push_values(padded(products), |mut row, product| {
            row.push_bind(product);
        });
        insert.push(" ON DUPLICATE KEY UPDATE product_id = VALUES(product_id)");
        insert.build().execute(&mut **work).await?;
    }
    Ok(())
}

/// The review with this id, locked.
pub async fn locked(work: &mut Write, id: ReviewId) -> Result<Option<Review>, StoreError> {
    let row = sqlx::query("SELECT * FROM reviews WHERE id = ? FOR UPDATE")
        .bind(id.to_string())
        .fetch_optional(&mut **work)
        .await?;
    row.as_ref().map(review).transpose()
}

/// The account's review of the product, locked.
pub async fn own(work: &mut Write, product: ProductId, account: AccountId) -> Result<Option<Review>, StoreError> {
    let row = sqlx::query("SELECT * FROM reviews WHERE account_id = ? AND product_id = ? FOR UPDATE")
        .bind(account.to_string())
        .bind(product.to_string())
        .fetch_optional(&mut **work)
        .await?;
    row.as_ref().map(review).transpose()
}

/// How the account stands to the product.
pub async fn standing(work: &mut Write, product: ProductId, account: AccountId) -> Result<Standing, StoreError> {
    let (product, account) = (product.to_string(), account.to_string());
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM purchases WHERE account_id = ? AND product_id = ?) AS bought,
                EXISTS (SELECT 1 FROM watched WHERE account_id = ? AND product_id = ?) AS watched",
    )
    .bind(&account)
    .bind(&product)
    .bind(&account)
    .bind(&product)
    .fetch_one(&mut **work)
    .await?;
    Ok(Standing { bought: row.get("bought"), watched: row.get("watched") })
}

/// Adds reviews and the dates of their writing.
pub async fn insert(work: &mut Write, reviews: &[(&Review, Timestamp)]) -> Result<(), StoreError> {
    let mut insert = QueryBuilder::<MySql>::new(
        "INSERT INTO reviews
             (id, product_id, account_id, author, score, title, body, verified, state, created_at, updated_at) ",
    );
    insert.push_values(reviews, |mut row, (review, at)| {
        row.push_bind(review.id.to_string()).push_bind(review.product_id.to_string());
        row.push_bind(review.account_id.to_string()).push_bind(&review.author);
        row.push_bind(i64::from(review.score.get())).push_bind(&review.title).push_bind(&review.body);
        row.push_bind(review.verified).push_bind(state_name(review.state));
        row.push_bind(micros(review.created_at)).push_bind(micros(*at));
    });
    insert.build().execute(&mut **work).await?;
    Ok(())
}

/// Writes a review that has changed. Only votes change how many found it helpful.
pub async fn update(work: &mut Write, review: &Review, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE reviews SET author = ?, score = ?, title = ?, body = ?, verified = ?, state = ?, updated_at = ?
         WHERE id = ?",
    )
    .bind(&review.author)
    .bind(i64::from(review.score.get()))
    .bind(&review.title)
    .bind(&review.body)
    .bind(review.verified)
    .bind(state_name(review.state))
    .bind(micros(at))
    .bind(review.id.to_string())
    .execute(&mut **work)
    .await?;
    Ok(())
}

/// Keeps the product's tally, which is locked, exact when a review that counted as `before` counts as `after`.
pub async fn recount(
    work: &mut Write,
    product: ProductId,
    before: Option<Score>,
    after: Option<Score>,
) -> Result<(), StoreError> {
    if before == after {
        return Ok(());
    }
    let statement = sqlx::query(
        "UPDATE tallies SET one = one + ?, two = two + ?, three = three + ?, four = four + ?, five = five + ?
         WHERE product_id = ?",
    );
    let statement = change(before, after).into_iter().fold(statement, |statement, by| statement.bind(by));
    statement.bind(product.to_string()).execute(&mut **work).await?;
    Ok(())
}

/// Notes whether staff want to see first what this author writes about this product.
pub async fn watch(work: &mut Write, review: &Review, watched: bool) -> Result<(), StoreError> {
    sqlx::query(if watched {
        "INSERT INTO watched (account_id, product_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE product_id = VALUES(product_id)"
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
    use crate::store::Store;
    use crate::store::mysql::MysqlStore;
    use contracts::ratings::ReviewState;
    use sqlx::AssertSqlSafe;
    use uuid::Uuid;

    #[test]
    fn lists_are_padded_to_few_lengths() {
        let ids: Vec<ProductId> = (0..5).map(|number| ProductId(Uuid::from_u128(number))).collect();
        assert!(padded(&[]).is_empty());
        for (length, expected) in [(1, 1), (2, 2), (3, 4), (5, 8)] {
            let padded = padded(&ids[..length]);
            assert_eq!(padded.len(), expected);
            assert_eq!(padded.last(), Some(&ids[length - 1].to_string()));
        }
    }

    /// Many reviews of few products, so that an index is worth it.
    async fn filled() -> MysqlStore {
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

    /// The index each access to `reviews` takes, and whether it sorts.
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
    async fn every_list_walks_an_index() {
        let store = filled().await;
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
