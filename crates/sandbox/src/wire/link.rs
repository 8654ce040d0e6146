//! The addresses of payments: opaque, long, different after each action, and no use to those who make them up.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::secret::SecretKey;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// What such a text leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkTo {
    /// The payment itself and its actions.
    Payment,
    /// The collection of device data.
    DeviceData,
    /// The bank's question to the customer.
    Challenge,
}

#[derive(Serialize, Deserialize)]
struct Content {
    to: LinkTo,
    payment: String,
    revision: u32,
    seals: Vec<String>,
}

/// How many seals are put on it: one would do, but Worldpay's texts have hundreds of characters.
const SEALS: usize = 4;

fn seals(to: LinkTo, payment: &str, revision: u32, secret: &SecretKey) -> Vec<String> {
    let (to, revision) = (format!("{to:?}"), revision.to_string());
    (0..SEALS).map(|place| secret.sign(&["link", &to, payment, &revision, &place.to_string()])).collect()
}

/// The text for the payment as of this revision, fit for a part of an address.
pub(crate) fn write_link(to: LinkTo, payment: &str, revision: u32, secret: &SecretKey) -> String {
    let content = Content { to, payment: payment.to_owned(), revision, seals: seals(to, payment, revision, secret) };
    let text = STANDARD.encode(serde_json::to_vec(&content).unwrap_or_default());
    utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
}

/// The payment that a text, freed of its percent signs, leads to.
pub(crate) fn read_link(to: LinkTo, text: &str, secret: &SecretKey) -> Option<String> {
    use subtle::ConstantTimeEq;
    let content: Content = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    let right = seals(content.to, &content.payment, content.revision, secret).concat();
    let sealed: bool = right.as_bytes().ct_eq(content.seals.concat().as_bytes()).into();
    (sealed && content.to == to).then_some(content.payment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_its_payment_and_cannot_be_made_up() {
        let (secret, other) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
        let read = |text: &str, key| {
            let plain = percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            read_link(LinkTo::Payment, &plain, key)
        };
        let (first, second) =
            (write_link(LinkTo::Payment, "payX", 1, &secret), write_link(LinkTo::Payment, "payX", 2, &secret));
        assert!(first.len() > 200 && first != second);
        assert_eq!((read(&first, &secret), read(&second, &secret)), (Some("payX".into()), Some("payX".into())));
        assert_eq!(read(&first, &other), None);
        assert_eq!(read(&write_link(LinkTo::Challenge, "payX", 1, &secret), &secret), None);
        assert_eq!(read("nonsense", &secret), None);
    }
}
