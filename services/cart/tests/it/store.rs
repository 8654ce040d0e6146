//! The contract of [`cart::store::CartStore`], tested on every store.

use crate::on_all_stores;
use crate::samples::{add, count, line, placed, put, remove_purchased, sku};
use crate::stores::Stores;
use cart::cart::{Cart, Line, MAX_LINES, MissingPrice, Purchase};
use contracts::{CartId, Quantity, Sku};
use futures::future::join_all;

async fn a_cart_exists_after_the_first_change(stores: &Stores) {
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    let new_id = CartId(stores.env.system.id());
    let cart = stores.carts.change("guest:a", new_id, &|cart| cart.set(line("A", 1))).await.unwrap().unwrap();
    assert_eq!((cart.id, cart.version), (new_id, 1));
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(cart));
    assert!(stores.carts.find("guest:b").await.unwrap().is_none());
}

async fn a_refused_change_changes_nothing(stores: &Stores) {
    let before = put(stores, "guest:a", "A", 1).await;
    for owner in ["guest:a", "guest:b"] {
        let refused = stores
            .carts
            .change(owner, CartId(stores.env.system.id()), &|cart| {
                cart.remove(&sku("A"));
                Err(chassis::Problem::invalid("", "no"))
            })
            .await
            .unwrap();
        assert!(refused.is_err());
    }
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(before));
    assert!(stores.carts.find("guest:b").await.unwrap().is_none());
}

async fn concurrent_changes_are_all_stored(stores: &Stores) {
    join_all((0..100).map(|_| add(stores, "guest:a", "A"))).await;
    let cart = stores.carts.find("guest:a").await.unwrap().unwrap();
    assert_eq!((cart.quantity_of(&sku("A")), cart.version), (100, 100));
}

async fn a_guest_cart_is_merged_once(stores: &Stores) {
    put(stores, "guest:a", "A", 2).await;
    put(stores, "account:b", "A", 1).await;
    let new_id = CartId(stores.env.system.id());
    for _ in 0..2 {
        stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    }
    assert_eq!(count(stores, "account:b", "A").await, 3);
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
}

async fn merged_quantities_stay_within_stock(stores: &Stores) {
    put(stores, "guest:a", "A", 5).await;
    put(stores, "account:b", "A", 2).await;
    let new_id = CartId(stores.env.system.id());
    let cart = stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(Some(4))).await.unwrap().unwrap();
    assert_eq!(cart.quantity_of(&sku("A")), 4);
}

async fn a_merge_with_an_unknown_stock_limit_changes_nothing(stores: &Stores) {
    put(stores, "guest:a", "A", 1).await;
    let guest_cart = put(stores, "guest:a", "B", 1).await;
    let account_cart = put(stores, "account:b", "A", 1).await;
    let new_id = CartId(stores.env.system.id());
    let only_a = |requested: &Sku| if *requested == sku("A") { Ok(None) } else { Err(MissingPrice) };
    assert_eq!(stores.carts.merge("guest:a", "account:b", new_id, &only_a).await.unwrap(), Err(MissingPrice));
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(guest_cart));
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(account_cart));
}

async fn merging_without_a_guest_cart_changes_nothing(stores: &Stores) {
    let new_id = CartId(stores.env.system.id());
    let cart = stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    assert_eq!(cart, Cart::empty(new_id));
    assert!(stores.carts.find("account:b").await.unwrap().is_none());
    let before = put(stores, "account:b", "A", 1).await;
    assert_eq!(stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap(), before);
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(before));
}

async fn an_account_without_a_cart_gets_one_with_the_guest_lines(stores: &Stores) {
    put(stores, "guest:a", "A", 2).await;
    let new_id = CartId(stores.env.system.id());
    let cart = stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    assert_eq!((cart.id, cart.version, cart.quantity_of(&sku("A"))), (new_id, 1, 2));
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(cart));
}

async fn concurrent_merges_and_changes_lose_and_duplicate_nothing(stores: &Stores) {
    let adds = join_all((0..4).map(|_| async {
        for _ in 0..10 {
            add(stores, "guest:a", "A").await;
            add(stores, "account:b", "A").await;
        }
    }));
    let merges = join_all((0..2).map(|_| async {
        for _ in 0..20 {
            let new_id = CartId(stores.env.system.id());
            stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
        }
    }));
    futures::join!(adds, merges);
    assert_eq!(count(stores, "guest:a", "A").await + count(stores, "account:b", "A").await, 80);
}

