//! What every ShopStack service stands on: configuration, telemetry, health, problems, authentication, HTTP server and
//! client, plumbing of every kind of storage, tracked tasks.
//!
//! Nothing here knows a product, a cart or an order. Dependencies point one way: services use the chassis, never the
//! other way round.

pub mod auth;
pub mod client;
pub mod config;
pub mod context;
pub mod doctor;
pub mod health;
pub mod http;
pub mod idempotency;
pub mod metrics;
mod migration;
pub mod mongo;
pub mod mysql;
pub mod page;
pub mod problem;
pub mod redis;
pub mod secret;
pub mod service;
pub mod system;
pub mod sqlite;
pub mod store;
mod codec;
pub mod tasks;
pub mod telemetry;
pub mod data_migration;
pub mod transport;

pub use axum::http::StatusCode;
pub use problem::{Problem, ProblemKind};
pub use service::{Service, ServiceContext, StartError};
pub use system::{Clock, RandomSource, ManualClock, SeededRandom, SystemContext, SystemClock, OsRandom};
pub use store::StoreError;
