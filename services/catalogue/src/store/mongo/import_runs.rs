//! Import runs, in the database of products.

use super::codec::encode;
use super::products::MongoProducts;
use super::queries::{find_all, find_by_id};
use super::schema::{IMPORT_HANDLES, IMPORT_RUNS};
use super::transaction::{Transaction, Update};
use crate::store::{ImportRun, ImportRuns, SeenHandle};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::mongo::micros;
use chassis::store::retry_transaction;
use jiff::Timestamp;
use mongodb::bson::{DateTime, Document, doc};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct StoredRun {
    document: ImportRun,
}

#[derive(Deserialize)]
struct StoredHandle {
    handle: String,
    pass: u32,
    scattered: bool,
}

impl StoredHandle {
    fn into_pair(self) -> (String, SeenHandle) {
        (self.handle, SeenHandle { pass: self.pass, non_adjacent: self.scattered })
    }
}

async fn save(
    transaction: &mut Transaction,
    run: &ImportRun,
    handles: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    let document = doc! { "id": &run.id, "updated_at": micros(now), "document": encode(run)? };
    let update = Update { filter: doc! { "_id": &run.key }, change: document, upsert: true };
    transaction.update(IMPORT_RUNS, vec![update]).await?;
    if handles.is_empty() {
        return Ok(());
    }
    let filter = doc! { "run": &run.id, "handle": { "$in": handles } };
    let stored: Vec<StoredHandle> = transaction.all(IMPORT_HANDLES, filter).await?;
    let mut seen: HashMap<String, SeenHandle> = stored.into_iter().map(StoredHandle::into_pair).collect();
    for handle in handles {
        let before = seen.get(handle).copied();
        // A handle that occurs again in the same pass has rows that are not adjacent.
        let non_adjacent = before.is_some_and(|before| before.non_adjacent || before.pass == run.pass);
        seen.insert(handle.clone(), SeenHandle { pass: run.pass, non_adjacent });
    }
    // A BSON date, which the TTL index requires.
    let seen_at = DateTime::from_millis(now.as_millisecond());
    let updates = seen.into_iter().map(|(handle, seen)| Update {
        filter: doc! { "run": &run.id, "handle": handle },
        change: doc! { "$set": { "pass": i64::from(seen.pass), "scattered": seen.non_adjacent, "seen_at": seen_at } },
        upsert: true,
    });
    transaction.update(IMPORT_HANDLES, updates.collect()).await?;
    Ok(())
}

/// Deletes the runs stored before `before` and returns their ids.
async fn purge(transaction: &mut Transaction, before: Timestamp) -> Result<Vec<String>, StoreError> {
    #[derive(Deserialize)]
    struct OldRun {
        #[serde(rename = "_id")]
        key: String,
        id: String,
    }
    let filter = doc! { "updated_at": { "$lt": micros(before) } };
    let old: Vec<OldRun> = transaction.project(IMPORT_RUNS, filter, doc! { "id": 1 }).await?;
    let keys: Vec<&str> = old.iter().map(|run| run.key.as_str()).collect();
    transaction.delete(IMPORT_RUNS, doc! { "_id": { "$in": keys } }).await?;
    Ok(old.into_iter().map(|run| run.id).collect())
}

#[async_trait]
impl ImportRuns for MongoProducts {
    async fn import_run(&self, key: &str) -> Result<Option<ImportRun>, StoreError> {
        let stored: Option<StoredRun> = find_by_id(&self.0, IMPORT_RUNS, key).await?;
        Ok(stored.map(|stored| stored.document))
    }

    async fn save_import_run(&self, run: &ImportRun, handles: &[String], now: Timestamp) -> Result<(), StoreError> {
        let save = || async {
            let mut transaction = Transaction::begin(&self.0).await?;
            save(&mut transaction, run, handles, now).await?;
            transaction.commit().await
        };
        retry_transaction(save).await?;
        if run.finished {
            // After the commit and outside a transaction, which could not delete a million handles.
            let unneeded = doc! { "run": &run.id, "scattered": false };
            self.0.collection::<Document>(IMPORT_HANDLES).delete_many(unneeded).await?;
        }
        Ok(())
    }

    async fn seen_handles(&self, id: &str, handles: &[String]) -> Result<HashMap<String, SeenHandle>, StoreError> {
        let filter = doc! { "run": id, "handle": { "$in": handles } };
        let stored: Vec<StoredHandle> = find_all(&self.0, IMPORT_HANDLES, filter).await?;
        Ok(stored.into_iter().map(StoredHandle::into_pair).collect())
    }

    async fn purge_import_runs(&self, before: Timestamp) -> Result<(), StoreError> {
        let purge = || async {
            let mut transaction = Transaction::begin(&self.0).await?;
            let purged = purge(&mut transaction, before).await?;
            transaction.commit().await?;
            Ok(purged)
        };
        let purged = retry_transaction(purge).await?;
        if !purged.is_empty() {
            // Outside the transaction for their number. If the process is killed here, the TTL index deletes the rest.
            let handles = self.0.collection::<Document>(IMPORT_HANDLES);
            handles.delete_many(doc! { "run": { "$in": purged } }).await?;
        }
        Ok(())
    }
}
