//! The parts of the workspace's `Cargo.toml` that affect how everything is built.

use std::collections::BTreeMap;

/// Sections whose effect is visible in the dependency graph, or that have none on an image.
const VISIBLE_IN_GRAPH: &[&str] =
    &["workspace.dependencies", "workspace.package", "workspace.lints", "workspace.metadata"];
/// Keys of `[workspace]` of which the same is true.
const VISIBLE_KEYS: &[&str] = &["members", "default-members", "exclude"];

/// Returns the lines of each section that cannot be compared by the dependency graph, such as profiles and patches.
///
/// Comments and blank lines are left out. A list of several lines under a visible key is left out up to its end.
pub fn build_sections(manifest: &str) -> BTreeMap<String, Vec<String>> {
    let mut sections: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut section = String::new();
    let mut is_in_list = false;
    for line in manifest.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if is_in_list {
            is_in_list = !line.split('#').next().unwrap_or_default().contains(']');
            continue;
        }
        if line.starts_with('[') {
            section = line.split('#').next().unwrap_or_default().trim().trim_matches(['[', ']']).to_owned();
            continue;
        }
        if is_visible(&section) {
            continue;
        }
        let key = line.split('=').next().unwrap_or_default().trim();
        if section == "workspace" && VISIBLE_KEYS.contains(&key) {
            is_in_list = !line.contains(']');
            continue;
        }
        sections.entry(section.clone()).or_default().push(line.to_owned());
    }
    sections
}

fn is_visible(section: &str) -> bool {
    VISIBLE_IN_GRAPH
        .iter()
        .any(|name| section.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::build_sections;

    const MANIFEST: &str = "[workspace]\nresolver = \"3\"\nmembers = [\n  \"crates/*\",\n]\n\n[workspace.dependencies]\nserde = \"1\"\n\
                            [workspace.dependencies.tokio]\nversion = \"1\"\n[profile.dist]\nlto = \"fat\"\n";

    #[test]
    fn members_and_dependencies_are_compared_by_the_graph() {
        let other =
            MANIFEST.replace("crates/*", "tools/*").replace("\"1\"", "\"2\"").replace("[profile", "# why\n[profile");
        assert_eq!(build_sections(MANIFEST), build_sections(&other));
    }

    #[test]
    fn a_profile_and_the_resolver_affect_everything() {
        assert_ne!(build_sections(MANIFEST), build_sections(&MANIFEST.replace("fat", "thin")));
        assert_ne!(build_sections(MANIFEST), build_sections(&MANIFEST.replace("\"3\"", "\"2\"")));
    }
}
