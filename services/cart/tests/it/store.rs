//! What every store of carts promises.

use cart::cart::{Cart, Line};
use cart::store::{CartStore, SqliteCarts};
use contracts::events::{EventLine, OrderPlaced};
use contracts::{CartId, Currency, OrderId, PaymentId, ProductId, Quantity, Sku};
use events::Event;
use std::sync::Arc;
use testkit::House;

fn line(sku: &str, quantity: u32) -> Line {
    Line { sku: sku.parse().unwrap(), quantity: Quantity::new(quantity).unwrap(), title: sku.into(), seen_price: None }
}

async fn put(store: &Arc<dyn CartStore>, house: &House, owner: &str, sku: &str, quantity: u32) -> Cart {
    let fresh = CartId(house.sources.id());
    store.change(owner, fresh, &|cart| cart.set(line(sku, quantity))).await.unwrap().unwrap()
}

fn placed(cart: &Cart, bought: &[(&str, u32)], house: &House) -> (Event, OrderPlaced) {
    let line = |(sku, quantity): &(&str, u32)| EventLine {
        sku: sku.parse().unwrap(),
        product_id: ProductId(house.sources.id()),
        quantity: Quantity::new(*quantity).unwrap(),
    };
    let placed = OrderPlaced {
        order_id: OrderId(house.sources.id()),
        order_number: "10001".into(),
        payment_id: PaymentId(house.sources.id()),
        owner: "guest:x".into(),
        cart_id: cart.id,
        cart_version: cart.version,
        lines: bought.iter().map(line).collect(),
        total: "EUR".parse::<Currency>().unwrap().minor(1),
        placed_at: house.sources.now(),
    };
    (Event::new(&house.sources, "payment", &placed).unwrap(), placed)
}

async fn a_refused_change_changes_nothing(store: Arc<dyn CartStore>, house: &House) {
    put(&store, house, "guest:a", "A", 1).await;
    let refused = store
        .change("guest:a", CartId(house.sources.id()), &|cart| {
            cart.remove(&"A".parse::<Sku>().unwrap());
            Err(chassis::Problem::invalid("", "no"))
        })
        .await
        .unwrap();
    assert!(refused.is_err());
    assert_eq!(store.find("guest:a").await.unwrap().unwrap().lines.len(), 1);
}

async fn parallel_changes_are_all_there(store: Arc<dyn CartStore>, house: &House) {
    let fresh = CartId(house.sources.id());
    let adds = (0..100).map(|_| {
        let store = Arc::clone(&store);
        async move {
            let add = |cart: &mut Cart| {
                let now = cart.quantity_of(&"A".parse::<Sku>().unwrap());
                cart.set(line("A", now + 1))
            };
            store.change("guest:a", fresh, &add).await.unwrap().unwrap();
        }
    });
    futures::future::join_all(adds).await;
    let cart = store.find("guest:a").await.unwrap().unwrap();
    assert_eq!((cart.quantity_of(&"A".parse().unwrap()), cart.version), (100, 100));
}

async fn a_guests_cart_is_merged_once(store: Arc<dyn CartStore>, house: &House) {
    put(&store, house, "guest:a", "A", 2).await;
    put(&store, house, "account:b", "A", 1).await;
    let fresh = CartId(house.sources.id());
    for _ in 0..2 {
        store.merge("guest:a", "account:b", fresh, &|_| None).await.unwrap();
    }
    assert_eq!(store.find("account:b").await.unwrap().unwrap().quantity_of(&"A".parse().unwrap()), 3);
    assert!(store.find("guest:a").await.unwrap().is_none());
}

async fn merged_quantities_stay_within_stock(store: Arc<dyn CartStore>, house: &House) {
    put(&store, house, "guest:a", "A", 5).await;
    put(&store, house, "account:b", "A", 2).await;
    let cart = store.merge("guest:a", "account:b", CartId(house.sources.id()), &|_| Some(4)).await.unwrap();
    assert_eq!(cart.quantity_of(&"A".parse().unwrap()), 4);
}

async fn a_bought_cart_is_closed_once_and_what_came_later_stays(store: Arc<dyn CartStore>, house: &House) {
    let cart = put(&store, house, "guest:a", "A", 1).await;
    put(&store, house, "guest:a", "B", 2).await;
    let (event, placed) = placed(&cart, &[("A", 1)], house);
    let next = CartId(house.sources.id());
    for _ in 0..2 {
        store.close(&event, &placed, next).await.unwrap();
    }
    let rest = store.find("guest:a").await.unwrap().unwrap();
    assert_eq!(rest.id, next);
    assert_eq!(rest.skus(), ["B".parse::<Sku>().unwrap()]);
    let (event, placed) = self::placed(&rest, &[("B", 2)], house);
    store.close(&event, &placed, CartId(house.sources.id())).await.unwrap();
    assert!(store.find("guest:a").await.unwrap().is_none());
}

macro_rules! conformance {
    ($($name:ident),+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let (folder, house) = (tempfile::tempdir().unwrap(), super::House::default());
                let store = super::SqliteCarts::open(&folder.path().join("cart.db")).await.unwrap();
                super::$name(std::sync::Arc::new(store), &house).await;
            })+
        }
    };
}

conformance!(
    a_refused_change_changes_nothing,
    parallel_changes_are_all_there,
    a_guests_cart_is_merged_once,
    merged_quantities_stay_within_stock,
    a_bought_cart_is_closed_once_and_what_came_later_stays
);
