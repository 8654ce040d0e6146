//! Runs of imports in the database of products.

use super::document::{decode, encode, micros};
use super::products::MongoProducts;
use super::schema::Layout;
use super::work::{Update, Work};
use crate::import::{ImportRun, ImportRuns, SeenHandle};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::store::retry_transaction;
use jiff::Timestamp;
use mongodb::bson::{DateTime, Document, doc};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::Duration;

/// The name of the collection of runs.
pub const RUNS: &str = "import_runs";
/// The name of the collection of handles.
pub const HANDLES: &str = "import_handles";
/// Handles that a forgotten run left behind are swept after this: four times what a run is remembered for.
const SWEPT: Duration = Duration::from_secs(360 * 86_400);

/// The collection of runs.
pub fn runs() -> Layout {
    Layout::new(RUNS).index(doc! { "updated_at": 1 })
}

/// The collection of the handles that they came past.
pub fn handles() -> Layout {
    Layout::new(HANDLES)
        .unique(doc! { "run": 1, "handle": 1 })
        .partial(doc! { "run": 1, "scattered": 1 }, doc! { "scattered": false })
        .swept("seen_at", SWEPT)
}

#[derive(Deserialize)]
struct KeptRun {
    document: ImportRun,
}

#[derive(Deserialize)]
struct Seen {
    handle: String,
    pass: u32,
    scattered: bool,
}

impl Seen {
    fn known(self) -> (String, SeenHandle) {
        (self.handle, SeenHandle { pass: self.pass, scattered: self.scattered })
    }
}

async fn save(work: &mut Work, run: &ImportRun, handles: &[String], now: Timestamp) -> Result<(), StoreError> {
    let document = doc! { "id": &run.id, "updated_at": micros(now), "document": encode(run)? };
    work.update(RUNS, vec![Update { filter: doc! { "_id": &run.key }, change: document, make: true }]).await?;
    if handles.is_empty() {
        return Ok(());
    }
    let kept: Vec<Seen> = work.all(HANDLES, doc! { "run": &run.id, "handle": { "$in": handles } }).await?;
    let mut seen: HashMap<String, SeenHandle> = kept.into_iter().map(Seen::known).collect();
    for handle in handles {
        let before = seen.get(handle).copied();
        let scattered = before.is_some_and(|before| before.scattered || before.pass == run.pass);
        seen.insert(handle.clone(), SeenHandle { pass: run.pass, scattered });
    }
    let seen_at = DateTime::from_millis(now.as_millisecond());
    let updates = seen.into_iter().map(|(handle, seen)| Update {
        filter: doc! { "run": &run.id, "handle": handle },
        change: doc! { "$set": { "pass": i64::from(seen.pass), "scattered": seen.scattered, "seen_at": seen_at } },
        make: true,
    });
    work.update(HANDLES, updates.collect()).await?;
    Ok(())
}

/// Removes the runs that were not touched since, and says which they were.
async fn forget(work: &mut Work, before: Timestamp) -> Result<Vec<String>, StoreError> {
    #[derive(Deserialize)]
    struct Old {
        #[serde(rename = "_id")]
        key: String,
        id: String,
    }
    let old: Vec<Old> = work.some(RUNS, doc! { "updated_at": { "$lt": micros(before) } }, doc! { "id": 1 }).await?;
    let keys: Vec<&str> = old.iter().map(|run| run.key.as_str()).collect();
    work.delete(RUNS, doc! { "_id": { "$in": keys } }).await?;
    Ok(old.into_iter().map(|run| run.id).collect())
}

#[async_trait]
impl ImportRuns for MongoProducts {
    async fn import_run(&self, key: &str) -> Result<Option<ImportRun>, StoreError> {
        let found = self.0.collection::<Document>(RUNS).find_one(doc! { "_id": key }).await?;
        found.map(|document| Ok(decode::<KeptRun>(document)?.document)).transpose()
    }

    /// The handles that a finished run needs no longer go afterwards, each by itself: there may be a million.
    async fn save_import_run(&self, run: &ImportRun, handles: &[String], now: Timestamp) -> Result<(), StoreError> {
        let save = || async {
            let mut work = Work::begin(&self.0).await?;
            save(&mut work, run, handles, now).await?;
            work.commit().await
        };
        retry_transaction(save).await?;
        if run.finished {
            let needless = doc! { "run": &run.id, "scattered": false };
            self.0.collection::<Document>(HANDLES).delete_many(needless).await?;
        }
        Ok(())
    }

    async fn seen_handles(&self, id: &str, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError> {
        let seen: Vec<Seen> = self.all(HANDLES, doc! { "run": id, "handle": { "$in": handles } }).await?;
        Ok(seen.into_iter().map(Seen::known).collect())
    }

    /// Their handles go afterwards, each by itself; what a killed process leaves of them is swept.
    async fn forget_import_runs(&self, before: Timestamp) -> Result<(), StoreError> {
        let forget = || async {
            let mut work = Work::begin(&self.0).await?;
            let forgotten = forget(&mut work, before).await?;
            work.commit().await?;
            Ok(forgotten)
        };
        let forgotten = retry_transaction(forget).await?;
        if !forgotten.is_empty() {
            self.0.collection::<Document>(HANDLES).delete_many(doc! { "run": { "$in": forgotten } }).await?;
        }
        Ok(())
    }
}
