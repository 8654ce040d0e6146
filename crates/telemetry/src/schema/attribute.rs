//! The declaration of attributes, with the type of their values.

use super::{Stability, ValueType};
use opentelemetry::{KeyValue, StringValue};
use std::marker::PhantomData;

/// The declaration of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeInfo {
    /// The name, such as `http.route`.
    pub name: &'static str,
    /// The type of the value.
    pub value: ValueType,
    /// The stability of the name.
    pub stability: Stability,
    /// The meaning, as a sentence.
    pub description: &'static str,
}

/// An attribute with values of type `T`: [`StringValue`] or [`i64`].
///
/// OpenTelemetry has no unsigned integers; converting them here keeps them numbers.
#[derive(Debug)]
pub struct Attribute<T> {
    info: AttributeInfo,
    value: PhantomData<T>,
}

impl<T> Attribute<T> {
    pub(super) const fn declare(
        name: &'static str,
        value: ValueType,
        stability: Stability,
        description: &'static str,
    ) -> Self {
        Self { info: AttributeInfo { name, value, stability, description }, value: PhantomData }
    }

    pub const fn info(&self) -> AttributeInfo {
        self.info
    }
}

impl Attribute<StringValue> {
    pub(super) const fn text(name: &'static str, stability: Stability, description: &'static str) -> Self {
        Self::declare(name, ValueType::String, stability, description)
    }

    /// The attribute with this value.
    pub fn of(&self, value: impl Into<StringValue>) -> KeyValue {
        KeyValue::new(self.info.name, value.into())
    }
}

impl Attribute<i64> {
    pub(super) const fn integer(name: &'static str, stability: Stability, description: &'static str) -> Self {
        Self::declare(name, ValueType::Integer, stability, description)
    }

    /// The attribute with this value; one beyond the range of `i64` becomes its maximum.
    pub fn of(&self, value: impl TryInto<i64>) -> KeyValue {
        KeyValue::new(self.info.name, value.try_into().unwrap_or(i64::MAX))
    }
}
