//! Releases in real git repositories with real cargo workspaces. Only docker, trivy and cosign are programs of the tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod affected;
mod concurrency;
mod delivery;
mod repository;
mod rollback;
mod world;
