//! Rows of earlier versions, in which manual payments were named `by-hand` and unreachable gateways `gateway-away`.

use super::{capture, moment, payment};
use chassis::sqlite::{Database, Durability};
use chassis::{mysql, sqlite};
use payment::operation::{GATEWAY_UNREACHABLE, MANUAL};
use payment::payment::{Effects, Outcome, Payment};
use payment::store::{MysqlPayments, PaymentStore, SqlitePayments};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::{TestEnvironment, servers};

/// The schema version before the names were changed.
const OLD_VERSION: usize = 4;

const LEDGER_ROWS: &str = "INSERT INTO ledger (source, order_id, account, amount, currency, gateway, at) VALUES
    ('a-2', 'order', 'refunds', 700, 'USD', 'by-hand', 1), ('a-2', 'order', 'bank', -700, 'USD', 'by-hand', 1),
    ('a-1', 'order', 'gateway', 2500, 'USD', 'sandbox', 1), ('a-1', 'order', 'sales', -2500, 'USD', 'sandbox', 1)";

/// The document of a payment as an earlier version wrote it, with the old names of its fields and values.
fn legacy_document() -> (Payment, String) {
    let mut stored = payment(1, 1);
    let _: Effects = capture(&mut stored).unwrap();
    let mut document: Value = serde_json::to_value(&stored).unwrap();
    let object = document.as_object_mut().unwrap();
    for (name, old) in [
        ("operations", "attempts"),
        ("discrepancies", "contradictions"),
        ("reservation_attempt", "hold"),
        ("close_reason", "closed"),
        ("back_off_until", "put_off_until"),
    ] {
        let value = object.remove(name).unwrap();
        object.insert(old.to_owned(), value);
    }
    let operation = document["attempts"][0].as_object_mut().unwrap();
    let full = operation.remove("full").unwrap();
    operation.insert("whole".to_owned(), full);
    operation.insert("gateway".to_owned(), json!("by-hand"));
    operation.insert("state".to_owned(), json!("parked"));
    operation.insert("refusal".to_owned(), json!({"code": "by-hand", "reason": "Refund it."}));
    let outcome = document["facts"][0]["outcome"].as_object_mut().unwrap();
    let captured = outcome.remove("captured").unwrap();
    outcome.insert("taken".to_owned(), captured);
    let refusal = json!({"code": "gateway-away", "reason": "Unreachable."});
    let mut refused = document["facts"][0].clone();
    refused["outcome"] = json!({"outcome": "refused", "refusal": refusal});
    let task = json!({"outcome": "by_hand", "task": "Refund it."});
    let mut manual = document["facts"][0].clone();
    manual["outcome"] = task;
    document["facts"].as_array_mut().unwrap().extend([refused, manual]);
    (stored, document.to_string())
}

async fn names_are_current(store: Arc<dyn PaymentStore>, stored: &Payment) {
    let found = store.find(stored.id).await.unwrap().unwrap();
    let operation = &found.operations[0];
    assert_eq!((operation.gateway.as_str(), operation.full, operation.is_manual_task()), (MANUAL, true, true));
    assert_eq!(found.reservation_attempt, stored.reservation_attempt);
    assert_eq!(found.facts[0], stored.facts[0]);
    let Outcome::Refused { refusal } = &found.facts[1].outcome else { panic!("{found:#?}") };
    assert_eq!(refusal.code, GATEWAY_UNREACHABLE);
    assert!(matches!(found.facts[2].outcome, Outcome::Manual { .. }));
    let balances = store.balances().await.unwrap();
    let totals: Vec<_> = balances.iter().map(|one| (one.gateway.as_str(), one.refunded, one.difference)).collect();
    assert_eq!(totals, [(MANUAL, 700, 0), ("sandbox", 0, 0)]);
    // A change writes the current names, which are read back as they are.
    let unchanged = |_: &mut Payment| Ok(Effects::default());
    let changed = store.change(stored.id, moment(9), &unchanged).await.unwrap().unwrap().unwrap();
    assert_eq!(store.find(stored.id).await.unwrap().unwrap(), changed);
}

#[tokio::test]
async fn legacy_names_in_sqlite_are_read_as_current_ones() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payment.db");
    let migrations: &[sqlite::Migration] = &SqlitePayments::MIGRATIONS[..OLD_VERSION];
    let old = Database::open(&file, Durability::PowerLoss, migrations).await.unwrap();
    let (stored, document) = legacy_document();
    let mut write = old.write().await.unwrap();
    sqlx::query(LEDGER_ROWS).execute(&mut *write).await.unwrap();
    sqlx::query("INSERT INTO payments (id, order_id, state, document) VALUES (?, ?, 'reserving', ?)")
        .bind(stored.id.to_string())
        .bind(stored.order_id.to_string())
        .bind(document)
        .execute(&mut *write)
        .await
        .unwrap();
    drop(write);
    drop(old);
    let store = SqlitePayments::open(&file, TestEnvironment::default().system).await.unwrap();
    names_are_current(Arc::new(store), &stored).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn legacy_names_in_mysql_are_read_as_current_ones() {
    let connection = servers::mysql();
    let migrations: &[mysql::Migration] = &MysqlPayments::MIGRATIONS[..OLD_VERSION];
    let old = mysql::Database::open(&connection, "payment", migrations).await.unwrap();
    let (stored, document) = legacy_document();
    sqlx::query(LEDGER_ROWS).execute(old.pool()).await.unwrap();
    sqlx::query("INSERT INTO payments (id, order_id, state, document) VALUES (?, ?, 'reserving', ?)")
        .bind(stored.id.to_string())
        .bind(stored.order_id.to_string())
        .bind(document)
        .execute(old.pool())
        .await
        .unwrap();
    let store = MysqlPayments::open(&connection, TestEnvironment::default().system).await.unwrap();
    names_are_current(Arc::new(store), &stored).await;
}
