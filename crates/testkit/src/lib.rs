//! What tests share: the foundation of a service under test, tokens for every kind of caller, a client without sockets,
//! made-up carts and orders, a catalogue of one SKU, faults, rehearsals of migrations, and the way to real servers.

mod caller;
mod faults;
mod environment;
pub mod rehearsal;
pub mod samples;
pub mod servers;
mod stock;

pub use caller::{Answer, Caller};
pub use faults::{Fault, Faults};
pub use environment::TestEnvironment;
pub use stock::{Books, Stock};
