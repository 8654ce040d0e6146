//! The envelope: CloudEvents 1.0 in JSON, <https://github.com/cloudevents/spec>.

use chassis::{SystemContext, context};
use contracts::EventId;
use contracts::events::EventData;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Version of the specification, `1.0`.
    pub specversion: String,
    /// The event's own id: what takes effect once.
    pub id: EventId,
    /// The service it happened in.
    pub source: String,
    /// What happened; the routing key.
    #[serde(rename = "type")]
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// Media type of the data.
    pub datacontenttype: String,
    /// The trace it belongs to, as the Distributed Tracing extension has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// What is told about it.
    pub data: Value,
}

impl Event {
    /// An event of now, within the current trace.
    ///
    /// # Errors
    /// When the data cannot be written as JSON.
    pub fn new<T: EventData>(system: &SystemContext, service: &str, data: &T) -> Result<Self, serde_json::Error> {
        Ok(Self {
            specversion: "1.0".into(),
            id: EventId(system.id()),
            source: format!("/shopstack/{service}"),
            kind: T::TYPE.into(),
            time: system.now(),
            datacontenttype: "application/json".into(),
            traceparent: context::current().map(|context| context.traceparent()),
            data: serde_json::to_value(data)?,
        })
    }

    /// The data, when the event is of the type `T`.
    ///
    /// # Errors
    /// When the data does not have the form of its type.
    pub fn data<T: EventData>(&self) -> Result<Option<T>, serde_json::Error> {
        if self.kind == T::TYPE { serde_json::from_value(self.data.clone()).map(Some) } else { Ok(None) }
    }
}

/// The smallest id, as text, that an event of `moment` can have: ids are UUIDv7, ordered by time.
pub(crate) fn first_id_of(moment: Timestamp) -> String {
    let millis = u64::try_from(moment.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid().to_string()
}
