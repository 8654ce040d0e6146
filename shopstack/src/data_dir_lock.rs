//! The lock of a data directory. Two processes that serve one shop from the same files would both call the gateway and
//! send the same emails.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The name of the lock file. Versions that run side by side must agree on it, so it never changes.
const LOCK_FILE: &str = "occupied";

/// Exclusive use of a data directory. The operating system releases the lock when the process ends, even by `kill -9`.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

/// A data directory that could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds the lock.
    #[error(
        "{} is in use by another shopstack process. Stop that process, or choose another directory with --data-dir.",
        .0.display()
    )]
    InUse(PathBuf),
    /// The lock file cannot be created or locked.
    #[error("cannot lock {}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
}

impl DataDirLock {
    /// Locks the directory, which is created if it does not exist.
    ///
    /// # Errors
    /// [`LockError`] if another process holds the lock, or the directory cannot be written.
    pub fn acquire(folder: &Path) -> Result<Self, LockError> {
        let failed = |source| LockError::File { path: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(LOCK_FILE);
        // The file stays after the process: removing it would race with another process that is about to lock it.
        let file = File::options().create(true).truncate(false).write(true).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::InUse(folder.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Returns true if a process holds the lock, or if that cannot be found out.
    pub fn is_held(folder: &Path) -> bool {
        match File::open(folder.join(LOCK_FILE)) {
            // Shared, so that two processes that look at the same time do not take each other for the owner.
            Ok(file) => file.try_lock_shared().is_err(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_directory_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!DataDirLock::is_held(folder.path()));
        let first = DataDirLock::acquire(folder.path()).expect("unlocked");
        assert!(DataDirLock::is_held(folder.path()));
        let error = DataDirLock::acquire(folder.path()).expect_err("locked");
        assert!(matches!(error, LockError::InUse(_)), "{error}");
        drop(first);
        assert!(!DataDirLock::is_held(folder.path()));
        DataDirLock::acquire(folder.path()).expect("unlocked again");
    }
}
