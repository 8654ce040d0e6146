//! An OpenTelemetry collector that keeps what it receives.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::sync::{Arc, Mutex};

/// A span as it arrived, with the name of the service from its resource.
#[derive(Debug, Clone)]
pub struct Received {
    pub service: String,
    pub span: Span,
}

impl Received {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<Value> {
        value(&self.span.attributes, name)
    }

    /// The names of all attributes, with the type of each value.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.span.attributes.iter().map(|one| {
            let kind = match one.value.as_ref().and_then(|value| value.value.as_ref()) {
                Some(Value::StringValue(_)) => "string",
                Some(Value::IntValue(_)) => "integer",
                Some(Value::BoolValue(_)) => "boolean",
                _ => "other",
            };
            (one.key.as_str(), kind)
        })
    }
}

fn value(attributes: &[KeyValue], name: &str) -> Option<Value> {
    attributes.iter().find(|one| one.key == name).and_then(|one| one.value.clone()).and_then(|value| value.value)
}

/// Received spans, in the order of their arrival.
#[derive(Clone, Default)]
pub struct Collector(Arc<Mutex<Vec<Received>>>);

impl Collector {
    /// Starts a collector, and returns it with its URL.
    pub async fn start() -> (Self, String) {
        let collector = Self::default();
        let router = Router::new().route("/v1/traces", post(receive)).with_state(collector.clone());
        (collector, serve(router).await)
    }

    /// Starts a collector that never responds, and returns its URL.
    pub async fn start_hanging() -> String {
        serve(Router::new().route("/v1/traces", post(std::future::pending::<StatusCode>))).await
    }

    /// The spans that arrived so far.
    pub fn received(&self) -> Vec<Received> {
        self.0.lock().expect("the spans").clone()
    }
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let url = format!("http://{}", listener.local_addr().expect("a listener"));
    #[expect(clippy::disallowed_methods, reason = "the server ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn receive(State(collector): State<Collector>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    let mut received = collector.0.lock().expect("the spans");
    for group in request.resource_spans {
        let resource = group.resource.unwrap_or_default();
        let Some(Value::StringValue(service)) = value(&resource.attributes, "service.name") else {
            return StatusCode::BAD_REQUEST;
        };
        for scope in group.scope_spans {
            received.extend(scope.spans.into_iter().map(|span| Received { service: service.clone(), span }));
        }
    }
    StatusCode::OK
}
