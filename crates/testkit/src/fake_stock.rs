//! A fake catalogue with one SKU that handles reservations like the real one.

use crate::samples::SKU;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use chassis::{Problem, problem};
use contracts::OrderId;
use contracts::catalogue::{
    AWAITING_STOCK, OUT_OF_STOCK, RESERVATION_RELEASED, ReservationKey, ReservationRequest, ReservationResponse,
    ReservationState, RestockRequest, STOCK_MISSING, Shortage,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// The fake stock of [`SKU`], shared between the test and the service.
#[derive(Clone)]
pub struct FakeStock(Arc<Mutex<FakeStockState>>);

/// The state of the fake stock.
#[derive(Debug, Clone, Default)]
pub struct FakeStockState {
    /// The units on hand.
    pub on_hand: u32,
    /// The quantity and state of each reservation.
    pub reservations: HashMap<(OrderId, u32), (u32, ReservationState)>,
    /// Makes every operation fail as unavailable.
    pub unavailable: bool,
    /// Makes commits fail because backordered units have not arrived.
    pub awaiting_arrival: bool,
    /// Makes commits fail because stock was adjusted below the reservations.
    pub adjusted_below_reserved: bool,
    /// The step keys of the restocks so far.
    pub restocked: HashSet<String>,
    /// The problem with which every reservation is refused.
    pub refusal: Option<Problem>,
}

impl FakeStockState {
    /// Returns the number of reserved units.
    pub fn reserved(&self) -> u32 {
        self.reservations.values().filter(|(_, state)| *state == ReservationState::Held).map(|(count, _)| count).sum()
    }

    /// Returns the state of an order's reservation.
    pub fn of(&self, order: OrderId) -> Option<ReservationState> {
        self.reservations.get(&(order, 1)).map(|(_, state)| *state)
    }
}

impl FakeStock {
    /// Creates a stock with this many units on hand.
    pub fn new(on_hand: u32) -> Self {
        Self(Arc::new(Mutex::new(FakeStockState { on_hand, ..FakeStockState::default() })))
    }

    /// Reads or changes the state.
    pub fn with<T>(&self, look: impl FnOnce(&mut FakeStockState) -> T) -> T {
        look(&mut self.0.lock().expect("the books"))
    }

    /// Returns a transport to the internal operations.
    pub fn transport(&self) -> Transport {
        let router = Router::new()
            .route("/internal/reservations", post(reserve))
            .route("/internal/reservations/commit", post(commit))
            .route("/internal/reservations/release", post(release))
            .route("/internal/restock", post(restock))
            .with_state(self.clone());
        in_process(router, Tasks::new())
    }

    fn present<T>(&self, work: impl FnOnce(&mut FakeStockState) -> Result<T, Problem>) -> Result<T, Problem> {
        self.with(|inventory| {
            if inventory.unavailable {
                return Err(problem::UNAVAILABLE.detail("Unavailable."));
            }
            work(inventory)
        })
    }
}

async fn reserve(
    State(stock): State<FakeStock>,
    Json(request): Json<ReservationRequest>,
) -> Result<Json<ReservationResponse>, Problem> {
    stock.present(|inventory| {
        if let Some(refusal) = &inventory.refusal {
            return Err(refusal.clone());
        }
        let wanted: u32 = request.lines.iter().map(|line| line.quantity.get()).sum();
        match inventory.reservations.get(&(request.order_id, request.attempt)) {
            Some((_, ReservationState::Released | ReservationState::Returned)) => {
                return Err(RESERVATION_RELEASED.detail("Already released."));
            }
            Some((_, state)) => return Ok(Json(ReservationResponse { state: *state })),
            None => {}
        }
        let available = inventory.on_hand - inventory.reserved();
        if available < wanted {
            let shortage = Shortage { sku: SKU.parse().expect("a SKU"), requested: wanted, available };
            return Err(OUT_OF_STOCK.detail("Out of stock.").with("lines", [shortage]));
        }
        inventory.reservations.insert((request.order_id, request.attempt), (wanted, ReservationState::Held));
        Ok(Json(ReservationResponse { state: ReservationState::Held }))
    })
}

async fn commit(
    State(stock): State<FakeStock>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    stock.present(|inventory| {
        if inventory.awaiting_arrival {
            return Err(AWAITING_STOCK.detail("Awaiting stock."));
        }
        if inventory.adjusted_below_reserved {
            return Err(STOCK_MISSING.detail("Stock was adjusted."));
        }
        match inventory.reservations.get_mut(&(key.order_id, key.attempt)) {
            Some((count, state)) if *state == ReservationState::Held => {
                *state = ReservationState::Committed;
                inventory.on_hand -= *count;
            }
            Some((_, ReservationState::Committed)) => {}
            _ => return Err(RESERVATION_RELEASED.detail("Not reserved.")),
        }
        Ok(Json(ReservationResponse { state: ReservationState::Committed }))
    })
}

async fn release(
    State(stock): State<FakeStock>,
    Json(key): Json<ReservationKey>,
) -> Result<Json<ReservationResponse>, Problem> {
    stock.present(|inventory| {
        // As in catalogue, an unknown reservation becomes a released one, which refuses a delayed reserve request.
        let stored =
            inventory.reservations.entry((key.order_id, key.attempt)).or_insert((0, ReservationState::Released));
        let state = match stored.1 {
            ReservationState::Held | ReservationState::Released => ReservationState::Released,
            ReservationState::Committed => {
                inventory.on_hand += stored.0;
                ReservationState::Returned
            }
            ReservationState::Returned => ReservationState::Returned,
        };
        stored.1 = state;
        Ok(Json(ReservationResponse { state }))
    })
}

async fn restock(State(stock): State<FakeStock>, Json(request): Json<RestockRequest>) -> Result<Json<()>, Problem> {
    stock.present(|inventory| {
        if inventory.restocked.insert(request.step_key) {
            inventory.on_hand += request.lines.iter().map(|line| line.quantity.get()).sum::<u32>();
        }
        Ok(Json(()))
    })
}
