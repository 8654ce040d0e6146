//! The SQLite schema of the ratings service.

use chassis::sqlite::Migration;
use events::inbox::sqlite::SCHEMA as INBOX;

/// The migrations, in order.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "reviews, tallies, votes, purchases", sql: TABLES },
    // The inbox is in the same file, so that an event and its effect share a transaction.
    Migration { version: 2, name: "inbox", sql: INBOX },
];

/// `tallies` has the rating summaries. `watched` has the authors that staff flagged, by product.
const TABLES: &str = "
    CREATE TABLE reviews (
        id TEXT PRIMARY KEY,
        product_id TEXT NOT NULL,
        account_id TEXT NOT NULL,
        author TEXT NOT NULL,
        score INTEGER NOT NULL CHECK (score BETWEEN 1 AND 5),
        title TEXT NOT NULL,
        body TEXT NOT NULL,
        verified INTEGER NOT NULL,
        helpful INTEGER NOT NULL DEFAULT 0 CHECK (helpful >= 0),
        state TEXT NOT NULL CHECK (state IN ('published', 'pending', 'rejected')),
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        UNIQUE (account_id, product_id)
    ) STRICT;
    CREATE INDEX reviews_newest ON reviews (product_id, created_at, id) WHERE state = 'published';
    CREATE INDEX reviews_helpful ON reviews (product_id, helpful, id) WHERE state = 'published';
    CREATE INDEX reviews_by_state ON reviews (state, created_at, id);
    CREATE TABLE tallies (
        product_id TEXT PRIMARY KEY,
        one INTEGER NOT NULL DEFAULT 0 CHECK (one >= 0),
        two INTEGER NOT NULL DEFAULT 0 CHECK (two >= 0),
        three INTEGER NOT NULL DEFAULT 0 CHECK (three >= 0),
        four INTEGER NOT NULL DEFAULT 0 CHECK (four >= 0),
        five INTEGER NOT NULL DEFAULT 0 CHECK (five >= 0)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE votes (
        review_id TEXT NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
        account_id TEXT NOT NULL,
        PRIMARY KEY (review_id, account_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE purchases (
        account_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        PRIMARY KEY (account_id, product_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE watched (
        account_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        PRIMARY KEY (account_id, product_id)
    ) STRICT, WITHOUT ROWID;";
