//! The search index, derived from the stores and rebuilt from them at any time.
//!
//! It serves every list of products, so that search, filters, facets and sorting share one implementation.

mod analysis;
mod document;
mod facets;
mod index;
mod indexer;
mod query;

pub use analysis::Language;
pub use document::sort_key;
pub use index::{CachedPage, IndexCheckpoint, SearchIndex};
pub use indexer::Indexer;
pub use query::{ProductQuery, Sort};
