//! The requests that reach services, and those that are refused before.

use super::exchange::RawRequest;
use super::{Edges, TRACE, assert_same_responses};

/// The values of a header that the services behind both edges received.
async fn received(edges: &Edges, ask: &RawRequest, header: &str) -> Vec<Option<String>> {
    let (ours, nginx) = edges.responses(ask).await;
    let of = |response: &super::Response| response.json().unwrap()["headers"][header][0].as_str().map(str::to_owned);
    vec![of(&ours), of(&nginx)]
}

fn both(value: Option<&str>) -> Vec<Option<String>> {
    vec![value.map(str::to_owned); 2]
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn cross_site_requests_change_nothing() {
    let edges = Edges::start().await;
    let origins = [
        "",
        "Origin:",
        "Origin: http://shop.test",
        "Origin: https://shop.test",
        "Origin: https://evil.test",
        "Origin: null",
        "Origin: http://shop.test:8080",
        "Origin: http://shop.test.evil.test",
        "Origin: ftp://shop.test",
        "Origin: http://SHOP.test",
    ];
    let sites = [
        "",
        "Sec-Fetch-Site:",
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Site: none",
        "Sec-Fetch-Site: same-site",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: SAME-ORIGIN",
        "Sec-Fetch-Site: nonsense",
    ];
    let mut cases = Vec::new();
    for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE"] {
        for (origin, site) in origins.iter().flat_map(|origin| sites.iter().map(move |site| (origin, site))) {
            let mut ask = RawRequest::new(method, "/api/v1/cart");
            for line in [origin, site].into_iter().filter(|line| !line.is_empty()) {
                ask = ask.with(*line);
            }
            let is_safe = ["GET", "HEAD", "OPTIONS"].contains(&method);
            let own = site.ends_with(" same-origin") || site.ends_with(" none");
            let older = site.is_empty() || site.ends_with(':');
            let fits = origin.is_empty()
                || origin.ends_with(':')
                || origin.ends_with("//shop.test") && origin.contains("http");
            let allowed = is_safe || own || older && fits;
            cases.push((if allowed { 200 } else { 403 }, ask));
        }
    }
    cases.push((200, RawRequest::new("POST", "/").with("Origin: http://shop.test")));
    cases.push((403, RawRequest::new("POST", "/").with("Origin: http://evil.test")));
    cases.push((403, RawRequest::new("POST", "/media/x").with("Origin: http://evil.test")));
    cases.push((403, RawRequest::new("POST", "/assets/x.js").with("Origin: http://evil.test")));
    cases.push((404, RawRequest::new("POST", "/api/v1/nothing").with("Origin: http://evil.test")));
    assert_same_responses(&edges, cases).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn clients_cannot_send_headers_of_the_edge() {
    let edges = Edges::start().await;
    let lines = [
        "X-Service-Token: stolen",
        "x-service-token: stolen",
        "X-Real-IP: 6.6.6.6",
        "X-Forwarded-Host: evil.test",
        "X-Forwarded-Port: 1",
        "X-Forwarded-Server: evil",
        "X-Forwarded-Prefix: /evil",
        "X-Forwarded-Proto: gopher",
        "Forwarded: for=6.6.6.6",
        "X-Deadline-Ms: 1",
        "X_Service_Token: stolen",
        "X_Real_IP: 6.6.6.6",
        "Keep-Alive: timeout=5",
        "TE: trailers",
        "Upgrade: websocket",
        "X-Odd!Name: x",
        "x.dotted: x",
    ];
    let mut all = RawRequest::get("/api/v1/cart").from([127, 0, 0, 2]).with("X-Forwarded-For: 6.6.6.6");
    for line in lines {
        all = all.with(line);
        assert_same_responses(&edges, [(200, RawRequest::get("/api/v1/cart").with(line))]).await;
    }
    assert_same_responses(&edges, [(200, all.clone())]).await;
    for (header, value) in [
        ("x-service-token", None),
        ("x-deadline-ms", None),
        ("forwarded", None),
        ("x_service_token", None),
        ("x-forwarded-host", None),
        ("x-real-ip", Some("127.0.0.2")),
        ("x-forwarded-for", Some("127.0.0.2")),
        ("x-forwarded-proto", Some("http")),
        ("connection", None),
        ("upgrade", None),
    ] {
        assert_eq!(received(&edges, &all, header).await, both(value), "{header}");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn headers_that_services_need_are_forwarded() {
    let edges = Edges::start().await;
    let lines = [
        "Authorization: Bearer abc",
        "Cookie: a=1; b=2",
        "Idempotency-Key: k",
        "If-None-Match: W/\"x\"",
        "Range: bytes=0-1",
        "Accept-Language: de",
        "User-Agent: somebody",
        "X-INSTANA-SYNTHETIC: 1",
        "Accept-Encoding: br, gzip",
        "Accept-Encoding: identity;q=0",
        "tracestate: a=b",
        "Referer: http://shop.test/",
        "X-Custom: \u{e9}",
        "Content-Language: en",
        "Cache-Control: no-cache",
    ];
    assert_same_responses(&edges, lines.map(|line| (200, RawRequest::get("/api/v1/cart").with(line)))).await;
    let body = RawRequest::new("POST", "/api/v1/cart/lines")
        .with("Content-Type: application/json")
        .with_body("{\"sku\":\"x\"}");
    let chunks = RawRequest::new("POST", "/api/v1/cart/lines")
        .with("Transfer-Encoding: chunked")
        .followed_by("4\r\nbody\r\n0\r\n\r\n");
    assert_same_responses(
        &edges,
        [(200, body.clone()), (200, chunks.clone()), (200, RawRequest::new("DELETE", "/api/v1/cart").with_body("x"))],
    )
    .await;
    let (ours, nginx) = edges.responses(&chunks).await;
    assert!([ours, nginx].iter().all(|response| response.json().unwrap()["body"] == "body"));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn only_a_trusted_proxy_sets_the_client_address() {
    let edges = Edges::start().await;
    let trusted = [
        ("203.0.113.1", "203.0.113.1"),
        ("6.6.6.6, 203.0.113.2", "203.0.113.2"),
        ("203.0.113.3, 127.0.0.1", "203.0.113.3"),
        ("127.0.0.1", "127.0.0.1"),
        ("nonsense", "127.0.0.1"),
        ("6.6.6.6, nonsense", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("203.0.113.4,", "203.0.113.4"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("2001:db8::5", "2001:db8::5"),
        ("[2001:db8::6]:1", "2001:db8::6"),
    ];
    for (chain, client) in trusted {
        let ask = RawRequest::get("/api/v1/cart").with(format!("X-Forwarded-For: {chain}"));
        assert_eq!(received(&edges, &ask, "x-real-ip").await, both(Some(client)), "{chain:?}");
        assert_eq!(received(&edges, &ask, "x-forwarded-for").await, both(Some(client)), "{chain:?}");
        let anonymous = ask.from([127, 0, 0, 9]);
        assert_eq!(received(&edges, &anonymous, "x-real-ip").await, both(Some("127.0.0.9")), "{chain:?}");
    }
    let two = RawRequest::get("/api/v1/cart").with("X-Forwarded-For: 203.0.113.6").with("X-Forwarded-For: 127.0.0.1");
    assert_eq!(received(&edges, &two, "x-real-ip").await, both(Some("203.0.113.6")));
    let secure = RawRequest::get("/api/v1/cart").with("X-Forwarded-Proto: https");
    assert_eq!(received(&edges, &secure, "x-forwarded-proto").await, both(Some("https")));
    assert_eq!(received(&edges, &secure.from([127, 0, 0, 2]), "x-forwarded-proto").await, both(Some("http")));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn request_id_and_trace_are_propagated() {
    let edges = Edges::start().await;
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let traced = |path: &str| RawRequest::get(path).with(format!("traceparent: {parent}"));
    let given = ["my-request-7", "12345678", &"x".repeat(64), "a_b-c_d-0"];
    let replaced = ["short", &"x".repeat(65), "dots.are.not", "two words", "<script>alert", "a;b;c;d;e", ""];
    for path in ["/api/v1/cart", "/page", "/api/v1/nothing", "/api/v1/cart?status=500"] {
        for id in given {
            let ask = RawRequest::get(path).with(format!("X-Request-Id: {id}"));
            let (ours, nginx) = edges.responses(&ask).await;
            assert_eq!((ours.header("x-request-id"), nginx.header("x-request-id")), (Some(id), Some(id)), "{path}");
        }
        let status = match path {
            "/api/v1/nothing" => 404,
            path if path.ends_with("500") => 500,
            _ => 200,
        };
        let made = replaced.iter().map(|id| RawRequest::get(path).with(format!("X-Request-Id: {id}")));
        assert_same_responses(&edges, made.chain([RawRequest::get(path)]).map(|ask| (status, ask))).await;
        let (ours, nginx) = edges.responses(&traced(path)).await;
        let trace = Some(TRACE);
        assert_eq!((ours.header("x-request-id"), nginx.header("x-request-id")), (trace, trace), "{path}");
    }
    // nginx reads no headers of a request whose address is malformed.
    assert_same_responses(&edges, [(400, RawRequest::get("/%zz"))]).await;
    let ask = traced("/api/v1/cart").with("X-Request-Id: my-request-7");
    assert_eq!(received(&edges, &ask, "x-request-id").await, both(Some("my-request-7")));
    assert_eq!(received(&edges, &ask, "traceparent").await, both(Some(&parent)));
    let stated = ask.with("tracestate: vendor=value");
    assert_eq!(received(&edges, &stated, "tracestate").await, both(Some("vendor=value")));
    for invalid in
        ["00-xyz-1-1", &format!("ff-{TRACE}-00f067aa0ba902b7-01"), &format!("00-{TRACE}-0000000000000000-01")]
    {
        let ask =
            RawRequest::get("/api/v1/cart").with(format!("traceparent: {invalid}")).with("tracestate: vendor=value");
        for made in received(&edges, &ask, "traceparent").await {
            let made = made.expect("a trace of the edge's own");
            assert!(made.len() == 55 && made.starts_with("00-") && !made.contains(TRACE), "{invalid}: {made}");
        }
        assert_eq!(received(&edges, &ask, "tracestate").await, both(None), "{invalid}");
    }
    let odd = RawRequest::get("/api/v1/cart").with("X-Request-Id: a b");
    let ids = received(&edges, &odd, "x-request-id").await;
    assert!(ids.iter().flatten().all(|id| id.len() == 32), "{ids:?}");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn malformed_requests_are_refused() {
    let edges = Edges::start().await;
    let raw = |line: &str| RawRequest::raw(line.as_bytes());
    assert_same_responses(
        &edges,
        [
            (400, raw("GET /api/v1/cart HTTP/1.1")),
            (400, raw("GET /api/v1/cart HTTP/1.1").with("Host: a").with("Host: b")),
            (400, raw("GET /api/v1/cart HTTP/1.1").with("Host:")),
            (400, raw("GET /api/v1/cart HTTP/1.1").with("Host: a/b")),
            (400, raw("GET /api/v1/cart HTTP/1.1").with("Host: a..b")),
            (200, raw("GET /api/v1/cart HTTP/1.0")),
            (200, raw("GET /api/v1/cart HTTP/1.0").with("Host: shop.test")),
            (400, RawRequest::new("get", "/api/v1/cart")),
            (400, RawRequest::new("G1T", "/api/v1/cart")),
            (400, RawRequest::new("OPTIONS", "*")),
            (405, RawRequest::new("TRACE", "/api/v1/cart")),
            (414, RawRequest::get(&format!("/api/v1/cart?q={}", "x".repeat(9000)))),
            (200, RawRequest::get(&format!("/api/v1/cart?q={}", "x".repeat(7000)))),
            (431, RawRequest::get("/api/v1/cart").with(format!("Cookie: {}", "x".repeat(9000)))),
            (200, RawRequest::get("/api/v1/cart").with(format!("Cookie: {}", "x".repeat(7000)))),
            (431, (0..6).fold(RawRequest::get("/page"), |ask, _| ask.with(format!("X-Long: {}", "x".repeat(7000))))),
        ],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn non_http_input_is_refused_by_both() {
    let edges = Edges::start().await;
    let odd = [
        RawRequest::raw(b"nonsense"),
        RawRequest::raw(b"GET /api/v1/cart HTTP/9.9"),
        RawRequest::raw(b"GET api/v1/cart HTTP/1.1").with("Host: shop.test"),
        RawRequest::get("/api/v1/cart").with("Content-Length: many"),
        RawRequest::get("/api/v1/cart").with("Content-Length: -1"),
        RawRequest::new("POST", "/api/v1/cart").with("Content-Length: 1").with("Content-Length: 2").followed_by("ab"),
    ];
    for ask in odd {
        let (ours, nginx) = edges.responses(&ask).await;
        let refused = |status: u16| status == 400 || status == 0;
        assert!(refused(ours.status) && refused(nginx.status), "{}: {ours:?} {nginx:?}", ask.summary());
    }
}
