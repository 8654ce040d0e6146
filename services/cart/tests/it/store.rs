//! What every store of carts promises.

use crate::on_all_stores;
use crate::samples::{add, close, count, line, placed, put, sku};
use crate::stores::Stores;
use cart::cart::{Cart, Line, MOST_LINES, Unasked};
use contracts::{CartId, Quantity, Sku};
use futures::future::join_all;

async fn nobody_has_a_cart_before_the_first_change(stores: &Stores) {
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    let fresh = CartId(stores.env.system.id());
    let cart = stores.carts.change("guest:a", fresh, &|cart| cart.set(line("A", 1))).await.unwrap().unwrap();
    assert_eq!((cart.id, cart.version), (fresh, 1));
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

async fn parallel_changes_are_all_there(stores: &Stores) {
    join_all((0..100).map(|_| add(stores, "guest:a", "A"))).await;
    let cart = stores.carts.find("guest:a").await.unwrap().unwrap();
    assert_eq!((cart.quantity_of(&sku("A")), cart.version), (100, 100));
}

async fn a_guests_cart_is_merged_once(stores: &Stores) {
    put(stores, "guest:a", "A", 2).await;
    put(stores, "account:b", "A", 1).await;
    let fresh = CartId(stores.env.system.id());
    for _ in 0..2 {
        stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    }
    assert_eq!(count(stores, "account:b", "A").await, 3);
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
}

async fn merged_quantities_stay_within_stock(stores: &Stores) {
    put(stores, "guest:a", "A", 5).await;
    put(stores, "account:b", "A", 2).await;
    let fresh = CartId(stores.env.system.id());
    let cart = stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(Some(4))).await.unwrap().unwrap();
    assert_eq!(cart.quantity_of(&sku("A")), 4);
}

async fn a_guests_cart_stays_as_it_is_when_nobody_has_said_how_many_there_may_be(stores: &Stores) {
    put(stores, "guest:a", "A", 1).await;
    let theirs = put(stores, "guest:a", "B", 1).await;
    let ours = put(stores, "account:b", "A", 1).await;
    let fresh = CartId(stores.env.system.id());
    let only_a = |asked: &Sku| if *asked == sku("A") { Ok(None) } else { Err(Unasked) };
    assert_eq!(stores.carts.merge("guest:a", "account:b", fresh, &only_a).await.unwrap(), Err(Unasked));
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(theirs));
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(ours));
}

async fn a_guest_without_a_cart_leaves_the_accounts_as_it_is(stores: &Stores) {
    let fresh = CartId(stores.env.system.id());
    let cart = stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    assert_eq!(cart, Cart::empty(fresh));
    assert!(stores.carts.find("account:b").await.unwrap().is_none());
    let before = put(stores, "account:b", "A", 1).await;
    assert_eq!(stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap(), before);
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(before));
}

async fn an_account_without_a_cart_gets_a_new_one_with_the_guests_lines(stores: &Stores) {
    put(stores, "guest:a", "A", 2).await;
    let fresh = CartId(stores.env.system.id());
    let cart = stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    assert_eq!((cart.id, cart.version, cart.quantity_of(&sku("A"))), (fresh, 1, 2));
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(cart));
}

async fn nothing_is_lost_or_doubled_while_a_guest_logs_in(stores: &Stores) {
    let adds = join_all((0..4).map(|_| async {
        for _ in 0..10 {
            add(stores, "guest:a", "A").await;
            add(stores, "account:b", "A").await;
        }
    }));
    let merges = join_all((0..2).map(|_| async {
        for _ in 0..20 {
            let fresh = CartId(stores.env.system.id());
            stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
        }
    }));
    futures::join!(adds, merges);
    assert_eq!(count(stores, "guest:a", "A").await + count(stores, "account:b", "A").await, 80);
}

async fn a_bought_cart_is_closed_once_and_what_came_later_stays(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 1).await;
    put(stores, "guest:a", "B", 2).await;
    let (event, order) = placed(stores, &cart, &[("A", 1)]);
    let next = CartId(stores.env.system.id());
    for _ in 0..2 {
        stores.carts.close(&event, &order, next).await.unwrap();
    }
    let rest = stores.carts.find("guest:a").await.unwrap().unwrap();
    assert_eq!(rest.id, next);
    assert_eq!(rest.skus(), [sku("B")]);
    close(stores, &placed(stores, &rest, &[("B", 2)])).await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
}

