//! A model of the services that a workflow calls. It is too simple to be wrong: each call takes effect once per key.

use contracts::payment::PaymentTotals;
use contracts::shipping::{ShipmentLine, ShipmentStatus, ShipmentView};
use contracts::{OrderId, Quantity, ShipmentId};
use dispatch::order::{Action, Compensation, Completion, Failure, Order, ReturnStep, Step};
use std::collections::HashMap;
use testkit::samples::{self, usd};
use uuid::Uuid;

pub const TOTAL: i64 = 2500;
pub const UNITS: u32 = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StockState {
    #[default]
    Reserved,
    Committed,
    Released,
}

#[derive(Debug, Default)]
pub struct Model {
    pub captured: i64,
    pub refunded: i64,
    pub charged_back: i64,
    pub stock: StockState,
    /// The shipments of the order, the latest last.
    pub shipments: Vec<ShipmentView>,
    pub shipment_cancelled: bool,
    pub compensated: Vec<Compensation>,
    /// The number of units that were restocked, by key.
    pub restocked: HashMap<String, u32>,
    /// The amount of each capture, by key.
    captures: HashMap<String, i64>,
    /// The refunds, the latest last.
    refunds: Vec<ModelRefund>,
    voided: bool,
}

#[derive(Debug)]
struct ModelRefund {
    key: String,
    amount: i64,
    /// False once the refund has bounced.
    arrived: bool,
}

impl Model {
    pub fn totals(&self) -> PaymentTotals {
        PaymentTotals {
            authorised: usd(TOTAL),
            captured: usd(self.captured),
            refunded: usd(self.refunded),
            charged_back: usd(self.charged_back),
        }
    }

    pub fn left(&self) -> i64 {
        self.captured - self.refunded - self.charged_back
    }

    pub fn has_left(&self) -> bool {
        self.shipments.iter().any(|shipment| shipment.status.has_left())
    }

    pub fn is_delivered(&self) -> bool {
        !self.shipments.is_empty() && self.shipments.iter().all(|shipment| shipment.status == ShipmentStatus::Delivered)
    }

    /// Returns the number of units that have left.
    pub fn units_left(&self) -> u32 {
        let left = self.shipments.iter().filter(|shipment| shipment.status.has_left());
        left.flat_map(|shipment| &shipment.lines).map(|line| line.quantity.get()).sum()
    }

    pub fn carry_out(&mut self, order: &Order, action: &Action) -> Result<Completion, Failure> {
        let refused = |reason: &str| Err(Failure::Refused(reason.into()));
        let (key, manual_note) = (order.step_key(action), order.manual_note(action).is_some());
        Ok(match action {
            Action::Step(Step::CommitStock) if self.stock == StockState::Released => return refused("released"),
            Action::Step(Step::CommitStock) => {
                self.stock = StockState::Committed;
                Completion::StockCommitted
            }
            Action::Step(Step::Capture) if self.voided && !manual_note => return refused("no longer authorised"),
            Action::Step(Step::Capture) => {
                let rest = TOTAL - self.captured;
                let amount = order.capture_amount().map_or(rest, |amount| amount.amount);
                let moved = match self.captures.get(&key) {
                    Some(moved) => *moved,
                    None if amount > rest => return refused("more than was authorised"),
                    None => {
                        self.captured += amount;
                        self.captures.insert(key, amount);
                        amount
                    }
                };
                let (of_rest, receipt_number) = (order.capture_amount().is_none(), Some("R-1".into()));
                Completion::Captured { moved: usd(moved), of_rest, totals: self.totals(), receipt_number }
            }
            Action::Step(Step::CreateShipment) if self.shipment_cancelled => return refused("cancelled"),
            Action::Step(Step::CreateShipment) => {
                if self.shipments.is_empty() {
                    self.shipments.push(shipment(1, order.record.cart.lines[0].quantity.get()));
                }
                Completion::ShipmentCreated(self.shipments[0].clone())
            }
            Action::Compensate(Compensation::CancelShipment) if self.has_left() => Completion::ShipmentLeft,
            Action::Compensate(compensation) => {
                self.compensated.push(*compensation);
                self.compensate(*compensation, key)
            }
            Action::Refund(refund) => {
                let Some(amount) = self.refund(key, refund.amount.amount, manual_note) else {
                    return refused("too much");
                };
                Completion::Refunded { key: refund.key.clone(), amount: usd(amount), totals: self.totals() }
            }
            Action::Return { id, step } => {
                let found = order.returns.iter().find(|one| one.id == *id).expect("the return");
                match step {
                    ReturnStep::Refund => {
                        let amount = self.refund(key, found.refund.amount, manual_note);
                        let Some(amount) = amount else { return refused("too much") };
                        Completion::ReturnRefunded { id: *id, amount: usd(amount), totals: self.totals() }
                    }
                    ReturnStep::Restock => {
                        let units = found.accepted.iter().map(|line| line.quantity.get()).sum();
                        self.restocked.insert(key, units);
                        Completion::Restocked(*id)
                    }
                }
            }
        })
    }

