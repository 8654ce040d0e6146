//! The SQLite schema of the user service.

use chassis::sqlite::Migration;

/// The migrations, in order. `email_key` is the email in lower case; `admin` is derived from `roles` for its index.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "accounts, sessions, addresses",
        sql: "
    CREATE TABLE accounts (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL,
        email_key TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password TEXT NOT NULL,
        roles TEXT NOT NULL,
        admin INTEGER NOT NULL,
        created_at BIGINT NOT NULL,
        version BIGINT NOT NULL
    );
    CREATE INDEX accounts_admin ON accounts (id) WHERE admin = 1;
    CREATE TABLE first_admin_code (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        digest TEXT NOT NULL
    );
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        seed TEXT NOT NULL,
        sequence BIGINT NOT NULL,
        user_agent TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        last_used_at BIGINT NOT NULL
    );
    CREATE INDEX sessions_account ON sessions (account_id, last_used_at);
    CREATE INDEX sessions_used ON sessions (last_used_at);
    CREATE INDEX sessions_created ON sessions (created_at);
    CREATE TABLE refresh_tokens (
        digest TEXT PRIMARY KEY,
        session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        sequence BIGINT NOT NULL,
        issued_at BIGINT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);
    CREATE INDEX refresh_tokens_issued ON refresh_tokens (issued_at);
    CREATE TABLE addresses (
        place INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        document TEXT NOT NULL,
        created_at BIGINT NOT NULL
    );
    CREATE INDEX addresses_account ON addresses (account_id, place);",
    },
    Migration {
        version: 2,
        name: "API keys",
        sql: "CREATE TABLE api_keys (
                  id TEXT PRIMARY KEY,
                  digest TEXT NOT NULL UNIQUE,
                  name TEXT NOT NULL,
                  roles TEXT NOT NULL,
                  created_by TEXT NOT NULL,
                  created_at BIGINT NOT NULL,
                  last_used_at BIGINT
              ) WITHOUT ROWID;",
    },
];
