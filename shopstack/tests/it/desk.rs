//! What the program tells the people of a shop, and does for them, without the shop's pages: the audit finds what is wrong,
//! and what waits is seen, tried again and settled.

use crate::harness::process::PROGRAM;
use crate::harness::shop::copy;
use crate::harness::shopping::text;
use crate::harness::{Goods, Purchase, Shop, eventually};
use catalogue::stock::{Reservation, demand};
use catalogue::store::{SqliteStock, StockStore};
use chassis::SystemContext;
use contracts::OrderId;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

fn run(books: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--data-dir").arg(books);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[track_caller]
fn done(books: &Path, arguments: &[&str]) -> String {
    let output = run(books, arguments, "");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// What an audit finds, but for what is under way.
fn found(books: &Path) -> Vec<Value> {
    let output = run(books, &["audit", "--json"], "");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter().filter(|one| one["class"] != "in_progress");
    findings.cloned().collect()
}

/// The books of a shop that has sold and delivered something, and was left alone.
async fn sold() -> Option<(TempDir, Shop)> {
    let mut shop = Shop::start().await;
    let books = shop.books()?;
    let (guest, goods) = (shop.guest().await, Goods::new(&shop, 5).await);
    let answer = guest.buys(&goods, 2).await;
    guest.sees_order(&answer, "delivered").await;
    shop.passes_its_audit(60).await;
    shop.kill();
    let kept = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    copy(&books, &kept.path().join("books"));
    Some((kept, shop))
}

/// Something that was done to the books, which invariant it breaks, and what the audit says of it.
type Damage = (&'static [(&'static str, &'static str)], u8, &'static str);

const DAMAGES: &[Damage] = &[
    (&[("stock.db", "UPDATE levels SET on_hand = on_hand + 1")], 1, ""),
    (&[("stock.db", "UPDATE levels SET reserved = reserved + 1")], 1, ""),
    (&[("payment.db", "DELETE FROM payments")], 2, "an order without its payment"),
    (&[("payment.db", "DELETE FROM payments")], 2, "the gateway knows of it, no payment does"),
    (&[("sandbox-gateway.db", "DELETE FROM payments")], 2, "is authorised here, and not at the gateway"),
    (
        &[(
            "sandbox-gateway.db",
            "INSERT INTO payments (id, reference, body) SELECT id || 'x', reference, body FROM payments",
        )],
        2,
        "was authorised twice",
    ),
    (
        &[
            ("payment.db", "UPDATE payments SET document = json_set(document, '$.placed_at', '2020-01-01T00:00:00Z')"),
            ("dispatch.db", "DELETE FROM orders"),
        ],
        3,
        "paid, and not with dispatch",
    ),
    (
        &[(
            "dispatch.db",
            "UPDATE orders SET document = json_set(document, '$.workflow', json('{\"state\": \"cancelled\"}'))",
        )],
        3,
        "cancelled, but captured",
    ),
    (
        &[(
            "dispatch.db",
            "UPDATE orders SET document = json_set(document, '$.next_at', '2020-01-01T00:00:00Z',
                 '$.workflow', json('{\"state\": \"running\", \"step\": \"capture\"}'))",
        )],
        3,
        "its workflow should have gone on",
    ),
    (&[("payment.db", "DELETE FROM ledger WHERE account = 'gateway'")], 5, "debits and credits differ"),
    (&[("payment.db", "DELETE FROM ledger")], 5, "payments say captured"),
    (
        &[("payment.db", "UPDATE payments SET document = json_set(document, '$.attempts[1].amount.amount', 1)")],
        5,
        "delivered for",
    ),
];

#[tokio::test]
async fn the_audit_finds_whatever_is_wrong_with_the_books() {
    let Some((kept, _shop)) = sold().await else { return };
    let good = kept.path().join("books");
    assert_eq!(found(&good), Vec::<Value>::new());
    for (number, (damage, invariant, detail)) in DAMAGES.iter().enumerate() {
        let bad = kept.path().join(format!("bad-{number}"));
        copy(&good, &bad);
        for (file, statement) in *damage {
            let database = SqlitePool::connect(&format!("sqlite://{}", bad.join(file).display())).await.unwrap();
            let changed = sqlx::query(*statement).execute(&database).await.unwrap().rows_affected();
            assert!(changed > 0, "{statement}");
            database.close().await;
        }
        let findings = found(&bad);
        let told = |one: &&Value| {
            let fits = one["class"] == "violation" && one["invariant"] == *invariant;
            fits && one["detail"].as_str().unwrap().contains(detail)
        };
        assert!(findings.iter().any(|one| told(&one)), "{damage:?} is not found: {findings:#?}");
    }
}

#[tokio::test]
async fn a_hold_without_an_owner_is_given_back_when_a_person_says_so() {
    let Some((kept, _shop)) = sold().await else { return };
    let books = kept.path().join("books");
    let stock = SqliteStock::open(&books.join("stock.db")).await.unwrap();
    let (sku, now) = (any_sku(&books).await, SystemContext::host().now());
    let order_id = OrderId(SystemContext::host().id());
    let demand = demand([(sku, 1)]);
    let wanted = Reservation { order_id, attempt: 1, demand, promotion: None, expected_by: now };
    stock.reserve(&wanted).await.unwrap();
    let findings = found(&books);
    let told = findings[0]["detail"].as_str().unwrap();
    assert!(findings.len() == 1 && told.contains("holds stock that nobody will take"), "{findings:#?}");
    // Asked, and answered with no: nothing is done.
    for (answer, left) in [("n\n", 1), ("y\n", 0)] {
        let output = run(&books, &["audit", "--repair"], answer);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains(&format!("give back the stock held for {order_id}? [y/N]")), "{told}");
        assert_eq!(found(&books).len(), left, "after {answer:?}");
    }
}

