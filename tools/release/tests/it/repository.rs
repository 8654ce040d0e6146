//! The graph of this repository itself, in a copy of its files.

use std::path::{Path, PathBuf};
use std::process::Command;

const ALL: [&str; 9] = ["cart", "catalogue", "dispatch", "operator", "payment", "ratings", "shipping", "user", "web"];

struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    /// Copies the sources, committed or not, into a repository of their own.
    fn new() -> Self {
        let copy = Self { folder: tempfile::tempdir().unwrap() };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let patterns = ["*.rs", "*Cargo.toml", "Cargo.lock"];
        let listed =
            git(&root, &[&["ls-files", "--cached", "--others", "--exclude-standard", "--"][..], &patterns].concat());
        for name in listed.lines().filter(|name| root.join(name).is_file()) {
            let target = copy.root().join(name);
            std::fs::create_dir_all(target.parent().unwrap()).unwrap();
            std::fs::copy(root.join(name), target).unwrap();
        }
        git(&copy.root(), &["init", "--quiet", "--initial-branch=main"]);
        copy.commit();
        copy
    }

    fn root(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn commit(&self) {
        git(&self.root(), &["add", "--all", "--force"]);
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
        git(&self.root(), &[&identity[..], &["commit", "--quiet", "--message", "change"]].concat());
    }

    /// Returns the services that are affected by a change of some files.
    fn affected_by(&self, paths: &[&str]) -> Vec<String> {
        for path in paths {
            let file = self.root().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            std::fs::write(&file, format!("{text}\n// changed\n")).unwrap();
        }
        self.commit();
        let mut command = Command::new(env!("CARGO_BIN_EXE_release"));
        let output =
            command.current_dir(self.root()).args(["affected", "--from", "HEAD~1", "--json"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        found["affected"].as_object().unwrap().keys().cloned().collect()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output =
        Command::new("git").current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_service_of_this_repository_affects_its_own_image() {
    let copy = Copy::new();
    assert_eq!(copy.affected_by(&["services/cart/src/lib.rs"]), ["cart", "operator"]);
    assert_eq!(copy.affected_by(&["services/payment/src/lib.rs", "docs/openapi.json"]), ["operator", "payment", "web"]);
    assert_eq!(copy.affected_by(&["crates/chassis/src/lib.rs"]), ALL);
    assert_eq!(copy.affected_by(&["storefront/src/routes.json"]), ["operator", "web"]);
    let in_no_image =
        ["crates/testkit/src/lib.rs", "tools/release/src/main.rs", "services/cart/tests/it/main.rs", ".env.example"];
    assert!(copy.affected_by(&in_no_image).is_empty());
}
