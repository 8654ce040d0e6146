//! The secrets of a shop in several processes: one file for each, so that a service is given only its own.
//!
//! | file | needed by |
//! | --- | --- |
//! | `service-<name>.key` | that service: signs its calls to others |
//! | `services.json` | all: the public keys with which they verify calls |
//! | `session.key`, `refresh.key` | user |
//! | `link.key` | payment and dispatch: signs the links in emails that open an order |

use super::{SecretsError, StoredSecrets, check_permissions, decode_key, signing_key};
use crate::service_names::{PROGRAM, SERVICES};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::SystemContext;
use chassis::auth::{Jwk, SigningKey};
use chassis::secret::SecretKey;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(super) const PUBLIC_KEYS: &str = "services.json";

/// A directory with secrets.
#[derive(Debug, Clone)]
pub struct SecretFolder(PathBuf);

impl SecretFolder {
    /// The secrets in this directory. Nothing is read yet.
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Creates all secrets that are missing, and keeps those that exist.
    ///
    /// # Errors
    /// [`SecretsError`] if the directory cannot be written.
    pub fn create_missing(&self, system: &SystemContext) -> Result<(), SecretsError> {
        std::fs::create_dir_all(&self.0).map_err(|source| self.failed(source))?;
        for name in ["session.key", "refresh.key", "link.key"] {
            self.create_key(name, system)?;
        }
        let mut public = BTreeMap::new();
        // The program has a key of its own, because `shopstack demo` calls services.
        for name in SERVICES.iter().chain(&[PROGRAM]) {
            self.create_key(&format!("service-{name}.key"), system)?;
            // The public keys are written again each time, so that a service added by a new version is known to all.
            public.insert(*name, self.service_key(name)?.jwk());
        }
        let path = self.0.join(PUBLIC_KEYS);
        let text = serde_json::to_string_pretty(&public)
            .map_err(|source| SecretsError::Json { path: path.clone(), source })?;
        // Public keys are no secret, so this file does not need restricted permissions.
        std::fs::write(path, text).map_err(|source| self.failed(source))
    }

    /// Copies the keys of the shop in the data directory `shop`, so that its sessions and links stay valid.
    ///
    /// # Errors
    /// [`SecretsError`] if they cannot be read or written, or this directory has other keys already.
    pub fn adopt(&self, shop: &Path) -> Result<(), SecretsError> {
        let stored = StoredSecrets::read(shop)?;
        std::fs::create_dir_all(&self.0).map_err(|source| self.failed(source))?;
        for (name, key) in
            [("session.key", &stored.session_key), ("refresh.key", &stored.refresh_key), ("link.key", &stored.link_key)]
        {
            let path = self.0.join(name);
            if !path.exists() {
                write_key(&self.0, name, key).map_err(|source| self.failed(source))?;
            // The same key is accepted, so that the command can be repeated.
            } else if std::fs::read_to_string(&path).map_err(|source| self.failed(source))?.trim() != key {
                return Err(SecretsError::OtherShop(path));
            }
        }
        Ok(())
    }

    fn create_key(&self, name: &str, system: &SystemContext) -> Result<(), SecretsError> {
        if self.0.join(name).exists() {
            return Ok(());
        }
        self.create_file(name, &STANDARD.encode(system.bytes::<32>()))
    }

