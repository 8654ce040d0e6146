//! The chassis as a service meets it: a small service of its own, called without sockets.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod doctor;
mod middleware;
mod mysql_conflicts;
mod servers;
mod sqlite;
mod transport;
