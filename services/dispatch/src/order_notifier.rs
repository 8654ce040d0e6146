//! The change signal of orders within one process.

use contracts::OrderId;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};

/// The number of changes that a subscriber may fall behind before it misses some.
const CAPACITY: usize = 256;

/// Signals the fulfilment worker that an order may be due, and subscribers that it has changed. Other replicas do not
/// receive the signal, so every receiver polls as well.
#[derive(Clone)]
pub struct OrderNotifier {
    due: Arc<Notify>,
    changed: broadcast::Sender<OrderId>,
}

impl Default for OrderNotifier {
    fn default() -> Self {
        Self { due: Arc::default(), changed: broadcast::channel(CAPACITY).0 }
    }
}

impl OrderNotifier {
    /// Signals that an order has changed.
    pub fn notify(&self, id: OrderId) {
        // A permit is stored while the worker is busy, so that no signal is lost.
        self.due.notify_one();
        // Sending fails only when there is no subscriber.
        let _ = self.changed.send(id);
    }

    /// Returns the orders that change from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<OrderId> {
        self.changed.subscribe()
    }

    /// Waits until an order may be due.
    pub(crate) async fn due(&self) {
        self.due.notified().await;
    }
}
