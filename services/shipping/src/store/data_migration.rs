//! The tables of a data migration, the same in every SQL database. Places are not migrated: each database loads them from
//! the gazetteer at its first start.

use chassis::data_migration::Column::{Integer, Text};
use chassis::data_migration::Table;

/// The tables in the order in which they are copied.
pub const TABLES: &[Table] = &[
    Table {
        name: "settings",
        only: Some("name <> 'gazetteer'"),
        from: None,
        key: &["name"],
        columns: &[("name", Text), ("version", Integer), ("body", Text)],
    },
    Table {
        name: "quotes",
        only: None,
        from: None,
        key: &["id"],
        columns: &[("id", Text), ("expires_at", Integer), ("body", Text)],
    },
    Table {
        name: "announcements",
        only: None,
        // SQLite stores only cancelled announcements without a shipment; MySQL has a row for every announcement.
        from: Some(
            "(SELECT order_id, step_key, max(at) AS cancelled_at FROM (
             SELECT order_id, step_key, NULL AS at FROM shipments
             UNION ALL SELECT order_id, step_key, at FROM cancelled_announcements
         ) GROUP BY order_id, step_key)",
        ),
        key: &["order_id", "step_key"],
        columns: &[("order_id", Text), ("step_key", Text), ("cancelled_at", Integer)],
    },
    Table {
        name: "shipments",
        only: None,
        from: None,
        key: &["id"],
        columns: &[
            ("id", Text),
            ("order_id", Text),
            ("step_key", Text),
            ("number", Text),
            ("speed", Text),
            ("status", Text),
            ("stops", Text),
            ("passed", Integer),
            ("due_at", Integer),
            ("arrival_at", Integer),
            ("carrier", Text),
            ("details", Text),
        ],
    },
    Table {
        name: "tracking_events",
        only: None,
        from: None,
        key: &["shipment_id", "sequence"],
        columns: &[("shipment_id", Text), ("sequence", Integer), ("at", Integer), ("body", Text)],
    },
    events::outbox::TABLE,
];
