//! Stored responses, orders that wait for stock, and events that change no order.

use super::{Replicas, event, id, moment, note, place};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse, KEY_REUSED};
use chassis::problem;
use contracts::Sku;
use contracts::dispatch::MessageChannel;
use contracts::events::StockLow;
use dispatch::mail::{EmailTemplate, Notification};
use dispatch::order::{Effects, Order};
use dispatch::store::OrderStore;
use futures::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;

fn key(name: &str, body: &str) -> IdempotentRequest {
    let scope = IdempotencyScope { owner: "account:a".into(), operation: "cancel", key: name.into() };
    IdempotentRequest::new(scope, b"", body.as_bytes())
}

/// Counts up, and responds with the count.
fn count(order: &mut Order) -> Result<(Effects, JsonResponse), chassis::Problem> {
    order.tries += 1;
    let response = JsonResponse { status: 202, body: format!("{{\"tries\": {}}} \u{1f9f6}", order.tries).into_bytes() };
    Ok((Effects::from(EmailTemplate::Confirmed), response))
}

pub async fn a_repeated_request_returns_the_stored_response(store: Arc<dyn OrderStore>) {
    assert!(store.command(id(1), &key("a", "{}"), moment(0), &count).await.unwrap().is_none(), "no such order");
    place(&store, 1, "guest:a").await;
    let command = async |key: &IdempotentRequest| store.command(id(1), key, moment(1), &count).await.unwrap().unwrap();
    let first = command(&key("a", "{}")).await.unwrap();
    assert_eq!(first.status, 202);
    assert_eq!(command(&key("a", "{}")).await.unwrap(), first);
    assert!(command(&key("a", "{ }")).await.unwrap_err().is(KEY_REUSED));
    assert_ne!(command(&key("b", "{}")).await.unwrap(), first);
    assert_eq!(store.find(id(1)).await.unwrap().unwrap().tries, 2);
    assert_eq!(store.latest_emails(10).await.unwrap().len(), 3, "with the email of its placement");
}

pub async fn a_refusal_is_not_stored(store: Arc<dyn OrderStore>) {
    let order = place(&store, 1, "guest:a").await;
    let refuse = |order: &mut Order| {
        order.tries = 9;
        Err(problem::CONFLICT.detail("no"))
    };
    let refused = store.command(id(1), &key("a", "{}"), moment(1), &refuse).await.unwrap().unwrap();
    assert!(refused.unwrap_err().is(problem::CONFLICT));
    assert_eq!(store.find(id(1)).await.unwrap().unwrap(), order);
    store.command(id(1), &key("a", "other"), moment(1), &count).await.unwrap().unwrap().unwrap();
}

pub async fn old_responses_are_purged(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    for (name, seconds) in [("a", 1), ("b", 2), ("c", 3)] {
        store.command(id(1), &key(name, "{}"), moment(seconds), &count).await.unwrap().unwrap().unwrap();
    }
    assert_eq!(store.purge_responses(moment(3)).await.unwrap(), 2);
    assert_eq!(store.purge_responses(moment(3)).await.unwrap(), 0);
    let again = async |name: &str| {
        let response = store.command(id(1), &key(name, "{}"), moment(4), &count).await.unwrap().unwrap().unwrap();
        (String::from_utf8(response.body).unwrap(), store.find(id(1)).await.unwrap().unwrap().tries)
    };
    assert_eq!(again("c").await.1, 3, "it is stored");
    assert_eq!(again("a").await.1, 4);
}

pub async fn orders_are_found_while_they_wait_for_stock(store: Arc<dyn OrderStore>) {
    let sku = |text: &str| text.parse::<Sku>().unwrap();
    let wait_for = |skus: &'static [&'static str]| {
        move |order: &mut Order| {
            order.awaited_skus = skus.iter().map(|text| text.parse().unwrap()).collect();
            Ok(Effects::default())
        }
    };
    for number in 1..=5 {
        place(&store, number, "guest:a").await;
        store.change(id(number), moment(1), &wait_for(&["MUG-1", "Ünï 🫖"])).await.unwrap().unwrap().unwrap();
    }
    let claim = store.claim(moment(1), moment(61), 1).await.unwrap().remove(0);
    store.save_step(&claim, moment(2), moment(62), &wait_for(&["Ünï 🫖"])).await.unwrap();
    store.on_event(&event(50), id(5), moment(2), &wait_for(&[])).await.unwrap();
    let gone = claim.order.id();
    let found = store.orders_awaiting(&sku("MUG-1"), None, 10).await.unwrap();
    let expected: Vec<_> = (1..=4).map(id).filter(|one| *one != gone).collect();
    assert_eq!(found, expected, "the oldest first");
    assert_eq!(store.orders_awaiting(&sku("MUG-1"), Some(found[0]), 1).await.unwrap(), [found[1]]);
    assert_eq!(store.orders_awaiting(&sku("Ünï 🫖"), None, 10).await.unwrap().len(), 4);
    assert!(store.orders_awaiting(&sku("mug-1"), None, 10).await.unwrap().is_empty());
}

pub async fn an_event_causes_one_notification(store: Arc<dyn OrderStore>) {
    let low = StockLow { sku: "MUG-1".parse().unwrap(), available: 2, threshold: 3 };
    let notification = Notification::StockLow { to: "owner@shop.test".into(), low };
    for _ in 0..2 {
        store.record_event(&event(1), Some(&notification), moment(1)).await.unwrap();
        store.record_event(&event(2), None, moment(1)).await.unwrap();
    }
    let mails = store.claim_messages(MessageChannel::Email, moment(1), moment(61), 10).await.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["owner@shop.test"]);
}

pub async fn one_request_per_key_is_carried_out(stores: Replicas) {
    for number in 1..=3 {
        place(&stores[0], number, "guest:a").await;
    }
    // The same request at both replicas, and the same key for other orders.
    for round in 0..5 {
        let name = format!("key-{round}");
        let requests = (0..12_usize).map(|one| {
            let (store, number, name) = (&stores[one % 2], 1 + (one / 2 % 3) as u128, &name);
            let key = key(name, &format!("order {number}"));
            async move { (number, store.command(id(number), &key, moment(1), &count).await.unwrap().unwrap()) }
        });
        let answers = join_all(requests).await;
        let accepted: BTreeSet<u128> =
            answers.iter().filter(|(_, answer)| answer.is_ok()).map(|(one, _)| *one).collect();
        assert_eq!(accepted.len(), 1, "the key belongs to one request");
        let bodies: BTreeSet<&[u8]> =
            answers.iter().filter_map(|(_, answer)| answer.as_ref().ok()).map(|one| one.body.as_slice()).collect();
        assert_eq!(bodies.len(), 1, "and has one response");
        assert!(answers.iter().filter_map(|(_, one)| one.as_ref().err()).all(|problem| problem.is(KEY_REUSED)));
    }
    let mut tries = 0;
    for number in 1..=3 {
        tries += stores[0].find(id(number)).await.unwrap().unwrap().tries;
    }
    assert_eq!(tries, 5);
    stores[1].change(id(1), moment(2), &note).await.unwrap();
}
