//! The responses of services on their way to the client.

use super::exchange::RawRequest;
use super::{Edges, assert_same_responses};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn every_response_has_security_headers() {
    let edges = Edges::start().await;
    let statuses = [
        200, 201, 202, 204, 301, 302, 303, 304, 307, 400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 429, 500, 501,
        502, 503, 504,
    ];
    for service in ["/api/v1/cart", "/api/v1/orders", "/page", "/media/x", "/assets/none.js"] {
        let cases = statuses.map(|status| (status, RawRequest::get(&format!("{service}?status={status}"))));
        assert_same_responses(&edges, cases).await;
    }
    let asks = [
        RawRequest::get("/page"),
        RawRequest::get("/api/v1/nothing"),
        RawRequest::get("/api/v1/cart?status=500"),
        RawRequest::get("/%zz"),
        RawRequest::new("POST", "/").with("Sec-Fetch-Site: cross-site"),
        RawRequest::get("/health"),
    ];
    for ask in asks {
        let (ours, nginx) = edges.responses(&ask).await;
        for response in [ours, nginx] {
            let value = |name: &str| response.header(name).unwrap_or_default().to_owned();
            assert!(value("content-security-policy").contains("frame-ancestors 'none'"), "{}", ask.summary());
            assert_eq!(value("x-content-type-options"), "nosniff", "{}", ask.summary());
            assert_eq!(value("x-frame-options"), "DENY", "{}", ask.summary());
        }
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn services_set_their_headers_and_the_edge_adds_the_rest() {
    let edges = Edges::start().await;
    let headers = [
        "Content-Security-Policy:default-src",
        "X-Content-Type-Options:other",
        "Referrer-Policy:unsafe-url",
        "X-Frame-Options:SAMEORIGIN",
        "Permissions-Policy:camera=*",
        "Cross-Origin-Opener-Policy:unsafe-none",
        "X-Request-Id:12345678-other",
        "Cache-Control:no-store",
        "Cache-Control:no-cache",
        "Cache-Control:public,max-age=3600",
        "ETag:W/'x'",
        "ETag:'strong'",
        "Location:/elsewhere",
        "Location:http://shop.test/elsewhere",
        "Set-Cookie:a=1",
        "Set-Cookie:a=1;Path=/&header=Set-Cookie:b=2",
        "Retry-After:17",
        "WWW-Authenticate:Bearer",
        "Vary:cookie",
        "Link:/x;rel=preload",
        "Last-Modified:Mon,23Nov2026",
        "Content-Encoding:br",
    ];
    for (path, header) in
        ["/api/v1/cart", "/page"].iter().flat_map(|path| headers.iter().map(move |header| (path, header)))
    {
        for status in [200, 404, 429, 503] {
            assert_same_responses(
                &edges,
                [(status, RawRequest::get(&format!("{path}?status={status}&header={header}")))],
            )
            .await;
        }
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn the_same_responses_are_compressed_for_the_same_clients() {
    let edges = Edges::start().await;
    let kinds = [
        "text/html",
        "text/html;charset=utf-8",
        "application/json",
        "application/problem+json",
        "text/css",
        "text/javascript",
        "application/javascript",
        "image/svg+xml",
        "application/xml",
        "text/plain",
        "image/png",
        "image/webp",
        "font/woff2",
        "text/event-stream",
        "application/octet-stream",
        "application/grpc",
        "text/csv",
    ];
    let mut cases = Vec::new();
    for (kind, size) in kinds.iter().flat_map(|kind| [0, 100, 1023, 1024, 5000].map(|size| (kind, size))) {
        let path = format!("/api/v1/cart?type={kind}&size={size}");
        cases.push((200, RawRequest::get(&path).with("Accept-Encoding: gzip")));
        cases.push((200, RawRequest::get(&path)));
    }
    for accepted in [
        "gzip, deflate, br",
        "br",
        "br;q=1.0, gzip;q=0.5",
        "gzip;q=0",
        "gzip;q=0.001",
        "*",
        "identity",
        "identity;q=0",
        "GZIP",
        "deflate",
    ] {
        cases.push((200, RawRequest::get("/api/v1/cart?size=5000").with(format!("Accept-Encoding: {accepted}"))));
    }
    let gzip = |path: &str| RawRequest::get(path).with("Accept-Encoding: gzip");
    for status in [200, 201, 202, 206, 400, 403, 404, 422, 500, 503] {
        cases.push((status, gzip(&format!("/api/v1/cart?size=5000&status={status}"))));
    }
    cases.push((200, gzip("/api/v1/cart?size=10&chunked")));
    cases.push((200, gzip("/api/v1/cart?size=5000&chunked")));
    cases.push((200, gzip("/api/v1/cart?size=5000&header=ETag:'strong'")));
    cases.push((200, gzip("/api/v1/cart?size=5000&header=ETag:W/'weak'")));
    cases.push((200, gzip("/api/v1/cart?size=10&header=ETag:'strong'")));
    cases.push((200, gzip("/api/v1/cart?size=5000&type=image/png&header=Content-Encoding:br&header=ETag:'strong'")));
    cases.push((200, gzip("/api/v1/cart?size=5000&header=Vary:cookie")));
    cases.push((200, RawRequest::raw(b"GET /api/v1/cart?size=5000 HTTP/1.0").with("Accept-Encoding: gzip")));
    assert_same_responses(&edges, cases).await;
    let (ours, nginx) = edges.responses(&gzip("/api/v1/cart?size=5000")).await;
    assert!([ours, nginx].iter().all(|response| response.header("content-encoding") == Some("gzip")));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn head_returns_only_headers() {
    let edges = Edges::start().await;
    let paths = [
        "/api/v1/cart",
        "/api/v1/cart?size=5000",
        "/page?size=100",
        "/media/x?size=9&header=Cache-Control:public,max-age=60",
        "/media/x?size=9",
    ];
    let asks = paths
        .iter()
        .flat_map(|path| [RawRequest::new("HEAD", path), RawRequest::new("HEAD", path).with("Accept-Encoding: br")]);
    for ask in asks {
        let (ours, nginx) = edges.responses(&ask).await;
        for response in [&ours, &nginx] {
            assert_eq!((response.status, response.body.len()), (200, 0), "{}", ask.summary());
            assert_eq!(response.header("x-frame-options"), Some("DENY"));
        }
        for header in ["content-type", "content-length", "cache-control", "content-encoding"] {
            assert_eq!(ours.header(header), nginx.header(header), "{header} of {}", ask.summary());
        }
    }
    let (ours, nginx) = edges.responses(&RawRequest::new("HEAD", "/api/v1/nothing")).await;
    assert_eq!((ours.status, nginx.status), (404, 404));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_cacheable_image_is_requested_once() {
    let edges = Edges::start().await;
    let kept = RawRequest::get(
        "/media/kept.webp?type=image/webp&size=2000&header=Cache-Control:public,max-age=60&header=ETag:'k'",
    );
    assert_same_responses(&edges, [(200, kept.clone()), (200, kept)]).await;
    let ask = |id: &str| {
        RawRequest::get("/media/echo?header=Cache-Control:public,max-age=60").with(format!("X-Request-Id: {id}"))
    };
    let fresh = |id: &str| RawRequest::get("/media/fresh").with(format!("X-Request-Id: {id}"));
    let received =
        async |ask: RawRequest| ask.response(edges.nginx).await.json().unwrap()["headers"]["x-request-id"][0].clone();
    assert_eq!(
        (received(ask("first-request")).await, received(ask("second-request")).await),
        ("first-request".into(), "first-request".into())
    );
    assert_eq!(
        (received(fresh("first-request")).await, received(fresh("second-request")).await),
        ("first-request".into(), "second-request".into())
    );
}
