//! What all acceptance tests share: a shop to go to, visitors who go there, and what they usually do.

pub mod description;
pub mod process;
pub mod shop;
pub mod shopping;
pub mod visitor;

pub use description::{Description, Operation};
pub use shop::Shop;
pub use shopping::{Goods, Purchase};
pub use visitor::{Answer, Visitor};

use std::time::Duration;

const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// An id that nothing has.
pub const NOBODY: &str = "00000000-0000-7000-8000-000000000000";

/// What `look` finds, once it finds it; the test fails when it has not after `seconds`.
pub async fn eventually<T>(what: &str, seconds: u32, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..seconds.saturating_mul(10) {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    panic!("not after {seconds} seconds: {what}");
}

/// Something that no other test and no other run has: for handles, codes, keys and addresses.
pub fn unique(name: &str) -> String {
    let id = chassis::SystemContext::host().id().simple().to_string();
    format!("{name}-{}", &id[16..])
}
