//! A payment service that knows one order and follows the contract of the real one.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::payment::{AwaitedTransfer, CommandRequest, CommandResponse, CommandState, MoneyCommand, OrderRecord};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct FakePaymentService(Arc<Mutex<FakePaymentState>>);

pub struct FakePaymentState {
    pub record: OrderRecord,
    /// The outcome of each command by its key.
    pub steps: HashMap<String, CommandState>,
    /// The outcome of the next command, instead of success.
    pub next: Option<CommandState>,
    /// The bank transfer that is awaited.
    pub awaited: Option<AwaitedTransfer>,
    /// The problem that every call returns.
    pub problem: Option<Problem>,
    pub voided: bool,
    /// True once the authorisation has expired.
    pub expired: bool,
    /// The number of captures and refunds that were carried out.
    pub money_movements: usize,
    /// The notes of the commands that staff completed manually.
    pub manual_note: Vec<String>,
}

impl FakePaymentService {
    pub fn new(record: OrderRecord) -> Self {
        let state = FakePaymentState {
            record,
            steps: HashMap::new(),
            next: None,
            awaited: None,
            problem: None,
            voided: false,
            expired: false,
            money_movements: 0,
            manual_note: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub fn with<T>(&self, view_order: impl FnOnce(&mut FakePaymentState) -> T) -> T {
        view_order(&mut self.0.lock().unwrap())
    }

    pub fn transport(&self) -> Transport {
        let router = Router::new()
            .route("/internal/orders/{id}", get(order))
            .route("/internal/orders/{id}/transfer", get(transfer))
            .route("/internal/orders/{id}/commands", post(command))
            .with_state(self.clone());
        in_process(router, Tasks::new())
    }
}

async fn order(
    State(payment): State<FakePaymentService>,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderRecord>, Problem> {
    payment.with(|state| match &state.problem {
        Some(problem) => Err(problem.clone()),
        None if state.record.order_id == id => Ok(Json(state.record.clone())),
        None => Err(problem::NOT_FOUND.detail("No such order.")),
    })
}

async fn transfer(
    State(payment): State<FakePaymentService>,
    Path(_): Path<OrderId>,
) -> Result<Json<AwaitedTransfer>, Problem> {
    payment.with(|state| match (&state.problem, &state.awaited) {
        (Some(problem), _) => Err(problem.clone()),
        (None, Some(awaited)) => Ok(Json(awaited.clone())),
        (None, None) => Err(problem::NOT_FOUND.detail("None.")),
    })
}

async fn command(
    State(payment): State<FakePaymentService>,
    Path(_): Path<OrderId>,
    Json(request): Json<CommandRequest>,
) -> Result<Json<CommandResponse>, Problem> {
    payment.with(|state| {
        if let Some(problem) = &state.problem {
            return Err(problem.clone());
        }
        if let Some(staff_note) = request.manual_note {
            state.manual_note.push(staff_note);
            state.steps.remove(&request.step_key);
            state.expired = false;
        }
        let known = state.steps.get(&request.step_key).filter(|outcome| **outcome != CommandState::Pending).cloned();
        let totals = state.record.totals;
        let rest = totals.authorised.currency.minor(totals.authorised.amount - totals.captured.amount);
        let amount = match request.command {
            MoneyCommand::Refund { amount } => amount,
            MoneyCommand::Capture { amount } => amount.unwrap_or(rest),
            MoneyCommand::Undo => totals.authorised,
        };
        let outcome = match (known, state.next.take()) {
            (Some(outcome), _) | (None, Some(outcome)) => outcome,
            (None, None) => state.carry_out(request.command),
        };
        let moved = if outcome == CommandState::Done { amount } else { amount.currency.zero() };
        state.steps.insert(request.step_key, outcome.clone());
        let receipt_number = (!state.record.totals.captured.is_zero()).then(|| "R-000001".to_owned());
        Ok(Json(CommandResponse { state: outcome, totals: state.record.totals, moved, receipt_number }))
    })
}

impl FakePaymentState {
    fn carry_out(&mut self, command: MoneyCommand) -> CommandState {
        let refused = |reason: &str| CommandState::Refused { reason: reason.into() };
        let totals = &mut self.record.totals;
        let left = totals.captured.amount - totals.refunded.amount - totals.charged_back.amount;
        match command {
            MoneyCommand::Capture { .. } if self.voided => return refused("no longer authorised"),
            MoneyCommand::Capture { .. } if self.expired => return refused("the authorisation has expired"),
            MoneyCommand::Capture { amount } => {
                let rest = totals.authorised.amount - totals.captured.amount;
                let amount = amount.map_or(rest, |amount| amount.amount);
                if amount > rest {
                    return refused("more than was authorised");
                }
                totals.captured.amount += amount;
                self.money_movements += usize::from(amount > 0);
            }
            MoneyCommand::Refund { amount } if amount.amount > left => {
                return refused("too much");
            }
            MoneyCommand::Refund { amount } => {
                totals.refunded.amount += amount.amount;
                self.money_movements += 1;
            }
            MoneyCommand::Undo => {
                self.voided = true;
                if left > 0 {
                    totals.refunded.amount += left;
                    self.money_movements += 1;
                }
            }
        }
        CommandState::Done
    }
}
