//! Common steps of customers and merchants.

use super::{Client, Response, Shop, eventually, unique};
use serde_json::{Value, json};

/// The GeoNames id of Berlin.
pub const BERLIN: i64 = 2_950_159;
/// The price of test products, in minor units.
pub const PRICE: i64 = 2_500;

/// A product with one variant, created for one test.
#[derive(Debug, Clone)]
pub struct TestProduct {
    pub sku: String,
    pub handle: String,
}

impl TestProduct {
    /// Creates a product with this stock.
    pub async fn new(shop: &Shop, stock: u32) -> Self {
        let handle = unique("product");
        let product = Self { sku: handle.to_uppercase(), handle };
        product.write(shop, PRICE, Some(stock)).await;
        product
    }

    /// Changes the price of the product.
    pub async fn reprice(&self, shop: &Shop, price: i64) {
        self.write(shop, price, None).await;
    }

    async fn write(&self, shop: &Shop, price: i64, stock: Option<u32>) {
        let merchant = shop.staff("merchant").await;
        let path = format!("/api/v1/products/{}", self.handle);
        let known = merchant.get(&path).await;
        let version = if known.status == 200 { known.json()["version"].clone() } else { Value::Null };
        let draft = json!({
            "title": format!("Product {}", self.sku), "status": "active", "version": version,
            "variants": [{"sku": self.sku, "price": price, "weight_grams": 400, "stock": stock, "oversell": "deny"}]
        });
        let response = merchant.put(&path, draft).await;
        assert!(matches!(response.status, 200 | 201), "{}", response.text());
    }

    /// The stock level, as staff see it.
    pub async fn stock(&self, shop: &Shop) -> Value {
        shop.staff("support").await.get(&format!("/api/v1/stock/{}", self.sku)).await.expect(200)
    }
}

/// A prepared checkout, which can be sent several times.
#[derive(Debug, Clone)]
pub struct Purchase {
    pub key: String,
    pub body: Value,
}

impl Purchase {
    /// Fills the cart, chooses delivery and creates a card session.
    pub async fn prepare(client: &Client, product: &TestProduct, quantity: u32, holder: &str) -> Self {
        client.add_to_cart(&product.sku, quantity).await;
        let cart = client.choose_shipping().await;
        let session = client.card(holder).await;
        Self::of(&cart, Some(&session))
    }

    /// The checkout of `cart` with this card session.
    pub fn of(cart: &Value, session: Option<&str>) -> Self {
        let mut body = json!({
            "email": format!("{}@example.com", unique("buyer")), "address": address(),
            "expected_total": cart["totals"]["total"]
        });
        if let Some(session) = session {
            body["payment"] = json!({"method": "card", "session": session});
        }
        Self { key: Client::key(), body }
    }

    /// A copy with another idempotency key.
    pub fn with_new_key(&self) -> Self {
        Self { key: Client::key(), body: self.body.clone() }
    }

    /// The email address of the order.
    pub fn email(&self) -> &str {
        self.body["email"].as_str().unwrap()
    }

    pub async fn send(&self, client: &Client) -> Response {
        client.post_with_key("/api/v1/checkout", &self.key, &self.body).await
    }
}

/// A delivery address in Berlin.
pub fn address() -> Value {
    json!({"name": "Ada Lovelace", "line1": "Invalidenstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"})
}

/// A request for a shipping quote to [`address`].
pub fn quote_request() -> Value {
    json!({"address": {"country": "DE", "city": "Berlin", "postal_code": "10115"}})
}

/// The text of a JSON string; panics for any other value.
#[track_caller]
pub fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

impl Client {
    /// Adds units of a SKU to the cart.
    pub async fn add_to_cart(&self, sku: &str, quantity: u32) -> Value {
        self.post("/api/v1/cart/lines", json!({"sku": sku, "quantity": quantity})).await.expect(200)
    }

    /// Requests a shipping quote for [`address`].
    pub async fn quote(&self) -> Value {
        self.post("/api/v1/cart/quotes", quote_request()).await.expect(200)
    }

    /// Requests a shipping quote for Berlin and chooses standard delivery.
    pub async fn choose_shipping(&self) -> Value {
        let quote = self.quote().await;
        let choice = json!({"quote_id": quote["quote_id"], "option": "standard"});
        self.put("/api/v1/cart/shipping", choice).await.expect(200)
    }

    /// Buys so many units with a valid card, and returns the response of the checkout.
    pub async fn buy(&self, product: &TestProduct, quantity: u32) -> Value {
        let response = Purchase::prepare(self, product, quantity, "Ada Lovelace").await.send(self).await.expect(201);
        assert_eq!(response["payment"]["status"], "authorised", "{response}");
        response
    }

    /// Reads the payment of a checkout.
    pub async fn payment(&self, response: &Value) -> Value {
        self.get(&format!("/api/v1/payments/{}", string(&response["payment"]["id"]))).await.expect(200)
    }

    /// Waits until the timeline has an entry of this kind, and returns the order.
    pub async fn wait_for_timeline(&self, response: &Value, kind: &str) -> Value {
        let path = format!("/api/v1/orders/{}", string(&response["order_id"]));
        eventually(&format!("{path} has {kind} in its history"), 60, async || {
            let found = self.get(&path).await;
            // Dispatch creates the order a moment after payment has placed it.
            let order = (found.status == 200).then(|| found.json())?;
            has_entry(&order, kind).then_some(order)
        })
        .await
    }
}

/// Returns true if the timeline has an entry of this kind.
pub fn has_entry(order: &Value, kind: &str) -> bool {
    order["timeline"].as_array().unwrap().iter().any(|entry| entry["kind"] == kind)
}
