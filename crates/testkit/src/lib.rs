//! What tests share: the foundation of a service under test, tokens for every kind of caller, a client without sockets,
//! made-up carts and orders, a catalogue of one SKU, faults, rehearsals of migrations, and the way to real servers.

mod caller;
mod faults;
mod house;
pub mod rehearsal;
pub mod samples;
pub mod servers;
mod stock;

pub use caller::{Answer, Caller};
pub use faults::{Fault, Faults};
pub use house::House;
pub use stock::{Books, Stock};
