//! Email addresses: the rules for new ones, their form for comparisons, and the form that mail is sent to.

use crate::text::is_invisible;
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

/// An email address of at most 254 bytes that mail can be sent to, in Unicode normal form C.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Email, max_length = 254, example = "greta.holm@example.com")]
pub struct Email(String);

impl Email {
    /// Takes an address as an earlier version, with looser rules, may have stored it.
    pub fn of_stored(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// Takes an address to look it up, which may be older than the rules for new ones.
    pub fn to_look_up(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self::of_stored(text))
    }

    /// Returns the address as it was entered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address in lower case and with an internationalised domain in Unicode, for comparisons: `bücher.example`
    /// and `xn--bcher-kva.example` are the same domain.
    ///
    /// RFC 5321 lets servers distinguish the case of the local part, but in practice none does.
    pub fn normalised(&self) -> String {
        let (local, domain) = self.parts();
        let (domain, result) = idna::domain_to_unicode(domain);
        // A domain that was valid when it was entered stays one; if the tables of IDNA change, its letters still count.
        let domain = if result.is_ok() { domain } else { self.parts().1.to_lowercase() };
        format!("{}@{domain}", local.to_lowercase())
    }

    /// Returns the address with its domain in ASCII, which every mail server accepts (RFC 5890). The local part may still
    /// need a server that supports internationalised email (RFC 6531).
    pub fn deliverable(&self) -> String {
        let (local, domain) = self.parts();
        let domain = idna::domain_to_ascii_strict(domain).unwrap_or_else(|_| domain.to_owned());
        format!("{local}@{domain}")
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

/// The text is not an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an email address")]
pub struct InvalidEmail;

impl std::str::FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text: String = text.trim().nfc().collect();
        let (local, domain) = text.split_once('@').ok_or(InvalidEmail)?;
        // Stricter than RFC 5322, which allows comments, quoted local parts and domains without a dot: such addresses
        // are typing errors far more often than real, and quotes or brackets would need escaping in mail headers.
        let is_plain =
            |c: char| !c.is_whitespace() && !c.is_control() && !is_invisible(c) && !"<>()[]\\,;:\"".contains(c);
        // The rules of the mail library for the local part: atoms of RFC 5321 and 6531, separated by single dots.
        let is_valid = text.len() <= 254
            && text.chars().all(is_plain)
            && email_address::EmailAddress::is_valid_local_part(local)
            && is_valid_domain(domain);
        if is_valid { Ok(Self(text)) } else { Err(InvalidEmail) }
    }
}

/// Returns true for a domain of at least two labels that DNS can hold, internationalised or not.
fn is_valid_domain(domain: &str) -> bool {
    let Ok(ascii) = idna::domain_to_ascii_strict(domain) else { return false };
    let last = ascii.rsplit('.').next().unwrap_or_default();
    // A top-level domain is never a number, so this is an address or a typing error.
    ascii.contains('.') && !ascii.ends_with('.') && last.len() >= 2 && !last.bytes().all(|byte| byte.is_ascii_digit())
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a stored address, which may be older than the rules for new ones; see [`new`].
impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.contains('@') { Ok(Self(text)) } else { Err(serde::de::Error::custom(InvalidEmail)) }
    }
}

/// Reads the address of a request, by all rules: for fields with `#[serde(deserialize_with = "contracts::email::new")]`.
///
/// # Errors
/// When it is not an address that mail can be sent to.
pub fn new<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Email, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Result<Email, InvalidEmail> {
        text.parse()
    }

    #[test]
    fn usual_addresses_are_accepted() {
        for text in [
            "a@example.com",
            "greta.holm+shop@mail.example.co.uk",
            "o'neil@example.ie",
            "jörg@müller.de",
            "x@xn--bcher-kva.example",
        ] {
            assert!(email(text).is_ok(), "{text}");
        }
        assert_eq!(email("  a@example.com ").map(|email| email.0), Ok("a@example.com".to_owned()));
    }

    #[test]
    fn addresses_that_no_mail_can_be_sent_to_are_refused() {
        for text in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@b",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "x@bad-.com",
            "x@-bad.com",
            "x@exa_mple.com",
            "x@example..com",
            "x@example.com.",
            "x@.example.com",
            "x@1.2.3.4",
            "x@[1.2.3.4]",
            "a@b@example.com",
            "zero\u{200b}@example.com",
            "a\u{202e}b@example.com",
            "a b@example.com",
            "\"a\"@example.com",
            "a@example.c",
        ] {
            assert_eq!(email(text), Err(InvalidEmail), "{text}");
        }
        assert!(email(&format!("{}@example.com", "x".repeat(65))).is_err());
        assert!(email(&format!("x@{}.com", "y".repeat(64))).is_err(), "a label of a domain has at most 63 characters");
    }

    #[test]
    fn one_mailbox_has_one_normal_form() {
        for (one, other) in [
            ("Greta@Example.COM", "greta@example.com"),
            ("x@bücher.example", "x@xn--bcher-kva.example"),
            ("x@BÜCHER.example", "x@bücher.example"),
            ("caf\u{e9}@example.com", "cafe\u{301}@example.com"),
        ] {
            let normalised = |text| email(text).map(|email| email.normalised());
            assert_eq!(normalised(one), normalised(other));
        }
    }

    #[test]
    fn mail_is_sent_to_the_ascii_form_of_the_domain() {
        assert_eq!(email("info@müller.de").map(|email| email.deliverable()), Ok("info@xn--mller-kva.de".to_owned()));
        assert_eq!(email("Info@example.de").map(|email| email.deliverable()), Ok("Info@example.de".to_owned()));
    }

    #[test]
    fn stored_addresses_that_are_older_than_the_rules_stay_readable() {
        assert!(serde_json::from_str::<Email>("\"a..b@example.com\"").is_ok());
        assert!(serde_json::from_str::<Email>("\"nothing\"").is_err());
        assert_eq!(Email::of_stored(" A..B@Example.com ").normalised(), "a..b@example.com");
        assert_eq!(Email::of_stored("nothing").normalised(), "nothing@");
    }
}
