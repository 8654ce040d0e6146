//! Reads a JSON body as strictly as Worldpay does: what is missing, wrong or not known is told with its place.

use super::errors::{Finding, WireError};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// Reads the fields of a body. Every fault is told, not the first alone.
///
/// # Errors
/// 400 as soon as there is a fault, whatever `read` made of the rest.
pub(crate) fn check<T>(bytes: &[u8], read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, WireError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| WireError::not_json())?;
    let findings = RefCell::default();
    let outcome = within("$", &value, &findings, read);
    let findings = findings.into_inner();
    match outcome {
        Some(outcome) if findings.is_empty() => Ok(outcome),
        _ => Err(WireError::body(&findings)),
    }
}

/// Reads an object, and finds fault with those of its fields that nobody asked for.
fn within<T>(
    path: &str,
    value: &Value,
    findings: &RefCell<Vec<Finding>>,
    read: impl FnOnce(&Fields<'_>) -> Option<T>,
) -> Option<T> {
    let Some(map) = value.as_object() else {
        findings.borrow_mut().push(Finding::new("fieldHasInvalidValue", path, "Must be an object"));
        return None;
    };
    let fields = Fields { map, path, findings, known: RefCell::default() };
    let outcome = read(&fields);
    let known = fields.known.borrow();
    for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
        let finding = Finding::new("fieldIsNotAllowed", &format!("{path}.{name}"), "Field is not recognised");
        findings.borrow_mut().push(finding);
    }
    outcome
}

/// The fields of one object.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a str,
    findings: &'a RefCell<Vec<Finding>>,
    known: RefCell<Vec<&'static str>>,
}

/// How a text has to be.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub least: usize,
    pub most: usize,
    pub allowed: fn(char) -> bool,
}

impl Text {
    /// Any characters.
    pub(crate) const fn free(least: usize, most: usize) -> Self {
        Self { least, most, allowed: |_| true }
    }

    pub(crate) const fn of(least: usize, most: usize, allowed: fn(char) -> bool) -> Self {
        Self { least, most, allowed }
    }
}

impl Fields<'_> {
    fn fault(&self, name: &str, error: &'static str, message: impl Into<String>) {
        self.findings.borrow_mut().push(Finding::new(error, &format!("{}.{name}", self.path), message));
    }

    /// Something about a field that only shows in the light of others.
    pub(crate) fn wrong(&self, name: &str, message: &str) {
        self.fault(name, "fieldHasInvalidValue", message);
    }

    /// Says that a field is missing which only some forms of the object have.
    pub(crate) fn missing(&self, name: &str) {
        self.fault(name, "fieldIsMissing", "Field is mandatory");
    }

    /// Whether the field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    fn field(&self, name: &'static str) -> Option<&Value> {
        self.known.borrow_mut().push(name);
        self.map.get(name)
    }

    fn required<T>(&self, name: &'static str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.has(name) {
            self.missing(name);
        }
        found
    }

    /// A field whose content does not matter here.
    pub(crate) fn ignored(&self, name: &'static str) {
        self.field(name);
    }

    pub(crate) fn optional_text(&self, name: &'static str, rule: Text) -> Option<String> {
        let value = self.field(name)?;
        let Some(text) = value.as_str() else {
            self.wrong(name, "Must be a string");
            return None;
        };
        let length = text.chars().count();
        if length < rule.least {
            self.fault(name, "stringIsTooShort", format!("Must have at least {} characters", rule.least));
        } else if length > rule.most {
            self.fault(name, "stringIsTooLong", format!("Must have at most {} characters", rule.most));
        } else if !text.chars().all(rule.allowed) {
            self.fault(name, "fieldHasInvalidValue", "Has characters that are not allowed");
        } else {
            return Some(text.to_owned());
        }
        None
    }

    pub(crate) fn text(&self, name: &'static str, rule: Text) -> Option<String> {
        let found = self.optional_text(name, rule);
        self.required(name, found)
    }

    pub(crate) fn number(&self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let found = self.field(name)?.as_i64().filter(|number| range.contains(number));
        if found.is_none() {
            self.wrong(name, &format!("Must be a whole number from {} to {}", range.start(), range.end()));
        }
        found
    }

    pub(crate) fn required_number(&self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let found = self.number(name, range);
        self.required(name, found)
    }

    pub(crate) fn flag(&self, name: &'static str) -> Option<bool> {
        let found = self.field(name)?.as_bool();
        if found.is_none() {
            self.wrong(name, "Must be true or false");
        }
        found
    }

    pub(crate) fn optional_one_of(&self, name: &'static str, choices: &[&'static str]) -> Option<&'static str> {
        let value = self.field(name)?;
        let found = choices.iter().copied().find(|choice| value == choice);
        if found.is_none() {
            self.wrong(name, &format!("Must be one of {}", choices.join(", ")));
        }
        found
    }

    pub(crate) fn one_of(&self, name: &'static str, choices: &[&'static str]) -> Option<&'static str> {
        let found = self.optional_one_of(name, choices);
        self.required(name, found)
    }

    pub(crate) fn optional_object<T>(
        &self,
        name: &'static str,
        read: impl FnOnce(&Fields<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.field(name)?;
        within(&format!("{}.{name}", self.path), value, self.findings, read)
    }

    pub(crate) fn object<T>(&self, name: &'static str, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Option<T> {
        let found = self.optional_object(name, read);
        self.required(name, found)
    }
}
