//! The web app manifest, with which browsers install the shop as an app.

use crate::{AppState, assets};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::{Problem, problem};
use serde_json::Value;

pub const PATH: &str = "/manifest.webmanifest";

/// Serves the manifest of the storefront's build with the name and the language of the shop.
pub async fn serve(state: &AppState) -> Result<Response, Problem> {
    let template = assets::manifest().ok_or_else(|| problem::NOT_FOUND.detail("Not found."))?;
    // Without the name, browsers keep the manifest that they have.
    let shop = state.catalogue.shop().await?;
    let headers = [(header::CONTENT_TYPE, "application/manifest+json"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, fill(&template, &shop.name, &shop.locale)).into_response())
}

fn fill(template: &str, name: &str, locale: &str) -> String {
    let (name, locale) = (Value::from(name).to_string(), Value::from(locale).to_string());
    // The language first: a name may contain the text that is replaced.
    template.replacen("\"en\"", &locale, 1).replacen("\"ShopStack\"", &name, 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TEMPLATE: &str = include_str!("../../../../storefront/public/manifest.webmanifest");

    #[test]
    fn the_manifest_has_the_name_and_the_language_of_the_shop() {
        for name in ["Hofladen Müller", "\"ShopStack\", \"en\""] {
            let manifest: Value = serde_json::from_str(&fill(TEMPLATE, name, "de-DE")).expect("JSON");
            assert_eq!((&manifest["name"], &manifest["short_name"]), (&json!(name), &json!(name)));
            assert_eq!((&manifest["lang"], &manifest["start_url"]), (&json!("de-DE"), &json!("/")));
        }
    }
}
