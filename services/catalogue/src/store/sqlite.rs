//! Stores in SQLite files for a shop that runs as one process.
//!
//! Lists of ids are bound as one JSON array (`json_each`), so that every statement has a fixed text and is prepared once.

mod content;
mod image_queue;
mod import_runs;
mod imports;
mod product_writes;
mod products;
mod schema;
mod stock;

pub use products::SqliteProducts;
pub use stock::SqliteStock;
