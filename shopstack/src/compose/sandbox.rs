//! Where the payment sandbox is: in this process, or a server of its own.

use crate::settings::Settings;
use chassis::SystemContext;
use chassis::tasks::Tasks;
use chassis::transport::{Transport, TransportError, in_process, remote};
use jiff::SignedDuration;
use payment::SandboxReach;
use payment::gateway::worldpay::WebhookKey;
use sandbox::Sandbox;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// The file of its books, in the data directory.
pub const BOOKS: &str = "sandbox-gateway.db";
/// The path at payment that takes its webhooks.
pub const WEBHOOKS: &str = "/api/v1/webhooks/sandbox";
/// The address it knows itself by within this process.
const WITHIN: &str = "http://sandbox.internal";
/// How long its queries know nothing of what has happened.
pub const INDEX_DELAY: SignedDuration = SignedDuration::from_secs(1);

/// The sandbox, and the way to it.
pub struct SandboxPlace {
    /// The way to it.
    pub reach: SandboxReach,
    /// The sandbox itself, when it is in this process.
    pub here: Option<Sandbox>,
    payment: Arc<OnceLock<Transport>>,
}

impl SandboxPlace {
    /// The sandbox of these settings: elsewhere when they name an address, otherwise here with its books in the data
    /// directory; none where it is not used.
    ///
    /// # Errors
    /// When its books cannot be opened, or its address cannot be used.
    pub async fn of(settings: &Settings, system: &SystemContext) -> Result<Option<Self>, String> {
        if !settings.uses_sandbox() {
            return Ok(None);
        }
        let payment = Arc::new(OnceLock::new());
        if let Some(elsewhere) = &settings.sandbox {
            let reach = SandboxReach {
                transport: remote(&elsewhere.url, system.clone())?,
                url: elsewhere.url.clone(),
                webhook_keys: elsewhere.webhook_keys.clone(),
            };
            return Ok(Some(Self { reach, here: None, payment }));
        }
        // Both sides of this process: the key need not outlive it.
        let secret: [u8; 32] = system.bytes();
        let webhook = sandbox::Webhook {
            transport: later(Arc::clone(&payment)),
            path: WEBHOOKS.to_owned(),
            keys: vec![sandbox::WebhookKey { id: "process".to_owned(), secret: secret.to_vec() }],
        };
        let choices = sandbox::Settings {
            api_url: WITHIN.to_owned(),
            browser_url: String::new(),
            credentials: None,
            index_delay: INDEX_DELAY,
            webhook: Some(webhook),
        };
        let here = open(&settings.options.data_dir.join(BOOKS), choices, system).await?;
        let reach = SandboxReach {
            transport: in_process(here.router(), Tasks::new()),
            url: WITHIN.to_owned(),
            webhook_keys: vec![WebhookKey::new("process", &secret)],
        };
        Ok(Some(Self { reach, here: Some(here), payment }))
    }

    /// Says where payment is, for webhooks of a sandbox in this process.
    pub fn deliver_to(&self, payment: Transport) {
        // Said once; there is one payment service in a process.
        let _ = self.payment.set(payment);
    }
}

/// Opens a sandbox.
///
/// # Errors
/// When its books cannot be opened.
pub async fn open(books: &Path, settings: sandbox::Settings, system: &SystemContext) -> Result<Sandbox, String> {
    Sandbox::open(books, settings, system.clone()).await.map_err(|error| error.to_string())
}

/// A way that is known once payment has started.
fn later(way: Arc<OnceLock<Transport>>) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |request| {
        let way = way.get().cloned();
        async move {
            match way {
                Some(way) => way.oneshot(request).await,
                None => Err(TransportError::NotSent("payment has not started yet".to_owned())),
            }
        }
    }))
}
