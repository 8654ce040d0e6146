//! The secrets of each service alone, as folders or as Kubernetes secrets.
//!
//! Besides its files, a service has one password, which is that of its users in all its backends.

use super::{SecretFolder, SecretsError};
use crate::service_names::{PROGRAM, SERVICES};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::SystemContext;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The backends of each service that has any.
const BACKENDS: &[(&str, &[Backend])] = &[
    ("user", &[Backend::MongoDb, Backend::Redis]),
    ("catalogue", &[Backend::MongoDb, Backend::RabbitMq]),
    ("cart", &[Backend::Redis, Backend::RabbitMq]),
    ("payment", &[Backend::MySql, Backend::RabbitMq]),
    ("shipping", &[Backend::MySql, Backend::RabbitMq]),
    ("ratings", &[Backend::MySql, Backend::RabbitMq]),
    ("dispatch", &[Backend::MySql, Backend::RabbitMq]),
    // Commands such as `audit --backends` read all stores.
    (OPERATOR, &[Backend::MongoDb, Backend::Redis, Backend::MySql, Backend::RabbitMq]),
];
/// The user of commands that read or write all stores.
const OPERATOR: &str = "operator";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backend {
    MongoDb,
    Redis,
    MySql,
    RabbitMq,
}

impl Backend {
    const ALL: [Self; 4] = [Self::MongoDb, Self::Redis, Self::MySql, Self::RabbitMq];

    const fn as_str(self) -> &'static str {
        match self {
            Self::MongoDb => "mongodb",
            Self::Redis => "redis",
            Self::MySql => "mysql",
            Self::RabbitMq => "rabbitmq",
        }
    }

    /// The secrets of the backend itself: the variable, and the name under which the password is kept.
    const fn own_secrets(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::MongoDb => &[("MONGO_ROOT_PASSWORD", "mongodb-root"), ("REPLICA_SET_KEY", "mongodb-replica-set")],
            Self::Redis => &[],
            Self::MySql => &[("MYSQL_ROOT_PASSWORD", "mysql-root")],
            Self::RabbitMq => &[("RABBITMQ_ERLANG_COOKIE", "rabbitmq-cookie")],
        }
    }

    /// The variable by which a service gets its password there, and its value.
    fn variable(self, user: &str, password: &str, mongodb: &str) -> (&'static str, String) {
        match self {
            Self::MongoDb => {
                ("MONGO_URL", format!("mongodb://{user}:{password}@{mongodb}/?replicaSet=rs0&authSource=admin"))
            }
            Self::Redis => ("REDIS_PASSWORD", password.to_owned()),
            Self::MySql => ("DB_PASSWORD", password.to_owned()),
            Self::RabbitMq => ("AMQP_PASSWORD", password.to_owned()),
        }
    }
}

/// The files that a service needs.
fn files_of(service: &str) -> Vec<String> {
    let shared: &[&str] = match service {
        "user" => &["session.key", "refresh.key"],
        // A change of an order by staff may cause an email, which has a link.
        "payment" | "dispatch" | PROGRAM => &["link.key"],
        _ => &[],
    };
    let own = format!("service-{service}.key");
    [own.as_str(), super::folder::PUBLIC_KEYS].iter().chain(shared).map(|name| (*name).to_owned()).collect()
}

