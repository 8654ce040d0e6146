//! Data migration of carts and inbox from SQLite to Redis.

use crate::samples::{count, placed, put, remove_purchased};
use crate::stores::Stores;
use cart::store::{RedisCarts, RedisDataMigration, SqliteCarts};
use chassis::data_migration::{Exporter, Importer, SqliteTables, summarise};
use contracts::CartId;
use jiff::SignedDuration;
use std::sync::Arc;

async fn copy(from: &SqliteTables, to: &RedisDataMigration) {
    for kind in from.kinds() {
        let mut place = None;
        loop {
            let page = from.page(kind, place.as_deref(), 3).await.unwrap();
            to.receive(kind, &page.records).await.unwrap();
            place = page.next;
            if place.is_none() {
                break;
            }
        }
        let here = summarise(from, kind, |_| ()).await.unwrap();
        let there = summarise(to, kind, |_| ()).await.unwrap();
        assert!(here.records > 0, "no {kind} were copied");
        assert_eq!(here, there, "{kind}");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn carts_and_inbox_are_migrated_to_redis() {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteCarts::open(&folder.path().join("cart.db")).await.unwrap();
    let before = Stores::of(Arc::new(file.clone()), Arc::new(file.inbox()));
    for number in 0..10 {
        put(&before, &format!("guest:{number}"), "Ünïcode-𝄞-*?[", number + 1).await;
    }
    let cart = put(&before, "account:a", "A", 3).await;
    let (done, due, dead) =
        (placed(&before, &cart, &[("A", 1)]), placed(&before, &cart, &[("A", 1)]), placed(&before, &cart, &[("A", 1)]));
    remove_purchased(&before, &done).await;
    let now = before.env.system.now();
    let soon = now.checked_add(SignedDuration::from_secs(5)).unwrap();
    before.inbox.fail(&due.0, "not yet", true, Some(soon), now).await.unwrap();
    before.inbox.fail(&dead.0, "never", true, None, now).await.unwrap();
    let guest_cart = put(&before, "guest:b", "B", 2).await;
    let ordered = placed(&before, &guest_cart, &[("B", 1)]);
    let new_id = CartId(before.env.system.id());
    before.carts.merge("guest:b", "account:a", new_id, &|_| Ok(None)).await.unwrap().unwrap();

    let redis = RedisCarts::open(&testkit::servers::redis()).await.unwrap();
    copy(&file.contents(), &redis.contents()).await;
    copy(&file.contents(), &redis.contents()).await;

    let after = Stores::of(Arc::new(redis.clone()), Arc::new(redis.inbox()));
    for owner in ["guest:0", "guest:9", "account:a"] {
        assert_eq!(after.carts.find(owner).await.unwrap(), before.carts.find(owner).await.unwrap());
    }
    assert_eq!(after.inbox.due(soon, 10).await.unwrap(), before.inbox.due(soon, 10).await.unwrap());
    assert_eq!(after.inbox.dead_letters(10).await.unwrap(), before.inbox.dead_letters(10).await.unwrap());
    let remaining = count(&after, "account:a", "A").await;
    remove_purchased(&after, &done).await;
    assert_eq!(count(&after, "account:a", "A").await, remaining, "an event that is done does not take effect again");
    remove_purchased(&after, &ordered).await;
    assert_eq!(
        count(&after, "account:a", "B").await,
        1,
        "an order placed before the migration is removed from the account's cart"
    );
}
