//! Orders that earlier versions stored are read by this one.

use super::{id, moment};
use crate::shop::renderer;
use chassis::sqlite::{Database, Durability};
use chassis::{StoreError, mysql};
use contracts::dispatch::TimelineKind;
use dispatch::Viewer;
use dispatch::order::{Compensation, Order, ResumePoint, Workflow};
use dispatch::store::{MysqlOrders, OrderStore, SqliteOrders};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::{TestEnvironment, samples, servers};

/// The number of migrations before chargebacks were stored.
const KNOWN: usize = 3;
const INSERT: &str = "INSERT INTO orders (id, owner, status, document) VALUES (?, 'guest:a', 'attention', ?)";

/// Returns the document of an order that needs attention, as an earlier version stored it.
fn document() -> String {
    let (order, _) = Order::placed(samples::order(id(1), "guest:a", 2500, moment(0)), moment(0));
    let mut document: Value = serde_json::to_value(order).unwrap();
    document["workflow"] = json!({"state": "parked", "reason": "look it up", "undo": "undo_payment"});
    document["refunds"] = json!([{"key": "a", "amount": samples::usd(5), "reason": "r", "open": false}]);
    let record = document["record"].as_object_mut().unwrap();
    let mut totals = record.remove("totals").unwrap();
    totals.as_object_mut().unwrap().remove("charged_back");
    record.insert("sums".into(), totals);
    document["timeline"] = json!([
        {"number": 1, "at": "2027-01-15T08:00:00Z", "kind": "placed", "text": "Your order has been placed.", "status": "received"},
        {"number": 2, "at": "2027-01-15T08:01:00Z", "kind": "captured", "text": "25.00 USD have been charged.",
            "status": "received"},
        {"number": 3, "at": "2027-01-15T08:02:00Z", "kind": "parked", "text": "We are looking into your order.",
            "status": "attention", "remark": {"author": null, "reason": "look it up"}},
        {"number": 4, "at": "2027-01-15T08:03:00Z", "kind": "concern", "text": "The books of this order have changed.",
            "status": "attention", "remark": {"author": null, "reason": "charged back"}},
    ]);
    document["record"].as_object_mut().unwrap().remove("capture");
    for since in ["captured", "awaited_skus", "payment_issues", "returns", "resume_count", "early_updates"] {
        document.as_object_mut().unwrap().remove(since);
    }
    document.to_string()
}

fn is_read(found: Result<Option<Order>, StoreError>) {
    let order = found.unwrap().expect("the order");
    let resume_at = ResumePoint::Compensation(Compensation::UndoPayment);
    assert_eq!(
        order.workflow,
        Workflow::NeedsAttention { reason: "look it up".into(), resume_at, outcome_unknown: false }
    );
    assert_eq!(order.record.totals.charged_back, samples::usd(0));
    assert!(!order.refunds[0].failed);
    let kinds: Vec<TimelineKind> = order.timeline.iter().map(|entry| entry.kind).collect();
    let expected =
        [TimelineKind::Placed, TimelineKind::Captured, TimelineKind::NeedsAttention, TimelineKind::PaymentIssue];
    assert_eq!(kinds, expected);
    let viewer = Viewer { staff: false, has_seller: false, now: moment(0), return_window: SignedDuration::ZERO };
    let entries = order.timeline.iter().cloned().filter_map(|record| viewer.timeline_entry(record));
    let texts: Vec<String> = entries.map(|entry| entry.text).collect();
    let [placed, captured, attention] = texts.as_slice() else { panic!("{texts:?}") };
    assert_eq!((placed.as_str(), captured.as_str()), ("We've received your order.", "Payment captured."));
    assert!(attention.starts_with("Our team is looking into your order."), "{attention}");
    assert_eq!(order.timeline[2].staff_note.as_ref().unwrap().reason.as_deref(), Some("look it up"));
}

#[tokio::test]
async fn in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dispatch.db");
    let earlier = Database::open(&path, Durability::PowerLoss, &SqliteOrders::MIGRATIONS[..KNOWN]).await.unwrap();
    let insert = sqlx::query(INSERT).bind(id(1).to_string()).bind(document());
    insert.execute(&mut *earlier.write().await.unwrap()).await.unwrap();
    earlier.close().await;
    let store = SqliteOrders::open(&path, renderer(), TestEnvironment::default().system).await.unwrap();
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
    let store = MysqlOrders::open(&address, renderer(), TestEnvironment::default().system).await.unwrap();
    is_read(store.find(id(1)).await);
}
