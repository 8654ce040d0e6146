//! Fake services behind both edges. They echo the request, or respond as its query demands.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use chassis::health::Health;
use futures::StreamExt;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::time::Duration;

/// A fake service. The query may contain `status=`, `header=Name:value` (several, with ' for "), `type=` and
/// `size=` of the body, `chunked`, `live` for server-sent events, `cut` for an incomplete body, `hang-up` for no
/// response at all.
pub fn fake_service(service: &'static str) -> Router {
    let health = Health::new(service);
    Router::new()
        .route("/health", axum::routing::get(move || async move { health.report().await }))
        .fallback(move |request: Request| response(service, request))
}

async fn response(service: &'static str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let parameter = |wanted: &str| {
        let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned()).collect::<Vec<_>>()
    };
    if !parameter("hang-up").is_empty() {
        // Ends the handler as a panic does, without a message in the test's output.
        std::panic::resume_unwind(Box::new(()));
    }
    if !parameter("live").is_empty() {
        return live();
    }
    let mut response = if !parameter("cut").is_empty() {
        cut_off()
    } else if let Some(size) = parameter("size").first() {
        let text = "All work and no play makes Jack a dull boy. ".repeat(size.parse::<usize>().unwrap() / 44 + 1);
        sized(text[..size.parse().unwrap()].to_owned(), !parameter("chunked").is_empty())
    } else {
        axum::Json(echo(service, &parts, &body)).into_response()
    };
    if let Some(status) = parameter("status").first() {
        *response.status_mut() = status.parse().unwrap();
    }
    if let Some(kind) = parameter("type").first() {
        response.headers_mut().insert("content-type", kind.parse().unwrap());
    }
    for header in parameter("header") {
        let (name, value) = header.split_once(':').unwrap();
        let value = value.replace('\'', "\"");
        response.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
    }
    if matches!(response.status(), StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT) {
        *response.body_mut() = Body::empty();
    }
    response
}

/// The request as the service received it.
fn echo(service: &str, parts: &axum::http::request::Parts, body: &Bytes) -> Value {
    let mut headers = Map::new();
    for name in parts.headers.keys() {
        let values = parts.headers.get_all(name).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        headers.insert(name.as_str().to_owned(), json!(values));
    }
    json!({
        "service": service,
        "method": parts.method.as_str(),
        "target": parts.uri.path_and_query().map(|target| target.as_str().to_owned()),
        "headers": headers,
        "body": String::from_utf8_lossy(body),
    })
}

fn sized(text: String, is_chunked: bool) -> Response {
    let kind = [("content-type", "text/plain")];
    if !is_chunked {
        return (kind, text).into_response();
    }
    let chunks = futures::stream::iter([Ok::<_, Infallible>(Bytes::from(text))]);
    (kind, Body::from_stream(chunks)).into_response()
}

fn live() -> Response {
    let pace = Duration::from_millis(20);
    let events = futures::stream::unfold(1, move |number| async move {
        tokio::time::sleep(pace).await;
        Some((Ok::<_, Infallible>(Event::default().data(number.to_string())), number + 1))
    });
    // Only three events, so that a proxy that buffers them never sends any.
    Sse::new(events.take(3).chain(futures::stream::pending())).into_response()
}

fn cut_off() -> Response {
    let beginning = futures::stream::iter([Ok(Bytes::from("the beginning"))]);
    let end = futures::stream::once(async {
        // Yields once, so that the beginning is sent before the error.
        tokio::task::yield_now().await;
        Err("and no end")
    });
    Body::from_stream(beginning.chain(end)).into_response()
}
