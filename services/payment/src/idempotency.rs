//! States of requests with an idempotency key. Their work takes several steps, so it can be interrupted and resumed.

use contracts::PaymentId;
use jiff::SignedDuration;

/// The time a request is worked on before a retry may take it over.
pub const LEASE: SignedDuration = SignedDuration::from_secs(45);

/// The recorded state of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// The key has not been used.
    Fresh,
    /// The request was answered with this response.
    Completed { status: u16, body: Vec<u8> },
    /// The key was used with a different body.
    BodyMismatch,
    /// Another handler is working on the request.
    InFlight,
    /// The work was interrupted, and the caller has taken it over.
    Resumed(PaymentId),
}
