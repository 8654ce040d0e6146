//! Reviews to begin with, many at once.

use super::rows::{BATCH, insert, lock};
use crate::review::Review;
use crate::tally::change;
use chassis::StoreError;
use chassis::mysql::{Database, Write};
use jiff::Timestamp;
use sqlx::{MySql, QueryBuilder};
use std::collections::{BTreeMap, HashSet};

pub async fn seed(database: &Database, reviews: &[Review]) -> Result<(), StoreError> {
    let mut work = database.begin().await?;
    lock(&mut work, reviews.iter().map(|review| review.product_id)).await?;
    for reviews in reviews.chunks(BATCH) {
        let mut taken = taken(&mut work, reviews).await?;
        // Of several by one account on one product, the first counts.
        let fresh = |review: &&Review| taken.insert((review.account_id.to_string(), review.product_id.to_string()));
        let fresh: Vec<(&Review, Timestamp)> =
            reviews.iter().filter(fresh).map(|review| (review, review.created_at)).collect();
        if !fresh.is_empty() {
            insert(&mut work, &fresh).await?;
            count(&mut work, &fresh).await?;
        }
    }
    Ok(work.commit().await?)
}

/// Which accounts have written about which of these products.
async fn taken(work: &mut Write, reviews: &[Review]) -> Result<HashSet<(String, String)>, StoreError> {
    let mut query = QueryBuilder::<MySql>::new("SELECT account_id, product_id FROM reviews WHERE ");
    let mut list = query.separated(" OR ");
    for review in reviews {
        list.push("(account_id = ").push_bind_unseparated(review.account_id.to_string());
        list.push_unseparated(" AND product_id = ").push_bind_unseparated(review.product_id.to_string());
        list.push_unseparated(")");
    }
    let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&mut **work).await?;
    Ok(rows.into_iter().collect())
}

/// Adds what is published of these to the tallies, which are there and locked.
async fn count(work: &mut Write, reviews: &[(&Review, Timestamp)]) -> Result<(), StoreError> {
    let mut counts = BTreeMap::<String, [i64; 5]>::new();
    for (review, _) in reviews {
        let sum = counts.entry(review.product_id.to_string()).or_default();
        for (sum, by) in sum.iter_mut().zip(change(None, review.counted())) {
            *sum += by;
        }
    }
    let mut add = QueryBuilder::<MySql>::new("INSERT INTO tallies (product_id, one, two, three, four, five) ");
    add.push_values(counts, |mut row, (product, stars)| {
        row.push_bind(product);
        for count in stars {
            row.push_bind(count);
        }
    });
    add.push(
        " ON DUPLICATE KEY UPDATE one = one + VALUES(one), two = two + VALUES(two), three = three + VALUES(three),
          four = four + VALUES(four), five = five + VALUES(five)",
    );
    add.build().execute(&mut **work).await?;
    Ok(())
}
