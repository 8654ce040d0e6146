//! The actions that resolve findings without harm: each is one that the shop itself would have taken, is safe to repeat,
//! and is taken only after confirmation.

use crate::stores::AuditStores;
use chassis::{Problem, StoreError, SystemContext};
use contracts::catalogue::ReservationKey;
use contracts::{EventId, OrderId, PaymentId};
use payment::payment::{Effects, Payment};
use serde::Serialize;

/// The author that the history of a repaired order names.
const AUTHOR: &str = "audit";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "action", content = "about")]
pub enum Repair {
    /// Release a reservation without an owner.
    ReleaseReservation {
        /// The order it was made for.
        order: OrderId,
        /// The number of the reservation attempt.
        attempt: u32,
    },
    /// Process a payment now.
    ProcessPayment(PaymentId),
    /// Void or refund an authorisation that belongs to no order.
    VoidOrRefund {
        payment: PaymentId,
        /// The authorisation's number among the payment's operations.
        operation: u32,
    },
    /// Retry an order that needs attention.
    Resume(OrderId),
    /// Retry an event that a consumer gave up on.
    Replay(EventId),
}

impl std::fmt::Display for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReleaseReservation { order, .. } => write!(f, "Release the stock reserved for order {order}"),
            Self::ProcessPayment(payment) => write!(f, "Process payment {payment} now"),
            Self::VoidOrRefund { payment, operation } => {
                write!(f, "Void or refund authorisation {operation} of payment {payment}")
            }
            Self::Resume(order) => write!(f, "Retry order {order}"),
            Self::Replay(event) => write!(f, "Retry event {event}"),
        }
    }
}

impl Repair {
    /// Takes the action.
    ///
    /// # Errors
    /// [`StoreError`] if a store fails, or refuses the change.
    pub async fn carry_out(self, stores: &AuditStores, system: &SystemContext) -> Result<(), StoreError> {
        let now = system.now();
        match self {
            Self::ReleaseReservation { order, attempt } => {
                stores.stock.release(ReservationKey { order_id: order, attempt }, now).await.map(|_| ())
            }
            Self::ProcessPayment(id) => {
                // Only sets the due time: the running engine does the work, under its own lease.
                let reschedule = |payment: &mut Payment| {
                    payment.reschedule(now);
                    Ok(Effects::default())
                };
                stores.payments.change(id, now, &reschedule).await?.map_or(Ok(()), require_accepted)
            }
            Self::VoidOrRefund { payment, operation } => {
                let void_or_refund = |payment: &mut Payment| {
                    payment.void_or_refund(operation, now);
                    Ok(Effects::default())
                };
                stores.payments.change(payment, now, &void_or_refund).await?.map_or(Ok(()), require_accepted)
            }
            Self::Resume(id) => {
                // Nothing happens if the order was resumed or resolved since the audit.
                let resume = |order: &mut dispatch::order::Order| {
                    order.resume(AUTHOR, now);
                    Ok(dispatch::order::Effects::default())
                };
                stores.orders.change(id, now, &resume).await?.map_or(Ok(()), require_accepted)
            }
            Self::Replay(id) => {
                // The queue is not stored in the finding; an inbox without this event ignores the call.
                for (_, inbox) in &stores.inboxes {
                    inbox.replay(id, now).await?;
                }
                stores.broker.replay(id, now).await.map(|_| ())
            }
        }
    }
}

fn require_accepted<T>(changed: Result<T, Problem>) -> Result<(), StoreError> {
    changed.map(|_| ()).map_err(|problem| StoreError::Fault(problem.to_string()))
}
