//! The HTTP operations of the shipping service.

mod carrier_events;
mod http_cache;
mod internal;
mod public;
mod shipments;
mod staff;
mod tracking_text;

use crate::service::ShippingService;
use chassis::Problem;
use contracts::SingleLineText;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

type Service = axum::extract::State<Arc<ShippingService>>;

pub fn routes() -> OpenApiRouter<Arc<ShippingService>> {
    OpenApiRouter::new()
        .routes(routes!(public::list_countries))
        .routes(routes!(public::get_address_rules))
        .routes(routes!(public::search_places))
        .routes(routes!(public::track_shipment))
        .routes(routes!(carrier_events::receive_carrier_event))
        .routes(routes!(staff::get_warehouse, staff::set_warehouse))
        .routes(routes!(staff::get_zones, staff::set_zones))
        .routes(routes!(shipments::list_shipments))
        .routes(routes!(shipments::get_shipment))
        .routes(routes!(shipments::pack_shipment))
        .routes(routes!(shipments::ship_shipment))
        .routes(routes!(shipments::set_shipment_tracking))
        .routes(routes!(shipments::deliver_shipment))
        .routes(routes!(shipments::split_shipment))
        .routes(routes!(shipments::merge_shipment))
        .routes(routes!(internal::create_quote))
        .routes(routes!(internal::get_quote))
        .routes(routes!(internal::estimate_shipping))
        .routes(routes!(internal::list_places))
        .routes(routes!(internal::create_shipment))
        .routes(routes!(internal::cancel_shipment))
        .routes(routes!(shipments::list_order_shipments))
}

/// Rejects a text that is not one line of 1 to `MAX` printable characters.
fn validate_line<const MAX: usize>(pointer: &str, text: &str) -> Result<(), Problem> {
    match text.parse::<SingleLineText<MAX>>() {
        Ok(_) => Ok(()),
        Err(error) => Err(Problem::invalid(pointer, error.to_string())),
    }
}
