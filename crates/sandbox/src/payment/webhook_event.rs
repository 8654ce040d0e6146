//! The events of a payment, as sent by webhooks and shown by the payment resource.

use contracts::Money;
use serde::{Deserialize, Serialize};

/// The type of a webhook event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebhookEventType {
    SentForAuthorization,
    Authorized,
    Refused,
    SentForSettlement,
    Settled,
    SettlementFailed,
    Cancelled,
    Expired,
    SentForRefund,
    Refunded,
    RefundFailed,
    ChargedBack,
}

impl WebhookEventType {
    /// Returns the name of the type in webhooks.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SentForAuthorization => "sentForAuthorization",
            Self::Authorized => "authorized",
            Self::Refused => "refused",
            Self::SentForSettlement => "sentForSettlement",
            Self::Settled => "settled",
            Self::SettlementFailed => "settlementFailed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::SentForRefund => "sentForRefund",
            Self::Refunded => "refunded",
            Self::RefundFailed => "refundFailed",
            Self::ChargedBack => "chargedBack",
        }
    }

    /// Returns the last event that the payment resource shows; `None` for events that it does not show.
    pub(super) fn last_event(self) -> Option<LastEvent> {
        Some(match self {
            // Worldpay's list of last events has no values for these.
            Self::SentForAuthorization | Self::ChargedBack => return None,
            Self::Authorized => LastEvent::Authorized,
            Self::Refused => LastEvent::Refused,
            Self::SentForSettlement => LastEvent::SentForSettlement,
            Self::Settled => LastEvent::Settled,
            Self::SettlementFailed => LastEvent::SettlementFailed,
            // Worldpay's list has no value for a completed cancellation.
            Self::Cancelled => LastEvent::SentForCancellation,
            Self::Expired => LastEvent::Expired,
            Self::SentForRefund => LastEvent::SentForRefund,
            Self::Refunded => LastEvent::Refunded,
            Self::RefundFailed => LastEvent::RefundFailed,
        })
    }
}

/// An event to report by a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookEvent {
    pub kind: WebhookEventType,
    pub amount: Money,
    /// The merchant's reference of a partial command.
    pub reference: Option<String>,
}

/// The last event of a payment as its resource names it: in title case with spaces, unlike webhooks and queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LastEvent {
    Authorized,
    Refused,
    #[serde(rename = "Sent for Settlement")]
    SentForSettlement,
    #[serde(rename = "Sent for Refund")]
    SentForRefund,
    #[serde(rename = "Sent for Cancellation")]
    SentForCancellation,
    #[serde(rename = "Refund failed")]
    RefundFailed,
    #[serde(rename = "Settlement failed")]
    SettlementFailed,
    Settled,
    Refunded,
    Expired,
}
