//! The calls to catalogue, payment and shipping that carry out the steps of a workflow.

use super::FulfilmentWorker;
use crate::messages;
use crate::order::{Action, Compensation, Completion, Failure, Order, ReturnStep, Step};
use chassis::client::CallError;
use chassis::problem;
use contracts::catalogue::{AWAITING_STOCK, ReservationKey, ReservationLine, STOCK_MISSING};
use contracts::payment::{CommandRequest, CommandResponse, CommandState, MoneyCommand};
use contracts::shipping::{ALREADY_SHIPPED, ShipmentCancellation, ShipmentLine, ShipmentRequest};

impl FulfilmentWorker {
    pub(super) async fn carry_out(&self, order: &Order, action: &Action) -> Result<Completion, Failure> {
        match action {
            Action::Step(Step::CommitStock) => self.commit_stock(order).await,
            Action::Step(Step::Capture) => {
                // Payment can repeat a full capture under one reference, whereas a partial one is never sent again.
                let amount = order.capture_amount();
                let response = self.command(order, action, MoneyCommand::Capture { amount }).await?;
                let CommandResponse { moved, totals, receipt_number, .. } = response;
                Ok(Completion::Captured { moved, of_rest: amount.is_none(), totals, receipt_number })
            }
            Action::Step(Step::CreateShipment) => self.create_shipment(order, action).await,
            Action::Compensate(Compensation::CancelShipment) => self.cancel_shipment(order, action).await,
            Action::Compensate(Compensation::UndoPayment) => {
                // Payment answers `Pending` while a capture is in progress, and undoes it once its outcome is known.
                let response = self.command(order, action, MoneyCommand::Undo).await?;
                Ok(Completion::PaymentUndone(response.totals))
            }
            Action::Compensate(Compensation::ReleaseStock) => {
                self.catalogue.release(reservation(order)).await.map_err(|error| failure(&error))?;
                Ok(Completion::StockReleased)
            }
            Action::Refund(refund) => {
                let response = self.command(order, action, MoneyCommand::Refund { amount: refund.amount }).await?;
                let (key, amount) = (refund.key.clone(), response.moved);
                Ok(Completion::Refunded { key, amount, totals: response.totals })
            }
            Action::Return { id, step } => self.carry_out_return(order, action, *id, *step).await,
        }
    }

    async fn carry_out_return(
        &self,
        order: &Order,
        action: &Action,
        id: u32,
        step: ReturnStep,
    ) -> Result<Completion, Failure> {
        let found = order.returns.iter().find(|one| one.id == id);
        let found = found.ok_or_else(|| Failure::Refused(messages::current().no_such_return().to_owned()))?;
        match step {
            ReturnStep::Refund => {
                let response = self.command(order, action, MoneyCommand::Refund { amount: found.refund }).await?;
                Ok(Completion::ReturnRefunded { id, amount: response.moved, totals: response.totals })
            }
            ReturnStep::Restock => {
                let lines = found.accepted.iter();
                let lines = lines.map(|line| ReservationLine { sku: line.sku.clone(), quantity: line.quantity });
                let restocked = self.catalogue.restock(&order.step_key(action), lines.collect()).await;
                restocked.map(|()| Completion::Restocked(id)).map_err(|error| failure(&error))
            }
        }
    }

    async fn commit_stock(&self, order: &Order) -> Result<Completion, Failure> {
        match self.catalogue.commit(reservation(order)).await {
            Ok(_) => Ok(Completion::StockCommitted),
            Err(error) if error.refused_as(AWAITING_STOCK).is_some() => Err(Failure::Waiting(error.to_string())),
            // Reserved stock is missing because of a stock correction: only staff know if it will be found.
            Err(error) if error.refused_as(STOCK_MISSING).is_some() => Err(Failure::NeedsDecision(error.to_string())),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn command(&self, order: &Order, action: &Action, command: MoneyCommand) -> Result<CommandResponse, Failure> {
        let manual_note = order.manual_note(action).map(ToOwned::to_owned);
        let request = CommandRequest { step_key: order.step_key(action), command, manual_note };
        let response = self.payment.command(order.id(), &request).await.map_err(|error| failure(&error))?;
        match &response.state {
            // Payment keeps the outcome under the key: a repeated command returns it and moves nothing.
            CommandState::Done => Ok(response),
            CommandState::Pending => Err(Failure::Waiting(messages::current().awaiting_gateway().to_owned())),
            CommandState::Refused { reason } => Err(Failure::Refused(reason.clone())),
            CommandState::NeedsAttention { reason } => Err(Failure::OutcomeUnknown(reason.clone())),
        }
    }

    async fn create_shipment(&self, order: &Order, action: &Action) -> Result<Completion, Failure> {
        let record = &order.record;
        let weight = |line: &contracts::cart::CartLine| u64::from(line.weight_grams) * u64::from(line.quantity.get());
        let lines = record.cart.lines.iter();
        let lines = lines.map(|line| ShipmentLine { sku: line.sku.clone(), quantity: line.quantity });
        let request = ShipmentRequest {
            order_id: order.id(),
            order_number: record.order_number.clone(),
            step_key: order.step_key(action),
            address: record.address.clone(),
            place_id: record.cart.shipping.place.id,
            option: record.cart.shipping.option.clone(),
            weight_grams: record.cart.lines.iter().map(weight).sum(),
            lines: lines.collect(),
            estimated_days: Some(record.cart.shipping.estimated_days),
        };
        let created = self.shipping.create_shipment(&request).await;
        created.map(Completion::ShipmentCreated).map_err(|error| failure(&error))
    }

    async fn cancel_shipment(&self, order: &Order, action: &Action) -> Result<Completion, Failure> {
        let request = ShipmentCancellation { order_id: order.id(), step_key: order.step_key(action) };
        match self.shipping.cancel_shipment(&request).await {
            Ok(()) => Ok(Completion::ShipmentCancelled),
            Err(error) if error.refused_as(ALREADY_SHIPPED).is_some() => Ok(Completion::ShipmentLeft),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn reservation(order: &Order) -> ReservationKey {
    ReservationKey { order_id: order.id(), attempt: order.record.reservation_attempt }
}

fn failure(error: &CallError) -> Failure {
    // A lost race or a rejected token, such as during a key rotation, says nothing about the step itself.
    let passing = matches!(error, CallError::Refused(problem)
        if problem.is(problem::CONFLICT) || matches!(problem.status, 401 | 403));
    if passing || error.is_transient() {
        Failure::Transient(error.to_string())
    } else {
        Failure::Refused(error.to_string())
    }
}
