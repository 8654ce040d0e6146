//! An answer with many rows asks the databases as often as one with few.

use crate::harness::{Goods, Shop, Visitor, eventually, unique};
use reqwest::Method;
use std::cell::Cell;

/// How many statements one request made, in all services it went through.
async fn statements(shop: &Shop, visitor: &Visitor, path: &str) -> usize {
    let id = unique("counted");
    visitor.send(visitor.request(Method::GET, path).header("x-request-id", &id)).await.expect(200);
    // A statement is logged by the database's thread, a moment after its rows are given out.
    let before = Cell::new(usize::MAX);
    eventually("the log stands still", 10, async || {
        let count = shop.logged(&id).iter().filter(|line| line.contains("sqlx::query")).count();
        (before.replace(count) == count).then_some(count)
    })
    .await
}

/// Asks for few rows and for many, after a first time that fills what is remembered.
async fn asks_alike(shop: &Shop, visitor: &Visitor, few: &str, many: &str) -> usize {
    statements(shop, visitor, few).await;
    let (few, of_few) = (few, statements(shop, visitor, few).await);
    let of_many = statements(shop, visitor, many).await;
    assert_eq!(of_few, of_many, "{few} made {of_few} statements, {many} made {of_many}");
    of_many
}

#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_the_number_of_rows() {
    let shop = Shop::start_logging("warn,chassis=info,sqlx::query=debug").await;
    if !shop.is_own() {
        return;
    }
    let buyer = shop.customer().await;
    let goods = [Goods::new(&shop, 50).await, Goods::new(&shop, 50).await, Goods::new(&shop, 50).await];
    for _ in 0..3 {
        let answer = buyer.buys(&goods[0], 1).await;
        buyer.sees_order(&answer, "confirmed").await;
    }
    let stranger = shop.stranger();
    let page = stranger.get("/api/v1/products?limit=30").await.expect(200);
    let ids: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    let ratings = [format!("/api/v1/ratings?product={}", ids[0]), format!("/api/v1/ratings?product={}", ids.join(","))];

    asks_alike(&shop, &stranger, "/api/v1/products?limit=1", "/api/v1/products?limit=48").await;
    asks_alike(&shop, &stranger, "/api/v1/products?q=mug&limit=1", "/api/v1/products?q=the&limit=48").await;
    asks_alike(&shop, &stranger, "/api/v1/products/suggest?q=mug&limit=1", "/api/v1/products/suggest?q=s").await;
    let reviews = "/api/v1/products/stoneware-mug/reviews?limit=";
    assert!(
        asks_alike(&shop, &stranger, &format!("{reviews}1"), &format!("{reviews}20")).await > 0,
        "none was counted"
    );
    asks_alike(&shop, &stranger, &ratings[0], &ratings[1]).await;
    asks_alike(&shop, &buyer, "/api/v1/orders?limit=1", "/api/v1/orders?limit=50").await;
    let merchant = shop.staff("merchant").await;
    asks_alike(&shop, &merchant, "/api/v1/orders?all=true&limit=1", "/api/v1/orders?all=true&limit=50").await;

    buyer.adds(&goods[0].sku, 1).await;
    let one_line = least(&shop, &buyer, "/api/v1/cart").await;
    for more in &goods[1..] {
        buyer.adds(&more.sku, 1).await;
    }
    assert_eq!(least(&shop, &buyer, "/api/v1/cart").await, one_line, "a cart of three lines asks as one of one line");
}

/// The least of several times: what is remembered for a moment may be over at one of them.
async fn least(shop: &Shop, visitor: &Visitor, path: &str) -> usize {
    let mut least = usize::MAX;
    for _ in 0..3 {
        least = least.min(statements(shop, visitor, path).await);
    }
    least
}
