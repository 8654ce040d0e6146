//! The dependency graph of a revision, as cargo resolves it, and the part of it that the program of one service is made of.

use crate::process::{Call, ToolError, Tools};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::Path;

use super::{OPERATOR, PROGRAM};

/// The platforms of the images. Dependencies of other platforms are in no image.
const PLATFORMS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// A graph that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    #[error(transparent)]
    Cargo(#[from] ToolError),
    #[error("cargo's description of the workspace is not understood: {0}")]
    Format(#[from] serde_json::Error),
    #[error("the workspace has no package {PROGRAM} with a feature `shop` that lists the services")]
    NoServices,
}

/// A package, the same in every checkout: a folder of the repository, or cargo's id of a package of a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A folder relative to the root of the repository.
    Folder(String),
    /// A package from elsewhere with its version.
    External(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => f.write_str(folder),
            Self::External(id) => f.write_str(id.rsplit('#').next().unwrap_or(id)),
        }
    }
}

/// The packages of a program, each with everything in its manifest that affects a build.
pub type Graph = BTreeMap<Key, Value>;

/// The packages of the repository and the graph of each service.
#[derive(Debug)]
pub struct Workspace {
    services: BTreeMap<String, Graph>,
    folders: BTreeSet<Key>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Value>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Workspace {
    /// Reads the workspace in `folder`, which is a canonical path.
    pub fn read(tools: &Tools, folder: &Path) -> Result<Self, GraphError> {
        let base = metadata(tools, folder, "Cargo.toml", None)?;
        let program =
            base.packages.iter().find(|package| text(package, "name") == PROGRAM).ok_or(GraphError::NoServices)?;
        let manifest = text(program, "manifest_path").to_owned();
        let features = program["features"].clone();
        let listed = features["shop"].as_array().ok_or(GraphError::NoServices)?;
        let names: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
        let base = Resolved::new(base, folder);
        let mut services = BTreeMap::new();
        for &service in &names {
            // A feature without content changes nothing in the graph, so that one reading serves all such services.
            let graph = if features[service].as_array().is_none_or(Vec::is_empty) {
                base.of_service(service, &names)
            } else {
                Resolved::new(metadata(tools, folder, &manifest, Some(service))?, folder).of_service(service, &names)
            };
            services.insert(service.to_owned(), graph);
        }
        let whole = Resolved::new(metadata(tools, folder, &manifest, Some("shop"))?, folder);
        services.insert(OPERATOR.to_owned(), whole.of(|_| true));
        Ok(Self { services, folders: base.keys.into_values().filter(|key| matches!(key, Key::Folder(_))).collect() })
    }

    /// Returns the names of the services, and of the image of the whole program.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.services.keys().map(String::as_str)
    }

    /// Returns the packages of the program of one service.
    pub fn of_service(&self, service: &str) -> Option<&Graph> {
        self.services.get(service)
    }

    /// Returns the packages of the repository with their folders.
    pub fn folders(&self) -> impl Iterator<Item = (&Key, &str)> {
        self.folders.iter().filter_map(|key| match key {
            Key::Folder(folder) => Some((key, folder.as_str())),
            Key::External(_) => None,
        })
    }

    /// Returns the package that contains a file, with the file's path in the package.
    pub fn package_of<'p>(&self, path: &'p str) -> Option<(&Key, &'p str)> {
        let containing = self.folders().filter_map(|(key, folder)| {
            let within = path.strip_prefix(folder)?.strip_prefix('/')?;
            Some((key, within))
        });
        containing.min_by_key(|(_, within)| within.len())
    }
}

