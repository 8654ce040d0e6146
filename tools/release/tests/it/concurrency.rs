//! Two releases at once. The second one runs in the middle of the first one's build, by `on-build`.

use crate::world::{World, values};

/// Publishes a revision from another clone in the middle of the next build.
fn publish_in_between(world: &World, revision: &str) {
    let root = world.root();
    let program = env!("CARGO_BIN_EXE_release");
    let script = format!(
        "set -e\ncd {root}\nrm -rf other\ngit clone --quiet origin other\ncd other\n{program} publish --revision {revision}\n",
        root = root.display()
    );
    world.write_beside("on-build", &script);
}

#[test]
fn a_newer_revision_wins_when_the_older_one_ends_last() {
    let world = World::new();
    world.released(&["publish"]);
    let older = world.change("services/cart/src/lib.rs");
    let newer = world.change("services/cart/src/lib.rs");
    publish_in_between(&world, &newer);
    let said = world.released(&["publish", "--revision", &older]);
    assert!(said.contains("cart 0.1.2 is not delivered"), "{said}");
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.3"));
    let images = std::fs::read_to_string(world.root().join("images")).unwrap();
    assert_eq!(images.matches("shop-cart:0.1.2\n").count(), 1, "no tag was pushed twice: {images}");
}

#[test]
fn a_newer_revision_that_this_clone_has_never_seen_wins_as_well() {
    let world = World::new();
    world.released(&["publish"]);
    world.change("services/cart/src/lib.rs");
    let script = format!(
        "set -e\ncd {}\ngit clone --quiet origin other\ncd other\necho '// newer' > services/cart/src/lib.rs\n\
         git commit --quiet --all --message newer\ngit push --quiet origin HEAD:main\n{} publish\n",
        world.root().display(),
        env!("CARGO_BIN_EXE_release")
    );
    world.write_beside("on-build", &script);
    let said = world.released(&["publish"]);
    assert!(said.contains("cart 0.1.2 is not delivered"), "{said}");
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.3"));
}

#[test]
fn a_newer_revision_wins_when_it_ends_last() {
    let world = World::new();
    world.released(&["publish"]);
    let older = world.change("services/cart/src/lib.rs");
    let newer = world.change("services/cart/src/lib.rs");
    publish_in_between(&world, &older);
    world.released(&["publish", "--revision", &newer]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2"));
    let log = world.succeed(world.command("git", &world.root().join("origin")).args([
        "log",
        "-1",
        "--format=%B",
        "k8s/staging",
    ]));
    assert!(log.contains(&format!("Release: cart 0.1.2 {newer}")), "{log}");
}

#[test]
fn two_runs_for_one_revision_deliver_one_of_their_versions() {
    let world = World::new();
    world.released(&["publish"]);
    let revision = world.change("services/cart/src/lib.rs");
    publish_in_between(&world, &revision);
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.3"));
}

#[test]
fn a_rejected_push_is_repeated_on_what_others_have_left() {
    let world = World::new();
    world.released(&["publish"]);
    world.change("services/cart/src/lib.rs");
    let root = world.root();
    let edit = format!(
        "set -e\ncd {}\ngit clone --quiet --branch k8s/staging origin other\ncd other\n\
         sed -i 's/replicas: 2/replicas: 9/' deploy/environments/staging/*.yaml\ngit commit --quiet --all --message scale\n\
         git push --quiet origin HEAD\n",
        root.display()
    );
    world.write_beside("on-build", &edit);
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2").replace("replicas: 2", "replicas: 9"));
    assert_eq!(world.values("staging", "user"), values("user", "0.1.1").replace("replicas: 2", "replicas: 9"));
}

#[test]
fn an_older_revision_is_not_built_and_an_unrelated_one_is_refused() {
    let world = World::new();
    let older = world.git(&["rev-parse", "HEAD"]);
    world.change("services/cart/src/lib.rs");
    world.released(&["publish"]);
    let said = world.released(&["publish", "--revision", &older, "--rebuild", "all"]);
    assert!(said.contains("cart: 0.1.1 is from a newer revision") && said.contains("nothing to deliver"), "{said}");
    world.git(&["checkout", "--quiet", "-b", "side", &older]);
    world.write("services/cart/src/lib.rs", "// another\n");
    world.git(&["commit", "--quiet", "--all", "--message", "side"]);
    assert!(world.refused(&["publish"]).contains("neither in the history of"));
    world.released(&["publish", "--rebuild", "all"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2"));
}

#[test]
fn a_shallow_clone_is_refused() {
    let world = World::new();
    world.change("docs/design.md");
    let root = world.root();
    let url = format!("file://{}", root.join("origin").display());
    world.succeed(world.command("git", &root).args(["clone", "--quiet", "--depth", "1", &url, "shallow"]));
    let shallow = root.join("shallow");
    let said = world.refused(&["--repository", shallow.to_str().unwrap(), "publish"]);
    assert!(said.contains("git fetch --unshallow"), "{said}");
}
