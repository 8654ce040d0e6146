//! Production stores on MongoDB. What customers, merchants and suppliers name (SKUs, handles, addresses) is always a
//! value, never the key of a field; ids are text, moments are microseconds, all numbers are 64 bits wide.

mod answers;
mod audit;
mod changes;
mod corrections;
mod document;
mod gridfs;
mod imports;
mod levels;
mod moved;
mod images;
mod products;
mod queue;
mod reservations;
mod schema;
mod settings;
mod stock;
mod stock_layout;
mod turns;
mod work;
mod writes;

pub use gridfs::{GridFsContents, GridFsImages};
pub use moved::MongoContents;
pub use products::MongoProducts;
pub use stock::MongoStock;
