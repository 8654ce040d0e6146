//! A temporary world: a bare remote, a clone of a small workspace, a registry of crates, and programs that record their calls.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Builds nothing, records its arguments, and keeps the pushed tags in a file. `fail-NAME` makes a program fail, and
/// `on-build` is run once in the middle of a build.
const PROGRAM: &str = r#"#!/bin/sh
name=$(basename "$0")
echo "$name $*" >> "$WORLD/calls"
if [ -e "$WORLD/fail-$name" ]; then echo "$name was told to fail" >&2; exit 3; fi
case "$name $1 $2 $3" in
  "docker buildx build "*)
    if [ -e "$WORLD/on-build" ]; then mv "$WORLD/on-build" "$WORLD/now"; sh "$WORLD/now" >&2 || exit 4; fi
    while [ $# -gt 0 ]; do
      case "$1" in --tag) echo "$2" >> "$WORLD/images";; --metadata-file) metadata=$2;; esac
      context=$1; shift
    done
    [ -e "$context/Cargo.lock" ] || { echo "no source in $context" >&2; exit 5; }
    echo '{"containerimage.digest":"sha256:abc"}' > "$metadata";;
  "docker buildx imagetools inspect")
    case "$4" in
      *@sha256:*) echo '{"linux/amd64":{"SPDX":{"name":"amd64"}},"linux/arm64":{"SPDX":{"name":"arm64"}}}';;
      *) grep -qxF "$4" "$WORLD/images" || { echo "ERROR: $4: not found" >&2; exit 1; };;
    esac;;
esac
"#;

/// The values of a service, with comments and keys that must stay.
pub fn values(service: &str, tag: &str) -> String {
    format!(
        "# The pipeline writes the tag.\nimage:\n  repository: registry.example/shop-{service} # ours\n  tag: \"{tag}\"\n\n\
         replicas: 2   # of {service}\nnested:\n  tag: \"7\"\n"
    )
}

pub const SERVICES: [&str; 3] = ["cart", "user", "web"];
/// The released images: those of the services, and that of the whole program for the chart of this name.
pub const RELEASED: [&str; 4] = ["cart", "operator", "user", "web"];

pub struct World {
    folder: TempDir,
    pub clone: PathBuf,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let world = Self { clone: root.join("clone"), folder };
        for name in ["docker", "trivy", "cosign"] {
            let program = root.join("bin").join(name);
            write(&program, PROGRAM);
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        write(&root.join("images"), "");
        world.offer("1.0.0");
        let config = "[source.crates-io]\nreplace-with = \"here\"\n[source.here]\ndirectory = \"../registry\"\n";
        write(
            &root.join("cargo-home/config.toml"),
            &config.replace("../registry", root.join("registry").to_str().unwrap()),
        );
        world.git_in(&root, &["init", "--quiet", "--bare", "--initial-branch=main", "origin"]);
        world.git_in(&root, &["clone", "--quiet", "origin", "clone"]);
        world.git(&["checkout", "--quiet", "-B", "main"]);
        world.write_workspace();
        world.succeed(world.command("cargo", &world.clone).args(["generate-lockfile", "--quiet", "--offline"]));
        world.commit("start");
        world
    }

    /// Adds a version of the crate leaf to the registry.
    pub fn offer(&self, version: &str) {
        let package = self.root().join("registry").join(format!("leaf-{version}"));
        let manifest = format!("[package]\nname = \"leaf\"\nversion = \"{version}\"\nedition = \"2021\"\n");
        write(&package.join("Cargo.toml"), &manifest);
        write(&package.join("src/lib.rs"), "");
        write(&package.join(".cargo-checksum.json"), "{\"files\":{}}");
    }

