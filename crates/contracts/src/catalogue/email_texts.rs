//! The merchant's own wording of emails to customers.

use crate::{Language, MultilineText, SingleLineText};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An email to a customer whose wording the merchant can replace. Receipts that the law prescribes, and payment instructions, are
/// not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailKind {
    /// The order was placed.
    Placed,
    /// The order is confirmed.
    Confirmed,
    /// A parcel has left.
    Shipped,
    /// The order was delivered.
    Delivered,
    /// The order was cancelled.
    Cancelled,
    /// Money was refunded to the customer.
    Refunded,
    /// The customer requested a return.
    ReturnRequested,
    /// A return has arrived.
    ReturnReceived,
    /// A return was declined.
    ReturnRejected,
    /// A return was refunded.
    ReturnRefunded,
}

impl EmailKind {
    /// All kinds, in the order in which a customer may get them.
    pub const ALL: &[Self] = &[
        Self::Placed,
        Self::Confirmed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Refunded,
        Self::ReturnRequested,
        Self::ReturnReceived,
        Self::ReturnRejected,
        Self::ReturnRefunded,
    ];

    /// Returns the name in stores and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
            Self::ReturnRequested => "return_requested",
            Self::ReturnReceived => "return_received",
            Self::ReturnRejected => "return_rejected",
            Self::ReturnRefunded => "return_refunded",
        }
    }

    /// Returns the placeholders for the facts of this kind, besides [`PLACEHOLDERS`]. A wording that leaves one of them out is
    /// followed by the standard sentence with the facts.
    pub const fn facts(self) -> &'static [&'static str] {
        match self {
            Self::Placed | Self::Confirmed | Self::Shipped | Self::Delivered | Self::Cancelled => &[],
            Self::Refunded => &["amount", "reason"],
            Self::ReturnRequested => &["items"],
            Self::ReturnReceived | Self::ReturnRefunded => &["amount"],
            Self::ReturnRejected => &["reason"],
        }
    }
}

/// The placeholders that every wording can have: the number of the order, the customer's name, and the name of the shop.
pub const PLACEHOLDERS: &[&str] = &["order", "name", "shop"];

/// Returns the names of the placeholders of a text, such as `order` of `{order}`: lower-case letters and `_` in braces.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
}

/// The merchant's wording of an email in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Stored as well, so fields of later versions must not be refused.
pub struct EmailWording {
    /// The subject. The name of the shop is added. Default: null, the standard one.
    #[serde(default)]
    pub subject: Option<SingleLineText<150>>,
    /// The message between the greeting and the items of the order, up to 2,000 characters. Placeholders: `{order}`, `{name}`,
    /// `{shop}`; in refunds and returns also `{amount}`, `{reason}` or `{items}`. Default: empty, the standard one.
    #[serde(default)]
    pub message: MultilineText<2000>,
}

/// The merchant's wording of emails to replace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "version": 0,
    "texts": { "placed": { "en": { "subject": "Order {order} is in", "message": "Thank you! We pack it today." } } },
    "closing": { "en": "Questions? Call us: 040 123 456" }
}))]
pub struct EmailTextsDraft {
    /// The version that the change is based on, 0 before the first one.
    pub version: i64,
    /// The wording by kind of email and language: `placed`, `confirmed`, `shipped`, `delivered`, `cancelled`, `refunded`,
    /// `return_requested`, `return_received`, `return_rejected` and `return_refunded`. Default: empty, the standard one.
    #[serde(default)]
    pub texts: BTreeMap<EmailKind, BTreeMap<Language, EmailWording>>,
    /// The text at the end of every email by language, such as how to reach the shop, up to 1,000 characters. Customers whose
    /// language is left out get that of the shop's language. Default: empty.
    #[serde(default)]
    pub closing: BTreeMap<Language, MultilineText<1000>>,
}

/// The merchant's wording of emails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
// Stored as well, so fields of later versions must not be refused.
#[serde(default)]
pub struct EmailTexts {
    /// The version, which increases with every change; 0 before the first one.
    pub version: i64,
    /// The wording by kind of email and language.
    pub texts: BTreeMap<EmailKind, BTreeMap<Language, EmailWording>>,
    /// The text at the end of every email by language.
    pub closing: BTreeMap<Language, MultilineText<1000>>,
}

impl EmailTexts {
    /// Creates the version after the one that a draft is based on.
    pub fn successor(draft: EmailTextsDraft) -> Self {
        let EmailTextsDraft { version, texts, closing } = draft;
        Self { version: version.saturating_add(1), texts, closing }
    }
}
