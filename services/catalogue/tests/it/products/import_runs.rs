//! The contract of import runs.

use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::import::{ImportCounts, ImportRun, SeenHandle};
use jiff::SignedDuration;
use std::collections::HashMap;
use testkit::TestEnvironment;

fn run(key: &str, id: &str) -> ImportRun {
    let (key, id) = (key.to_owned(), id.to_owned());
    ImportRun { key, id, pass: 1, rows: 0, finished: false, counts: ImportCounts::default() }
}

fn names(handles: &[&str]) -> Vec<String> {
    handles.iter().map(|&handle| handle.to_owned()).collect()
}

fn seen(handles: &[(&str, u32, bool)]) -> HashMap<String, SeenHandle> {
    handles.iter().map(|&(handle, pass, non_adjacent)| (handle.to_owned(), SeenHandle { pass, non_adjacent })).collect()
}

async fn a_run_is_found_by_its_key_with_its_progress(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    assert_eq!(store.import_run("key").await.unwrap(), None);
    let mut run = run("key", "id");
    store.save_import_run(&run, &[], now).await.unwrap();
    run.rows = 9_007_199_254_740_993;
    run.counts.rows = 7;
    store.save_import_run(&run, &names(&["a"]), now).await.unwrap();
    assert_eq!(store.import_run("key").await.unwrap(), Some(run.clone()));
    let restarted = ImportRun { id: "other".to_owned(), rows: 0, ..run };
    store.save_import_run(&restarted, &[], now).await.unwrap();
    assert_eq!(store.import_run("key").await.unwrap(), Some(restarted));
}

async fn a_handle_seen_twice_in_a_pass_is_non_adjacent(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    let (mut first, other) = (run("key", "id"), run("other", "other-id"));
    store.save_import_run(&first, &names(&["a", "$b.c", "\u{1F600}"]), now).await.unwrap();
    store.save_import_run(&first, &names(&["a", "d", "d"]), now).await.unwrap();
    store.save_import_run(&other, &names(&["\u{1F600}"]), now).await.unwrap();
    let asked = names(&["a", "$b.c", "\u{1F600}", "d", "e"]);
    let expected = seen(&[("a", 1, true), ("$b.c", 1, false), ("\u{1F600}", 1, false), ("d", 1, true)]);
    assert_eq!(store.seen_handles("id", &asked).await.unwrap(), expected);
    first.pass = 2;
    store.save_import_run(&first, &names(&["a", "$b.c"]), now).await.unwrap();
    let expected = seen(&[("a", 2, true), ("$b.c", 2, false), ("\u{1F600}", 1, false), ("d", 1, true)]);
    assert_eq!(store.seen_handles("id", &asked).await.unwrap(), expected);
}

async fn a_finished_run_retains_only_non_adjacent_handles(backend: StoreBackend, env: &TestEnvironment) {
    let (store, now) = (backend.products().await, env.system.now());
    let mut first = run("key", "id");
    let other = run("other", "other-id");
    store.save_import_run(&other, &names(&["a"]), now).await.unwrap();
    store.save_import_run(&first, &names(&["a", "b"]), now).await.unwrap();
    first.finished = true;
    store.save_import_run(&first, &names(&["a"]), now).await.unwrap();
    assert_eq!(store.seen_handles("id", &names(&["a", "b"])).await.unwrap(), seen(&[("a", 1, true)]));
    assert_eq!(store.seen_handles("other-id", &names(&["a"])).await.unwrap(), seen(&[("a", 1, false)]));
    assert!(store.import_run("key").await.unwrap().unwrap().finished);
}

async fn old_runs_are_purged(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let begun = env.system.now();
    for (key, id) in [("old", "old-id"), ("touched", "touched-id")] {
        store.save_import_run(&run(key, id), &names(&["a"]), begun).await.unwrap();
    }
    let later = begun.checked_add(SignedDuration::from_secs(1)).unwrap();
    store.save_import_run(&run("touched", "touched-id"), &[], later).await.unwrap();
    store.purge_import_runs(begun).await.unwrap();
    assert!(store.import_run("old").await.unwrap().is_some(), "a run stored at that time is kept");
    store.purge_import_runs(later).await.unwrap();
    assert!(store.import_run("old").await.unwrap().is_none());
    assert!(store.seen_handles("old-id", &names(&["a"])).await.unwrap().is_empty());
    assert!(store.import_run("touched").await.unwrap().is_some());
    assert_eq!(store.seen_handles("touched-id", &names(&["a"])).await.unwrap().len(), 1);
}

conformance!(
    a_run_is_found_by_its_key_with_its_progress,
    a_handle_seen_twice_in_a_pass_is_non_adjacent,
    a_finished_run_retains_only_non_adjacent_handles,
    old_runs_are_purged,
);
