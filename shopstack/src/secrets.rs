//! The secrets of a shop in one process. They are created at the first start, in a file that only its owner can read.

mod distribution;
mod folder;

pub use folder::SecretFolder;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::auth::SigningKey;
use chassis::secret::SecretKey;
use chassis::{StoreError, SystemContext};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The secrets of a shop.
pub struct Secrets {
    pub session_key: SigningKey,
    pub refresh_key: SecretKey,
    /// Signs the links in emails that open an order without a login.
    pub link_key: SecretKey,
}

/// Secrets that could not be read or created.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// A file or directory cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        source: io::Error,
    },
    /// A file of the secrets directory cannot be read.
    #[error(
        "{}: {source}. Create a directory with all secrets with `shopstack secrets`, and name it with SECRETS_DIR.",
        .path.display()
    )]
    Missing { path: PathBuf, source: io::Error },
    /// Other users of the machine can read a file.
    #[error("{path} can be read by other users. Run: chmod 600 {path}", path = .0.display())]
    Readable(PathBuf),
    /// A file is not the JSON that was written to it.
    #[error("{}: {source}", .path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    /// A key is not Base64.
    #[error("{}: {source}", .path.display())]
    Base64 { path: PathBuf, source: base64::DecodeError },
    /// A key is not 32 bytes long.
    #[error("{}: a key is not 32 bytes long.", .0.display())]
    KeyLength(PathBuf),
    /// The bytes are no signing key.
    #[error("{}: {source}", .path.display())]
    Key { path: PathBuf, source: StoreError },
    /// The directory already holds another shop's key.
    #[error("{} is the key of another shop. Choose an empty directory.", .0.display())]
    OtherShop(PathBuf),
}

const FILE: &str = "secrets.json";
/// The length of every key, in bytes.
const KEY_LENGTH: usize = 32;

#[derive(Serialize, Deserialize)]
struct StoredSecrets {
    session_key: String,
    refresh_key: String,
    link_key: String,
}

impl StoredSecrets {
    fn read(folder: &Path) -> Result<Self, SecretsError> {
        let path = folder.join(FILE);
        let text =
            std::fs::read_to_string(&path).map_err(|source| SecretsError::File { path: path.clone(), source })?;
        check_permissions(&path)?;
        serde_json::from_str(&text).map_err(|source| SecretsError::Json { path, source })
    }
}

impl Secrets {
    /// Opens the secrets in `folder`, and creates them there if they are missing.
    ///
    /// # Errors
    /// [`SecretsError`] if the file cannot be read or written, or others can read it.
    pub fn open(folder: &Path, system: &SystemContext) -> Result<Self, SecretsError> {
        let path = folder.join(FILE);
        // Never replaced if it exists: a new key would end all sessions and break every link in sent emails.
        if !path.exists() {
            let failed = |source| SecretsError::File { path: path.clone(), source };
            std::fs::create_dir_all(folder).map_err(failed)?;
            create(&path, system).map_err(failed)?;
        }
        let stored = StoredSecrets::read(folder)?;
        Ok(Self {
            session_key: signing_key(&path, &stored.session_key)?,
            refresh_key: SecretKey::new(decode_key(&path, &stored.refresh_key)?),
            link_key: SecretKey::new(decode_key(&path, &stored.link_key)?),
        })
    }
}

/// Writes new secrets to a temporary file and renames it, so that a crash leaves no incomplete file.
fn create(path: &Path, system: &SystemContext) -> Result<(), io::Error> {
    let key = || STANDARD.encode(system.bytes::<KEY_LENGTH>());
    let secrets = StoredSecrets { session_key: key(), refresh_key: key(), link_key: key() };
    let temporary = path.with_extension("new");
    let mut options = private_file();
    // An interrupted start may have left a temporary file, which is overwritten.
    let mut file = options.create(true).truncate(true).open(&temporary)?;
    file.write_all(serde_json::to_string_pretty(&secrets)?.as_bytes())?;
    // Flushed before the rename: a power failure must not leave an empty file under the final name.
    file.sync_all()?;
    std::fs::rename(temporary, path)
}

/// Options to write a file that only its owner can read.
fn private_file() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Decodes a key from the Base64 text that `path` contains.
fn decode_key(path: &Path, text: &str) -> Result<[u8; KEY_LENGTH], SecretsError> {
    let bytes = STANDARD.decode(text).map_err(|source| SecretsError::Base64 { path: path.to_owned(), source })?;
    bytes.try_into().map_err(|_| SecretsError::KeyLength(path.to_owned()))
}

fn signing_key(path: &Path, text: &str) -> Result<SigningKey, SecretsError> {
    SigningKey::from_seed(&decode_key(path, text)?)
        .map_err(|source| SecretsError::Key { path: path.to_owned(), source })
}

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), SecretsError> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).map_err(|source| SecretsError::File { path: path.to_owned(), source })?;
    // A volume of Kubernetes belongs to root, and the pod reads it by its group. PostgreSQL has the same rule.
    let others = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & others == 0 { Ok(()) } else { Err(SecretsError::Readable(path.to_owned())) }
}

#[cfg(not(unix))]
fn check_permissions(_: &Path) -> Result<(), SecretsError> {
    Ok(())
}
