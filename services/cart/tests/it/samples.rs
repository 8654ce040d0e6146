//! Lines, changes and orders for tests.

use crate::stores::Stores;
use cart::cart::{Cart, Line, Purchase};
use contracts::events::{EventLine, OrderPlaced};
use contracts::{CartId, Currency, OrderId, PaymentId, ProductId, Quantity, Sku};
use events::Event;

pub fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

pub fn line(text: &str, quantity: u32) -> Line {
    Line { sku: sku(text), quantity: Quantity::new(quantity).unwrap(), title: text.into(), seen_price: None }
}

/// Sets the quantity of a SKU in the owner's cart.
pub async fn put(stores: &Stores, owner: &str, sku: &str, quantity: u32) -> Cart {
    let new_id = CartId(stores.env.system.id());
    stores.carts.change(owner, new_id, &|cart| cart.set(line(sku, quantity))).await.unwrap().unwrap()
}

/// Adds one unit of a SKU to the owner's cart.
pub async fn add(stores: &Stores, owner: &str, text: &str) -> Cart {
    let new_id = CartId(stores.env.system.id());
    let one_more = |cart: &mut Cart| cart.set(line(text, cart.quantity_of(&sku(text)) + 1));
    stores.carts.change(owner, new_id, &one_more).await.unwrap().unwrap()
}

/// Returns the quantity of a SKU in the owner's cart.
pub async fn count(stores: &Stores, owner: &str, text: &str) -> u32 {
    stores.carts.find(owner).await.unwrap().map_or(0, |cart| cart.quantity_of(&sku(text)))
}

/// Creates the event of an order of these units from a cart.
pub fn placed(stores: &Stores, cart: &Cart, ordered: &[(&str, u32)]) -> (Event, OrderPlaced) {
    let system = &stores.env.system;
    let line = |(text, quantity): &(&str, u32)| EventLine {
        sku: sku(text),
        product_id: ProductId(system.id()),
        quantity: Quantity::new(*quantity).unwrap(),
    };
    let placed = OrderPlaced {
        order_id: OrderId(system.id()),
        order_number: "10001".into(),
        payment_id: PaymentId(system.id()),
        owner: "guest:x".into(),
        cart_id: cart.id,
        cart_version: cart.version,
        lines: ordered.iter().map(line).collect(),
        total: "EUR".parse::<Currency>().unwrap().minor(1),
        placed_at: system.now(),
    };
    (Event::new(system, "payment", &placed).unwrap(), placed)
}

/// Removes the ordered units from the cart.
pub async fn remove_purchased(stores: &Stores, (event, placed): &(Event, OrderPlaced)) {
    stores.carts.remove_purchased(event, &Purchase::from(placed), CartId(stores.env.system.id())).await.unwrap();
}
