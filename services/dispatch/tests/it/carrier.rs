//! A shipping service that keeps its parcels as shipping promises to.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chassis::Problem;
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use contracts::ShipmentId;
use contracts::shipping::{
    ALREADY_SHIPPED, SHIPMENT_CANCELLED, ShipmentCancellation, ShipmentRequest, ShipmentStatus, ShipmentView,
};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

#[derive(Clone, Default)]
pub struct Carrier(Arc<Mutex<Parcels>>);

#[derive(Default)]
pub struct Parcels {
    pub parcel: Option<ShipmentView>,
    pub cancelled: bool,
    /// The problem that every call meets.
    pub trouble: Option<Problem>,
    /// How many parcels were ever announced.
    pub announced: usize,
}

impl Carrier {
    pub fn with<T>(&self, look: impl FnOnce(&mut Parcels) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    pub fn id(&self) -> ShipmentId {
        ShipmentId(Uuid::from_u128(0x5417))
    }

    /// The parcel goes on, without anybody being told.
    pub fn moves(&self, status: ShipmentStatus) {
        self.with(|parcels| parcels.parcel.as_mut().expect("a parcel").status = status);
    }

    pub fn transport(&self) -> Transport {
        let router = Router::new()
            .route("/internal/shipments", post(create))
            .route("/internal/shipments/cancel", post(cancel))
            .with_state(self.clone());
        in_process(router, Tasks::new())
    }
}

async fn create(
    State(carrier): State<Carrier>,
    Json(request): Json<ShipmentRequest>,
) -> Result<Json<ShipmentView>, Problem> {
    let id = carrier.id();
    carrier.with(|parcels| {
        if let Some(trouble) = &parcels.trouble {
            return Err(trouble.clone());
        }
        if parcels.cancelled {
            return Err(SHIPMENT_CANCELLED.detail("Cancelled."));
        }
        if parcels.parcel.is_none() {
            parcels.announced += 1;
            parcels.parcel = Some(ShipmentView {
                id,
                order_id: request.order_id,
                number: "SS123".into(),
                carrier: "Test".into(),
                status: ShipmentStatus::Announced,
            });
        }
        Ok(Json(parcels.parcel.clone().unwrap()))
    })
}

async fn cancel(State(carrier): State<Carrier>, Json(_): Json<ShipmentCancellation>) -> Result<Json<()>, Problem> {
    carrier.with(|parcels| {
        if let Some(trouble) = &parcels.trouble {
            return Err(trouble.clone());
        }
        if parcels.parcel.as_ref().is_some_and(|parcel| parcel.status != ShipmentStatus::Announced) {
            return Err(ALREADY_SHIPPED.detail("Gone."));
        }
        parcels.cancelled = true;
        Ok(Json(()))
    })
}
