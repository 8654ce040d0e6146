//! The carts of Robot Shop. Shipping is a line of its own with the SKU `SHIP`.

use super::decimal::Decimal;
use super::failure::Failure;
use super::session::{GUEST_PREFIX, Visitor, with_guest};
use super::{RobotShop, Shop, catalogue};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use chassis::client::{CallError, segment};
use chassis::problem;
use contracts::Quantity;
use contracts::cart::{CartLine, CartView, LineAddition, LineChange};
use contracts::catalogue::{OUT_OF_STOCK, UNKNOWN_SKU};
use serde::Serialize;
use serde_json::{Value, json};

/// The SKU of the line with the price of shipping.
pub const SHIPPING_SKU: &str = "SHIP";
pub const CART_NOT_FOUND: &str = "cart not found";
const CART: &str = "/api/v1/cart";

/// A cart as Robot Shop describes it: the total is the sum of the subtotals.
#[derive(Debug, Serialize)]
pub struct Cart {
    total: Decimal,
    /// The tax within the total.
    tax: Decimal,
    items: Vec<Item>,
}

/// A line of a cart.
#[derive(Debug, Serialize)]
struct Item {
    qty: u32,
    sku: String,
    name: String,
    price: Decimal,
    /// The amount to pay for the line, after discounts and with tax.
    subtotal: Decimal,
}

impl Cart {
    /// Describes lines and shipping: the name of its line, its price for one shipment, and the amount to pay for it.
    pub fn new(
        lines: &[CartLine],
        shipping: Option<(String, Decimal, Decimal)>,
        total: impl Into<Decimal>,
        tax: impl Into<Decimal>,
    ) -> Self {
        let line = |line: &CartLine| Item {
            qty: line.quantity.get(),
            sku: line.sku.to_string(),
            name: catalogue::name(&line.title, &line.option_values),
            price: line.unit_price.into(),
            subtotal: line.total.into(),
        };
        let shipping = shipping.map(|(name, price, subtotal)| Item {
            qty: 1,
            sku: SHIPPING_SKU.to_owned(),
            name,
            price,
            subtotal,
        });
        Self { total: total.into(), tax: tax.into(), items: lines.iter().map(line).chain(shipping).collect() }
    }
}

/// Returns the state of the carts.
pub async fn health(State(shop): State<Shop>) -> Json<Value> {
    Json(json!({ "app": "OK", "redis": shop.clients.cart.get::<CartView>(CART).await.is_ok() }))
}

