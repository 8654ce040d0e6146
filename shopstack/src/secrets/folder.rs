//! The secrets of a shop in several processes: one file each, so that a service is given only its own.
//!
//! | file | who needs it |
//! | --- | --- |
//! | `service-<name>.key` | that service: it signs its calls to others |
//! | `services.json` | all: the public halves, by which calls are known |
//! | `session.key`, `refresh.key` | user |
//! | `link.key` | payment and dispatch: it signs the links that open orders |

use super::{Kept, guard};
use crate::compose::{PROGRAM, SERVICES};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::SystemContext;
use chassis::auth::{Jwk, SigningKey};
use chassis::secret::SecretKey;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

const PUBLIC: &str = "services.json";

/// A folder with secrets.
#[derive(Debug, Clone)]
pub struct SecretFolder(PathBuf);

impl SecretFolder {
    /// The secrets in this folder.
    pub fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Makes all secrets that are missing, and leaves those that are there.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn make(&self, system: &SystemContext) -> Result<(), String> {
        let told = |error: std::io::Error| format!("{}: {error}", self.0.display());
        std::fs::create_dir_all(&self.0).map_err(told)?;
        for name in ["session.key", "refresh.key", "link.key"] {
            self.make_key(name, system).map_err(told)?;
        }
        let mut public = BTreeMap::new();
        for name in SERVICES.iter().chain(&[PROGRAM]) {
            self.make_key(&format!("service-{name}.key"), system).map_err(told)?;
            public.insert(*name, self.service_key(name)?.jwk());
        }
        let text = serde_json::to_string_pretty(&public).map_err(|error| error.to_string())?;
        std::fs::write(self.0.join(PUBLIC), text).map_err(told)
    }

    /// Takes over the keys of the shop in the data directory `shop`.
    ///
    /// # Errors
    /// When they cannot be read or written, or there are others here already.
    pub fn adopt(&self, shop: &Path) -> Result<(), String> {
        let kept = Kept::read(shop)?;
        let told = |error: std::io::Error| format!("{}: {error}", self.0.display());
        std::fs::create_dir_all(&self.0).map_err(told)?;
        for (name, key) in
            [("session.key", &kept.session_key), ("refresh.key", &kept.refresh_key), ("link.key", &kept.link_key)]
        {
            let path = self.0.join(name);
            if !path.exists() {
                write_key(&path, key).map_err(told)?;
            } else if std::fs::read_to_string(&path).map_err(told)?.trim() != key {
                return Err(format!("{} is another shop's key; name an empty folder", path.display()));
            }
        }
        Ok(())
    }

    fn make_key(&self, name: &str, system: &SystemContext) -> Result<(), std::io::Error> {
        let path = self.0.join(name);
        if path.exists() { Ok(()) } else { write_key(&path, &STANDARD.encode(system.bytes::<32>())) }
    }

    /// Whether there is a file of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// The key with which a service signs its calls.
    ///
    /// # Errors
    /// When the file is missing, or no key.
    pub fn service_key(&self, service: &str) -> Result<SigningKey, String> {
        self.signing_key(&format!("service-{service}.key"))
    }

    /// The key with which user signs sessions.
    ///
    /// # Errors
    /// When the file is missing, or no key.
    pub fn session_key(&self) -> Result<SigningKey, String> {
        self.signing_key("session.key")
    }

    /// The key from which user derives refresh tokens.
    ///
    /// # Errors
    /// When the file is missing, or no key.
    pub fn refresh_key(&self) -> Result<SecretKey, String> {
        Ok(SecretKey::new(self.seed("refresh.key")?))
    }

    /// The key that signs the links that open orders.
    ///
    /// # Errors
    /// When the file is missing, or no key.
    pub fn link_key(&self) -> Result<SecretKey, String> {
        Ok(SecretKey::new(self.seed("link.key")?))
    }

    /// The public halves of the services' keys, by name.
    ///
    /// # Errors
    /// When the file is missing, or cannot be read.
    pub fn callers(&self) -> Result<BTreeMap<String, Jwk>, String> {
        let path = self.0.join(PUBLIC);
        let text = std::fs::read_to_string(&path).map_err(|error| missing(&path, &error))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn signing_key(&self, name: &str) -> Result<SigningKey, String> {
        SigningKey::from_seed(&self.seed(name)?).map_err(|error| format!("{}: {error}", self.0.join(name).display()))
    }

    fn seed(&self, name: &str) -> Result<[u8; 32], String> {
        let path = self.0.join(name);
        let text = std::fs::read_to_string(&path).map_err(|error| missing(&path, &error))?;
        guard(&path)?;
        let bytes = STANDARD.decode(text.trim()).map_err(|error| format!("{}: {error}", path.display()))?;
        bytes.try_into().map_err(|_| format!("{}: a key is not 32 bytes long", path.display()))
    }
}

/// Writes a key that is in Base64 already, for its owner alone.
fn write_key(path: &Path, key: &str) -> Result<(), std::io::Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    writeln!(options.open(path)?, "{key}")
}

fn missing(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}. `shopstack secrets` makes a folder with all secrets; SECRETS_DIR names it", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_once_stays_and_every_service_knows_the_others() {
        let place = tempfile::tempdir().expect("a folder");
        let (folder, system) = (SecretFolder::at(place.path()), SystemContext::host());
        folder.make(&system).expect("made");
        let cart = folder.service_key("cart").expect("a key");
        folder.make(&system).expect("left alone");
        assert_eq!(folder.service_key("cart").expect("a key").kid, cart.kid);
        assert_eq!(folder.callers().expect("public keys")["cart"], cart.jwk());
        assert!(folder.session_key().is_ok() && folder.refresh_key().is_ok() && folder.link_key().is_ok());
    }

    #[test]
    fn a_shop_that_moves_keeps_its_keys() {
        let (shop, place) = (tempfile::tempdir().expect("a shop"), tempfile::tempdir().expect("a folder"));
        let system = SystemContext::host();
        let secrets = crate::secrets::Secrets::open(shop.path(), &system).expect("secrets");
        let folder = SecretFolder::at(place.path());
        folder.adopt(shop.path()).expect("adopted");
        folder.make(&system).expect("the others made");
        folder.adopt(shop.path()).expect("the same again");
        assert_eq!(folder.session_key().expect("a key").kid, secrets.session_key.kid);
        let other = tempfile::tempdir().expect("another shop");
        crate::secrets::Secrets::open(other.path(), &system).expect("secrets");
        assert!(folder.adopt(other.path()).expect_err("others are here").contains("another shop's"));
    }

    #[test]
    fn what_is_missing_is_told_with_what_to_do() {
        let place = tempfile::tempdir().expect("a folder");
        let told = SecretFolder::at(place.path()).service_key("cart").expect_err("nothing there");
        assert!(told.contains("service-cart.key") && told.contains("shopstack secrets"), "{told}");
    }
}