fn metadata(tools: &Tools, folder: &Path, manifest: &str, feature: Option<&str>) -> Result<Metadata, GraphError> {
    let mut call =
        Call::new("cargo").args(["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest]);
    call = call.args(PLATFORMS.iter().flat_map(|platform| ["--filter-platform", platform]));
    call = call.args(["--no-default-features"]).args(feature.iter().flat_map(|feature| ["--features", feature]));
    Ok(serde_json::from_slice(&tools.bytes(&call.within(folder))?)?)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The answer of cargo by package id.
struct Resolved {
    keys: HashMap<String, Key>,
    names: HashMap<String, String>,
    descriptions: HashMap<String, Value>,
    /// The ids of the packages that are linked into a package or run during its build.
    dependencies: HashMap<String, Vec<String>>,
}

impl Resolved {
    fn new(metadata: Metadata, root: &Path) -> Self {
        let (mut keys, mut names, mut descriptions) = (HashMap::new(), HashMap::new(), HashMap::new());
        for package in metadata.packages {
            let id = text(&package, "id").to_owned();
            names.insert(id.clone(), text(&package, "name").to_owned());
            let folder =
                Path::new(text(&package, "manifest_path")).parent().and_then(|path| path.strip_prefix(root).ok());
            let folder = folder.map(|folder| folder.display().to_string());
            let key = match folder {
                Some(folder) if package["source"].is_null() => {
                    descriptions.insert(id.clone(), build_description(package, root));
                    Key::Folder(folder)
                }
                // The id has the version, and a version of a registry never changes.
                _ => Key::External(id.clone()),
            };
            keys.insert(id, key);
        }
        let nodes = metadata.resolve.nodes.into_iter();
        let dependencies = nodes.map(|node| {
            let for_build = |kind: &DependencyKind| kind.kind.as_deref() != Some("dev");
            let linked = node.deps.into_iter().filter(|dependency| dependency.dep_kinds.iter().any(for_build));
            (node.id, linked.map(|dependency| dependency.pkg).collect())
        });
        let dependencies = dependencies.collect();
        Self { keys, names, descriptions, dependencies }
    }

    /// Returns the packages of the program of a service.
    ///
    /// The program depends on every service, and names the others only behind `cfg!(feature = …)`, so that they are not linked.
    /// An edge from the program to a service is therefore followed for the feature of that name only. Another package that
    /// depends on a service is followed as usual.
    fn of_service(&self, service: &str, services: &[&str]) -> Graph {
        self.of(|name| name == service || !services.contains(&name))
    }

    /// Returns the packages of a program into which those dependencies of its own package are linked.
    fn of(&self, is_linked: impl Fn(&str) -> bool) -> Graph {
        let name_of = |id: &String| self.names.get(id).map(String::as_str).unwrap_or_default();
        let mut waiting: Vec<&String> = self.names.keys().filter(|id| name_of(id) == PROGRAM).collect();
        let mut seen: BTreeSet<&String> = waiting.iter().copied().collect();
        while let Some(id) = waiting.pop() {
            let is_program = name_of(id) == PROGRAM;
            for next in self.dependencies.get(id).into_iter().flatten() {
                if (!is_program || is_linked(name_of(next))) && seen.insert(next) {
                    waiting.push(next);
                }
            }
        }
        let described = seen.into_iter().filter_map(|id| {
            Some((self.keys.get(id)?.clone(), self.descriptions.get(id).cloned().unwrap_or(Value::Null)))
        });
        described.collect()
    }
}

/// Reduces cargo's description of a package to what affects a build, without paths of this checkout.
fn build_description(mut package: Value, root: &Path) -> Value {
    let root = root.display().to_string();
    let is_of_tests = |target: &Value| {
        let kinds = target["kind"].as_array().into_iter().flatten();
        kinds.filter_map(Value::as_str).all(|kind| matches!(kind, "test" | "bench" | "example"))
    };
    if let Some(fields) = package.as_object_mut() {
        // The id has the path, the manifest's own path and the readme are not compiled.
        for name in ["id", "manifest_path", "readme"] {
            fields.remove(name);
        }
        if let Some(targets) = fields.get_mut("targets").and_then(Value::as_array_mut) {
            targets.retain(|target| !is_of_tests(target));
        }
        if let Some(dependencies) = fields.get_mut("dependencies").and_then(Value::as_array_mut) {
            dependencies.retain(|dependency| dependency["kind"] != "dev");
        }
    }
    relative(&mut package, &root);
    package
}

fn relative(value: &mut Value, root: &str) {
    match value {
        Value::String(text) => {
            if let Some(within) = text.strip_prefix(root) {
                *text = within.to_owned();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| relative(value, root)),
        Value::Object(fields) => fields.values_mut().for_each(|value| relative(value, root)),
        _ => {}
    }
}