/// Returns a cart that has lines.
pub async fn get_cart(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Json<Cart>, Failure> {
    let visitor = shop.owner(&id, &request).await?;
    let cart = shop.filled_cart(&visitor).await?;
    shop.describe(&cart).await.map(Json)
}

/// Removes all lines of a cart.
pub async fn delete_cart(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<&'static str, Failure> {
    let visitor = shop.owner(&id, &request).await?;
    let client = shop.cart(&visitor.headers);
    for line in shop.filled_cart(&visitor).await?.lines {
        client.delete::<CartView>(&line_path(line.sku.as_str())).await?;
    }
    Ok("OK")
}

/// Merges the cart of a guest into the cart of the account that the caller is logged in to.
pub async fn rename(
    State(shop): State<Shop>,
    Path((from, to)): Path<(String, String)>,
    request: HeaderMap,
) -> Result<Json<Cart>, Failure> {
    let not_found = || Failure::not_found(CART_NOT_FOUND);
    let guest = shop.owner(&from, &request).await?;
    let account = shop.owner(&to, &request).await?;
    let token = from.strip_prefix(GUEST_PREFIX).filter(|_| account.account.is_some()).ok_or_else(not_found)?;
    shop.filled_cart(&guest).await?;
    let headers = with_guest(account.headers, token).ok_or_else(not_found)?;
    let cart: CartView = shop.cart(&headers).post("/api/v1/cart/merge", &()).await.map_err(refused)?;
    shop.describe(&cart).await.map(Json)
}

/// Adds units of a SKU to a cart.
pub async fn add(
    State(shop): State<Shop>,
    Path((id, sku, quantity)): Path<(String, String, String)>,
    request: HeaderMap,
) -> Result<Json<Cart>, Failure> {
    let quantity = parse_quantity(&quantity)?;
    if quantity < 1 {
        return Err(Failure::bad_request("quantity has to be greater than zero"));
    }
    let sku = sku.parse().map_err(|_| Failure::not_found("product not found"))?;
    // No shop has so many units for one cart.
    let units = u32::try_from(quantity).ok().and_then(Quantity::new);
    let addition = LineAddition { sku, quantity: units.ok_or_else(|| Failure::not_found("out of stock"))? };
    let visitor = shop.owner(&id, &request).await?;
    let cart = shop.cart(&visitor.headers).post("/api/v1/cart/lines", &addition).await.map_err(refused)?;
    shop.describe(&cart).await.map(Json)
}

/// Sets the quantity of a line; 0 removes it. Shipping is removed in the same way, and charged once.
pub async fn update(
    State(shop): State<Shop>,
    Path((id, sku, quantity)): Path<(String, String, String)>,
    request: HeaderMap,
) -> Result<Json<Cart>, Failure> {
    let quantity = parse_quantity(&quantity)?;
    let quantity = u32::try_from(quantity).map_err(|_| Failure::bad_request("negative quantity not allowed"))?;
    if quantity > Quantity::MAX {
        return Err(Failure::not_found("out of stock"));
    }
    let visitor = shop.owner(&id, &request).await?;
    let cart = shop.filled_cart(&visitor).await?;
    let client = shop.cart(&visitor.headers);
    let is_shipping = sku == SHIPPING_SKU && cart.shipping.is_some();
    let changed = match (is_shipping, quantity) {
        (true, 0) => client.delete("/api/v1/cart/shipping").await,
        (true, 1) => Ok(cart),
        (true, _) => return Err(Failure::bad_request("shipping is charged once")),
        (false, _) if cart.lines.iter().any(|line| line.sku.as_str() == sku) => {
            client.put(&line_path(&sku), &LineChange { quantity }).await
        }
        (false, _) => return Err(Failure::not_found("not in cart")),
    };
    shop.describe(&changed.map_err(refused)?).await.map(Json)
}

impl RobotShop {
    /// Returns the session that owns the cart with this id.
    ///
    /// # Errors
    /// `cart not found` for ids of others.
    pub async fn owner(&self, id: &str, request: &HeaderMap) -> Result<Visitor, Failure> {
        self.visitor(id, request).await?.ok_or_else(|| Failure::not_found(CART_NOT_FOUND))
    }

    /// Returns the cart of a session, if it has lines.
    ///
    /// # Errors
    /// `cart not found` for an empty cart.
    pub async fn filled_cart(&self, visitor: &Visitor) -> Result<CartView, Failure> {
        let cart: CartView = self.cart(&visitor.headers).get(CART).await.map_err(refused)?;
        if cart.lines.is_empty() { Err(Failure::not_found(CART_NOT_FOUND)) } else { Ok(cart) }
    }

    /// Describes a cart, whose shipping line has the names of country and town.
    ///
    /// # Errors
    /// When the shipping service does not respond.
    pub async fn describe(&self, cart: &CartView) -> Result<Cart, Failure> {
        let shipping = match &cart.shipping {
            Some(shipping) => {
                let country = self.country_name(shipping.place.country).await?;
                let name = format!("shipping to {country} {}", shipping.place.name);
                Some((name, shipping.price.into(), shipping.total.into()))
            }
            None => None,
        };
        Ok(Cart::new(&cart.lines, shipping, cart.totals.total, cart.totals.tax))
    }
}

fn line_path(sku: &str) -> String {
    format!("/api/v1/cart/lines/{}", segment(sku))
}

/// Gives the refusals of the cart service the texts of Robot Shop.
pub fn refused(error: CallError) -> Failure {
    if error.refused_as(problem::UNAUTHENTICATED).is_some() {
        Failure::not_found(CART_NOT_FOUND)
    } else if error.refused_as(UNKNOWN_SKU).is_some() {
        Failure::not_found("product not found")
    } else if error.refused_as(OUT_OF_STOCK).is_some() {
        Failure::not_found("out of stock")
    } else {
        error.into()
    }
}

/// Reads the number at the beginning of a text, as JavaScript's `parseInt` does: `2abc` is 2.
fn parse_quantity(text: &str) -> Result<i64, Failure> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = &digits[..digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len())];
    if digits.is_empty() {
        return Err(Failure::bad_request("quantity must be a number"));
    }
    let number = digits.parse().unwrap_or(i64::MAX);
    Ok(if text.starts_with('-') { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_by_parse_int() {
        for (text, number) in [("2", 2), ("2abc", 2), ("1.9", 1), (" 7", 7), ("+3", 3), ("-1", -1), ("-0", 0)] {
            assert_eq!(parse_quantity(text), Ok(number), "{text}");
        }
        assert_eq!(parse_quantity("99999999999999999999"), Ok(i64::MAX));
        for text in ["", "abc", "-", ".5", "é1"] {
            assert!(parse_quantity(text).is_err(), "{text}");
        }
    }
}
