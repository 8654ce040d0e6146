//! The gateway of a shop in one process: the same table of routes, headers, limits and refusals that nginx serves in
//! front of eight (`deploy/nginx`). `shopstack/tests/it/parity` holds both to it.

mod address;
mod answer;
mod client;
mod compression;
mod rate;

pub use client::TrustedProxy;
pub use rate::Rate;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use chassis::config::{Environment, Variable};
use chassis::health::{Health, Status};
use chassis::transport::Transport;
use chassis::{Problem, ProblemKind, SystemContext, problem};
use client::Client;
use contracts::routes::service_for;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rate::Counter;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::Service;
use tower_http::csrf::CsrfLayer;

/// The request comes from another site's page.
const CROSS_SITE: ProblemKind =
    ProblemKind::new(StatusCode::FORBIDDEN, "cross-site-request", "Request from another site");

const RATE_LIMIT: Variable = Variable {
    name: "GATEWAY_RATE_LIMIT",
    default: "100r/s",
    help: "how often one address may ask, such as 100r/s or 600r/m; this machine itself is not counted",
};
const RATE_BURST: Variable = Variable {
    name: "GATEWAY_RATE_BURST",
    default: "1000",
    help: "how many requests more one address may make at once after a quiet time",
};
const TRUSTED_PROXY: Variable = Variable {
    name: "GATEWAY_TRUSTED_PROXY",
    default: "",
    help: "the proxy in front, an address or a network such as 10.0.0.0/8: its X-Forwarded-For is believed",
};

/// The variables the gateway reads.
pub const VARIABLES: &[Variable] = &[RATE_LIMIT, RATE_BURST, TRUSTED_PROXY];

/// How the gateway treats those who ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewaySettings {
    /// How often one address may ask.
    pub rate: Rate,
    /// How much more at once.
    pub burst: u32,
    /// Who may say on whose behalf they ask.
    pub trusted_proxy: Option<TrustedProxy>,
}

impl GatewaySettings {
    /// The settings in `environment`; `None` when something is wrong with them, which it then knows.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let (rate, burst) = (environment.parse(&RATE_LIMIT), environment.parse(&RATE_BURST));
        let trusted_proxy = environment.parse(&TRUSTED_PROXY);
        Some(Self { rate: rate?, burst: burst?, trusted_proxy })
    }
}

/// Where everything is.
#[derive(Clone)]
pub struct Houses {
    /// The ways to the services, by name; `web` answers what no route names.
    pub services: HashMap<&'static str, Transport>,
    /// The health of each service.
    pub health: Vec<(&'static str, Health)>,
}

struct Gateway {
    houses: Houses,
    counter: Counter,
    trusted_proxy: Option<TrustedProxy>,
}

/// The service that is asked.
#[derive(Clone, Copy)]
struct Asked(&'static str);

/// The gateway.
pub fn gateway(houses: Houses, settings: GatewaySettings, system: SystemContext) -> Router {
    let GatewaySettings { rate, burst, trusted_proxy } = settings;
    let gateway = Arc::new(Gateway { houses, counter: Counter::new(rate, burst), trusted_proxy });
    let inner = Router::new()
        .fallback(forward)
        .with_state(Arc::clone(&gateway))
        .layer(
            CsrfLayer::new()
                .with_insecure_bypass(|method, uri| leads_back(method, uri.path()))
                .with_rejection_response(|_| {
                    CROSS_SITE.detail("Changes are only taken from this shop's own pages.").into_response()
                }),
        )
        .layer(from_fn_with_state(gateway, admit));
    compression::around(inner).layer(from_fn_with_state(system, answer::carry))
}

/// Whether this is where a bank's page posts when it sends a customer back: it changes nothing, and believes nothing.
fn leads_back(method: &Method, path: &str) -> bool {
    let payment = path.strip_prefix("/api/v1/payments/").and_then(|rest| rest.strip_suffix("/return"));
    *method == Method::POST && payment.is_some_and(|payment| !payment.is_empty() && !payment.contains('/'))
}

/// Reads what is asked for, and of whom; refuses what nobody here answers.
async fn admit(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    let (is_health, is_internal) = match address::read(&request) {
        Ok(path) => (*path == *b"/health", is_internal(&path)),
        Err(refusal) => return refusal.into_response(),
    };
    client::tell(&mut request, gateway.trusted_proxy);
    if is_health {
        return match *request.method() {
            Method::GET | Method::HEAD => health(&gateway.houses).await,
            _ => address::wrong_method().into_response(),
        };
    }
    let path = request.uri().path();
    let of_the_api = path == "/api/v1" || path.starts_with("/api/v1/");
    let asked = match service_for(path) {
        _ if is_internal || path.starts_with("/internal") => None,
        None if !of_the_api => Some("web"),
        found => found,
    };
    let Some(asked) = asked else {
        return problem::NOT_FOUND.detail("There is nothing at this address.").into_response();
    };
    request.extensions_mut().insert(Asked(asked));
    next.run(request).await
}

/// Whether this is what services ask each other, however it is written.
fn is_internal(path: &[u8]) -> bool {
    let rest = path.iter().position(|byte| *byte != b'/').map_or(path, |start| &path[start..]);
    rest.get(..b"internal".len()).is_some_and(|start| start.eq_ignore_ascii_case(b"internal"))
}

async fn forward(State(gateway): State<Arc<Gateway>>, mut request: Request) -> Response {
    let client = request.extensions_mut().remove().and_then(|Client(address)| address);
    if client.is_some_and(|client| !gateway.counter.admits(client)) {
        return problem::TOO_MANY.detail("Too many requests from this address. Wait a second.").into_response();
    }
    let service = request.extensions_mut().remove().map_or("web", |Asked(service)| service);
    let Some(transport) = gateway.houses.services.get(service) else {
        return problem::UNAVAILABLE.detail(format!("The service {service} is not running.")).into_response();
    };
    let (request, too_large) = bounded(request);
    let answer = transport.clone().call(request).await;
    if too_large.load(Ordering::Relaxed) {
        return address::too_large().into_response();
    }
    answer.unwrap_or_else(|error| {
        tracing::warn!(service, %error, "no answer");
        away().into_response()
    })
}

fn away() -> Problem {
    problem::UNAVAILABLE.detail("A part of the shop is away for the moment. Try again shortly.")
}

/// The request with a body that ends when it becomes too large, and what then says so. An announced length was looked
/// at before.
fn bounded(request: Request) -> (Request, Arc<AtomicBool>) {
    let too_large = Arc::new(AtomicBool::new(false));
    if request.body().size_hint().exact().is_some() {
        return (request, too_large);
    }
    let seen = Arc::clone(&too_large);
    let request = request.map(|body| {
        Body::new(Limited::new(body, address::LARGEST_BODY).map_err(move |error| {
            seen.store(error.is::<LengthLimitError>(), Ordering::Relaxed);
            error
        }))
    });
    (request, too_large)
}

async fn health(houses: &Houses) -> Response {
    let reports = futures::future::join_all(houses.health.iter().map(|(_, health)| health.report())).await;
    // The shop as a whole is degraded while any part of it is not well, and down when none can work.
    let down = reports.iter().all(|report| report.status == Status::Down);
    let worst = reports.iter().map(|report| report.status).max().unwrap_or(Status::Ok);
    let status = match worst {
        Status::Down if !down => Status::Degraded,
        other => other,
    };
    let services: HashMap<&str, &Status> =
        reports.iter().map(|report| (report.service.as_str(), &report.status)).collect();
    let code = if down && !reports.is_empty() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = json!({ "status": status, "version": env!("CARGO_PKG_VERSION"), "services": services });
    (code, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}
