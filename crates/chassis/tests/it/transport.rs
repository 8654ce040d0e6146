//! The way to a service in another process.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::SystemContext;
use chassis::http::{Listener, serve};
use chassis::telemetry::metrics::Format;
use chassis::transport::remote;
use http_body_util::BodyExt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::TestEnvironment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;
use tower::Service;

/// A server on a free port, and what stops it.
async fn server(router: Router) -> (SocketAddr, CancellationToken) {
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), "--port").await.unwrap();
    let (address, stop) = (listener.address(), CancellationToken::new());
    chassis::tasks::Tasks::new().worker("server", {
        let stop = stop.clone();
        |_| async move { serve(listener, router, stop).await.unwrap() }
    });
    (address, stop)
}

fn request(method: Method, path: &str, body: &'static str) -> Request {
    Request::builder().method(method).uri(path).header("x-request-id", "one").body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn request_and_response_arrive_unchanged() {
    let echo = |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let seen = (parts.uri.to_string(), parts.headers["x-request-id"].to_str().unwrap().to_owned(), body.len());
        (StatusCode::CREATED, [("x-answer", "yes")], Json(seen))
    };
    let (address, _stop) = server(Router::new().route("/lines/{sku}", post(echo))).await;
    let mut client = remote(&format!("http://{address}/"), SystemContext::host()).unwrap();
    let answer = client.call(request(Method::POST, "/lines/A%2FB?q=%20", "hello")).await.unwrap();
    assert_eq!((answer.status(), &answer.headers()["x-answer"]), (StatusCode::CREATED, &"yes".parse().unwrap()));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(&body[..], br#"["/lines/A%2FB?q=%20","one",5]"#);
}

/// A server that closes its first connection when it has read a request, as a replica that ends may do, and answers on the
/// others. Returns its address and the number of requests that it has read.
async fn server_that_ends_once() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (address, read) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&read);
    chassis::tasks::Tasks::new().worker("server", |_| async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_buf(&mut Vec::with_capacity(4096)).await.unwrap();
            if count.fetch_add(1, Ordering::SeqCst) > 0 {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
            }
        }
    });
    (address, read)
}

#[tokio::test]
async fn a_call_that_can_be_repeated_is_sent_to_another_replica() {
    let (address, read) = server_that_ends_once().await;
    let mut client = remote(&format!("http://{address}"), SystemContext::host()).unwrap();
    let answer = client.call(request(Method::POST, "/internal/quotes", "{}")).await.unwrap();
    assert_eq!((answer.status(), read.load(Ordering::SeqCst)), (StatusCode::OK, 2));
}

#[tokio::test]
async fn a_write_of_a_customer_is_sent_once() {
    let (address, read) = server_that_ends_once().await;
    let mut client = remote(&format!("http://{address}"), SystemContext::host()).unwrap();
    client.call(request(Method::POST, "/api/v1/checkout", "{}")).await.unwrap_err();
    assert_eq!(read.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_unreachable_service_opens_the_breaker() {
    let (address, stop) = server(Router::new()).await;
    stop.cancel();
    let mut client = remote(&format!("http://{address}"), SystemContext::host()).unwrap();
    let mut message = String::new();
    for _ in 0..10 {
        message = client.call(request(Method::POST, "/", "")).await.unwrap_err().to_string();
    }
    assert!(message.contains("circuit breaker is open"), "{message}");
}

#[tokio::test]
async fn a_call_that_the_breaker_rejects_is_counted() {
    let (address, stop) = server(Router::new()).await;
    stop.cancel();
    let transport = remote(&format!("http://{address}"), SystemContext::host()).unwrap();
    let context = TestEnvironment::default().service_context("cart");
    let client = context.client("catalogue", transport);
    for _ in 0..10 {
        client.post::<()>("/", &()).await.unwrap_err();
    }
    let text = context.metrics.exposition().render(Format::Text);
    let rejected = r#"circuit_breaker_rejections_total{service="cart",server_address="catalogue"} 5"#;
    assert!(text.contains(rejected), "{text}");
}

#[tokio::test]
async fn an_error_status_is_a_response() {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let refuse = move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { StatusCode::SERVICE_UNAVAILABLE }
    };
    let (address, _stop) = server(Router::new().route("/", get(refuse))).await;
    let mut client = remote(&format!("http://{address}"), SystemContext::host()).unwrap();
    for _ in 0..10 {
        let answer = client.call(request(Method::GET, "/", "")).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(calls.load(Ordering::SeqCst), 10, "each call is sent once");
}