async fn purchased_lines_are_removed_once_and_later_lines_stay(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 1).await;
    put(stores, "guest:a", "B", 2).await;
    let (event, order) = placed(stores, &cart, &[("A", 1)]);
    let next = CartId(stores.env.system.id());
    for _ in 0..2 {
        stores.carts.remove_purchased(&event, &Purchase::from(&order), next).await.unwrap();
    }
    let remaining_cart = stores.carts.find("guest:a").await.unwrap().unwrap();
    assert_eq!(remaining_cart.id, next);
    assert_eq!(remaining_cart.skus(), [sku("B")]);
    remove_purchased(stores, &placed(stores, &remaining_cart, &[("B", 2)])).await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
}

async fn a_repeated_order_event_does_not_remove_later_units(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 2).await;
    let (event, order) = placed(stores, &cart, &[("A", 1)]);
    // The next cart gets the same id, so only the inbox can recognise the repeated event.
    for _ in 0..2 {
        stores.carts.remove_purchased(&event, &Purchase::from(&order), cart.id).await.unwrap();
    }
    assert_eq!(count(stores, "guest:a", "A").await, 1);
}

async fn concurrent_deliveries_of_an_order_event_take_effect_once(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 30).await;
    let (event, order) = placed(stores, &cart, &[("A", 10)]);
    let closing = join_all((0..10).map(|_| async {
        stores.carts.remove_purchased(&event, &Purchase::from(&order), cart.id).await.unwrap();
    }));
    let adding = join_all((0..10).map(|_| add(stores, "guest:a", "A")));
    futures::join!(closing, adding);
    assert_eq!(count(stores, "guest:a", "A").await, 30);
}

async fn a_guest_order_removes_units_from_the_merged_cart(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 1).await;
    put(stores, "account:b", "A", 2).await;
    put(stores, "account:b", "B", 1).await;
    let new_id = CartId(stores.env.system.id());
    stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    add(stores, "account:b", "C").await;
    let order = placed(stores, &cart, &[("A", 1)]);
    for _ in 0..2 {
        remove_purchased(stores, &order).await;
    }
    for (sku, remaining) in [("A", 2), ("B", 1), ("C", 1)] {
        assert_eq!(count(stores, "account:b", sku).await, remaining, "{sku}");
    }
}

async fn a_guest_order_removes_no_more_units_than_the_merge_added(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 2).await;
    put(stores, "account:b", "A", 1).await;
    let new_id = CartId(stores.env.system.id());
    // The order has two units, but the merge added only one.
    stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(Some(1))).await.unwrap().unwrap();
    remove_purchased(stores, &placed(stores, &cart, &[("A", 2)])).await;
    assert_eq!(count(stores, "account:b", "A").await, 1, "the account's own unit stays");
}

async fn a_guest_order_keeps_the_id_of_the_merged_cart(stores: &Stores) {
    let guest_cart = put(stores, "guest:a", "A", 1).await;
    put(stores, "account:b", "B", 1).await;
    let new_id = CartId(stores.env.system.id());
    let account_cart = stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    remove_purchased(stores, &placed(stores, &guest_cart, &[("A", 1)])).await;
    let remaining = stores.carts.find("account:b").await.unwrap().unwrap();
    assert_eq!(
        (remaining.id, remaining.version, remaining.skus()),
        (account_cart.id, account_cart.version + 1, vec![sku("B")])
    );
    remove_purchased(stores, &placed(stores, &account_cart, &[("A", 1), ("B", 1)])).await;
    assert!(stores.carts.find("account:b").await.unwrap().is_none());
}

async fn units_ordered_by_the_account_are_not_removed_again(stores: &Stores) {
    let guest_cart = put(stores, "guest:a", "A", 1).await;
    put(stores, "account:b", "B", 2).await;
    let new_id = CartId(stores.env.system.id());
    let account_cart = stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    remove_purchased(stores, &placed(stores, &account_cart, &[("A", 1), ("B", 1)])).await;
    put(stores, "account:b", "A", 1).await;
    remove_purchased(stores, &placed(stores, &guest_cart, &[("A", 1)])).await;
    assert_eq!((count(stores, "account:b", "A").await, count(stores, "account:b", "B").await), (1, 1));
}

