//! What is told about a payment: by webhooks, and as the last event of the payment itself.

use contracts::Money;
use serde::{Deserialize, Serialize};

/// A type of webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewsKind {
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

impl NewsKind {
    /// The name webhooks give it.
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

    /// What it makes the last event of the payment; nothing, for those that the payment itself does not tell.
    pub(super) fn last_event(self) -> Option<LastEvent> {
        Some(match self {
            Self::SentForAuthorization | Self::ChargedBack => return None,
            Self::Authorized => LastEvent::Authorized,
            Self::Refused => LastEvent::Refused,
            Self::SentForSettlement => LastEvent::SentForSettlement,
            Self::Settled => LastEvent::Settled,
            Self::SettlementFailed => LastEvent::SettlementFailed,
            Self::Cancelled => LastEvent::SentForCancellation,
            Self::Expired => LastEvent::Expired,
            Self::SentForRefund => LastEvent::SentForRefund,
            Self::Refunded => LastEvent::Refunded,
            Self::RefundFailed => LastEvent::RefundFailed,
        })
    }
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    pub kind: NewsKind,
    pub amount: Money,
    /// The merchant's reference of a partial command.
    pub reference: Option<String>,
}

/// The last event of a payment, in the words of its resource: title case with spaces, unlike webhooks and queries.
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
