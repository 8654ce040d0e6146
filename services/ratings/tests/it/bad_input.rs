//! Invalid input gets a problem that describes it, and never causes a server error.

use crate::shop::{Shop, draft, mine, product, submit_review};
use axum::http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn ratings_require_product_ids() {
    let shop = Shop::open().await;
    let long = "1".repeat(10_000);
    let good = product("mug");
    for query in [
        "",
        "?",
        "?product=",
        "?product=,",
        "?product=mug",
        "?product=%F0%9F%98%80",
        "?product=%00",
        "?product=%FF",
        &format!("?product={good},"),
        &format!("?product={good}&product=1"),
        &format!("?product={long}"),
        &format!("?product={good}&sort=newest"),
    ] {
        let answer = shop.anonymous().get(&format!("/api/v1/ratings{query}")).await;
        assert_eq!(answer.problem(422), "invalid-input", "{query}");
    }
}

#[tokio::test]
async fn unknown_products_are_not_found() {
    let shop = Shop::open().await;
    let long = "x".repeat(300);
    let wild = "!".repeat(30_000);
    for handle in ["lampe", "MUG", "%F0%9F%98%80", "%00", "..", "a%2Fb", "%FF", &long, &wild] {
        let path = format!("/api/v1/products/{handle}/reviews");
        assert_eq!(shop.anonymous().get(&path).await.problem(404), "not-found", "{handle}");
        assert_eq!(shop.customer().put(&format!("{path}/mine"), draft(3, "So")).await.problem(404), "not-found");
        assert_eq!(shop.customer().delete(&format!("{path}/mine")).await.problem(404), "not-found");
    }
}

#[tokio::test]
async fn lists_reject_invalid_queries() {
    let shop = Shop::open().await;
    let forged = chassis::page::encode(&json!({ "list": "newest", "after": { "by": 1e300, "id": "x" } }));
    for query in [
        "sort=best",
        "sort=",
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=99999999999999999999",
        "limit=ten",
        "offset=3",
        "cursor=!",
        "cursor=AAAA",
        "cursor=%F0%9F%98%80",
        &format!("cursor={forged}"),
        "limit=1&limit=2",
    ] {
        let answer = shop.anonymous().get(&format!("/api/v1/products/mug/reviews?{query}")).await;
        assert_eq!(answer.problem(422), "invalid-input", "{query}");
        let query = query.replace("sort=", "state=");
        let answer = shop.merchant().get(&format!("/api/v1/reviews?{query}")).await;
        if query != "state=" {
            assert_eq!(answer.problem(422), "invalid-input", "{query}");
        }
    }
}

#[tokio::test]
async fn extreme_cursor_positions_are_valid() {
    let shop = Shop::open().await;
    submit_review(&shop.customer(), "mug", 3, "So").await;
    for by in [i64::MIN, -1, 0, i64::MAX] {
        let cursor = chassis::page::encode(&json!({ "list": "helpful", "after": { "by": by, "id": product("mug") } }));
        shop.anonymous().get(&format!("/api/v1/products/mug/reviews?sort=helpful&cursor={cursor}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_review_has_limits_and_the_answer_names_the_faulty_field() {
    let shop = Shop::open().await;
    let ada = shop.customer();
    let cases: [(&str, Value); 16] = [
        ("score", json!(0)),
        ("score", json!(6)),
        ("score", json!(4.5)),
        ("score", json!("5")),
        ("score", Value::Null),
        ("score", json!(18_446_744_073_709_551_615_u64)),
        ("score", json!(-1)),
        ("title", json!("")),
        ("title", json!(" \u{a0} ")),
        ("title", json!("é".repeat(121))),
        ("title", json!("a\nb")),
        ("body", json!("x".repeat(5001))),
        ("body", json!("a\u{0}b")),
        ("author", json!("")),
        ("author", json!("x".repeat(61))),
        ("state", json!("published")),
    ];
    for (field, value) in cases {
        let mut body = draft(3, "So");
        body[field] = value.clone();
        let answer = ada.put(&mine("mug"), body).await.expect(422);
        assert_eq!(answer.json()["errors"][0]["pointer"], json!(format!("/{field}")), "{field}: {value}");
    }
    for field in ["score", "title", "author"] {
        let mut body = draft(3, "So");
        body.as_object_mut().unwrap().remove(field);
        assert_eq!(ada.put(&mine("mug"), body).await.problem(422), "invalid-input", "{field}");
    }
    for body in [json!([]), json!(null), json!("x")] {
        assert_eq!(ada.put(&mine("mug"), body).await.problem(422), "invalid-input");
    }
    assert_eq!(ada.send(Method::PUT, &mine("mug"), Some(b"{".to_vec())).await.problem(400), "malformed-request");
    assert_eq!(ada.send(Method::PUT, &mine("mug"), None).await.problem(415), "unsupported-media-type");
    let huge = vec![b' '; (1 << 20) + 1];
    assert_eq!(ada.send(Method::PUT, &mine("mug"), Some(huge)).await.problem(413), "too-large");
    assert_eq!(shop.page("mug").await.summary.count, 0);
}

#[tokio::test]
async fn a_review_of_maximal_length_is_returned_unchanged() {
    let shop = Shop::open().await;
    let (title, body, author) = ("😀".repeat(120), "\"'); DROP TABLE reviews;--\n<b>".repeat(150), "é".repeat(60));
    let sent = json!({ "score": 1, "title": title, "body": body, "author": author });
    shop.customer().put(&mine("mug"), sent).await.expect(200);
    let review = &shop.page("mug").await.items[0];
    assert_eq!((&review.title, review.body.as_str(), &review.author), (&title, body.trim(), &author));
}

#[tokio::test]
async fn invalid_review_ids_are_not_found() {
    let shop = Shop::open().await;
    for id in ["1", "mine", "%00", "%FF", "00000000-0000-0000-0000-000000000000"] {
        let (helpful, state) = (format!("/api/v1/reviews/{id}/helpful"), format!("/api/v1/reviews/{id}/state"));
        assert_eq!(shop.customer().post(&helpful, json!({})).await.problem(404), "not-found");
        assert_eq!(shop.customer().delete(&helpful).await.problem(404), "not-found");
        let decided = shop.merchant().put(&state, json!({ "state": "rejected" })).await;
        assert_eq!(decided.problem(404), "not-found");
    }
}

#[tokio::test]
async fn invalid_moderation_states_are_rejected() {
    let shop = Shop::open().await;
    let review = submit_review(&shop.customer(), "mug", 3, "So").await;
    let path = format!("/api/v1/reviews/{}/state", review.id);
    for body in
        [json!({}), json!({ "state": "gone" }), json!({ "state": "" }), json!({ "state": "rejected", "why": "" })]
    {
        assert_eq!(shop.merchant().put(&path, body).await.problem(422), "invalid-input");
    }
    assert_eq!(shop.page("mug").await.items.len(), 1);
}
