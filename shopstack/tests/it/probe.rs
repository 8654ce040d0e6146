//! `shopstack probe`, the synthetic buyer.

use crate::harness::process::PROGRAM;
use crate::harness::shopping::string;
use crate::harness::{Shop, TestProduct, eventually};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

fn probe(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).arg("probe").args(arguments).output().unwrap()
}

/// The steps of a purchase, and the errors of those that failed.
fn steps(output: &Output) -> (Vec<String>, Vec<String>) {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let steps = report["steps"].as_array().unwrap();
    let errors = steps.iter().filter_map(|step| step["error"].as_str().map(str::to_owned)).collect();
    (steps.iter().map(|step| string(&step["step"])).collect(), errors)
}

/// Waits until the search finds the product, as the probe does.
async fn wait_until_found(shop: &Shop, product: &TestProduct) {
    let path = format!("/api/v1/products?q={}", product.sku);
    eventually("the search finds the product", 30, async || {
        let page = shop.anonymous().get(&path).await.expect(200);
        page["items"].as_array().unwrap().iter().any(|item| item["handle"] == *product.handle).then_some(())
    })
    .await;
}

/// A probe that buys again and again.
pub struct RunningProbe {
    child: Child,
    pub metrics_url: String,
}

impl RunningProbe {
    pub fn start(shop: &str, seconds: &str) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["probe", shop, "--every", seconds, "--port", "0", "--json"])
            .env("LOG", "off")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let metrics_url = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { child, metrics_url }
    }

    pub async fn metrics(&self) -> String {
        reqwest::get(&self.metrics_url).await.unwrap().text().await.unwrap()
    }
}

impl Drop for RunningProbe {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_synthetic_purchase_passes_every_step_and_is_cancelled() {
    let shop = Shop::start_with(vec![("CARRIER_PACE", "3600".to_owned())]).await;
    let product = TestProduct::new(&shop, 3).await;
    wait_until_found(&shop, &product).await;
    let sold_before = shop.staff("merchant").await.get(&format!("/api/v1/stock/{}", product.sku)).await.expect(200);
    let output = probe(&[shop.base_url(), "--sku", &product.sku, "--json"]);
    let (steps, errors) = steps(&output);
    assert!(output.status.success() && errors.is_empty(), "{errors:?}");
    let last = ["check_out", "await_confirmation", "cancel_order"];
    assert_eq!(steps[steps.len() - 3..], last);
    let left = shop.staff("merchant").await.get(&format!("/api/v1/stock/{}", product.sku)).await.expect(200);
    assert_eq!(left["on_hand"], sold_before["on_hand"], "the stock is back");
    assert_eq!(left["reserved"], sold_before["reserved"]);
    assert!(shop.logged_errors().is_empty(), "{:?}", shop.logged_errors());
    shop.assert_audit_is_clean(60).await;
}

#[tokio::test]
async fn a_product_that_is_sold_out_fails_the_step_that_meets_it() {
    let shop = Shop::start_with(vec![]).await;
    let product = TestProduct::new(&shop, 0).await;
    wait_until_found(&shop, &product).await;
    let output = probe(&[shop.base_url(), "--sku", &product.sku, "--json"]);
    let (steps, errors) = steps(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.len() == 1 && errors[0].contains("409"), "{errors:?}");
    assert_eq!(steps[steps.len() - 2..], ["fill_cart", "empty_cart"], "it cleans up after itself");
}

#[tokio::test]
async fn repeated_purchases_are_counted_and_a_dead_shop_is_reported() {
    let mut shop = Shop::start_with(vec![]).await;
    let probe = RunningProbe::start(shop.base_url(), "1");
    let has = async |sample: &str| probe.metrics().await.contains(sample).then_some(());
    eventually("a purchase succeeded", 60, async || {
        has(r#"probe_runs_total{service="probe",outcome="succeeded"} 1"#).await
    })
    .await;
    shop.kill();
    eventually("two purchases failed in a row", 60, async || {
        has(r#"probe_consecutive_failures{service="probe",step="open the shop"} 2.0"#).await
    })
    .await;
}
