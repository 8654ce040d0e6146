//! Stores in MongoDB for a shop whose services run as several replicas.
//!
//! Text from outside (SKUs, handles, URLs) is always stored as a value and never as a field name, since field names with
//! `$` or `.` have a meaning in queries. Ids are text, times are microseconds, and numbers have 64 bits.

mod adjustments;
mod audit;
mod change_log;
mod codec;
mod collections;
mod content;
mod data_migration;
mod image_bucket;
mod image_queue;
mod import_runs;
mod imports;
mod keyed_locks;
mod levels;
mod product_writes;
mod products;
mod queries;
mod queued_images;
mod reservations;
mod schema;
mod settings;
mod stock;
mod stock_upgrade;
mod stored_responses;
mod transaction;

pub use data_migration::MongoRecords;
pub use image_bucket::{GridFsImages, GridFsRecords};
pub use products::MongoProducts;
pub use stock::MongoStock;
