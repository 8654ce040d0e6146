//! What the composition decides for user.

use chassis::auth::SigningKey;
use chassis::secret::SecretKey;

/// Keys and choices.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Signs session tokens; the other services verify with its public half.
    pub session_key: SigningKey,
    /// Derives refresh tokens. Another key ends every session.
    pub refresh_key: SecretKey,
    /// Whether browsers come by TLS: cookies are `Secure` then, and their names prefixed.
    pub secure_cookies: bool,
    /// What a password hash costs.
    pub password_cost: PasswordCost,
}

impl Settings {
    /// Settings with password hashes of the usual cost.
    pub fn new(session_key: SigningKey, refresh_key: SecretKey, secure_cookies: bool) -> Self {
        Self { session_key, refresh_key, secure_cookies, password_cost: PasswordCost::default() }
    }
}

/// What an argon2id hash costs. The default is what OWASP asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self { memory: 19_456, passes: 2, lanes: 1 }
    }
}

impl PasswordCost {
    /// The least argon2 takes, for tests only.
    pub const fn least() -> Self {
        Self { memory: 8, passes: 1, lanes: 1 }
    }
}
