//! What is Redis's alone: several processes, an emptied server, lifetimes, and lines that break.

use crate::samples::{add, close, count, placed, put, sku};
use crate::stores::Stores;
use crate::wire::{Trouble, Wire};
use ::redis::{FromRedisValue, cmd};
use cart::cart::Cart;
use chassis::config::{Environment, Variable};
use chassis::redis::{ConnectionSettings, Database};
use chassis::{SystemContext, StoreError};
use contracts::{CartId, Sku};
use futures::future::join_all;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Everything below an address.
struct Keys(Database);

impl Keys {
    async fn of(address: &ConnectionSettings) -> Self {
        Self(Database::open(address, "cart").await.unwrap())
    }

    async fn all(&self) -> Vec<String> {
        cmd("KEYS").arg(self.0.key("*")).query_async(&mut self.0.connection()).await.unwrap()
    }

    async fn ask<T: FromRedisValue>(&self, command: &str, key: &str) -> T {
        cmd(command).arg(key).query_async(&mut self.0.connection()).await.unwrap()
    }

    /// Throws away all keys whose name has this in it.
    async fn lose(&self, part: &str) {
        for key in self.all().await.iter().filter(|key| key.contains(part)) {
            let _: u32 = self.ask("DEL", key).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn several_processes_change_one_cart_and_nothing_is_lost() {
    let address = testkit::servers::redis();
    let stores = join_all((0..4).map(|_| Stores::at(&address))).await;
    let first = put(&stores[0], "guest:a", "B", 1).await;
    let order = placed(&stores[0], &first, &[("B", 1)]);
    join_all(stores.iter().map(|stores| async {
        futures::join!(join_all((0..25).map(|_| add(stores, "guest:a", "A"))), close(stores, &order));
    }))
    .await;
    assert_eq!((count(&stores[0], "guest:a", "A").await, count(&stores[3], "guest:a", "B").await), (100, 0));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn shops_on_one_redis_do_not_see_each_others_carts() {
    let (one, other) = (Stores::redis().await, Stores::redis().await);
    put(&one, "guest:a", "A", 1).await;
    assert!(other.carts.find("guest:a").await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_emptied_redis_has_empty_carts_and_goes_on() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let gone = put(&stores, "guest:a", "A", 2).await;
    let order = placed(&stores, &gone, &[("A", 1)]);
    let now = stores.env.system.now();
    stores.inbox.fail(&order.0, "no", true, None, now).await.unwrap();
    keys.lose("").await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    assert!(stores.inbox.dead_letters(10).await.unwrap().is_empty());
    assert!(!stores.inbox.replay(order.0.id, now).await.unwrap());
    close(&stores, &order).await;
    let anew = add(&stores, "guest:a", "A").await;
    assert_ne!(anew.id, gone.id);
    assert_eq!(anew.version, 1);
    close(&stores, &order).await;
    assert_eq!(count(&stores, "guest:a", "A").await, 1);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_redis_that_is_emptied_again_and_again_never_fails_a_change() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let adds = join_all((0..40).map(|_| async {
        let cart = add(&stores, "guest:a", "A").await;
        close(&stores, &placed(&stores, &cart, &[("B", 1)])).await;
    }));
    let merges = join_all((0..10).map(|_| async {
        let fresh = CartId(stores.env.system.id());
        stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    }));
    let emptied = join_all((0..10).map(|_| keys.lose("")));
    futures::join!(adds, merges, emptied);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn half_a_cart_is_no_cart() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let cart = put(&stores, "guest:a", "A", 2).await;
    let order = placed(&stores, &cart, &[("A", 1)]);
    keys.lose("document:").await;
    close(&stores, &order).await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    let order = placed(&stores, &cart, &[("A", 1)]);
    let cart = put(&stores, "guest:a", "A", 2).await;
    close(&stores, &order).await;
    assert_eq!(count(&stores, "guest:a", "A").await, 2, "the old cart was bought, not this one");
    let order = placed(&stores, &cart, &[("A", 1)]);
    keys.lose("owner:").await;
    close(&stores, &order).await;
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(cart));
    let healed = add(&stores, "guest:a", "A").await;
    close(&stores, &placed(&stores, &healed, &[("A", 3)])).await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_cart_lives_for_a_while_after_its_last_change_and_all_of_it_as_long() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let day: i64 = 24 * 3600;
    for (owner, days) in [("guest:a", 90), ("account:b", 365)] {
        for _ in 0..2 {
            put(&stores, owner, "A", 1).await;
            let keys_of_it = keys.all().await;
            assert_eq!(keys_of_it.len(), 2, "{keys_of_it:?}");
            for key in &keys_of_it {
                let seconds: i64 = keys.ask("TTL", key).await;
                assert!((days * day - 60..=days * day).contains(&seconds), "{key}: {seconds}");
                // The next change begins the time anew.
                let _: u32 = cmd("EXPIRE").arg(key).arg(1000).query_async(&mut keys.0.connection()).await.unwrap();
            }
        }
        keys.lose("").await;
    }
    put(&stores, "guest:a", "A", 1).await;
    let fresh = CartId(stores.env.system.id());
    stores.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    let left = keys.all().await;
    assert_eq!(left.len(), 3, "the cart, its id, and where that of the guest leads: {left:?}");
    for key in &left {
        assert!(keys.ask::<i64>("TTL", key).await > 300 * day, "the guest's lines live as long as the account's");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn what_is_done_is_remembered_for_thirty_days_and_what_waits_as_long_as_it_waits() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let cart = put(&stores, "guest:a", "A", 1).await;
    let [done, dead, due] = [(); 3].map(|()| placed(&stores, &cart, &[("A", 1)]));
    close(&stores, &done).await;
    let now = stores.env.system.now();
    stores.inbox.fail(&dead.0, "no", true, None, now).await.unwrap();
    stores.inbox.fail(&due.0, "no", true, Some(now), now).await.unwrap();
    let mut waiting = 0;
    for key in keys.all().await.iter().filter(|key| key.contains("inbox")) {
        let seconds: i64 = keys.ask("TTL", key).await;
        if key.ends_with("done") {
            assert!(seconds > 30 * 24 * 3600, "{seconds}");
        } else {
            waiting += 1;
            assert_eq!(seconds, -1, "{key}");
        }
    }
    assert_eq!(waiting, 3);
}

/// Another process puts one more of it into the owner's cart, while this one is at work.
fn meanwhile(address: &ConnectionSettings, owner: &str, sku: &str) {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { add(&Stores::at(address).await, owner, sku).await });
    };
    std::thread::scope(|scope| scope.spawn(work).join().unwrap());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn what_another_process_puts_in_while_carts_are_merged_is_merged_too() {
    for owner in ["guest:a", "account:b"] {
        let address = testkit::servers::redis();
        let stores = Stores::at(&address).await;
        put(&stores, "guest:a", "A", 1).await;
        put(&stores, "account:b", "A", 1).await;
        let first = AtomicBool::new(true);
        let cap = |_: &Sku| {
            if first.swap(false, Ordering::SeqCst) {
                meanwhile(&address, owner, "B");
            }
            Ok(None)
        };
        let fresh = CartId(stores.env.system.id());
        let cart = stores.carts.merge("guest:a", "account:b", fresh, &cap).await.unwrap().unwrap();
        assert_eq!((cart.quantity_of(&sku("A")), cart.quantity_of(&sku("B"))), (2, 1), "{owner}");
        assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(cart));
        assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_change_that_always_comes_second_is_told_that_the_cart_is_too_busy() {
    let address = testkit::servers::redis();
    let (stores, turns) = (Stores::at(&address).await, AtomicUsize::new(0));
    let never_first = |_: &mut Cart| {
        turns.fetch_add(1, Ordering::SeqCst);
        meanwhile(&address, "guest:a", "A");
        Ok(())
    };
    let told = stores.carts.change("guest:a", CartId(stores.env.system.id()), &never_first).await;
    assert!(matches!(&told, Err(StoreError::Unavailable(why)) if why.contains("too busy")), "{told:?}");
    let turns = turns.load(Ordering::SeqCst);
    assert_eq!(stores.carts.find("guest:a").await.unwrap().unwrap().version, i64::try_from(turns).unwrap());
}

/// Host and port of the server.
fn server() -> String {
    let variable = |name| Variable { name, default: "", help: "" };
    let environment = Environment::from_process();
    ["REDIS_HOST", "REDIS_PORT"].map(|name| environment.text(&variable(name)).unwrap()).join(":")
}

/// A store at the end of a line, and the same without the line.
async fn on_a_wire() -> (Wire, Stores, Stores) {
    let mut environment = Environment::from_process();
    let wire = Wire::new(server());
    let line = [("REDIS_HOST", "127.0.0.1".to_owned()), ("REDIS_PORT", wire.port().to_string())];
    let mut around = Environment::from_values(line.map(|(name, value)| (name.to_owned(), value)));
    let prefix = format!("test_{}_", SystemContext::host().id().simple());
    let near = Stores::at(&ConnectionSettings::read(&mut environment).unwrap().with_prefix(&prefix)).await;
    let far = Stores::at(&ConnectionSettings::read(&mut around).unwrap().with_prefix(&prefix)).await;
    // The server knows the scripts from here on.
    let cart = put(&near, "guest:warm", "A", 1).await;
    close(&near, &placed(&near, &cart, &[("A", 1)])).await;
    (wire, far, near)
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn what_does_not_arrive_changes_nothing_and_the_next_try_works() {
    let (wire, far, near) = on_a_wire().await;
    let before = put(&far, "guest:a", "A", 1).await;
    wire.has(Trouble::ScriptLost);
    let told = far.carts.change("guest:a", before.id, &|_| Ok(())).await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    assert_eq!(near.carts.find("guest:a").await.unwrap(), Some(before.clone()));
    assert_eq!(add(&far, "guest:a", "A").await.version, 2);
    let order = placed(&far, &before, &[("A", 1)]);
    wire.has(Trouble::ScriptLost);
    assert!(far.carts.close(&order.0, &order.1, before.id).await.is_err());
    assert_eq!(count(&near, "guest:a", "A").await, 2);
    close(&far, &order).await;
    assert_eq!(count(&near, "guest:a", "A").await, 1);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_answer_that_is_lost_is_not_taken_for_success_and_nothing_happens_twice() {
    let (wire, far, near) = on_a_wire().await;
    let cart = put(&far, "guest:a", "A", 9).await;
    wire.has(Trouble::AnswerLost);
    let told = far.carts.change("guest:a", cart.id, &|_| Ok(())).await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    assert_eq!(near.carts.find("guest:a").await.unwrap().unwrap().version, 2, "it was carried out, and once");
    let order = placed(&far, &cart, &[("A", 1)]);
    wire.has(Trouble::AnswerLost);
    let told = far.carts.close(&order.0, &order.1, cart.id).await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    for _ in 0..2 {
        far.carts.close(&order.0, &order.1, cart.id).await.unwrap();
    }
    assert_eq!(count(&near, "guest:a", "A").await, 8, "the event comes again and takes effect once");
    wire.has(Trouble::AnswerLost);
    let fresh = CartId(far.env.system.id());
    assert!(far.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.is_err());
    far.carts.merge("guest:a", "account:b", fresh, &|_| Ok(None)).await.unwrap().unwrap();
    assert_eq!((count(&near, "guest:a", "A").await, count(&near, "account:b", "A").await), (0, 8));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn while_redis_is_away_the_store_says_so_and_works_when_it_is_back() {
    let (wire, far, _near) = on_a_wire().await;
    let cart = put(&far, "guest:a", "A", 1).await;
    wire.has(Trouble::Away);
    let now = far.env.system.now();
    assert!(matches!(far.carts.find("guest:a").await, Err(StoreError::Unavailable(_))));
    let told = far.carts.change("guest:a", cart.id, &|_| Ok(())).await;
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    assert!(matches!(far.inbox.due(now, 10).await, Err(StoreError::Unavailable(_))));
    assert!(far.carts.check().await.is_err());
    wire.has(Trouble::None);
    // The first call may still find the old connection.
    let _ = far.carts.check().await;
    far.carts.check().await.unwrap();
    assert_eq!(far.carts.find("guest:a").await.unwrap(), Some(cart));
}
