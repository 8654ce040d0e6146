//! Worldpay's webhooks (Events API): signed, in any order, possibly twice.

use crate::gateway::WebhookEventError;
use crate::payment::{WebhookEvent, WebhookEventKind};
use axum::http::HeaderMap;
use contracts::payment::Refusal;
use contracts::{Currency, Money};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use std::str::FromStr;
use subtle::ConstantTimeEq;

const SIGNATURE: &str = "event-signature";
/// Amounts of events have two decimals, whatever the currency.
const EXPONENT: u32 = 2;

/// A key that webhooks are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey {
    id: String,
    secret: Vec<u8>,
}

impl WebhookKey {
    /// The key of this id.
    pub fn new(id: &str, secret: &[u8]) -> Self {
        Self { id: id.to_owned(), secret: secret.to_vec() }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is signed with.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }
}

impl std::fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookKey({})", self.id)
    }
}

impl FromStr for WebhookKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let told = "a key is written id:secret, the secret in hexadecimal, 32 digits at least";
        let (id, secret) = text.split_once(':').ok_or(told)?;
        let secret = unhex(secret).filter(|secret| secret.len() >= 16).ok_or(told)?;
        Ok(Self { id: id.to_owned(), secret })
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_id: String,
    event_details: Details,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    /// Of events about a payment.
    transaction_reference: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    reference: Option<String>,
    amount: Option<Amount>,
    refund: Option<RefundDetails>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Amount {
    value: i64,
    currency_code: String,
}

#[derive(Deserialize)]
struct RefundDetails {
    refusal: Option<RefundRefusal>,
}

#[derive(Deserialize)]
struct RefundRefusal {
    code: Option<String>,
    description: Option<String>,
}

/// What a webhook tells.
pub fn read(keys: &[WebhookKey], headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookEventError> {
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).ok_or(WebhookEventError::Signature)?;
    if !is_signed(keys, signature, body) {
        return Err(WebhookEventError::Signature);
    }
    let event: Event = serde_json::from_slice(body).map_err(|error| WebhookEventError::Form(error.to_string()))?;
    let details = event.event_details;
    let kind = match details.kind.as_str() {
        // Payouts, tokens: nothing that is told of is a payment.
        _ if details.transaction_reference.is_none() => WebhookEventKind::Other,
        "authorized" => WebhookEventKind::Authorised,
        "refused" | "error" => WebhookEventKind::Refused,
        "sentForSettlement" => WebhookEventKind::Captured,
        "settlementFailed" => WebhookEventKind::CaptureFailed,
        "cancelled" => WebhookEventKind::Voided,
        "sentForRefund" => WebhookEventKind::Refunded,
        "refundFailed" => WebhookEventKind::RefundFailed,
        "expired" => WebhookEventKind::Expired,
        "chargedBack" => WebhookEventKind::ChargedBack,
        // Settled and refunded come in certain cases only and say nothing that is not known; others are of other kinds.
        _ => WebhookEventKind::Other,
    };
    let refused = details.refund.and_then(|refund| refund.refusal).map(|refusal| Refusal {
        code: refusal.code.unwrap_or_else(|| "refund-failed".to_owned()),
        reason: refusal.description.unwrap_or_else(|| "The refund came to nothing.".to_owned()),
    });
    Ok(WebhookEvent {
        id: event.event_id,
        transaction: details.transaction_reference.unwrap_or_default(),
        command: details.reference,
        kind,
        amount: details.amount.map(|amount| money(&amount)).transpose()?.flatten(),
        reason: refused,
    })
}

/// Whether one of the signatures was made with one of the keys: chosen by its id, compared in constant time.
fn is_signed(keys: &[WebhookKey], signatures: &str, body: &[u8]) -> bool {
    signatures.split(',').any(|signature| {
        let mut parts = signature.trim().splitn(3, '/');
        let (Some(id), Some("SHA256"), Some(digest)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let Some(digest) = unhex(digest) else { return false };
        keys.iter().filter(|key| key.id == id).any(|key| {
            let made = Hmac::<Sha256>::new_from_slice(&key.secret).map(|mac| mac.chain_update(body).finalize());
            made.is_ok_and(|made| made.into_bytes().as_slice().ct_eq(&digest).into())
        })
    })
}

/// An event's amount in the currency's own minor units; none where two decimals cannot tell it.
fn money(amount: &Amount) -> Result<Option<Money>, WebhookEventError> {
    let form = |error: &str| WebhookEventError::Form(format!("the amount: {error}"));
    let currency: Currency = amount.currency_code.parse().map_err(|_| form("an unknown currency"))?;
    let less = EXPONENT.checked_sub(currency.exponent());
    Ok(less.map(|less| currency.minor(amount.value / 10_i64.pow(less))))
}
