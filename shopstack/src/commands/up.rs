//! `shopstack up`: the whole shop in one process.

use super::Up;
use crate::compose::{RunningShop, Stores};
use crate::demo;
use crate::settings::Settings;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chassis::config::Environment;
use chassis::health::Health;
use chassis::http::{Listener, serve};
use chassis::metrics::Metrics;
use chassis::{Service, Sources, problem, telemetry};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub(super) async fn run(up: &Up) -> Result<ExitCode, String> {
    let settings = Settings::read(up.options(), &mut Environment::of_process())?;
    telemetry::start(&settings.log, settings.log_format);
    let sources = Sources::system();
    let listener = Listener::bind(SocketAddr::new(settings.options.host, settings.options.port)).await?;
    let operations =
        Listener::bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), settings.options.operations_port)).await?;
    let base_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", listener.address()));
    let stores = Stores::open(&settings, &sources, &base_url).await?;
    let shop = RunningShop::start(stores, &settings, &sources, &base_url).await?;
    if settings.options.demo {
        demo::fill(&shop, &sources, &settings.options.data_dir).await.map_err(|problem| problem.to_string())?;
    }
    welcome(&shop, &settings, &base_url, operations.address()).await?;
    let stop = CancellationToken::new();
    let outside = serve(listener, shop.gateway.clone(), stop.clone());
    let inside = serve(operations, operations_routes(&shop.services), stop.clone());
    let both = async { tokio::try_join!(outside, inside) };
    let ending = async {
        asked_to_end().await;
        tracing::info!("shutting down: no new requests, finishing those under way");
        stop.cancel();
        // Live timelines end, so that their connections do.
        shop.shut_down().await
    };
    let (served, ended) = tokio::join!(both, ending);
    served.map_err(|error| error.to_string())?;
    Ok(if ended { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Resolves on Ctrl-C or a request to terminate.
async fn asked_to_end() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

async fn welcome(
    shop: &RunningShop,
    settings: &Settings,
    base_url: &str,
    operations: SocketAddr,
) -> Result<(), String> {
    let mut text = String::new();
    let _ = writeln!(text, "\n  The shop is open.\n");
    let _ = writeln!(
        text,
        "  Shop               {base_url}/{}",
        if web::has_storefront() { "" } else { "   (built without pages: Node was missing)" }
    );
    let _ = writeln!(text, "  API documentation  {base_url}/api/docs");
    let _ = writeln!(text, "  Operations         http://{operations}/  (health and metrics of each service)");
    let _ = writeln!(text, "  Data               {}", settings.options.data_dir.display());
    if settings.options.demo {
        let _ = writeln!(text, "  Mailbox            {base_url}/mailbox\n");
        let _ = writeln!(text, "  Demo logins");
        for (email, password, _, roles) in demo::LOGINS {
            let role = roles.last().map(|role| format!("{role:?}").to_lowercase()).unwrap_or_default();
            let _ = writeln!(text, "    {role:<9} {email:<24} {password}");
        }
        let _ = writeln!(
            text,
            "\n  Pay with any name on the card 4444 3333 2222 1111; REFUSED, LOST and CHALLENGE do what they say."
        );
    } else {
        let code = shop.accounts.issue_first_admin_code().await.map_err(|problem| problem.to_string())?;
        if let Some(code) = code {
            let _ = writeln!(text, "\n  There is no admin yet. Make one, once, with this code:");
            let _ = writeln!(
                text,
                "    curl -X POST {base_url}/api/v1/auth/first-admin -H 'content-type: application/json' \\"
            );
            let _ = writeln!(
                text,
                "      -d '{{\"code\":\"{code}\",\"email\":\"you@example.com\",\"name\":\"You\",\"password\":\"...\"}}'"
            );
        }
        if !settings.sandbox {
            let _ = writeln!(
                text,
                "\n  No payment gateway is set up: only orders of nothing can be placed. PAYMENT_GATEWAY=sandbox allows the"
            );
            let _ = writeln!(text, "  built-in one, which moves no money.");
        }
    }
    text.push('\n');
    // Whoever started the shop may have stopped reading; it opens all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

struct Watched {
    health: Health,
    metrics: Metrics,
}

type Everything = Arc<HashMap<&'static str, Watched>>;

/// Health and metrics of each service, for those who run the shop.
fn operations_routes(services: &[Service]) -> Router {
    let watched = |service: &Service| {
        (service.name, Watched { health: service.health.clone(), metrics: service.metrics.clone() })
    };
    let everything: Everything = Arc::new(services.iter().map(watched).collect());
    Router::new()
        .route("/", get(index))
        .route("/livez", get(|| async { "ok" }))
        .route("/metrics", get(all_metrics))
        .route("/{service}/{what}", get(one))
        .with_state(everything)
}

async fn index(State(everything): State<Everything>) -> String {
    let mut names: Vec<&str> = everything.keys().copied().collect();
    names.sort_unstable();
    names.iter().map(|name| format!("/{name}/health /{name}/livez /{name}/metrics\n")).collect()
}

async fn all_metrics(State(everything): State<Everything>) -> Response {
    let text: String = everything.values().map(|watched| watched.metrics.text().replace("# EOF\n", "")).collect();
    metrics_text(format!("{text}# EOF\n"))
}

async fn one(State(everything): State<Everything>, Path((service, what)): Path<(String, String)>) -> Response {
    match (everything.get(service.as_str()), what.as_str()) {
        (Some(watched), "health" | "_health") => watched.health.report().await.into_response(),
        (Some(_), "livez") => "ok".into_response(),
        (Some(watched), "metrics") => metrics_text(watched.metrics.text()),
        _ => problem::NOT_FOUND.detail("See / for what there is.").into_response(),
    }
}

fn metrics_text(text: String) -> Response {
    ([("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
