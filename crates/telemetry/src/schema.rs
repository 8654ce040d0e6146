//! The telemetry schema: each span, attribute, metric and log field that a shop sends, with type, unit, stability and
//! meaning.
//!
//! Code sends telemetry through these declarations only, so that a name cannot be sent without being declared.
//! [`markdown`] renders them as `docs/telemetry.md`.

mod attribute;
pub mod attributes;
mod incubating;
pub mod logs;
mod markdown;
pub mod metrics;
pub mod spans;

pub use markdown::markdown;

/// The stability of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    /// The name and meaning change only with a new major version.
    Stable,
    /// The name follows a convention that may still change.
    Development,
}

impl Stability {
    /// The name in the documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Development => "development",
        }
    }
}

/// The type of an attribute or log field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    String,
    /// A signed integer of 64 bits.
    Integer,
    Boolean,
}

impl ValueType {
    /// The name in the documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
        }
    }
}
