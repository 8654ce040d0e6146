//! Text types with limits. Text that is too long, empty or not printable is rejected when a request is parsed.

use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use url::Url;
use utoipa::openapi::{ObjectBuilder, RefOr, schema::Schema, schema::Type};
use utoipa::{PartialSchema, ToSchema};

/// A single line of 1 to `MAX` printable characters. Leading and trailing white space is removed, and so are characters that
/// [`is_invisible`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SingleLineText<const MAX: usize>(String);

/// Text of up to `MAX` characters with line breaks. Leading and trailing white space is removed, and so are characters that
/// [`is_invisible`].
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

/// Returns true for characters that nobody sees, and that make two texts differ or hide what one says:
///
/// - zero width space, word joiner, byte order mark and soft hyphen. The joiners U+200C and U+200D are part of words and
///   emoji;
/// - the explicit formatting characters of the Unicode Bidirectional Algorithm (UAX #9, 2.1 to 2.4). Right-to-left text
///   needs none of them.
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Removes the characters that [`is_invisible`].
pub fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_invisible) { text.replace(is_invisible, "").into() } else { text.into() }
}

impl<const MAX: usize> std::borrow::Borrow<str> for SingleLineText<MAX> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> std::str::FromStr for SingleLineText<MAX> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let visible = without_invisible(text);
        let text = visible.trim();
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
        let visible = without_invisible(text);
        let text = visible.trim();
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
    fn name() -> Cow<'static, str> {
        // Schemas with equal names would replace each other, so each limit has a name of its own.
        format!("SingleLineText{MAX}").into()
    }
}

impl<const MAX: usize> ToSchema for MultilineText<MAX> {
    fn name() -> Cow<'static, str> {
        format!("MultilineText{MAX}").into()
    }
}

impl<const MAX: usize> std::fmt::Display for SingleLineText<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A web address for a link: `http://` or `https://` and a host, up to 500 characters, in the form of the URL standard.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^https?://", max_length = 500)]
pub struct HttpUrl(String);

impl HttpUrl {
    const MAX_LENGTH: usize = 500;

    /// Returns the address as a slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns scheme, host and port, without a slash at the end.
    pub fn origin(&self) -> &str {
        self.0.split_at(self.path_start()).0
    }

    /// Returns path and query, with a slash at the beginning.
    pub fn path(&self) -> &str {
        self.0.split_at(self.path_start()).1
    }

    fn path_start(&self) -> usize {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        // The form of the URL standard has a slash after the host.
        self.0.get(host..).and_then(|rest| rest.find('/')).map_or(self.0.len(), |at| host + at)
    }
}

/// The text is not a web address for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a web address that starts with https:// or http://, of at most 500 characters")]
pub struct InvalidHttpUrl;

impl std::str::FromStr for HttpUrl {
    type Err = InvalidHttpUrl;

    fn from_str(text: &str) -> Result<Self, InvalidHttpUrl> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidHttpUrl)?;
        // A link with another scheme, such as `javascript:`, would run in the customer's browser.
        let is_link = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= Self::MAX_LENGTH;
        if is_link { Ok(Self(url.into())) } else { Err(InvalidHttpUrl) }
    }
}

impl<'de> Deserialize<'de> for HttpUrl {
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
