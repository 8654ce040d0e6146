//! Addresses and parameters that mean nothing.

use super::{fault, none_of, request};
use crate::harness::{Description, Shop};
use serde_json::json;

fn meaningless() -> Vec<String> {
    let mut values: Vec<String> =
        ["no-such-thing", "a%2Fb", "%00", "%FF", "%F0%9F%92%A9", "-1", "..%2F..%2Fsecrets.json"]
            .into_iter()
            .map(str::to_owned)
            .collect();
    values.extend(["'%20OR%201%3D1%20--".to_owned(), "x".repeat(5_000)]);
    values
}

#[tokio::test]
async fn an_address_that_means_nothing_is_a_problem() {
    let shop = Shop::shared().await;
    let admin = shop.staff("admin").await;
    let mut faults = Vec::new();
    for operation in Description::of(&admin).await.operations().iter().filter(|operation| operation.has_parameters()) {
        for value in meaningless() {
            let mut request = request(&admin, operation, &operation.path_with(&value));
            if operation.method != "GET" && operation.method != "DELETE" {
                request = request.json(&json!({}));
            }
            let answer = admin.send(request).await;
            // What is not there may be removed once more.
            if operation.method == "DELETE" && answer.status < 300 {
                continue;
            }
            let shown = &value[..value.len().min(40)];
            faults.extend(
                fault(&answer).map(|fault| format!("{} {} with {shown}: {fault}", operation.method, operation.path)),
            );
        }
    }
    none_of(&faults);
}

#[tokio::test]
async fn a_query_that_means_nothing_is_answered_or_refused_and_never_fails() {
    let shop = Shop::shared().await;
    let admin = shop.staff("admin").await;
    let mut faults = Vec::new();
    let values = ["", "-1", "0", "99999999999999999999999", "%FF%FE", "%00", "%F0%9F%92%A9", "1.5", "a&b", "%22%5B%7B"];
    for operation in Description::of(&admin).await.operations() {
        for name in &operation.queries {
            for value in values.into_iter().map(str::to_owned).chain(["y".repeat(5_000)]) {
                let path = format!("{}?{name}={value}", operation.path_with("no-such-thing"));
                if operation.method != "GET" {
                    continue;
                }
                let answer = admin.get(&path).await;
                let refused = (answer.status >= 300).then(|| fault(&answer)).flatten();
                let shown = &path[..path.len().min(90)];
                faults.extend(refused.map(|fault| format!("{shown}: {fault}")));
            }
        }
    }
    none_of(&faults);
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be_done_there_are_problems() {
    let shop = Shop::shared().await;
    let visitor = shop.stranger();
    assert_eq!(visitor.get("/api/v1/nothing").await.problem(404), "not-found");
    assert_eq!(visitor.delete("/api/v1/shop").await.problem(405), "method-not-allowed");
    assert_eq!(visitor.patch("/api/v1/cart", json!({})).await.problem(405), "method-not-allowed");
}
