//! Values that occur in several bodies, with their constraints.

use super::schema::{Fields, Text};
use contracts::{Currency, Money};

fn is_reference_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || r"-_!@#$%()*=.:;?[]{}~`/+".contains(c)
}

fn is_entity_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ' '
}

fn is_narrative_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || " ,./-".contains(c)
}

pub(super) fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

// References, entity, narrative, card number and CVC have the limits of Worldpay's published schema.
pub(super) const REFERENCE: Text = Text::with(1, 64, is_reference_char);
pub(super) const ENTITY: Text = Text::with(1, 32, is_entity_char);
pub(super) const NARRATIVE: Text = Text::with(1, 24, is_narrative_char);
pub(super) const NUMBER: Text = Text::with(12, 19, is_digit);
pub(super) const CVC: Text = Text::with(3, 4, is_digit);
pub(super) const NAME: Text = Text::any(1, 255);
pub(super) const NAMESPACE: Text = Text::any(1, 64);
pub(super) const URL: Text = Text::any(1, 2048);

/// The card details of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardData {
    pub holder: Option<String>,
    pub number: String,
    pub month: i16,
    pub year: i16,
}

pub(super) fn merchant(merchant: &Fields<'_>) -> Option<()> {
    merchant.text("entity", ENTITY).map(|_| ())
}

pub(super) fn narrative(narrative: &Fields<'_>) -> Option<()> {
    narrative.optional_text("line2", NARRATIVE);
    narrative.text("line1", NARRATIVE).map(|_| ())
}

/// Parses an amount of at least `min` minor units.
pub(super) fn money(value: &Fields<'_>, min: i64) -> Option<Money> {
    // Worldpay's amounts are signed 32-bit integers.
    let amount = value.required_number("amount", min..=i64::from(i32::MAX));
    let code = value.text("currency", Text::with(3, 3, |c| c.is_ascii_uppercase()))?;
    match code.parse::<Currency>() {
        Ok(currency) => Some(currency.minor(amount?)),
        Err(_) => {
            value.report_invalid("currency", "Must be an ISO 4217 currency code");
            None
        }
    }
}

/// Parses a URL to which a browser is redirected.
pub(super) fn url(fields: &Fields<'_>, name: &'static str) -> Option<String> {
    let text = fields.text(name, URL)?;
    if crate::pages::origin(&text).is_some() {
        return Some(text);
    }
    fields.report_invalid(name, "Must be a URL that starts with https:// or http://");
    None
}

pub(super) fn expiry(expiry: &Fields<'_>) -> Option<(i16, i16)> {
    let month = expiry.required_number("month", 1..=12);
    let year = expiry.required_number("year", 1000..=9999);
    Some((i16::try_from(month?).ok()?, i16::try_from(year?).ok()?))
}

pub(super) fn address(fields: &Fields<'_>) {
    fields.optional_object("billingAddress", |address| {
        address.text("address1", Text::any(1, 80));
        address.optional_text("address2", Text::any(1, 80));
        address.optional_text("address3", Text::any(1, 80));
        address.text("city", Text::any(1, 50));
        address.optional_text("state", Text::any(1, 30));
        address.text("postalCode", Text::any(1, 15));
        address.text("countryCode", Text::with(2, 2, |c| c.is_ascii_uppercase())).map(|_| ())
    });
}
