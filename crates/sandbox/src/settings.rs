//! The settings of a sandbox. The caller reads them from its configuration.

use chassis::transport::Transport;
use jiff::SignedDuration;

/// The settings of a sandbox.
pub struct Settings {
    /// The base URL of all links in API responses, such as `http://127.0.0.1:8090`.
    pub api_url: String,
    /// The base URL of all pages for browsers; empty for pages on the shop's own origin.
    pub browser_url: String,
    /// The user name and password of merchants; without them every request is accepted.
    pub credentials: Option<(String, String)>,
    /// The time after which payment queries show an event.
    pub index_delay: SignedDuration,
    /// The receiver of webhooks; without it none are created.
    pub webhook: Option<Webhook>,
}

/// The receiver of webhooks and the keys to sign them with.
#[derive(Clone)]
pub struct Webhook {
    /// The transport to the shop.
    pub transport: Transport,
    /// The path of the shop's webhook endpoint.
    pub path: String,
    /// The signing keys. Each webhook is signed with all of them, so that keys can be rotated.
    pub keys: Vec<WebhookKey>,
}

/// A key that webhooks are signed with.
#[derive(Clone)]
pub struct WebhookKey {
    /// The id of the key in signatures.
    pub id: String,
    /// The secret bytes of the key.
    pub secret: Vec<u8>,
}

// A derived implementation would print the secret into logs.
impl std::fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookKey({}, …)", self.id)
    }
}
