//! Decides which services differ between two revisions: from the dependency graph of the workspace and the files that each
//! package is made of.

mod graph;
mod includes;
mod manifest;
mod paths;

pub use graph::GraphError;

use crate::git::{GitError, Repository};
use crate::process::Tools;
use graph::{Graph, Key, Workspace};
use includes::Includes;
use paths::Effect;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The package of the program, whose feature `shop` lists the services.
pub const PROGRAM: &str = "shopstack";
/// The image of the whole program, which is released like a service: staff run its commands in the chart of this name.
pub const OPERATOR: &str = "operator";
/// The reasons that are stored for one service; more do not help the reader.
const MAX_REASONS: usize = 5;

/// A difference that cannot be decided.
#[derive(Debug, thiserror::Error)]
pub enum AffectedError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("the dependencies at {revision} cannot be read: {source}")]
    Graph { revision: String, source: GraphError },
    #[error("{path} cannot be read: {source}")]
    Read { path: String, source: std::io::Error },
    #[error("a temporary folder could not be made: {0}")]
    Temporary(#[from] std::io::Error),
}

/// The services that differ between two revisions.
#[derive(Debug, Clone, Serialize)]
pub struct Affected {
    /// The full id of the older commit.
    pub from: String,
    /// The full id of the newer commit.
    pub to: String,
    /// The affected services, each with the reasons, at least one.
    pub affected: BTreeMap<String, Vec<String>>,
    /// The services whose images would be the same.
    pub unaffected: BTreeSet<String>,
}

/// The files and the dependency graph of a revision.
#[derive(Debug)]
struct Snapshot {
    workspace: Workspace,
    includes: Includes,
    manifest: String,
}

impl Snapshot {
    fn read(tools: &Tools, repository: &Repository<'_>, revision: &str) -> Result<Self, AffectedError> {
        let folder = tempfile::tempdir()?;
        repository.export(revision, folder.path())?;
        Self::of(tools, folder.path()).map_err(|error| match error {
            SnapshotError::Graph(source) => AffectedError::Graph { revision: revision.to_owned(), source },
            SnapshotError::Read { path, source } => AffectedError::Read { path, source },
        })
    }

    fn of(tools: &Tools, folder: &Path) -> Result<Self, SnapshotError> {
        // Paths of cargo are canonical, and the folder for temporary files may be behind a symbolic link.
        let unreadable = |path: &Path, source| SnapshotError::Read { path: path.display().to_string(), source };
        let folder = folder.canonicalize().map_err(|source| unreadable(folder, source))?;
        let workspace = Workspace::read(tools, &folder).map_err(SnapshotError::Graph)?;
        let includes = Includes::scan(&folder, &workspace).map_err(|source| unreadable(&folder, source))?;
        let path = folder.join("Cargo.toml");
        let manifest = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        Ok(Self { workspace, includes, manifest })
    }
}

enum SnapshotError {
    Graph(GraphError),
    Read { path: String, source: std::io::Error },
}

/// Compares two revisions, each with its own dependency graph.
pub fn between(tools: &Tools, repository: &Repository<'_>, from: &str, to: &str) -> Result<Affected, AffectedError> {
    let (from, to) = (repository.resolve(from)?, repository.resolve(to)?);
    let new = Snapshot::read(tools, repository, &to)?;
    let mut found = Reasons::default();
    if from != to {
        match Snapshot::read(tools, repository, &from) {
            Ok(old) => compare(&old, &new, &repository.changed_paths(&from, &to)?, &mut found),
            // A revision that does not build, or not with this version of cargo, cannot be compared with.
            Err(AffectedError::Graph { source, .. }) => {
                found.add_all(&new.workspace, &format!("the dependencies at {from} cannot be read: {source}"));
            }
            Err(error) => return Err(error),
        }
    }
    let services = new.workspace.services().map(ToOwned::to_owned);
    let unaffected = services.filter(|service| !found.0.contains_key(service)).collect();
    Ok(Affected { from, to, affected: found.0, unaffected })
}

#[derive(Debug, Default)]
struct Reasons(BTreeMap<String, Vec<String>>);

impl Reasons {
    fn add(&mut self, service: &str, reason: String) {
        let reasons = self.0.entry(service.to_owned()).or_default();
        if reasons.len() < MAX_REASONS && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }

    fn add_all(&mut self, workspace: &Workspace, reason: &str) {
        for service in workspace.services() {
            self.add(service, reason.to_owned());
        }
    }
}

fn compare(old: &Snapshot, new: &Snapshot, changed: &[String], found: &mut Reasons) {
    // The packages that contain a changed file or embed one.
    let mut packages: BTreeMap<Key, String> = BTreeMap::new();
    for path in changed {
        let effects = [old, new].map(|side| effect_of(path, side));
        let effects: BTreeSet<Effect> = effects.into_iter().flatten().collect();
        for effect in effects {
            match effect {
                Effect::Nothing => {}
                Effect::Everything => found.add_all(&new.workspace, &format!("{path} may affect every image")),
                Effect::Service(service) => [service, OPERATOR].iter().for_each(|name| found.add(name, path.clone())),
                Effect::Package(package) => _ = packages.entry(package).or_insert_with(|| path.clone()),
                Effect::WorkspaceManifest => {
                    if manifest::build_sections(&old.manifest) != manifest::build_sections(&new.manifest) {
                        found.add_all(&new.workspace, "Cargo.toml changes how everything is built");
                    }
                }
            }
        }
    }
    for service in new.workspace.services() {
        let Some(before) = old.workspace.of_service(service) else {
            found.add(service, "the service is new".to_owned());
            continue;
        };
        let Some(now) = new.workspace.of_service(service) else { continue };
        differences(before, now, &packages, |reason| found.add(service, reason));
    }
}

/// Reports each package that differs between two graphs of a service.
fn differences(before: &Graph, now: &Graph, packages: &BTreeMap<Key, String>, mut report: impl FnMut(String)) {
    for (key, description) in now {
        match before.get(key) {
            None => report(format!("{key} is a new dependency")),
            Some(earlier) if earlier != description => report(format!("the manifest of {key} has changed")),
            Some(_) => {}
        }
    }
    for key in before.keys().filter(|key| !now.contains_key(*key)) {
        report(format!("{key} is no longer a dependency"));
    }
    for (key, path) in packages {
        if now.contains_key(key) || before.contains_key(key) {
            report(path.clone());
        }
    }
}

/// Returns everything that a changed file of one revision affects.
fn effect_of(path: &str, side: &Snapshot) -> Vec<Effect> {
    if let Some(effect) = paths::exact(path) {
        return vec![effect];
    }
    let mut effects: Vec<Effect> = side.includes.packages_with(path).cloned().map(Effect::Package).collect();
    match side.workspace.package_of(path) {
        Some((package, within)) if !paths::is_for_tests(within) && within != "Cargo.toml" => {
            effects.push(Effect::Package(package.clone()));
        }
        Some(_) => effects.push(Effect::Nothing),
        None if effects.is_empty() => effects.push(paths::of_folder(path)),
        None => {}
    }
    effects
}
