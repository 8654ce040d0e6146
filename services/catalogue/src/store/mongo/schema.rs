//! The collections of products and stock with their indexes. The conformance tests check that every query uses one.

use super::collections::CollectionSpec;
use mongodb::bson::doc;
use std::time::Duration;

/// The collection of products.
pub const PRODUCTS: &str = "products";
/// The collection of variants by SKU.
pub const VARIANTS: &str = "variants";
/// The change log of products.
pub const PRODUCT_CHANGES: &str = "product_changes";
/// The collection of categories.
pub const CATEGORIES: &str = "categories";
/// The collection of settings: the shop and all tax rates.
pub const SETTINGS: &str = "settings";
/// The id of the shop's settings.
pub const SHOP: &str = "shop";
/// The id of the document with all tax rates.
pub const TAX_RATES: &str = "tax_rates";
/// The collection of promotions by code.
pub const PROMOTIONS: &str = "promotions";
/// The collection of pages by handle.
pub const PAGES: &str = "pages";
/// The collection with the settings of the storefront.
pub const STOREFRONT: &str = "storefront";
/// The collection with the single document of the wording of emails.
pub const EMAIL_TEXTS: &str = "email_texts";
/// The collection of imports by id.
pub const IMPORTS: &str = "imports";
/// The collection of queued and fetched images.
pub const IMAGE_QUEUE: &str = "picture_fetches";
/// The collection of import runs.
pub const IMPORT_RUNS: &str = "import_runs";
/// The collection of the handles that import runs have seen.
pub const IMPORT_HANDLES: &str = "import_handles";

/// The collection of stock levels by SKU.
pub const LEVELS: &str = "levels";
/// The collection of history entries.
pub const HISTORY: &str = "history";
/// The change log of stock.
pub const STOCK_CHANGES: &str = "stock_changes";
/// The collection of reservations.
pub const RESERVATIONS: &str = "reservations";
/// The collection of usage counts of promotions.
pub const PROMOTION_USES: &str = "promotion_uses";
/// The collection of stored responses.
pub const RESPONSES: &str = "answers";

/// The time after which MongoDB deletes handles that a purged run left behind: four times the retention of runs.
const HANDLE_TTL: Duration = Duration::from_secs(360 * 86_400);

/// Returns the collections of products.
pub fn product_collections() -> Vec<CollectionSpec> {
    vec![
        CollectionSpec::new(PRODUCTS)
            .unique(doc! { "handle": 1 })
            // Has all fields of a sitemap, so that no document is read for one.
            .index(doc! { "status": 1, "_id": 1, "handle": 1, "updated_at": 1 })
            // Finds the products that keep a category from being deleted.
            .index(doc! { "document.category": 1 }),
        CollectionSpec::new(VARIANTS).index(doc! { "product_id": 1 }),
        change_log(PRODUCT_CHANGES),
        CollectionSpec::new(CATEGORIES).index(doc! { "name": 1 }),
        CollectionSpec::new(SETTINGS),
        CollectionSpec::new(PROMOTIONS),
        CollectionSpec::new(PAGES),
        CollectionSpec::new(STOREFRONT),
        CollectionSpec::new(EMAIL_TEXTS),
        CollectionSpec::new(IMPORTS).index(doc! { "updated_at": 1 }),
        CollectionSpec::new(IMAGE_QUEUE)
            .unique(doc! { "product_id": 1, "url": 1 })
            .partial(doc! { "state": 1, "due_at": 1 }, doc! { "state": "waiting" })
            .partial(doc! { "state": 1, "product_id": 1, "url": 1 }, doc! { "state": "failed" })
            .partial(doc! { "url": 1 }, doc! { "media": { "$exists": true } }),
        CollectionSpec::new(IMPORT_RUNS).index(doc! { "updated_at": 1 }),
        CollectionSpec::new(IMPORT_HANDLES)
            .unique(doc! { "run": 1, "handle": 1 })
            .partial(doc! { "run": 1, "scattered": 1 }, doc! { "scattered": false })
            .expiring("seen_at", HANDLE_TTL),
    ]
}

/// Returns the collections of stock.
pub fn stock_collections() -> Vec<CollectionSpec> {
    vec![
        CollectionSpec::new(LEVELS)
            .partial(doc! { "low": 1, "_id": 1 }, doc! { "low": true })
            .partial(doc! { "short": 1, "_id": 1 }, doc! { "short": true }),
        CollectionSpec::new(HISTORY)
            .unique(doc! { "sku": 1, "number": 1 })
            .unique_partial(doc! { "key": 1 }, doc! { "key": { "$exists": true } }),
        CollectionSpec::new(RESERVATIONS)
            .partial(doc! { "state": 1, "_id": 1 }, doc! { "state": "held" })
            .partial(doc! { "cart_id": 1, "state": 1 }, doc! { "state": "held" }),
        CollectionSpec::new(PROMOTION_USES),
        CollectionSpec::new(RESPONSES)
            .unique(doc! { "owner": 1, "operation": 1, "request_key": 1 })
            .index(doc! { "created_at": 1 }),
        change_log(STOCK_CHANGES),
    ]
}

/// Describes the collection of a change log. Its counter has the same name.
fn change_log(name: &'static str) -> CollectionSpec {
    CollectionSpec::new(name)
        .unique_partial(doc! { "sequence": 1 }, doc! { "sequence": { "$exists": true } })
        .partial(doc! { "waiting": 1, "_id": 1 }, doc! { "waiting": true })
}
