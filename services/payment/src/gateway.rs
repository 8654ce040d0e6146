//! Payment gateways.
//!
//! A [`Connector`] knows one gateway's protocol: it builds requests and parses responses, without any I/O. A [`Gateway`]
//! carries it out over a transport. The engine decides what is stored, resent and queried.

mod choice;
pub mod transfer;
mod transport;
pub mod worldpay;

pub use choice::Gateways;
pub use transport::{Gateway, GatewayResponse, SendError};

use crate::operation::{Browser, Instrument, Links, OperationKind, PaymentOperation};
use crate::payment::{Outcome, Payment, WebhookEvent};
use axum::http::HeaderMap;
use bytes::Bytes;
use contracts::payment::{CaptureTiming, PaymentMethod};
use contracts::{Currency, Money};
use jiff::{SignedDuration, Timestamp};

/// A request to a gateway, with an absolute URL or a path below the gateway's base URL.
pub type HttpRequest = axum::http::Request<Bytes>;
/// A gateway's response, read to its end.
pub type HttpResponse = axum::http::Response<Bytes>;

/// An operation in the form in which connectors receive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub kind: OperationKind,
    /// Our reference for the operation.
    pub reference: String,
    /// The order number, for customers' statements.
    pub order_number: String,
    pub amount: Money,
    /// Set when the amount is the full remaining amount. A repeat of any other would move money twice.
    pub full: bool,
    pub method: String,
    pub instrument: Option<Instrument>,
    pub browser: Option<Browser>,
    /// The customer's name from the shipping address.
    pub payer: String,
    /// The URL to which the bank sends the customer back.
    pub return_url: String,
    /// The authorisation it applies to; for an authorisation, itself.
    pub about: AuthorisationRef,
    /// The time it was stored: earlier events at the gateway belong to other operations.
    pub since: Timestamp,
    /// The present time, as connectors do not read the clock.
    pub at: Timestamp,
}

/// An authorisation as the gateway knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorisationRef {
    /// Our reference for it.
    pub reference: String,
    /// The gateway's id for it.
    pub gateway_id: Option<String>,
    /// Addresses the gateway supplied for follow-up commands.
    pub links: Links,
}

impl Command {
    /// Builds the command for an operation; customers return to paths below `base_url`.
    pub fn of(payment: &Payment, operation: &PaymentOperation, base_url: &str, at: Timestamp) -> Self {
        // An authorisation has no target: it refers to itself.
        let authorisation = operation.target.and_then(|number| payment.operation(number)).unwrap_or(operation);
        Self {
            kind: operation.kind,
            reference: operation.reference.clone(),
            order_number: payment.order_number.clone(),
            amount: operation.amount,
            full: operation.full,
            method: operation.method.clone(),
            instrument: operation.instrument.clone(),
            browser: operation.browser.clone(),
            payer: payment.address.name.as_str().to_owned(),
            return_url: format!("{base_url}/api/v1/payments/{}/return", payment.id),
            about: AuthorisationRef {
                reference: authorisation.reference.clone(),
                gateway_id: authorisation.gateway_id.clone(),
                links: payment.links_for(authorisation.number),
            },
            since: operation.started_at,
            at,
        }
    }
}

/// The result of an operation as reported by a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationResult {
    pub outcome: Outcome,
    /// Addresses for follow-up commands, if the gateway supplied any.
    pub links: Links,
}

impl From<Outcome> for OperationResult {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, links: Links::new() }
    }
}

/// The next action to carry out a command or to find out its outcome.
#[derive(Debug, Clone)]
pub enum Next {
    /// Send this request and parse its response.
    Send(HttpRequest),
    /// Query the gateway first for the address that accepts the command.
    QueryFirst,
    /// The outcome is known.
    Outcome(OperationResult),
    /// The gateway does not know the command; the links accept one, if it knows the authorisation.
    NotFound(Links),
    /// The gateway knows the command and has not decided yet.
    Pending,
    /// The command certainly had no effect; it may succeed later.
    NotSent(String),
    /// The command may or may not have had an effect.
    Ambiguous(String),
}

impl Next {
    /// Shorthand for an outcome without links.
    pub fn outcome(outcome: Outcome) -> Self {
        Self::Outcome(outcome.into())
    }
}

/// A reason for rejecting a webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The webhook does not come from the gateway.
    #[error("the signature is missing or wrong")]
    Signature,
    /// The body is not a valid event.
    #[error("the event is malformed: {0}")]
    Body(String),
    /// The gateway sends no webhooks.
    #[error("this gateway sends no webhooks")]
    Unsupported,
}

/// The protocol of one gateway. Implementations are pure.
pub trait Connector: Send + Sync + 'static {
    /// The gateway's name, as stored in operations and the ledger.
    fn name(&self) -> &str;

    /// The payment methods it offers, in order of preference.
    fn methods(&self) -> Vec<PaymentMethod>;

    /// Returns true if it accepts this currency.
    fn supports(&self, currency: Currency) -> bool;

    /// The time at which orders paid through it are captured.
    fn capture(&self) -> CaptureTiming;

    /// The time for which queries may not find a command that was received.
    fn index_delay(&self) -> SignedDuration;

    /// Builds the request for a command.
    fn command(&self, command: &Command) -> Next;

    /// Parses the response to a command.
    fn parse_response(&self, command: &Command, response: &HttpResponse) -> Next;

    /// Builds the first query about the outcome of a command.
    fn query(&self, command: &Command) -> Next;

    /// Parses the response to a query; the result may be a further query.
    fn parse_query_response(&self, command: &Command, response: &HttpResponse) -> Next;

    /// Builds the request that continues an authorisation when the customer returns, with or without `device_data`. Its
    /// response is parsed by [`Self::parse_response`].
    fn resume(&self, command: &Command, device_data: Option<&str>) -> Next;

    /// Verifies and parses a webhook.
    ///
    /// # Errors
    /// See [`WebhookError`].
    fn parse_webhook(&self, headers: &HeaderMap, body: &[u8]) -> Result<WebhookEvent, WebhookError>;
}
