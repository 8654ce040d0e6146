//! The storefront's files, embedded in the binary together with their compressed forms.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};
use std::path::Path;

/// The output of the storefront's build. It is empty in a program that was built without Node.js.
#[derive(Embed)]
#[folder = "../../storefront/dist"]
#[allow_missing = true]
struct Storefront;

/// The folder of files whose names contain a digest of their content, so they never change.
const HASHED: &str = "assets/";

/// The files that browsers keep for a visitor without a network. An update must take effect at the next visit.
const REVALIDATED: [&str; 4] = ["service-worker.js", "offline.html", "offline.css", "offline.js"];

/// The files that are served at other paths, or not as they are.
const TEMPLATES: [&str; 4] = ["index.html", "admin.html", "manifest.webmanifest", "rendering.json"];

/// Returns the HTML template of all pages, if the storefront was built.
pub fn template() -> Option<String> {
    Storefront::get("index.html").map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// Returns what the storefront's build exports for the first views of pages, if it was built.
pub fn rendering() -> Option<String> {
    Storefront::get("rendering.json").map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// Returns the HTML of the admin interface, if the storefront was built.
pub fn admin_page() -> Option<String> {
    Storefront::get("admin.html").map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// Returns the web app manifest with the default name, if the storefront was built.
pub fn manifest() -> Option<String> {
    Storefront::get("manifest.webmanifest").map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

/// Serves the file at this path in the best encoding that the client accepts.
pub fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    // Templates and compressed forms are embedded too, but are no files of their own.
    if TEMPLATES.contains(&path) || path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = Storefront::get(path)?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (file, encoding) = preferred(path, accepted).unwrap_or((plain, None));
    Some(respond(path, headers, file, encoding))
}

fn preferred(path: &str, accepted: &str) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepts = |name: &str| {
        accepted.split(',').any(|part| {
            let mut part = part.split(';').map(str::trim);
            part.next() == Some(name) && part.next() != Some("q=0")
        })
    };
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(name, _)| accepts(name))
        .find_map(|(name, ending)| Some((Storefront::get(&format!("{path}.{ending}"))?, Some(name))))
}

fn respond(path: &str, headers: &HeaderMap, file: EmbeddedFile, encoding: Option<&'static str>) -> Response {
    // Part of the digest is enough: it only has to differ between two builds of one file.
    let etag = format!("\"{}\"", hexadecimal(&file.metadata.sha256_hash()[..10]));
    let is_current = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag.as_bytes());
    let mut response =
        if is_current { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(file.data).into_response() };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache_control(path)));
    // Caches must keep the encodings of a file apart.
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, etag);
    }
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Writes the files with a digest in their names for nginx, which looks for each encoding in a folder of its own (`plain`,
/// `gzip`, `br`) below `folder`. Returns the number of files.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path) -> std::io::Result<usize> {
    let mut written = 0;
    for path in Storefront::iter().filter(|path| path.starts_with(HASHED)) {
        let (encoding, name) = match path.rsplit_once('.') {
            Some((name, "gz")) => ("gzip", name),
            Some((name, "br")) => ("br", name),
            _ => ("plain", path.as_ref()),
        };
        let Some(file) = Storefront::get(&path) else { continue };
        let target = folder.join(encoding).join(name);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(target, file.data)?;
        written += 1;
    }
    Ok(written)
}

fn cache_control(path: &str) -> &'static str {
    if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else if REVALIDATED.contains(&path) {
        "no-cache"
    } else {
        // The other files, such as the icon, keep their names from build to build.
        "public, max-age=3600"
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "json" | "map" => "application/json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_a_digest_in_their_names_are_cached_without_a_check() {
        assert_eq!(cache_control("assets/index-1a2b.js"), "public, max-age=31536000, immutable");
        assert_eq!(cache_control("service-worker.js"), "no-cache");
        assert_eq!(cache_control("offline.html"), "no-cache");
        assert_eq!(cache_control("favicon.svg"), "public, max-age=3600");
    }
}
