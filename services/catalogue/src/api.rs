//! Catalogue over HTTP.

mod internal;
mod merchandise;
mod images;
mod staff;
mod stock;

use crate::catalogue::Catalogue;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// All routes.
pub fn routes(catalogue: Catalogue) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(staff::shop, staff::write_shop))
        .routes(routes!(merchandise::categories))
        .routes(routes!(staff::write_category))
        .routes(routes!(merchandise::products))
        .routes(routes!(merchandise::suggest))
        .routes(routes!(merchandise::product, staff::write_product, staff::remove_product))
        .routes(routes!(images::image))
        .routes(routes!(images::upload))
        .routes(routes!(stock::levels))
        .routes(routes!(stock::stock))
        .routes(routes!(stock::history))
        .routes(routes!(stock::adjust))
        .routes(routes!(stock::set_threshold))
        .routes(routes!(staff::tax_rates, staff::write_tax_rates))
        .routes(routes!(staff::promotions))
        .routes(routes!(staff::write_promotion))
        .routes(routes!(internal::pricing))
        .routes(routes!(internal::reserve))
        .routes(routes!(internal::commit))
        .routes(routes!(internal::release))
        .routes(routes!(internal::restock))
        .routes(routes!(internal::product_reference))
        .with_state(catalogue)
}
