//! Accounts and sessions: who somebody is, on which devices they are logged in, and what they may do.
//!
//! Guests are stored nowhere: a guest is a signed token. An account's session is a refresh family: a chain of
//! refresh tokens, each used once, from which short-lived access tokens are made that every service verifies by itself.

mod access;
mod account;
mod accounts;
mod api;
mod family;
mod hashing;
mod password;
mod sessions;
mod settings;
pub mod store;
mod throttle;

pub use account::{Credentials, NewAccount};
pub use accounts::Accounts;
pub use family::{Digest, IssuedToken, LiveSession, NewSession, Seed};
pub use password::StoredPassword;
pub use settings::{PasswordCost, Settings};
pub use store::Store;
pub use store::mongo::MongoStore;
pub use store::redis::RedisFailures;
pub use store::sqlite::SqliteStore;
pub use throttle::{Key, SharedFailures};

use chassis::{ServiceContext, Service, SystemContext};
use std::sync::Arc;
use std::time::Duration;

/// What user is built from.
pub struct Dependencies {
    /// Where accounts and sessions are kept.
    pub store: Arc<dyn Store>,
    /// Where replicas count failures to log in together; without it each counts for itself.
    pub failures: Option<Arc<dyn SharedFailures>>,
    /// Keys and choices.
    pub settings: Settings,
}

/// Starts the service. [`Accounts`] for use within the process is built apart, from the same store and settings.
///
/// # Errors
/// When the settings make no sense, or an operation is missing from the access table.
pub async fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, String> {
    let Dependencies { store, failures, settings } = dependencies;
    service_context.health.depends_on("database", true, store.clone());
    if let Some(failures) = &failures {
        service_context.health.depends_on("failure-counters", false, failures.clone());
    }
    let (forgetful, system) = (Arc::clone(&store), service_context.system.clone());
    service_context.tasks.worker("forget-expired-sessions", |stop| async move {
        loop {
            forget_expired(forgetful.as_ref(), &system).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(BETWEEN_SWEEPS) => {}
            }
        }
    });
    let router = api::router(store, failures, &settings, &service_context.system)?;
    service_context.finish(router, access::RULES, &[])
}

const BETWEEN_SWEEPS: Duration = Duration::from_secs(3600);
const SWEPT_AT_ONCE: usize = 200;

/// Removes what has expired, in small portions that leave room for others.
async fn forget_expired(store: &dyn Store, system: &SystemContext) {
    loop {
        match store.forget_expired(system.now(), SWEPT_AT_ONCE).await {
            Ok(forgotten) if forgotten >= SWEPT_AT_ONCE => tokio::task::yield_now().await,
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "cannot remove expired sessions; trying again later");
                return;
            }
        }
    }
}
