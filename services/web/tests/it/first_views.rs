//! The first views of pages, compared with what the storefront renders.

use crate::pages::start;
use axum::extract::OriginalUri;
use axum::{Json, Router};
use chassis::{Problem, problem};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use testkit::Caller;

const TEMPLATE: &str =
    "<html lang=\"en\"><head><!--head--></head><body><div id=\"root\"></div><!--data--></body></html>";

/// A page with the responses that its first view is rendered from, and that view.
#[derive(Deserialize)]
struct Example {
    path: String,
    language: String,
    queries: BTreeMap<String, Value>,
    #[serde(default)]
    missing: Vec<String>,
    html: String,
}

/// Returns an API path with its query in a fixed order.
fn sorted(path_and_query: &str) -> String {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    format!("{path}?{}", pairs.join("&"))
}

/// Starts web with a catalogue that has the responses of an example, and is unavailable for all others.
fn web(example: &Example) -> Caller {
    let queries: Arc<BTreeMap<String, Value>> =
        Arc::new(example.queries.iter().map(|(path, body)| (sorted(path), body.clone())).collect());
    let missing = example.missing.clone();
    let catalogue =
        Router::new().fallback(async move |OriginalUri(uri): OriginalUri| -> Result<Json<Value>, Problem> {
            let path = uri.to_string();
            match queries.get(&sorted(&path)) {
                Some(body) => Ok(Json(body.clone())),
                None if missing.contains(&path) => Err(problem::NOT_FOUND.detail("Not found.")),
                None => Err(problem::UNAVAILABLE.detail("The catalogue is away.")),
            }
        });
    start(Some(TEMPLATE), web::storefront_rendering(), catalogue)
}

/// Returns the content of `#root`.
fn root(page: &str) -> &str {
    let (_, rest) = page.split_once("<div id=\"root\">").unwrap();
    rest.split_once("</div><script type=\"application/json\"").unwrap().0
}

/// Asserts that two texts are equal, and shows where they begin to differ.
fn assert_same(shown: &str, expected: &str, page: &str) {
    let common = shown.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| {
        let bytes = &text.as_bytes()[common.saturating_sub(120)..(common + 160).min(text.len())];
        String::from_utf8_lossy(bytes).into_owned()
    };
    assert!(shown == expected, "{page}\nserver:     {}\nstorefront: {}", around(shown), around(expected));
}

#[tokio::test]
async fn the_first_view_of_every_page_is_that_of_the_storefront() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../storefront/test-results/first-views.json");
    let Ok(json) = std::fs::read_to_string(file) else {
        eprintln!("SKIPPED: the storefront is not built");
        return;
    };
    let examples: Vec<Example> = serde_json::from_str(&json).unwrap();
    assert!(examples.len() > 150);
    for example in &examples {
        let visitor = web(example).with_header("accept-language", &example.language);
        let is_missing = !example.missing.is_empty()
            || ["/nowhere", "/categories/unknown"].iter().any(|path| example.path.starts_with(path));
        let status = if is_missing { 404 } else { 200 };
        let page = visitor.get(&example.path).await.expect(status).text();
        assert_same(root(&page), &example.html, &format!("{} in {}", example.path, example.language));
        for path in example.queries.keys().filter(|path| !path.contains('?')) {
            assert!(page.contains(&format!("\"{path}\":")), "{path} is not embedded in {}", example.path);
        }
    }
}

/// Reads the sources of the first views.
fn sources() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages/body");
    std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_class_and_icon_of_the_first_views_exists_in_the_storefront() {
    let Some(rendering) = web::storefront_rendering() else {
        eprintln!("SKIPPED: the storefront is not built");
        return;
    };
    let rendering: Value = serde_json::from_str(&rendering).unwrap();
    let classes: BTreeSet<&str> =
        rendering["classes"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let (mut used, mut icons) = (0, 0);
    for source in sources() {
        for literal in source.split('"').skip(1).step_by(2) {
            for name in literal.split(' ') {
                let is_class = name.starts_with(|first: char| first.is_ascii_uppercase())
                    && name
                        .split_once('_')
                        .is_some_and(|(component, _)| component.bytes().all(|b| b.is_ascii_alphabetic()));
                if is_class {
                    assert!(classes.contains(name), "the storefront has no class {name}");
                    used += 1;
                }
            }
        }
        for call in source.split("icon(view, \"").skip(1) {
            let name = call.split('"').next().unwrap();
            assert!(rendering["icons"].get(name).is_some(), "the storefront has no icon {name}");
            icons += 1;
        }
    }
    assert!(used > 80 && icons > 8, "{used} classes, {icons} icons");
}

/// A page of a shop whose catalogue is unavailable.
fn without_data() -> Example {
    Example {
        path: "/cart".into(),
        language: "en".into(),
        queries: BTreeMap::new(),
        missing: vec!["/api/v1/products/gone?language=en".into()],
        html: String::new(),
    }
}

#[tokio::test]
async fn the_theme_that_the_visitor_chose_is_shown_at_once() {
    let web = web(&without_data());
    for (cookie, start) in [
        ("theme=dark", "<html lang=\"en\" data-theme=\"dark\">"),
        ("theme=system", "<html lang=\"en\">"),
        ("theme=%22%3E", "<html lang=\"en\">"),
    ] {
        let page = web.clone().with_header("cookie", cookie).get("/cart").await.expect(200).text();
        assert!(page.starts_with(start), "{cookie}: {page}");
    }
}

#[tokio::test]
async fn a_missing_product_is_shown_as_missing_and_not_requested_again() {
    if !web::has_storefront() {
        eprintln!("SKIPPED: the storefront is not built");
        return;
    }
    let page = web(&without_data()).get("/products/gone").await.expect(404).text();
    assert!(root(&page).contains("Product not found"), "{page}");
    assert!(page.contains(r#""missing":["/api/v1/products/gone?language=en"]"#), "{page}");
}

#[tokio::test]
async fn the_page_after_login_is_one_of_the_shop() {
    if !web::has_storefront() {
        eprintln!("SKIPPED: the storefront is not built");
        return;
    }
    let web = web(&without_data());
    for (query, next) in
        [("next=%2Forders%2F1", "%2Forders%2F1"), ("next=%2F%2Fevil.example", "%2Faccount"), ("", "%2Faccount")]
    {
        let page = web.get(&format!("/login?{query}")).await.expect(200).text();
        assert!(root(&page).contains(&format!("href=\"/register?next={next}\"")), "{query}: {page}");
    }
}