impl SecretFolder {
    /// Copies the secrets of each service to a folder of its own below `target`, named after the service. Those of the
    /// commands for staff are in `shopstack`.
    ///
    /// # Errors
    /// [`SecretsError`] if a secret is missing or a folder cannot be written.
    pub fn copy_per_service(&self, target: &Path) -> Result<(), SecretsError> {
        for service in SERVICES.iter().chain(&[PROGRAM]) {
            let folder = target.join(service);
            for name in files_of(service) {
                let text = self.read_text(&name)?;
                let failed = |source| SecretsError::File { path: folder.clone(), source };
                std::fs::create_dir_all(&folder).map_err(failed)?;
                super::folder::replace(&folder, &name, &text).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Returns Kubernetes secrets as one JSON document for `kubectl apply`: one for each service, one for each backend
    /// with the passwords of its users, and `operator` for commands that work on all stores. Passwords are created in
    /// this folder unless they exist, so the document is the same each time.
    ///
    /// `mongodb` are the hosts of MongoDB, each with its port, separated by commas.
    ///
    /// # Errors
    /// [`SecretsError`] if a secret is missing, or the folder cannot be written.
    pub fn kubernetes(&self, mongodb: &str, system: &SystemContext) -> Result<Value, SecretsError> {
        let mut secrets: BTreeMap<&str, BTreeMap<String, String>> = BTreeMap::new();
        for service in SERVICES.iter().chain(&[PROGRAM]) {
            let secret = if *service == PROGRAM { OPERATOR } else { service };
            for name in files_of(service) {
                let text = self.read_text(&name)?;
                secrets.entry(secret).or_default().insert(name, text);
            }
        }
        for (user, backends) in BACKENDS {
            let password = self.password(user, system)?;
            for backend in *backends {
                let (variable, value) = backend.variable(user, &password, mongodb);
                secrets.entry(user).or_default().insert(variable.to_owned(), value);
                let name = format!("{}_PASSWORD", user.to_uppercase());
                secrets.entry(backend.as_str()).or_default().insert(name, password.clone());
            }
        }
        // The chart of payment gives it to the sandbox as well.
        let webhooks = format!("local:{}", self.password("sandbox-webhooks", system)?);
        secrets.entry("payment").or_default().insert("SANDBOX_WEBHOOK_KEYS".to_owned(), webhooks);
        for backend in Backend::ALL {
            for (variable, name) in backend.own_secrets() {
                let password = self.password(name, system)?;
                secrets.entry(backend.as_str()).or_default().insert((*variable).to_owned(), password);
            }
        }
        let items: Vec<Value> = secrets.into_iter().map(|(name, data)| manifest(name, &data)).collect();
        Ok(json!({ "apiVersion": "v1", "kind": "List", "items": items }))
    }

    /// The password of this name, which is created unless it exists.
    fn password(&self, name: &str, system: &SystemContext) -> Result<String, SecretsError> {
        let file = format!("password-{name}");
        if !self.has(&file) {
            // Hexadecimal, because it becomes part of URLs, SQL and configuration files.
            let text = system.bytes::<24>().iter().fold(String::new(), |mut text, byte| {
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02x}");
                text
            });
            self.create_file(&file, &text)?;
        }
        Ok(self.read_text(&file)?.trim().to_owned())
    }
}

fn manifest(name: &str, data: &BTreeMap<String, String>) -> Value {
    let encoded: BTreeMap<&String, String> = data.iter().map(|(key, value)| (key, STANDARD.encode(value))).collect();
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": name, "labels": { "app.kubernetes.io/part-of": "shopstack" } },
        "type": "Opaque",
        "data": encoded,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(place: &Path) -> (SecretFolder, SystemContext) {
        let (folder, system) = (SecretFolder::at(place), SystemContext::host());
        folder.create_missing(&system).expect("created");
        (folder, system)
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<String> =
            files.map(|file| file.expect("a file").file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_service_gets_its_own_secrets_and_no_others() {
        let (place, target) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let (all, _) = folder(place.path());
        all.copy_per_service(target.path()).expect("copied");
        all.copy_per_service(target.path()).expect("copied again");
        assert_eq!(names(&target.path().join("cart")), ["service-cart.key", "services.json"]);
        assert_eq!(names(&target.path().join("dispatch")), ["link.key", "service-dispatch.key", "services.json"]);
        let cart = SecretFolder::at(&target.path().join("cart"));
        assert_eq!(cart.service_key("cart").expect("a key").kid, all.service_key("cart").expect("a key").kid);
        assert!(cart.service_key("user").is_err());
    }

    #[test]
    fn the_operator_reads_every_store_and_has_the_key_of_no_service() {
        let place = tempfile::tempdir().expect("a folder");
        let (all, system) = folder(place.path());
        let document = all.kubernetes("mongodb-0.mongodb:27017", &system).expect("secrets");
        let items = document["items"].as_array().expect("a list");
        let operator = items.iter().find(|item| item["metadata"]["name"] == "operator").expect("a secret");
        let keys: Vec<&String> = operator["data"].as_object().expect("data").keys().collect();
        let passwords = ["AMQP_PASSWORD", "DB_PASSWORD", "MONGO_URL", "REDIS_PASSWORD"];
        assert_eq!(keys[..4], passwords);
        assert_eq!(keys[4..], ["link.key", "service-shopstack.key", "services.json"]);
    }

    #[test]
    fn the_secrets_for_kubernetes_stay_the_same() {
        let place = tempfile::tempdir().expect("a folder");
        let (all, system) = folder(place.path());
        let first = all.kubernetes("mongodb-0.mongodb:27017", &system).expect("secrets");
        assert_eq!(all.kubernetes("mongodb-0.mongodb:27017", &system).expect("secrets"), first);
    }

    #[test]
    fn a_service_and_its_backends_know_the_same_password() {
        let place = tempfile::tempdir().expect("a folder");
        let (all, system) = folder(place.path());
        let document = all.kubernetes("mongodb-0.mongodb:27017", &system).expect("secrets");
        let value = |secret: &str, key: &str| {
            let items = document["items"].as_array().expect("a list");
            let item = items.iter().find(|item| item["metadata"]["name"] == secret).expect("a secret");
            let text = item["data"][key].as_str().map(|text| STANDARD.decode(text).expect("Base64"));
            text.map(|bytes| String::from_utf8(bytes).expect("text"))
        };
        assert_eq!(value("payment", "DB_PASSWORD"), value("mysql", "PAYMENT_PASSWORD"));
        assert_eq!(value("payment", "AMQP_PASSWORD"), value("rabbitmq", "PAYMENT_PASSWORD"));
        assert_ne!(value("payment", "DB_PASSWORD"), value("shipping", "DB_PASSWORD"));
        let password = value("mongodb", "CATALOGUE_PASSWORD").expect("a password");
        assert!(
            value("catalogue", "MONGO_URL").expect("a URL").starts_with(&format!("mongodb://catalogue:{password}@"))
        );
        // Cart has no database in MySQL, and no other service's key.
        assert_eq!(value("cart", "DB_PASSWORD"), None);
        assert_eq!(value("cart", "session.key"), None);
    }
}
