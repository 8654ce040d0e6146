//! Catalogue through its public interface.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod import;
mod lost;
mod moving;
mod images;
mod place;
mod plans;
mod products;
mod service;
mod stock;
mod stock_api;
mod stock_model;
mod stock_upgrade;
