//! Letters to customers: what they say, and how they are sent.

mod sender;
mod text;

pub use sender::{FolderMailer, Mailer, SmtpMailer};
pub use text::Writer;

use contracts::Money;
use contracts::events::StockLow;
use contracts::payment::AwaitedTransfer;
use jiff::Timestamp;

/// An occasion to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// The order is placed.
    Placed,
    /// Everything is ready.
    Confirmed,
    /// The parcel has left.
    Shipped,
    /// The parcel is there.
    Delivered,
    /// The order is undone.
    Cancelled,
    /// The parcel had left before it could be stopped.
    TooLateToCancel,
    /// Money was given back.
    Refunded {
        /// How much.
        amount: Money,
        /// Why.
        reason: String,
    },
    /// The customer wants to return something.
    ReturnRequested,
    /// What was returned has come in.
    ReturnReceived {
        /// What is given back for it.
        amount: Money,
    },
    /// The shop does not take something back.
    ReturnRejected {
        /// Why.
        reason: String,
    },
}

/// Something to tell that is not about an order that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Little is left of something, for the people of the shop.
    StockLow {
        /// To whom.
        to: String,
        /// Of what.
        low: StockLow,
    },
    /// The order is placed when its customer has transferred the money.
    TransferAwaited(Box<AwaitedTransfer>),
}

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its Message-ID: the same however often it is sent.
    pub id: String,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// The text.
    pub body: String,
    /// When it was written.
    pub at: Timestamp,
}
