//! Stored emails, and the event of a delivery.

use super::{Replicas, id, moment, place};
use chassis::problem;
use contracts::dispatch::MessageChannel;
use contracts::events::{EventLine, OrderDelivered};
use dispatch::mail::EmailTemplate;
use dispatch::order::{Effects, Order};
use dispatch::store::OrderStore;
use futures::future::join_all;
use std::collections::BTreeSet;
use std::sync::Arc;

pub async fn an_email_is_stored_with_its_change(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let refuse = |_: &mut Order| Err(problem::CONFLICT.detail("no"));
    let _ = store.change(id(1), moment(1), &refuse).await.unwrap();
    let mails = store.claim_messages(MessageChannel::Email, moment(0), moment(300), 10).await.unwrap();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].id.starts_with(&id(1).to_string()));
    store.message_sent(&mails[0].id).await.unwrap();
    assert!(
        store.claim_messages(MessageChannel::Email, moment(9999), moment(9999 + 300), 10).await.unwrap().is_empty()
    );
    assert_eq!(store.latest_emails(10).await.unwrap(), mails);
}

pub async fn a_delivery_publishes_its_event_with_its_email(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let deliver = |order: &mut Order| {
        let lines: Vec<EventLine> = Vec::new();
        let delivered = OrderDelivered { order_id: order.id(), owner: order.record.owner.clone(), lines };
        let emails = vec![EmailTemplate::Confirmed, EmailTemplate::Delivered];
        Ok(Effects { emails, delivered: Some(delivered), ..Effects::default() })
    };
    let refuse = |order: &mut Order| deliver(order).and_then(|_| Err(problem::CONFLICT.detail("no")));
    store.change(id(1), moment(1), &refuse).await.unwrap().unwrap().unwrap_err();
    assert_eq!((store.outbox().pending().await.unwrap(), store.latest_emails(10).await.unwrap().len()), (0, 1));
    store.change(id(1), moment(1), &deliver).await.unwrap().unwrap().unwrap();
    assert_eq!(store.outbox().pending().await.unwrap(), 1);
    let mut ids: Vec<String> = store.latest_emails(10).await.unwrap().into_iter().map(|mail| mail.id).collect();
    ids.sort();
    // The second message is the webhook about the new order.
    assert_eq!(ids, [1, 3, 4].map(|number| format!("{}.{number}@shop.test", id(1))));
}

pub async fn a_message_is_claimed_by_its_channel(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let claim = async |channel, at| store.claim_messages(channel, moment(at), moment(at + 300), 10).await.unwrap();
    let webhooks = claim(MessageChannel::Webhook, 0).await;
    assert_eq!((webhooks.len(), webhooks[0].channel), (1, MessageChannel::Webhook));
    assert_eq!((webhooks[0].id.clone(), webhooks[0].to.as_str()), (format!("{}.2", id(1)), "https://erp.example"));
    assert_eq!(webhooks[0].subject, "order.placed");
    assert!(claim(MessageChannel::Webhook, 1).await.is_empty());
    let emails = claim(MessageChannel::Email, 1).await;
    assert_eq!((emails.len(), emails[0].channel), (1, MessageChannel::Email));
    for tries in 0..30 {
        store.message_failed(&webhooks[0].id, "500", moment(tries)).await.unwrap();
    }
    let failed = store.failed_messages(10).await.unwrap();
    assert_eq!((failed.len(), &failed[0].message), (1, &webhooks[0]));
    assert_eq!(store.latest_emails(10).await.unwrap(), emails);
}

pub async fn a_failed_email_is_retried_with_growing_delays(store: Arc<dyn OrderStore>) {
    place(&store, 1, "guest:a").await;
    let mail = store.claim_messages(MessageChannel::Email, moment(0), moment(300), 10).await.unwrap().remove(0);
    let mut now = 0;
    for tries in 0..29 {
        let pause = (10_i64 << tries.min(9)).min(3600);
        store.message_failed(&mail.id, "connection refused 📪", moment(now)).await.unwrap();
        assert!(
            store
                .claim_messages(MessageChannel::Email, moment(now + pause - 1), moment(now + pause - 1 + 300), 10)
                .await
                .unwrap()
                .is_empty(),
            "after {tries} more attempts"
        );
        now += pause;
        assert_eq!(
            store.claim_messages(MessageChannel::Email, moment(now), moment(now + 300), 10).await.unwrap(),
            std::slice::from_ref(&mail),
            "after {tries} more attempts"
        );
    }
    store.message_failed(&mail.id, &"give up ".repeat(20_000), moment(now)).await.unwrap();
    assert!(
        store
            .claim_messages(MessageChannel::Email, moment(now + 100_000_000), moment(now + 100_000_000 + 300), 10)
            .await
            .unwrap()
            .is_empty(),
        "given up"
    );
    assert_eq!(store.latest_emails(10).await.unwrap(), std::slice::from_ref(&mail));
    let failed = store.failed_messages(10).await.unwrap();
    assert_eq!((failed.len(), &failed[0].message, failed[0].tries), (1, &mail, 30));
    assert!(failed[0].reason.starts_with("give up"));
    assert!(store.retry_message(&mail.id, moment(now)).await.unwrap());
    assert!(!store.retry_message(&mail.id, moment(now)).await.unwrap(), "it is not given up any more");
    assert!(store.failed_messages(10).await.unwrap().is_empty());
    assert_eq!(
        store.claim_messages(MessageChannel::Email, moment(now), moment(now + 300), 10).await.unwrap(),
        std::slice::from_ref(&mail)
    );
    store.message_sent(&mail.id).await.unwrap();
    assert!(!store.retry_message(&mail.id, moment(now)).await.unwrap(), "it was sent");
}

pub async fn an_email_is_claimed_by_one_worker(stores: Replicas) {
    for number in 1..=20 {
        place(&stores[0], number, "guest:a").await;
    }
    let claims =
        (0..8_usize).map(|worker| stores[worker % 2].claim_messages(MessageChannel::Email, moment(1), moment(301), 4));
    let mut claimed: Vec<String> =
        join_all(claims).await.into_iter().flat_map(Result::unwrap).map(|mail| mail.id).collect();
    while claimed.len() < 20 {
        let more = stores[0].claim_messages(MessageChannel::Email, moment(1), moment(301), 4).await.unwrap();
        assert!(!more.is_empty(), "{} are left and none is claimed", 20 - claimed.len());
        claimed.extend(more.into_iter().map(|mail| mail.id));
    }
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 20, "claimed twice");
    assert!(stores[1].claim_messages(MessageChannel::Email, moment(300), moment(600), 50).await.unwrap().is_empty());
    assert_eq!(
        stores[1].claim_messages(MessageChannel::Email, moment(301), moment(600), 50).await.unwrap().len(),
        20,
        "the claims have ended"
    );
}
