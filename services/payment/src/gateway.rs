//! Gateways: those who move the money.
//!
//! A [`Connector`] knows one gateway's wire: it builds requests and reads answers, and does no input or output. A
//! [`Gateway`] carries it out over a transport. What is kept, sent again and asked about is the engine's to decide.

mod choice;
pub mod transfer;
mod wire;
pub mod worldpay;

pub use choice::Gateways;
pub use wire::{Gateway, SendError, Told};

use crate::attempt::{PaymentOperation, OperationKind, Browser, Instrument, Links};
use crate::payment::{WebhookEvent, Outcome, Payment};
use axum::http::HeaderMap;
use bytes::Bytes;
use contracts::payment::{CaptureTiming, PaymentMethod};
use contracts::{Currency, Money};
use jiff::{SignedDuration, Timestamp};

/// A request to a gateway: an address of its own, or a path below its own.
pub type WireRequest = axum::http::Request<Bytes>;
/// A gateway's answer, read to its end.
pub type WireAnswer = axum::http::Response<Bytes>;

/// A command as a gateway is given it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub kind: OperationKind,
    /// Our reference.
    pub reference: String,
    /// The order's number, for statements.
    pub order_number: String,
    /// How much.
    pub amount: Money,
    /// Whether that is all there is.
    pub whole: bool,
    /// The way to pay.
    pub method: String,
    /// What stands for the card.
    pub instrument: Option<Instrument>,
    /// The customer's browser.
    pub browser: Option<Browser>,
    /// Who pays.
    pub payer: String,
    /// Where a customer comes back to.
    pub return_url: String,
    /// The authorisation it is about; for an authorisation, itself.
    pub about: About,
    /// When it was kept: what the gateway tells of before is of another.
    pub since: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// The authorisation a command is about, as the gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Our reference for it.
    pub reference: String,
    /// The gateway's id.
    pub gateway_id: Option<String>,
    /// Where the gateway wants the next commands.
    pub links: Links,
}

impl Command {
    /// The command of an attempt; customers come back to paths below `base_url`.
    pub fn of(payment: &Payment, attempt: &PaymentOperation, base_url: &str, at: Timestamp) -> Self {
        let authorisation = attempt.target.and_then(|number| payment.attempt(number)).unwrap_or(attempt);
        Self {
            kind: attempt.kind,
            reference: attempt.reference.clone(),
            order_number: payment.order_number.clone(),
            amount: attempt.amount,
            whole: attempt.whole,
            method: attempt.method.clone(),
            instrument: attempt.instrument.clone(),
            browser: attempt.browser.clone(),
            payer: payment.address.name.as_str().to_owned(),
            return_url: format!("{base_url}/api/v1/payments/{}/return", payment.id),
            about: About {
                reference: authorisation.reference.clone(),
                gateway_id: authorisation.gateway_id.clone(),
                links: payment.links_of(authorisation.number),
            },
            since: attempt.started_at,
            at,
        }
    }
}

/// What a gateway says of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What became of it.
    pub outcome: Outcome,
    /// Where the gateway wants the next commands, as far as it said so.
    pub links: Links,
}

impl From<Outcome> for Heard {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, links: Links::new() }
    }
}

/// What is to be done next to carry out a command, or to find out about it.
#[derive(Debug, Clone)]
pub enum Next {
    /// This is to be sent, and its answer read.
    Send(WireRequest),
    /// The gateway has to be asked first where it wants the command.
    Ask,
    /// It is known.
    Heard(Heard),
    /// The gateway does not know of the command; where it wants one, if it knows what the command is about.
    NotFound(Links),
    /// The gateway has it, and has not decided yet.
    Pending,
    /// It certainly had no effect; it may work later.
    NotSent(String),
    /// Whether it had an effect cannot be told.
    Unclear(String),
}

impl Next {
    /// It became this.
    pub fn heard(outcome: Outcome) -> Self {
        Self::Heard(outcome.into())
    }
}

/// Why a notice is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookEventError {
    /// It does not come from the gateway.
    #[error("the signature is missing or wrong")]
    Signature,
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Form(String),
    /// The gateway sends none.
    #[error("this gateway sends no webhooks")]
    Unexpected,
}

/// One gateway's wire. Pure.
pub trait Connector: Send + Sync + 'static {
    /// Its name, as attempts and the ledger know it.
    fn name(&self) -> &str;

    /// The ways to pay it offers, the preferred first.
    fn methods(&self) -> Vec<PaymentMethod>;

    /// Whether it takes this currency.
    fn takes(&self, currency: Currency) -> bool;

    /// When the money is taken.
    fn capture(&self) -> CaptureTiming;

    /// How long a command may be unknown to queries although it was received.
    fn index_delay(&self) -> SignedDuration;

    /// How a command is sent.
    fn command(&self, command: &Command) -> Next;

    /// What the answer to a command says.
    fn answer(&self, command: &Command, answer: &WireAnswer) -> Next;

    /// How the gateway is asked what became of a command.
    fn query(&self, command: &Command) -> Next;

    /// What the answer to a query says of the command; may want another query.
    fn found(&self, command: &Command, answer: &WireAnswer) -> Next;

    /// How the authorisation goes on when the customer comes back with `device_data`, or with nothing but themselves.
    /// Its answer is read by [`Self::answer`].
    fn resume(&self, command: &Command, device_data: Option<&str>) -> Next;

    /// What a webhook tells.
    ///
    /// # Errors
    /// When it is not the gateway's, or cannot be read.
    fn webhook_event(&self, headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookEventError>;
}
