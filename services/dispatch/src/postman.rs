//! Sends the letters that are kept to be sent.

use crate::mail::Mailer;
use crate::store::OrderStore;
use chassis::{SystemContext, StoreError};
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_secs(2);
/// Few, so that all are sent long before somebody else would send them too.
const BATCH: usize = 5;
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// Sends letters.
pub struct Postman {
    store: Arc<dyn OrderStore>,
    mailer: Arc<dyn Mailer>,
    system: SystemContext,
}

impl Postman {
    /// A postman.
    pub const fn new(store: Arc<dyn OrderStore>, mailer: Arc<dyn Mailer>, system: SystemContext) -> Self {
        Self { store, mailer, system }
    }

    /// Sends until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            match self.send_due().await {
                Ok(BATCH) if !stop.is_cancelled() => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "cannot look for letters; trying again"),
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
        }
    }

    /// Sends what is due; says how many letters that were.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let now = self.system.now();
        let due = self.store.claim_mails(now, now.saturating_add(LEASE).unwrap_or(now), BATCH).await?;
        for mail in &due {
            match self.mailer.send(mail).await {
                Ok(()) => self.store.mail_sent(&mail.id).await?,
                Err(reason) => {
                    tracing::warn!(reason, mail = mail.id, "a letter could not be sent; trying again later");
                    self.store.mail_failed(&mail.id, &reason, self.system.now()).await?;
                }
            }
        }
        Ok(due.len())
    }
}
