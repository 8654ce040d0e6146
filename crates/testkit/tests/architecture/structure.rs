//! Dependencies point one way, rules are pure, queries stand in stores, files stay short.

use super::source::{read, root, rust_files, sources};
use std::collections::BTreeSet;

const SERVICES: &[&str] = &["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web"];
/// Rule files. They may use the types of the wire, and nothing that does input or output.
const PURE: &[&str] = &[
    "services/catalogue/src/stock.rs",
    "services/catalogue/src/product.rs",
    "services/cart/src/cart.rs",
    "services/cart/src/pricing.rs",
    "services/payment/src/operation.rs",
    "services/payment/src/commands/plan.rs",
    "services/payment/src/payment.rs",
    "services/payment/src/ledger.rs",
    "services/payment/src/idempotency.rs",
    "services/dispatch/src/order.rs",
];
const MAX_LINES: usize = 600;

/// The crates of this workspace among the `[dependencies]` of a crate.
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
    assert_eq!(
        own_dependencies("crates/sandbox"),
        allowed(&["chassis", "contracts"]),
        "the sandbox stands for a third party"
    );
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
            assert!(!text.contains(outside), "{file} uses {outside}; input and output belong to api/ and store/");
        }
    }
}

#[test]
fn no_file_has_more_than_600_lines() {
    let files = sources(&root());
    let long: Vec<_> = files.iter().filter(|path| read(path).lines().count() > MAX_LINES).collect();
    assert!(long.is_empty(), "longer than {MAX_LINES} lines: {long:?}");
}

#[test]
fn sql_stands_in_stores_alone() {
    let files = rust_files(&root().join("services"));
    for path in files.iter().filter(|path| !path.components().any(|part| part.as_os_str() == "tests")) {
        let in_store = path.components().any(|part| {
            let part = part.as_os_str().to_string_lossy();
            part == "store" || part == "ledger.rs" || part.starts_with("sqlite")
        });
        assert!(
            in_store || !read(path).contains("sqlx::query"),
            "{} contains a query; queries belong in the store",
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

/// The paths between backquotes in a document, as far as they begin with a folder of the workspace.
fn paths_in(document: &str) -> Vec<&str> {
    let folders = ["crates/", "services/", "shopstack/", "storefront/", "deploy/", "docs/"];
    let quoted = document.split('`').skip(1).step_by(2);
    quoted.filter(|text| folders.iter().any(|folder| text.starts_with(folder)) && !text.contains(' ')).collect()
}

#[test]
fn documents_name_existing_files() {
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/design.md", "docs/glossary.md"] {
        let text = read(root().join(document));
        let missing: Vec<_> = paths_in(&text).into_iter().filter(|path| !root().join(path).exists()).collect();
        assert!(missing.is_empty(), "{document} names files that do not exist: {missing:?}");
    }
}
