//! Documents about orders as PDF: invoices, packing slips, and address labels for parcels.

#![expect(clippy::float_arithmetic, reason = "lengths on a page; amounts are only written")]

mod barcode;
mod fonts;
mod invoice;
mod label;
mod layout;
mod letter;
mod packing_slip;
mod pdf;
mod texts;

pub use invoice::{InvoiceUnavailable, invoice};
pub use label::label;
pub use packing_slip::packing_slip;

/// A PDF with the name under which it is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfFile {
    /// The name of the file, in ASCII.
    pub name: String,
    pub bytes: Vec<u8>,
}
