//! What can be done about findings without harm: each action is one that the shop itself would have taken, is safe to
//! take twice, and is taken only when a person says so.

use super::Books;
use chassis::{Problem, SystemContext, StoreError};
use contracts::catalogue::ReservationKey;
use contracts::{EventId, OrderId, PaymentId};
use payment::payment::{Effects, Payment};
use serde::Serialize;

/// Who is named as the author of what is repaired.
const AUTHOR: &str = "audit";

/// A safe action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case", tag = "action", content = "about")]
pub enum Repair {
    /// Give back stock that is held for nobody.
    ReleaseHold {
        /// The order it was held for.
        order: OrderId,
        /// Its attempt.
        attempt: u32,
    },
    /// Have the shop look after a payment at once.
    LookAfter(PaymentId),
    /// Let go of an authorisation that belongs to no order.
    LetGo {
        /// The payment.
        payment: PaymentId,
        /// The authorisation's number.
        attempt: u32,
    },
    /// Have a parked order tried again.
    Resume(OrderId),
    /// Have an event tried again that was given up.
    Replay(EventId),
}

impl std::fmt::Display for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ReleaseHold { order, .. } => write!(f, "give back the stock held for {order}"),
            Self::LookAfter(payment) => write!(f, "have payment {payment} looked after at once"),
            Self::LetGo { payment, attempt } => write!(f, "let go of authorisation {attempt} of payment {payment}"),
            Self::Resume(order) => write!(f, "have order {order} tried again"),
            Self::Replay(event) => write!(f, "have event {event} tried again"),
        }
    }
}

impl Repair {
    /// Takes the action.
    ///
    /// # Errors
    /// When a store does not answer, or refuses.
    pub async fn carry_out(self, books: &Books, system: &SystemContext) -> Result<(), StoreError> {
        let now = system.now();
        match self {
            Self::ReleaseHold { order, attempt } => {
                books.stock.release(ReservationKey { order_id: order, attempt }, now).await.map(|_| ())
            }
            Self::LookAfter(id) => {
                let at_once = |payment: &mut Payment| {
                    payment.look_after_at(now);
                    Ok(Effects::default())
                };
                books.payments.change(id, now, &at_once).await?.map_or(Ok(()), refused)
            }
            Self::LetGo { payment, attempt } => {
                let let_go = |payment: &mut Payment| {
                    payment.let_go_of(attempt, now);
                    Ok(Effects::default())
                };
                books.payments.change(payment, now, &let_go).await?.map_or(Ok(()), refused)
            }
            Self::Resume(id) => {
                let resume = |order: &mut dispatch::order::Order| {
                    order.resume(AUTHOR, now);
                    Ok(dispatch::order::Effects::default())
                };
                books.orders.change(id, now, &resume).await?.map_or(Ok(()), refused)
            }
            Self::Replay(id) => {
                for (_, inbox) in &books.inboxes {
                    inbox.replay(id, now).await?;
                }
                Ok(())
            }
        }
    }
}

fn refused<T>(changed: Result<T, Problem>) -> Result<(), StoreError> {
    changed.map(|_| ()).map_err(|problem| StoreError::Fault(problem.to_string()))
}
