//! What staff set.

use super::Service;
use crate::zones;
use axum::extract::State;
use chassis::http::Json;
use chassis::problem;
use chassis::{Problem, StoreError};
use contracts::shipping::{Warehouse, Zones};

/// Where parcels start from
#[utoipa::path(
    get, path = "/api/v1/shipping/warehouse", tag = "shipping", operation_id = "get_warehouse",
    responses((status = 200, body = Warehouse)),
)]
pub async fn warehouse(State(shipping): Service) -> Result<Json<Warehouse>, Problem> {
    Ok(Json(Warehouse { place_id: shipping.warehouse().await?.id }))
}

/// Sets where parcels start from
///
/// Quotes already given keep their prices.
#[utoipa::path(
    put, path = "/api/v1/shipping/warehouse", tag = "shipping", operation_id = "set_warehouse",
    request_body = Warehouse,
    responses((status = 200, body = Warehouse), (status = 404, body = Problem), (status = 422, body = Problem)),
)]
pub async fn set_warehouse(
    State(shipping): Service,
    Json(warehouse): Json<Warehouse>,
) -> Result<Json<Warehouse>, Problem> {
    let place = shipping.place(warehouse.place_id).await?;
    shipping.store.set_warehouse(place.id).await?;
    Ok(Json(warehouse))
}

/// The prices for shipping
///
/// Amounts are minor units of the shop's currency.
#[utoipa::path(
    get, path = "/api/v1/shipping/zones", tag = "shipping", operation_id = "get_shipping_zones",
    responses((status = 200, body = Zones)),
)]
pub async fn zones(State(shipping): Service) -> Result<Json<Zones>, Problem> {
    Ok(Json(shipping.zones().await?))
}

/// Sets the prices for shipping
///
/// `version` is that of the table the change was made from; the answer has the new one.
#[utoipa::path(
    put, path = "/api/v1/shipping/zones", tag = "shipping", operation_id = "set_shipping_zones",
    request_body = Zones,
    responses((status = 200, body = Zones), (status = 409, body = Problem), (status = 422, body = Problem)),
)]
pub async fn set_zones(State(shipping): Service, Json(table): Json<Zones>) -> Result<Json<Zones>, Problem> {
    let table = zones::checked(table, &shipping.countries)?;
    match shipping.store.set_zones(&table).await {
        Ok(version) => Ok(Json(Zones { version, ..table })),
        Err(StoreError::Conflict) => {
            Err(problem::STALE.detail("Somebody has changed the prices since you read them. Read them again."))
        }
        Err(error) => Err(error.into()),
    }
}
