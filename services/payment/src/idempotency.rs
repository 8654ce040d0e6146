//! What payment knows of requests with an idempotency key: their work takes several steps, so it can be interrupted and
//! taken up again.

use contracts::PaymentId;
use jiff::SignedDuration;

/// How long a request is worked on before a retry may take it over.
pub const LEASE: SignedDuration = SignedDuration::from_secs(45);

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// Nothing: it is new.
    Fresh,
    /// Its answer.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// It was sent with another body.
    OtherBody,
    /// It is being worked on.
    InFlight,
    /// Its work was interrupted, and the caller has taken it over.
    Resumed(PaymentId),
}
