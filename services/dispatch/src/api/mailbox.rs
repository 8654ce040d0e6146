//! The mailbox of a demonstration: a page with the emails that were sent.

use super::ApiState;
use crate::mail::Message;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use chassis::Problem;
use std::fmt::Write;

const MAX_MAILS: usize = 100;

/// Show the emails of a demonstration
#[utoipa::path(get, path = "/mailbox", tag = "dispatch", operation_id = "show_mailbox",
    responses((status = 200, description = "The latest emails", content_type = "text/html")))]
pub async fn show_mailbox(State(state): State<ApiState>) -> Result<Response, Problem> {
    let mails = state.orders.store.latest_emails(MAX_MAILS).await?;
    let mut list = String::new();
    for mail in &mails {
        write_mail(&mut list, mail);
    }
    if mails.is_empty() {
        list.push_str("<p>No emails yet. Place an order and reload this page.</p>");
    }
    let page = PAGE.replace("{mails}", &list);
    // Emails contain what customers typed: no script may run here, whatever a mail contains.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(page)).into_response())
}

fn write_mail(list: &mut String, mail: &Message) {
    let body = escape(&mail.body).split('\n').map(linked).collect::<Vec<_>>().join("\n");
    let _ = write!(
        list,
        "<details><summary><strong>{}</strong><span>{}</span><time>{}</time></summary><pre>{body}</pre></details>",
        escape(&mail.subject),
        escape(&mail.to),
        mail.at.strftime("%Y-%m-%d %H:%M"),
    );
}

fn linked(line: &str) -> String {
    match line.split_once("http") {
        Some((before, rest)) => {
            let (address, after) = rest.split_once(' ').unwrap_or((rest, ""));
            format!("{before}<a href=\"http{address}\">http{address}</a> {after}")
        }
        None => line.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox - ShopStack demo</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem; background: light-dark(#faf9f6, #16181b); color: light-dark(#22262b, #e6e8ea); }
  details { border: 1px solid light-dark(#d9d6cf, #34393f); border-radius: .6rem; margin: .6rem 0; background: light-dark(#fff, #1d2024); }
  summary { display: grid; grid-template-columns: 1fr auto auto; gap: 1rem; padding: .8rem 1rem; cursor: pointer; }
  summary span, summary time { color: light-dark(#565d65, #a6adb5); font-size: .9rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 0 1rem 1rem; font: .9rem/1.5 ui-monospace, monospace; }
  :focus-visible { outline: 3px solid #4b9fff; outline-offset: 2px; }
  @media (max-width: 40rem) { summary { grid-template-columns: 1fr; gap: .2rem; } }
</style>
</head>
<body>
<main>
<h1>Mailbox</h1>
<p>The emails of this demonstration. Without <code>--demo</code> this page does not exist.</p>
{mails}
</main>
</body>
</html>
"#;
