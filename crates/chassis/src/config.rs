//! Configuration from environment variables, read in one place, with all problems reported at once.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// An environment variable that the program reads.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The name of the variable.
    pub name: &'static str,
    /// The value that is used when the variable is not set.
    pub default: &'static str,
    /// The description for `.env.example`.
    pub help: &'static str,
}

/// The environment, and the problems found while reading it.
#[derive(Debug, Default)]
pub struct Environment {
    values: BTreeMap<String, String>,
    problems: Vec<String>,
}

impl Environment {
    /// Reads the environment of the process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_process() -> Self {
        // Variables of other programs need not be Unicode, and those of ShopStack are invalid otherwise.
        let unicode = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        Self { values: std::env::vars_os().filter_map(unicode).collect(), problems: Vec::new() }
    }

    /// Creates an environment of these values, for tests.
    pub fn from_values(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { values: values.into_iter().collect(), problems: Vec::new() }
    }

    /// Returns the value of a variable or its default; `None` when both are empty.
    pub fn text(&self, variable: &Variable) -> Option<String> {
        // Trimmed, because secrets mounted as files and .env editors often end values with a newline.
        let value = self.values.get(variable.name).map_or(variable.default, |value| value.trim());
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// Returns the parsed value of a variable, and records a problem if it does not parse.
    pub fn parse<T: std::str::FromStr>(&mut self, variable: &Variable) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(variable)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(format!("{}=\"{text}\": {error}. {}", variable.name, variable.help));
                None
            }
        }
    }

    /// Returns the parsed values of a variable that are separated by commas, and records a problem for each that does not
    /// parse.
    pub fn list<T: std::str::FromStr>(&mut self, variable: &Variable) -> Vec<T>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(variable).unwrap_or_default();
        let mut values = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.parse() {
                Ok(value) => values.push(value),
                // The value may be a secret, so it is not part of the message.
                Err(error) => self.problems.push(format!("{}: {error} ({})", variable.name, variable.help)),
            }
        }
        values
    }

    /// Records a problem that does not belong to a single value.
    pub fn add_error(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Ends the reading of the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem found so far, so that an operator can correct them all at once.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigError(self.problems.clone())) }
    }
}

/// A configuration that cannot be used. The text has one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// Creates the error for a single problem.
    pub fn new(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

/// A text that is not a valid value of a type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown value \"{value}\"; expected {expected}")]
pub struct UnknownValue {
    value: String,
    expected: &'static str,
}

impl UnknownValue {
    /// Creates the error for `value`, with a description of the expected values.
    pub fn new(value: &str, expected: &'static str) -> Self {
        Self { value: value.to_owned(), expected }
    }
}

/// The value of a switch: `on` or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOff {
    On,
    Off,
}

impl OnOff {
    /// Returns true for `on`.
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

impl std::str::FromStr for OnOff {
    type Err = UnknownValue;

    fn from_str(text: &str) -> Result<Self, UnknownValue> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            other => Err(UnknownValue::new(other, "on or off")),
        }
    }
}
