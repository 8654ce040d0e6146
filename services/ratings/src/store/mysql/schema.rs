//! The MySQL schema of the ratings service.

use chassis::mysql::Migration;

/// `tallies` has the rating summaries; its row of a product is also the lock of the product's reviews. `watched` has the
/// authors that staff flagged, by product.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS reviews (
        id CHAR(36) PRIMARY KEY,
        product_id CHAR(36) NOT NULL,
        account_id CHAR(36) NOT NULL,
        author TEXT NOT NULL,
        score BIGINT NOT NULL CHECK (score BETWEEN 1 AND 5),
        title TEXT NOT NULL,
        body MEDIUMTEXT NOT NULL,
        verified BOOLEAN NOT NULL,
        helpful BIGINT NOT NULL DEFAULT 0 CHECK (helpful >= 0),
        state VARCHAR(20) NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        UNIQUE KEY reviews_own (account_id, product_id),
        KEY reviews_newest (product_id, state, created_at, id),
        KEY reviews_helpful (product_id, state, helpful, id),
        KEY reviews_by_state (state, created_at, id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    CREATE TABLE IF NOT EXISTS tallies (
        product_id CHAR(36) PRIMARY KEY,
        one BIGINT NOT NULL DEFAULT 0 CHECK (one >= 0),
        two BIGINT NOT NULL DEFAULT 0 CHECK (two >= 0),
        three BIGINT NOT NULL DEFAULT 0 CHECK (three >= 0),
        four BIGINT NOT NULL DEFAULT 0 CHECK (four >= 0),
        five BIGINT NOT NULL DEFAULT 0 CHECK (five >= 0)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    CREATE TABLE IF NOT EXISTS votes (
        review_id CHAR(36) NOT NULL,
        account_id CHAR(36) NOT NULL,
        PRIMARY KEY (review_id, account_id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    CREATE TABLE IF NOT EXISTS purchases (
        account_id CHAR(36) NOT NULL,
        product_id CHAR(36) NOT NULL,
        order_id CHAR(36) NOT NULL,
        recorded_at BIGINT NOT NULL,
        PRIMARY KEY (account_id, product_id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    CREATE TABLE IF NOT EXISTS watched (
        account_id CHAR(36) NOT NULL,
        product_id CHAR(36) NOT NULL,
        PRIMARY KEY (account_id, product_id)
    ) ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;";

/// The migrations, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "reviews, tallies, votes, purchases", sql: TABLES },
    // The inbox is in the same database, so that an event and its effect share a transaction.
    Migration { version: 2, name: "inbox", sql: events::inbox::mysql::SCHEMA },
];
