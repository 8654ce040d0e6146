//! Sends the messages of a channel that were stored together with the changes they are about.

use crate::mail::MessageSender;
use crate::metrics::DispatchMetrics;
use crate::store::OrderStore;
use chassis::{StoreError, SystemContext};
use contracts::dispatch::MessageChannel;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const POLL_INTERVAL: Duration = Duration::from_secs(2);
const BATCH_SIZE: usize = 5;
// Twice the time that a sender may take for a whole batch, since another replica sends the rest after it.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Sends the stored messages of a channel, each at least once.
pub struct MessageWorker {
    channel: MessageChannel,
    store: Arc<dyn OrderStore>,
    sender: Arc<dyn MessageSender>,
    system: SystemContext,
    metrics: DispatchMetrics,
}

impl MessageWorker {
    /// Creates a worker that sends the messages of a channel of `store` through `sender`.
    pub const fn new(
        channel: MessageChannel,
        store: Arc<dyn OrderStore>,
        sender: Arc<dyn MessageSender>,
        system: SystemContext,
        metrics: DispatchMetrics,
    ) -> Self {
        Self { channel, store, sender, system, metrics }
    }

    /// Sends messages until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match self.send_due().await {
                // A full batch suggests that more messages are due.
                Ok(BATCH_SIZE) if !stop.is_cancelled() => continue,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, channel = self.channel.as_str(), "reading due messages failed, retrying");
                }
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(POLL_INTERVAL) => {} }
        }
    }

    /// Sends one batch of due messages and returns its size.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let now = self.system.now();
        let until = now.saturating_add(LEASE).unwrap_or(now);
        let due = self.store.claim_messages(self.channel, now, until, BATCH_SIZE).await?;
        for message in &due {
            let sent = self.sender.send(message).await;
            self.metrics.message(self.channel, sent.is_ok());
            match sent {
                // Recorded after sending: a crash in between sends the message twice, with one id, rather than never.
                Ok(()) => self.store.message_sent(&message.id).await?,
                Err(error) => {
                    let channel = self.channel.as_str();
                    tracing::warn!(%error, channel, id = message.id, "sending a message failed, retrying later");
                    self.store.message_failed(&message.id, &error.to_string(), self.system.now()).await?;
                }
            }
        }
        Ok(due.len())
    }
}
