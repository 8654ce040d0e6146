//! Worldpay's protocol: validation of requests, and the format of errors and links.

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
pub(crate) use instruction::{Instrument, PaymentRequest, device_data, partial_command};
pub(crate) use link::{LinkTarget, decode_link, encode_link};
pub(crate) use values::CardData;
