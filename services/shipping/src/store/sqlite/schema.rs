//! The schema of the SQLite file.

use chassis::sqlite::Migration;

pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "places, settings, quotes and shipments",
        sql: "
    CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        body TEXT NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE places (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        region TEXT NOT NULL,
        country TEXT NOT NULL,
        latitude INTEGER NOT NULL,
        longitude INTEGER NOT NULL,
        population INTEGER NOT NULL
    );
    CREATE INDEX places_by_size ON places (country, population DESC, id);
    -- Folded names; the population is repeated, so that a search reads one stretch of this table and nothing else.
    CREATE TABLE place_names (
        country TEXT NOT NULL,
        folded TEXT NOT NULL,
        place_id INTEGER NOT NULL,
        population INTEGER NOT NULL,
        PRIMARY KEY (country, folded, place_id)
    ) WITHOUT ROWID;

    CREATE TABLE quotes (
        id TEXT PRIMARY KEY,
        expires_at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX quotes_by_expiry ON quotes (expires_at);

    -- due_at is null once nothing moves the parcel any more.
    CREATE TABLE shipments (
        id TEXT PRIMARY KEY,
        order_id TEXT NOT NULL,
        step_key TEXT NOT NULL,
        number TEXT NOT NULL UNIQUE,
        speed TEXT NOT NULL,
        status TEXT NOT NULL,
        stops TEXT NOT NULL,
        passed INTEGER NOT NULL,
        due_at INTEGER,
        arrival_at INTEGER NOT NULL,
        UNIQUE (order_id, step_key)
    ) WITHOUT ROWID;
    CREATE INDEX shipments_due ON shipments (due_at) WHERE due_at IS NOT NULL;
    CREATE TABLE tracking_events (
        shipment_id TEXT NOT NULL REFERENCES shipments (id),
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (shipment_id, sequence)
    ) WITHOUT ROWID;
    -- Announcements that were cancelled before they came.
    CREATE TABLE cancelled_announcements (
        order_id TEXT NOT NULL,
        step_key TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (order_id, step_key)
    ) WITHOUT ROWID;",
    },
    Migration { version: 2, name: "the outbox", sql: events::outbox::sqlite::SCHEMA },
    // Until this version every shipment was carried by the built-in carrier.
    Migration {
        version: 3,
        name: "the carrier of a shipment",
        sql: "ALTER TABLE shipments ADD COLUMN carrier TEXT NOT NULL DEFAULT 'ShopStack Parcel';",
    },
    // A new version of the normalisation loads all places again after this.
    Migration {
        version: 4,
        name: "the main names of places",
        sql: "ALTER TABLE place_names ADD COLUMN is_main INTEGER NOT NULL DEFAULT 0;",
    },
    Migration {
        version: 5,
        name: "the items of a shipment",
        sql: "ALTER TABLE shipments ADD COLUMN details TEXT;
              CREATE INDEX shipments_by_status ON shipments (status, id);",
    },
    Migration {
        version: 6,
        name: "the tracking number of a carrier",
        sql: "ALTER TABLE shipments ADD COLUMN carrier_number TEXT;
              UPDATE shipments SET carrier_number = json_extract(details, '$.tracking.tracking_number');
              CREATE INDEX shipments_by_carrier_number ON shipments (carrier_number) WHERE carrier_number IS NOT NULL;",
    },
    // Derived from the details, so that no write can forget it.
    Migration {
        version: 7,
        name: "the tracking number of a carrier, derived",
        sql: "DROP INDEX shipments_by_carrier_number;
              ALTER TABLE shipments DROP COLUMN carrier_number;
              ALTER TABLE shipments ADD COLUMN carrier_tracking_number TEXT
                  GENERATED ALWAYS AS (json_extract(details, '$.tracking.tracking_number')) VIRTUAL;
              CREATE INDEX shipments_by_carrier_tracking_number ON shipments (carrier_tracking_number)
                  WHERE carrier_tracking_number IS NOT NULL;",
    },
];
