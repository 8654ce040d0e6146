//! SIGKILL during a stream of checkouts: acknowledged orders survive, interrupted ones happen once or
//! not at all.

use crate::harness::{Client, Purchase, Response, Shop, TestProduct, eventually};
use futures::future::{join, join_all};
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

const ROUNDS: usize = 3;
const CLIENTS: usize = 8;
const EACH: usize = 3;

/// A checkout and its response.
struct Sale {
    client: Client,
    purchase: Purchase,
    response: Option<Response>,
}

impl Sale {
    async fn prepare(shop: &Shop, product: &TestProduct) -> Self {
        let client = shop.guest().await;
        let purchase = Purchase::prepare(&client, product, 1, "Ada Lovelace").await;
        Self { client, purchase, response: None }
    }

    /// Sends the checkout; a killed shop sends no response.
    async fn send(&mut self) {
        let request = self.client.request(Method::POST, "/api/v1/checkout");
        let request = request.header("idempotency-key", &self.purchase.key).json(&self.purchase.body);
        self.response = self.client.try_send(request).await.ok();
    }

    fn is_acknowledged(&self) -> bool {
        self.response.as_ref().is_some_and(|response| response.status == 201)
    }

    /// Repeats the checkout with the same key until its outcome is known.
    async fn resolve(&mut self) {
        let acknowledged = self.response.clone().filter(|response| response.status == 201);
        let response = eventually("a checkout cut off is resolved", 75, async || {
            let response = self.purchase.send(&self.client).await;
            assert!(matches!(response.status, 201 | 202 | 409), "{}", response.text());
            (response.slug() != "request-in-flight").then_some(response)
        })
        .await;
        if let Some(acknowledged) = acknowledged {
            assert_eq!(response.bytes, acknowledged.bytes, "a retry is answered as the first time");
        }
        self.response = Some(response);
    }
}

/// Sends all checkouts, and kills the shop as soon as `enough` were acknowledged.
async fn sell_until_killed(shop: &mut Shop, sales: &mut [Sale], enough: usize) {
    let (sold, news) = (AtomicUsize::new(0), Notify::new());
    let clients = sales.chunks_mut(EACH).map(async |sales| {
        for sale in sales {
            sale.send().await;
            if sale.is_acknowledged() && sold.fetch_add(1, Ordering::SeqCst) + 1 == enough {
                news.notify_one();
            }
        }
    });
    let killer = async {
        news.notified().await;
        shop.kill();
    };
    join(join_all(clients), killer).await;
}

#[tokio::test]
async fn acknowledged_orders_survive_sigkill_and_interrupted_checkouts_happen_at_most_once() {
    let mut shop = Shop::start().await;
    if !shop.is_own() {
        return;
    }
    let product = TestProduct::new(&shop, 500).await;
    let mut all: Vec<Sale> = Vec::new();
    for round in 0..ROUNDS {
        let mut sales = join_all((0..CLIENTS * EACH).map(|_| Sale::prepare(&shop, &product))).await;
        sell_until_killed(&mut shop, &mut sales, 4 + 5 * round).await;
        shop.restart().await;
        all.extend(sales);
    }
    let acknowledged = all.iter().filter(|sale| sale.is_acknowledged()).count();
    assert!(acknowledged >= 27 && acknowledged < all.len(), "{acknowledged} of {} is no middle", all.len());
    join_all(all.iter_mut().map(Sale::resolve)).await;

    let orders = orders_by_email(&shop).await;
    let mut placed = 0;
    for sale in &all {
        let response = sale.response.as_ref().unwrap();
        let status = if response.status < 400 { response.json()["payment"]["status"].clone() } else { Value::Null };
        let found = orders.get(sale.purchase.email()).map_or(0, Vec::len);
        assert!(found <= 1, "{found} orders of one checkout");
        if status == "authorised" {
            assert_eq!(
                sale.client.wait_for_timeline(&response.json(), "confirmed").await["email"],
                sale.purchase.email()
            );
            placed += 1;
        }
    }
    assert!(placed >= acknowledged);
    shop.assert_audit_is_clean(60).await;
    let sold = orders_by_email(&shop).await.values().map(Vec::len).sum::<usize>();
    assert_eq!(product.stock(&shop).await["on_hand"], 500 - sold, "each order took its goods, once");
    assert_eq!(shop.logged_errors(), Vec::<String>::new());
}

/// All orders as staff see them, by email address.
async fn orders_by_email(shop: &Shop) -> HashMap<String, Vec<Value>> {
    let support = shop.staff("support").await;
    let mut orders: HashMap<String, Vec<Value>> = HashMap::new();
    let mut cursor = String::new();
    loop {
        let page = support.get(&format!("/api/v1/orders?all=true&limit=100{cursor}")).await.expect(200);
        for summary in page["items"].as_array().unwrap() {
            let order = support.get(&format!("/api/v1/orders/{}", summary["id"].as_str().unwrap())).await.expect(200);
            orders.entry(order["email"].as_str().unwrap().to_owned()).or_default().push(order);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return orders,
        }
    }
}