    /// Writes a new file that only its owner can read.
    pub(super) fn create_file(&self, name: &str, text: &str) -> Result<(), SecretsError> {
        write_key(&self.0, name, text).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> SecretsError {
        SecretsError::File { path: self.0.clone(), source }
    }

    /// Returns true if there is a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// The key with which a service signs its calls.
    ///
    /// # Errors
    /// [`SecretsError`] if the file is missing or holds no key.
    pub fn service_key(&self, service: &str) -> Result<SigningKey, SecretsError> {
        self.read_signing_key(&format!("service-{service}.key"))
    }

    /// The key with which user signs sessions.
    ///
    /// # Errors
    /// [`SecretsError`] if the file is missing or holds no key.
    pub fn session_key(&self) -> Result<SigningKey, SecretsError> {
        self.read_signing_key("session.key")
    }

    /// The key from which user derives refresh tokens.
    ///
    /// # Errors
    /// [`SecretsError`] if the file is missing or holds no key.
    pub fn refresh_key(&self) -> Result<SecretKey, SecretsError> {
        self.read_secret_key("refresh.key")
    }

    /// The key that signs the links that open orders.
    ///
    /// # Errors
    /// [`SecretsError`] if the file is missing or holds no key.
    pub fn link_key(&self) -> Result<SecretKey, SecretsError> {
        self.read_secret_key("link.key")
    }

    /// The public keys of all services, by name.
    ///
    /// # Errors
    /// [`SecretsError`] if the file is missing or cannot be read.
    pub fn callers(&self) -> Result<BTreeMap<String, Jwk>, SecretsError> {
        let path = self.0.join(PUBLIC_KEYS);
        let text =
            std::fs::read_to_string(&path).map_err(|source| SecretsError::Missing { path: path.clone(), source })?;
        serde_json::from_str(&text).map_err(|source| SecretsError::Json { path, source })
    }

    fn read_signing_key(&self, name: &str) -> Result<SigningKey, SecretsError> {
        let (path, text) = self.read(name)?;
        signing_key(&path, text.trim())
    }

    fn read_secret_key(&self, name: &str) -> Result<SecretKey, SecretsError> {
        let (path, text) = self.read(name)?;
        Ok(SecretKey::new(decode_key(&path, text.trim())?))
    }

    /// The text of a file of this directory.
    pub(super) fn read_text(&self, name: &str) -> Result<String, SecretsError> {
        let path = self.0.join(name);
        std::fs::read_to_string(&path).map_err(|source| SecretsError::Missing { path, source })
    }

    fn read(&self, name: &str) -> Result<(PathBuf, String), SecretsError> {
        let path = self.0.join(name);
        let text =
            std::fs::read_to_string(&path).map_err(|source| SecretsError::Missing { path: path.clone(), source })?;
        check_permissions(&path)?;
        Ok((path, text))
    }
}

/// Writes a key that is Base64 already to a new file of `folder` that only its owner can read.
fn write_key(folder: &Path, name: &str, key: &str) -> Result<(), io::Error> {
    // An existing file is not replaced, so that two runs at once do not replace each other's keys.
    temporary(folder, &format!("{key}\n"))?.persist_noclobber(folder.join(name))?;
    Ok(())
}

/// Writes a file of `folder` that only its owner can read, over an existing one.
pub(super) fn replace(folder: &Path, name: &str, text: &str) -> Result<(), io::Error> {
    temporary(folder, text)?.persist(folder.join(name))?;
    Ok(())
}

/// A file with this text that only its owner can read.
fn temporary(folder: &Path, text: &str) -> Result<tempfile::NamedTempFile, io::Error> {
    // Temporary files are readable by their owner only.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Flushed before the rename: a power failure must not leave an empty file under the final name.
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Secrets;

    #[test]
    fn existing_keys_are_reused_and_public_keys_are_listed() {
        let place = tempfile::tempdir().expect("a folder");
        let (folder, system) = (SecretFolder::at(place.path()), SystemContext::host());
        folder.create_missing(&system).expect("created");
        let cart = folder.service_key("cart").expect("a key");
        folder.create_missing(&system).expect("kept");
        assert_eq!(folder.service_key("cart").expect("a key").kid, cart.kid);
        assert_eq!(folder.callers().expect("public keys")["cart"], cart.jwk());
        assert!(folder.session_key().is_ok() && folder.refresh_key().is_ok() && folder.link_key().is_ok());
        // No temporary file is left beside the keys: one per service, the program's, three shared ones, the public keys.
        let files = std::fs::read_dir(place.path()).expect("a folder").count();
        assert_eq!(files, SERVICES.len() + 1 + 3 + 1);
    }

    #[test]
    fn a_migrated_shop_keeps_its_keys() {
        let (shop, place) = (tempfile::tempdir().expect("a shop"), tempfile::tempdir().expect("a folder"));
        let system = SystemContext::host();
        let secrets = Secrets::open(shop.path(), &system).expect("secrets");
        let folder = SecretFolder::at(place.path());
        folder.adopt(shop.path()).expect("adopted");
        folder.create_missing(&system).expect("the others created");
        folder.adopt(shop.path()).expect("a repetition is accepted");
        assert_eq!(folder.session_key().expect("a key").kid, secrets.session_key.kid);
        let other = tempfile::tempdir().expect("another shop");
        Secrets::open(other.path(), &system).expect("secrets");
        let error = folder.adopt(other.path()).expect_err("other keys");
        assert!(matches!(error, SecretsError::OtherShop(_)), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_may_be_readable_by_its_group_only_where_it_belongs_to_root() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let place = tempfile::tempdir().expect("a folder");
        let folder = SecretFolder::at(place.path());
        folder.create_missing(&SystemContext::host()).expect("created");
        let path = place.path().join("service-cart.key");
        let read_with = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("permissions");
            folder.service_key("cart").is_ok()
        };
        let of_root = std::fs::metadata(&path).expect("a file").uid() == 0;
        assert_eq!(read_with(0o440), of_root);
        assert!(read_with(0o400) && !read_with(0o444) && !read_with(0o460));
    }

    #[test]
    fn a_missing_key_is_reported_with_the_command_that_creates_it() {
        let place = tempfile::tempdir().expect("a folder");
        let error = SecretFolder::at(place.path()).service_key("cart").expect_err("no key");
        let text = error.to_string();
        assert!(text.contains("service-cart.key") && text.contains("shopstack secrets"), "{text}");
    }
}
