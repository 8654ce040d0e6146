//! Invalid path and query parameters.

use super::{assert_no_failures, request, unexpected_response};
use crate::harness::{OpenApiDocument, Shop};
use serde_json::json;

fn invalid_values() -> Vec<String> {
    let mut values: Vec<String> =
        ["no-such-thing", "a%2Fb", "%00", "%FF", "%F0%9F%92%A9", "-1", "..%2F..%2Fsecrets.json"]
            .into_iter()
            .map(str::to_owned)
            .collect();
    values.extend(["'%20OR%201%3D1%20--".to_owned(), "x".repeat(5_000)]);
    values
}

#[tokio::test]
async fn invalid_path_parameters_are_problems() {
    let shop = Shop::shared().await;
    let admin = shop.staff("admin").await;
    let mut failures = Vec::new();
    for operation in
        OpenApiDocument::of(&admin).await.operations().iter().filter(|operation| operation.has_parameters())
    {
        for value in invalid_values() {
            let mut request = request(&admin, operation, &operation.path_with(&value));
            if operation.method != "GET" && operation.method != "DELETE" {
                request = request.json(&json!({}));
            }
            let response = admin.send(request).await;
            // Deleting is idempotent: a missing object may be deleted again.
            if operation.method == "DELETE" && response.status < 300 {
                continue;
            }
            let summary = &value[..value.len().min(40)];
            failures.extend(
                unexpected_response(&response)
                    .map(|failure| format!("{} {} with {summary}: {failure}", operation.method, operation.path)),
            );
        }
    }
    assert_no_failures(&failures);
}

#[tokio::test]
async fn invalid_query_parameters_never_cause_failures() {
    let shop = Shop::shared().await;
    let admin = shop.staff("admin").await;
    let mut failures = Vec::new();
    let values = ["", "-1", "0", "99999999999999999999999", "%FF%FE", "%00", "%F0%9F%92%A9", "1.5", "a&b", "%22%5B%7B"];
    for operation in OpenApiDocument::of(&admin).await.operations() {
        for name in &operation.queries {
            for value in values.into_iter().map(str::to_owned).chain(["y".repeat(5_000)]) {
                let path = format!("{}?{name}={value}", operation.path_with("no-such-thing"));
                if operation.method != "GET" {
                    continue;
                }
                let response = admin.get(&path).await;
                let refused = (response.status >= 300).then(|| unexpected_response(&response)).flatten();
                let summary = &path[..path.len().min(90)];
                failures.extend(refused.map(|failure| format!("{summary}: {failure}")));
            }
        }
    }
    assert_no_failures(&failures);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    let shop = Shop::shared().await;
    let client = shop.anonymous();
    assert_eq!(client.get("/api/v1/nothing").await.problem(404), "not-found");
    assert_eq!(client.delete("/api/v1/shop").await.problem(405), "method-not-allowed");
    assert_eq!(client.patch("/api/v1/cart", json!({})).await.problem(405), "method-not-allowed");
}
