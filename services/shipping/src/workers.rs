//! The background workers of the service.

pub mod quote_purge;
pub mod tracking;
