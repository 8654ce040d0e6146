//! How payments and idempotency records stand in rows, whichever database holds them.

use super::IdempotentRequest;
use crate::idempotency::{KeyState, LEASE};
use crate::ledger::LedgerAccount;
use crate::payment::{Effects, Payment, State};
use chassis::StoreError;
use chassis::mysql::micros;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A payment of its document.
pub fn payment_of(document: &str) -> Result<Payment, StoreError> {
    Ok(serde_json::from_str(document)?)
}

/// The cart that has room for no other payment because of this one.
pub fn live_cart(payment: &Payment) -> Option<String> {
    (payment.state != State::Closed).then(|| payment.cart.cart_id.to_string())
}

/// The name of a state.
pub fn state_name(state: State) -> String {
    format!("{state:?}").to_lowercase()
}

/// The name of an account.
pub fn account_name(account: LedgerAccount) -> String {
    format!("{account:?}").to_lowercase()
}

/// A receipt's number, as people see it.
pub fn receipt_name(number: i64) -> String {
    format!("R-{number:06}")
}

/// Until when a request belongs to whoever takes it now.
pub fn lease_end(now: Timestamp) -> i64 {
    micros(now.saturating_add(LEASE).unwrap_or(now))
}

/// The beginning of a day (UTC), in microseconds.
pub fn start_of(day: Date) -> Result<i64, StoreError> {
    let start = day.to_zoned(TimeZone::UTC).map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(micros(start.timestamp()))
}

/// The day (UTC) of this number since 1970.
pub fn day_of(number: i64) -> Result<Date, StoreError> {
    let start = Timestamp::from_second(number * 86_400).map_err(|error| StoreError::Fault(error.to_string()))?;
    Ok(start.to_zoned(TimeZone::UTC).date())
}

/// How many rows a statement may give.
pub fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Whether a change puts events into the outbox.
pub const fn tells(effects: &Effects) -> bool {
    effects.placed.is_some() || effects.awaited.is_some() || !effects.settled.is_empty() || !effects.changed.is_empty()
}

/// An idempotency record.
pub struct KeyRecord {
    /// The digest of the body it was sent with.
    pub body_digest: String,
    /// The status of its answer, once there is one.
    pub status: Option<u16>,
    /// The body of its answer.
    pub body: Option<Vec<u8>>,
    /// Until when somebody works on it.
    pub lease_until: i64,
}

impl KeyRecord {
    /// What the record says of a request; nothing when its work was interrupted, so that it can be taken over.
    pub fn state(self, key: &IdempotentRequest, now: Timestamp) -> Option<KeyState> {
        if self.body_digest != key.body_digest {
            return Some(KeyState::OtherBody);
        }
        if let Some(status) = self.status {
            return Some(KeyState::Answered { status, body: self.body.unwrap_or_default() });
        }
        (self.lease_until > micros(now)).then_some(KeyState::InFlight)
    }
}
