//! Accounts and sessions: registration, login, roles and address books.
//!
//! Guests are stored nowhere: a guest is a signed token. The session of an account is a family of refresh tokens, each
//! of which is used once, and yields short-lived access tokens that every service verifies by itself.

mod access;
mod account;
mod accounts;
mod api;
mod api_keys;
mod login_rate_limiter;
mod password_hasher;
mod password_policy;
mod refresh_token;
mod sessions;
mod settings;
pub mod store;
mod workers;

pub use account::{Credentials, NewAccount};
pub use accounts::Accounts;
pub use api_keys::MAX_API_KEYS;
pub use login_rate_limiter::{RateLimitKey, SharedFailureCounter};
pub use password_hasher::{HasherError, StoredPassword};
pub use refresh_token::{Digest, IssuedToken, LiveSession, NewSession, Seed};
pub use settings::{PasswordCost, Settings};
pub use store::Store;
pub use store::mongo::MongoStore;
pub use store::redis::RedisFailureCounter;
pub use store::sqlite::SqliteStore;

use chassis::{Service, ServiceContext, StartError};
use std::sync::Arc;

/// The dependencies of the user service.
pub struct Dependencies {
    pub store: Arc<dyn Store>,
    /// Counts failed logins of all replicas together; without it each replica counts its own.
    pub failures: Option<Arc<dyn SharedFailureCounter>>,
    pub settings: Settings,
}

/// Starts the service. [`Accounts`] for use within the process is built separately, from the same store and settings.
///
/// # Errors
/// When the password cost is invalid, or an operation is missing from the access table.
pub async fn start(service_context: ServiceContext, dependencies: Dependencies) -> Result<Service, StartError> {
    let Dependencies { store, failures, settings } = dependencies;
    service_context.health.depends_on("database", true, store.clone());
    if let Some(failures) = &failures {
        // Not critical: without the shared counters each replica limits logins by itself.
        service_context.health.depends_on("failure-counters", false, failures.clone());
    }
    workers::purge_expired_sessions(Arc::clone(&store), service_context.system.clone(), &service_context.tasks);
    let router = api::router(store, failures, &settings, &service_context)
        .map_err(|error| StartError::failed("set up password hashing", error))?;
    service_context.finish(router, access::RULES, &[])
}
