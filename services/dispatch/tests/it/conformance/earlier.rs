//! Orders that an earlier version kept are read by this one.

use super::{id, moment};
use crate::shop::writer;
use chassis::sqlite::{Database, Durability};
use chassis::{StoreError, mysql};
use dispatch::order::{Order, Resume, Undo, Workflow};
use dispatch::store::{MysqlOrders, OrderStore, SqliteOrders};
use serde_json::{Value, json};
use testkit::{TestEnvironment, samples, servers};

/// The versions of the schema before what customers take back through their banks was known.
const KNOWN: usize = 3;
const INSERT: &str = "INSERT INTO orders (id, owner, status, document) VALUES (?, 'guest:a', 'attention', ?)";

/// A parked order as it was written then.
fn document() -> String {
    let (order, _) = Order::placed(samples::order(id(1), "guest:a", 2500, moment(0)), moment(0));
    let mut document: Value = serde_json::to_value(order).unwrap();
    document["workflow"] = json!({"state": "parked", "reason": "look it up", "undo": "undo_payment"});
    document["refunds"] = json!([{"key": "a", "amount": samples::usd(5), "reason": "r", "open": false}]);
    document["record"]["sums"].as_object_mut().unwrap().remove("charged_back");
    document["record"].as_object_mut().unwrap().remove("capture");
    for since in ["taken", "waits_for", "concerns", "returns"] {
        document.as_object_mut().unwrap().remove(since);
    }
    document.to_string()
}

fn is_read(found: Result<Option<Order>, StoreError>) {
    let order = found.unwrap().expect("the order");
    let then = Resume::Back(Undo::UndoPayment);
    assert_eq!(order.workflow, Workflow::NeedsAttention { reason: "look it up".into(), then, outcome_open: false });
    assert_eq!(order.record.totals.charged_back, samples::usd(0));
    assert!(!order.refunds[0].failed);
}

#[tokio::test]
async fn in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dispatch.db");
    let earlier = Database::open(&path, Durability::PowerLoss, &SqliteOrders::MIGRATIONS[..KNOWN]).await.unwrap();
    let insert = sqlx::query(INSERT).bind(id(1).to_string()).bind(document());
    insert.execute(&mut *earlier.write().await.unwrap()).await.unwrap();
    earlier.close().await;
    let store = SqliteOrders::open(&path, writer(), TestEnvironment::default().system).await.unwrap();
    is_read(store.find(id(1)).await);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn in_mysql() {
    let address = servers::mysql();
    let earlier = mysql::Database::open(&address, "dispatch", &MysqlOrders::MIGRATIONS[..KNOWN]).await.unwrap();
    let insert = sqlx::query(INSERT).bind(id(1).to_string()).bind(document());
    insert.execute(earlier.pool()).await.unwrap();
    earlier.close().await;
    let store = MysqlOrders::open(&address, writer(), TestEnvironment::default().system).await.unwrap();
    is_read(store.find(id(1)).await);
}
