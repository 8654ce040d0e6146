//! Generates the table of page routes from the storefront's `routes.json`, so that a mistake in it fails the build.

use serde::Deserialize;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

const ROUTES: &str = "../../storefront/src/routes.json";

#[derive(Deserialize)]
struct Route {
    path: String,
    title: String,
    title_de: String,
    title_fr: String,
}

#[expect(clippy::disallowed_methods, reason = "a build script is configured by cargo through the environment")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ROUTES}");
    // The built storefront is embedded, and cargo does not watch files outside of the package by itself.
    println!("cargo::rerun-if-changed=../../storefront/dist");
    let routes: Vec<Route> = serde_json::from_str(&std::fs::read_to_string(ROUTES)?)?;
    let mut code = "static ROUTES: &[PageRoute] = &[\n".to_owned();
    for Route { path, title, title_de, title_fr } in routes {
        writeln!(code, "    PageRoute {{ path: {path:?}, titles: [{title:?}, {title_de:?}, {title_fr:?}] }},")?;
    }
    code.push_str("];\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("page_routes.rs"), code)?;
    Ok(())
}
