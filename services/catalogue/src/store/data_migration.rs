//! The records that a data migration copies from SQLite files and the image folder into MongoDB and GridFS.
//!
//! The kinds and fields of records are the same in every database, so that a copy can be compared with its source.

pub mod images;
pub mod products;
pub mod stock;