async fn an_order_told_again_does_not_take_what_was_put_in_since(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 2).await;
    let (event, order) = placed(stores, &cart, &[("A", 1)]);
    // Closed into a generation with the same id: only the inbox tells the second time from the first.
    for _ in 0..2 {
        stores.carts.close(&event, &order, cart.id).await.unwrap();
    }
    assert_eq!(count(stores, "guest:a", "A").await, 1);
}

async fn an_order_told_twice_at_once_takes_effect_once(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 30).await;
    let (event, order) = placed(stores, &cart, &[("A", 10)]);
    let closing = join_all((0..10).map(|_| async {
        stores.carts.close(&event, &order, cart.id).await.unwrap();
    }));
    let adding = join_all((0..10).map(|_| add(stores, "guest:a", "A")));
    futures::join!(closing, adding);
    assert_eq!(count(stores, "guest:a", "A").await, 30);
}

async fn what_a_guest_bought_leaves_the_cart_they_took_along(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 1).await;
    put(stores, "account:b", "A", 2).await;
    put(stores, "account:b", "B", 1).await;
    let fresh = CartId(stores.env.system.id());
    stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    add(stores, "account:b", "C").await;
    let order = placed(stores, &cart, &[("A", 1)]);
    for _ in 0..2 {
        close(stores, &order).await;
    }
    for (sku, left) in [("A", 2), ("B", 1), ("C", 1)] {
        assert_eq!(count(stores, "account:b", sku).await, left, "{sku}");
    }
}

async fn what_a_guest_bought_does_not_take_more_than_they_brought(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 2).await;
    put(stores, "account:b", "A", 1).await;
    let fresh = CartId(stores.env.system.id());
    // Their order holds two of three: one more may be in the cart.
    stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(Some(1))).await.unwrap().unwrap();
    close(stores, &placed(stores, &cart, &[("A", 2)])).await;
    assert_eq!(count(stores, "account:b", "A").await, 1, "the account's own");
}

async fn the_cart_a_guest_took_theirs_along_to_stays_the_one_that_is_about_to_be_paid(stores: &Stores) {
    let guests = put(stores, "guest:a", "A", 1).await;
    put(stores, "account:b", "B", 1).await;
    let fresh = CartId(stores.env.system.id());
    let ours = stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    close(stores, &placed(stores, &guests, &[("A", 1)])).await;
    let left = stores.carts.find("account:b").await.unwrap().unwrap();
    assert_eq!((left.id, left.version, left.skus()), (ours.id, ours.version + 1, vec![sku("B")]));
    close(stores, &placed(stores, &ours, &[("A", 1), ("B", 1)])).await;
    assert!(stores.carts.find("account:b").await.unwrap().is_none());
}

async fn what_an_account_bought_along_is_not_taken_again(stores: &Stores) {
    let guests = put(stores, "guest:a", "A", 1).await;
    put(stores, "account:b", "B", 2).await;
    let fresh = CartId(stores.env.system.id());
    let ours = stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    close(stores, &placed(stores, &ours, &[("A", 1), ("B", 1)])).await;
    put(stores, "account:b", "A", 1).await;
    close(stores, &placed(stores, &guests, &[("A", 1)])).await;
    assert_eq!((count(stores, "account:b", "A").await, count(stores, "account:b", "B").await), (1, 1));
}

