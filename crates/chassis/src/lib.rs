//! The shared base of every ShopStack service: configuration, telemetry, health, problems, authentication, HTTP server
//! and client, access to every kind of database, tracked tasks.
//!
//! Nothing here depends on products, carts or orders. Services depend on the chassis, never the other way round.

pub mod auth;
pub mod client;
mod codec;
pub mod config;
pub mod data_migration;
pub mod doctor;
pub mod health;
pub mod http;
pub mod idempotency;
mod migration;
pub mod mongo;
pub mod mysql;
pub mod page;
pub mod problem;
pub mod redis;
pub mod secret;
pub mod service;
pub mod sqlite;
pub mod store;
pub mod system;
pub mod tasks;
pub mod transport;
pub mod webhook;

pub use axum::http::StatusCode;
pub use problem::{Problem, ProblemKind};
pub use service::{Service, ServiceContext, StartError};
pub use store::StoreError;
pub use system::{Clock, ManualClock, OsRandom, RandomSource, SeededRandom, SystemClock, SystemContext};
pub use telemetry::{self, context};
