//! Requirements for scripts, sizes, clocks and repeated postings.

use super::{begin, capture, key, moment, payment};
use chassis::StoreError;
use chassis::idempotency::IdempotencyScope;
use payment::idempotency::KeyState;
use payment::ledger::{Posting, refunded};
use payment::payment::{Effects, IdempotentResponse, Payment};
use payment::store::{BeginOutcome, IdempotentRequest, PaymentStore};
use std::sync::Arc;
use testkit::samples::usd;

/// Exceeds the 64 kB and 1 MB limits of small columns and packets.
const BIG: usize = 3 << 20;

pub async fn any_script_and_size_is_stored(store: Arc<dyn PaymentStore>) {
    let mut wide = payment(1, 1);
    wide.address.name = "Žofie 李小龍 🧶 علي".parse().unwrap();
    wide.cart.lines[0].title = "A mug 🫖, «quoted» 'twice' \\ %_".into();
    let BeginOutcome::New(begun) = store.begin(wide.clone(), &key("1", ""), moment(0)).await.unwrap() else { panic!() };
    assert_eq!(begun.address, wide.address);
    let body: Vec<u8> = (0..BIG).map(|place| u8::try_from(place % 256).unwrap()).collect();
    let grow = |payment: &mut Payment| {
        payment.discrepancies.push("𝄞".repeat(BIG / 4));
        let answer = IdempotentResponse { key: key("1", "").scope, status: 201, body: body.clone() };
        Ok(Effects { response: Some(answer), ..Effects::default() })
    };
    let grown = store.change(begun.id, moment(1), &grow).await.unwrap().unwrap().unwrap();
    assert_eq!(store.find(begun.id).await.unwrap().unwrap(), grown);
    assert_eq!(grown.cart, wide.cart);
    let answered = store.look_up(&key("1", ""), moment(2)).await.unwrap();
    assert!(answered == KeyState::Completed { status: 201, body }, "byte for byte");
}

pub async fn keys_are_case_sensitive(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let of = |owner: &str, operation: &'static str, name: &str| IdempotentRequest {
        scope: IdempotencyScope { owner: owner.into(), operation, key: name.into() },
        body_digest: key("1", "").body_digest,
    };
    let (long, longer) = ("x".repeat(127), "x".repeat(128));
    let account = "account:01890a5d-ac96-774b-bcce-b302099a8057";
    let used = [
        of(account, "checkout", "key"),
        of(account, "checkout", "Key"),
        of(account, "attempt", "key"),
        of("guest:1", "checkout", "key"),
        of(account, "checkout", &long),
        of(account, "checkout", &longer),
    ];
    for one in &used {
        assert_eq!(store.look_up(one, moment(0)).await.unwrap(), KeyState::Fresh, "{one:?}");
        store.attach(begun.id, one, moment(0)).await.unwrap();
    }
    for one in &used {
        assert_eq!(store.look_up(one, moment(1)).await.unwrap(), KeyState::InFlight, "{one:?}");
        assert!(matches!(store.attach(begun.id, one, moment(1)).await, Err(StoreError::Conflict)), "{one:?}");
    }
}

pub async fn a_lease_is_measured_by_the_callers_clock(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let used = key("1", "");
    assert_eq!(store.look_up(&used, moment(-3600)).await.unwrap(), KeyState::InFlight, "a clock that is behind");
    assert_eq!(store.look_up(&used, moment(44)).await.unwrap(), KeyState::InFlight);
    assert_eq!(store.look_up(&used, moment(45)).await.unwrap(), KeyState::Resumed(begun.id));
    assert_eq!(store.look_up(&used, moment(-3600)).await.unwrap(), KeyState::InFlight);
    assert_eq!(store.look_up(&used, moment(90)).await.unwrap(), KeyState::Resumed(begun.id), "and again");
    assert_eq!(store.purge_keys(moment(-3600)).await.unwrap(), 0);
}

pub async fn a_posting_is_made_once(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    let kept = store.change(begun.id, moment(2), &capture).await.unwrap().unwrap().unwrap();
    let give_back = |payment: &mut Payment| {
        payment.discrepancies.push("refunded".into());
        let postings: Vec<Posting> = vec![refunded("once", "sandbox", usd(700))];
        Ok(Effects { postings, ..Effects::default() })
    };
    let kept_twice = store.change(kept.id, moment(3), &give_back).await.unwrap().unwrap().unwrap();
    assert!(matches!(store.change(kept.id, moment(4), &give_back).await, Err(StoreError::Fault(_))));
    assert_eq!(store.find(kept.id).await.unwrap().unwrap(), kept_twice, "all or nothing");
    let balances = store.balances().await.unwrap();
    assert_eq!((balances[0].difference, balances[0].captured(), balances[0].refunded), (0, 2500, 700));
}
