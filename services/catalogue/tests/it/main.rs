//! Tests of catalogue through its public interface.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed expectation fails the test")]

mod connection_loss;
mod content_api;
mod data_migration;
mod images;
mod import;
mod import_api;
mod price_history;
mod products;
mod query_plans;
mod search_quality;
mod service;
mod stock;
mod stock_api;
mod stock_model;
mod stock_upgrade;
mod store_backend;
mod translations;
