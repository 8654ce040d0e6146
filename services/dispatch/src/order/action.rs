//! The actions of a workflow and their results.

use super::{Compensation, Order, Refund, ReturnStep, Step};
use crate::mail::{EmailTemplate, MerchantNotification};
use chassis::context::ErrorType;
use contracts::Money;
use contracts::events::OrderDelivered;
use contracts::payment::PaymentTotals;
use contracts::shipping::ShipmentView;

/// A call that the worker makes on behalf of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Carries out a forward step.
    Step(Step),
    /// Carries out a compensation.
    Compensate(Compensation),
    /// Makes a refund that staff requested.
    Refund(Refund),
    /// Carries out a step of a return.
    Return {
        /// The number of the return within the order.
        id: u32,
        /// The step to be carried out.
        step: ReturnStep,
    },
}

/// The result of an action that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// The reserved items were withdrawn from stock.
    StockCommitted,
    /// The authorised amount was captured, or a part of it.
    Captured {
        /// The amount that this step has captured.
        moved: Money,
        /// True if everything that was left was to be captured.
        of_rest: bool,
        /// The totals of the payment after the capture.
        totals: PaymentTotals,
        /// The number of the receipt.
        receipt_number: Option<String>,
    },
    /// The shipment was announced to the carrier.
    ShipmentCreated(ShipmentView),
    /// The shipment was cancelled before it left.
    ShipmentCancelled,
    /// The shipment had left and could not be cancelled.
    ShipmentLeft,
    /// The authorisation was voided, or the captured amount refunded.
    PaymentUndone(PaymentTotals),
    /// The items were returned to stock.
    StockReleased,
    /// A refund was made.
    Refunded {
        /// The key of the refund.
        key: String,
        amount: Money,
        /// The totals of the payment after the refund.
        totals: PaymentTotals,
    },
    /// A return was refunded.
    ReturnRefunded {
        /// The number of the return within the order.
        id: u32,
        amount: Money,
        /// The totals of the payment after the refund.
        totals: PaymentTotals,
    },
    /// The items of the return with this number were put back into stock.
    Restocked(u32),
}

/// The reason why an action was not completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A retry may succeed, such as after an outage.
    Transient(String),
    /// The action waits for stock or for a response of the gateway, which is not a failed attempt.
    Waiting(String),
    /// The action was refused for good and had no effect.
    Refused(String),
    /// The action had no effect, and staff decide if and how the order continues.
    NeedsDecision(String),
    /// The action may have taken effect, and staff must find out.
    OutcomeUnknown(String),
}

impl ErrorType for Failure {
    fn error_type(&self) -> &'static str {
        match self {
            Self::Transient(_) | Self::Waiting(_) => "unavailable",
            Self::Refused(_) | Self::NeedsDecision(_) => "refused",
            Self::OutcomeUnknown(_) => "timeout",
        }
    }
}

impl Failure {
    /// Returns the reason, for staff and logs.
    pub fn reason(&self) -> &str {
        let (Self::Transient(reason)
        | Self::Waiting(reason)
        | Self::Refused(reason)
        | Self::NeedsDecision(reason)
        | Self::OutcomeUnknown(reason)) = self;
        reason
    }

    /// Returns true unless the action certainly had no effect.
    pub(super) const fn may_have_taken_effect(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::NeedsDecision(_))
    }
}

/// The effects that are committed together with a change of an order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Effects {
    /// The emails to the customer.
    pub emails: Vec<EmailTemplate>,
    /// The occasions to tell the merchant, on every channel.
    pub merchant_notifications: Vec<MerchantNotification>,
    /// The event to publish when the order was delivered.
    pub delivered: Option<OrderDelivered>,
}

impl Effects {
    /// Adds the effects of another change of the order.
    pub fn merge(&mut self, more: Self) {
        self.emails.extend(more.emails);
        self.merchant_notifications.extend(more.merchant_notifications);
        self.delivered = more.delivered.or(self.delivered.take());
    }
}

impl From<EmailTemplate> for Effects {
    fn from(email: EmailTemplate) -> Self {
        Self { emails: vec![email], ..Self::default() }
    }
}

impl From<MerchantNotification> for Effects {
    fn from(notification: MerchantNotification) -> Self {
        Self { merchant_notifications: vec![notification], ..Self::default() }
    }
}

impl From<(EmailTemplate, MerchantNotification)> for Effects {
    fn from((email, notification): (EmailTemplate, MerchantNotification)) -> Self {
        Self { emails: vec![email], merchant_notifications: vec![notification], delivered: None }
    }
}

impl Order {
    /// Returns the author and reason if the action was completed manually. Payment records such an action instead of
    /// carrying it out.
    pub fn manual_note<'a>(&'a self, action: &'a Action) -> Option<&'a str> {
        match action {
            Action::Step(_) | Action::Compensate(_) => self.manual_note.as_deref(),
            Action::Refund(refund) => refund.manual_note.as_deref(),
            Action::Return { id, .. } => self.returns.iter().find(|one| one.id == *id)?.manual_note.as_deref(),
        }
    }

    /// Returns the idempotency key of an action at the service that carries it out.
    ///
    /// A payment command that was refused gets a new key with each retry by staff, because the old key would return the
    /// stored refusal; each capture of another part has a key of its own, too. Stock and shipment commands keep theirs:
    /// their services re-evaluate a refused request.
    pub fn step_key(&self, action: &Action) -> String {
        let numbered = |step: &str, count: u32| if count == 0 { step.to_owned() } else { format!("{step}:{count}") };
        let step = match action {
            Action::Step(Step::CommitStock) | Action::Compensate(Compensation::ReleaseStock) => "stock".to_owned(),
            Action::Step(Step::Capture) => numbered("capture", self.resume_count + self.captures),
            Action::Step(Step::CreateShipment) | Action::Compensate(Compensation::CancelShipment) => {
                "shipment".to_owned()
            }
            Action::Compensate(Compensation::UndoPayment) => numbered("undo", self.resume_count),
            Action::Refund(refund) => format!("refund:{}", refund.key),
            Action::Return { id, step: ReturnStep::Refund } => {
                let count = self.returns.iter().find(|one| one.id == *id).map_or(0, |one| one.resume_count);
                numbered(&format!("return:{id}"), count)
            }
            Action::Return { id, step: ReturnStep::Restock } => format!("restock:{id}"),
        };
        format!("{}:{step}", self.id())
    }
}
