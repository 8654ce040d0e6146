//! The HTTP API of catalogue.

mod categories;
mod content;
mod failed_images;
mod images;
mod imports;
mod internal;
mod products;
mod promotions;
mod shop;
mod stock;
mod tax_rates;

use crate::catalogue::Catalogue;
use crate::product_imports::ProductImports;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Builds the router of all operations.
pub fn routes(catalogue: Catalogue, imports: ProductImports) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(shop::get_shop, shop::update_shop))
        .routes(routes!(content::get_storefront, content::replace_storefront))
        .routes(routes!(content::get_email_texts, content::replace_email_texts))
        .routes(routes!(content::list_pages))
        .routes(routes!(content::get_page, content::put_page, content::delete_page))
        .routes(routes!(categories::list_categories))
        .routes(routes!(categories::get_category_draft))
        .routes(routes!(categories::put_category, categories::delete_category))
        .routes(routes!(products::list_products))
        .routes(routes!(products::list_unpublished_products))
        .routes(routes!(products::suggest_products))
        .routes(routes!(products::get_product, products::put_product, products::delete_product))
        .routes(routes!(products::get_product_draft))
        .routes(routes!(products::get_product_prices))
        .routes(routes!(images::get_image))
        .routes(routes!(images::upload_image))
        .routes(routes!(failed_images::list_failed_images))
        .routes(routes!(failed_images::retry_failed_images))
        .routes(routes!(stock::list_stock))
        .routes(routes!(stock::get_stock))
        .routes(routes!(stock::list_stock_history))
        .routes(routes!(stock::adjust_stock))
        .routes(routes!(stock::set_stock_threshold))
        .routes(routes!(tax_rates::list_tax_rates, tax_rates::replace_tax_rates))
        .routes(routes!(promotions::list_promotions))
        .routes(routes!(promotions::put_promotion, promotions::delete_promotion))
        .routes(routes!(internal::get_email_texts_internally))
        .routes(routes!(internal::get_pricing))
        .routes(routes!(internal::reserve_stock))
        .routes(routes!(internal::commit_reservation))
        .routes(routes!(internal::release_reservation))
        .routes(routes!(internal::restock_returns))
        .routes(routes!(internal::get_product_reference))
        .routes(routes!(internal::list_feed_products))
        .routes(routes!(internal::list_sitemap_products))
        .with_state(catalogue)
        .merge(import_routes(imports))
}

fn import_routes(imports: ProductImports) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(imports::start_import, imports::list_imports))
        .routes(routes!(imports::get_import))
        .with_state(imports)
}