async fn orders_of_several_merged_guest_carts_are_all_removed(stores: &Stores) {
    let mut orders = Vec::new();
    for (guest, sku) in [("guest:a", "A"), ("guest:b", "B"), ("guest:c", "C")] {
        let cart = put(stores, guest, sku, 1).await;
        orders.push(placed(stores, &cart, &[(sku, 1)]));
        let new_id = CartId(stores.env.system.id());
        stores.carts.merge(guest, "account:d", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    }
    for (order, remaining) in orders.iter().zip([vec![sku("B"), sku("C")], vec![sku("C")], vec![]]) {
        remove_purchased(stores, order).await;
        let cart = stores.carts.find("account:d").await.unwrap();
        assert_eq!(cart.map_or_else(Vec::new, |cart| cart.skus()), remaining);
    }
}

async fn an_order_of_a_replaced_cart_changes_nothing(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 1).await;
    let account_cart = put(stores, "account:b", "A", 1).await;
    let new_id = CartId(stores.env.system.id());
    let merged = stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    remove_purchased(stores, &placed(stores, &merged, &[("A", 2)])).await;
    let later = put(stores, "account:b", "A", 3).await;
    for old_cart in [cart, account_cart, Cart::empty(CartId(stores.env.system.id()))] {
        remove_purchased(stores, &placed(stores, &old_cart, &[("A", 1)])).await;
    }
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(later));
}

async fn any_unicode_text_is_stored_unchanged(stores: &Stores) {
    let text = "Ü-ß-水-🛒-\u{1F469}\u{200D}\u{1F680}";
    let title = "quote \" back\\slash, tab \t, zero \u{0}, line\nend, é as e\u{301}, 🧺";
    let odd = Line { title: title.into(), ..line(text, 7) };
    let owner = "guest:🦀:*?[a]";
    let new_id = CartId(stores.env.system.id());
    stores.carts.change(owner, new_id, &|cart| cart.set(odd.clone())).await.unwrap().unwrap();
    // A second change, so that stores which compare the previous document compare these characters.
    let cart = add(stores, owner, "A").await;
    assert_eq!(cart.lines[0], odd);
    assert_eq!(stores.carts.find(owner).await.unwrap(), Some(cart));
    assert!(stores.carts.find("guest:🦀:anything").await.unwrap().is_none());
}

async fn a_cart_of_maximum_size_is_stored_and_changed(stores: &Stores) {
    let title = "🛒 a very long title ".repeat(400);
    let new_id = CartId(stores.env.system.id());
    let fill = |cart: &mut Cart| {
        for number in 0..MAX_LINES {
            cart.set(Line { title: title.clone(), ..line(&format!("SKU-{number}"), Quantity::MAX) })?;
        }
        Ok(())
    };
    let full = stores.carts.change("guest:a", new_id, &fill).await.unwrap().unwrap();
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(full));
    let one_less = put(stores, "guest:a", "SKU-99", 1).await;
    assert_eq!((one_less.lines.len(), one_less.version), (MAX_LINES, 2));
    let merged = stores.carts.merge("guest:a", "account:b", CartId(stores.env.system.id()), &|_| Ok(None)).await;
    assert_eq!(merged.unwrap().unwrap().lines, one_less.lines);
}

async fn the_health_check_of_an_open_store_succeeds(stores: &Stores) {
    stores.carts.check().await.unwrap();
}

on_all_stores!(
    a_cart_exists_after_the_first_change,
    a_refused_change_changes_nothing,
    concurrent_changes_are_all_stored,
    a_guest_cart_is_merged_once,
    merged_quantities_stay_within_stock,
    a_merge_with_an_unknown_stock_limit_changes_nothing,
    merging_without_a_guest_cart_changes_nothing,
    an_account_without_a_cart_gets_one_with_the_guest_lines,
    concurrent_merges_and_changes_lose_and_duplicate_nothing,
    purchased_lines_are_removed_once_and_later_lines_stay,
    a_repeated_order_event_does_not_remove_later_units,
    concurrent_deliveries_of_an_order_event_take_effect_once,
    a_guest_order_removes_units_from_the_merged_cart,
    a_guest_order_removes_no_more_units_than_the_merge_added,
    a_guest_order_keeps_the_id_of_the_merged_cart,
    units_ordered_by_the_account_are_not_removed_again,
    orders_of_several_merged_guest_carts_are_all_removed,
    an_order_of_a_replaced_cart_changes_nothing,
    any_unicode_text_is_stored_unchanged,
    a_cart_of_maximum_size_is_stored_and_changed,
    the_health_check_of_an_open_store_succeeds,
);
