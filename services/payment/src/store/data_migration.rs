//! The tables copied by a data migration, the same in every SQL database.

use chassis::data_migration::Column::{Bytes, Integer, Text};
use chassis::data_migration::Table;

/// The tables, in the order in which they are copied.
pub const TABLES: &[Table] = &[
    Table {
        name: "payments",
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("order_id", Text),
            ("live_cart_id", Text),
            ("state", Text),
            ("due_at", Integer),
            ("document", Text),
        ],
    },
    Table {
        name: "idempotency",
        only: None,
        from: None,
        key: &["owner", "operation", "key"],
        columns: &[
            ("owner", Text),
            ("operation", Text),
            ("key", Text),
            ("body_digest", Text),
            ("payment_id", Text),
            ("lease_until", Integer),
            ("status", Integer),
            ("body", Bytes),
            ("created_at", Integer),
        ],
    },
    Table {
        name: "ledger",
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Integer),
            ("source", Text),
            ("order_id", Text),
            ("account", Text),
            ("amount", Integer),
            ("currency", Text),
            ("at", Integer),
            ("gateway", Text),
        ],
    },
    Table {
        name: "notices",
        only: None,
        from: None,
        key: &["gateway", "id"],
        columns: &[
            ("gateway", Text),
            ("id", Text),
            ("body", Text),
            ("received_at", Integer),
            ("due_at", Integer),
            ("tries", Integer),
            ("reason", Text),
            ("given_up", Integer),
        ],
    },
    Table {
        name: "receipts",
        only: None,
        from: None,
        key: &["number"],
        columns: &[("number", Integer), ("order_id", Text), ("issued_at", Integer)],
    },
    Table { name: "sequences", only: None, from: None, key: &["name"], columns: &[("name", Text), ("value", Integer)] },
    events::outbox::TABLE,
];
