//! Worldpay's wire: how its requests are checked and its errors are written.

mod cards;
mod errors;
mod hosted;
mod instruction;
mod link;
mod schema;
mod values;

pub(crate) use cards::{CardSession, CardUpdate, TokenRequest};
pub(crate) use errors::WireError;
pub(crate) use hosted::{HostedPage, ResultUrls};
pub(crate) use instruction::{Instrument, PaymentRequest, device_data, part};
pub(crate) use link::{LinkTo, read_link, write_link};
pub(crate) use values::WrittenCard;
