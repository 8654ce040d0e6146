//! The tables that a data migration copies, the same in every SQL database.

use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::Table;

/// The tables in the order in which they are copied.
pub const MIGRATED_TABLES: &[Table] = &[
    Table {
        name: "orders",
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("owner", Text),
            ("status", Text),
            ("due_at", Integer),
            ("fence", Integer),
            ("steps", Integer),
            ("lease_until", Integer),
            ("letters", Integer),
            ("document", Text),
        ],
    },
    Table {
        name: "mails",
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("channel", Text),
            ("recipient", Text),
            ("subject", Text),
            ("body", Text),
            ("at", Integer),
            ("due_at", Integer),
            ("tries", Integer),
            ("reason", Text),
        ],
    },
    Table {
        name: "stock_waits",
        only: None,
        from: None,
        key: &["sku", "order_id"],
        columns: &[("sku", Text), ("order_id", Text)],
    },
    Table {
        name: "order_terms",
        only: None,
        from: None,
        key: &["term", "order_id"],
        columns: &[("term", Text), ("order_id", Text)],
    },
    chassis::idempotency::TABLE,
    events::outbox::TABLE,
    events::inbox::TABLE,
];
