//! Invalid request bodies are refused.

use super::mutations::{invalid_bodies, unreadable_bodies};
use super::{assert_no_failures, request, snapshot, unexpected_response};
use crate::harness::{OpenApiDocument, Shop, UNKNOWN_ID};

#[tokio::test]
async fn an_invalid_body_is_refused_with_a_problem_and_changes_nothing() {
    let shop = Shop::start().await;
    if !shop.is_own() {
        // A shared shop changes during the test.
        return;
    }
    let admin = shop.staff("admin").await;
    let description = OpenApiDocument::of(&admin).await;
    let before = snapshot(&admin, &description).await;
    let (mut failures, mut sent) = (Vec::new(), 0);
    for operation in description.operations() {
        let Some(schema) = &operation.body else { continue };
        let path = operation.path_with(UNKNOWN_ID);
        let name = format!("{} {}", operation.method, operation.path);
        for mutation in unreadable_bodies().into_iter().chain(invalid_bodies(&description, schema)) {
            let request = request(&admin, &operation, &path).header("content-type", "application/json");
            let response = admin.send(request.body(mutation.body)).await;
            failures
                .extend(unexpected_response(&response).map(|failure| format!("{name}, {}: {failure}", mutation.what)));
            sent += 1;
        }
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let body = description.sample(schema).to_string();
            let request = request(&admin, &operation, &path).header("content-type", media_type).body(body);
            let response = admin.send(request).await;
            // A missing object is reported before the media type.
            if !matches!(response.status, 404 | 415) {
                failures.push(format!("{name} takes {media_type}: {}", response.text()));
            }
            sent += 1;
        }
    }
    assert_no_failures(&failures);
    assert!(sent > 500, "only {sent} bodies sent");
    for (path, after) in snapshot(&admin, &description).await {
        assert_eq!(before[&path], after, "{path} was changed");
    }
    assert_eq!(shop.logged_errors(), Vec::<String>::new());
}