    fn compensate(&mut self, compensation: Compensation, key: String) -> Completion {
        match compensation {
            Compensation::CancelShipment => {
                self.shipment_cancelled = true;
                for shipment in &mut self.shipments {
                    shipment.status = ShipmentStatus::Cancelled;
                }
                Completion::ShipmentCancelled
            }
            Compensation::UndoPayment => {
                self.voided = true;
                self.refund(key, self.left(), false);
                Completion::PaymentUndone(self.totals())
            }
            Compensation::ReleaseStock => {
                self.stock = StockState::Released;
                Completion::StockReleased
            }
        }
    }

    /// Returns the refunded amount, or `None` if it is more than is left. A manual refund is recorded up to what is left.
    fn refund(&mut self, key: String, amount: i64, manual_note: bool) -> Option<i64> {
        if let Some(known) = self.refunds.iter().find(|known| known.key == key) {
            return Some(known.amount);
        }
        let amount = if manual_note { amount.min(self.left().max(0)) } else { amount };
        if amount > self.left().max(0) {
            return None;
        }
        self.refunded += amount;
        if amount > 0 {
            self.refunds.push(ModelRefund { key, amount, arrived: true });
        }
        Some(amount)
    }

    /// Completes a step that moves no money manually, whatever kept the services from it.
    pub fn complete_manually(&mut self, order: &Order, action: &Action) {
        if *action == Action::Compensate(Compensation::CancelShipment) {
            self.shipments.clear();
        }
        // A refusal is what staff work around here.
        let _ = self.carry_out(order, action);
    }

    /// Lets the latest refund bounce. Returns false if there is none.
    pub fn bounce_refund(&mut self) -> bool {
        // The response under its key stays the same.
        let Some(last) = self.refunds.last_mut().filter(|last| last.arrived) else { return false };
        last.arrived = false;
        self.refunded -= last.amount;
        true
    }

    /// Lets the capture fail after its success was reported. Returns false if nothing can be lost.
    pub fn lose_capture(&mut self) -> bool {
        let lost = self.captured > 0 && self.refunded == 0 && self.charged_back == 0 && !self.voided;
        if lost {
            self.captured = 0;
            self.captures.clear();
        }
        lost
    }

    /// Moves a shipment forward. Returns false if it cannot.
    pub fn move_to(&mut self, index: usize, status: ShipmentStatus) -> bool {
        let shipment = self.shipments.get_mut(index).filter(|_| !self.shipment_cancelled);
        let Some(shipment) = shipment.filter(|shipment| shipment.status < status) else { return false };
        shipment.status = status;
        true
    }

    /// Ships some units of a shipment that has not left apart. Returns false if that is not possible.
    pub fn split(&mut self, index: usize, units: u32) -> bool {
        let number = self.shipments.len() as u128 + 1;
        let Some(from) = self.shipments.get_mut(index).filter(|_| !self.shipment_cancelled) else { return false };
        let has = from.lines[0].quantity.get();
        if from.status.has_left() || units >= has {
            return false;
        }
        (from.lines, from.status, from.version) = (lines(has - units), ShipmentStatus::Announced, from.version + 1);
        self.shipments.push(shipment(number, units));
        true
    }
}

fn lines(units: u32) -> Vec<ShipmentLine> {
    vec![ShipmentLine { sku: samples::SKU.parse().unwrap(), quantity: Quantity::new(units).unwrap() }]
}

fn shipment(number: u128, units: u32) -> ShipmentView {
    ShipmentView {
        id: ShipmentId(Uuid::from_u128(number)),
        order_id: OrderId(Uuid::nil()),
        number: format!("SS{number}"),
        carrier: "Test".into(),
        status: ShipmentStatus::Announced,
        lines: lines(units),
        tracking: None,
        version: 0,
    }
}
