//! The commands for staff and operators: the audit finds every kind of damage, and what needs attention is listed, retried
//! and resolved.

use crate::harness::process::program;
use crate::harness::shop::copy;
use crate::harness::shopping::string;
use crate::harness::{Purchase, Shop, TestProduct, eventually};
use catalogue::stock::{Reservation, sum_demand};
use catalogue::store::{SqliteStock, StockStore};
use chassis::SystemContext;
use contracts::OrderId;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};
use tempfile::TempDir;

fn run(data_dir: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut command = program();
    command.args(arguments).arg("--data-dir").arg(data_dir);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn done(data_dir: &Path, arguments: &[&str]) -> String {
    let output = run(data_dir, arguments, "");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The findings of an audit, without those in progress.
fn found(data_dir: &Path) -> Vec<Value> {
    let output = run(data_dir, &["audit", "--json"], "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter().filter(|one| one["class"] != "in_progress");
    findings.cloned().collect()
}

/// The data directory of a stopped shop that has delivered an order.
async fn sold() -> Option<(TempDir, Shop)> {
    let mut shop = Shop::start().await;
    let data_dir = shop.data_dir()?;
    let (guest, product) = (shop.guest().await, TestProduct::new(&shop, 5).await);
    let response = guest.buy(&product, 2).await;
    guest.wait_for_timeline(&response, "delivered").await;
    shop.assert_audit_is_clean(60).await;
    shop.kill();
    let kept = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    copy(&data_dir, &kept.path().join("data"));
    Some((kept, shop))
}

/// Statements that damage the data, the invariant that they break, and a part of the finding.
type Damage = (&'static [(&'static str, &'static str)], &'static str, &'static str);

const DAMAGES: &[Damage] = &[
    (&[("stock.db", "UPDATE levels SET on_hand = on_hand + 1")], "I1", ""),
    (&[("stock.db", "UPDATE levels SET reserved = reserved + 1")], "I1", ""),
    (&[("payment.db", "DELETE FROM payments")], "I2", "the order has no placed payment"),
    (&[("payment.db", "DELETE FROM payments")], "I2", "money at the gateway that no payment knows"),
    (&[("sandbox-gateway.db", "DELETE FROM payments")], "I2", "is authorised in the shop, but not at the gateway"),
    (
        &[(
            "sandbox-gateway.db",
            "INSERT INTO payments (id, reference, body) SELECT id || 'x', reference, body FROM payments",
        )],
        "I2",
        "was authorised twice",
    ),
    (
        &[
            ("payment.db", "UPDATE payments SET document = json_set(document, '$.placed_at', '2020-01-01T00:00:00Z')"),
            ("dispatch.db", "DELETE FROM orders"),
        ],
        "I3",
        "paid, but dispatch has no order",
    ),
    (
        &[(
            "dispatch.db",
            "UPDATE orders SET document = json_set(document, '$.workflow', json('{\"state\": \"cancelled\"}'))",
        )],
        "I3",
        "cancelled, but",
    ),
    (
        &[(
            "dispatch.db",
            "UPDATE orders SET document = json_set(document, '$.next_at', '2020-01-01T00:00:00Z',
                 '$.workflow', json('{\"state\": \"running\", \"step\": \"capture\"}'))",
        )],
        "I3",
        "the workflow is overdue",
    ),
    (&[("payment.db", "DELETE FROM ledger WHERE account = 'gateway'")], "I5", "debits and credits differ"),
    (&[("payment.db", "DELETE FROM ledger")], "I5", "in the payments"),
    (
        &[("payment.db", "UPDATE payments SET document = json_set(document, '$.operations[1].amount.amount', 1)")],
        "I5",
        "delivered for",
    ),
];

#[tokio::test]
async fn the_audit_finds_every_kind_of_damage() {
    let Some((kept, _shop)) = sold().await else { return };
    let intact = kept.path().join("data");
    assert_eq!(found(&intact), Vec::<Value>::new());
    for (number, (damage, invariant, detail)) in DAMAGES.iter().enumerate() {
        let damaged = kept.path().join(format!("bad-{number}"));
        copy(&intact, &damaged);
        for (file, statement) in *damage {
            let database = SqlitePool::connect(&format!("sqlite://{}", damaged.join(file).display())).await.unwrap();
            let changed = sqlx::query(*statement).execute(&database).await.unwrap().rows_affected();
            assert!(changed > 0, "{statement}");
            database.close().await;
        }
        // The lock of a running shop. Nothing is overdue in one that is stopped.
        let _lock = lock(&damaged);
        let findings = found(&damaged);
        let matches = |one: &&Value| {
            let fits = one["class"] == "violation" && one["invariant"] == *invariant;
            fits && one["detail"].as_str().unwrap().contains(detail)
        };
        assert!(findings.iter().any(|one| matches(&one)), "{damage:?} is not found: {findings:#?}");
    }
}

/// Locks a data directory as a running shop does.
fn lock(data_dir: &Path) -> File {
    let file = File::create(data_dir.join("occupied")).unwrap();
    file.try_lock().unwrap();
    file
}

#[tokio::test]
async fn nothing_is_overdue_in_a_shop_that_is_stopped() {
    let Some((kept, _shop)) = sold().await else { return };
    let data_dir = kept.path().join("data");
    for (file, statement) in [
        (
            "payment.db",
            "UPDATE payments SET document = json_set(document, '$.operations[0].due_at', '2020-01-01T00:00:00Z')",
        ),
        (
            "dispatch.db",
            "UPDATE orders SET document = json_set(document, '$.next_at', '2020-01-01T00:00:00Z',
                 '$.workflow', json('{\"state\": \"running\", \"step\": \"capture\"}'))",
        ),
    ] {
        let database = SqlitePool::connect(&format!("sqlite://{}", data_dir.join(file).display())).await.unwrap();
        assert_eq!(sqlx::query(statement).execute(&database).await.unwrap().rows_affected(), 1);
        database.close().await;
    }
    let is_overdue = |one: &Value| one["detail"].as_str().unwrap().contains("overdue");
    assert!(!found(&data_dir).iter().any(is_overdue), "stopped: {:#?}", found(&data_dir));
    let _lock = lock(&data_dir);
    assert_eq!(found(&data_dir).iter().filter(|one| is_overdue(one)).count(), 2, "running");
}

#[tokio::test]
async fn an_orphaned_reservation_is_released_after_confirmation() {
    let Some((kept, _shop)) = sold().await else { return };
    let data_dir = kept.path().join("data");
    let stock = SqliteStock::open(&data_dir.join("stock.db")).await.unwrap();
    let (sku, now) = (any_sku(&data_dir).await, SystemContext::host().now());
    let order_id = OrderId(SystemContext::host().id());
    let demand = sum_demand([(sku, 1)]);
    let wanted = Reservation { order_id, attempt: 1, demand, promotion: None, cart_id: None, expected_by: now };
    stock.reserve(&wanted).await.unwrap();
    let findings = found(&data_dir);
    let text = findings[0]["detail"].as_str().unwrap();
    assert!(findings.len() == 1 && text.contains("its stock is still reserved"), "{findings:#?}");
    // After "no", nothing is changed.
    for (response, left) in [("n\n", 1), ("y\n", 0)] {
        let output = run(&data_dir, &["audit", "--repair"], response);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(&format!("Release the stock reserved for order {order_id}? [y/N]")), "{text}");
        assert_eq!(found(&data_dir).len(), left, "after {response:?}");
    }
}

async fn any_sku(data_dir: &Path) -> contracts::Sku {
    let database = SqlitePool::connect(&format!("sqlite://{}", data_dir.join("stock.db").display())).await.unwrap();
    let sku: String = sqlx::query_scalar("SELECT sku FROM levels WHERE on_hand > reserved LIMIT 1")
        .fetch_one(&database)
        .await
        .unwrap();
    database.close().await;
    sku.parse().unwrap()
}

#[tokio::test]
async fn an_order_that_needs_attention_is_listed_retried_and_resolved() {
    let shop = Shop::start().await;
    let Some(data_dir) = shop.data_dir() else { return };
    let (guest, product) = (shop.guest().await, TestProduct::new(&shop, 5).await);
    assert!(done(&data_dir, &["orders", "attention"]).contains("No orders need attention"));
    assert!(done(&data_dir, &["emails", "failed"]).contains("No emails or webhooks have failed"));
    assert!(done(&data_dir, &["images", "failed"]).contains("No images have failed"));
    let purchase = Purchase::prepare(&guest, &product, 1, "BOUNCE").await;
    let response = purchase.send(&guest).await.expect(201);
    guest.wait_for_timeline(&response, "delivered").await;
    let (order, number) = (string(&response["order_id"]), string(&response["order_number"]));
    let response = json!({"lines": [{"sku": product.sku, "quantity": 1}], "reason": "too small"});
    let path = format!("/api/v1/orders/{order}/returns");
    guest.post_with_key(&path, "return", &response).await.expect(201);
    let receipt = json!({"lines": response["lines"], "restock": true});
    let support = shop.staff("support").await;
    support.post_with_key(&format!("{path}/1/receive"), "receive", &receipt).await.expect(202);

    let attention_list = async || {
        let text = done(&data_dir, &["orders", "attention"]);
        text.contains(&number).then_some(text)
    };
    let text = eventually("the failed refund needs attention", 60, attention_list).await;
    assert!(text.contains("return 1 needs attention"), "{text}");
    let summary: Value = serde_json::from_str(&done(&data_dir, &["orders", "show", &order])).unwrap();
    let by_number: Value = serde_json::from_str(&done(&data_dir, &["orders", "show", &number])).unwrap();
    assert_eq!(by_number["record"]["order_number"], summary["record"]["order_number"]);
    assert_eq!(summary["record"]["order_number"], number.as_str());
    assert!(
        done(&data_dir, &["payments", "attention"]).contains("No payment operations need attention"),
        "the refusal is final"
    );

    // The retry fails at the bank again; then staff pays the customer in cash.
    done(&data_dir, &["orders", "retry", &order]);
    let bounced = |summary: &Value| {
        let operations = summary["operations"].as_array().unwrap().iter();
        operations.filter(|operation| operation["kind"] == "refund" && operation["state"] == "failed").count() == 2
    };
    eventually("the retry fails too", 60, async || {
        let summary: Value = serde_json::from_str(&done(&data_dir, &["payments", "show", &number])).unwrap();
        (bounced(&summary) && attention_list().await.is_some()).then_some(())
    })
    .await;
    // The first resolution closes the payment issue, which posts nothing to the ledger; the second records the refund.
    for reason in ["seen the bank's message", "in cash"] {
        let summary = guest.get(&format!("/api/v1/orders/{order}")).await.expect(200);
        assert_eq!(summary["payment"]["refunded"]["amount"], 0, "{summary}");
        done(&data_dir, &["orders", "resolve", &order, "--outcome", "done", "--reason", reason]);
    }
    eventually("the return is paid", 60, async || {
        let order = guest.get(&format!("/api/v1/orders/{order}")).await.expect(200);
        (order["payment"]["refunded"]["amount"] != 0 && order["returns"][0]["status"] == "refunded").then_some(())
    })
    .await;
    assert!(!done(&data_dir, &["orders", "attention"]).contains(&number), "the issue is resolved");
    shop.assert_audit_is_clean(60).await;
    let refused = run(&data_dir, &["orders", "retry", &order], "");
    assert!(!refused.status.success(), "nothing needs attention any more");
    assert!(done(&data_dir, &["dead-letters", "list"]).lines().count() <= 3, "and no event failed");
}
