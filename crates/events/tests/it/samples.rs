//! Sample events, and a topology of consumers for them.

use contracts::EventId;
use contracts::events::{Consumer, OrderDelivered, OrderPlaced};
use events::Event;
use jiff::{SignedDuration, Timestamp};

/// Two queues: both receive `order.placed`, and one of them also receives `order.delivered`.
pub const TOPOLOGY: &[Consumer] = &[
    Consumer { queue: "both", types: &["order.placed", "order.delivered"] },
    Consumer { queue: "placed", types: &["order.placed"] },
];

pub fn moment(days: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap().saturating_add(SignedDuration::from_hours(24 * days)).unwrap()
}

fn event(kind: &str, days: i64, number: u64) -> Event {
    let millis = u64::try_from(moment(days).as_millisecond()).unwrap();
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Event {
        specversion: "1.0".into(),
        id: EventId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()),
        source: "/test".into(),
        kind: kind.into(),
        time: moment(days),
        datacontenttype: "application/json".into(),
        traceparent: None,
        tracestate: None,
        data: serde_json::json!({"number": number}),
    }
}

/// Returns the `order.placed` event number `number`, from day 0.
pub fn placed(number: u64) -> Event {
    event(<OrderPlaced as contracts::events::EventData>::TYPE, 0, number)
}

/// Returns the `order.placed` event number `number`, from day `days`.
pub fn placed_after(days: i64, number: u64) -> Event {
    event("order.placed", days, number)
}

/// Returns the `order.delivered` event number `number`, from day 0.
pub fn delivered(number: u64) -> Event {
    event(<OrderDelivered as contracts::events::EventData>::TYPE, 0, number)
}
