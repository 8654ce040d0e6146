//! Health, live timelines, and the storefront's files.

use super::exchange::{RawRequest, Response};
use super::{COMPARED, Edges, assert_same_responses};
use crate::harness::Shop;
use std::net::ToSocketAddrs;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn both_report_health() {
    let edges = Edges::start().await;
    for path in ["/health", "/health?x=1", "/x/../health", "/%68ealth"] {
        let (ours, nginx) = edges.responses(&RawRequest::get(path)).await;
        for response in [&ours, &nginx] {
            let text = response.json().unwrap();
            assert_eq!((response.status, &text["status"]), (200, &"ok".into()), "{path}");
            assert!(text["version"].is_string());
            assert_eq!(response.all("cache-control"), ["no-store"]);
        }
        // Ours reports all services of the process, nginx only web; nothing else differs.
        for header in COMPARED.iter().filter(|header| **header != "x-request-id") {
            assert_eq!(ours.all(header), nginx.all(header), "{header}");
        }
    }
    assert_same_responses(&edges, [(200, RawRequest::get("/health/")), (200, RawRequest::get("/healthy"))]).await;
    let head = RawRequest::new("HEAD", "/health");
    let (ours, nginx) = edges.responses(&head).await;
    assert_eq!((ours.status, nginx.status, ours.body.len() + nginx.body.len()), (200, 200, 0));
    let written = ["POST", "DELETE", "OPTIONS"].map(|method| (405, RawRequest::new(method, "/health")));
    assert_same_responses(&edges, written).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_event_stream_is_not_buffered() {
    let edges = Edges::start().await;
    let ask = RawRequest::get("/api/v1/orders/x/timeline?live")
        .with("Accept-Encoding: gzip")
        .with("Accept: text/event-stream");
    for gateway in [edges.ours, edges.nginx] {
        let response = ask.answer_until("data: 3", gateway).await;
        assert_eq!(
            (response.header("content-type"), response.header("content-encoding")),
            (Some("text/event-stream"), None)
        );
        assert_eq!((response.header("cache-control"), response.is_whole), (Some("no-cache"), false));
    }
}

/// The files that the home page references.
fn assets(page: &Response) -> Vec<String> {
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let names = text.split('"').filter(|part| part.starts_with("/assets/"));
    names.map(str::to_owned).collect()
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn nginx_serves_the_storefront_files_as_web_does() {
    let edges = Edges::start().await;
    let shop = Shop::shared().await;
    let at = shop.base_url().trim_start_matches("http://").to_socket_addrs().unwrap().next().unwrap();
    let page = RawRequest::get("/").response(at).await;
    // A program built without Node.js has none.
    for path in assets(&page) {
        for (method, accepted) in ["GET", "HEAD"]
            .iter()
            .flat_map(|method| ["", "gzip", "br, gzip", "br;q=0, gzip"].map(|accepted| (method, accepted)))
        {
            let ask = RawRequest::new(method, &path).with(format!("Accept-Encoding: {accepted}"));
            let (web, nginx) = (ask.response(at).await, ask.response(edges.nginx).await);
            assert_eq!((web.status, nginx.status), (200, 200), "{}", ask.summary());
            assert!(web.body == nginx.body, "{}", ask.summary());
            for header in COMPARED.iter().filter(|header| !["etag", "last-modified", "x-request-id"].contains(header)) {
                assert_eq!(web.all(header), nginx.all(header), "{header} of {}", ask.summary());
            }
            assert_eq!((web.header("vary"), nginx.header("vary")), (Some("accept-encoding"), Some("accept-encoding")));
            let known = ask.with(format!("If-None-Match: {}", nginx.header("etag").unwrap()));
            assert_eq!(known.response(edges.nginx).await.status, 304);
        }
        // Other methods are forwarded to web, which decides about them.
        assert_same_responses(&edges, [(200, RawRequest::new("POST", &path))]).await;
    }
    assert_same_responses(
        &edges,
        ["/assets/", "/assets/none.js", "/br/assets/x.js", "/assets/../page"].map(|path| (200, RawRequest::get(path))),
    )
    .await;
}
