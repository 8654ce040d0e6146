//! The shop's own secrets: made at the first start, kept in the data directory for its owner alone.

mod folder;

pub use folder::SecretFolder;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::SystemContext;
use chassis::auth::SigningKey;
use chassis::secret::SecretKey;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;

/// The shop's secrets.
pub struct Secrets {
    /// Signs sessions.
    pub session_key: SigningKey,
    /// Derives refresh tokens.
    pub refresh_key: SecretKey,
    /// Signs links to orders.
    pub link_key: SecretKey,
}

const FILE: &str = "secrets.json";

#[derive(Serialize, Deserialize)]
struct Kept {
    session_key: String,
    refresh_key: String,
    link_key: String,
}

impl Kept {
    fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join(FILE);
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| told(&error))?;
        guard(&path)?;
        serde_json::from_str(&text).map_err(|error| told(&error))
    }
}

impl Secrets {
    /// The secrets in `folder`, made there when missing.
    ///
    /// # Errors
    /// When the file cannot be read or written, or others may read it.
    pub fn open(folder: &Path, system: &SystemContext) -> Result<Self, String> {
        let path = folder.join(FILE);
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        if !path.exists() {
            std::fs::create_dir_all(folder).map_err(|error| told(&error))?;
            make(&path, system).map_err(|error| told(&error))?;
        }
        let kept = Kept::read(folder)?;
        let key = |text: &str| -> Result<[u8; 32], String> {
            let bytes = STANDARD.decode(text).map_err(|error| told(&error))?;
            bytes.try_into().map_err(|_| told(&"a key is not 32 bytes long"))
        };
        Ok(Self {
            session_key: SigningKey::from_seed(&key(&kept.session_key)?).map_err(|error| told(&error))?,
            refresh_key: SecretKey::new(key(&kept.refresh_key)?),
            link_key: SecretKey::new(key(&kept.link_key)?),
        })
    }
}

/// Written beside and renamed, so that a crash leaves no half of a file.
fn make(path: &Path, system: &SystemContext) -> Result<(), std::io::Error> {
    let key = || STANDARD.encode(system.bytes::<32>());
    let kept = Kept { session_key: key(), refresh_key: key(), link_key: key() };
    let temporary = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(serde_json::to_string_pretty(&kept)?.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(temporary, path)
}

#[cfg(unix)]
fn guard(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).map_err(|error| error.to_string())?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("{} can be read by others. Run: chmod 600 {}", path.display(), path.display()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn guard(_: &Path) -> Result<(), String> {
    Ok(())
}
