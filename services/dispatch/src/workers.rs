//! The background workers of the service.

pub mod fulfilment;
pub mod messages;
