//! Messages that a broker does not deliver any more, described like the dead letters of an inbox.

use crate::{Event, Failure};
use chassis::secret::sha256;
use contracts::EventId;
use jiff::Timestamp;
use serde_json::Value;

/// A message as the broker stores it.
pub(super) struct DeadMessage<'a> {
    pub(super) body: &'a [u8],
    /// The type of the event as far as the broker knows it.
    pub(super) kind: &'a str,
    /// The time at which the broker gave it up.
    pub(super) received_at: Timestamp,
    pub(super) reason: String,
}

impl DeadMessage<'_> {
    /// Returns the event of the message. One that cannot be decoded becomes an event whose data is the text of the message;
    /// its id is made of the text, so that it stays the same.
    pub(super) fn into_failure(self) -> Failure {
        let event = serde_json::from_slice(self.body).unwrap_or_else(|_| Event {
            specversion: "1.0".into(),
            id: id_of(self.body),
            source: "/unknown".into(),
            kind: self.kind.into(),
            time: self.received_at,
            datacontenttype: "text/plain".into(),
            traceparent: None,
            tracestate: None,
            data: Value::String(String::from_utf8_lossy(self.body).into_owned()),
        });
        // Brokers do not tell how often they delivered a message before they gave it up.
        Failure { event, tries: 1, reason: self.reason, received_at: self.received_at }
    }
}

fn id_of(body: &[u8]) -> EventId {
    let digest = sha256(body);
    // Version 8 of UUIDs is for contents of one's own (RFC 9562, section 5.8).
    let first = digest.first_chunk().copied().unwrap_or_default();
    EventId(uuid::Builder::from_custom_bytes(first).into_uuid())
}
