//! The collections of stock, and how those of an earlier version are brought up to date.

use super::answers::ANSWERS;
use super::changes;
use super::levels::{FEED, HISTORY, LEVELS};
use super::reservations::{PROMOTION_USES, RESERVATIONS};
use super::schema::{COUNTERS, Layout, prepare};
use crate::stock::LOW_AT;
use chassis::StoreError;
use chassis::mongo::Database;
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};

/// Who numbers the steps that were taken.
const VERSION: &str = "stock_version";
/// Lines with what is on hand after them, thresholds, what is short.
const LATEST: i64 = 2;

fn layouts() -> [Layout; 6] {
    [
        Layout::new(LEVELS)
            .partial(doc! { "low": 1, "_id": 1 }, doc! { "low": true })
            .partial(doc! { "short": 1, "_id": 1 }, doc! { "short": true }),
        Layout::new(HISTORY)
            .unique(doc! { "sku": 1, "number": 1 })
            .unique_partial(doc! { "key": 1 }, doc! { "key": { "$exists": true } }),
        Layout::new(RESERVATIONS).partial(doc! { "state": 1, "_id": 1 }, doc! { "state": "held" }),
        Layout::new(PROMOTION_USES),
        Layout::new(ANSWERS)
            .unique(doc! { "owner": 1, "operation": 1, "request_key": 1 })
            .index(doc! { "created_at": 1 }),
        changes::layout(FEED),
    ]
}

/// Makes what is missing, and brings the rest up to date. Several may do this at once.
pub async fn open(database: &Database) -> Result<(), StoreError> {
    prepare(database, &layouts(), &[FEED]).await?;
    let versions = database.collection::<Document>(COUNTERS);
    let reached = versions.find_one(doc! { "_id": VERSION }).await?;
    if reached.is_some_and(|version| version.get_i64("last").is_ok_and(|last| last >= LATEST)) {
        return Ok(());
    }
    explain_levels(database).await?;
    sum_up_histories(database).await?;
    let now = doc! { "$max": { "last": LATEST } };
    versions.update_one(doc! { "_id": VERSION }, now).upsert(true).await?;
    Ok(())
}

/// What was promised and is not there counts as sold ahead: until now nothing else could lead to it.
async fn explain_levels(database: &Database) -> Result<(), StoreError> {
    let available = doc! { "$subtract": ["$on_hand", "$reserved"] };
    let explained = doc! { "$set": {
        "ahead": { "$max": [0_i64, { "$subtract": ["$reserved", "$on_hand"] }] },
        "missing": 0_i64,
        "low_at": null,
        "low": { "$and": [{ "$eq": ["$oversell", "deny"] }, { "$lte": [available, LOW_AT] }] },
        "short": { "$gt": ["$reserved", "$on_hand"] },
    } };
    let levels = database.collection::<Document>(LEVELS);
    levels.update_many(doc! { "ahead": { "$exists": false } }, vec![explained]).await?;
    Ok(())
}

/// Lines that are there never change, so those that are added meanwhile disturb nobody.
async fn sum_up_histories(database: &Database) -> Result<(), StoreError> {
    let so_far = doc! { "$sum": "$change", "window": { "documents": ["unbounded", "current"] } };
    let pipeline = [
        doc! { "$setWindowFields": {
            "partitionBy": "$sku", "sortBy": { "number": 1 }, "output": { "on_hand": so_far },
        } },
        doc! { "$match": { "forced": { "$exists": false } } },
        doc! { "$project": { "on_hand": 1, "forced": { "$literal": false }, "kind": { "$literal": null } } },
        doc! { "$merge": { "into": HISTORY, "whenMatched": "merge", "whenNotMatched": "discard" } },
    ];
    let history = database.collection::<Document>(HISTORY);
    history.aggregate(pipeline).allow_disk_use(true).await?.try_for_each(async |_| Ok(())).await?;
    Ok(())
}
