//! Publishing: versions, the order of steps, failures, and promotion.

use crate::world::{RELEASED, World, values};

#[test]
fn the_first_release_builds_every_service_and_creates_the_branch() {
    let world = World::new();
    let revision = world.git(&["rev-parse", "HEAD"]);
    world.released(&["publish"]);
    for name in RELEASED {
        assert_eq!(world.values("staging", name), values(name, "0.1.1"));
    }
    let calls = world.calls();
    let build =
        calls.lines().find(|line| line.starts_with("docker buildx build") && line.contains("SERVICE=cart")).unwrap();
    for part in [
        "--platform linux/amd64,linux/arm64",
        "--build-arg VERSION=0.1.1",
        &format!("--build-arg REVISION={revision}"),
        "--cache-from type=registry,ref=registry.example/shop-cart:buildcache",
        "--provenance=true --sbom=true --push --tag registry.example/shop-cart:0.1.1",
    ] {
        assert!(build.contains(part), "{build} lacks {part}");
    }
    let whole = calls.lines().find(|line| line.contains("--tag registry.example/shop-operator:0.1.1")).unwrap();
    assert!(whole.contains("--build-arg SERVICE= --build-arg FEATURES= "), "{whole}");
    let order: Vec<&str> =
        calls.lines().skip_while(|line| *line != build).map(|line| line.split(' ').next().unwrap()).take(7).collect();
    assert_eq!(order, ["docker", "trivy", "trivy", "cosign", "docker", "cosign", "cosign"]);
    assert!(calls.contains("cosign sign --yes registry.example/shop-cart@sha256:abc"), "{calls}");
    assert!(world.released(&["publish"]).contains("nothing to deliver"));
}

#[test]
fn a_release_builds_what_differs_from_the_environment_with_the_next_version() {
    let world = World::new();
    world.released(&["publish"]);
    world.change("services/cart/src/lib.rs");
    world.change("docs/design.md");
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2"));
    assert_eq!(world.values("staging", "user"), values("user", "0.1.1"));
}

#[test]
fn a_tag_of_the_registry_is_never_used_again() {
    let world = World::new();
    world.write_beside("images", "registry.example/shop-cart:0.1.1\nregistry.example/shop-cart:0.1.2\n");
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.3"));
}

#[test]
fn a_failed_step_leaves_the_environment_and_says_why_and_the_next_run_catches_up() {
    let world = World::new();
    world.released(&["publish"]);
    let before = world.tip("k8s/staging");
    world.change("services/cart/src/lib.rs");
    for (program, step) in [("trivy", "the scan of"), ("cosign", "the signature of"), ("docker", "looking up")] {
        world.write_beside(&format!("fail-{program}"), "");
        let said = world.refused(&["publish", "--report", "target/report.json"]);
        assert!(said.contains(step) && said.contains("shop-cart"), "{said}");
        assert!(said.contains(&format!("{program} was told to fail")), "{said}");
        assert_eq!(world.tip("k8s/staging"), before);
        world.remove_beside(&format!("fail-{program}"));
    }
    let report = std::fs::read_to_string(world.clone.join("target/report.json")).unwrap();
    assert!(report.contains("looking up"), "{report}");
    // Only cart changes; the commit after the failures has nothing to do with it.
    std::fs::remove_dir_all(world.clone.join("target")).unwrap();
    world.change("docs/design.md");
    world.released(&["publish"]);
    // The failed runs have used two versions.
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.4"));
}

#[test]
fn charts_and_values_of_the_source_reach_the_branch_and_its_tags_stay() {
    let world = World::new();
    world.released(&["publish"]);
    let text = values("cart", "0.1.0").replace("replicas: 2", "replicas: 5");
    world.write("deploy/environments/staging/cart.yaml", &text);
    world.write("deploy/charts/cart/Chart.yaml", "name: cart\n");
    world.commit("scale the cart");
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), text.replace("\"0.1.0\"", "\"0.1.1\""));
    assert_eq!(world.file("k8s/staging", "deploy/charts/cart/Chart.yaml"), "name: cart\n");
}

#[test]
fn a_dry_run_prints_commands_and_changes_and_does_nothing() {
    let world = World::new();
    world.released(&["publish"]);
    let (before, calls) = (world.tip("k8s/staging"), world.calls());
    world.change("services/cart/src/lib.rs");
    let said = world.released(&["publish", "--dry-run"]);
    for part in [
        "would run: docker buildx build",
        "would run: trivy image",
        "would run: cosign sign",
        "-  tag: \"0.1.1\"",
        "+  tag: \"0.1.2\"",
        "Release: cart 0.1.2",
        "would run: git push --porcelain --no-verify origin COMMIT:refs/heads/k8s/staging",
    ] {
        assert!(said.contains(part), "{said}\nlacks {part}");
    }
    assert_eq!(world.tip("k8s/staging"), before);
    assert_eq!(world.git(&["ls-remote", "origin", "refs/tags/cart-v0.1.2"]), "");
    let new = world.calls().replace(&calls, "");
    assert!(new.lines().all(|line| line.starts_with("docker buildx imagetools inspect")), "{new}");
}

#[test]
fn a_promotion_is_a_branch_for_a_pull_request_or_an_approved_commit() {
    let world = World::new();
    world.released(&["publish"]);
    let said = world.released(&["promote"]);
    assert!(said.contains("cart: 0.1.0 -> 0.1.1"), "{said}");
    assert_eq!(world.tip("k8s/preprod"), None);
    let staging = world.tip("k8s/staging").unwrap();
    let branch = format!("promote/preprod-{}", &staging[..12]);
    assert_eq!(world.file(&branch, "deploy/environments/preprod/cart.yaml"), values("cart", "0.1.1"));
    assert!(world.refused(&["promote"]).contains("proposed before"));
    world.released(&["promote", "--approved"]);
    assert_eq!(world.values("preprod", "web"), values("web", "0.1.1"));
    assert!(world.released(&["promote", "--approved"]).contains("preprod runs what staging runs"));

    world.change("services/cart/src/lib.rs");
    world.released(&["publish"]);
    assert_eq!(world.values("preprod", "cart"), values("cart", "0.1.1"));
    world.released(&["promote", "--approved"]);
    assert_eq!(world.values("preprod", "cart"), values("cart", "0.1.2"));
}

#[test]
fn secrets_and_an_unreachable_slack_neither_show_nor_end_a_release() {
    let world = World::new();
    let url = "http://127.0.0.1:1/services/T0/B0/very-secret";
    let mut command = world.command(env!("CARGO_BIN_EXE_release"), &world.clone);
    let output = command.arg("publish").env("SLACK_WEBHOOK_URL", url).output().unwrap();
    let said = crate::world::text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Slack could not be notified") && !said.contains("very-secret"), "{said}");
}
