//! The insertion of demo reviews in batches.

use super::queries::{BATCH_SIZE, insert, lock_summaries};
use crate::rating_summary::histogram_delta;
use crate::review::Review;
use chassis::StoreError;
use chassis::mysql::{Database, Write};
use jiff::Timestamp;
use sqlx::{MySql, QueryBuilder};
use std::collections::{BTreeMap, HashSet};

pub async fn seed(database: &Database, reviews: &[Review]) -> Result<(), StoreError> {
    let mut transaction = database.begin().await?;
    // All products are locked before the first batch: taking locks batch by batch could deadlock.
    lock_summaries(&mut transaction, reviews.iter().map(|review| review.product_id)).await?;
    for reviews in reviews.chunks(BATCH_SIZE) {
        let mut taken = existing_keys(&mut transaction, reviews).await?;
        let mut new: Vec<(&Review, Timestamp)> = Vec::new();
        for review in reviews {
            // Of several seeds by one account for one product, the first one is inserted.
            if taken.insert((review.account_id.to_string(), review.product_id.to_string())) {
                new.push((review, review.created_at));
            }
        }
        if !new.is_empty() {
            insert(&mut transaction, &new).await?;
            add_to_summaries(&mut transaction, &new).await?;
        }
    }
    transaction.commit().await
}

/// Returns the accounts and products of those reviews that exist already.
async fn existing_keys(transaction: &mut Write, reviews: &[Review]) -> Result<HashSet<(String, String)>, StoreError> {
    let mut query = QueryBuilder::<MySql>::new("SELECT account_id, product_id FROM reviews WHERE ");
    let mut list = query.separated(" OR ");
    for review in reviews {
        list.push("(account_id = ").push_bind_unseparated(review.account_id.to_string());
        list.push_unseparated(" AND product_id = ").push_bind_unseparated(review.product_id.to_string());
        list.push_unseparated(")");
    }
    let rows: Vec<(String, String)> = query.build_query_as().fetch_all(&mut **transaction).await?;
    Ok(rows.into_iter().collect())
}

/// Adds the published reviews to the rating summaries, which exist and are locked.
async fn add_to_summaries(transaction: &mut Write, reviews: &[(&Review, Timestamp)]) -> Result<(), StoreError> {
    // One statement adds up all scores of a product, instead of one statement per review.
    let mut counts = BTreeMap::<String, [i64; 5]>::new();
    for (review, _) in reviews {
        let sum = counts.entry(review.product_id.to_string()).or_default();
        for (sum, by) in sum.iter_mut().zip(histogram_delta(None, review.counted())) {
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
    add.build().execute(&mut **transaction).await?;
    Ok(())
}
