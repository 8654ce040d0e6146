//! Connection settings of the servers that `make services` starts. They are read from the environment, as in
//! production.
//!
//! Tests that need them are marked `#[ignore = "needs the servers of make services"]`, so that they are reported as
//! ignored without the servers; `make test-services` runs exactly those. All tests share the servers, so each one uses
//! a prefix of its own.

use chassis::SystemContext;
use chassis::config::Environment;

/// Reads the settings of a server from the environment; the test fails without them.
pub fn named<T>(what: &str, read: impl FnOnce(&mut Environment) -> Option<T>) -> T {
    let mut environment = Environment::from_process();
    let found = read(&mut environment);
    let problems = environment.check();
    found.unwrap_or_else(|| panic!("{what} is not named by the environment; run `make test-services`: {problems:?}"))
}

/// Returns a prefix for names that no other test uses.
pub fn prefix() -> String {
    // The second half of a UUIDv7 is random. The first is the time, which tests that run in parallel share.
    format!("test_{}_", &SystemContext::host().id().simple().to_string()[16..])
}

/// Returns the connection settings of MySQL or MariaDB, with a prefix for this test's databases.
pub fn mysql() -> chassis::mysql::ConnectionSettings {
    named("MySQL", chassis::mysql::ConnectionSettings::read).with_prefix(&prefix())
}

/// Returns the connection settings of Redis, with a prefix for this test's keys.
pub fn redis() -> chassis::redis::ConnectionSettings {
    named("Redis", chassis::redis::ConnectionSettings::read).with_prefix(&prefix())
}

/// Returns the connection settings of MongoDB, with a prefix for this test's databases.
pub fn mongo() -> chassis::mongo::ConnectionSettings {
    named("MongoDB", chassis::mongo::ConnectionSettings::read).with_prefix(&prefix())
}

/// Kills all other connections to a service's database. This runs in a separate thread, so that it can be called while
/// an async operation is in progress.
///
/// # Panics
/// When there is no other connection, or one cannot be killed.
pub fn end_connections(address: &chassis::mysql::ConnectionSettings, service: &'static str) {
    let address = address.clone();
    let end = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let database = chassis::mysql::Database::open(&address, service, &[]).await.expect("the database");
            let mut connection = database.acquire().await.expect("a connection");
            // This connection must not kill itself before the others.
            let others: Vec<i64> = sqlx::query_scalar(
                "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
                 WHERE db = database() AND id <> connection_id()",
            )
            .fetch_all(&mut *connection)
            .await
            .expect("the other connections");
            assert!(!others.is_empty(), "nobody is connected");
            for id in others {
                let kill = format!("KILL {id}");
                sqlx::raw_sql(sqlx::AssertSqlSafe(kill)).execute(&mut *connection).await.expect("ended");
            }
        });
    };
    std::thread::spawn(end).join().expect("all ended");
}
