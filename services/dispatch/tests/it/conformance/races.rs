//! Concurrent calls of two replicas over one database.

use super::{Replicas, event, id, moment, note, place};
use chassis::StoreError;
use dispatch::mail::EmailTemplate;
use dispatch::order::{Effects, Order};
use dispatch::store::OrderFilter;
use futures::future::join_all;
use std::collections::BTreeSet;
use testkit::samples;

pub async fn an_order_is_placed_once_across_events_and_replicas(stores: Replicas) {
    for number in 1..=5 {
        let record = samples::order(id(number), "guest:a", 2500, moment(0));
        let (order, effects) = Order::placed(record, moment(0));
        // Each event is received by both, and several events place the same order.
        let events: Vec<_> = (0..8).map(|one| event(100 * number + one / 2)).collect();
        let all =
            events.iter().enumerate().map(|(place, event)| stores[place % 2].place(event, &order, &effects, moment(0)));
        assert!(join_all(all).await.into_iter().all(|placed| placed.is_ok()));
        assert_eq!(stores[0].find(id(number)).await.unwrap().unwrap(), order);
    }
    assert_eq!(stores[1].latest_emails(100).await.unwrap().len(), 5, "one email each");
    assert_eq!(stores[1].list(&OrderFilter::default(), None, 100).await.unwrap().len(), 5);
}

pub async fn an_event_takes_effect_once_across_replicas(stores: Replicas) {
    place(&stores[0], 1, "guest:a").await;
    let events: Vec<_> = (0..24).map(|one| event(100 + one / 4)).collect();
    let all =
        events.iter().enumerate().map(|(place, event)| stores[place % 2].on_event(event, id(1), moment(1), &note));
    assert!(join_all(all).await.into_iter().all(|record_event| record_event.is_ok()));
    assert_eq!(stores[0].find(id(1)).await.unwrap().unwrap().tries, 6);
}

pub async fn every_order_is_claimed_by_one_worker(stores: Replicas) {
    const ORDERS: usize = 24;
    for number in 1..=ORDERS {
        place(&stores[0], number as u128, "guest:a").await;
    }
    // All can be claimed again once the leases have ended.
    for round in 0..10 {
        let (now, until) = (moment(61 * round), moment(61 * round + 60));
        let mut claimed = BTreeSet::new();
        while claimed.len() < ORDERS {
            let all = (0..8_usize).map(|worker| stores[worker % 2].claim(now, until, 3));
            let found: Vec<_> = join_all(all).await.into_iter().flat_map(Result::unwrap).collect();
            assert!(!found.is_empty(), "{} are left and none is claimed", ORDERS - claimed.len());
            for claim in found {
                assert_eq!(claim.fence, round + 1);
                assert!(claimed.insert(claim.order.id().0), "claimed twice");
            }
        }
        assert!(stores[0].claim(now, until, 50).await.unwrap().is_empty());
    }
}

pub async fn one_of_two_late_workers_saves_its_step(stores: Replicas) {
    place(&stores[0], 1, "guest:a").await;
    let first = stores[0].claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    // The lease ends: the first saves its step while the other claims the order.
    let (advanced, claimed) = tokio::join!(
        stores[0].save_step(&first, moment(61), moment(121), &note),
        stores[1].claim(moment(61), moment(121), 5),
    );
    let claimed = claimed.unwrap();
    let stored = stores[1].find(id(1)).await.unwrap().unwrap().tries;
    match (&advanced, claimed.first()) {
        (Ok(step), None) => assert_eq!((step.order.tries, stored), (1, 1)),
        (Ok(step), Some(claim)) => assert_eq!((step.order.tries, claim.order.tries, stored), (1, 1, 1)),
        (Err(StoreError::Conflict), Some(claim)) => assert_eq!((claim.order.tries, stored), (0, 0)),
        other => panic!("{other:?}"),
    }
}

pub async fn concurrent_changes_and_emails_are_all_stored(stores: Replicas) {
    place(&stores[0], 1, "guest:a").await;
    let claim = stores[0].claim(moment(1), moment(61), 5).await.unwrap().remove(0);
    let write = |order: &mut Order| {
        order.tries += 1;
        Ok(Effects { emails: vec![EmailTemplate::Delivered, EmailTemplate::Confirmed], ..Effects::default() })
    };
    let persons = join_all((0..12_usize).map(|place| stores[place % 2].change(id(1), moment(2), &write)));
    let steps = join_all((0..6_usize).map(|place| stores[place % 2].save_step(&claim, moment(2), moment(62), &write)));
    let events: Vec<_> = (0..6).map(|one| event(100 + one)).collect();
    let news = join_all(
        events.iter().enumerate().map(|(place, event)| stores[place % 2].on_event(event, id(1), moment(2), &write)),
    );
    let (persons, steps, news) = tokio::join!(persons, steps, news);
    assert!(persons.into_iter().all(|one| one.unwrap().unwrap().is_ok()));
    let steps: Vec<_> = steps.into_iter().map(Result::unwrap).collect();
    assert!(steps.iter().all(|one| one.steps == 1), "a step is saved once");
    assert!(news.into_iter().all(|one| one.is_ok()));
    assert_eq!(stores[1].find(id(1)).await.unwrap().unwrap().tries, 19);
    let ids: BTreeSet<String> = stores[1].latest_emails(100).await.unwrap().into_iter().map(|mail| mail.id).collect();
    // The second message is the webhook about the new order.
    let numbers = (1..=40).filter(|number| *number != 2);
    assert_eq!(ids, numbers.map(|number| format!("{}.{number}@shop.test", id(1))).collect(), "each has its own number");
}
