//! What audits of stock ask.

use super::document::{bounded, decode};
use super::levels::{HISTORY, LEVELS};
use super::reservations::RESERVATIONS;
use chassis::StoreError;
use chassis::mongo::Database;
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use mongodb::options::ReadConcern;
use serde::Deserialize;

#[derive(Deserialize)]
struct Broken {
    #[serde(rename = "_id")]
    sku: String,
    on_hand: i64,
    counted: i64,
    reserved: i64,
    promised: i64,
    ahead: i64,
    missing: i64,
    oversell: String,
}

/// SKUs whose level is not what their history and what is held say, or that are short without a reason.
pub async fn violations(database: &Database, limit: usize) -> Result<Vec<String>, StoreError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    // One statement on one snapshot, so that all of it is judged at one moment.
    let counted = doc! { "coll": HISTORY, "pipeline": [{ "$project": { "_id": "$sku", "counted": "$change" } }] };
    let promised = doc! { "coll": RESERVATIONS, "pipeline": [
        { "$match": { "state": "held" } },
        { "$unwind": "$demand" },
        { "$project": { "_id": "$demand.sku", "promised": "$demand.quantity" } },
    ] };
    let sums = doc! {
        "_id": "$_id",
        "on_hand": { "$max": "$on_hand" }, "reserved": { "$max": "$reserved" },
        "ahead": { "$max": "$ahead" }, "missing": { "$max": "$missing" }, "oversell": { "$max": "$oversell" },
        "counted": { "$sum": "$counted" }, "promised": { "$sum": "$promised" },
    };
    let broken = doc! { "$or": [
        { "$ne": ["$on_hand", "$counted"] },
        { "$ne": ["$reserved", "$promised"] },
        { "$lt": ["$reserved", 0] },
        { "$ne": [{ "$max": [0, { "$subtract": ["$reserved", "$on_hand"] }] }, { "$add": ["$ahead", "$missing"] }] },
        { "$lt": ["$ahead", 0] },
        { "$lt": ["$missing", 0] },
    ] };
    let pipeline = [
        doc! { "$project": { "on_hand": 1, "reserved": 1, "ahead": 1, "missing": 1, "oversell": 1 } },
        doc! { "$unionWith": counted },
        doc! { "$unionWith": promised },
        doc! { "$group": sums },
        doc! { "$match": { "on_hand": { "$ne": null }, "$expr": broken } },
        doc! { "$limit": bounded(limit) },
    ];
    let levels = database.collection::<Document>(LEVELS);
    let found = levels.aggregate(pipeline).read_concern(ReadConcern::snapshot()).allow_disk_use(true).await?;
    let found: Vec<Document> = found.try_collect().await?;
    let told = |document| {
        let Broken { sku, on_hand, counted, reserved, promised, ahead, missing, oversell } = decode(document)?;
        Ok(format!(
            "SKU {sku}: on hand {on_hand} (history {counted}), reserved {reserved} (held {promised}), sold ahead {ahead}, \
             missing {missing}, {oversell}"
        ))
    };
    found.into_iter().map(told).collect()
}
