//! Texts with limits: what is too long, empty or not printable never gets past the edge.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, schema::Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

/// One line of 1 to `MAX` characters, trimmed, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SingleLineText<const MAX: usize>(String);

/// Text of 0 to `MAX` characters, line breaks allowed, trimmed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Default)]
#[serde(transparent)]
pub struct MultilineText<const MAX: usize>(String);

impl<const MAX: usize> SingleLineText<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> MultilineText<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> std::str::FromStr for SingleLineText<MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("must not be empty".to_owned());
        }
        if text.chars().count() > MAX {
            return Err(format!("must have at most {MAX} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err("must be a single line of printable characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<const MAX: usize> std::str::FromStr for MultilineText<MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().count() > MAX {
            return Err(format!("must have at most {MAX} characters"));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err("must not contain control characters".to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for SingleLineText<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for MultilineText<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<const MAX: usize> PartialSchema for SingleLineText<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(MAX)).into()
    }
}

impl<const MAX: usize> PartialSchema for MultilineText<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX)).into()
    }
}

impl<const MAX: usize> ToSchema for SingleLineText<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("SingleLineText{MAX}").into()
    }
}

impl<const MAX: usize> ToSchema for MultilineText<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("MultilineText{MAX}").into()
    }
}

impl<const MAX: usize> std::fmt::Display for SingleLineText<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address, as far as it can be told without sending a mail: one `@`, a dot in the domain, at most 254 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Email, max_length = 254)]
pub struct Email(String);

impl Email {
    /// As the person wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For comparing: two addresses that differ in case belong to one person in practice.
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
    }
}

impl std::str::FromStr for Email {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let sound = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, domain)| {
                (1..=64).contains(&local.len())
                    && !domain.contains('@')
                    && domain.contains('.')
                    && !domain.starts_with(['.', '-'])
                    && !domain.ends_with(['.', '-'])
                    && !domain.contains("..")
            })
            && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c));
        if sound { Ok(Self(text.to_owned())) } else { Err("is not an e-mail address".to_owned()) }
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A password, a code or a token. It never shows when printed for debugging, nor in the message about a body that does
/// not parse.
#[derive(Clone, Default, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password)]
pub struct Secret(String);

impl Secret {
    /// The secret itself. Do not log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The message of serde would quote a number that was sent for a password.
        String::deserialize(deserializer).map(Self).map_err(|_| serde::de::Error::custom("must be a text"))
    }
}
