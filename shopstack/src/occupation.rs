//! Who has a data directory to itself: two processes that serve one shop from the same files would each send what the
//! other sends.

use std::fs::{File, TryLockError};
use std::path::Path;

/// A data directory that nobody else occupies while this is held. The system gives it back when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct Occupation {
    _file: File,
}

impl Occupation {
    /// Takes the directory, which is made when it is missing.
    ///
    /// # Errors
    /// When somebody else has it, or it cannot be written.
    pub fn of(folder: &Path) -> Result<Self, String> {
        let told = |error: std::io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(folder).map_err(told)?;
        let file =
            File::options().create(true).truncate(false).write(true).open(folder.join("occupied")).map_err(told)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(format!(
                "{} is in use by another shopstack process; end that first, or name another folder with --data-dir",
                folder.display()
            )),
            Err(TryLockError::Error(error)) => Err(told(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_occupied_by_one_and_free_again_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Occupation::of(folder.path()).expect("free");
        assert!(Occupation::of(folder.path()).expect_err("taken").contains("in use"));
        drop(first);
        Occupation::of(folder.path()).expect("free again");
    }
}
