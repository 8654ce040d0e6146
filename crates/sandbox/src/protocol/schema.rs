//! Validates a JSON body as strictly as Worldpay: missing, invalid and unknown fields are reported with their JSON
//! path.

use super::errors::{ValidationError, WireError};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::ops::RangeInclusive;

/// Parses a body with `read` and reports all validation errors, not only the first.
///
/// # Errors
/// 400 when there is any validation error, whatever `read` returns.
pub(crate) fn check<T>(bytes: &[u8], read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Result<T, WireError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| WireError::not_json())?;
    let findings = RefCell::default();
    // The path of the root is `$`, as in JSONPath.
    let outcome = read_object("$", &value, &findings, read);
    let findings = findings.into_inner();
    match outcome {
        Some(outcome) if findings.is_empty() => Ok(outcome),
        _ => Err(WireError::body(&findings)),
    }
}

/// Parses an object and reports the fields that `read` did not request.
fn read_object<T>(
    path: &str,
    value: &Value,
    findings: &RefCell<Vec<ValidationError>>,
    read: impl FnOnce(&Fields<'_>) -> Option<T>,
) -> Option<T> {
    let Some(map) = value.as_object() else {
        findings.borrow_mut().push(ValidationError::new("fieldHasInvalidValue", path, "Must be an object"));
        return None;
    };
    let fields = Fields { map, path, findings, known: RefCell::default() };
    let outcome = read(&fields);
    // The fields that `read` requested are the known ones; Worldpay rejects all others.
    let known = fields.known.borrow();
    for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
        let finding = ValidationError::new("fieldIsNotAllowed", &format!("{path}.{name}"), "Field is not recognised");
        findings.borrow_mut().push(finding);
    }
    outcome
}

/// The fields of a JSON object.
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a str,
    findings: &'a RefCell<Vec<ValidationError>>,
    known: RefCell<Vec<&'static str>>,
}

/// The constraints of a text field.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub min: usize,
    pub max: usize,
    pub allowed: fn(char) -> bool,
}

impl Text {
    /// Creates constraints that allow all characters.
    pub(crate) const fn any(min: usize, max: usize) -> Self {
        Self { min, max, allowed: |_| true }
    }

    pub(crate) const fn with(min: usize, max: usize, allowed: fn(char) -> bool) -> Self {
        Self { min, max, allowed }
    }
}

impl Fields<'_> {
    fn report(&self, name: &str, error: &'static str, message: impl Into<String>) {
        self.findings.borrow_mut().push(ValidationError::new(error, &format!("{}.{name}", self.path), message));
    }

    /// Reports an invalid field.
    pub(crate) fn report_invalid(&self, name: &str, message: &str) {
        self.report(name, "fieldHasInvalidValue", message);
    }

    /// Reports a missing field.
    pub(crate) fn report_missing(&self, name: &str) {
        self.report(name, "fieldIsMissing", "Field is mandatory");
    }

    /// Returns true if the field is present.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    fn field(&self, name: &'static str) -> Option<&Value> {
        self.known.borrow_mut().push(name);
        self.map.get(name)
    }

    fn required<T>(&self, name: &'static str, found: Option<T>) -> Option<T> {
        // A field that is present but invalid was reported already.
        if found.is_none() && !self.has(name) {
            self.report_missing(name);
        }
        found
    }

    /// Accepts a field without validating its content.
    pub(crate) fn ignored(&self, name: &'static str) {
        self.field(name);
    }

    pub(crate) fn optional_text(&self, name: &'static str, rule: Text) -> Option<String> {
        let value = self.field(name)?;
        let Some(text) = value.as_str() else {
            self.report_invalid(name, "Must be a string");
            return None;
        };
        let length = text.chars().count();
        if length < rule.min {
            self.report(name, "stringIsTooShort", format!("Must have at least {} characters", rule.min));
        } else if length > rule.max {
            self.report(name, "stringIsTooLong", format!("Must have at most {} characters", rule.max));
        } else if !text.chars().all(rule.allowed) {
            self.report(name, "fieldHasInvalidValue", "Has characters that are not allowed");
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
            self.report_invalid(name, &format!("Must be a whole number from {} to {}", range.start(), range.end()));
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
            self.report_invalid(name, "Must be true or false");
        }
        found
    }

    pub(crate) fn optional_one_of(&self, name: &'static str, choices: &[&'static str]) -> Option<&'static str> {
        let value = self.field(name)?;
        let found = choices.iter().copied().find(|choice| value == choice);
        if found.is_none() {
            self.report_invalid(name, &format!("Must be one of {}", choices.join(", ")));
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
        read_object(&format!("{}.{name}", self.path), value, self.findings, read)
    }

    pub(crate) fn object<T>(&self, name: &'static str, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Option<T> {
        let found = self.optional_object(name, read);
        self.required(name, found)
    }
}
