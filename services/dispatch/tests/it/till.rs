//! A payment service with one order, which keeps its money as payment promises to.

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::payment::{AwaitedTransfer, CommandResponse, CommandRequest, CommandState, MoneyCommand, OrderRecord};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Clone)]
pub struct Till(Arc<Mutex<Books>>);

pub struct Books {
    pub record: OrderRecord,
    /// What was done for which step.
    pub steps: HashMap<String, CommandState>,
    /// How the next command ends instead.
    pub next: Option<CommandState>,
    /// The transfer that is awaited.
    pub awaited: Option<AwaitedTransfer>,
    /// The problem that every call meets.
    pub trouble: Option<Problem>,
    pub voided: bool,
    /// The authorisation is no longer good.
    pub expired: bool,
    /// How often money moved.
    pub moved: usize,
    /// What people say they did themselves.
    pub manual_note: Vec<String>,
}

impl Till {
    pub fn new(record: OrderRecord) -> Self {
        let books = Books {
            record,
            steps: HashMap::new(),
            next: None,
            awaited: None,
            trouble: None,
            voided: false,
            expired: false,
            moved: 0,
            manual_note: Vec::new(),
        };
        Self(Arc::new(Mutex::new(books)))
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut self.0.lock().unwrap())
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

async fn order(State(till): State<Till>, Path(id): Path<OrderId>) -> Result<Json<OrderRecord>, Problem> {
    till.with(|books| match &books.trouble {
        Some(trouble) => Err(trouble.clone()),
        None if books.record.order_id == id => Ok(Json(books.record.clone())),
        None => Err(problem::NOT_FOUND.detail("No such order.")),
    })
}

async fn transfer(State(till): State<Till>, Path(_): Path<OrderId>) -> Result<Json<AwaitedTransfer>, Problem> {
    till.with(|books| match (&books.trouble, &books.awaited) {
        (Some(trouble), _) => Err(trouble.clone()),
        (None, Some(awaited)) => Ok(Json(awaited.clone())),
        (None, None) => Err(problem::NOT_FOUND.detail("None.")),
    })
}

async fn command(
    State(till): State<Till>,
    Path(_): Path<OrderId>,
    Json(request): Json<CommandRequest>,
) -> Result<Json<CommandResponse>, Problem> {
    till.with(|books| {
        if let Some(trouble) = &books.trouble {
            return Err(trouble.clone());
        }
        if let Some(staff_note) = request.manual_note {
            books.manual_note.push(staff_note);
            books.steps.remove(&request.step_key);
            books.expired = false;
        }
        let known = books.steps.get(&request.step_key).filter(|state| **state != CommandState::Pending).cloned();
        let amount = match request.command {
            MoneyCommand::Refund { amount } => amount,
            MoneyCommand::Capture { .. } | MoneyCommand::Undo => books.record.totals.authorised,
        };
        let state = match (known, books.next.take()) {
            (Some(known), _) | (None, Some(known)) => known,
            (None, None) => books.carry_out(request.command),
        };
        let moved = if state == CommandState::Done { amount } else { amount.currency.zero() };
        books.steps.insert(request.step_key, state.clone());
        let receipt_number = (!books.record.totals.captured.is_zero()).then(|| "R-000001".to_owned());
        Ok(Json(CommandResponse { state, totals: books.record.totals, moved, receipt_number }))
    })
}

impl Books {
    fn carry_out(&mut self, command: MoneyCommand) -> CommandState {
        let refused = |reason: &str| CommandState::Refused { reason: reason.into() };
        let totals = &mut self.record.totals;
        let left = totals.captured.amount - totals.refunded.amount - totals.charged_back.amount;
        match command {
            MoneyCommand::Capture { .. } if self.voided => return refused("no longer authorised"),
            MoneyCommand::Capture { .. } if self.expired => return refused("the authorisation has expired"),
            MoneyCommand::Capture { .. } if totals.captured.is_zero() => {
                totals.captured = totals.authorised;
                self.moved += 1;
            }
            MoneyCommand::Refund { amount } if amount.amount > left => {
                return refused("too much");
            }
            MoneyCommand::Refund { amount } => {
                totals.refunded.amount += amount.amount;
                self.moved += 1;
            }
            MoneyCommand::Undo => {
                self.voided = true;
                if left > 0 {
                    totals.refunded.amount += left;
                    self.moved += 1;
                }
            }
            MoneyCommand::Capture { .. } => {}
        }
        CommandState::Done
    }
}
