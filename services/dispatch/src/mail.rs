//! Messages to customers and to the merchant: their occasions, their rendering and their delivery by email and webhook.

mod email_sender;
mod renderer;
mod shop_content;
mod webhook;

pub use email_sender::{FolderSender, SmtpSender};
pub use renderer::EmailRenderer;
pub use shop_content::ShopContent;
pub use webhook::{MerchantWebhook, WebhookSender};

use async_trait::async_trait;
use chassis::StatusCode;
use chassis::transport::TransportError;
use contracts::Money;
use contracts::dispatch::{MessageChannel, OrderShipment, ReturnLine};
use contracts::events::StockLow;
use contracts::payment::AwaitedTransfer;
use jiff::Timestamp;
use std::time::Duration;

/// An occasion to email a customer about their order, with the facts that the order itself does not contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailTemplate {
    /// The order was placed.
    Placed,
    /// The order is confirmed and its shipment is being prepared.
    Confirmed,
    /// The carrier has this shipment.
    Shipped(Box<OrderShipment>),
    /// The shipment was delivered.
    Delivered,
    /// The order was cancelled.
    Cancelled,
    /// The cancellation failed because the shipment had left.
    TooLateToCancel,
    /// A refund was made.
    Refunded {
        amount: Money,
        /// The reason that staff gave.
        reason: String,
    },
    /// The customer requested a return.
    ReturnRequested {
        /// The number of the return within the order.
        id: u32,
    },
    /// The returned items have arrived at the shop.
    ReturnReceived {
        /// The amount that will be refunded; zero when nothing is left to refund.
        amount: Money,
    },
    /// A return was refunded.
    ReturnRefunded { amount: Money },
    /// The shop declined a return.
    ReturnRejected {
        /// The reason that staff gave.
        reason: String,
    },
    /// The customer asked for the order's link.
    Link,
    /// The customer withdrew from the contract. This is the receipt.
    Withdrawn(Withdrawal),
}

/// A withdrawal from the contract, as both sides are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// The units that the customer withdrew from.
    pub lines: Vec<ReturnLine>,
    /// The time of the declaration.
    pub at: Timestamp,
    /// True if the order is cancelled, because nothing of it has left.
    pub cancels: bool,
}

impl EmailTemplate {
    /// Returns true if the email lists the whole order. Others are about some of its lines, which their messages list.
    pub const fn lists_order(&self) -> bool {
        !matches!(self, Self::ReturnRequested { .. } | Self::Withdrawn(_))
    }
}

/// An occasion to tell the merchant about an order, by email and webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MerchantNotification {
    /// A customer placed the order.
    OrderPlaced,
    /// The order was cancelled.
    OrderCancelled,
    /// The customer requested a return.
    ReturnRequested {
        /// The number of the return within the order.
        id: u32,
    },
    /// The customer withdrew from the contract.
    Withdrawn(Withdrawal),
    /// The order does not go on until staff decide.
    NeedsAttention {
        /// The reason, for staff.
        reason: String,
    },
}

/// An email that is not about a placed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// A low-stock alert for the merchant.
    StockLow {
        to: String,
        /// The SKU and its stock.
        low: StockLow,
    },
    /// Payment instructions for a customer who pays by bank transfer.
    TransferAwaited(Box<AwaitedTransfer>),
}

/// The reason why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// An address cannot be parsed.
    #[error("{field}: {source}")]
    Address {
        /// The setting or header that holds the address.
        field: &'static str,
        source: lettre::address::AddressError,
    },
    /// The email cannot be composed.
    #[error("the message cannot be composed: {0}")]
    Compose(#[from] lettre::error::Error),
    /// The SMTP server cannot be reached, or refused the email.
    #[error("SMTP: {0}")]
    Smtp(#[from] lettre::transport::smtp::Error),
    /// The request of a webhook cannot be composed.
    #[error("the request cannot be composed: {0}")]
    Request(#[from] axum::http::Error),
    /// The receiver of a webhook cannot be reached.
    #[error(transparent)]
    Http(#[from] TransportError),
    /// The receiver of a webhook did not accept it.
    #[error("the receiver responded with {0}")]
    Refused(StatusCode),
    /// The message was not accepted in time.
    #[error("not accepted within {} seconds", SEND_TIMEOUT.as_secs())]
    TimedOut,
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
}

/// The time limit of one message.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends the messages of one channel, each within 30 seconds. The same message may be sent more than once, with the same id.
#[async_trait]
pub trait MessageSender: Send + Sync + 'static {
    /// Sends one message, and returns once the server of its recipient has it.
    ///
    /// # Errors
    /// When it was not accepted for delivery.
    async fn send(&self, message: &Message) -> Result<(), SendError>;
}

/// A message that was given up after too many attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedMessage {
    pub message: Message,
    /// The number of attempts.
    pub tries: i64,
    /// The error of the last attempt.
    pub reason: String,
}

/// A rendered message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The id, the same for every attempt, so that receivers discard duplicates: of an email its Message-ID.
    pub id: String,
    pub channel: MessageChannel,
    /// The address of an email, or the host of a webhook with its scheme.
    pub to: String,
    /// The subject of an email, with the name of the shop, or the type of a webhook.
    pub subject: String,
    /// The plain text of an email or the JSON of a webhook.
    pub body: String,
    /// The time at which it was rendered.
    pub at: Timestamp,
}
