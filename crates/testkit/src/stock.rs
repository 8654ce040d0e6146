//! A catalogue that knows one SKU and keeps its reservations as catalogue promises to.

use crate::samples::SKU;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::catalogue::{
    AWAITING_STOCK, OUT_OF_STOCK, RESERVATION_RELEASED, ReservationResponse, ReservationKey, ReservationRequest,
    ReservationState, RestockRequest, STOCK_MISSING, Shortage,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Stock of [`SKU`].
#[derive(Clone)]
pub struct Stock(Arc<Mutex<Books>>);

/// What there is.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// On the shelf.
    pub on_hand: u32,
    /// What is held or was taken: how many, and how it stands.
    pub reservations: HashMap<(OrderId, u32), (u32, ReservationState)>,
    /// Nobody answers.
    pub away: bool,
    /// Goods sold ahead have not arrived.
    pub awaited: bool,
    /// Somebody has corrected the stock below what is promised.
    pub missing: bool,
    /// The steps that put returned goods back.
    pub restocked: HashSet<String>,
    /// The problem that every reservation meets.
    pub refusal: Option<Problem>,
}

impl Books {
    /// What is held for somebody.
    pub fn reserved(&self) -> u32 {
        self.reservations.values().filter(|(_, state)| *state == ReservationState::Held).map(|(count, _)| count).sum()
    }

    /// How the reservation of an order stands.
    pub fn of(&self, order: OrderId) -> Option<ReservationState> {
        self.reservations.get(&(order, 1)).map(|(_, state)| *state)
    }
}

impl Stock {
    /// This many on the shelf.
    pub fn new(on_hand: u32) -> Self {
        Self(Arc::new(Mutex::new(Books { on_hand, ..Books::default() })))
    }

    /// Looks at the books, or changes them.
    pub fn with<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut self.0.lock().expect("the books"))
    }

    /// The internal operations, behind a transport.
    pub fn transport(&self) -> Transport {
        let router = Router::new()
            .route("/internal/reservations", post(reserve))
            .route("/internal/reservations/commit", post(commit))
            .route("/internal/reservations/release", post(release))
            .route("/internal/restock", post(restock))
            .with_state(self.clone());
        in_process(router, Tasks::new())
    }

    fn present<T>(&self, work: impl FnOnce(&mut Books) -> Result<T, Problem>) -> Result<T, Problem> {
        self.with(|books| {
            if books.away {
                return Err(problem::UNAVAILABLE.detail("Closed for the moment."));
            }
            work(books)
        })
    }
}

async fn reserve(
    State(stock): State<Stock>,
    Json(request): Json<ReservationRequest>,
) -> Result<Json<ReservationResponse>, Problem> {
    stock.present(|books| {
        if let Some(refusal) = &books.refusal {
            return Err(refusal.clone());
        }
        let wanted: u32 = request.lines.iter().map(|line| line.quantity.get()).sum();
        match books.reservations.get(&(request.order_id, request.attempt)) {
            Some((_, ReservationState::Released | ReservationState::Returned)) => {
                return Err(RESERVATION_RELEASED.detail("Released before."));
            }
            Some((_, state)) => return Ok(Json(ReservationResponse { state: *state })),
            None => {}
        }
        let available = books.on_hand - books.reserved();
        if available < wanted {
            let shortage = Shortage { sku: SKU.parse().expect("a SKU"), requested: wanted, available };
            return Err(OUT_OF_STOCK.detail("Too little is left.").with("lines", [shortage]));
        }
        books.reservations.insert((request.order_id, request.attempt), (wanted, ReservationState::Held));
        Ok(Json(ReservationResponse { state: ReservationState::Held }))
    })
}

async fn commit(
    State(stock): State<Stock>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    stock.present(|books| {
        if books.awaited {
            return Err(AWAITING_STOCK.detail("Not here yet."));
        }
        if books.missing {
            return Err(STOCK_MISSING.detail("Not here any more."));
        }
        match books.reservations.get_mut(&(key.order_id, key.attempt)) {
            Some((count, state)) if *state == ReservationState::Held => {
                *state = ReservationState::Committed;
                books.on_hand -= *count;
            }
            Some((_, ReservationState::Committed)) => {}
            _ => return Err(RESERVATION_RELEASED.detail("Not held.")),
        }
        Ok(Json(ReservationResponse { state: ReservationState::Committed }))
    })
}

async fn release(
    State(stock): State<Stock>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    stock.present(|books| {
        let kept = books.reservations.entry((key.order_id, key.attempt)).or_insert((0, ReservationState::Released));
        let state = match kept.1 {
            ReservationState::Held | ReservationState::Released => ReservationState::Released,
            ReservationState::Committed => {
                books.on_hand += kept.0;
                ReservationState::Returned
            }
            ReservationState::Returned => ReservationState::Returned,
        };
        kept.1 = state;
        Ok(Json(ReservationResponse { state }))
    })
}

async fn restock(State(stock): State<Stock>, Json(request): Json<RestockRequest>) -> Result<Json<()>, Problem> {
    stock.present(|books| {
        if books.restocked.insert(request.step_key) {
            books.on_hand += request.lines.iter().map(|line| line.quantity.get()).sum::<u32>();
        }
        Ok(Json(()))
    })
}
