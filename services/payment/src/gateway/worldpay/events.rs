//! Worldpay's webhooks (Events API): signed, in any order, possibly twice.

use crate::gateway::WebhookError;
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
/// The number of signatures that are verified, of which anyone can send many. A gateway has one for each of its keys.
const MAX_SIGNATURES: usize = 8;
/// Amounts in events have two decimals, whatever the currency.
const EXPONENT: u32 = 2;

/// A key for verifying webhook signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookKey {
    id: String,
    secret: Vec<u8>,
}

impl WebhookKey {
    /// Creates a key with its id.
    pub fn new(id: &str, secret: &[u8]) -> Self {
        Self { id: id.to_owned(), secret: secret.to_vec() }
    }

    /// The id that signatures name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret of the HMAC.
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
        let format = "expected id:secret, with the secret as at least 32 hexadecimal digits";
        let (id, secret) = text.split_once(':').ok_or(format)?;
        let secret = unhex(secret).filter(|secret| secret.len() >= 16).ok_or(format)?;
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
    /// Present in events about a payment only.
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

/// Verifies and parses a webhook.
pub fn parse(keys: &[WebhookKey], headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookError> {
    // Verified before the body is parsed, so that only the gateway's own data reaches the parser.
    let signature = headers.get(SIGNATURE).and_then(|value| value.to_str().ok()).ok_or(WebhookError::Signature)?;
    if !is_signed(keys, signature, body) {
        return Err(WebhookError::Signature);
    }
    let event: Event = serde_json::from_slice(body).map_err(|error| WebhookError::Body(error.to_string()))?;
    let details = event.event_details;
    let kind = match details.kind.as_str() {
        // Events about payouts or tokens concern no payment.
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
        // `settled` and `refunded` are not sent in all cases and add nothing to the events above.
        _ => WebhookEventKind::Other,
    };
    let refused = details.refund.and_then(|refund| refund.refusal).map(|refusal| Refusal {
        code: refusal.code.unwrap_or_else(|| "refund-failed".to_owned()),
        reason: refusal.description.unwrap_or_else(|| "The refund failed.".to_owned()),
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

/// Returns true if one of the signatures was made with the key it names. Compares in constant time, so that response times
/// give no hint about the right signature.
fn is_signed(keys: &[WebhookKey], signatures: &str, body: &[u8]) -> bool {
    // Gateways sign with the old and the new key while keys are rotated.
    signatures.split(',').take(MAX_SIGNATURES).any(|signature| {
        let mut parts = signature.trim().splitn(3, '/');
        let (Some(id), Some("SHA256"), Some(digest)) = (parts.next(), parts.next(), parts.next()) else { return false };
        let Some(digest) = unhex(digest) else { return false };
        keys.iter().filter(|key| key.id == id).any(|key| {
            let made = Hmac::<Sha256>::new_from_slice(&key.secret).map(|mac| mac.chain_update(body).finalize());
            made.is_ok_and(|made| made.into_bytes().as_slice().ct_eq(&digest).into())
        })
    })
}

/// Converts an event's amount to the currency's minor units; `None` where two decimals are not enough.
fn money(amount: &Amount) -> Result<Option<Money>, WebhookError> {
    let invalid = |error: &str| WebhookError::Body(format!("the amount: {error}"));
    let currency: Currency = amount.currency_code.parse().map_err(|_| invalid("unknown currency"))?;
    let excess = EXPONENT.checked_sub(currency.exponent());
    Ok(excess.map(|excess| currency.minor(amount.value / 10_i64.pow(excess))))
}
