//! What tests share: the foundation of a service under test, tokens for every kind of caller, a client without sockets.

mod caller;
mod house;

pub use caller::{Answer, Caller};
pub use house::House;
