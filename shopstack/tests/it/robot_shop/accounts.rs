//! Users: accounts of the shop, whose sessions are cookies.

use super::{Visitor, assert_text, shop};
use crate::harness::shopping::BERLIN;
use crate::harness::{TestProduct, eventually, unique};
use serde_json::{Value, json};

const PASSWORD: &str = "quiet-harbour-lantern-7";

fn new_user(name: &str, password: &str) -> Value {
    json!({"name": name, "email": format!("{name}@example.com"), "password": password})
}

#[tokio::test]
async fn a_user_registers_logs_in_buys_and_sees_the_order() {
    let shop = shop().await;
    let (name, product) = (unique("robot"), TestProduct::new(shop, 5).await);
    assert_text(&shop.anonymous().post("/api/user/register", new_user(&name, PASSWORD)).await, 200, "OK");
    let taken = shop.anonymous().post("/api/user/register", new_user(&name, PASSWORD)).await;
    assert_text(&taken, 400, "name already exists");

    // The guest's cart becomes that of the account, as the login page of Robot Shop does it.
    let guest = Visitor::new(shop).await;
    guest.cart("add", &format!("/{}/1", product.sku)).await.expect(200);
    let user = guest.client.post("/api/user/login", json!({"name": name, "password": PASSWORD})).await.expect(200);
    assert_eq!((&user["name"], user.get("password")), (&json!(name), None));
    let cart = guest.cart("rename", &format!("/{name}")).await.expect(200);
    assert_eq!(cart["items"][0]["sku"], json!(product.sku));
    assert_text(&guest.cart("rename", &format!("/{name}")).await, 404, "cart not found");
    let user = Visitor { client: guest.client, id: name.clone() };
    assert_text(&user.client.get(&format!("/api/user/check/{name}")).await, 200, "OK");
    assert_text(&user.client.get(&format!("/api/user/history/{name}")).await, 404, "history not found");

    let cart = user.ship_to(BERLIN, "Germany Berlin").await;
    let order = user.pay(&cart).await.expect(200);
    let history = eventually("the order is in the history", 30, async || {
        let history = user.client.get(&format!("/api/user/history/{name}")).await;
        (history.status == 200).then(|| history.json())
    })
    .await;
    assert_eq!((&history["name"], &history["history"][0]["orderid"]), (&json!(name), &order["orderid"]));
    let bought = &history["history"][0]["cart"];
    assert_eq!((&bought["total"], &bought["items"][0]), (&cart["total"], &cart["items"][0]));
    assert_eq!(bought["items"][1]["name"], "shipping to Germany Berlin");
    // Ratings are reviews of the account.
    let rate = format!("/api/ratings/api/rate/{}/4", product.sku);
    assert_eq!(user.client.put(&rate, Value::Null).await.expect(200), json!({"success": true}));
}

#[tokio::test]
async fn a_name_alone_gives_access_to_nothing() {
    let shop = shop().await;
    let (name, product) = (unique("robot"), TestProduct::new(shop, 5).await);
    let client = shop.anonymous();
    assert_text(&client.post("/api/user/register", new_user(&name, PASSWORD)).await, 200, "OK");
    client.get(&format!("/api/cart/add/{name}/{}/1", product.sku)).await.expect(200);
    let stranger = Visitor::new(shop).await.client;
    assert_text(&stranger.get(&format!("/api/cart/cart/{name}")).await, 404, "cart not found");
    assert_text(&stranger.get(&format!("/api/user/check/{name}")).await, 404, "user not found");
    assert_text(&stranger.get(&format!("/api/user/history/{name}")).await, 404, "history not found");
    assert_text(&stranger.post(&format!("/api/payment/pay/{name}"), json!({"total": 25})).await, 400, "cart not valid");
}

#[tokio::test]
async fn the_shops_rules_for_passwords_hold() {
    let client = shop().await.anonymous();
    let weak = client.post("/api/user/register", new_user(&unique("robot"), "password")).await;
    assert_text(&weak, 400, "insufficient data: password must have at least 10 characters");
    let common = client.post("/api/user/register", new_user(&unique("robot"), "1234567890")).await;
    assert_text(&common, 400, "insufficient data: password is too common; choose another");
    for body in [json!({}), json!({"name": "x", "password": PASSWORD}), json!({"name": {"$ne": null}}), json!([])] {
        assert_text(&client.post("/api/user/register", body).await, 400, "insufficient data");
    }
    let spaced =
        client.post("/api/user/register", json!({"name": "a b", "email": "a@example.com", "password": PASSWORD})).await;
    assert_eq!(spaced.status, 400);
}

#[tokio::test]
async fn a_login_answers_as_in_robot_shop() {
    let client = shop().await.anonymous();
    for body in [json!({}), json!({"name": "user"}), json!({"name": {"$ne": null}, "password": "x"}), json!("user")] {
        assert_text(&client.post("/api/user/login", body).await, 400, "name or passowrd not supplied");
    }
    let unknown = json!({"name": unique("robot"), "password": "password"});
    assert_text(&client.post("/api/user/login", unknown).await, 404, "incorrect password");
    // Accounts of the shop itself are not reached by it.
    let own = json!({"name": "customer@example.com", "password": "meadow-lantern-27"});
    assert_text(&client.post("/api/user/login", own).await, 404, "name not found");
}

#[tokio::test]
async fn the_logins_that_robot_shop_publishes_exist_in_demo_shops() {
    let shop = shop().await;
    for (name, password) in [("user", "password"), ("stan", "bigbrain"), ("partner-57", "worktogether")] {
        for _ in 0..2 {
            let login = json!({"name": name, "password": password});
            let user = shop.anonymous().post("/api/user/login", login).await.expect(200);
            assert_eq!(user["email"], format!("{name}@robot-shop.invalid"));
        }
    }
    let wrong = json!({"name": "user", "password": "letmein"});
    assert_text(&shop.anonymous().post("/api/user/login", wrong).await, 404, "incorrect password");
    // The published password is none of the account itself.
    let login = json!({"email": "user@robot-shop.invalid", "password": "password", "session": "token"});
    assert_eq!(shop.anonymous().post("/api/v1/auth/login", login).await.problem(401), "invalid-credentials");
}
