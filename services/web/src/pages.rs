//! Serves the storefront: its files, and the HTML of every page in its route table.

mod body;
mod first_data;
mod head;
mod manifest;
mod rendering;
mod routes;
mod structured;
mod template;

pub use head::plain_text;
pub use rendering::Rendering;

use crate::{AppState, assets};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use body::PageRequest;
use chassis::auth::cookie;
use chassis::problem;
use contracts::Language;
use std::sync::Arc;

/// The cookie with the language that the visitor chose.
const LANGUAGE_COOKIE: &str = "language";
/// The cookie with the theme that the visitor chose.
const THEME_COOKIE: &str = "theme";

/// Serves a file of the storefront, or the page at this path.
pub async fn serve(State(state): State<Arc<AppState>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path == manifest::PATH {
        return manifest::serve(&state).await.into_response();
    }
    if let Some(file) = assets::file(path.trim_start_matches('/'), &headers) {
        return file;
    }
    // A missing asset must not be answered with HTML: a browser with an outdated page would run it as a script.
    if path.starts_with("/api/") || path.starts_with("/assets/") {
        return problem::NOT_FOUND.detail("Not found.").into_response();
    }
    if path == "/admin" || path.starts_with("/admin/") {
        return admin(&state);
    }
    let route = routes::find(path);
    let Some(template) = &state.template else {
        let status = if route.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
        return (status, Html(WITHOUT_STOREFRONT)).into_response();
    };
    let sources = head::Sources { catalogue: &state.catalogue, ratings: &state.ratings, base_url: &state.base_url };
    let head = head::build(route, uri.query().unwrap_or_default(), &sources, preferred_language(&headers)).await;
    let status = if head.found { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let theme = cookie(&headers, THEME_COOKIE).and_then(|text| body::THEMES.into_iter().find(|theme| *theme == text));
    let request =
        PageRequest { route, path, query: uri.query().unwrap_or_default(), theme: theme.unwrap_or(body::THEMES[0]) };
    let page = template::Page { head: &head, request, rendering: state.rendering.as_ref(), base_url: &state.base_url };
    let html = template::fill(template, &page);
    // The HTML embeds prices and stock, so it is revalidated each time; only assets are cached.
    let headers = [(header::CACHE_CONTROL, "no-cache"), (header::VARY, "accept-language, cookie")];
    (status, headers, Html(html)).into_response()
}

/// Returns the language that the visitor chose, or else that the browser asks for. The storefront decides alike.
fn preferred_language(headers: &HeaderMap) -> Option<Language> {
    let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(|text| text.parse().ok());
    chosen.or_else(|| headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Language::preferred))
}

/// Serves the admin interface. Its pages are routes of the browser, which shows that a page is missing by itself.
fn admin(state: &AppState) -> Response {
    let html = state.admin.clone().unwrap_or_else(|| WITHOUT_STOREFRONT.to_owned());
    // A search engine has nothing to find here, also not the page for logging in.
    let headers = [(header::CACHE_CONTROL, "no-cache"), (HeaderName::from_static("x-robots-tag"), "noindex")];
    (headers, Html(html)).into_response()
}

const WITHOUT_STOREFRONT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>ShopStack</title>\
<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>\
<h1>The storefront is not installed</h1><p>This program was built without the storefront, because Node.js was missing. \
Install Node.js 20 or newer and run <code>make run</code> again. The API is available: see \
<a href=\"/api/docs\">/api/docs</a>.</p></html>";
