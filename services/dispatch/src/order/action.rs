//! What a workflow does, and what can come of it.

use super::{Order, Refund, ReturnStep, Step, Undo};
use crate::mail::Letter;
use contracts::Money;
use contracts::events::OrderDelivered;
use contracts::payment::PaymentTotals;
use contracts::shipping::ShipmentView;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A step forward.
    Forward(Step),
    /// A step back.
    Back(Undo),
    /// A refund.
    Refund(Refund),
    /// A step of a return.
    Return {
        /// The return.
        id: u32,
        /// The step.
        step: ReturnStep,
    },
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// The goods are taken.
    StockCommitted,
    /// The money is taken.
    Captured {
        /// What the payment stands at.
        totals: PaymentTotals,
        /// The number of the receipt for it.
        receipt_number: Option<String>,
    },
    /// The parcel is announced.
    ShipmentCreated(ShipmentView),
    /// The parcel is stopped.
    ShipmentCancelled,
    /// The parcel has left and cannot be stopped.
    ShipmentLeft,
    /// The money is let go or given back.
    PaymentUndone(PaymentTotals),
    /// The goods are put back.
    StockReleased,
    /// The refund is made.
    Refunded {
        /// Its key.
        key: String,
        /// How much was given back.
        moved: Money,
        /// What the payment stands at.
        totals: PaymentTotals,
    },
    /// The money for a return is given back.
    ReturnRefunded {
        /// The return.
        id: u32,
        /// How much was given back.
        moved: Money,
        /// What the payment stands at.
        totals: PaymentTotals,
    },
    /// What was returned is in stock again.
    Restocked(u32),
}

/// Why an action did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later.
    Later(String),
    /// It waits for something that takes as long as it takes: goods, an answer of the gateway.
    Waiting(String),
    /// It never will.
    Never(String),
    /// Whether and how it goes on is for a person to say.
    Person(String),
    /// It may have been done: how it ended is for a person to say.
    Open(String),
}

impl Failure {
    /// Whether it may have been done all the same: what was refused was not.
    pub(super) const fn may_be_done(&self) -> bool {
        !matches!(self, Self::Never(_) | Self::Person(_))
    }
}

/// What has to happen together with a change of state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// Letters to the customer.
    pub letters: Vec<Letter>,
    /// The order has reached its customer: tell everybody.
    pub delivered: Option<OrderDelivered>,
}

impl Effects {
    pub(super) fn join(&mut self, more: Self) {
        self.letters.extend(more.letters);
        self.delivered = more.delivered.or(self.delivered.take());
    }
}

impl From<Letter> for Effects {
    fn from(letter: Letter) -> Self {
        Self { letters: vec![letter], delivered: None }
    }
}

impl Order {
    /// Who has done an action another way, and why; it is recorded then, and not done.
    pub fn manual_note<'a>(&'a self, action: &'a Action) -> Option<&'a str> {
        match action {
            Action::Forward(_) | Action::Back(_) => self.manual_note.as_deref(),
            Action::Refund(refund) => refund.manual_note.as_deref(),
            Action::Return { id, .. } => self.returns.iter().find(|one| one.id == *id)?.manual_note.as_deref(),
        }
    }

    /// The key of an action at the service that carries it out: asked for twice under one key, it is done once. What was
    /// refused is asked for anew when a person lets it go on, so those keys differ.
    pub fn step_key(&self, action: &Action) -> String {
        let again = |step: &str, times: u32| if times == 0 { step.to_owned() } else { format!("{step}:{times}") };
        let step = match action {
            Action::Forward(Step::CommitStock) | Action::Back(Undo::ReleaseStock) => "stock".to_owned(),
            Action::Forward(Step::Capture) => again("capture", self.resumed),
            Action::Forward(Step::CreateShipment) | Action::Back(Undo::CancelShipment) => "shipment".to_owned(),
            Action::Back(Undo::UndoPayment) => again("undo", self.resumed),
            Action::Refund(refund) => format!("refund:{}", refund.key),
            Action::Return { id, step: ReturnStep::Refund } => {
                let resumed = self.returns.iter().find(|one| one.id == *id).map_or(0, |one| one.resumed);
                again(&format!("return:{id}"), resumed)
            }
            Action::Return { id, step: ReturnStep::Restock } => format!("restock:{id}"),
        };
        format!("{}:{step}", self.id())
    }
}
