//! The number of database statements does not depend on the number of rows.

use crate::harness::{Client, Shop, TestProduct, eventually, unique};
use reqwest::Method;
use std::cell::Cell;

/// The readings of the log in a row that must have the same number of statements.
const UNCHANGED_READINGS: u32 = 5;

/// Counts the statements of one request in all services.
async fn statements(shop: &Shop, client: &Client, path: &str) -> usize {
    let id = unique("counted");
    client.send(client.request(Method::GET, path).header("x-request-id", &id)).await.expect(200);
    // The database's thread logs a statement a moment after it has returned the rows, on a busy machine a longer one.
    let (before, unchanged) = (Cell::new(usize::MAX), Cell::new(0));
    eventually("the log stands still", 30, async || {
        let count = shop.logged(&id).iter().filter(|line| line.contains("sqlx::query")).count();
        unchanged.set(if before.replace(count) == count { unchanged.get() + 1 } else { 0 });
        (unchanged.get() >= UNCHANGED_READINGS).then_some(count)
    })
    .await
}

/// Requests few rows and many, and compares.
async fn assert_same_statement_count(shop: &Shop, client: &Client, few: &str, many: &str) -> usize {
    let statements_of_few = minimum_statements(shop, client, few).await;
    let statements_of_many = minimum_statements(shop, client, many).await;
    assert_eq!(
        statements_of_few, statements_of_many,
        "{few} made {statements_of_few} statements, {many} made {statements_of_many}"
    );
    statements_of_many
}

#[tokio::test]
async fn the_number_of_statements_does_not_grow_with_the_number_of_rows() {
    let shop = Shop::start_logging("warn,chassis=debug,sqlx::query=debug").await;
    if !shop.is_own() {
        return;
    }
    let buyer = shop.customer().await;
    let product =
        [TestProduct::new(&shop, 50).await, TestProduct::new(&shop, 50).await, TestProduct::new(&shop, 50).await];
    for _ in 0..3 {
        let response = buyer.buy(&product[0], 1).await;
        buyer.wait_for_timeline(&response, "confirmed").await;
    }
    let anonymous = shop.anonymous();
    let page = anonymous.get("/api/v1/products?limit=30").await.expect(200);
    let ids: Vec<&str> = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    let ratings = [format!("/api/v1/ratings?product={}", ids[0]), format!("/api/v1/ratings?product={}", ids.join(","))];

    assert_same_statement_count(&shop, &anonymous, "/api/v1/products?limit=1", "/api/v1/products?limit=48").await;
    assert_same_statement_count(&shop, &anonymous, "/api/v1/products?q=mug&limit=1", "/api/v1/products?q=the&limit=48")
        .await;
    assert_same_statement_count(
        &shop,
        &anonymous,
        "/api/v1/products/suggest?q=mug&limit=1",
        "/api/v1/products/suggest?q=s",
    )
    .await;
    let reviews = "/api/v1/products/stoneware-mug/reviews?limit=";
    assert!(
        assert_same_statement_count(&shop, &anonymous, &format!("{reviews}1"), &format!("{reviews}20")).await > 0,
        "none was counted"
    );
    assert_same_statement_count(&shop, &anonymous, &ratings[0], &ratings[1]).await;
    assert_same_statement_count(&shop, &buyer, "/api/v1/orders?limit=1", "/api/v1/orders?limit=50").await;
    let merchant = shop.staff("merchant").await;
    assert_same_statement_count(
        &shop,
        &merchant,
        "/api/v1/orders?all=true&limit=1",
        "/api/v1/orders?all=true&limit=50",
    )
    .await;

    buyer.add_to_cart(&product[0].sku, 1).await;
    let one_line = minimum_statements(&shop, &buyer, "/api/v1/cart").await;
    for more in &product[1..] {
        buyer.add_to_cart(&more.sku, 1).await;
    }
    assert_eq!(
        minimum_statements(&shop, &buyer, "/api/v1/cart").await,
        one_line,
        "a cart of three lines asks as one of one line"
    );
}

/// The minimum of several requests: during one of them a cache may be filled or a connection opened, which has statements of
/// its own.
async fn minimum_statements(shop: &Shop, client: &Client, path: &str) -> usize {
    let mut minimum = usize::MAX;
    for _ in 0..3 {
        minimum = minimum.min(statements(shop, client, path).await);
    }
    minimum
}
