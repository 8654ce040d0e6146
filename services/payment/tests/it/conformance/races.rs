//! Requirements for two replicas that use one database at the same time.

use super::{Replicas, begin, capture, key, moment, payment};
use chassis::StoreError;
use futures::future::join_all;
use payment::idempotency::KeyState;
use payment::payment::{Effects, IdempotentResponse, Payment};
use payment::store::BeginOutcome;
use std::collections::{BTreeMap, BTreeSet};

pub async fn order_numbers_have_no_gaps_under_concurrency(stores: Replicas) {
    const CARTS: u128 = 6;
    let keys: Vec<_> = (0..4 * CARTS).map(|number| key(&number.to_string(), "")).collect();
    let all = keys.iter().zip(0_u128..).map(|(key, number)| {
        stores[usize::from(number % 2 == 0)].begin(payment(number + 1, number / 4), key, moment(0))
    });
    let (mut new, mut existing) = (BTreeMap::new(), Vec::new());
    for began in join_all(all).await {
        match began.unwrap() {
            BeginOutcome::New(payment) => assert!(new.insert(payment.cart.cart_id, payment).is_none(), "one per cart"),
            BeginOutcome::Existing(payment) => existing.push(payment),
        }
    }
    assert_eq!((new.len(), existing.len()), (6, 18));
    assert!(existing.iter().all(|payment| new[&payment.cart.cart_id] == *payment));
    let numbers: BTreeSet<String> = new.values().map(|payment| payment.order_number.clone()).collect();
    assert_eq!(numbers, (10_001..=10_006).map(|number| number.to_string()).collect());
    assert_eq!(begin(&stores[0], 99).await.order_number, "10007");
}

pub async fn receipt_numbers_have_no_gaps_under_concurrency(stores: Replicas) {
    let mut begun = Vec::new();
    for number in 1..=8 {
        begun.push(begin(&stores[0], number).await);
    }
    let all = begun.iter().enumerate().map(|(place, one)| stores[place % 2].change(one.id, moment(2), &capture));
    let kept: Vec<Payment> = join_all(all).await.into_iter().map(|one| one.unwrap().unwrap().unwrap()).collect();
    let numbers: BTreeSet<String> = kept.into_iter().filter_map(|payment| payment.receipt_number).collect();
    assert_eq!(numbers, (1..=8).map(|number| format!("R-{number:06}")).collect());
    let balances = stores[1].balances().await.unwrap();
    assert_eq!((balances.len(), balances[0].difference, balances[0].captured()), (1, 0, 8 * 2500));
}

pub async fn a_key_belongs_to_one_of_several_payments(stores: Replicas) {
    let used = key("same", "");
    let all = (1..=6_u128)
        .map(|number| stores[usize::from(number % 2 == 0)].begin(payment(number, number), &used, moment(0)));
    let (mut new, mut lost) = (Vec::new(), 0);
    for began in join_all(all).await {
        match began {
            Ok(BeginOutcome::New(payment)) => new.push(payment),
            Err(StoreError::Conflict) => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((new.len(), lost), (1, 5));
    assert_eq!(stores[0].list_after(None, 10).await.unwrap(), [*new[0].clone()], "the others stored nothing");
    assert_eq!(new[0].order_number, "10001");
    let free = if new[0].id.0.as_u128() == 1 { 2 } else { 1 };
    assert_eq!(begin(&stores[1], free).await.order_number, "10002", "carts and numbers of the others are free");
}

pub async fn one_caller_takes_over_an_interrupted_request(stores: Replicas) {
    let begun = begin(&stores[0], 1).await;
    let used = key("1", "");
    let taken = join_all((0..12).map(|number| stores[number % 2].look_up(&used, moment(50)))).await;
    let taken: Vec<KeyState> = taken.into_iter().map(Result::unwrap).collect();
    let (resumed, rest): (Vec<_>, Vec<_>) = taken.into_iter().partition(|state| *state == KeyState::Resumed(begun.id));
    assert_eq!(resumed.len(), 1);
    assert!(rest.iter().all(|state| *state == KeyState::InFlight), "{rest:?}");
}

pub async fn concurrent_changes_and_responses_are_stored(stores: Replicas) {
    let begun = [begin(&stores[0], 1).await, begin(&stores[1], 2).await];
    let write_down = |number: usize| {
        move |payment: &mut Payment| {
            payment.discrepancies.push(number.to_string());
            let (key, body) = (key("1", "").scope, number.to_string().into_bytes());
            Ok(Effects { response: Some(IdempotentResponse { key, status: 200, body }), ..Effects::default() })
        }
    };
    let changes: Vec<_> = (0..24).map(write_down).collect();
    let all = changes
        .iter()
        .enumerate()
        .map(|(number, change)| stores[number / 2 % 2].change(begun[number % 2].id, moment(1), change));
    assert!(join_all(all).await.into_iter().all(|changed| changed.unwrap().unwrap().is_ok()));
    for (place, one) in begun.iter().enumerate() {
        let kept = stores[place].find(one.id).await.unwrap().unwrap().discrepancies;
        let kept: BTreeSet<usize> = kept.iter().map(|number| number.parse().unwrap()).collect();
        assert_eq!(kept, (0..24).filter(|number| number % 2 == place).collect());
    }
    let first = stores[0].look_up(&key("1", ""), moment(2)).await.unwrap();
    assert!(matches!(&first, KeyState::Completed { .. }));
    assert_eq!(stores[1].look_up(&key("1", ""), moment(999)).await.unwrap(), first, "the first response stays");
}
