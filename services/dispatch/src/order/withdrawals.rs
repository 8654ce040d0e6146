//! The consumer's right of withdrawal: without a reason, from the order until some days after its delivery.
//!
//! A withdrawal from an order that has not left cancels it. Otherwise it is a return, whose items may still be on their way
//! or in the warehouse.

use super::returns::{MAX_RETURNS, check_quantities};
use super::withdrawal_period::withdrawal_deadline;
use super::{Effects, Order, ResumePoint, ReturnState, Workflow};
use crate::mail::{EmailTemplate, MerchantNotification, Withdrawal};
use crate::messages;
use chassis::Problem;
use contracts::catalogue::WithdrawalException;
use contracts::dispatch::{
    NOT_WITHDRAWABLE, ReturnLine, TimelineData, TimelineKind, WithdrawalRight, has_withdrawal_right,
};
use contracts::{Quantity, Sku};
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Order {
    /// Returns the customer's right of withdrawal; `None` where the law gives none, and once it has ended.
    pub fn withdrawal_right(&self, now: Timestamp) -> Option<WithdrawalRight> {
        let country = self.record.address.country;
        let until = self.delivered_at().map(|at| withdrawal_deadline(at, country));
        let is_open = has_withdrawal_right(country)
            && !self.is_being_undone()
            && until.is_none_or(|until| now <= until)
            && self.returns.len() < MAX_RETURNS;
        let line = |(sku, left): (&Sku, u32)| Some(ReturnLine { sku: sku.clone(), quantity: Quantity::new(left)? });
        let lines: Vec<ReturnLine> = self.withdrawable().into_iter().filter_map(line).collect();
        (is_open && !lines.is_empty()).then_some(WithdrawalRight { lines, until })
    }

    /// Returns the units that can be withdrawn from: those that can be returned, without what the law excepts.
    fn withdrawable(&self) -> BTreeMap<&Sku, u32> {
        let mut units = self.returnable();
        units.retain(|sku, _| !self.is_excepted(sku));
        units
    }

    /// Returns true if the law gives no right of withdrawal for an item of the order.
    fn is_excepted(&self, sku: &Sku) -> bool {
        let line = self.record.cart.lines.iter().find(|line| line.sku == *sku);
        line.and_then(|line| line.withdrawal_exception).is_some_and(WithdrawalException::excludes_withdrawal)
    }

    /// Returns the units that the customer has withdrawn from and that have not come back. What of them has not left is not to be
    /// packed.
    pub fn withdrawn_units(&self) -> Vec<ReturnLine> {
        let withdrawals = self.returns.iter().filter(|one| one.is_withdrawal && one.state == ReturnState::Requested);
        withdrawals.flat_map(|one| one.lines.clone()).collect()
    }

    pub(super) fn is_being_undone(&self) -> bool {
        self.cancellation.is_some()
            || match self.workflow {
                Workflow::Compensating { .. } | Workflow::Cancelled => true,
                Workflow::NeedsAttention { resume_at, .. } => matches!(resume_at, ResumePoint::Compensation(_)),
                Workflow::Running { .. } | Workflow::AwaitingDelivery | Workflow::Delivered => false,
            }
    }

    /// Withdraws from the contract: from everything that is left, or from some units.
    ///
    /// # Errors
    /// [`NOT_WITHDRAWABLE`] without the right, or when fewer units are left.
    pub fn withdraw(&mut self, lines: Option<&[ReturnLine]>, now: Timestamp) -> Result<Effects, Problem> {
        let Some(right) = self.withdrawal_right(now) else {
            return Err(NOT_WITHDRAWABLE.detail(messages::current().not_withdrawable()));
        };
        if let Some(line) = lines.iter().copied().flatten().find(|line| self.is_excepted(&line.sku)) {
            return Err(NOT_WITHDRAWABLE.detail(messages::current().excepted_from_withdrawal(&line.sku)));
        }
        let lines = check_quantities(lines.unwrap_or(&right.lines), &self.withdrawable())?;
        // What the law excepts from the right is still to be delivered.
        let is_whole_order = lines == right.lines && self.withdrawable() == self.returnable();
        self.add_to_timeline(now, TimelineKind::Withdrawn, TimelineData::default());
        // Returns that were requested before end with the cancellation; one that was received rules it out.
        let cancels = is_whole_order && self.cancel(None, messages::current().cancelled_by_withdrawal(), now);
        if !cancels {
            self.add_return(lines.clone(), "", true, now);
        }
        let withdrawal = Withdrawal { lines, at: now, cancels };
        Ok((EmailTemplate::Withdrawn(withdrawal.clone()), MerchantNotification::Withdrawn(withdrawal)).into())
    }
}
