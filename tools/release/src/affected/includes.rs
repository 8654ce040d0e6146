//! Files outside of a package that it compiles in: by `include_str!` and `include_bytes!`, by an embedded folder, or by its
//! build script.

use super::graph::{Key, Workspace};
use super::paths::is_for_tests;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The beginnings of a path of a file or folder that is compiled in, and the file to which the path is relative.
const MARKERS: &[(&str, Base)] = &[
    ("include_str!(", Base::Source),
    ("include_bytes!(", Base::Source),
    ("include!(", Base::Source),
    ("#[folder =", Base::Package),
];

#[derive(Debug, Clone, Copy)]
enum Base {
    Source,
    Package,
}

/// The files and folders outside of each package that it compiles in.
#[derive(Debug)]
pub struct Includes(Vec<(PathBuf, Key)>);

impl Includes {
    /// Reads the sources of all packages below `root`.
    pub fn scan(root: &Path, workspace: &Workspace) -> io::Result<Self> {
        let mut found = Vec::new();
        for (key, folder) in workspace.folders() {
            let package = root.join(folder);
            let mut sources = Vec::new();
            collect(&package, &mut sources)?;
            for source in sources {
                let Ok(within) = source.strip_prefix(&package) else { continue };
                if is_for_tests(&within.to_string_lossy()) {
                    continue;
                }
                let text = std::fs::read_to_string(&source)?;
                let base = source.parent().unwrap_or(&package);
                let mut paths = named(&text, base, &package);
                if within == Path::new("build.rs") {
                    paths.extend(strings(&text).filter(|path| path.starts_with("../")).map(|path| package.join(path)));
                }
                let outside = paths.iter().map(|path| plain(path)).filter(|path| !path.starts_with(&package));
                found.extend(outside.filter_map(|path| Some((path.strip_prefix(root).ok()?.to_owned(), key.clone()))));
            }
        }
        Ok(Self(found))
    }

    /// Returns the packages outside of which this file is, and into which it is compiled.
    pub fn packages_with<'p>(&'p self, path: &'p str) -> impl Iterator<Item = &'p Key> {
        self.0.iter().filter(move |(included, _)| Path::new(path).starts_with(included)).map(|(_, key)| key)
    }
}

/// Returns the paths that a source names by one of the markers.
fn named(text: &str, source: &Path, package: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (marker, base) in MARKERS {
        for rest in text.split(marker).skip(1) {
            let Some(path) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            let folder = match base {
                Base::Source => source,
                Base::Package => package,
            };
            found.push(folder.join(path));
        }
    }
    found
}

/// Returns the plain string literals of a source, roughly: a quote within a comment only adds candidates.
fn strings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('"').skip(1).step_by(2)).map(|text| text.rsplit('=').next().unwrap_or(text))
}

/// Resolves `..` in a path without following links.
fn plain(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => _ = result.pop(),
            Component::CurDir => {}
            other => result.push(other),
        }
    }
    result
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
