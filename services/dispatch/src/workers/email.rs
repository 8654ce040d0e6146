//! Sends the emails that were stored together with the changes they are about.

use crate::mail::Mailer;
use crate::metrics::DispatchMetrics;
use crate::store::OrderStore;
use chassis::{StoreError, SystemContext};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const POLL_INTERVAL: Duration = Duration::from_secs(2);
const BATCH_SIZE: usize = 5;
// Twice the time that a mailer may take for a whole batch, since another replica sends the rest after it.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Sends stored emails, each at least once.
pub struct EmailWorker {
    store: Arc<dyn OrderStore>,
    mailer: Arc<dyn Mailer>,
    system: SystemContext,
    metrics: DispatchMetrics,
}

impl EmailWorker {
    /// Creates a worker that sends the emails of `store` through `mailer`.
    pub const fn new(
        store: Arc<dyn OrderStore>,
        mailer: Arc<dyn Mailer>,
        system: SystemContext,
        metrics: DispatchMetrics,
    ) -> Self {
        Self { store, mailer, system, metrics }
    }

    /// Sends emails until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match self.send_due().await {
                // A full batch suggests that more emails are due.
                Ok(BATCH_SIZE) if !stop.is_cancelled() => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "reading due emails failed, retrying"),
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(POLL_INTERVAL) => {} }
        }
    }

    /// Sends one batch of due emails and returns its size.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let now = self.system.now();
        let due = self.store.claim_mails(now, now.saturating_add(LEASE).unwrap_or(now), BATCH_SIZE).await?;
        for mail in &due {
            let sent = self.mailer.send(mail).await;
            self.metrics.email(sent.is_ok());
            match sent {
                // Recorded after sending: a crash in between sends the email twice, with one Message-ID, rather than never.
                Ok(()) => self.store.mail_sent(&mail.id).await?,
                Err(error) => {
                    tracing::warn!(%error, email = mail.id, "sending an email failed, retrying later");
                    self.store.mail_failed(&mail.id, &error.to_string(), self.system.now()).await?;
                }
            }
        }
        Ok(due.len())
    }
}