async fn what_several_guests_bought_leaves_the_cart_of_the_account_they_have(stores: &Stores) {
    let mut orders = Vec::new();
    for (guest, sku) in [("guest:a", "A"), ("guest:b", "B"), ("guest:c", "C")] {
        let cart = put(stores, guest, sku, 1).await;
        orders.push(placed(stores, &cart, &[(sku, 1)]));
        let fresh = CartId(stores.env.system.id());
        stores.carts.merge(guest, "account:d", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    }
    for (order, left) in orders.iter().zip([vec![sku("B"), sku("C")], vec![sku("C")], vec![]]) {
        close(stores, order).await;
        let cart = stores.carts.find("account:d").await.unwrap();
        assert_eq!(cart.map_or_else(Vec::new, |cart| cart.skus()), left);
    }
}

async fn an_order_of_a_cart_that_is_gone_changes_nothing(stores: &Stores) {
    let cart = put(stores, "guest:a", "A", 1).await;
    let ours = put(stores, "account:b", "A", 1).await;
    let fresh = CartId(stores.env.system.id());
    let merged = stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    close(stores, &placed(stores, &merged, &[("A", 2)])).await;
    let later = put(stores, "account:b", "A", 3).await;
    for gone in [cart, ours, Cart::empty(CartId(stores.env.system.id()))] {
        close(stores, &placed(stores, &gone, &[("A", 1)])).await;
    }
    assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(later));
}

async fn every_letter_comes_back_as_it_was(stores: &Stores) {
    let text = "Ü-ß-水-🛒-\u{1F469}\u{200D}\u{1F680}";
    let title = "quote \" back\\slash, tab \t, zero \u{0}, line\nend, é as e\u{301}, 🧺";
    let odd = Line { title: title.into(), ..line(text, 7) };
    let owner = "guest:🦀:*?[a]";
    let fresh = CartId(stores.env.system.id());
    stores.carts.change(owner, fresh, &|cart| cart.set(odd.clone())).await.unwrap().unwrap();
    // Twice, so that a store that compares what it reads compares these letters too.
    let cart = add(stores, owner, "A").await;
    assert_eq!(cart.lines[0], odd);
    assert_eq!(stores.carts.find(owner).await.unwrap(), Some(cart));
    assert!(stores.carts.find("guest:🦀:anything").await.unwrap().is_none());
}

async fn a_cart_as_big_as_one_can_be_is_kept_and_changed(stores: &Stores) {
    let title = "🛒 a very long title ".repeat(400);
    let fresh = CartId(stores.env.system.id());
    let fill = |cart: &mut Cart| {
        for number in 0..MOST_LINES {
            cart.set(Line { title: title.clone(), ..line(&format!("SKU-{number}"), Quantity::MOST) })?;
        }
        Ok(())
    };
    let full = stores.carts.change("guest:a", fresh, &fill).await.unwrap().unwrap();
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(full));
    let one_less = put(stores, "guest:a", "SKU-99", 1).await;
    assert_eq!((one_less.lines.len(), one_less.version), (MOST_LINES, 2));
    let merged = stores.carts.merge("guest:a", "account:b", CartId(stores.env.system.id()), &|_| Ok(None)).await;
    assert_eq!(merged.unwrap().unwrap().lines, one_less.lines);
}

async fn a_healthy_store_says_so(stores: &Stores) {
    stores.carts.check().await.unwrap();
}

on_all_stores!(
    nobody_has_a_cart_before_the_first_change,
    a_refused_change_changes_nothing,
    parallel_changes_are_all_there,
    a_guests_cart_is_merged_once,
    merged_quantities_stay_within_stock,
    a_guests_cart_stays_as_it_is_when_nobody_has_said_how_many_there_may_be,
    a_guest_without_a_cart_leaves_the_accounts_as_it_is,
    an_account_without_a_cart_gets_a_new_one_with_the_guests_lines,
    nothing_is_lost_or_doubled_while_a_guest_logs_in,
    a_bought_cart_is_closed_once_and_what_came_later_stays,
    an_order_told_again_does_not_take_what_was_put_in_since,
    an_order_told_twice_at_once_takes_effect_once,
    what_a_guest_bought_leaves_the_cart_they_took_along,
    what_a_guest_bought_does_not_take_more_than_they_brought,
    the_cart_a_guest_took_theirs_along_to_stays_the_one_that_is_about_to_be_paid,
    what_an_account_bought_along_is_not_taken_again,
    what_several_guests_bought_leaves_the_cart_of_the_account_they_have,
    an_order_of_a_cart_that_is_gone_changes_nothing,
    every_letter_comes_back_as_it_was,
    a_cart_as_big_as_one_can_be_is_kept_and_changed,
    a_healthy_store_says_so,
);
