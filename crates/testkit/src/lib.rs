//! Shared test utilities: the environment of services under test, tokens for every kind of caller, a client without
//! sockets, sample carts and orders, a fake catalogue with one SKU, fault injection, migration tests, and access to
//! real servers.

mod caller;
mod collector;
mod environment;
mod fake_stock;
mod faults;
pub mod migrations;
pub mod samples;
pub mod servers;

pub use caller::{Answer, Caller};
pub use collector::{Collector, Received};
pub use environment::TestEnvironment;
pub use fake_stock::{FakeStock, FakeStockState};
pub use faults::{Fault, Faults};
