//! The background workers of the service.

pub mod email;
pub mod fulfilment;
