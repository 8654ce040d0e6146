//! What of products moves with a shop. Products are moved before the changes of them, which a search index follows.
//!
//! Left out is the search index, which every replica builds by itself, and the handles of imports that were begun anew,
//! which nobody asks for any more. The handles of all others are swept as if their run had seen them last.

use super::VariantRecord;
use crate::import::ImportRun;
use crate::product::Product;
use chassis::StoreError;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{Table, read_flag, read_json};
use contracts::catalogue::{PromotionDraft, Shop, TaxRate};
use serde_json::Value;

/// The settings of the shop.
pub const SETTINGS: &str = "settings";
/// All tax rates, as one record.
pub const TAX_RATES: &str = "tax_rates";
/// Promotions.
pub const PROMOTIONS: &str = "promotions";
/// Categories.
pub const CATEGORIES: &str = "categories";
/// Products.
pub const PRODUCTS: &str = "products";
/// Their variants, as pricing asks for them.
pub const VARIANTS: &str = "variants";
/// Pictures to be fetched, with those that were.
pub const FETCHES: &str = "picture_fetches";
/// Runs of imports.
pub const RUNS: &str = "import_runs";
/// The handles that they came past.
pub const HANDLES: &str = "import_handles";
/// Which products changed, in which order.
pub const CHANGES: &str = "product_changes";

/// What an SQLite file has of it.
pub const TABLES: &[Table] = &[
    Table {
        name: SETTINGS,
        only: Some("name = 'shop'"),
        from: None,
        key: &["name"],
        columns: &[("name", Text), ("document", Text)],
    },
    Table {
        name: TAX_RATES,
        only: None,
        from: Some(
            "(SELECT 'tax_rates' AS name, json_group_array(
                  json_object('country', country, 'class', class, 'rate', rate) ORDER BY country, class) AS rates
              FROM tax_rates)",
        ),
        key: &["name"],
        columns: &[("name", Text), ("rates", Text)],
    },
    Table { name: PROMOTIONS, only: None, from: None, key: &["code"], columns: &[("code", Text), ("document", Text)] },
    Table {
        name: CATEGORIES,
        only: None,
        from: None,
        key: &["handle"],
        columns: &[("handle", Text), ("name", Text), ("description", Text)],
    },
    Table {
        name: PRODUCTS,
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("handle", Text),
            ("version", Integer),
            ("status", Text),
            ("updated_at", Integer),
            ("document", Text),
        ],
    },
    Table {
        name: VARIANTS,
        only: None,
        from: None,
        key: &["sku"],
        columns: &[("sku", Text), ("product_id", Text), ("active", Integer), ("document", Text)],
    },
    Table {
        name: FETCHES,
        only: None,
        from: None,
        key: &["product_id", "url"],
        columns: &[
            ("product_id", Text),
            ("url", Text),
            ("state", Text),
            ("attempts", Integer),
            ("due_at", Integer),
            ("reason", Text),
            ("media", Text),
        ],
    },
    Table {
        name: RUNS,
        only: None,
        from: None,
        key: &["key"],
        columns: &[("key", Text), ("id", Text), ("updated_at", Integer), ("document", Text)],
    },
    Table {
        name: HANDLES,
        only: None,
        from: Some(
            "(SELECT run, handle, pass, scattered, updated_at / 1000 AS seen_at
              FROM import_handles CROSS JOIN import_runs ON import_runs.id = run)",
        ),
        key: &["run", "handle"],
        columns: &[("run", Text), ("handle", Text), ("pass", Integer), ("scattered", Integer), ("seen_at", Integer)],
    },
    Table {
        name: CHANGES,
        only: None,
        from: Some("(SELECT sequence, product_id AS \"of\" FROM changes)"),
        key: &["sequence"],
        columns: &[("sequence", Integer), ("of", Text)],
    },
];

/// The value of a row's record.
pub fn shape(kind: &str, mut row: Value) -> Result<Value, StoreError> {
    match kind {
        SETTINGS => read_json::<Shop>(&mut row, "document")?,
        TAX_RATES => read_json::<Vec<TaxRate>>(&mut row, "rates")?,
        PROMOTIONS => read_json::<PromotionDraft>(&mut row, "document")?,
        PRODUCTS => read_json::<Product>(&mut row, "document")?,
        VARIANTS => {
            read_flag(&mut row, "active");
            read_json::<VariantRecord>(&mut row, "document")?;
        }
        FETCHES => leave_out_nulls(&mut row),
        RUNS => read_json::<ImportRun>(&mut row, "document")?,
        HANDLES => read_flag(&mut row, "scattered"),
        _ => {}
    }
    Ok(row)
}

/// What is not known is left out of documents.
fn leave_out_nulls(row: &mut Value) {
    if let Some(fields) = row.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}
