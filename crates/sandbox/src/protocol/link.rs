//! Signed links to payments, which are opaque and long and change after each action, like Worldpay's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::secret::SecretKey;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

/// The target of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LinkTarget {
    /// The payment resource and its actions.
    Payment,
    /// The page for device data collection.
    DeviceData,
    /// The challenge page of the bank.
    Challenge,
}

impl LinkTarget {
    /// Returns the name that is signed. A change would invalidate all links that merchants have stored.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "Payment",
            Self::DeviceData => "DeviceData",
            Self::Challenge => "Challenge",
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    to: LinkTarget,
    payment: String,
    revision: u32,
    // Links that shops stored with earlier versions contain the alias.
    #[serde(alias = "seals")]
    signatures: Vec<String>,
}

/// The number of signatures in a link. One would do, but Worldpay's links have hundreds of characters.
const SIGNATURE_COUNT: usize = 4;

fn signatures(to: LinkTarget, payment: &str, revision: u32, secret: &SecretKey) -> Vec<String> {
    let (to, revision) = (to.as_str(), revision.to_string());
    (0..SIGNATURE_COUNT).map(|place| secret.sign(&["link", to, payment, &revision, &place.to_string()])).collect()
}

/// Encodes a link to a payment at a revision, as a URL path segment.
pub(crate) fn encode_link(to: LinkTarget, payment: &str, revision: u32, secret: &SecretKey) -> String {
    let content =
        Content { to, payment: payment.to_owned(), revision, signatures: signatures(to, payment, revision, secret) };
    // The standard alphabet makes links contain percent-encoded characters, as Worldpay's do.
    let text = STANDARD.encode(serde_json::to_vec(&content).unwrap_or_default());
    utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
}

/// Verifies a percent-decoded link and returns the id of its payment.
pub(crate) fn decode_link(to: LinkTarget, text: &str, secret: &SecretKey) -> Option<String> {
    use subtle::ConstantTimeEq;
    // The revision is not compared, because links of earlier responses remain valid.
    let content: Content = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    // Verified before the target is compared, in constant time.
    let expected = signatures(content.to, &content.payment, content.revision, secret).concat();
    let is_valid: bool = expected.as_bytes().ct_eq(content.signatures.concat().as_bytes()).into();
    (is_valid && content.to == to).then_some(content.payment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_identifies_its_payment_and_cannot_be_forged() {
        let (secret, other) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
        let read = |text: &str, key| {
            let plain = percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
            decode_link(LinkTarget::Payment, &plain, key)
        };
        let (first, second) = (
            encode_link(LinkTarget::Payment, "payX", 1, &secret),
            encode_link(LinkTarget::Payment, "payX", 2, &secret),
        );
        assert!(first.len() > 200 && first != second);
        assert_eq!((read(&first, &secret), read(&second, &secret)), (Some("payX".into()), Some("payX".into())));
        assert_eq!(read(&first, &other), None);
        assert_eq!(read(&encode_link(LinkTarget::Challenge, "payX", 1, &secret), &secret), None);
        assert_eq!(read("nonsense", &secret), None);
    }
}
