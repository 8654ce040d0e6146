//! The schemas of `catalogue.db` and `stock.db`. Never edit an existing migration; add a new one.

use chassis::sqlite::Migration;

/// The migrations of `catalogue.db`, in order.
pub const PRODUCTS: &[Migration] =
    &[PRODUCTS_V1, PRODUCTS_V2, PRODUCTS_V3, PRODUCTS_V4, PRODUCTS_V5, PRODUCTS_V6, PRODUCTS_V7];

/// The migrations of `stock.db`, in order.
pub const STOCK: &[Migration] = &[
    STOCK_V1,
    STOCK_V2,
    Migration { version: 3, name: "the outbox", sql: events::outbox::sqlite::SCHEMA },
    Migration { version: 4, name: "answers to requests", sql: chassis::idempotency::sqlite::SCHEMA },
    STOCK_V5,
];

// `changes` uses AUTOINCREMENT, so that a sequence number is never reused and readers miss no change.
const PRODUCTS_V1: Migration = Migration {
    version: 1,
    name: "products, categories, taxes, promotions, settings",
    sql: "CREATE TABLE products (
              id TEXT PRIMARY KEY,
              handle TEXT NOT NULL UNIQUE,
              version INTEGER NOT NULL,
              status TEXT NOT NULL,
              document TEXT NOT NULL,
              updated_at INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE variants (
              sku TEXT PRIMARY KEY,
              product_id TEXT NOT NULL,
              active INTEGER NOT NULL,
              document TEXT NOT NULL
          ) WITHOUT ROWID;
          CREATE INDEX variants_by_product ON variants (product_id);
          CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, product_id TEXT NOT NULL);
          CREATE TABLE categories (handle TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE tax_rates (
              country TEXT NOT NULL, class TEXT NOT NULL, rate INTEGER NOT NULL, PRIMARY KEY (country, class)
          ) WITHOUT ROWID;
          CREATE TABLE promotions (code TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE settings (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;",
};

// The queue is filled from existing products, whose documents still call their images `pictures`.
const PRODUCTS_V2: Migration = Migration {
    version: 2,
    name: "pictures to be fetched, runs of imports",
    sql: "CREATE TABLE picture_fetches (
              product_id TEXT NOT NULL,
              url TEXT NOT NULL,
              state TEXT NOT NULL,
              attempts INTEGER NOT NULL,
              due_at INTEGER NOT NULL,
              reason TEXT,
              media TEXT,
              PRIMARY KEY (product_id, url)
          ) WITHOUT ROWID;
          CREATE INDEX picture_fetches_due ON picture_fetches (due_at) WHERE state = 'waiting';
          CREATE INDEX picture_fetches_failed ON picture_fetches (product_id, url) WHERE state = 'failed';
          CREATE INDEX picture_fetches_known ON picture_fetches (url) WHERE media IS NOT NULL;
          INSERT INTO picture_fetches (product_id, url, state, attempts, due_at)
              SELECT products.id, picture.value ->> 'url', 'waiting', 0, 0
              FROM products, json_each(products.document, '$.pictures') AS picture
              WHERE picture.value ->> 'url' LIKE 'http%' GROUP BY 1, 2;
          CREATE TABLE import_runs (
              key TEXT PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, updated_at INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE import_handles (
              run TEXT NOT NULL, handle TEXT NOT NULL, pass INTEGER NOT NULL, scattered INTEGER NOT NULL,
              PRIMARY KEY (run, handle)
          ) WITHOUT ROWID;",
};

// Has all columns of a sitemap, which would otherwise be read past the documents of all products.
const PRODUCTS_V3: Migration = Migration {
    version: 3,
    name: "the products for sale",
    sql: "CREATE INDEX products_for_sale ON products (id, handle, updated_at) WHERE status = 'active';",
};

const PRODUCTS_V4: Migration = Migration {
    version: 4,
    name: "products by status",
    sql: "CREATE INDEX products_by_status ON products (status, id);",
};

// A list of pages needs titles only, so they are stored beside the contents.
const PRODUCTS_V5: Migration = Migration {
    version: 5,
    name: "pages, settings of the storefront, imports",
    sql: "CREATE TABLE pages (
              handle TEXT PRIMARY KEY, version INTEGER NOT NULL, summary TEXT NOT NULL, document TEXT NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE storefront (name TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE imports (id TEXT PRIMARY KEY, updated_at INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;",
};

const PRODUCTS_V6: Migration = Migration {
    version: 6,
    name: "translated categories",
    sql: "ALTER TABLE categories ADD COLUMN translations TEXT NOT NULL DEFAULT '{}';",
};

const PRODUCTS_V7: Migration = Migration {
    version: 7,
    name: "products by category, and the wording of emails",
    sql: "CREATE INDEX products_by_category ON products (json_extract(document, '$.category'));
          CREATE TABLE email_texts (name TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL) WITHOUT ROWID;",
};

// The reservations are documents besides their key, since they are always read and written as a whole.
const STOCK_V1: Migration = Migration {
    version: 1,
    name: "levels, history, reservations, uses of promotions",
    sql: "CREATE TABLE levels (
              sku TEXT PRIMARY KEY,
              on_hand INTEGER NOT NULL,
              reserved INTEGER NOT NULL,
              oversell TEXT NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE history (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              sku TEXT NOT NULL,
              at INTEGER NOT NULL,
              change INTEGER NOT NULL,
              reason TEXT NOT NULL,
              note TEXT NOT NULL,
              author TEXT NOT NULL,
              key TEXT UNIQUE
          );
          CREATE INDEX history_by_sku ON history (sku, id);
          CREATE TABLE reservations (
              order_id TEXT NOT NULL,
              attempt INTEGER NOT NULL,
              state TEXT NOT NULL,
              demand TEXT NOT NULL,
              promotion TEXT,
              expected_by INTEGER,
              PRIMARY KEY (order_id, attempt)
          ) WITHOUT ROWID;
          CREATE INDEX reservations_held ON reservations (order_id, attempt) WHERE state = 'held';
          CREATE TABLE promotion_uses (code TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE changes (sequence INTEGER PRIMARY KEY AUTOINCREMENT, sku TEXT NOT NULL);",
};

/// Treats an existing shortfall as backordered: before this version, nothing else could cause one.
const STOCK_V2: Migration = Migration {
    version: 2,
    name: "numbered lines with what is on hand after them, thresholds, what is short",
    sql: "ALTER TABLE history ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE history ADD COLUMN on_hand INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE history ADD COLUMN kind TEXT;
          ALTER TABLE history ADD COLUMN forced INTEGER NOT NULL DEFAULT 0;
          UPDATE history SET number = counted.number, on_hand = counted.on_hand
              FROM (SELECT id, row_number() OVER lines AS number, sum(change) OVER lines AS on_hand
                    FROM history WINDOW lines AS (PARTITION BY sku ORDER BY id)) AS counted
              WHERE counted.id = history.id;
          DROP INDEX history_by_sku;
          CREATE UNIQUE INDEX history_by_number ON history (sku, number);
          ALTER TABLE levels ADD COLUMN lines INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN ahead INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN low_at INTEGER;
          ALTER TABLE levels ADD COLUMN low INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE levels ADD COLUMN short INTEGER NOT NULL DEFAULT 0;
          UPDATE levels SET lines = (SELECT count(*) FROM history WHERE history.sku = levels.sku),
                            ahead = max(0, reserved - on_hand), short = reserved > on_hand,
                            low = oversell = 'deny' AND on_hand - reserved <= 5;
          CREATE INDEX levels_low ON levels (sku) WHERE low = 1;
          CREATE INDEX levels_short ON levels (sku) WHERE short = 1;",
};

const STOCK_V5: Migration = Migration {
    version: 5,
    name: "reservations by cart",
    sql: "ALTER TABLE reservations ADD COLUMN cart_id TEXT;
          CREATE INDEX reservations_by_cart ON reservations (cart_id) WHERE state = 'held' AND cart_id IS NOT NULL;",
};
