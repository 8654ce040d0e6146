//! `kill -9` in the middle of a stream of checkouts: what was acknowledged stands, what was under way happens once or
//! not at all.

use crate::harness::{Answer, Goods, Purchase, Shop, Visitor, eventually};
use futures::future::{join, join_all};
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

const ROUNDS: usize = 3;
const CLIENTS: usize = 8;
const EACH: usize = 3;

/// A checkout and what became of it.
struct Sale {
    visitor: Visitor,
    purchase: Purchase,
    answer: Option<Answer>,
}

impl Sale {
    async fn prepare(shop: &Shop, goods: &Goods) -> Self {
        let visitor = shop.guest().await;
        let purchase = Purchase::prepare(&visitor, goods, 1, "Ada Lovelace").await;
        Self { visitor, purchase, answer: None }
    }

    /// Sends it; nothing comes back from a shop that was killed.
    async fn send(&mut self) {
        let request = self.visitor.request(Method::POST, "/api/v1/checkout");
        let request = request.header("idempotency-key", &self.purchase.key).json(&self.purchase.body);
        self.answer = self.visitor.try_send(request).await.ok();
    }

    fn is_acknowledged(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.status == 201)
    }

    /// Sends it again under its key until it is known what became of it.
    async fn resolve(&mut self) {
        let acknowledged = self.answer.clone().filter(|answer| answer.status == 201);
        let answer = eventually("a checkout cut off is resolved", 75, async || {
            let answer = self.purchase.send(&self.visitor).await;
            assert!(matches!(answer.status, 201 | 202 | 409), "{}", answer.text());
            (answer.slug() != "request-in-flight").then_some(answer)
        })
        .await;
        if let Some(acknowledged) = acknowledged {
            assert_eq!(answer.bytes, acknowledged.bytes, "a retry is answered as the first time");
        }
        self.answer = Some(answer);
    }
}

/// Sends all, and kills the shop once so many were acknowledged.
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
async fn what_was_acknowledged_survives_kill_nine_and_what_was_cut_off_happens_once_or_not_at_all() {
    let mut shop = Shop::start().await;
    if !shop.is_own() {
        return;
    }
    let goods = Goods::new(&shop, 500).await;
    let mut all: Vec<Sale> = Vec::new();
    for round in 0..ROUNDS {
        let mut sales = join_all((0..CLIENTS * EACH).map(|_| Sale::prepare(&shop, &goods))).await;
        sell_until_killed(&mut shop, &mut sales, 4 + 5 * round).await;
        shop.start_again().await;
        all.extend(sales);
    }
    let acknowledged = all.iter().filter(|sale| sale.is_acknowledged()).count();
    assert!(acknowledged >= 27 && acknowledged < all.len(), "{acknowledged} of {} is no middle", all.len());
    join_all(all.iter_mut().map(Sale::resolve)).await;

    let orders = orders_by_email(&shop).await;
    let mut placed = 0;
    for sale in &all {
        let answer = sale.answer.as_ref().unwrap();
        let status = if answer.status < 400 { answer.json()["payment"]["status"].clone() } else { Value::Null };
        let found = orders.get(sale.purchase.email()).map_or(0, Vec::len);
        assert!(found <= 1, "{found} orders of one checkout");
        if status == "authorised" {
            assert_eq!(sale.visitor.sees_order(&answer.json(), "confirmed").await["email"], sale.purchase.email());
            placed += 1;
        }
    }
    assert!(placed >= acknowledged);
    shop.passes_its_audit(60).await;
    let sold = orders_by_email(&shop).await.values().map(Vec::len).sum::<usize>();
    assert_eq!(goods.stock(&shop).await["on_hand"], 500 - sold, "each order took its goods, once");
    assert_eq!(shop.logged_errors(), Vec::<String>::new());
}

/// All orders, as staff see them.
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
