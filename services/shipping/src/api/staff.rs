//! The operations for staff.

use super::Service;
use crate::zones;
use axum::extract::State;
use chassis::http::Json;
use chassis::problem;
use chassis::{Problem, StoreError};
use contracts::shipping::{Warehouse, Zones};

/// Get the warehouse's place
#[utoipa::path(
    get, path = "/api/v1/shipping/warehouse", tag = "shipping", operation_id = "get_warehouse",
    responses((status = 200, body = Warehouse)),
)]
pub async fn get_warehouse(State(shipping): Service) -> Result<Json<Warehouse>, Problem> {
    Ok(Json(Warehouse { place_id: shipping.warehouse().await?.id }))
}

/// Set the warehouse's place
///
/// Shipments start there, and distances are measured from there. Quotes made earlier keep their prices.
#[utoipa::path(
    put, path = "/api/v1/shipping/warehouse", tag = "shipping", operation_id = "set_warehouse",
    request_body(content = Warehouse, example = json!({ "place_id": 2_950_159 })),
    responses(
        (status = 200, body = Warehouse),
        (status = 404, description = "`unknown-place`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn set_warehouse(
    State(shipping): Service,
    Json(warehouse): Json<Warehouse>,
) -> Result<Json<Warehouse>, Problem> {
    // Checked here, because the store would accept any id and then ignore it.
    let place = shipping.place(warehouse.place_id).await?;
    shipping.store.set_warehouse(place.id).await?;
    Ok(Json(warehouse))
}

/// Get the shipping prices
///
/// Amounts are in minor units of the shop's currency.
#[utoipa::path(
    get, path = "/api/v1/shipping/zones", tag = "shipping", operation_id = "get_shipping_zones",
    responses((status = 200, body = Zones)),
)]
pub async fn get_zones(State(shipping): Service) -> Result<Json<Zones>, Problem> {
    Ok(Json(shipping.zones().await?))
}

/// Set the shipping prices
///
/// `version` must be the version that the change is based on; the response has the new one.
#[utoipa::path(
    put, path = "/api/v1/shipping/zones", tag = "shipping", operation_id = "set_shipping_zones",
    request_body = Zones,
    responses(
        (status = 200, body = Zones),
        (status = 409, description = "`stale-version`", body = Problem),
        (status = 422, description = "`invalid-input`", body = Problem),
    ),
)]
pub async fn set_zones(State(shipping): Service, Json(table): Json<Zones>) -> Result<Json<Zones>, Problem> {
    let table = zones::validate(table, &shipping.countries)?;
    match shipping.store.set_zones(&table).await {
        Ok(version) => Ok(Json(Zones { version, ..table })),
        Err(StoreError::Conflict) => {
            Err(problem::STALE.detail("The prices were changed after you loaded them. Load them again."))
        }
        Err(error) => Err(error.into()),
    }
}
