//! The stored history of an order. Sentences are rendered from it by the message catalogue when it is read.

use super::Order;
use contracts::Money;
use contracts::dispatch::{OrderStatus, StaffNote, TimelineData, TimelineKind, TimelineSubject};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An entry of the timeline as it is stored.
// Earlier versions stored an English sentence as `text`. It is ignored: kind and data say the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineRecord {
    /// The position within the timeline, counted from 1.
    pub number: u32,
    /// The time of the event.
    pub at: Timestamp,
    /// The kind of event.
    pub kind: TimelineKind,
    /// The details of the event. Entries of earlier versions have none.
    #[serde(default)]
    pub data: TimelineData,
    /// The order's status after the event.
    pub status: OrderStatus,
    /// The author of a manual step and the reason; only staff see it.
    #[serde(default, alias = "remark", skip_serializing_if = "Option::is_none")]
    pub staff_note: Option<StaffNote>,
}

impl Order {
    /// Adds an entry that customers and staff see alike.
    pub(super) fn add_to_timeline(&mut self, at: Timestamp, kind: TimelineKind, data: TimelineData) {
        self.add_with_note(at, kind, data, None);
    }

    /// Adds an entry with a note that only staff see.
    pub(super) fn add_with_note(
        &mut self,
        at: Timestamp,
        kind: TimelineKind,
        data: TimelineData,
        staff_note: Option<StaffNote>,
    ) {
        let number = u32::try_from(self.timeline.len()).unwrap_or(u32::MAX) + 1;
        let status = self.status();
        self.timeline.push(TimelineRecord { number, at, kind, data, status, staff_note });
    }
}

/// Returns the data of an entry about an amount.
pub(super) fn amount(amount: Money) -> TimelineData {
    TimelineData { amount: Some(amount), ..TimelineData::default() }
}

/// Returns the data of an entry about a part of the order that needs attention.
pub(super) fn subject(subject: TimelineSubject) -> TimelineData {
    TimelineData { subject: Some(subject), ..TimelineData::default() }
}

/// Returns the note of an entry that has a reason and no author.
pub(super) fn reason(reason: impl Into<String>) -> Option<StaffNote> {
    Some(StaffNote { author: None, reason: Some(reason.into()) })
}
