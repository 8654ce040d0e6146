//! Bodies that cannot be right.

use super::mutations::{unreadable, wrong};
use super::{fault, none_of, request, snapshot};
use crate::harness::{Description, NOBODY, Shop};

#[tokio::test]
async fn a_body_that_cannot_be_right_is_refused_with_a_problem_and_changes_nothing() {
    let shop = Shop::start().await;
    if !shop.is_own() {
        // Others change a shop that is not this test's own.
        return;
    }
    let admin = shop.staff("admin").await;
    let description = Description::of(&admin).await;
    let before = snapshot(&admin, &description).await;
    let (mut faults, mut sent) = (Vec::new(), 0);
    for operation in description.operations() {
        let Some(schema) = &operation.body else { continue };
        let path = operation.path_with(NOBODY);
        let name = format!("{} {}", operation.method, operation.path);
        for mutation in unreadable().into_iter().chain(wrong(&description, schema)) {
            let request = request(&admin, &operation, &path).header("content-type", "application/json");
            let answer = admin.send(request.body(mutation.body)).await;
            faults.extend(fault(&answer).map(|fault| format!("{name}, {}: {fault}", mutation.what)));
            sent += 1;
        }
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let body = description.sample(schema).to_string();
            let request = request(&admin, &operation, &path).header("content-type", media_type).body(body);
            let answer = admin.send(request).await;
            // What is not there takes nothing either.
            if !matches!(answer.status, 404 | 415) {
                faults.push(format!("{name} takes {media_type}: {}", answer.text()));
            }
            sent += 1;
        }
    }
    none_of(&faults);
    assert!(sent > 500, "only {sent} bodies sent");
    for (path, after) in snapshot(&admin, &description).await {
        assert_eq!(before[&path], after, "{path} was changed");
    }
    assert_eq!(shop.logged_errors(), Vec::<String>::new());
}
