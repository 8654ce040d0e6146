//! Checks that a backend can be reached and meets the requirements of `docs/design.md` ("Requirements on backends").
//! The checks leave no data behind.

mod mongo;
mod mysql;
mod redis;
mod sqlite;

pub use mongo::examine as mongo;
pub use mysql::examine as mysql;
pub use redis::examine as redis;
pub use sqlite::examine as sqlite;

use jiff::{SignedDuration, Timestamp};
use std::fmt;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The backend meets the requirement.
    Ok,
    /// The shop works; this should be improved, or could not be checked.
    Warning,
    /// The shop must not run with this.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "ERROR",
        })
    }
}

/// One result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The severity of the finding.
    pub severity: Severity,
    /// The subject, such as `MongoDB`.
    pub subject: &'static str,
    /// The result, and the correction if one is needed.
    pub message: String,
}

/// The findings about one subject.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    subject: &'static str,
    all: Vec<Finding>,
}

impl Findings {
    /// Creates an empty list about `subject`.
    pub const fn new(subject: &'static str) -> Self {
        Self { subject, all: Vec::new() }
    }

    /// Adds a finding that a requirement is met.
    pub fn ok(&mut self, message: impl Into<String>) {
        self.add(Severity::Ok, message);
    }

    /// Adds a warning to the list.
    pub fn warning(&mut self, message: impl Into<String>) {
        self.add(Severity::Warning, message);
    }

    /// Adds an error to the list.
    pub fn error(&mut self, message: impl Into<String>) {
        self.add(Severity::Error, message);
    }

    /// Adds `ok` if `fine` holds, otherwise an error.
    pub fn check(&mut self, fine: bool, ok: impl Into<String>, error: impl Into<String>) {
        if fine { self.ok(ok) } else { self.error(error) }
    }

    /// Compares a server's clock with this machine's. Leases and expiry compare times that several machines wrote.
    pub fn clock(&mut self, theirs: Timestamp, ours: Timestamp) {
        let apart = theirs.duration_since(ours).abs();
        if apart > SKEW {
            self.warning(format!(
                "its clock and this machine's are {} s apart; synchronise them (NTP), since leases compare times",
                apart.as_secs()
            ));
        }
    }

    fn add(&mut self, severity: Severity, message: impl Into<String>) {
        self.all.push(Finding { severity, subject: self.subject, message: message.into() });
    }

    /// Returns all findings of the list.
    pub fn into_all(self) -> Vec<Finding> {
        self.all
    }
}

/// The tolerated difference of clocks, since whole seconds are read over a network.
const SKEW: SignedDuration = SignedDuration::from_secs(2);

/// Returns true if a host is this machine, so that no network lies between.
pub fn is_this_machine(host: &str) -> bool {
    // All of 127.0.0.0/8 is loopback (RFC 1122, section 3.2.1.3), not only 127.0.0.1.
    matches!(host, "localhost" | "::1") || host.starts_with("127.")
}

/// Reads the first two numbers of a version, such as 10 and 11 of `10.11.6-MariaDB`.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split(|letter: char| !letter.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_versions_are_parsed() {
        assert_eq!(version("10.11.6-MariaDB-0+deb12u1"), (10, 11));
        assert_eq!(version("8.4.2"), (8, 4));
        assert_eq!(version("9"), (9, 0));
        assert!(version("10.11.1") >= (10, 11) && version("7.4") < (8, 0));
    }

    #[test]
    fn small_clock_differences_are_tolerated() {
        let now = Timestamp::UNIX_EPOCH;
        let mut findings = Findings::new("MySQL");
        findings.clock(now + SignedDuration::from_millis(1900), now);
        findings.clock(now - SignedDuration::from_secs(90), now);
        let all = findings.into_all();
        assert_eq!(all.len(), 1);
        assert!(all[0].message.contains("90 s apart") && all[0].severity == Severity::Warning);
    }
}
