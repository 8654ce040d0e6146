//! Behaviour specific to Redis: several processes, data loss, expiry and broken connections.

use crate::proxy::{Failure, Proxy};
use crate::samples::{add, count, placed, put, remove_purchased, sku};
use crate::stores::Stores;
use ::redis::{FromRedisValue, cmd};
use cart::cart::{Cart, Purchase};
use chassis::config::{Environment, Variable};
use chassis::redis::{ConnectionSettings, Database};
use chassis::{StoreError, SystemContext};
use contracts::{CartId, Sku};
use futures::future::join_all;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Direct access to the keys of a test's database.
struct Keys(Database);

impl Keys {
    async fn of(address: &ConnectionSettings) -> Self {
        Self(Database::open(address, "cart").await.unwrap())
    }

    async fn all(&self) -> Vec<String> {
        cmd("KEYS").arg(self.0.key("*")).query_async(&mut self.0.connection()).await.unwrap()
    }

    async fn command<T: FromRedisValue>(&self, command: &str, key: &str) -> T {
        cmd(command).arg(key).query_async(&mut self.0.connection()).await.unwrap()
    }

    /// Deletes all keys whose name contains `part`.
    async fn delete(&self, part: &str) {
        for key in self.all().await.iter().filter(|key| key.contains(part)) {
            let _: u32 = self.command("DEL", key).await;
        }
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn concurrent_changes_by_several_processes_are_all_stored() {
    let address = testkit::servers::redis();
    let stores = join_all((0..4).map(|_| Stores::at(&address))).await;
    let first = put(&stores[0], "guest:a", "B", 1).await;
    let order = placed(&stores[0], &first, &[("B", 1)]);
    join_all(stores.iter().map(|stores| async {
        futures::join!(join_all((0..25).map(|_| add(stores, "guest:a", "A"))), remove_purchased(stores, &order));
    }))
    .await;
    assert_eq!((count(&stores[0], "guest:a", "A").await, count(&stores[3], "guest:a", "B").await), (100, 0));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn shops_with_different_prefixes_do_not_share_carts() {
    let (one, other) = (Stores::redis().await, Stores::redis().await);
    put(&one, "guest:a", "A", 1).await;
    assert!(other.carts.find("guest:a").await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn after_redis_lost_its_data_carts_are_empty_and_usable() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let old_cart = put(&stores, "guest:a", "A", 2).await;
    let order = placed(&stores, &old_cart, &[("A", 1)]);
    let now = stores.env.system.now();
    stores.inbox.fail(&order.0, "no", true, None, now).await.unwrap();
    keys.delete("").await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    assert!(stores.inbox.dead_letters(10).await.unwrap().is_empty());
    assert!(!stores.inbox.replay(order.0.id, now).await.unwrap());
    remove_purchased(&stores, &order).await;
    let next_cart = add(&stores, "guest:a", "A").await;
    assert_ne!(next_cart.id, old_cart.id);
    assert_eq!(next_cart.version, 1);
    remove_purchased(&stores, &order).await;
    assert_eq!(count(&stores, "guest:a", "A").await, 1);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn changes_succeed_while_redis_is_flushed_repeatedly() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let adds = join_all((0..40).map(|_| async {
        let cart = add(&stores, "guest:a", "A").await;
        remove_purchased(&stores, &placed(&stores, &cart, &[("B", 1)])).await;
    }));
    let merges = join_all((0..10).map(|_| async {
        let new_id = CartId(stores.env.system.id());
        stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    }));
    let emptied = join_all((0..10).map(|_| keys.delete("")));
    futures::join!(adds, merges, emptied);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_cart_with_missing_keys_is_ignored() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let cart = put(&stores, "guest:a", "A", 2).await;
    let order = placed(&stores, &cart, &[("A", 1)]);
    keys.delete("document:").await;
    remove_purchased(&stores, &order).await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    let order = placed(&stores, &cart, &[("A", 1)]);
    let cart = put(&stores, "guest:a", "A", 2).await;
    remove_purchased(&stores, &order).await;
    assert_eq!(count(&stores, "guest:a", "A").await, 2, "the old cart was bought, not this one");
    let order = placed(&stores, &cart, &[("A", 1)]);
    keys.delete("owner:").await;
    remove_purchased(&stores, &order).await;
    assert_eq!(stores.carts.find("guest:a").await.unwrap(), Some(cart));
    let repaired = add(&stores, "guest:a", "A").await;
    remove_purchased(&stores, &placed(&stores, &repaired, &[("A", 3)])).await;
    assert!(stores.carts.find("guest:a").await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn all_keys_of_a_cart_expire_together_after_its_last_change() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let day: i64 = 24 * 3600;
    for (owner, days) in [("guest:a", 90), ("account:b", 365)] {
        for _ in 0..2 {
            put(&stores, owner, "A", 1).await;
            let keys_of_it = keys.all().await;
            assert_eq!(keys_of_it.len(), 2, "{keys_of_it:?}");
            for key in &keys_of_it {
                let seconds: i64 = keys.command("TTL", key).await;
                assert!((days * day - 60..=days * day).contains(&seconds), "{key}: {seconds}");
                // The next change must reset it.
                let _: u32 = cmd("EXPIRE").arg(key).arg(1000).query_async(&mut keys.0.connection()).await.unwrap();
            }
        }
        keys.delete("").await;
    }
    put(&stores, "guest:a", "A", 1).await;
    let new_id = CartId(stores.env.system.id());
    stores.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    let remaining = keys.all().await;
    assert_eq!(remaining.len(), 3, "the cart, its id, and where that of the guest leads: {remaining:?}");
    for key in &remaining {
        assert!(keys.command::<i64>("TTL", key).await > 300 * day, "the merged lines expire with the account's cart");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn done_events_expire_after_thirty_days_and_failed_ones_never() {
    let address = testkit::servers::redis();
    let (stores, keys) = (Stores::at(&address).await, Keys::of(&address).await);
    let cart = put(&stores, "guest:a", "A", 1).await;
    let [done, dead, due] = [(); 3].map(|()| placed(&stores, &cart, &[("A", 1)]));
    remove_purchased(&stores, &done).await;
    let now = stores.env.system.now();
    stores.inbox.fail(&dead.0, "no", true, None, now).await.unwrap();
    stores.inbox.fail(&due.0, "no", true, Some(now), now).await.unwrap();
    let mut retrying = 0;
    for key in keys.all().await.iter().filter(|key| key.contains("inbox")) {
        let seconds: i64 = keys.command("TTL", key).await;
        if key.ends_with("done") {
            assert!(seconds > 30 * 24 * 3600, "{seconds}");
        } else {
            retrying += 1;
            assert_eq!(seconds, -1, "{key}");
        }
    }
    assert_eq!(retrying, 3);
}

/// Adds one unit to the owner's cart as another process would, on another connection.
fn concurrently_add(address: &ConnectionSettings, owner: &str, sku: &str) {
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { add(&Stores::at(address).await, owner, sku).await });
    };
    std::thread::scope(|scope| scope.spawn(work).join().unwrap());
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn lines_added_by_another_process_during_a_merge_are_merged() {
    for owner in ["guest:a", "account:b"] {
        let address = testkit::servers::redis();
        let stores = Stores::at(&address).await;
        put(&stores, "guest:a", "A", 1).await;
        put(&stores, "account:b", "A", 1).await;
        let first = AtomicBool::new(true);
        let cap = |_: &Sku| {
            if first.swap(false, Ordering::SeqCst) {
                concurrently_add(&address, owner, "B");
            }
            Ok(None)
        };
        let new_id = CartId(stores.env.system.id());
        let cart = stores.carts.merge("guest:a", "account:b", new_id, &cap).await.unwrap().unwrap();
        assert_eq!((cart.quantity_of(&sku("A")), cart.quantity_of(&sku("B"))), (2, 1), "{owner}");
        assert_eq!(stores.carts.find("account:b").await.unwrap(), Some(cart));
        assert!(stores.carts.find("guest:a").await.unwrap().is_none());
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_change_that_loses_every_race_fails_as_too_busy() {
    let address = testkit::servers::redis();
    let (stores, attempts) = (Stores::at(&address).await, AtomicUsize::new(0));
    let always_second = |_: &mut Cart| {
        attempts.fetch_add(1, Ordering::SeqCst);
        concurrently_add(&address, "guest:a", "A");
        Ok(())
    };
    let result = stores.carts.change("guest:a", CartId(stores.env.system.id()), &always_second).await;
    assert!(matches!(&result, Err(StoreError::Unavailable(cause)) if cause.contains("too busy")), "{result:?}");
    let attempts = attempts.load(Ordering::SeqCst);
    assert_eq!(stores.carts.find("guest:a").await.unwrap().unwrap().version, i64::try_from(attempts).unwrap());
}

/// The address of the server, `host:port`.
fn server() -> String {
    let variable = |name| Variable { name, default: "", help: "" };
    let environment = Environment::from_process();
    ["REDIS_HOST", "REDIS_PORT"].map(|name| environment.text(&variable(name)).unwrap()).join(":")
}

/// Opens a store behind a proxy, and the same store without the proxy.
async fn behind_proxy() -> (Proxy, Stores, Stores) {
    let mut environment = Environment::from_process();
    let proxy = Proxy::new(server());
    let address = [("REDIS_HOST", "127.0.0.1".to_owned()), ("REDIS_PORT", proxy.port().to_string())];
    let mut proxied_environment = Environment::from_values(address.map(|(name, value)| (name.to_owned(), value)));
    let prefix = format!("test_{}_", SystemContext::host().id().simple());
    let direct = Stores::at(&ConnectionSettings::read(&mut environment).unwrap().with_prefix(&prefix)).await;
    let proxied = Stores::at(&ConnectionSettings::read(&mut proxied_environment).unwrap().with_prefix(&prefix)).await;
    // Loads the scripts, so that a later lost request is one that runs a script and not one that loads it.
    let cart = put(&direct, "guest:warm", "A", 1).await;
    remove_purchased(&direct, &placed(&direct, &cart, &[("A", 1)])).await;
    (proxy, proxied, direct)
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_lost_request_changes_nothing_and_can_be_retried() {
    let (proxy, proxied, direct) = behind_proxy().await;
    let before = put(&proxied, "guest:a", "A", 1).await;
    proxy.inject(Failure::RequestLost);
    let result = proxied.carts.change("guest:a", before.id, &|_| Ok(())).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!(direct.carts.find("guest:a").await.unwrap(), Some(before.clone()));
    assert_eq!(add(&proxied, "guest:a", "A").await.version, 2);
    let order = placed(&proxied, &before, &[("A", 1)]);
    proxy.inject(Failure::RequestLost);
    assert!(proxied.carts.remove_purchased(&order.0, &Purchase::from(&order.1), before.id).await.is_err());
    assert_eq!(count(&direct, "guest:a", "A").await, 2);
    remove_purchased(&proxied, &order).await;
    assert_eq!(count(&direct, "guest:a", "A").await, 1);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_lost_response_is_an_error_and_a_retry_takes_effect_once() {
    let (proxy, proxied, direct) = behind_proxy().await;
    let cart = put(&proxied, "guest:a", "A", 9).await;
    proxy.inject(Failure::ResponseLost);
    let result = proxied.carts.change("guest:a", cart.id, &|_| Ok(())).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!(direct.carts.find("guest:a").await.unwrap().unwrap().version, 2, "it was carried out, and once");
    let order = placed(&proxied, &cart, &[("A", 1)]);
    proxy.inject(Failure::ResponseLost);
    let result = proxied.carts.remove_purchased(&order.0, &Purchase::from(&order.1), cart.id).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    for _ in 0..2 {
        proxied.carts.remove_purchased(&order.0, &Purchase::from(&order.1), cart.id).await.unwrap();
    }
    assert_eq!(count(&direct, "guest:a", "A").await, 8, "the repeated event takes effect once");
    proxy.inject(Failure::ResponseLost);
    let new_id = CartId(proxied.env.system.id());
    assert!(proxied.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.is_err());
    proxied.carts.merge("guest:a", "account:b", new_id, &|_| Ok(None)).await.unwrap().unwrap();
    assert_eq!((count(&direct, "guest:a", "A").await, count(&direct, "account:b", "A").await), (0, 8));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn the_store_is_unavailable_while_redis_is_down_and_recovers() {
    let (proxy, proxied, _near) = behind_proxy().await;
    let cart = put(&proxied, "guest:a", "A", 1).await;
    proxy.inject(Failure::Unreachable);
    let now = proxied.env.system.now();
    assert!(matches!(proxied.carts.find("guest:a").await, Err(StoreError::Unavailable(_))));
    let result = proxied.carts.change("guest:a", cart.id, &|_| Ok(())).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert!(matches!(proxied.inbox.due(now, 10).await, Err(StoreError::Unavailable(_))));
    assert!(proxied.carts.check().await.is_err());
    proxy.inject(Failure::None);
    // The first call may still use the broken connection.
    let _ = proxied.carts.check().await;
    proxied.carts.check().await.unwrap();
    assert_eq!(proxied.carts.find("guest:a").await.unwrap(), Some(cart));
}
