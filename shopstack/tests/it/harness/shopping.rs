//! What customers and merchants usually do.

use super::{Answer, Shop, Visitor, eventually, unique};
use serde_json::{Value, json};

/// Berlin, in GeoNames.
pub const BERLIN: i64 = 2_950_159;
/// What goods of these tests cost, in minor units.
pub const PRICE: i64 = 2_500;

/// Something to buy, with one variant, made for one test.
#[derive(Debug, Clone)]
pub struct Goods {
    /// Its SKU.
    pub sku: String,
    /// Its product's handle.
    pub handle: String,
}

impl Goods {
    /// New goods with so much in stock.
    pub async fn new(shop: &Shop, stock: u32) -> Self {
        let handle = unique("goods");
        let goods = Self { sku: handle.to_uppercase(), handle };
        goods.write(shop, PRICE, Some(stock)).await;
        goods
    }

    /// Gives them another price.
    pub async fn reprice(&self, shop: &Shop, price: i64) {
        self.write(shop, price, None).await;
    }

    async fn write(&self, shop: &Shop, price: i64, stock: Option<u32>) {
        let merchant = shop.staff("merchant").await;
        let path = format!("/api/v1/products/{}", self.handle);
        let known = merchant.get(&path).await;
        let version = if known.status == 200 { known.json()["version"].clone() } else { Value::Null };
        let draft = json!({
            "title": format!("Goods {}", self.sku), "status": "active", "version": version,
            "variants": [{"sku": self.sku, "price": price, "weight_grams": 400, "stock": stock, "oversell": "deny"}]
        });
        let answer = merchant.put(&path, draft).await;
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
    }

    /// What staff see of their stock.
    pub async fn stock(&self, shop: &Shop) -> Value {
        shop.staff("support").await.get(&format!("/api/v1/stock/{}", self.sku)).await.expect(200)
    }
}

/// A checkout, ready to be sent as often as one likes.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Its idempotency key.
    pub key: String,
    /// Its body.
    pub body: Value,
}

impl Purchase {
    /// Fills the visitor's cart and takes a card in hand.
    pub async fn prepare(visitor: &Visitor, goods: &Goods, quantity: u32, holder: &str) -> Self {
        visitor.adds(&goods.sku, quantity).await;
        let cart = visitor.chooses_shipping().await;
        let session = visitor.card(holder).await;
        Self::of(&cart, Some(&session))
    }

    /// The checkout of `cart` with the card `session`.
    pub fn of(cart: &Value, session: Option<&str>) -> Self {
        let mut body = json!({
            "email": format!("{}@example.com", unique("buyer")), "address": address(),
            "expected_total": cart["totals"]["total"]
        });
        if let Some(session) = session {
            body["payment"] = json!({"method": "card", "session": session});
        }
        Self { key: Visitor::key(), body }
    }

    /// The same with another key.
    pub fn anew(&self) -> Self {
        Self { key: Visitor::key(), body: self.body.clone() }
    }

    /// Whom the order belongs to.
    pub fn email(&self) -> &str {
        self.body["email"].as_str().unwrap()
    }

    /// Sends it.
    pub async fn send(&self, visitor: &Visitor) -> Answer {
        visitor.post_with_key("/api/v1/checkout", &self.key, &self.body).await
    }
}

/// Where the goods go.
pub fn address() -> Value {
    json!({"name": "Ada Lovelace", "line1": "Invalidenstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE"})
}

/// A piece of JSON that is a text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

impl Visitor {
    /// Puts something into the cart.
    pub async fn adds(&self, sku: &str, quantity: u32) -> Value {
        self.post("/api/v1/cart/lines", json!({"sku": sku, "quantity": quantity})).await.expect(200)
    }

    /// Has shipping to Berlin quoted.
    pub async fn quote(&self) -> Value {
        self.post("/api/v1/cart/quotes", json!({"place_id": BERLIN})).await.expect(200)
    }

    /// Has shipping to Berlin quoted and takes the standard way.
    pub async fn chooses_shipping(&self) -> Value {
        let quote = self.quote().await;
        let choice = json!({"quote_id": quote["quote_id"], "option": "standard"});
        self.put("/api/v1/cart/shipping", choice).await.expect(200)
    }

    /// Buys so many, with a card that works, and gives the answer of checkout.
    pub async fn buys(&self, goods: &Goods, quantity: u32) -> Value {
        let answer = Purchase::prepare(self, goods, quantity, "Ada Lovelace").await.send(self).await.expect(201);
        assert_eq!(answer["payment"]["status"], "authorised", "{answer}");
        answer
    }

    /// The payment of a checkout's answer.
    pub async fn payment(&self, answer: &Value) -> Value {
        self.get(&format!("/api/v1/payments/{}", text(&answer["payment"]["id"]))).await.expect(200)
    }

    /// The order, once its history has this.
    pub async fn sees_order(&self, answer: &Value, kind: &str) -> Value {
        let path = format!("/api/v1/orders/{}", text(&answer["order_id"]));
        eventually(&format!("{path} has {kind} in its history"), 60, async || {
            let found = self.get(&path).await;
            // Payment may be asked before dispatch has heard of the order.
            let order = (found.status == 200).then(|| found.json())?;
            happened(&order, kind).then_some(order)
        })
        .await
    }
}

/// Whether the order's history has this.
pub fn happened(order: &Value, kind: &str) -> bool {
    order["timeline"].as_array().unwrap().iter().any(|entry| entry["kind"] == kind)
}
