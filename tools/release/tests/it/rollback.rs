//! Rollbacks of a service that was released three times.

use crate::world::{World, values};

fn released_three_times() -> World {
    let world = World::new();
    world.released(&["publish"]);
    for _ in 0..2 {
        world.change("services/cart/src/lib.rs");
        world.released(&["publish"]);
    }
    world
}

#[test]
fn a_rollback_deploys_the_previous_version_and_a_second_one_the_one_before() {
    let world = released_three_times();
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.3"));
    world.released(&["rollback", "cart"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2"));
    world.released(&["rollback", "cart"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.1"));
    assert_eq!(world.values("staging", "user"), values("user", "0.1.1"));
    // Before it there is only the tag with which the branch began, which was never built.
    let said = world.refused(&["rollback", "cart"]);
    assert!(said.contains("shop-cart:0.1.0 is not in the registry"), "{said}");
    world.released(&["rollback", "cart", "--to", "0.1.3"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.3"));
}

#[test]
fn what_was_rolled_back_is_not_built_again_by_another_change() {
    let world = released_three_times();
    world.released(&["rollback", "cart"]);
    world.change("services/user/src/lib.rs");
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2"));
    assert_eq!(world.values("staging", "user"), values("user", "0.1.2"));
    world.change("services/cart/src/lib.rs");
    world.released(&["publish"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.4"), "0.1.3 is taken");
    world.released(&["rollback", "cart"]);
    assert_eq!(world.values("staging", "cart"), values("cart", "0.1.2"), "and 0.1.3 is no version to go back to");
}

#[test]
fn a_rollback_without_a_place_to_go_is_refused() {
    let world = World::new();
    assert!(world.refused(&["rollback", "cart"]).contains("there is no branch k8s/staging"));
    world.released(&["publish"]);
    assert!(world.refused(&["rollback", "cart", "--to", "0.1.1"]).contains("already runs 0.1.1"));
    assert!(world.refused(&["rollback", "cart", "--to", "9.9.9"]).contains("not in the registry"));
    assert!(world.refused(&["rollback", "basket"]).contains("has no deploy/environments/staging/basket.yaml"));
}

#[test]
fn a_dry_run_of_a_rollback_changes_nothing() {
    let world = released_three_times();
    let before = world.tip("k8s/staging");
    let said = world.released(&["rollback", "cart", "--dry-run"]);
    assert!(said.contains("+  tag: \"0.1.2\"") && said.contains("would run: git push"), "{said}");
    assert_eq!(world.tip("k8s/staging"), before);
}
