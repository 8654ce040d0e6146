//! The notes of staff about an order.

use super::Order;
use contracts::dispatch::{StaffNote, TimelineData, TimelineKind};
use jiff::Timestamp;

/// The largest number of notes of an order.
pub const MAX_NOTES: usize = 100;

impl Order {
    /// Adds a note that only staff see. Returns false when the order has too many.
    pub fn add_note(&mut self, author: &str, text: &str, now: Timestamp) -> bool {
        let notes = self.timeline.iter().filter(|record| record.kind == TimelineKind::Note).count();
        if notes >= MAX_NOTES {
            return false;
        }
        let note = StaffNote { author: Some(author.to_owned()), reason: Some(text.to_owned()) };
        self.add_with_note(now, TimelineKind::Note, TimelineData::default(), Some(note));
        true
    }
}
