//! A model of the services that a workflow commands, too simple to be wrong: each does what it is asked once per key.

use contracts::payment::PaymentTotals;
use contracts::shipping::{ShipmentStatus, ShipmentView};
use contracts::{OrderId, ShipmentId};
use dispatch::order::{Action, Done, Failure, Order, ReturnStep, Step, Undo};
use std::collections::HashMap;
use testkit::samples::usd;
use uuid::Uuid;

pub const PARCEL: ShipmentId = ShipmentId(Uuid::from_u128(7));
pub const TOTAL: i64 = 2500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Goods {
    #[default]
    Held,
    Taken,
    Back,
}

#[derive(Debug, Default)]
pub struct World {
    pub captured: i64,
    pub refunded: i64,
    pub charged_back: i64,
    pub goods: Goods,
    pub parcel: Option<ShipmentStatus>,
    pub parcel_stopped: bool,
    pub undone: Vec<Undo>,
    /// What came back into stock, by key.
    pub restocked: HashMap<String, u32>,
    /// What was given back, the latest last.
    refunds: Vec<Given>,
    voided: bool,
}

#[derive(Debug)]
struct Given {
    key: String,
    amount: i64,
    /// It has reached the customer, as far as anybody knows.
    stands: bool,
}

impl World {
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
        !matches!(self.parcel, None | Some(ShipmentStatus::Announced | ShipmentStatus::Cancelled))
    }

    pub fn carry_out(&mut self, order: &Order, action: &Action) -> Result<Done, Failure> {
        let never = |told: &str| Err(Failure::Never(told.into()));
        let (key, manual_note) = (order.step_key(action), order.manual_note(action).is_some());
        Ok(match action {
            Action::Forward(Step::CommitStock) if self.goods == Goods::Back => return never("released"),
            Action::Forward(Step::CommitStock) => {
                self.goods = Goods::Taken;
                Done::StockCommitted
            }
            Action::Forward(Step::Capture) if self.voided && !manual_note => return never("no longer authorised"),
            Action::Forward(Step::Capture) => {
                self.captured = TOTAL;
                Done::Captured { totals: self.totals(), receipt_number: Some("R-1".into()) }
            }
            Action::Forward(Step::CreateShipment) if self.parcel_stopped => return never("cancelled"),
            Action::Forward(Step::CreateShipment) => Done::ShipmentCreated(ShipmentView {
                id: PARCEL,
                order_id: OrderId(Uuid::nil()),
                number: "SS1".into(),
                carrier: "Test".into(),
                status: *self.parcel.get_or_insert(ShipmentStatus::Announced),
            }),
            Action::Back(Undo::CancelShipment) if self.has_left() => Done::ShipmentLeft,
            Action::Back(undo) => {
                self.undone.push(*undo);
                self.undo(*undo, key)
            }
            Action::Refund(refund) => {
                let Some(moved) = self.refund(key, refund.amount.amount, manual_note) else { return never("too much") };
                Done::Refunded { key: refund.key.clone(), moved: usd(moved), totals: self.totals() }
            }
            Action::Return { id, step } => {
                let found = order.returns.iter().find(|one| one.id == *id).expect("the return");
                match step {
                    ReturnStep::Refund => {
                        let moved = self.refund(key, found.refund.amount, manual_note);
                        let Some(moved) = moved else { return never("too much") };
                        Done::ReturnRefunded { id: *id, moved: usd(moved), totals: self.totals() }
                    }
                    ReturnStep::Restock => {
                        let pieces = found.accepted.iter().map(|line| line.quantity.get()).sum();
                        self.restocked.insert(key, pieces);
                        Done::Restocked(*id)
                    }
                }
            }
        })
    }

    fn undo(&mut self, undo: Undo, key: String) -> Done {
        match undo {
            Undo::CancelShipment => {
                self.parcel_stopped = true;
                self.parcel = self.parcel.map(|_| ShipmentStatus::Cancelled);
                Done::ShipmentCancelled
            }
            Undo::UndoPayment => {
                self.voided = true;
                self.refund(key, self.left(), false);
                Done::PaymentUndone(self.totals())
            }
            Undo::ReleaseStock => {
                self.goods = Goods::Back;
                Done::StockReleased
            }
        }
    }

    /// How much is given back; nothing more than is left. A person records no more than that.
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
            self.refunds.push(Given { key, amount, stands: true });
        }
        Some(amount)
    }

    /// A person does a step that moves no money by hand, whatever kept the services from it.
    pub fn manual_note(&mut self, order: &Order, action: &Action) {
        if *action == Action::Back(Undo::CancelShipment) {
            self.parcel = None;
        }
        let _ = self.carry_out(order, action);
    }

    /// The latest refund does not reach the customer. Says whether there was one.
    pub fn refund_fails(&mut self) -> bool {
        // What is asked for under its key stays answered as it was.
        let Some(last) = self.refunds.last_mut().filter(|last| last.stands) else { return false };
        last.stands = false;
        self.refunded -= last.amount;
        true
    }

    /// Taking the money comes to nothing. Says whether it was there to be lost.
    pub fn capture_fails(&mut self) -> bool {
        let lost = self.captured > 0 && self.refunded == 0 && self.charged_back == 0 && !self.voided;
        if lost {
            self.captured = 0;
        }
        lost
    }

    /// The parcel goes on, if it is under way. Says whether it did.
    pub fn moves(&mut self, status: ShipmentStatus) -> bool {
        let rank = |status| match status {
            ShipmentStatus::Announced => 0,
            ShipmentStatus::InTransit => 1,
            ShipmentStatus::OutForDelivery => 2,
            ShipmentStatus::Delivered => 3,
            ShipmentStatus::Cancelled => 4,
        };
        let goes = !self.parcel_stopped && self.parcel.is_some_and(|parcel| rank(parcel) < rank(status));
        if goes {
            self.parcel = Some(status);
        }
        goes
    }
}
