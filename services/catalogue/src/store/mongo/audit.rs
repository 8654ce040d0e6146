//! Consistency checks of stock.

use super::codec::decode;
use super::schema::{HISTORY, LEVELS, RESERVATIONS};
use crate::store::audit::InconsistentLevel;
use crate::store::codec::row_limit;
use chassis::StoreError;
use chassis::mongo::Database;
use contracts::catalogue::Oversell;
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::options::ReadConcern;

/// Describes levels that contradict their history or the active reservations, or have an unexplained shortfall.
pub async fn violations(database: &Database, limit: usize) -> Result<Vec<String>, StoreError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    // One statement on one snapshot, so that concurrent orders cause no false alarm.
    let history = doc! { "coll": HISTORY, "pipeline": [{ "$project": { "_id": "$sku", "history": "$change" } }] };
    let active = doc! { "coll": RESERVATIONS, "pipeline": [
        { "$match": { "state": "held" } },
        { "$unwind": "$demand" },
        { "$project": { "_id": "$demand.sku", "active": "$demand.quantity" } },
    ] };
    let sums = doc! {
        "_id": "$_id",
        "on_hand": { "$max": "$on_hand" }, "reserved": { "$max": "$reserved" },
        "ahead": { "$max": "$ahead" }, "missing": { "$max": "$missing" }, "oversell": { "$max": "$oversell" },
        "history": { "$sum": "$history" }, "active": { "$sum": "$active" },
    };
    let shortfall = doc! { "$cond": [
        { "$eq": ["$oversell", Oversell::Untracked.as_str()] }, 0,
        { "$max": [0, { "$subtract": ["$reserved", "$on_hand"] }] },
    ] };
    let is_inconsistent = doc! { "$or": [
        { "$ne": ["$on_hand", "$history"] },
        { "$ne": ["$reserved", "$active"] },
        { "$lt": ["$reserved", 0] },
        { "$ne": [shortfall, { "$add": ["$ahead", "$missing"] }] },
        { "$lt": ["$ahead", 0] },
        { "$lt": ["$missing", 0] },
    ] };
    // The three sources are combined and grouped by SKU; a group without `on_hand` has no level to check.
    let pipeline = [
        doc! { "$project": { "on_hand": 1, "reserved": 1, "ahead": 1, "missing": 1, "oversell": 1 } },
        doc! { "$unionWith": history },
        doc! { "$unionWith": active },
        doc! { "$group": sums },
        doc! { "$match": { "on_hand": { "$ne": null }, "$expr": is_inconsistent } },
        doc! { "$limit": row_limit(limit) },
    ];
    let levels = database.collection::<Document>(LEVELS);
    let found = levels.aggregate(pipeline).read_concern(ReadConcern::snapshot()).allow_disk_use(true).await?;
    let found: Vec<Document> = found.try_collect().await?;
    found.into_iter().map(|document| Ok(decode::<InconsistentLevel>(document)?.to_string())).collect()
}
