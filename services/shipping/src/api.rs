//! Shipping over HTTP.

mod cached;
mod internal;
mod public;
mod staff;

use crate::shipping::Shipping;
use chassis::Problem;
use contracts::SingleLineText;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

type Service = axum::extract::State<Arc<Shipping>>;

/// The operations of shipping.
pub fn routes() -> OpenApiRouter<Arc<Shipping>> {
    OpenApiRouter::new()
        .routes(routes!(public::countries))
        .routes(routes!(public::places))
        .routes(routes!(public::tracking))
        .routes(routes!(staff::warehouse, staff::set_warehouse))
        .routes(routes!(staff::zones, staff::set_zones))
        .routes(routes!(internal::quote))
        .routes(routes!(internal::find_quote))
        .routes(routes!(internal::announce))
        .routes(routes!(internal::cancel))
}

/// Refuses a text that is not one line of 1 to `MOST` printable characters.
fn line<const MAX: usize>(pointer: &str, text: &str) -> Result<(), Problem> {
    text.parse::<SingleLineText<MAX>>().map(|_| ()).map_err(|fault| Problem::invalid(pointer, fault))
}
