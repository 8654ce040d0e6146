//! The effect of files outside of every package. The tables follow the Dockerfile and .dockerignore.

use super::graph::Key;

/// The effect of a changed file on the images.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// No image contains the file or is built by it.
    Nothing,
    /// The image of this service contains it.
    Service(&'static str),
    /// The file is compiled into a package.
    Package(Key),
    /// The manifest of the workspace, which is compared by its sections.
    WorkspaceManifest,
    /// Every image may depend on it.
    Everything,
}

/// Files whose effect is known better than from the package that names them.
const FILES: &[(&str, Effect)] = &[
    ("Cargo.toml", Effect::WorkspaceManifest),
    // The resolved graphs of both revisions are compared.
    ("Cargo.lock", Effect::Nothing),
    ("Dockerfile", Effect::Everything),
    (".dockerignore", Effect::Everything),
    // Compiled into the program, and only web serves it.
    ("docs/openapi.json", Effect::Service("web")),
    // Tests compare these with what the program prints.
    (".env.example", Effect::Nothing),
    ("docs/telemetry.md", Effect::Nothing),
];

/// Folders and files that the build of an image does not read, unless a package embeds a file of them.
const FOLDERS: &[(&str, Effect)] = &[
    // Not in the build context.
    ("storefront/e2e/", Effect::Nothing),
    // Embedded in web.
    ("storefront/", Effect::Service("web")),
    ("docs/", Effect::Nothing),
    ("findings/", Effect::Nothing),
    ("deploy/", Effect::Nothing),
    ("valuefiles/", Effect::Nothing),
    ("kops/", Effect::Nothing),
    ("bench/", Effect::Nothing),
    ("tools/", Effect::Nothing),
    (".ci/", Effect::Nothing),
    (".github/", Effect::Nothing),
    ("buildspec.yml", Effect::Nothing),
    ("docker-compose.yaml", Effect::Nothing),
    ("Makefile", Effect::Nothing),
    ("LICENSE", Effect::Nothing),
    ("clippy.toml", Effect::Nothing),
    ("deny.toml", Effect::Nothing),
    ("rustfmt.toml", Effect::Nothing),
    (".gitignore", Effect::Nothing),
    (".gitattributes", Effect::Nothing),
    (".editorconfig", Effect::Nothing),
];

/// The folders of a package that only its tests and measurements use.
const TEST_FOLDERS: &[&str] = &["tests/", "benches/", "examples/"];

/// Returns the effect of a file that is known by its own name.
pub fn exact(path: &str) -> Option<Effect> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, effect)| effect.clone())
}

/// Returns the effect of a file that no package contains or embeds. An unknown file affects everything, which is slow and right.
pub fn of_folder(path: &str) -> Effect {
    let is_document = !path.contains('/') && path.ends_with(".md");
    let known = FOLDERS.iter().find(|(name, _)| path == *name || (name.ends_with('/') && path.starts_with(name)));
    match known {
        Some((_, effect)) => effect.clone(),
        None if is_document => Effect::Nothing,
        None => Effect::Everything,
    }
}

/// Returns true for a file of a package that is not part of its library or program.
pub fn is_for_tests(within: &str) -> bool {
    TEST_FOLDERS.iter().any(|folder| within.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_counts() {
        assert_eq!(of_folder("storefront/e2e/checkout.spec.ts"), Effect::Nothing);
        assert_eq!(of_folder("storefront/src/app.tsx"), Effect::Service("web"));
        assert_eq!(of_folder("README.md"), Effect::Nothing);
    }

    #[test]
    fn an_unknown_file_affects_everything() {
        assert_eq!(of_folder("rust-toolchain.toml"), Effect::Everything);
        assert_eq!(of_folder("Makefile.local"), Effect::Everything);
    }
}
