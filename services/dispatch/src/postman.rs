//! Sends the letters that are kept to be sent.

use crate::mail::Mailer;
use crate::store::OrderStore;
use chassis::{Sources, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PAUSE: Duration = Duration::from_secs(2);
const BATCH: usize = 20;

/// Sends letters.
pub struct Postman {
    store: Arc<dyn OrderStore>,
    mailer: Arc<dyn Mailer>,
    sources: Sources,
}

impl Postman {
    /// A postman.
    pub const fn new(store: Arc<dyn OrderStore>, mailer: Arc<dyn Mailer>, sources: Sources) -> Self {
        Self { store, mailer, sources }
    }

    /// Sends until shutdown.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.send_due().await {
                tracing::warn!(%error, "cannot look for letters; trying again");
            }
            tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
        }
    }

    /// Sends what is due; says how many letters that were.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn send_due(&self) -> Result<usize, StoreError> {
        let due = self.store.mails_due(self.sources.now(), BATCH).await?;
        for mail in &due {
            match self.mailer.send(mail).await {
                Ok(()) => self.store.mail_sent(&mail.id).await?,
                Err(reason) => {
                    tracing::warn!(reason, mail = mail.id, "a letter could not be sent; trying again later");
                    self.store.mail_failed(&mail.id, &reason, self.sources.now()).await?;
                }
            }
        }
        Ok(due.len())
    }
}
