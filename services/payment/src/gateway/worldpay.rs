//! Worldpay: Access Worldpay's Payments API, version `2024-06-01`, with Payment Queries, Hosted Payment Pages and Events.
//!
//! A refusal arrives as 201. There is no idempotency header, so a command is sent once and recovered by its reference.
//! The next commands go to the links of the latest answer, never to addresses made here.
//!
//! Source of the wire: Worldpay's published OpenAPI documents of these APIs.

mod answers;
mod events;
mod queries;
mod requests;
mod settings;

pub use events::WebhookKey;
pub use settings::{Card, SANDBOX_NAME, Settings, VARIABLES};

use super::{Command, Connector, Next, WebhookEventError, WireAnswer};
use crate::payment::WebhookEvent;
use axum::http::HeaderMap;
use contracts::Currency;
use contracts::payment::{CaptureTiming, MethodEntry, PaymentMethod};
use jiff::SignedDuration;

/// Paying by card, with a session or a token.
pub const CARD: &str = "card";
/// Paying on a page of the gateway.
pub const HOSTED: &str = "hosted";

/// A merchant's account at Worldpay, or at the built-in sandbox, which speaks the same wire.
#[derive(Debug, Clone)]
pub struct Worldpay {
    settings: Settings,
}

impl Worldpay {
    /// The account with these settings.
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
            .then(|| self.offer(HOSTED, "Card, on our payment partner's page", MethodEntry::Redirect));
        card.into_iter().chain(hosted).collect()
    }

    fn takes(&self, currency: Currency) -> bool {
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

    fn answer(&self, command: &Command, answer: &WireAnswer) -> Next {
        answers::read(command, answer)
    }

    fn query(&self, command: &Command) -> Next {
        queries::first(&self.settings, command)
    }

    fn found(&self, command: &Command, answer: &WireAnswer) -> Next {
        queries::read(&self.settings, command, answer)
    }

    fn resume(&self, command: &Command, device_data: Option<&str>) -> Next {
        requests::resume(&self.settings, command, device_data)
    }

    fn webhook_event(&self, headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookEventError> {
        events::read(&self.settings.webhook_keys, headers, body)
    }
}
