//! The built-in sandbox: a gateway with a ledger file of its own, for trying the shop out and for tests. It moves no
//! money, and is refused outside demonstrations unless it is allowed by name.
//!
//! What it does is chosen by the name on the card:
//!
//! | name | outcome |
//! | --- | --- |
//! | `REFUSED`, `REFUSED51` … | refused, with the code behind the word (5 without one) |
//! | `LOST` | authorised, but the answer is lost on its way |
//! | `CHALLENGE` | the customer has to confirm on a page of the sandbox |
//! | anything else | authorised |
//!
//! or by the amount: 666.05 and 666.51 are refused with codes 5 and 51, 666.99 is authorised and its answer is lost.

mod engine;
mod ledger;
mod page;

pub use engine::{CardDetails, Sandbox, SandboxSession};
pub use ledger::{Operation, OperationState, SandboxLedger};
pub use page::routes;
