//! The tables of a data migration, the same in every SQL database.

use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::Table;

/// The tables, in the order in which they are copied: votes reference reviews.
pub const TABLES: &[Table] = &[
    Table {
        name: "reviews",
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("product_id", Text),
            ("account_id", Text),
            ("author", Text),
            ("score", Integer),
            ("title", Text),
            ("body", Text),
            ("verified", Integer),
            ("helpful", Integer),
            ("state", Text),
            ("created_at", Integer),
            ("updated_at", Integer),
        ],
    },
    Table {
        name: "tallies",
        only: None,
        from: None,
        key: &["product_id"],
        columns: &[
            ("product_id", Text),
            ("one", Integer),
            ("two", Integer),
            ("three", Integer),
            ("four", Integer),
            ("five", Integer),
        ],
    },
    Table {
        name: "votes",
        only: None,
        from: None,
        key: &["review_id", "account_id"],
        columns: &[("review_id", Text), ("account_id", Text)],
    },
    Table {
        name: "purchases",
        only: None,
        from: None,
        key: &["account_id", "product_id"],
        columns: &[("account_id", Text), ("product_id", Text), ("order_id", Text), ("recorded_at", Integer)],
    },
    Table {
        name: "watched",
        only: None,
        from: None,
        key: &["account_id", "product_id"],
        columns: &[("account_id", Text), ("product_id", Text)],
    },
    events::inbox::TABLE,
];
