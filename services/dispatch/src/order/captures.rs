//! The amounts that are captured when shipments leave.
//!
//! Each capture covers the units that have left so far, and the first one the delivery. Units that were refunded before
//! they left are covered too: refunding them from the money of other units would leave the shop short of it if theirs is
//! never captured. Staff can request everything that is left at once, such as before an authorisation expires.

use super::refund_value::LineUnits;
use super::{Order, Step, Workflow};
use contracts::dispatch::{OrderShipment, ReturnLine, StaffNote, TimelineData, TimelineKind};
use contracts::payment::CaptureTiming;
use contracts::{Money, Sku};
use jiff::Timestamp;

impl Order {
    /// Returns true if staff can request the capture of everything that is left.
    pub fn can_capture(&self) -> bool {
        self.record.capture == CaptureTiming::Shipped
            && !self.captured
            && !self.capture_requested
            && !self.is_being_undone()
    }

    /// Requests the capture of everything that is left. It is made once the items are taken out of stock and their shipment is
    /// announced. Returns false if nothing is left to capture.
    pub fn request_capture(&mut self, author: &str, now: Timestamp) -> bool {
        if !self.can_capture() {
            return false;
        }
        self.capture_requested = true;
        let note = StaffNote { author: Some(author.to_owned()), reason: None };
        self.add_with_note(now, TimelineKind::CaptureRequested, TimelineData::default(), Some(note));
        self.capture_if_due(now);
        true
    }

    /// Returns true if money must be captured now because a shipment has left.
    pub(super) fn capture_is_due(&self) -> bool {
        let captured = self.record.totals.captured.amount;
        self.is_captured_later() && self.part_to_capture(&[]).is_none_or(|part| part > captured)
    }

    /// Returns the amount of the next capture; `None` for everything that is not captured yet.
    pub fn capture_amount(&self) -> Option<Money> {
        if self.record.capture == CaptureTiming::Now {
            return None;
        }
        let captured = self.record.totals.captured;
        // A repeated capture may find its amount in the totals already.
        self.part_to_capture(&[]).map(|part| captured.currency.minor((part - captured.amount).max(0)))
    }

    /// Counts a capture that moved `moved`; `of_rest` if it was to take everything that was left.
    pub(super) fn count_capture(&mut self, moved: Money, of_rest: bool) {
        self.captures += 1;
        let is_complete = self.record.totals.captured.amount >= self.record.cart.totals.total.amount;
        // A repeated key returns the earlier capture of a part. Only one that moves nothing tells that nothing is left.
        let nothing_left = of_rest && moved.is_zero();
        self.captured = self.record.capture == CaptureTiming::Now || nothing_left || is_complete;
    }

    /// Captures before other actions what a refund of units has made due.
    pub(super) fn capture_if_due(&mut self, now: Timestamp) {
        if self.workflow == Workflow::AwaitingDelivery && self.capture_is_due() {
            self.transition_to(Workflow::Running { step: Step::Capture }, now);
        }
    }

    /// Returns the amount, in minor units, that is captured before a refund of these units.
    pub(super) fn captured_before_refund(&self, lines: &[ReturnLine]) -> i64 {
        if !self.is_captured_later() {
            return 0;
        }
        let to_capture = self.part_to_capture(lines).unwrap_or(self.record.cart.totals.total.amount);
        (to_capture - self.record.totals.captured.amount).max(0)
    }

    /// Returns true while more is captured: as shipments leave, or because staff requested it.
    pub(super) fn is_captured_later(&self) -> bool {
        let has_cause = self.capture_requested || self.shipments_that_left().next().is_some();
        self.record.capture == CaptureTiming::Shipped && !self.captured && has_cause
    }

    fn shipments_that_left(&self) -> impl Iterator<Item = &OrderShipment> {
        self.shipments.iter().filter(|shipment| shipment.status.has_left())
    }

    /// Returns the number of units of a SKU that have left or were refunded, those of `refunded` among them.
    fn units_to_capture(&self, sku: &Sku, bought: u32, refunded: &[ReturnLine]) -> u32 {
        // The one shipment of an order of an earlier version has everything.
        if self.shipments_that_left().any(|shipment| shipment.lines.is_empty()) {
            return bought;
        }
        let left = self.shipments_that_left().flat_map(|shipment| &shipment.lines);
        let left: u32 = left.filter(|line| line.sku == *sku).map(|line| line.quantity.get()).sum();
        let more: u32 = refunded.iter().filter(|line| line.sku == *sku).map(|line| line.quantity.get()).sum();
        left.saturating_add(self.settled_units(sku, None)).saturating_add(more).min(bought)
    }

    /// Returns the total that is to be captured by now, in minor units; `None` for everything.
    fn part_to_capture(&self, refunded: &[ReturnLine]) -> Option<i64> {
        if self.capture_requested {
            return None;
        }
        let (mut part, mut is_everything) = (self.record.cart.shipping.total.amount, true);
        for (sku, bought) in self.units_bought() {
            let count = self.units_to_capture(sku, bought, refunded);
            is_everything &= count == bought;
            part += self.value_of_units(&LineUnits { sku, skipped: 0, count });
        }
        (!is_everything).then_some(part)
    }
}
