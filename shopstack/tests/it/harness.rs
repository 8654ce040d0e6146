//! The test harness: a shop, clients, and their common steps.

pub mod client;
pub mod openapi;
pub mod process;
pub mod shop;
pub mod shopping;

pub use client::{Client, Response};
pub use openapi::{OpenApiDocument, Operation};
pub use shop::Shop;
pub use shopping::{Purchase, TestProduct};

use std::time::Duration;

const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// An id that does not exist.
pub const UNKNOWN_ID: &str = "00000000-0000-7000-8000-000000000000";

/// Polls `look` until it returns a value; the test fails if it has not after `seconds`.
pub async fn eventually<T>(what: &str, seconds: u32, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..seconds.saturating_mul(10) {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    panic!("not after {seconds} seconds: {what}");
}

/// A name that no other test and no other run uses, for handles, codes, keys and addresses.
pub fn unique(name: &str) -> String {
    let id = chassis::SystemContext::host().id().simple().to_string();
    format!("{name}-{}", &id[16..])
}
