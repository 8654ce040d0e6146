//! Keyed digests for signed links and stored tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// A secret key that never appears in a log.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// Creates the key from `bytes`.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the HMAC-SHA256 of the parts as base64url. Each part is preceded by its length, so that ("ab", "c") and
    /// ("a", "bc") have different signatures.
    pub fn sign(&self, parts: &[&str]) -> String {
        // HMAC pads a key to the block size of its hash, 64 bytes for SHA-256 (RFC 2104).
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // The length prefix makes the encoding injective, so parts cannot be shifted between fields.
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    /// Verifies the signature of the parts in constant time.
    pub fn verify(&self, parts: &[&str], signature: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.sign(parts).as_bytes().ct_eq(signature.as_bytes()).into()
    }
}

/// Returns the SHA-256 of `bytes` as lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
