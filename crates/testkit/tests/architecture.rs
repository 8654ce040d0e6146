//! The rules of the house, held by tests: who may depend on whom, what a domain file may know, how long files get.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SERVICES: &[&str] = &["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"];
/// Files of rules: what they know of the outside is the wire's types and nothing else.
const PURE: &[&str] = &[
    "services/catalogue/src/stock.rs",
    "services/catalogue/src/product.rs",
    "services/cart/src/cart.rs",
    "services/cart/src/pricing.rs",
    "services/payment/src/attempt.rs",
    "services/payment/src/commands/plan.rs",
    "services/payment/src/payment.rs",
    "services/payment/src/ledger.rs",
    "services/payment/src/idempotency.rs",
    "services/dispatch/src/order.rs",
];
const LONGEST: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// The crates of this workspace that a crate's ordinary dependencies name.
fn own_dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = read(root().join(folder).join("Cargo.toml"));
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    let own: Vec<&str> =
        SERVICES.iter().copied().chain(["chassis", "contracts", "events", "testkit", "sandbox", "shopstack"]).collect();
    let names = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| own.contains(name)).map(ToOwned::to_owned).collect()
}

fn allowed(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn dependencies_point_one_way() {
    assert_eq!(own_dependencies("crates/chassis"), allowed(&[]));
    assert_eq!(own_dependencies("crates/contracts"), allowed(&["chassis"]));
    assert_eq!(own_dependencies("crates/events"), allowed(&["chassis", "contracts"]));
    assert_eq!(own_dependencies("crates/sandbox"), allowed(&["chassis", "contracts"]), "a gateway is nobody of ours");
    for service in SERVICES {
        let found = own_dependencies(&format!("services/{service}"));
        let beyond: Vec<_> = found.difference(&allowed(&["chassis", "contracts", "events"])).cloned().collect();
        assert!(beyond.is_empty(), "{service} depends on {beyond:?}: services never depend on each other");
    }
}

#[test]
fn rules_know_nothing_of_http_databases_or_the_runtime() {
    for file in PURE {
        let text = read(root().join(file));
        for outside in ["sqlx", "axum", "tokio", "reqwest", "std::fs", "async fn"] {
            assert!(!text.contains(outside), "{file} uses {outside}; input and output belong to the edges");
        }
    }
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && !["node_modules", "target", "dist", ".git"].iter().any(|skipped| name == *skipped) {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ["rs", "ts", "tsx", "css"].iter().any(|known| ending == *known))
            && name != "schema.d.ts"
        {
            found.push(path);
        }
    }
}

#[test]
fn no_file_is_longer_than_a_reader_will_read() {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    let long: Vec<_> = found.iter().filter(|path| read(path).lines().count() > LONGEST).collect();
    assert!(long.is_empty(), "longer than {LONGEST} lines: {long:?}");
}

#[test]
fn sql_stands_in_stores_alone() {
    let mut found = Vec::new();
    sources(&root().join("services"), &mut found);
    for path in found.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "tests")) {
        let in_store = path.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part == "store" || part == "ledger.rs" || part.starts_with("sqlite")
        });
        assert!(
            in_store || !read(path).contains("sqlx::query"),
            "{} holds a query; move it into the store",
            path.display()
        );
    }
}

#[test]
fn every_service_keeps_an_access_table() {
    for service in SERVICES {
        let folder = root().join("services").join(service).join("src");
        let table = folder.join("access.rs").exists() || read(folder.join("lib.rs")).contains("const RULES");
        assert!(table, "{service} has no access table");
    }
}
