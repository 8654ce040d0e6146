//! The schema of the MySQL database.
//!
//! Texts that are compared and may end with spaces (normalised names, step keys) are `VARBINARY`: MySQL ignores trailing
//! spaces of texts, in most collations including `utf8mb4_bin`, while bytes compare as in SQLite.

use chassis::mysql::Migration;

pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "places, settings, quotes and shipments",
        sql: "
    CREATE TABLE IF NOT EXISTS settings (
        name VARCHAR(40) PRIMARY KEY,
        version BIGINT NOT NULL,
        body LONGTEXT NOT NULL
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CREATE TABLE IF NOT EXISTS places (
        id BIGINT PRIMARY KEY,
        name VARCHAR(400) NOT NULL,
        region VARCHAR(400) NOT NULL,
        country CHAR(2) NOT NULL,
        latitude INT NOT NULL,
        longitude INT NOT NULL,
        population BIGINT NOT NULL,
        KEY places_by_size (country, population DESC, id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    -- Folded names; the population is repeated, so that a search reads one stretch of this table and nothing else.
    CREATE TABLE IF NOT EXISTS place_names (
        country CHAR(2) NOT NULL,
        folded VARBINARY(1000) NOT NULL,
        place_id BIGINT NOT NULL,
        population BIGINT NOT NULL,
        PRIMARY KEY (country, folded, place_id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CREATE TABLE IF NOT EXISTS quotes (
        id CHAR(36) PRIMARY KEY,
        expires_at BIGINT NOT NULL,
        body LONGTEXT NOT NULL,
        KEY quotes_by_expiry (expires_at)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    -- What was asked for, whether there is a parcel or not: whoever announces or cancels locks its row here first. A
    -- cancellation that came before the announcement is noted in it.
    CREATE TABLE IF NOT EXISTS announcements (
        order_id CHAR(36) NOT NULL,
        step_key VARBINARY(800) NOT NULL,
        cancelled_at BIGINT,
        PRIMARY KEY (order_id, step_key)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    -- due_at is null once nothing moves the parcel any more.
    CREATE TABLE IF NOT EXISTS shipments (
        id CHAR(36) PRIMARY KEY,
        order_id CHAR(36) NOT NULL,
        step_key VARBINARY(800) NOT NULL,
        number VARCHAR(40) NOT NULL,
        speed VARCHAR(20) NOT NULL,
        status VARCHAR(20) NOT NULL,
        stops LONGTEXT NOT NULL,
        passed BIGINT NOT NULL,
        due_at BIGINT,
        arrival_at BIGINT NOT NULL,
        UNIQUE KEY shipments_step (order_id, step_key),
        UNIQUE KEY shipments_number (number),
        KEY shipments_due (due_at, id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    CREATE TABLE IF NOT EXISTS tracking_events (
        shipment_id CHAR(36) NOT NULL,
        sequence BIGINT NOT NULL,
        at BIGINT NOT NULL,
        body LONGTEXT NOT NULL,
        PRIMARY KEY (shipment_id, sequence)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;",
    },
    Migration { version: 2, name: "the outbox", sql: events::outbox::mysql::SCHEMA },
    // Until this version every shipment was carried by the built-in carrier.
    Migration {
        version: 3,
        name: "the carrier of a shipment",
        sql: "ALTER TABLE shipments ADD COLUMN carrier VARCHAR(100) NOT NULL DEFAULT 'ShopStack Parcel';",
    },
    // A new version of the normalisation loads all places again after this.
    Migration {
        version: 4,
        name: "the main names of places",
        sql: "ALTER TABLE place_names ADD COLUMN is_main BOOLEAN NOT NULL DEFAULT FALSE;",
    },
    Migration {
        version: 5,
        name: "the items of a shipment",
        sql: "ALTER TABLE shipments ADD COLUMN details LONGTEXT;
              ALTER TABLE shipments ADD KEY shipments_by_status (status, id);",
    },
    Migration {
        version: 6,
        name: "the tracking number of a carrier",
        sql: "ALTER TABLE shipments ADD COLUMN carrier_number VARCHAR(64),
              ADD KEY shipments_by_carrier_number (carrier_number);",
    },
    Migration {
        version: 7,
        name: "the tracking numbers of earlier shipments",
        sql: "UPDATE shipments SET carrier_number = JSON_UNQUOTE(JSON_EXTRACT(details, '$.tracking.tracking_number'))
              WHERE JSON_TYPE(JSON_EXTRACT(details, '$.tracking.tracking_number')) = 'STRING';",
    },
    // Derived from the details, so that no write can forget it. The replicas of the version before write and read
    // `carrier_number`, so it stays.
    Migration {
        version: 8,
        name: "the tracking number of a carrier, derived",
        sql: "ALTER TABLE shipments ADD COLUMN carrier_tracking_number VARCHAR(64)
                  GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(details, '$.tracking.tracking_number'))) VIRTUAL,
              ADD KEY shipments_by_carrier_tracking_number (carrier_tracking_number);",
    },
];
