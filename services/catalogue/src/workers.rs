//! Background workers of catalogue.

pub mod image_fetcher;
pub mod response_purge;
pub mod stock_metrics;
