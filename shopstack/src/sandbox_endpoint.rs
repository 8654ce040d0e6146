//! The payment sandbox as payment reaches it: inside this process, or a server of its own.

use crate::settings::Settings;
use chassis::tasks::Tasks;
use chassis::transport::{RemoteError, Transport, TransportError, in_process, remote};
use chassis::{StoreError, SystemContext};
use jiff::SignedDuration;
use payment::SandboxConnection;
use payment::gateway::worldpay::WebhookKey;
use sandbox::Sandbox;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

/// The file of the sandbox's ledger, in the data directory.
pub const LEDGER_FILE: &str = "sandbox-gateway.db";
/// The path at payment that receives the sandbox's webhooks.
pub const WEBHOOK_PATH: &str = "/api/v1/webhooks/sandbox";
/// The base URL of a sandbox inside this process. No request to it uses the network.
const IN_PROCESS_URL: &str = "http://sandbox.internal";
/// The delay after which the sandbox's queries find a payment. Real gateways have one too.
const INDEX_DELAY: SignedDuration = SignedDuration::from_secs(1);

/// A sandbox, and the connection to it.
pub struct SandboxEndpoint {
    /// The connection that payment uses.
    pub connection: SandboxConnection,
    /// The sandbox itself, if it runs in this process.
    pub local: Option<Sandbox>,
    payment: Arc<OnceLock<Transport>>,
}

/// A sandbox that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The URL of a remote sandbox cannot be used.
    #[error("SANDBOX_URL: {0}")]
    Url(#[from] RemoteError),
    /// The ledger cannot be opened.
    #[error("the sandbox's ledger: {0}")]
    Ledger(#[from] StoreError),
}

impl SandboxEndpoint {
    /// Opens the sandbox of these settings: a remote one if they name a URL, else one in this process whose ledger is in
    /// the data directory. Returns `None` if the sandbox is not used.
    ///
    /// # Errors
    /// [`SandboxError`] if the ledger or the URL cannot be used.
    pub async fn open(settings: &Settings, system: &SystemContext) -> Result<Option<Self>, SandboxError> {
        if !settings.uses_sandbox() {
            return Ok(None);
        }
        let payment = Arc::new(OnceLock::new());
        if let Some(server) = &settings.sandbox {
            let connection = SandboxConnection {
                transport: remote(&server.url, system.clone())?,
                url: server.url.clone(),
                webhook_keys: server.webhook_keys.clone(),
            };
            return Ok(Some(Self { connection, local: None, payment }));
        }
        // Both ends of the webhooks are in this process, so the key need not outlive it.
        let secret: [u8; 32] = system.bytes();
        let webhook = sandbox::Webhook {
            transport: deferred(Arc::clone(&payment)),
            path: WEBHOOK_PATH.to_owned(),
            keys: vec![sandbox::WebhookKey { id: "process".to_owned(), secret: secret.to_vec() }],
        };
        let choices = sandbox::Settings {
            api_url: IN_PROCESS_URL.to_owned(),
            // Browsers open the pages at the shop's own origin, because this sandbox listens on no port.
            browser_url: String::new(),
            credentials: None,
            index_delay: INDEX_DELAY,
            webhook: Some(webhook),
        };
        let local = Sandbox::open(&settings.options.data_dir.join(LEDGER_FILE), choices, system.clone()).await?;
        let connection = SandboxConnection {
            transport: in_process(local.router(), Tasks::new()),
            url: IN_PROCESS_URL.to_owned(),
            // The same secret that the webhook above is signed with.
            webhook_keys: vec![WebhookKey::new("process", &secret)],
        };
        Ok(Some(Self { connection, local: Some(local), payment }))
    }

    /// Sets the payment service to which a sandbox in this process sends its webhooks.
    pub fn deliver_webhooks_to(&self, payment: Transport) {
        // A second call would be ignored; there is one payment service in a process.
        let _ = self.payment.set(payment);
    }
}

/// Returns a transport whose target becomes known later: the sandbox is opened before payment is started. Until then
/// requests fail as not sent, and the sandbox retries its webhooks.
fn deferred(target: Arc<OnceLock<Transport>>) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |request| {
        let target = target.get().cloned();
        async move {
            match target {
                Some(target) => target.oneshot(request).await,
                None => Err(TransportError::NotSent("payment has not started yet".to_owned())),
            }
        }
    }))
}
