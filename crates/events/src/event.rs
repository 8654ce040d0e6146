//! The event format: CloudEvents 1.0 in JSON, see <https://github.com/cloudevents/spec>.

use chassis::SystemContext;
use chassis::context::{self, Context, TraceOrigin};
use contracts::EventId;
use contracts::events::EventData;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event in the form of CloudEvents 1.0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The version of the specification, always `1.0`.
    pub specversion: String,
    /// The unique id of the event, by which consumers recognise duplicates.
    pub id: EventId,
    /// The service that published the event.
    pub source: String,
    /// The type of the event, which is also the routing key.
    #[serde(rename = "type")]
    pub kind: String,
    /// The time of the event.
    pub time: Timestamp,
    /// The media type of the data.
    pub datacontenttype: String,
    /// The W3C trace context, as in the Distributed Tracing extension of CloudEvents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// The additions of other tracing systems to the trace, as in the same extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracestate: Option<String>,
    /// The data of the event, whose structure depends on the type.
    pub data: Value,
}

impl Event {
    /// Creates an event with a new id, the current time and the current trace.
    ///
    /// # Errors
    /// When the data cannot be written as JSON.
    pub fn new<T: EventData>(system: &SystemContext, service: &str, data: &T) -> Result<Self, serde_json::Error> {
        let (traceparent, tracestate) = match context::with_current(Context::origin).flatten() {
            Some(TraceOrigin { traceparent, tracestate }) => (Some(traceparent), tracestate),
            None => (None, None),
        };
        Ok(Self {
            specversion: "1.0".into(),
            id: EventId(system.id()),
            source: format!("/shopstack/{service}"),
            kind: T::TYPE.into(),
            time: system.now(),
            datacontenttype: "application/json".into(),
            traceparent,
            tracestate,
            data: serde_json::to_value(data)?,
        })
    }

    /// Returns the trace and span that caused the event.
    pub fn origin(&self) -> Option<TraceOrigin> {
        let tracestate = self.tracestate.clone();
        self.traceparent.clone().map(|traceparent| TraceOrigin { traceparent, tracestate })
    }

    /// Returns the data if the event is of type `T`.
    ///
    /// # Errors
    /// When the data does not have the structure of its type.
    pub fn data<T: EventData>(&self) -> Result<Option<T>, serde_json::Error> {
        if self.kind == T::TYPE { serde_json::from_value(self.data.clone()).map(Some) } else { Ok(None) }
    }
}

/// Returns the smallest id, as text, of events from `moment` on. Ids are UUIDv7 and therefore ordered by time.
pub(crate) fn first_id_of(moment: Timestamp) -> String {
    // A UUIDv7 begins with its millisecond, so ids can be compared with a point in time.
    let millis = u64::try_from(moment.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid().to_string()
}
