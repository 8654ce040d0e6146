//! Representations of a payment for customers, staff and dispatch.

use super::{Payment, State};
use crate::operation::{OperationKind, OperationState, PaymentOperation};
use contracts::payment::{
    AwaitedTransfer, OrderRecord, PaymentAction, PaymentDetails, PaymentStatus, PaymentView, Refusal,
};

impl Payment {
    /// The status shown to the customer.
    pub fn status(&self) -> PaymentStatus {
        match self.state {
            State::Closing | State::Closed => PaymentStatus::Closed,
            State::Placed if self.amount().is_zero() || self.authorisation().is_some() => PaymentStatus::Authorised,
            // Placed without a live authorisation: the order was undone.
            State::Placed => PaymentStatus::Voided,
            State::Reserving => PaymentStatus::Processing,
            State::Payable => match self.open_authorisation().map(|operation| operation.state) {
                Some(OperationState::Challenged) => PaymentStatus::ActionRequired,
                Some(_) => PaymentStatus::Processing,
                // Without an open attempt the latest one was refused or abandoned.
                None => PaymentStatus::Refused,
            },
        }
    }

    /// The representation for the customer.
    pub fn view(&self) -> PaymentView {
        let status = self.status();
        let challenge = self.open_authorisation().and_then(|operation| operation.challenge.as_ref());
        let action =
            // An action is only shown while the customer can still complete it.
            challenge.filter(|_| status == PaymentStatus::ActionRequired).map(|challenge| challenge.action.clone());
        let refusal = match status {
            PaymentStatus::Closed => self.close_reason.clone(),
            PaymentStatus::Refused => self.last_refusal(),
            _ => None,
        };
        let totals = self.totals();
        PaymentView {
            id: self.id,
            order_id: self.order_id,
            order_number: self.order_number.clone(),
            status,
            action,
            refusal,
            amount: self.amount(),
            captured: totals.captured,
            refunded: totals.refunded,
            charged_back: totals.charged_back,
            expires_at: self.expires_at,
        }
    }

    /// The representation for staff.
    pub fn details(&self) -> PaymentDetails {
        PaymentDetails {
            payment: self.view(),
            operations: self.operations.iter().map(PaymentOperation::view).collect(),
            discrepancies: self.discrepancies.clone(),
        }
    }

    fn last_refusal(&self) -> Option<Refusal> {
        let last = self.operations.iter().rfind(|one| one.kind == OperationKind::Authorise)?;
        last.refusal.clone().or_else(|| {
            Some(Refusal {
                code: "no-answer".into(),
                reason: "The payment provider did not respond. You have not been charged.".into(),
            })
        })
    }

    /// The bank transfer that is awaited, if any.
    pub fn awaited_transfer(&self) -> Option<AwaitedTransfer> {
        let Some(PaymentAction::Transfer(transfer)) = self.view().action else { return None };
        Some(AwaitedTransfer {
            order_number: self.order_number.clone(),
            email: self.email.clone(),
            address: self.address.clone(),
            cart: self.cart.clone(),
            transfer,
            language: self.language,
        })
    }

    /// The order record for dispatch, once the order is placed.
    pub fn record(&self) -> Option<OrderRecord> {
        Some(OrderRecord {
            order_id: self.order_id,
            order_number: self.order_number.clone(),
            payment_id: self.id,
            owner: self.owner.clone(),
            reservation_attempt: self.reservation_attempt,
            email: self.email.clone(),
            address: self.address.clone(),
            cart: self.cart.clone(),
            status: self.status(),
            totals: self.totals(),
            capture: self.capture,
            receipt_number: self.receipt_number.clone(),
            language: self.language,
            // Orders that are not placed do not exist for dispatch.
            placed_at: self.placed_at?,
        })
    }
}
