//! The message catalogue: every sentence that customers and staff read, written from typed data.
//!
//! The emails of a language are one implementation of [`CustomerEmails`] in a file of its own. The texts of the API and for
//! staff are in English.

mod de;
mod email_parts;
mod en;
mod fr;
mod own_wording;

pub use own_wording::kind_of;

use crate::mail::{EmailTemplate, MerchantNotification};
use crate::order::Order;
use contracts::catalogue::EmailWording;
use contracts::dispatch::{TimelineData, TimelineKind};
use contracts::events::{PaymentIssueKind, StockLow};
use contracts::payment::{AwaitedTransfer, PaymentTotals};
use contracts::{Language, Sku};

/// The subject and body of an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailText {
    /// The subject, without the name of the shop.
    pub subject: String,
    /// The body in plain text.
    pub body: String,
}

/// The facts that an email about an order is written from, besides its template.
#[derive(Debug, Clone, Copy)]
pub struct OrderEmail<'e> {
    /// The order as it is after the change that the email is about.
    pub order: &'e Order,
    /// The name of the shop.
    pub shop: &'e str,
    /// The link to the order: a signed one for the customer, that of the admin for the merchant.
    pub link: &'e str,
    /// The merchant's own wording of the email.
    pub wording: Option<&'e EmailWording>,
    /// The merchant's text at the end of every email.
    pub closing: Option<&'e str>,
}

/// The facts that an email without an order is written from, besides its notification.
#[derive(Debug, Clone, Copy)]
pub struct ShopEmail<'e> {
    /// The name of the shop.
    pub shop: &'e str,
    /// The address of the shop.
    pub base_url: &'e str,
    /// The merchant's text at the end of every email.
    pub closing: Option<&'e str>,
}

/// The sentences of one language.
pub trait Messages: Send + Sync {
    /// Returns the sentence of a timeline entry. Entries of earlier versions have no data.
    fn timeline(&self, kind: TimelineKind, data: &TimelineData) -> String;
    /// Writes an email to the merchant about an order.
    fn merchant_email(&self, template: &MerchantNotification, email: OrderEmail<'_>) -> EmailText;
    /// Writes a low-stock alert for the merchant.
    fn low_stock(&self, low: &StockLow, email: ShopEmail<'_>) -> EmailText;

    /// Returns the reason of a payment issue, for staff.
    fn payment_issue(&self, kind: PaymentIssueKind, totals: PaymentTotals) -> String;
    /// Returns the reason of a cancellation for which the customer gave none.
    fn cancelled_by_customer(&self) -> &'static str;
    /// Returns the reason of a cancellation by withdrawal.
    fn cancelled_by_withdrawal(&self) -> &'static str;
    /// Returns the reason why a payment command is not completed yet.
    fn awaiting_gateway(&self) -> &'static str;

    /// Returns the detail for an order that a caller may not see or that does not exist.
    fn no_such_order(&self) -> &'static str;
    /// Returns the detail for a caller without a session and without the order's link.
    fn login_or_link_needed(&self) -> &'static str;
    /// Returns the detail for an order that payment has placed and that has not arrived here yet.
    fn order_not_ready(&self) -> &'static str;
    /// Returns the detail for a list of all orders that only staff may request.
    fn staff_only_list(&self) -> &'static str;
    /// Returns the detail for a search of more than `most` characters.
    fn query_too_long(&self, most: usize) -> String;
    /// Returns the detail for a list of ids of which one is invalid, or that has more than `most`.
    fn order_ids_invalid(&self, most: usize) -> String;
    /// Returns the detail for an order that has left or is finished.
    fn not_cancellable(&self) -> &'static str;
    /// Returns the detail for a refund that is not possible.
    fn not_refundable(&self) -> &'static str;
    /// Returns the detail for a capture when nothing is left to capture.
    fn nothing_to_capture(&self) -> &'static str;
    /// Returns the detail for an amount that is zero or negative.
    fn amount_not_positive(&self) -> &'static str;
    /// Returns the detail for a note without a text.
    fn note_without_text(&self) -> &'static str;
    /// Returns the detail for one more note than an order can have.
    fn too_many_notes(&self, max: usize) -> String;
    /// Returns the detail for a retry when nothing needs attention.
    fn nothing_to_retry(&self) -> &'static str;
    /// Returns the detail for a decision when nothing needs attention.
    fn nothing_needs_attention(&self) -> &'static str;
    /// Returns the detail for a return outside its window, which is `days` long.
    fn not_returnable(&self, days: i64) -> String;
    /// Returns the detail for a withdrawal that the law does not provide for, or that comes too late.
    fn not_withdrawable(&self) -> &'static str;
    /// Returns the detail for a withdrawal from an item that the law excepts.
    fn excepted_from_withdrawal(&self, sku: &Sku) -> String;
    /// Returns the detail for a return that cannot be received before the payment is captured.
    fn not_receivable_yet(&self) -> &'static str;
    /// Returns the detail for a refund with neither an amount nor lines, or with both.
    fn amount_or_lines(&self) -> &'static str;
    /// Returns the detail for a return of more units than are left.
    fn too_many_units_to_return(&self, sku: &Sku, left: u32) -> String;
    /// Returns the detail for a return without lines.
    fn lines_missing(&self) -> &'static str;
    /// Returns the detail for shipping that cannot be refunded because only a part of the order was returned.
    fn shipping_not_refundable(&self) -> &'static str;
    /// Returns the detail for an invoice of an order that is not paid.
    fn invoice_before_payment(&self) -> &'static str;
    /// Returns the detail for an invoice of a shop without a seller.
    fn invoice_without_seller(&self) -> &'static str;
    /// Returns the detail for a shipment that the order does not have, or not any more.
    fn no_such_shipment(&self) -> &'static str;
    /// Returns the detail for a number that no return of the order has.
    fn no_such_return(&self) -> &'static str;
    /// Returns the detail for a return that was received or declined before.
    fn return_already_decided(&self) -> &'static str;
}

/// The emails to customers in one language.
pub trait CustomerEmails: Send + Sync {
    /// Writes an email about an order.
    fn order_email(&self, template: &EmailTemplate, email: OrderEmail<'_>) -> EmailText;
    /// Writes the instructions for a customer who pays by bank transfer.
    fn transfer_instructions(&self, awaited: &AwaitedTransfer, email: ShopEmail<'_>) -> EmailText;
}

/// Returns the emails in the language of a customer.
pub fn emails(language: Language) -> &'static dyn CustomerEmails {
    match language {
        Language::En => &en::English,
        Language::De => &de::German,
        Language::Fr => &fr::French,
    }
}

/// Returns the texts of the API and for staff, which are in English.
pub fn current() -> &'static dyn Messages {
    &en::English
}
