//! Worldpay: Access Worldpay's Payments API, version `2024-06-01`, with Payment Queries, Hosted Payment Pages and Events.
//!
//! Refusals have status 201. There is no idempotency header, so a command is sent once and its outcome is queried by
//! reference. Follow-up commands go to the links of the latest response, never to addresses built here.
//!
//! The protocol follows Worldpay's published OpenAPI documents of these APIs.

mod events;
mod queries;
mod requests;
mod responses;
mod settings;

pub use events::WebhookKey;
pub use settings::{Card, SANDBOX_CAPTURE, SANDBOX_NAME, Settings, VARIABLES, read_capture};

use super::{Command, Connector, HttpResponse, Next, WebhookError};
use crate::payment::WebhookEvent;
use axum::http::HeaderMap;
use contracts::Currency;
use contracts::payment::{CaptureTiming, MethodEntry, PaymentMethod};
use jiff::SignedDuration;

/// The method for card payments with a session or a token.
pub const CARD: &str = "card";
/// The method for payments on the gateway's hosted page.
pub const HOSTED: &str = "hosted";

/// A merchant account at Worldpay, or at the built-in sandbox, which implements the same protocol.
#[derive(Debug, Clone)]
pub struct Worldpay {
    settings: Settings,
}

impl Worldpay {
    /// Creates the connector for an account.
    pub const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    fn offer(&self, method: &str, label: &str, entry: MethodEntry) -> PaymentMethod {
        let note = if self.settings.is_sandbox() { " (sandbox, no money moves)" } else { "" };
        PaymentMethod {
            method: method.to_owned(),
            label: format!("{label}{note}"),
            gateway: self.settings.name.clone(),
            entry,
        }
    }
}

impl Connector for Worldpay {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn methods(&self) -> Vec<PaymentMethod> {
        let card = match &self.settings.card {
            Card::Form(url) => Some(MethodEntry::CardForm { url: url.clone() }),
            Card::Fields { script, checkout_id } => {
                Some(MethodEntry::WorldpayFields { script: script.clone(), checkout_id: checkout_id.clone() })
            }
            Card::None => None,
        };
        let card = card.map(|entry| self.offer(CARD, "Card", entry));
        let hosted = self
            .settings
            .hosted
            .then(|| self.offer(HOSTED, "Card, on our payment provider's page", MethodEntry::Redirect));
        card.into_iter().chain(hosted).collect()
    }

    fn supports(&self, currency: Currency) -> bool {
        self.settings.currencies.is_empty() || self.settings.currencies.contains(&currency)
    }

    fn capture(&self) -> CaptureTiming {
        self.settings.capture
    }

    fn index_delay(&self) -> SignedDuration {
        self.settings.index_delay
    }

    fn command(&self, command: &Command) -> Next {
        requests::command(&self.settings, command)
    }

    fn parse_response(&self, command: &Command, response: &HttpResponse) -> Next {
        responses::parse(command, response)
    }

    fn query(&self, command: &Command) -> Next {
        queries::first(&self.settings, command)
    }

    fn parse_query_response(&self, command: &Command, response: &HttpResponse) -> Next {
        queries::parse(&self.settings, command, response)
    }

    fn resume(&self, command: &Command, device_data: Option<&str>) -> Next {
        requests::resume(&self.settings, command, device_data)
    }

    fn parse_webhook(&self, headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookError> {
        events::parse(&self.settings.webhook_keys, headers, body)
    }
}
