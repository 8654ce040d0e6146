//! Signed webhooks in the format of Standard Webhooks (<https://www.standardwebhooks.com>), which many services send and for
//! which libraries exist in most languages.
//!
//! The signature covers the id of the message, the time of sending and the exact bytes of the body. The reference library for
//! Rust reads the clock of the system, so the format is implemented here.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use std::str::FromStr;
use subtle::ConstantTimeEq;

/// The header with the unique id of the message, the same when it is sent again.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, separated by spaces.
pub const SIGNATURE: &str = "webhook-signature";

const SECRET_PREFIX: &str = "whsec_";
/// The version of signatures with a shared secret.
const VERSION: &str = "v1";
/// The number of signatures that are compared. A sender has one for each of its secrets.
const MAX_SIGNATURES: usize = 8;
/// The difference between the clocks of sender and receiver beyond which a message counts as replayed.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The secret that sender and receiver share.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

impl FromStr for WebhookSecret {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let format = "expected whsec_ and 24 to 64 bytes in base64";
        let bytes = STANDARD.decode(text.strip_prefix(SECRET_PREFIX).ok_or(format)?).map_err(|_| format)?;
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(format) }
    }
}

/// The reason why a webhook is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing or malformed.
    #[error("the header {0} is missing or malformed")]
    Header(&'static str),
    /// The time of sending is too far from the receiver's clock.
    #[error("the webhook was signed more than five minutes from now")]
    Time,
    /// No signature was made with one of the secrets.
    #[error("the signature is wrong")]
    Signature,
}

impl WebhookSecret {
    /// Returns the value of the header [`SIGNATURE`] for a message.
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        format!("{VERSION},{}", STANDARD.encode(self.digest(id, &at.as_second().to_string(), body)))
    }

    fn digest(&self, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
        // HMAC pads a shorter key to the block size of its hash, 64 bytes for SHA-256 (RFC 2104). A secret is not longer.
        let mut block = [0; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Verifies that a message was signed with one of the secrets, at about `now`. Returns its id.
///
/// # Errors
/// [`SignatureError`] for a message that is not to be processed.
pub fn verify<'a>(
    secrets: &[WebhookSecret],
    headers: &'a HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<&'a str, SignatureError> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(SignatureError::Header(name));
    let (id, timestamp, signatures) = (header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?);
    let seconds: i64 = timestamp.parse().map_err(|_| SignatureError::Header(TIMESTAMP))?;
    let at = Timestamp::from_second(seconds).map_err(|_| SignatureError::Header(TIMESTAMP))?;
    // Once for each secret and not for each signature, of which anyone can send many.
    let digests: Vec<[u8; 32]> = secrets.iter().map(|secret| secret.digest(id, timestamp, body)).collect();
    let of_version = signatures.split(' ').filter_map(|one| one.strip_prefix(VERSION)?.strip_prefix(','));
    let is_signed = of_version.take(MAX_SIGNATURES).any(|one| {
        let Ok(signature) = STANDARD.decode(one) else { return false };
        // In constant time, so that response times give no hint about the right signature.
        digests.iter().any(|digest| digest.ct_eq(&signature).into())
    });
    if !is_signed {
        return Err(SignatureError::Signature);
    }
    // Checked after the signature: only a genuine sender learns that its clock is wrong.
    if now.duration_since(at).abs() > TOLERANCE { Err(SignatureError::Time) } else { Ok(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_614_265_330 + seconds).unwrap()
    }

    fn headers(signature: &str) -> HeaderMap {
        let values = [(ID, MESSAGE), (TIMESTAMP, "1614265330"), (SIGNATURE, signature)];
        values.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn verified(secret: &str, signature: &str, body: &[u8], seconds: i64) -> Result<String, SignatureError> {
        verify(&[secret.parse().unwrap()], &headers(signature), body, at(seconds)).map(ToOwned::to_owned)
    }

    #[test]
    fn a_message_is_signed_as_by_other_libraries() {
        assert_eq!(SECRET.parse::<WebhookSecret>().unwrap().sign(MESSAGE, at(0), BODY), SIGNED);
        assert_eq!(verified(SECRET, SIGNED, BODY, 0), Ok(MESSAGE.to_owned()));
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let rotated = format!("v1a,unknown v1,bm9uc2Vuc2U= {SIGNED}");
        assert_eq!(verified(SECRET, &rotated, BODY, 299), Ok(MESSAGE.to_owned()));
    }

    #[test]
    fn only_the_first_signatures_are_compared() {
        let many = |count: usize| format!("{}{SIGNED}", "v1,bm9uc2Vuc2U= ".repeat(count));
        assert_eq!(verified(SECRET, &many(7), BODY, 0), Ok(MESSAGE.to_owned()));
        assert_eq!(verified(SECRET, &many(8), BODY, 0), Err(SignatureError::Signature));
    }

    #[test]
    fn changed_and_late_messages_are_refused() {
        let other = format!("whsec_{}", STANDARD.encode([7; 24]));
        assert_eq!(verified(&other, SIGNED, BODY, 0), Err(SignatureError::Signature));
        assert_eq!(verified(SECRET, SIGNED, b"{}", 0), Err(SignatureError::Signature));
        assert_eq!(verified(SECRET, "", BODY, 0), Err(SignatureError::Signature));
        for seconds in [-301, 301] {
            assert_eq!(verified(SECRET, SIGNED, BODY, seconds), Err(SignatureError::Time));
        }
        let none = HeaderMap::new();
        assert_eq!(verify(&[], &none, BODY, at(0)), Err(SignatureError::Header(ID)));
    }

    #[test]
    fn a_secret_has_a_prefix_and_enough_bytes() {
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_?"] {
            assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
        }
        assert_eq!(format!("{:?}", SECRET.parse::<WebhookSecret>().unwrap()), "WebhookSecret(…)");
    }
}
