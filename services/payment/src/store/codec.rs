//! Conversions between domain values and rows, shared by all databases.

use super::IdempotentRequest;
use crate::idempotency::{KeyState, LEASE};
use crate::operation::{GATEWAY_UNREACHABLE, MANUAL};
use crate::payment::{Effects, Outcome, Payment, State};
use chassis::StoreError;
use chassis::mysql::micros;
use contracts::payment::Refusal;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The values that earlier versions stored for [`MANUAL`] and [`GATEWAY_UNREACHABLE`].
const LEGACY_MANUAL: &str = "by-hand";
const LEGACY_GATEWAY_UNREACHABLE: &str = "gateway-away";

/// Decodes a payment from its document, including documents written by earlier versions.
pub fn payment_from_document(document: &str) -> Result<Payment, StoreError> {
    let mut payment: Payment = serde_json::from_str(document)?;
    upgrade_names(&mut payment);
    Ok(payment)
}

/// Replaces legacy gateway names and refusal codes. Documents are upgraded when they are read rather than by an SQL
/// migration, since the same words may also appear in texts that customers and staff entered.
fn upgrade_names(payment: &mut Payment) {
    for operation in &mut payment.operations {
        if operation.gateway == LEGACY_MANUAL {
            MANUAL.clone_into(&mut operation.gateway);
        }
        if let Some(refusal) = &mut operation.refusal {
            upgrade_code(refusal);
        }
    }
    for fact in &mut payment.facts {
        // Facts are compared when new ones arrive, so they need the current names as well.
        if let Outcome::Refused { refusal } | Outcome::Failed { refusal } = &mut fact.outcome {
            upgrade_code(refusal);
        }
    }
}

fn upgrade_code(refusal: &mut Refusal) {
    match refusal.code.as_str() {
        LEGACY_MANUAL => MANUAL.clone_into(&mut refusal.code),
        LEGACY_GATEWAY_UNREACHABLE => GATEWAY_UNREACHABLE.clone_into(&mut refusal.code),
        _ => {}
    }
}

/// The cart that this payment blocks for other payments; `None` once it is closed.
pub fn live_cart(payment: &Payment) -> Option<String> {
    // Placed payments count too, so that a paid cart cannot be paid again.
    (payment.state != State::Closed).then(|| payment.cart.cart_id.to_string())
}

/// Formats a receipt number.
pub fn receipt_name(number: i64) -> String {
    format!("R-{number:06}")
}

/// The end of a lease that begins now.
pub fn lease_end(now: Timestamp) -> i64 {
    micros(now.saturating_add(LEASE).unwrap_or(now))
}

/// The beginning of a day (UTC), in microseconds since 1970.
pub fn day_start(day: Date) -> Result<i64, StoreError> {
    let start = day.to_zoned(TimeZone::UTC).map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(micros(start.timestamp()))
}

/// The day (UTC) with this number, counted from 1970.
pub fn day_from_number(number: i64) -> Result<Date, StoreError> {
    let start = Timestamp::from_second(number * 86_400).map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(start.to_zoned(TimeZone::UTC).date())
}

/// Converts a row limit for use in SQL.
pub fn row_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Returns true if the effects put events into the outbox.
pub const fn has_events(effects: &Effects) -> bool {
    effects.placed.is_some()
        || effects.transfer_awaited.is_some()
        || !effects.settled.is_empty()
        || !effects.issues.is_empty()
}

/// An idempotency record as stored.
pub struct KeyRecord {
    /// The digest of the request's body.
    pub body_digest: String,
    /// The status of the response, once there is one.
    pub status: Option<u16>,
    pub body: Option<Vec<u8>>,
    pub lease_until: i64,
}

impl KeyRecord {
    /// The state of a request; `None` when its work was interrupted and can be taken over.
    pub fn state(self, key: &IdempotentRequest, now: Timestamp) -> Option<KeyState> {
        // Checked first: a mismatch must be reported even while the original request is in flight.
        if self.body_digest != key.body_digest {
            return Some(KeyState::BodyMismatch);
        }
        if let Some(status) = self.status {
            return Some(KeyState::Completed { status, body: self.body.unwrap_or_default() });
        }
        (self.lease_until > micros(now)).then_some(KeyState::InFlight)
    }
}
