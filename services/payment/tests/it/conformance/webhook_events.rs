//! Requirements for webhook events, payouts and daily balances.

use super::{begin, capture, moment};
use contracts::payment::PayoutReceived;
use jiff::civil::date;
use payment::payment::{WebhookEvent, WebhookEventKind};
use payment::store::{PaymentStore, PayoutOutcome, WebhookEventOutcome};
use std::sync::Arc;
use testkit::samples::usd;

fn webhook_event(id: &str) -> WebhookEvent {
    let (transaction, kind) = ("0190aaaaaaaa7000800000000000abcd-1".to_owned(), WebhookEventKind::Authorised);
    WebhookEvent { id: id.into(), transaction, command: None, kind, amount: Some(usd(2500)), reason: None }
}

pub async fn a_webhook_event_is_stored_once_and_due_until_processed(store: Arc<dyn PaymentStore>) {
    for at in [0, 5] {
        store.store_webhook_event("one", &webhook_event("a"), moment(at)).await.unwrap();
    }
    store.store_webhook_event("two", &webhook_event("a"), moment(1)).await.unwrap();
    store.store_webhook_event("one", &webhook_event("A"), moment(2)).await.unwrap();
    let due = store.due_webhook_events(moment(2), 10).await.unwrap();
    let names: Vec<_> = due.iter().map(|kept| (kept.gateway.as_str(), kept.webhook_event.id.as_str())).collect();
    assert_eq!(names, [("one", "a"), ("two", "a"), ("one", "A")], "the oldest first, each once");
    assert_eq!((due[0].webhook_event.clone(), due[0].received_at, due[0].tries), (webhook_event("a"), moment(0), 0));
    assert_eq!(store.due_webhook_events(moment(2), 1).await.unwrap().len(), 1);
    let later = WebhookEventOutcome::Retry { at: moment(100), reason: "unavailable".into() };
    store.finish_webhook_event("one", "a", &later).await.unwrap();
    store.finish_webhook_event("two", "a", &WebhookEventOutcome::Processed).await.unwrap();
    store.finish_webhook_event("one", "A", &WebhookEventOutcome::Failed { reason: "no payment".into() }).await.unwrap();
    assert!(store.due_webhook_events(moment(99), 10).await.unwrap().is_empty());
    let again = store.due_webhook_events(moment(100), 10).await.unwrap();
    assert_eq!((again.len(), again[0].tries, again[0].reason.as_deref()), (1, 1, Some("unavailable")));
    store.store_webhook_event("two", &webhook_event("a"), moment(200)).await.unwrap();
    assert_eq!(store.due_webhook_events(moment(200), 10).await.unwrap().len(), 1, "a processed event is not due again");
    let given_up = store.failed_webhook_events(10).await.unwrap();
    assert_eq!((given_up.len(), given_up[0].reason.as_deref()), (1, Some("no payment")));
    assert_eq!(store.purge_webhook_events(moment(1000)).await.unwrap(), 1, "scheduled and failed events are kept");
    let discarded = WebhookEventOutcome::Discarded { reason: "belongs to another shop".into() };
    assert!(!store.resolve_webhook_event("one", "a", &discarded).await.unwrap(), "it has not failed");
    assert!(!store.resolve_webhook_event("two", "A", &discarded).await.unwrap(), "there is no such event");
    assert!(store.resolve_webhook_event("one", "A", &discarded).await.unwrap());
    assert!(!store.resolve_webhook_event("one", "A", &later).await.unwrap(), "it is resolved already");
    assert!(store.failed_webhook_events(10).await.unwrap().is_empty());
    assert_eq!(store.purge_webhook_events(moment(1000)).await.unwrap(), 1, "a discarded event is purged");
}

pub async fn a_payout_is_recorded_once_and_reported_per_day(store: Arc<dyn PaymentStore>) {
    let begun = begin(&store, 1).await;
    store.change(begun.id, moment(2), &capture).await.unwrap().unwrap().unwrap();
    let payout = |reference: &str, amount: i64| PayoutReceived {
        gateway: "sandbox".parse().unwrap(),
        amount: usd(amount),
        reference: reference.parse().unwrap(),
    };
    let long = "x".repeat(100);
    let next_day = moment(24 * 3600);
    assert_eq!(store.record_payout(&payout(&long, 1500), next_day).await.unwrap(), PayoutOutcome::Recorded);
    assert_eq!(store.record_payout(&payout(&long, 1500), moment(4)).await.unwrap(), PayoutOutcome::AlreadyRecorded);
    assert_eq!(store.record_payout(&payout(&long, 1400), moment(5)).await.unwrap(), PayoutOutcome::Conflict);
    let balances = store.balances().await.unwrap();
    assert_eq!((balances.len(), balances[0].gateway.as_str(), balances[0].difference), (1, "sandbox", 0));
    assert_eq!((balances[0].captured(), balances[0].paid_out, balances[0].owed), (2500, 1500, 1000));
    // The first moment of these tests is in the morning of this day.
    let (first, second, third) = (date(2027, 1, 15), date(2027, 1, 16), date(2027, 1, 17));
    let days = store.daily_balances(first, third).await.unwrap();
    let totals: Vec<_> = days.iter().map(|(day, of)| (*day, of.captured(), of.paid_out)).collect();
    assert_eq!(totals, [(first, 2500, 0), (second, 0, 1500)]);
    assert_eq!(store.daily_balances(second, third).await.unwrap().len(), 1);
    assert!(store.daily_balances(third, third).await.unwrap().is_empty());
}
