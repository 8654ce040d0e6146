//! The search index: derived from the products, never the truth. It answers every list of products, so that filters,
//! facets, sorting and search are one thing.

mod document;
mod follower;
mod index;
mod query;

pub use follower::Follower;
pub use index::{Followed, Listing, SearchIndex};
pub use query::{ProductQuery, Sort};
