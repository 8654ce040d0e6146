//! Opens the collections of stock and upgrades documents of earlier versions.

use super::collections::{COUNTERS, prepare};
use super::schema::{self, HISTORY, LEVELS, STOCK_CHANGES};
use crate::stock::DEFAULT_LOW_STOCK_THRESHOLD;
use chassis::StoreError;
use chassis::mongo::Database;
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};

/// The counter that contains the version of the documents.
const VERSION: &str = "stock_version";
/// Version 2 added running totals to the history, thresholds, and the parts of a shortfall.
const LATEST: i64 = 2;

/// Creates missing collections and upgrades documents. Replicas may do this concurrently.
pub async fn open(database: &Database) -> Result<(), StoreError> {
    prepare(database, &schema::stock_collections(), &[STOCK_CHANGES]).await?;
    let versions = database.collection::<Document>(COUNTERS);
    let reached = versions.find_one(doc! { "_id": VERSION }).await?;
    if reached.is_some_and(|version| version.get_i64("last").is_ok_and(|last| last >= LATEST)) {
        return Ok(());
    }
    upgrade_levels(database).await?;
    upgrade_history(database).await?;
    // The version is written last: an interrupted upgrade starts again, and each step skips what is upgraded.
    let upgraded = doc! { "$max": { "last": LATEST } };
    versions.update_one(doc! { "_id": VERSION }, upgraded).upsert(true).await?;
    Ok(())
}

/// Treats an existing shortfall as backordered: before this version, nothing else could cause one.
async fn upgrade_levels(database: &Database) -> Result<(), StoreError> {
    let available = doc! { "$subtract": ["$on_hand", "$reserved"] };
    let change = doc! { "$set": {
        "ahead": { "$max": [0_i64, { "$subtract": ["$reserved", "$on_hand"] }] },
        "missing": 0_i64,
        "low_at": null,
        "low": { "$and": [{ "$eq": ["$oversell", "deny"] }, { "$lte": [available, DEFAULT_LOW_STOCK_THRESHOLD] }] },
        "short": { "$gt": ["$reserved", "$on_hand"] },
    } };
    let levels = database.collection::<Document>(LEVELS);
    // Only documents without the new fields, so that a repeated upgrade changes nothing.
    levels.update_many(doc! { "ahead": { "$exists": false } }, vec![change]).await?;
    Ok(())
}

/// Adds running totals to the history. Existing entries never change, so concurrent appends do not interfere.
async fn upgrade_history(database: &Database) -> Result<(), StoreError> {
    let running_total = doc! { "$sum": "$change", "window": { "documents": ["unbounded", "current"] } };
    // The running total needs all entries of a SKU; only those without the new fields are written back.
    let pipeline = [
        doc! { "$setWindowFields": {
            "partitionBy": "$sku", "sortBy": { "number": 1 }, "output": { "on_hand": running_total },
        } },
        doc! { "$match": { "forced": { "$exists": false } } },
        doc! { "$project": { "on_hand": 1, "forced": { "$literal": false }, "kind": { "$literal": null } } },
        doc! { "$merge": { "into": HISTORY, "whenMatched": "merge", "whenNotMatched": "discard" } },
    ];
    let history = database.collection::<Document>(HISTORY);
    history.aggregate(pipeline).allow_disk_use(true).await?.try_for_each(async |_| Ok(())).await?;
    Ok(())
}
