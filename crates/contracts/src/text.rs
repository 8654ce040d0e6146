//! Text types with limits. Text that is too long, empty or not printable is rejected when a request is parsed.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, schema::Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

/// A single line of 1 to `MAX` printable characters. Leading and trailing white space is removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SingleLineText<const MAX: usize>(String);

/// Text of up to `MAX` characters with line breaks. Leading and trailing white space is removed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Default)]
#[serde(transparent)]
pub struct MultilineText<const MAX: usize>(String);

impl<const MAX: usize> SingleLineText<MAX> {
    /// Returns the text as a slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts into the owned text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> MultilineText<MAX> {
    /// Returns the text as a slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Converts into the owned text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// The reason why a text is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text is empty or consists of white space.
    #[error("must not be empty")]
    Empty,
    /// The text has more characters than allowed.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The largest allowed number of characters.
        max: usize,
    },
    /// The text has line breaks or other control characters.
    #[error("must be a single line of printable characters")]
    NotSingleLine,
    /// The text has control characters other than line breaks and tabs.
    #[error("must not contain control characters")]
    ControlCharacter,
}

impl<const MAX: usize> std::str::FromStr for SingleLineText<MAX> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        // Characters are counted, as `maxLength` in JSON Schema does, and not bytes.
        if text.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::NotSingleLine);
        }
        Ok(Self(text.to_owned()))
    }
}

impl<const MAX: usize> std::str::FromStr for MultilineText<MAX> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.chars().count() > MAX {
            return Err(TextError::TooLong { max: MAX });
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(TextError::ControlCharacter);
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
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(format!(
                "A single line of 1 to {MAX} printable characters; outer white space is removed."
            )))
            .min_length(Some(1))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MAX: usize> PartialSchema for MultilineText<MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(format!(
                "Text of up to {MAX} characters with line breaks; outer white space is removed."
            )))
            .max_length(Some(MAX))
            .into()
    }
}

impl<const MAX: usize> ToSchema for SingleLineText<MAX> {
    fn name() -> std::borrow::Cow<'static, str> {
        // Schemas with equal names would replace each other, so each limit has a name of its own.
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

/// An email address of at most 254 bytes, with one `@` and a dot in the domain. Only the form is checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Email, max_length = 254, example = "greta.holm@example.com")]
pub struct Email(String);

impl Email {
    /// Returns the address as it was entered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the address in lower case, for comparisons.
    ///
    /// RFC 5321 lets servers distinguish the case of the local part, but in practice none does.
    pub fn normalised(&self) -> String {
        self.0.to_lowercase()
    }
}

/// The text is not an email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an email address")]
pub struct InvalidEmail;

impl std::str::FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        // Stricter than RFC 5322, which allows comments, quoted local parts and domains without a dot: such addresses
        // are typing errors far more often than real, and quotes or brackets would need escaping in mail headers.
        let is_valid = text.len() <= 254
            && text.split_once('@').is_some_and(|(local, domain)| {
                (1..=64).contains(&local.len())
                    && !domain.contains('@')
                    && domain.contains('.')
                    && !domain.starts_with(['.', '-'])
                    && !domain.ends_with(['.', '-'])
                    && !domain.contains("..")
            })
            && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"".contains(c));
        if is_valid { Ok(Self(text.to_owned())) } else { Err(InvalidEmail) }
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

/// A password, one-time code or token. Debug output and parse errors never contain the value.
#[derive(Clone, Default, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Password)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret value, which must not be logged.
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
        // Serde's own message would quote a number that was sent as a password.
        String::deserialize(deserializer).map(Self).map_err(|_| serde::de::Error::custom("must be a string"))
    }
}
