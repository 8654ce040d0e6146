//! The API of Robot Shop: its contract, and the same rules as those of the shop's own API.

mod accounts;
mod browsing;
mod buying;

use crate::harness::{Client, Response, Shop};
use serde_json::Value;
use tokio::sync::OnceCell;

/// A demo shop with the API, shared by the tests of this module.
async fn shop() -> &'static Shop {
    static SHARED: OnceCell<Shop> = OnceCell::const_new();
    SHARED.get_or_init(|| Shop::start_with(vec![("ROBOT_SHOP_API", "on".to_owned())])).await
}

/// A visitor with the id that the API has given out.
struct Visitor {
    client: Client,
    id: String,
}

impl Visitor {
    async fn new(shop: &Shop) -> Self {
        let client = shop.anonymous();
        let id = client.get("/api/user/uniqueid").await.expect(200)["uuid"].as_str().unwrap().to_owned();
        Self { client, id }
    }

    /// Sends `GET /api/cart/OPERATION/ID/REST`.
    async fn cart(&self, operation: &str, rest: &str) -> Response {
        self.client.get(&format!("/api/cart/{operation}/{}{rest}", self.id)).await
    }

    /// Chooses a town as Robot Shop's clients do, and returns the cart.
    async fn ship_to(&self, town: i64, location: &str) -> Value {
        let mut chosen = self.client.get(&format!("/api/shipping/calc/{town}")).await.expect(200);
        chosen["location"] = location.into();
        self.client.post(&format!("/api/shipping/confirm/{}", self.id), chosen).await.expect(200)
    }

    async fn pay(&self, cart: &Value) -> Response {
        self.client.post(&format!("/api/payment/pay/{}", self.id), cart.clone()).await
    }
}

/// Checks status and text of a response.
#[track_caller]
fn assert_text(response: &Response, status: u16, text: &str) {
    assert_eq!((response.status, response.text().as_str()), (status, text));
}

#[tokio::test]
async fn the_api_is_off_by_default() {
    let client = Shop::shared().await.anonymous();
    for path in ["/api/catalogue/products", "/api/user/uniqueid", "/api/cart/cart/x", "/api/shipping/codes"] {
        assert_eq!(client.get(path).await.problem(404), "not-found", "{path}");
    }
}

#[tokio::test]
async fn defects_of_robot_shop_have_no_path() {
    let client = shop().await.anonymous();
    for path in [
        "/api/user/users",
        "/api/user/order/user",
        "/api/shipping/memory",
        "/api/shipping/free",
        "/api/shipping/count",
        "/api/cart/metrics",
        "/api/payment/metrics",
        "/api/ratings/info.php",
    ] {
        assert_eq!(client.get(path).await.problem(404), "not-found", "{path}");
    }
}
