//! Connection settings of the servers that `make services` started: named by the environment, as in production.
//!
//! Tests that need them are marked `#[ignore = "needs the servers of make services"]`, so that they are reported as
//! ignored where there are none; `make test-services` runs exactly those. All share the servers, so each takes a prefix
//! of its own.

use chassis::SystemContext;
use chassis::config::Environment;

/// Reads the settings of a server from the environment; the test fails without them.
pub fn named<T>(what: &str, read: impl FnOnce(&mut Environment) -> Option<T>) -> T {
    let mut environment = Environment::from_process();
    let found = read(&mut environment);
    let problems = environment.check();
    found.unwrap_or_else(|| panic!("{what} is not named by the environment; run `make test-services`: {problems:?}"))
}

/// A beginning for names that no other test has.
pub fn prefix() -> String {
    // The second half of a UUIDv7 is random. The first is the time, which tests that run in parallel share.
    format!("test_{}_", &SystemContext::host().id().simple().to_string()[16..])
}

/// MySQL or MariaDB, with databases of this test's own.
pub fn mysql() -> chassis::mysql::ConnectionSettings {
    named("MySQL", chassis::mysql::ConnectionSettings::read).with_prefix(&prefix())
}

/// Redis, with keys of this test's own.
pub fn redis() -> chassis::redis::ConnectionSettings {
    named("Redis", chassis::redis::ConnectionSettings::read).with_prefix(&prefix())
}

/// MongoDB, with databases of this test's own.
pub fn mongo() -> chassis::mongo::ConnectionSettings {
    named("MongoDB", chassis::mongo::ConnectionSettings::read).with_prefix(&prefix())
}

/// Ends all connections to a service's database, from a thread of its own, so that a change under way can call it.
///
/// # Panics
/// When nobody is connected, or they cannot be ended.
pub fn end_connections(address: &chassis::mysql::ConnectionSettings, service: &'static str) {
    let address = address.clone();
    let end = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let database = chassis::mysql::Database::open(&address, service, &[]).await.expect("the database");
            let mut connection = database.pool().acquire().await.expect("a connection");
            // This connection must not end itself before the others.
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
