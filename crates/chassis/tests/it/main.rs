//! The chassis as a service meets it: a small service of its own, called without sockets.

mod envelope;
mod sqlite;