async fn any_sku(books: &Path) -> contracts::Sku {
    let database = SqlitePool::connect(&format!("sqlite://{}", books.join("stock.db").display())).await.unwrap();
    let sku: String = sqlx::query_scalar("SELECT sku FROM levels WHERE on_hand > reserved LIMIT 1")
        .fetch_one(&database)
        .await
        .unwrap();
    database.close().await;
    sku.parse().unwrap()
}

#[tokio::test]
async fn what_waits_for_a_person_is_listed_tried_again_and_settled_from_the_command_line() {
    let shop = Shop::start().await;
    let Some(books) = shop.books() else { return };
    let (guest, goods) = (shop.guest().await, Goods::new(&shop, 5).await);
    assert!(done(&books, &["orders", "parked"]).contains("No order waits"));
    let purchase = Purchase::prepare(&guest, &goods, 1, "BOUNCE").await;
    let answer = purchase.send(&guest).await.expect(201);
    guest.sees_order(&answer, "delivered").await;
    let (order, number) = (text(&answer["order_id"]), text(&answer["order_number"]));
    let asked = json!({"lines": [{"sku": goods.sku, "quantity": 1}], "reason": "too small"});
    let path = format!("/api/v1/orders/{order}/returns");
    guest.post_with_key(&path, "return", &asked).await.expect(201);
    let receipt = json!({"lines": asked["lines"], "restock": true});
    let support = shop.staff("support").await;
    support.post_with_key(&format!("{path}/1/receive"), "receive", &receipt).await.expect(202);

    let waits = async || {
        let told = done(&books, &["orders", "parked"]);
        told.contains(&number).then_some(told)
    };
    let told = eventually("the bounced refund waits for a person", 60, waits).await;
    assert!(told.contains("return 1 waits"), "{told}");
    let shown: Value = serde_json::from_str(&done(&books, &["orders", "show", &order])).unwrap();
    assert_eq!(shown["record"]["order_number"], number.as_str());
    assert!(done(&books, &["payments", "parked"]).contains("No command waits"), "the bank has said no: that is known");

    // Tried again, it bounces again; then somebody pays in cash.
    done(&books, &["orders", "retry", &order]);
    let bounced = |shown: &Value| {
        let attempts = shown["attempts"].as_array().unwrap().iter();
        attempts.filter(|attempt| attempt["kind"] == "refund" && attempt["state"] == "failed").count() == 2
    };
    eventually("it bounces again", 60, async || {
        let shown: Value = serde_json::from_str(&done(&books, &["payments", "show", &number])).unwrap();
        (bounced(&shown) && waits().await.is_some()).then_some(())
    })
    .await;
    // What the bank said is looked after first; that alone books no money.
    for reason in ["looked at the bank's word", "in cash"] {
        let shown = guest.get(&format!("/api/v1/orders/{order}")).await.expect(200);
        assert_eq!(shown["payment"]["refunded"]["amount"], 0, "{shown}");
        done(&books, &["orders", "resolve", &order, "--outcome", "done", "--reason", reason]);
    }
    eventually("the return is paid", 60, async || {
        let order = guest.get(&format!("/api/v1/orders/{order}")).await.expect(200);
        (order["payment"]["refunded"]["amount"] != 0 && order["returns"][0]["status"] == "refunded").then_some(())
    })
    .await;
    assert!(!done(&books, &["orders", "parked"]).contains(&number), "what was of concern is looked after");
    shop.passes_its_audit(60).await;
    let refused = run(&books, &["orders", "retry", &order], "");
    assert!(!refused.status.success(), "nothing waits any more");
    assert!(done(&books, &["dead-letters", "list"]).lines().count() <= 3, "and no event was given up");
}
