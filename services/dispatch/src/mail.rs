//! Emails to customers and to the shop: their occasions, their rendering and their delivery.

mod mailer;
mod renderer;

pub use mailer::{FolderMailer, MailError, Mailer, SmtpMailer};
pub use renderer::{EmailRenderer, ShopName};

use contracts::Money;
use contracts::dispatch::{OrderShipment, ReturnLine};
use contracts::events::StockLow;
use contracts::payment::AwaitedTransfer;
use jiff::Timestamp;

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

/// An occasion to email the merchant about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MerchantEmail {
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

/// An email that was given up after too many attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedMail {
    pub mail: Mail,
    /// The number of attempts.
    pub tries: i64,
    /// The error of the last attempt.
    pub reason: String,
}

/// A rendered email, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The Message-ID, the same for every attempt, so that mail clients discard duplicates.
    pub id: String,
    pub to: String,
    /// The subject, with the name of the shop.
    pub subject: String,
    /// The body in plain text.
    pub body: String,
    /// The time at which it was rendered.
    pub at: Timestamp,
}
