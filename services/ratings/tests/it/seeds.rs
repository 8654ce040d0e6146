//! Demo reviews, added by the command line.

use crate::shop::{Shop, decide, product};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const PATH: &str = "/internal/reviews/seed";

fn seeds() -> Value {
    json!([
        { "product_id": product("mug"), "author": "Ada", "score": 5, "title": "Fine", "body": "Yes.", "verified": true,
          "created_at": "2026-01-02T03:04:05Z" },
        { "product_id": product("mug"), "author": "Bea", "score": 2, "title": "Small", "body": "", "verified": false,
          "created_at": "2999-01-01T00:00:00Z" },
        { "product_id": product("lamp"), "author": "Ada", "score": 4, "title": "Bright" },
    ])
}

#[tokio::test]
async fn seeding_publishes_reviews_by_fictitious_authors_once() {
    let shop = Shop::open().await;
    let shopstack = shop.env.service(&shop.service.router, "shopstack", "ratings");
    shopstack.post(PATH, seeds()).await.expect(204);
    let once = shop.page("mug").await;
    assert_eq!(once.summary.histogram, [0, 1, 0, 0, 1]);
    let (bea, ada) = (&once.items[0], &once.items[1]);
    assert_eq!((bea.author.as_str(), bea.verified, bea.created_at), ("Bea", false, shop.env.system.now()));
    let written: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    assert_eq!((ada.author.as_str(), ada.verified, ada.created_at), ("Ada", true, written));

    decide(&shop.merchant(), bea, "rejected").await;
    shop.env.advance(SignedDuration::from_secs(30));
    shopstack.post(PATH, seeds()).await.expect(204);
    assert_eq!(shop.page("mug").await.summary.histogram, [0, 0, 0, 0, 1], "decisions of staff are not overwritten");
    assert_eq!(shop.page("lamp").await.summary.count, 1);
}

#[tokio::test]
async fn only_the_program_and_web_can_seed() {
    let shop = Shop::open().await;
    shop.merchant().post(PATH, seeds()).await.expect(401);
    shop.env.service(&shop.service.router, "cart", "ratings").post(PATH, seeds()).await.expect(403);
    shop.env.service(&shop.service.router, "shopstack", "cart").post(PATH, seeds()).await.expect(401);
    // For guests' ratings by the API of Robot Shop.
    shop.env.service(&shop.service.router, "web", "ratings").post(PATH, seeds()).await.expect(204);
}

#[tokio::test]
async fn an_invalid_seed_rejects_the_whole_request() {
    let shop = Shop::open().await;
    let shopstack = shop.env.service(&shop.service.router, "shopstack", "ratings");
    for (field, value) in
        [("score", json!(6)), ("author", json!("")), ("title", json!("x".repeat(121))), ("x", json!(1))]
    {
        let mut bad = seeds();
        bad[1][field] = value;
        assert_eq!(shopstack.post(PATH, bad).await.problem(422), "invalid-input");
    }
    let many: Vec<Value> = (0..1001).map(|_| seeds()[2].clone()).collect();
    assert_eq!(shopstack.post(PATH, many).await.problem(422), "invalid-input");
    assert_eq!(shop.page("mug").await.summary.count, 0);
    shopstack.post(PATH, json!([])).await.expect(204);
}
