//! An event that arrives while the store is unavailable.

use crate::samples::placed;
use async_trait::async_trait;
use chassis::StoreError;
use chassis::health::{Check, CheckError};
use chassis::tasks::Tasks;
use contracts::EventId;
use events::broker::AckToken;
use events::inbox::InboxCounts;
use events::{
    Broker, BrokerError, Consumer, DeadLetters, Delivery, Event, Failure, HandleError, Handler, Inbox, Subscription,
};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use testkit::TestEnvironment;
use tokio::sync::Notify;

/// A store, a handler on it and a broker with one event, which count what happens to the event.
#[derive(Default)]
struct Outage {
    /// The number of attempts after which the store is available.
    ends_after: u32,
    attempts: AtomicU32,
    deliveries: AtomicU32,
    acknowledgements: AtomicU32,
    acknowledged: Notify,
}

impl Outage {
    fn lasting(ends_after: u32) -> Arc<Self> {
        Arc::new(Self { ends_after, ..Self::default() })
    }

    fn start(self: &Arc<Self>) -> Tasks {
        let (env, shared) = (TestEnvironment::default(), Shared(Arc::clone(self)));
        let service = env.service_context("dispatch");
        let consumer = Consumer::new("placed", Arc::new(shared.clone()), Arc::new(shared.clone()), &service);
        consumer.start(Arc::new(shared), &service.tasks);
        service.tasks
    }
}

#[derive(Clone)]
struct Shared(Arc<Outage>);

fn unavailable() -> StoreError {
    StoreError::Unavailable("unavailable".into())
}

#[async_trait]
impl Handler for Shared {
    async fn handle(&self, _: &Event) -> Result<(), HandleError> {
        let attempts = self.0.attempts.fetch_add(1, Ordering::SeqCst);
        if attempts < self.0.ends_after { Err(unavailable().into()) } else { Ok(()) }
    }
}

#[async_trait]
impl DeadLetters for Shared {
    async fn dead_letters(&self, _: usize) -> Result<Vec<Failure>, StoreError> {
        Err(unavailable())
    }
    async fn dead_letter(&self, _: EventId) -> Result<Option<Failure>, StoreError> {
        Err(unavailable())
    }
    async fn replay(&self, _: EventId, _: Timestamp) -> Result<bool, StoreError> {
        Err(unavailable())
    }
    async fn discard(&self, _: EventId, _: &str) -> Result<bool, StoreError> {
        Err(unavailable())
    }
}

#[async_trait]
impl Inbox for Shared {
    async fn fail(&self, _: &Event, _: &str, _: bool, _: Option<Timestamp>, _: Timestamp) -> Result<(), StoreError> {
        Err(unavailable())
    }
    async fn due(&self, _: Timestamp, _: usize) -> Result<Vec<Failure>, StoreError> {
        Err(unavailable())
    }
    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        Err(unavailable())
    }
    async fn purge(&self, _: Timestamp) -> Result<u64, StoreError> {
        Err(unavailable())
    }
}

#[async_trait]
impl Check for Shared {
    async fn check(&self) -> Result<(), CheckError> {
        Ok(())
    }
}

#[async_trait]
impl Broker for Shared {
    async fn publish(&self, _: &[Event]) -> Result<(), BrokerError> {
        Ok(())
    }
    fn system_name(&self) -> &'static str {
        "test"
    }
    async fn pending(&self) -> Result<u64, BrokerError> {
        Ok(0)
    }
    async fn dead_letter_count(&self) -> Result<u64, BrokerError> {
        Ok(0)
    }
    async fn subscribe(&self, _: &'static str) -> Result<Box<dyn Subscription>, BrokerError> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Subscription for Shared {
    async fn next(&mut self) -> Result<Delivery, BrokerError> {
        if self.0.acknowledgements.load(Ordering::SeqCst) > 0 {
            return std::future::pending().await;
        }
        self.0.deliveries.fetch_add(1, Ordering::SeqCst);
        Ok(Delivery::new(placed(1), Box::new(self.clone())))
    }
}

#[async_trait]
impl AckToken for Shared {
    async fn acknowledge(self: Box<Self>) -> Result<(), BrokerError> {
        self.0.acknowledgements.fetch_add(1, Ordering::SeqCst);
        self.0.acknowledged.notify_one();
        Ok(())
    }
}

#[tokio::test]
async fn an_event_is_not_returned_to_the_broker_while_its_store_is_unavailable() {
    let outage = Outage::lasting(2);
    let tasks = outage.start();
    outage.acknowledged.notified().await;
    // Otherwise the broker would count the returns, and give the event up in the end.
    assert_eq!((outage.attempts.load(Ordering::SeqCst), outage.deliveries.load(Ordering::SeqCst)), (3, 1));
    assert!(tasks.shut_down(Duration::from_secs(5)).await);
}
