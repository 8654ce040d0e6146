//! The records of products. Products come before their change log, so that an index never follows a missing product.
//!
//! The list of earlier imports stays behind: it describes files that people uploaded to the old shop.
//!
//! The search index is not migrated, since every replica builds its own. Neither are the handles of import runs that were
//! restarted, which nothing reads. The other handles are migrated with the time of their run as the time they were seen.

use crate::product::Product;
use crate::store::content::{StoredPage, StoredSummary};
use crate::store::{ImportRun, StorefrontSettings, VariantRecord};
use chassis::StoreError;
use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::{Table, read_flag, read_json};
use contracts::catalogue::{CategoryTranslations, EmailTexts, PromotionDraft, Shop, TaxRate};
use serde_json::Value;

/// The kind of the record with the shop's settings.
pub const SETTINGS: &str = "settings";
/// The kind of the single record with all tax rates.
pub const TAX_RATES: &str = "tax_rates";
/// The kind of promotions.
pub const PROMOTIONS: &str = "promotions";
/// The kind of pages.
pub const PAGES: &str = "pages";
/// The kind of the single record with the settings of the storefront.
pub const STOREFRONT: &str = "storefront";
/// The kind of the single record with the wording of emails.
pub const EMAIL_TEXTS: &str = "email_texts";
/// The kind of categories.
pub const CATEGORIES: &str = "categories";
/// The kind of products.
pub const PRODUCTS: &str = "products";
/// The kind of variants, as pricing reads them.
pub const VARIANTS: &str = "variants";
/// The kind of queued and fetched images.
pub const IMAGE_QUEUE: &str = "picture_fetches";
/// The kind of import runs.
pub const IMPORT_RUNS: &str = "import_runs";
/// The kind of the handles that import runs have seen.
pub const IMPORT_HANDLES: &str = "import_handles";
/// The kind of entries in the change log of products.
pub const CHANGES: &str = "product_changes";

/// The tables of `catalogue.db`, in the order they are migrated.
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
            // One record, since MongoDB stores all rates in one document.
            "(SELECT 'tax_rates' AS name, json_group_array(
                  json_object('country', country, 'class', class, 'rate', rate) ORDER BY country, class) AS rates
              FROM tax_rates)",
        ),
        key: &["name"],
        columns: &[("name", Text), ("rates", Text)],
    },
    Table { name: PROMOTIONS, only: None, from: None, key: &["code"], columns: &[("code", Text), ("document", Text)] },
    Table {
        name: PAGES,
        only: None,
        from: None,
        key: &["handle"],
        columns: &[("handle", Text), ("version", Integer), ("summary", Text), ("document", Text)],
    },
    Table {
        name: STOREFRONT,
        only: None,
        from: None,
        key: &["name"],
        columns: &[("name", Text), ("version", Integer), ("document", Text)],
    },
    Table {
        name: EMAIL_TEXTS,
        only: None,
        from: None,
        key: &["name"],
        columns: &[("name", Text), ("version", Integer), ("document", Text)],
    },
    Table {
        name: CATEGORIES,
        only: None,
        from: None,
        key: &["handle"],
        columns: &[("handle", Text), ("name", Text), ("description", Text), ("translations", Text)],
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
        name: IMAGE_QUEUE,
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
        name: IMPORT_RUNS,
        only: None,
        from: None,
        key: &["key"],
        columns: &[("key", Text), ("id", Text), ("updated_at", Integer), ("document", Text)],
    },
    Table {
        name: IMPORT_HANDLES,
        only: None,
        from: Some(
            // The join drops the handles of restarted runs, whose id no run has any more.
            "(SELECT run, handle, pass, scattered, updated_at / 1000 AS seen_at
              FROM import_handles CROSS JOIN import_runs ON import_runs.id = run)",
        ),
        key: &["run", "handle"],
        columns: &[("run", Text), ("handle", Text), ("pass", Integer), ("scattered", Integer), ("seen_at", Integer)],
    },
    Table {
        name: CHANGES,
        only: None,
        // Both change logs call the changed thing `of`.
        from: Some("(SELECT sequence, product_id AS \"of\" FROM changes)"),
        key: &["sequence"],
        columns: &[("sequence", Integer), ("of", Text)],
    },
];

/// Converts a row into the value of its record: JSON text becomes JSON, flags become booleans.
pub fn to_record(kind: &str, mut row: Value) -> Result<Value, StoreError> {
    match kind {
        SETTINGS => read_json::<Shop>(&mut row, "document")?,
        TAX_RATES => read_json::<Vec<TaxRate>>(&mut row, "rates")?,
        CATEGORIES => read_json::<CategoryTranslations>(&mut row, "translations")?,
        PROMOTIONS => read_json::<PromotionDraft>(&mut row, "document")?,
        PAGES => {
            read_json::<StoredSummary>(&mut row, "summary")?;
            read_json::<StoredPage>(&mut row, "document")?;
        }
        STOREFRONT => read_json::<StorefrontSettings>(&mut row, "document")?,
        EMAIL_TEXTS => read_json::<EmailTexts>(&mut row, "document")?,
        PRODUCTS => read_json::<Product>(&mut row, "document")?,
        VARIANTS => {
            read_flag(&mut row, "active");
            read_json::<VariantRecord>(&mut row, "document")?;
        }
        IMAGE_QUEUE => remove_nulls(&mut row),
        IMPORT_RUNS => read_json::<ImportRun>(&mut row, "document")?,
        IMPORT_HANDLES => read_flag(&mut row, "scattered"),
        _ => {}
    }
    Ok(row)
}

/// Removes absent fields, which MongoDB documents do not have.
fn remove_nulls(row: &mut Value) {
    if let Some(fields) = row.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
}
