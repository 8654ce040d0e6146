//! Cart: its prices, its store, and the service through its API.

mod pricing;
mod service;
mod store;
