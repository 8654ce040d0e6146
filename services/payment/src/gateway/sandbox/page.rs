//! What of the sandbox the browser meets: the exchange of card details for a session, and the challenge page that
//! stands for a bank's.

use super::{CardDetails, OperationState, Sandbox, SandboxSession};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use chassis::http::{Json, Path};
use chassis::{Problem, problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The sandbox's routes.
pub fn routes(sandbox: Sandbox) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(session))
        .routes(routes!(challenge))
        .routes(routes!(approve))
        .routes(routes!(deny))
        .with_state(sandbox)
}

/// Exchange card details for a session, in the sandbox
///
/// Stands for the hosted fields of a real gateway: with one, the browser sends card details to the gateway alone.
#[utoipa::path(post, path = "/api/v1/sandbox/sessions", tag = "payment", operation_id = "sandbox_session",
    request_body = CardDetails, responses((status = 201, body = SandboxSession), (status = 422, body = Problem)))]
async fn session(
    State(sandbox): State<Sandbox>,
    Json(card): Json<CardDetails>,
) -> Result<(StatusCode, Json<SandboxSession>), Problem> {
    Ok((StatusCode::CREATED, Json(sandbox.session(&card).await?)))
}

/// The sandbox's page for confirming a payment
#[utoipa::path(get, path = "/sandbox/challenge/{reference}", tag = "payment", operation_id = "sandbox_challenge",
    params(("reference" = String, Path)), responses((status = 200, description = "The page", content_type = "text/html")))]
async fn challenge(State(sandbox): State<Sandbox>, Path(reference): Path<String>) -> Result<Response, Problem> {
    let operation = sandbox.operation(&reference).await?.ok_or_else(unknown)?;
    if operation.state != OperationState::Challenged {
        return Ok(Redirect::to(&operation.return_path).into_response());
    }
    // The reference was found in the books, so it is one of ours: letters, digits and a hyphen.
    let page = PAGE.replace("{reference}", &operation.reference).replace("{amount}", &operation.amount.to_string());
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(page)).into_response())
}

/// Confirm a payment on the sandbox's page
#[utoipa::path(post, path = "/sandbox/challenge/{reference}/approve", tag = "payment", operation_id = "sandbox_approve",
    params(("reference" = String, Path)), responses((status = 303, description = "Back to the shop")))]
async fn approve(State(sandbox): State<Sandbox>, Path(reference): Path<String>) -> Result<Redirect, Problem> {
    decide(&sandbox, &reference, true).await
}

/// Deny a payment on the sandbox's page
#[utoipa::path(post, path = "/sandbox/challenge/{reference}/deny", tag = "payment", operation_id = "sandbox_deny",
    params(("reference" = String, Path)), responses((status = 303, description = "Back to the shop")))]
async fn deny(State(sandbox): State<Sandbox>, Path(reference): Path<String>) -> Result<Redirect, Problem> {
    decide(&sandbox, &reference, false).await
}

async fn decide(sandbox: &Sandbox, reference: &str, approved: bool) -> Result<Redirect, Problem> {
    let operation = sandbox.decide(reference, approved).await?.ok_or_else(unknown)?;
    Ok(Redirect::to(&operation.return_path))
}

fn unknown() -> Problem {
    problem::NOT_FOUND.detail("The sandbox knows no such payment.")
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Confirm your payment - Sandbox Bank</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#eef1f5, #14181d); color: light-dark(#1b2430, #e8edf3); }
  main { width: min(24rem, 100vw - 3rem); padding: 2rem; border-radius: 1rem; background: light-dark(#fff, #1e242c); box-shadow: 0 1rem 3rem #0003; }
  h1 { font-size: 1.35rem; margin: 0 0 .5rem; }
  form { display: inline-block; margin: 1rem .5rem 0 0; }
  button { font: inherit; font-weight: 600; padding: .7rem 1.2rem; border-radius: .6rem; border: 1px solid light-dark(#8a97a6, #5d6a78); background: transparent; color: inherit; cursor: pointer; }
  button.confirm { background: #1d6b4f; border-color: #1d6b4f; color: #fff; }
  button:focus-visible { outline: 3px solid #4b9fff; outline-offset: 2px; }
</style>
</head>
<body>
<main>
  <h1>Is this you?</h1>
  <p>A shop asks you to pay <strong>{amount}</strong>. This page stands for your bank's: no money moves.</p>
  <form method="post" action="/sandbox/challenge/{reference}/approve"><button class="confirm">Confirm payment</button></form>
  <form method="post" action="/sandbox/challenge/{reference}/deny"><button>Deny</button></form>
</main>
</body>
</html>
"#;
