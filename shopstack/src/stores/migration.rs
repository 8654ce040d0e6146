//! The pairs of stores between which a data migration copies.

use super::{Backends, DataDir};
use crate::data_migration::MigrationSource;
use chassis::{StoreError, SystemContext};
use dispatch::mail::EmailRenderer;

/// All pairs of stores of the shop in `data_dir`, in the order in which they are copied.
///
/// # Errors
/// [`StoreError`] if a file cannot be opened, or a backend cannot be reached.
pub async fn migration_sources(
    data_dir: &DataDir,
    backends: &Backends,
    system: &SystemContext,
) -> Result<Vec<MigrationSource>, StoreError> {
    let accounts = (data_dir.accounts().await?.contents(), backends.accounts().await?.contents());
    let stock = (data_dir.stock().await?.contents(), backends.stock().await?.contents());
    let images = (data_dir.images()?.contents(), backends.images().await?.contents());
    let products = (data_dir.products().await?.contents(), backends.products().await?.contents());
    let payments = (data_dir.payments(system).await?.contents(), backends.payments(system).await?.contents());
    let orders = (
        data_dir.orders(EmailRenderer::disabled(), system).await?.contents(),
        backends.orders(EmailRenderer::disabled(), system).await?.contents(),
    );
    let shipments = (data_dir.shipments().await?.contents(), backends.shipments().await?.contents());
    let reviews = (data_dir.reviews().await?.contents(), backends.reviews().await?.contents());
    let carts = (data_dir.carts().await?.contents(), backends.carts().await?.contents());
    // The first two texts are stored in the progress file of a migration that was interrupted, so they do not change.
    Ok(vec![
        MigrationSource::new("user", "accounts", accounts.0, accounts.1),
        MigrationSource::new("stock", "levels", stock.0, stock.1),
        MigrationSource::new("pictures", "pictures", images.0, images.1),
        // After stock and images: a search index reads both as soon as it sees a new product.
        MigrationSource::new("catalogue", "products", products.0, products.1),
        MigrationSource::new("payment", "payments", payments.0, payments.1),
        MigrationSource::new("dispatch", "orders", orders.0, orders.1),
        MigrationSource::new("shipping", "shipments", shipments.0, shipments.1),
        MigrationSource::new("ratings", "reviews", reviews.0, reviews.1),
        MigrationSource::new("cart", "carts", carts.0, carts.1),
    ])
}
