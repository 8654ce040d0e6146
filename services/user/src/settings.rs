//! The settings of the user service. Keys come from the secrets of the deployment, not from environment variables.

use chassis::auth::SigningKey;
use chassis::secret::SecretKey;

/// The keys and options of the user service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Signs session tokens; the other services verify with its public half.
    pub session_key: SigningKey,
    /// Derives refresh tokens. Replacing this key ends every session.
    pub refresh_key: SecretKey,
    /// Set when browsers connect over TLS: cookies are then `Secure` and their names prefixed.
    pub secure_cookies: bool,
    pub password_cost: PasswordCost,
}

impl Settings {
    /// Creates settings with the default password cost.
    pub fn new(session_key: SigningKey, refresh_key: SecretKey, secure_cookies: bool) -> Self {
        Self { session_key, refresh_key, secure_cookies, password_cost: PasswordCost::default() }
    }
}

/// The cost of an argon2id hash. The default is the one that OWASP recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    pub memory_kib: u32,
    pub iterations: u32,
    /// The number of lanes, argon2's `p`.
    pub parallelism: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl PasswordCost {
    /// Returns the minimum that argon2 accepts, for tests only.
    pub const fn minimum() -> Self {
        Self { memory_kib: 8, iterations: 1, parallelism: 1 }
    }
}
