//! Idempotency keys: the same request, sent again, gets the same answer and does nothing twice.

use chassis::Problem;
use contracts::PaymentId;
use jiff::SignedDuration;

/// How long a request is worked on before a retry may take it over.
pub const LEASE: SignedDuration = SignedDuration::from_secs(45);
const LONGEST: usize = 128;

/// Which request: who sent it, for what, under which key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyScope {
    /// The session's subject.
    pub owner: String,
    /// The operation.
    pub operation: &'static str,
    /// The key the client chose.
    pub key: String,
}

impl KeyScope {
    /// The scope of a request with the header `Idempotency-Key`.
    ///
    /// # Errors
    /// 422 when the header is missing, too long or not printable.
    pub fn of(owner: String, operation: &'static str, header: Option<&str>) -> Result<Self, Problem> {
        let key = header
            .map(str::trim)
            .filter(|key| !key.is_empty() && key.len() <= LONGEST && key.bytes().all(|byte| byte.is_ascii_graphic()));
        let key = key.ok_or_else(|| {
            let told = "is needed: 1 to 128 printable characters, a new one for each purchase, the same for a retry";
            Problem::invalid("Idempotency-Key", told)
        })?;
        Ok(Self { owner, operation, key: key.to_owned() })
    }

    /// Its name among the requests about one payment.
    pub fn name(&self) -> String {
        format!("{}:{}", self.operation, self.key)
    }
}

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
