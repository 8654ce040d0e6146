//! HTML pages: the bank's challenge, device data collection and the hosted payment page.

mod bank;
mod hosted;

pub(crate) use bank::{challenge_page, device_data, return_to_shop};
pub(crate) use hosted::{outcome, payment_form};

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use chassis::SystemContext;

/// Returns the origin of a URL, or `None` when a browser must not be redirected to it.
pub(crate) fn origin(url: &str) -> Option<&str> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let scheme = url.len() - host.len();
    let end = host.find(['/', '?', '#']).unwrap_or(host.len());
    // Without `@`, a URL cannot disguise its host as user information. Control characters and spaces are
    // excluded, because the URL becomes a `Location` header.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let is_valid = end > 0 && host[..end].bytes().all(plain) && url.bytes().all(|byte| byte.is_ascii_graphic());
    is_valid.then(|| &url[..scheme + end])
}

/// Escapes a text for HTML, including attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// An HTML page with the headers that protect it.
struct Page<'a> {
    status: StatusCode,
    title: &'a str,
    /// The HTML of the body, in which all input is escaped.
    body: String,
    script: &'a str,
    /// Set when its forms post to the shop. Browsers apply `form-action` to redirects as well, and the shop's redirects
    /// are not known here, so the policy then allows every web address.
    posts_to_shop: bool,
}

impl Page<'_> {
    fn render(self, system: &SystemContext) -> Response {
        let nonce = system.token::<16>();
        let script = match self.script {
            "" => String::new(),
            script => format!("<script nonce=\"{nonce}\">{script}</script>"),
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
             <style nonce=\"{nonce}\">{STYLE}</style>\n</head>\n<body>\n<main>\n{}\n</main>\n{script}\n</body>\n</html>\n",
            escape(self.title),
            self.body,
        );
        // Shops show these pages in frames, like those of banks.
        let policy = format!(
            "default-src 'none'; base-uri 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; \
             form-action {}; frame-ancestors *",
            if self.posts_to_shop { "https: http:" } else { "'self'" },
        );
        let headers = [(header::CONTENT_SECURITY_POLICY, policy.as_str()), (header::CACHE_CONTROL, "no-store")];
        (self.status, headers, Html(html)).into_response()
    }
}

/// Renders a page with a message.
pub(crate) fn message_page(status: StatusCode, title: &str, text: &str, system: &SystemContext) -> Response {
    let body = format!("<h1>{}</h1>\n<p>{}</p>", escape(title), escape(text));
    Page { status, title, body, script: "", posts_to_shop: false }.render(system)
}

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: light-dark(#eef1f5, #14181d); color: light-dark(#1b2430, #e8edf3); }
main { width: min(26rem, 100%); padding: clamp(1.25rem, 5vw, 2rem); border-radius: 1rem;
  background: light-dark(#fff, #1e242c); box-shadow: 0 1rem 3rem #0003; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .5rem; text-wrap: balance; }
p { margin: 0 0 1rem; }
.amount { font-size: 1.75rem; font-weight: 700; font-variant-numeric: tabular-nums; }
.note { color: light-dark(#4a5866, #aab6c2); font-size: .9rem; }
form { display: grid; gap: .75rem; }
fieldset { border: 0; padding: 0; margin: 0; display: flex; flex-wrap: wrap; gap: .5rem; }
legend { padding: 0 0 .35rem; font-size: .9rem; font-weight: 600; }
label { display: grid; gap: .25rem; font-size: .9rem; font-weight: 600; }
.row { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: .75rem; }
input { font: inherit; font-weight: 400; width: 100%; padding: .6rem .75rem; border-radius: .6rem; color: inherit;
  border: 1px solid light-dark(#78858f, #7c8996); background: light-dark(#fff, #161b21); }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .6rem 1.1rem; border-radius: .6rem; color: inherit;
  border: 1px solid light-dark(#78858f, #7c8996); background: transparent; cursor: pointer; }
button:hover { background: light-dark(#eef1f5, #29313b); }
button.main { background: #1d6b4f; border-color: #1d6b4f; color: #fff; }
button.main:hover { background: #16543e; }
button.pick { min-height: 2.25rem; padding: .2rem .6rem; font-size: .8rem; }
:focus-visible { outline: 3px solid light-dark(#1a62c4, #6db0ff); outline-offset: 2px; }
[role=alert] { padding: .6rem .8rem; border-radius: .6rem; border: 1px solid light-dark(#b3261e, #ff8a80);
  color: light-dark(#8c1d18, #ffb4ab); }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_redirected_to_plain_web_urls_only() {
        assert_eq!(origin("https://shop.example/back?x=1"), Some("https://shop.example"));
        assert_eq!(origin("http://127.0.0.1:8080"), Some("http://127.0.0.1:8080"));
        for wrong in ["javascript:alert(1)", "//shop.example/", "https://", "https://a;b/", "https://a b/", "/back"] {
            assert_eq!(origin(wrong), None, "{wrong}");
        }
    }
}
