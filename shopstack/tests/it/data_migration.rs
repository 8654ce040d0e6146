//! A data migration from one process to the backends copies everything, and the shop continues there.

use crate::harness::process::{PROGRAM, Process};
use crate::harness::{Client, Purchase, Shop, TestProduct, eventually};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use testkit::servers;

/// Prefixes of this test's own in the backends that all tests share.
fn backends() -> Vec<(&'static str, String)> {
    let prefix = servers::prefix();
    ["DB_PREFIX", "MONGO_PREFIX", "REDIS_PREFIX", "AMQP_PREFIX"].map(|name| (name, prefix.clone())).to_vec()
}

fn run(environment: &[(&'static str, String)], arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg(folder).envs(environment.iter().map(|(name, value)| (name, value)));
    command.output().unwrap()
}

fn string(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_migrated_shop_keeps_everything_and_continues() {
    let mut shop = Shop::start().await;
    let product = TestProduct::new(&shop, 500).await;
    let (reader, shopper) = (shop.customer().await, shop.guest().await);
    let bought = reader.buy(&product, 2).await;
    reader.wait_for_timeline(&bought, "confirmed").await;
    shopper.add_to_cart(&product.sku, 3).await;
    let environment = backends();
    let data_dir = shop.data_dir().unwrap();
    let early = run(&environment, &["migrate-data", "--from"], &data_dir);
    assert!(!early.status.success() && string(&early).contains("in use"), "{}", string(&early));

    // When the shop is killed, the gateway response of one order is lost and the events of another are undelivered.
    let affected = shop.guest().await;
    let lost = Purchase::prepare(&affected, &product, 1, "LOST").await.send(&affected).await;
    assert!(matches!(lost.status, 201 | 202), "the gateway may have told of it first: {}", lost.text());
    let lost = lost.json();
    let last = shop.guest().await;
    let just_bought = last.buy(&product, 1).await;
    shop.kill();

    let migrated = run(&environment, &["migrate-data", "--from"], &data_dir);
    assert!(migrated.status.success(), "{}", string(&migrated));
    assert!(string(&migrated).contains("copied and verified"), "{}", string(&migrated));
    let again = run(&environment, &["migrate-data", "--from"], &data_dir);
    assert!(!again.status.success() && string(&again).contains("already"), "{}", string(&again));

    let place = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (secrets, data) = (place.path().join("secrets"), place.path().join("data"));
    let made = Command::new(PROGRAM).arg("secrets").arg(&secrets).arg("--from").arg(&data_dir).output().unwrap();
    assert!(made.status.success(), "{}", string(&made));
    std::fs::create_dir_all(&data).unwrap();
    std::fs::copy(data_dir.join("sandbox-gateway.db"), data.join("sandbox-gateway.db")).unwrap();
    let mut environment = environment;
    environment.push(("SECRETS_DIR", secrets.to_string_lossy().into_owned()));
    let services = tokio::task::spawn_blocking({
        let (data, environment) = (data.clone(), environment.clone());
        move || Process::serve(&data, &environment)
    });
    let services = services.await.unwrap();
    let at_target = |client: &Client| Client::new(&services.base_url).with_token(client.token().unwrap());

    // Sessions, carts and orders are kept, and interrupted work is completed.
    let cart = at_target(&shopper).get("/api/v1/cart").await.expect(200);
    assert_eq!(cart["lines"][0]["quantity"], 3);
    assert_eq!(
        at_target(&reader).get("/api/v1/me").await.expect(200)["email"].as_str().map(|email| email.contains('@')),
        Some(true)
    );
    at_target(&reader).wait_for_timeline(&bought, "confirmed").await;
    at_target(&last).wait_for_timeline(&just_bought, "confirmed").await;
    at_target(&affected).wait_for_timeline(&lost, "confirmed").await;
    let anonymous = Client::new(&services.base_url);
    let stock = anonymous.get(&format!("/api/v1/products?q={}", product.sku)).await.expect(200);
    assert_eq!(stock["items"].as_array().map(Vec::len), Some(1), "the search index is made anew: {stock}");
    let newcomer = Client::new(&services.base_url).into_guest().await;
    let order = newcomer.buy(&product, 1).await;
    newcomer.wait_for_timeline(&order, "confirmed").await;
    let (one, other) = (number(&just_bought), number(&order));
    assert!(other > one, "order numbers go on: {one}, {other}");
    eventually("the audit finds nothing wrong", 60, async || {
        let audit = run(&environment, &["audit", "--backends", "--data-dir"], &data);
        audit.status.success().then_some(())
    })
    .await;
}

fn number(response: &serde_json::Value) -> u64 {
    response["order_number"].as_str().and_then(|number| number.parse().ok()).unwrap()
}
