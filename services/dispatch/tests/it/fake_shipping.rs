//! A shipping service that follows the contract of the real one.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::Problem;
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use contracts::ShipmentId;
use contracts::shipping::{
    ALREADY_SHIPPED, OrderShipments, SHIPMENT_CANCELLED, ShipmentCancellation, ShipmentRequest, ShipmentStatus,
    ShipmentView,
};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct FakeShippingService(Arc<Mutex<FakeShippingState>>);

#[derive(Default)]
pub struct FakeShippingState {
    pub shipment: Option<ShipmentView>,
    /// The shipments that were split off it.
    pub split_off: Vec<ShipmentView>,
    pub cancelled: bool,
    /// The problem that every call returns.
    pub problem: Option<Problem>,
    /// The number of shipments that were announced.
    pub announced: usize,
}

impl FakeShippingService {
    pub fn with<T>(&self, view_order: impl FnOnce(&mut FakeShippingState) -> T) -> T {
        view_order(&mut self.0.lock().unwrap())
    }

    pub fn id(&self) -> ShipmentId {
        ShipmentId(Uuid::from_u128(0x5417))
    }

    /// Sets the status of the shipment without publishing an event.
    pub fn move_to(&self, status: ShipmentStatus) {
        self.with(|state| state.shipment.as_mut().expect("a shipment").status = status);
    }

    pub fn transport(&self) -> Transport {
        let router = Router::new()
            .route("/internal/shipments", post(create))
            .route("/internal/shipments/cancel", post(cancel))
            .route("/internal/orders/{id}/shipments", get(list))
            .with_state(self.clone());
        in_process(router, Tasks::new())
    }
}

async fn create(
    State(shipping): State<FakeShippingService>,
    Json(request): Json<ShipmentRequest>,
) -> Result<Json<ShipmentView>, Problem> {
    let id = shipping.id();
    shipping.with(|state| {
        if let Some(problem) = &state.problem {
            return Err(problem.clone());
        }
        if state.cancelled {
            return Err(SHIPMENT_CANCELLED.detail("Cancelled."));
        }
        if state.shipment.is_none() {
            state.announced += 1;
            state.shipment = Some(ShipmentView {
                id,
                order_id: request.order_id,
                number: "SS123".into(),
                carrier: "Test".into(),
                status: ShipmentStatus::Announced,
                lines: request.lines,
                tracking: None,
                version: 0,
            });
        }
        Ok(Json(state.shipment.clone().unwrap()))
    })
}

async fn list(State(shipping): State<FakeShippingService>) -> Json<OrderShipments> {
    let items = shipping.with(|state| state.shipment.iter().chain(&state.split_off).cloned().collect());
    Json(OrderShipments { items })
}

async fn cancel(
    State(shipping): State<FakeShippingService>,
    Json(_): Json<ShipmentCancellation>,
) -> Result<Json<()>, Problem> {
    shipping.with(|state| {
        if let Some(problem) = &state.problem {
            return Err(problem.clone());
        }
        if state.shipment.as_ref().is_some_and(|shipment| shipment.status != ShipmentStatus::Announced) {
            return Err(ALREADY_SHIPPED.detail("It has left."));
        }
        state.cancelled = true;
        Ok(Json(()))
    })
}
