//! The services that a change affects, in a workspace where cart and user use base, cart uses leaf, and web embeds a page.

use crate::world::World;

const ALL: [&str; 3] = ["cart", "user", "web"];

#[track_caller]
fn assert_affects(world: &World, from: &str, services: &[&str]) {
    let mut expected = services.to_vec();
    if !services.is_empty() {
        // The image of the whole program contains every service.
        expected.push("operator");
        expected.sort_unstable();
    }
    assert_eq!(world.affected(from, "HEAD"), expected);
}

#[test]
fn a_service_affects_itself_and_a_shared_crate_those_that_use_it() {
    let world = World::new();
    let start = world.git(&["rev-parse", "HEAD"]);
    let cart = world.change("services/cart/src/lib.rs");
    assert_affects(&world, &start, &["cart"]);
    let base = world.change("crates/base/src/lib.rs");
    assert_affects(&world, &cart, &["cart", "user"]);
    world.change("shopstack/src/lib.rs");
    assert_affects(&world, &base, &ALL);
    assert_affects(&world, "HEAD", &[]);
}

#[test]
fn documents_tests_and_deployment_affect_no_image() {
    let world = World::new();
    let start = world.git(&["rev-parse", "HEAD"]);
    for path in [
        "docs/design.md",
        "README.md",
        "services/cart/tests/it.rs",
        "crates/testkit/src/lib.rs",
        "deploy/x.yaml",
        ".github/w.yml",
    ] {
        world.change(path);
    }
    let manifest = std::fs::read_to_string(world.clone.join("services/web/Cargo.toml")).unwrap();
    world.write(
        "services/web/Cargo.toml",
        &format!("{manifest}[dev-dependencies]\nbase = {{ path = \"../../crates/base\" }}\n"),
    );
    world.succeed(world.command("cargo", &world.clone).args(["metadata", "--offline", "--format-version", "1"]));
    world.commit("a dependency of tests");
    assert_affects(&world, &start, &[]);
}

#[test]
fn a_dependency_affects_the_services_that_contain_it() {
    let world = World::new();
    let start = world.git(&["rev-parse", "HEAD"]);
    world.offer("1.0.1");
    world.succeed(world.command("cargo", &world.clone).args(["update", "--quiet", "--offline", "leaf"]));
    let updated = world.commit("update leaf");
    assert_affects(&world, &start, &["cart"]);
    let manifest = std::fs::read_to_string(world.clone.join("services/web/Cargo.toml")).unwrap();
    world.write(
        "services/web/Cargo.toml",
        &manifest.replace("[dependencies]", "[dependencies]\nbase = { path = \"../../crates/base\" }"),
    );
    world.succeed(world.command("cargo", &world.clone).args(["metadata", "--offline", "--format-version", "1"]));
    world.commit("use base in web");
    assert_affects(&world, &updated, &["web"]);
}

#[test]
fn files_outside_of_packages_affect_what_contains_them() {
    let world = World::new();
    let start = world.git(&["rev-parse", "HEAD"]);
    let page = world.change("docs/page.html");
    assert_affects(&world, &start, &["web"]);
    let storefront = world.change("storefront/src/app.tsx");
    assert_affects(&world, &page, &["web"]);
    let docker = world.change("Dockerfile");
    assert_affects(&world, &storefront, &ALL);
    let unknown = world.change("rust-toolchain.unknown");
    assert_affects(&world, &docker, &ALL);
    let manifest = std::fs::read_to_string(world.clone.join("Cargo.toml")).unwrap();
    world.write("Cargo.toml", &format!("{manifest}lto = \"fat\"\n"));
    world.commit("another profile");
    assert_affects(&world, &unknown, &ALL);
}

#[test]
fn deleted_and_renamed_files_count_where_they_were_and_are() {
    let world = World::new();
    world.write("services/cart/src/price.rs", "// A file long enough for git to recognise it after it was renamed.\n");
    let start = world.commit("add a file");
    world.git(&["mv", "services/cart/src/price.rs", "services/user/src/price.rs"]);
    let renamed = world.commit("move it");
    assert_affects(&world, &start, &["cart", "user"]);
    world.git(&["rm", "--quiet", "services/user/src/price.rs"]);
    world.commit("delete it");
    assert_affects(&world, &renamed, &["user"]);
}

#[test]
fn a_revision_that_cannot_be_read_is_an_error_and_as_a_base_affects_everything() {
    let world = World::new();
    let start = world.git(&["rev-parse", "HEAD"]);
    let manifest = std::fs::read_to_string(world.clone.join("Cargo.toml")).unwrap();
    world.write("Cargo.toml", "[workspace");
    let broken = world.commit("break it");
    let said = world.refused(&["affected", "--from", &start]);
    assert!(said.contains("the dependencies at") && said.contains(&broken), "{said}");
    world.write("Cargo.toml", &manifest);
    world.commit("repair it");
    assert_affects(&world, &broken, &ALL);
}
