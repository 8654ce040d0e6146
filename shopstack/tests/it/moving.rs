//! A shop that grew on one machine moves to the backends of many, with everything in it, and goes on there.

use crate::harness::process::{PROGRAM, Process};
use crate::harness::{Goods, Purchase, Shop, Visitor, eventually};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use testkit::servers;

/// Names of this test's own in the backends that all tests share.
fn backends() -> Vec<(&'static str, String)> {
    let prefix = servers::prefix();
    ["DB_PREFIX", "MONGO_PREFIX", "REDIS_PREFIX", "AMQP_PREFIX"].map(|name| (name, prefix.clone())).to_vec()
}

fn run(environment: &[(&'static str, String)], arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg(folder).envs(environment.iter().map(|(name, value)| (name, value)));
    command.output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_shop_moves_with_everything_in_it_and_goes_on() {
    let mut shop = Shop::start().await;
    let goods = Goods::new(&shop, 500).await;
    let (reader, shopper) = (shop.customer().await, shop.guest().await);
    let bought = reader.buys(&goods, 2).await;
    reader.sees_order(&bought, "confirmed").await;
    shopper.adds(&goods.sku, 3).await;
    let environment = backends();
    let books = shop.books().unwrap();
    let early = run(&environment, &["migrate-data", "--from"], &books);
    assert!(!early.status.success() && told(&early).contains("in use"), "{}", told(&early));

    // One order's answer is lost, another's events are on their way when the shop is killed.
    let unlucky = shop.guest().await;
    let lost = Purchase::prepare(&unlucky, &goods, 1, "LOST").await.send(&unlucky).await;
    assert!(matches!(lost.status, 201 | 202), "the gateway may have told of it first: {}", lost.text());
    let lost = lost.json();
    let last = shop.guest().await;
    let just_bought = last.buys(&goods, 1).await;
    shop.kill();

    let moved = run(&environment, &["migrate-data", "--from"], &books);
    assert!(moved.status.success(), "{}", told(&moved));
    assert!(told(&moved).contains("found the same"), "{}", told(&moved));
    let again = run(&environment, &["migrate-data", "--from"], &books);
    assert!(!again.status.success() && told(&again).contains("already"), "{}", told(&again));

    let place = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (secrets, data) = (place.path().join("secrets"), place.path().join("data"));
    let made = Command::new(PROGRAM).arg("secrets").arg(&secrets).arg("--from").arg(&books).output().unwrap();
    assert!(made.status.success(), "{}", told(&made));
    std::fs::create_dir_all(&data).unwrap();
    std::fs::copy(books.join("sandbox-gateway.db"), data.join("sandbox-gateway.db")).unwrap();
    let mut environment = environment;
    environment.push(("SECRETS_DIR", secrets.to_string_lossy().into_owned()));
    let services = tokio::task::spawn_blocking({
        let (data, environment) = (data.clone(), environment.clone());
        move || Process::serve(&data, &environment)
    });
    let services = services.await.unwrap();
    let moved = |visitor: &Visitor| Visitor::new(&services.base_url).with_token(visitor.token().unwrap());

    // Who was logged in still is, with the same cart and orders; what was cut off comes to its end.
    let cart = moved(&shopper).get("/api/v1/cart").await.expect(200);
    assert_eq!(cart["lines"][0]["quantity"], 3);
    assert_eq!(
        moved(&reader).get("/api/v1/me").await.expect(200)["email"].as_str().map(|email| email.contains('@')),
        Some(true)
    );
    moved(&reader).sees_order(&bought, "confirmed").await;
    moved(&last).sees_order(&just_bought, "confirmed").await;
    moved(&unlucky).sees_order(&lost, "confirmed").await;
    let stranger = Visitor::new(&services.base_url);
    let stock = stranger.get(&format!("/api/v1/products?q={}", goods.sku)).await.expect(200);
    assert_eq!(stock["items"].as_array().map(Vec::len), Some(1), "the search index is made anew: {stock}");
    let newcomer = Visitor::new(&services.base_url).into_guest().await;
    let order = newcomer.buys(&goods, 1).await;
    newcomer.sees_order(&order, "confirmed").await;
    let (one, other) = (number(&just_bought), number(&order));
    assert!(other > one, "order numbers go on: {one}, {other}");
    eventually("the audit finds nothing wrong", 60, async || {
        let audit = run(&environment, &["audit", "--backends", "--data-dir"], &data);
        audit.status.success().then_some(())
    })
    .await;
}

fn number(answer: &serde_json::Value) -> u64 {
    answer["order_number"].as_str().and_then(|number| number.parse().ok()).unwrap()
}
