//! Schema migrations, the same for every SQL database.

use crate::store::StoreError;

/// One schema migration. It is applied once, in order, and never edited afterwards.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The position in the order, from 1.
    pub version: i64,
    /// A short description of the change.
    pub name: &'static str,
    /// The SQL statements of the migration.
    pub sql: &'static str,
}

/// The state of a migration in a database.
pub(crate) enum Step {
    Applied,
    Missing { checksum: String },
}

impl Migration {
    /// Compares the migration with the applied ones by version and checksum.
    pub(crate) fn step(&self, applied: &[(i64, String)]) -> Result<Step, StoreError> {
        let checksum = crate::secret::sha256_hex(self.sql.as_bytes());
        match applied.iter().find(|(version, _)| *version == self.version) {
            Some((_, earlier)) if *earlier == checksum => Ok(Step::Applied),
            // An edited migration would never reach the databases that have applied its earlier version.
            Some(_) => Err(StoreError::Fault(format!(
                "migration {} ({}) differs from the one this database was made with",
                self.version, self.name
            ))),
            None => Ok(Step::Missing { checksum }),
        }
    }
}
