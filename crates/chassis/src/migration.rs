//! Steps of a schema, for every SQL database alike.

use crate::store::StoreError;

/// One step of a schema, applied once, in order, never changed afterwards.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub version: i64,
    /// What it does.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// What is to be done about a migration.
pub(crate) enum Step {
    Applied,
    Missing { checksum: String },
}

impl Migration {
    /// Compares with what was applied earlier: versions and checksums.
    pub(crate) fn step(&self, applied: &[(i64, String)]) -> Result<Step, StoreError> {
        let checksum = crate::secret::sha256_hex(self.sql.as_bytes());
        match applied.iter().find(|(version, _)| *version == self.version) {
            Some((_, earlier)) if *earlier == checksum => Ok(Step::Applied),
            Some(_) => Err(StoreError::Fault(format!(
                "migration {} ({}) differs from the one this database was made with",
                self.version, self.name
            ))),
            None => Ok(Step::Missing { checksum }),
        }
    }
}
