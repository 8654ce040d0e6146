//! The first connection to a server, which refuses a login that works only until the server is restarted.

use super::ConnectionSettings;
use crate::store::StoreError;
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection, Row};

/// The login methods of MySQL that need the password itself unless the server remembers an earlier login. A client sends it
/// over TLS, or encrypted with the server's RSA key. The Rust library for the latter can be attacked by timing
/// (RUSTSEC-2023-0071), so this program does not contain it.
const METHODS_THAT_NEED_TLS: [&str; 2] = ["caching_sha2_password", "sha256_password"];

/// A login that cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// The method of the login needs TLS, and `DB_TLS` is off.
    #[error(
        "DB_TLS=off does not work with MySQL's login {METHODS}, on this machine neither: without TLS, the server accepts the \
         password only as long as it remembers an earlier login over TLS, which it forgets at every restart. Set \
         DB_TLS=verify with DB_CA, or DB_TLS=encrypt; MySQL makes a certificate for itself at its first start.",
        METHODS = METHODS_THAT_NEED_TLS[0]
    )]
    NeedsTls,
    /// The server cannot be reached or refuses the login.
    #[error(transparent)]
    Connect(#[from] sqlx::Error),
}

impl From<LoginError> for StoreError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::NeedsTls => Self::Fault(error.to_string()),
            LoginError::Connect(error) => error.into(),
        }
    }
}

/// Connects to the server, without a database.
///
/// # Errors
/// [`LoginError::NeedsTls`] if the login works by chance or not at all, otherwise the error of the connection.
pub(crate) async fn connect(settings: &ConnectionSettings) -> Result<MySqlConnection, LoginError> {
    if settings.encrypts() {
        return Ok(MySqlConnection::connect_with(&settings.options()).await?);
    }
    let mut connection = match MySqlConnection::connect_with(&settings.options()).await {
        Ok(connection) => connection,
        // sqlx reports by this error alone that it would have to encrypt the password by RSA.
        Err(sqlx::Error::Configuration(_)) => return Err(LoginError::NeedsTls),
        Err(error) => return Err(error.into()),
    };
    if needs_tls(&mut connection).await? {
        connection.close().await?;
        return Err(LoginError::NeedsTls);
    }
    Ok(connection)
}

async fn needs_tls(connection: &mut MySqlConnection) -> Result<bool, sqlx::Error> {
    let version: String = sqlx::query_scalar("SELECT version()").fetch_one(&mut *connection).await?;
    if version.contains("MariaDB") {
        return Ok(false);
    }
    // Every user may see its own account.
    let row = sqlx::raw_sql("SHOW CREATE USER CURRENT_USER()").fetch_one(&mut *connection).await?;
    let account: String = row.try_get(0)?;
    Ok(METHODS_THAT_NEED_TLS.iter().any(|method| account.contains(method)))
}