    fn write_workspace(&self) {
        let file = |path: &str, text: &str| write(&self.clone.join(path), text);
        file(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\", \"services/*\", \"shopstack\"]\n[profile.dist]\ninherits = \"release\"\n",
        );
        let package = |folder: &str, rest: &str| {
            let name = folder.rsplit('/').next().unwrap();
            file(
                &format!("{folder}/Cargo.toml"),
                &format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}"),
            );
            file(&format!("{folder}/src/lib.rs"), "");
        };
        package("crates/base", "");
        package("crates/testkit", "");
        let dev = "[dev-dependencies]\ntestkit = { path = \"../../crates/testkit\" }\n";
        package("services/user", &format!("[dependencies]\nbase = {{ path = \"../../crates/base\" }}\n{dev}"));
        package(
            "services/cart",
            &format!("[dependencies]\nbase = {{ path = \"../../crates/base\" }}\nleaf = \"1\"\n{dev}"),
        );
        package("services/web", "[dependencies]\n");
        file("services/web/src/lib.rs", "pub const PAGE: &str = include_str!(\"../../../docs/page.html\");\n");
        file("services/cart/tests/it.rs", "");
        let dependencies: String =
            SERVICES.iter().map(|name| format!("{name} = {{ path = \"../services/{name}\" }}\n")).collect();
        let features = "[features]\nshop = [\"cart\", \"user\", \"web\"]\ncart = []\nuser = []\nweb = []\n";
        package("shopstack", &format!("{features}[dependencies]\n{dependencies}"));
        for name in ["Dockerfile", "docs/page.html", "docs/design.md", "storefront/src/app.tsx", "README.md"] {
            file(name, name);
        }
        for environment in ["staging", "preprod"] {
            for service in RELEASED {
                file(&format!("deploy/environments/{environment}/{service}.yaml"), &values(service, "0.1.0"));
            }
        }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn command(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:{}", self.root().join("bin").display(), env!("PATH"));
        // Settings of a build that runs these tests.
        let hidden = [
            "RELEASE_PLATFORMS",
            "RELEASE_CACHE_TAG",
            "RELEASE_BUILD_URL",
            "RELEASE_COSIGN_KEY",
            "RELEASE_BUILDER",
            "GIT_DIR",
            "GIT_INDEX_FILE",
            "GIT_WORK_TREE",
            "SLACK_WEBHOOK_URL",
            "RELEASE_ENVIRONMENT",
        ];
        hidden.iter().for_each(|name| _ = command.env_remove(name));
        command
            .current_dir(folder)
            .env("PATH", path)
            .env("WORLD", self.root())
            .env("CARGO_HOME", self.root().join("cargo-home"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Test").env(format!("GIT_{role}_EMAIL"), "test@example.org");
        }
        command
    }

    pub fn succeed(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}\n{}", text(&output));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.clone, arguments)
    }

    fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        self.succeed(self.command("git", folder).args(arguments))
    }

    pub fn write(&self, path: &str, content: &str) {
        write(&self.clone.join(path), content);
    }

    /// Commits everything, pushes it, and returns the commit.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
        self.git(&["push", "--quiet", "origin", "HEAD:main"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Changes a file with a content of its own, and commits it.
    pub fn change(&self, path: &str) -> String {
        self.write(path, &format!("// changed after {}\n", self.git(&["rev-parse", "HEAD"])));
        self.commit(path)
    }

    pub fn release(&self, arguments: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_release"), &self.clone).args(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and returns what it prints.
    pub fn released(&self, arguments: &[&str]) -> String {
        let output = self.release(arguments);
        assert!(output.status.success(), "{arguments:?}\n{}", text(&output));
        text(&output)
    }

    /// Runs a command that must fail, and returns what it prints.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.release(arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded\n{}", text(&output));
        text(&output)
    }

    /// Returns the affected services.
    pub fn affected(&self, from: &str, to: &str) -> Vec<String> {
        let output = self.release(&["affected", "--from", from, "--to", to, "--json"]);
        assert!(output.status.success(), "{}", text(&output));
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        found["affected"].as_object().unwrap().keys().cloned().collect()
    }

    /// Returns the commit of a branch of the remote.
    pub fn tip(&self, branch: &str) -> Option<String> {
        let listed = self.git(&["ls-remote", "origin", &format!("refs/heads/{branch}")]);
        listed.split_whitespace().next().map(ToOwned::to_owned)
    }

    /// Returns a file of a branch of the remote.
    pub fn file(&self, branch: &str, path: &str) -> String {
        self.succeed(self.command("git", &self.root().join("origin")).args(["show", &format!("{branch}:{path}")]))
            + "\n"
    }

    pub fn values(&self, environment: &str, service: &str) -> String {
        self.file(&format!("k8s/{environment}"), &format!("deploy/environments/{environment}/{service}.yaml"))
    }

    pub fn calls(&self) -> String {
        std::fs::read_to_string(self.root().join("calls")).unwrap_or_default()
    }

    /// Writes a file beside the clone, such as the switches of the recorded programs.
    pub fn write_beside(&self, name: &str, content: &str) {
        write(&self.root().join(name), content);
    }

    pub fn remove_beside(&self, name: &str) {
        std::fs::remove_file(self.root().join(name)).unwrap();
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
