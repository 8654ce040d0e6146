//! The modules of a crate form no cycles.
//!
//! A module depends on another when it names it by a path from `crate`, `super` or `self`. A parent that only declares its
//! children does not depend on them.

use super::source::{read, root, rust_files};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Module = Vec<String>;
type Graph = BTreeMap<Module, BTreeSet<Module>>;

/// The path of a module within its crate; empty for `lib.rs` and `main.rs`.
fn module(source: &Path, file: &Path) -> Module {
    let relative = file.strip_prefix(source).expect("the file is below src").with_extension("");
    let parts: Module = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts == ["lib"] || parts == ["main"] { Vec::new() } else { parts }
}

/// The code of a file without comments, and without its unit tests.
fn code(file: &Path) -> String {
    let text = read(file);
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Expands `a::{b, c::d}` to `a::b` and `a::c::d`.
fn expand(prefix: &[String], tree: &str, paths: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0, 0);
    let mut branches = Vec::new();
    for (index, character) in tree.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&tree[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    branches.push(&tree[start..]);
    for branch in branches.into_iter().map(str::trim).filter(|branch| !branch.is_empty()) {
        let (head, inner) = branch.split_once('{').map_or((branch, None), |(head, inner)| (head, Some(inner)));
        let head = head.split(" as ").next().unwrap_or_default();
        let segments = head.split("::").map(str::trim).filter(|segment| !segment.is_empty()).map(ToOwned::to_owned);
        let path: Vec<String> = prefix.iter().cloned().chain(segments).collect();
        match inner.and_then(|inner| inner.rsplit_once('}')) {
            Some((inner, _)) => expand(&path, inner, paths),
            None => paths.push(path),
        }
    }
}

/// All paths that begin with `crate`, `super` or `self`.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for statement in code.split("\nuse ").skip(1).chain(code.split("\npub use ").skip(1)) {
        expand(&[], statement.split(';').next().unwrap_or_default(), &mut found);
    }
    for word in code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        if ["crate::", "super::", "self::"].iter().any(|start| word.starts_with(start)) && !word.ends_with("::") {
            expand(&[], word, &mut found);
        }
    }
    found
}

/// The module that a path names, seen from `from`, if it is one of the crate.
fn resolve(from: &Module, path: &[String], graph: &Graph) -> Option<Module> {
    let mut base = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => from.clone(),
        _ => return None,
    };
    let mut rest = path;
    while let Some(segment) = rest.first().filter(|segment| ["crate", "self", "super"].contains(&segment.as_str())) {
        if segment == "super" {
            base.pop();
        }
        rest = &rest[1..];
    }
    base.extend(rest.iter().cloned());
    (1..=base.len()).rev().map(|length| base[..length].to_vec()).find(|module| graph.contains_key(module))
}

fn graph_of(source: &Path) -> Graph {
    let files = rust_files(source);
    let mut graph: Graph = files.iter().map(|file| (module(source, file), BTreeSet::new())).collect();
    for file in &files {
        let from = module(source, file);
        let named = paths(&code(file)).into_iter().filter_map(|path| resolve(&from, &path, &graph));
        // A child may use its parent's private types, which is why it is a child.
        let edges: BTreeSet<Module> = named.filter(|to| *to != from && !from.starts_with(to)).collect();
        graph.insert(from, edges);
    }
    graph
}

fn reachable(graph: &Graph, from: &Module) -> BTreeSet<Module> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(next) = open.pop() {
        for to in &graph[&next] {
            if seen.insert(to.clone()) {
                open.push(to.clone());
            }
        }
    }
    seen
}

#[test]
fn use_trees_are_expanded() {
    let found: Vec<String> = paths("\nuse super::{a::B, c::{self, D as E}};\nlet x = crate::f::g();")
        .iter()
        .map(|path| path.join("::"))
        .collect();
    assert_eq!(found, ["super::a::B", "super::c::self", "super::c::D", "crate::f::g"]);
}

#[test]
fn modules_form_no_cycles() {
    let mut cycles = Vec::new();
    for folder in ["crates", "services"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the folder can be read").flatten() {
            cycles.extend(cycles_in(&entry.path().join("src")));
        }
    }
    cycles.extend(cycles_in(&root().join("shopstack/src")));
    assert!(cycles.is_empty(), "modules that depend on each other:\n{}", cycles.join("\n"));
}

fn cycles_in(source: &Path) -> Vec<String> {
    let graph = graph_of(source);
    let on_cycle: Vec<String> = graph
        .keys()
        .filter(|module| reachable(&graph, module).contains(*module))
        .map(|module| module.join("::"))
        .collect();
    if on_cycle.is_empty() { Vec::new() } else { vec![format!("{}: {}", source.display(), on_cycle.join(", "))] }
}
