//! Values that several bodies have, with their limits.

use super::schema::{Fields, Text};
use contracts::{Currency, Money};

/// Characters of a transaction reference.
fn in_reference(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || r"-_!@#$%()*=.:;?[]{}~`/+".contains(letter)
}

fn in_entity(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == ' '
}

fn in_narrative(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || " ,./-".contains(letter)
}

pub(super) fn digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

pub(super) const REFERENCE: Text = Text::of(1, 64, in_reference);
pub(super) const ENTITY: Text = Text::of(1, 32, in_entity);
pub(super) const NARRATIVE: Text = Text::of(1, 24, in_narrative);
pub(super) const NUMBER: Text = Text::of(12, 19, digit);
pub(super) const CVC: Text = Text::of(3, 4, digit);
pub(super) const NAME: Text = Text::free(1, 255);
pub(super) const NAMESPACE: Text = Text::free(1, 64);
pub(super) const URL: Text = Text::free(1, 2048);

/// A card as it is written into a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WrittenCard {
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

/// An amount of at least `least` minor units.
pub(super) fn money(value: &Fields<'_>, least: i64) -> Option<Money> {
    let amount = value.required_number("amount", least..=i64::from(i32::MAX));
    let code = value.text("currency", Text::of(3, 3, |letter| letter.is_ascii_uppercase()))?;
    match code.parse::<Currency>() {
        Ok(currency) => Some(currency.minor(amount?)),
        Err(_) => {
            value.wrong("currency", "Is no currency code of ISO 4217");
            None
        }
    }
}

/// An address that a browser is sent to.
pub(super) fn url(fields: &Fields<'_>, name: &'static str) -> Option<String> {
    let text = fields.text(name, URL)?;
    if crate::pages::origin(&text).is_some() {
        return Some(text);
    }
    fields.wrong(name, "Must be an address that begins with https:// or http://");
    None
}

pub(super) fn expiry(expiry: &Fields<'_>) -> Option<(i16, i16)> {
    let month = expiry.required_number("month", 1..=12);
    let year = expiry.required_number("year", 1000..=9999);
    Some((i16::try_from(month?).ok()?, i16::try_from(year?).ok()?))
}

pub(super) fn address(fields: &Fields<'_>) {
    fields.optional_object("billingAddress", |address| {
        address.text("address1", Text::free(1, 80));
        address.optional_text("address2", Text::free(1, 80));
        address.optional_text("address3", Text::free(1, 80));
        address.text("city", Text::free(1, 50));
        address.optional_text("state", Text::free(1, 30));
        address.text("postalCode", Text::free(1, 15));
        address.text("countryCode", Text::of(2, 2, |letter| letter.is_ascii_uppercase())).map(|_| ())
    });
}
