//! Size and rate limits, and unavailable services.

use super::edges::BURST;
use super::exchange::RawRequest;
use super::{Edges, assert_same_responses};

const MAX_BODY_BYTES: usize = 11 << 20;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_body_that_is_too_large_is_refused() {
    let edges = Edges::start().await;
    let announced = |path: &str, length: usize| RawRequest::new("POST", path).with(format!("Content-Length: {length}"));
    let chunk = |size: usize| [format!("{size:x}\r\n").as_bytes(), &vec![b'x'; size], b"\r\n"].concat();
    let chunked = RawRequest::new("POST", "/api/v1/images").with("Transfer-Encoding: chunked");
    assert_same_responses(
        &edges,
        [
            (413, announced("/api/v1/images", MAX_BODY_BYTES + 1)),
            (413, announced("/page", MAX_BODY_BYTES + 1)),
            (413, announced("/api/v1/nothing", MAX_BODY_BYTES + 1)),
            (413, announced("/api/v1/cart", MAX_BODY_BYTES + 1).with("Origin: http://evil.test")),
            (413, chunked.clone().followed_by([chunk(MAX_BODY_BYTES), chunk(1)].concat())),
            (200, announced("/api/v1/images?size=1", MAX_BODY_BYTES).followed_by(vec![b'x'; MAX_BODY_BYTES])),
            (200, chunked.clone().followed_by([chunk(MAX_BODY_BYTES), b"0\r\n\r\n".to_vec()].concat())),
        ],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn too_many_requests_are_refused_with_retry_after() {
    let edges = Edges::start().await;
    let ask = |path: &str| RawRequest::get(path).with("X-Forwarded-For: 203.0.113.77");
    for _ in 0..=BURST {
        assert_same_responses(&edges, [(200, ask("/api/v1/cart"))]).await;
    }
    let limited = ["/api/v1/cart", "/page", "/media/x", "/assets/x.js"].map(|path| (429, ask(path)));
    assert_same_responses(&edges, limited).await;
    let (ours, nginx) = edges.responses(&ask("/api/v1/cart")).await;
    for response in [ours, nginx] {
        assert_eq!(response.header("retry-after"), Some("1"));
        assert_eq!(response.json().unwrap()["type"], "urn:shopstack:problem:too-many-requests");
    }
    let neighbour = RawRequest::get("/api/v1/cart").with("X-Forwarded-For: 203.0.113.78");
    let external_url = ask("/page").with("Origin: http://evil.test");
    let post =
        RawRequest::new("POST", "/page").with("X-Forwarded-For: 203.0.113.77").with("Sec-Fetch-Site: cross-site");
    // Requests that the edge refuses by itself are not rate limited.
    assert_same_responses(
        &edges,
        [(200, neighbour), (404, ask("/api/v1/nothing")), (400, ask("/%zz")), (403, post), (429, external_url)],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn loopback_and_health_checks_are_not_rate_limited() {
    let edges = Edges::start().await;
    for _ in 0..3 * BURST {
        assert_same_responses(
            &edges,
            [(200, RawRequest::get("/api/v1/cart")), (200, RawRequest::get("/api/v1/cart").from([127, 0, 0, 2]))],
        )
        .await;
        let probe = RawRequest::get("/health").with("X-Forwarded-For: 203.0.113.79");
        let (ours, nginx) = edges.responses(&probe).await;
        assert_eq!((ours.status, nginx.status), (200, 200));
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_unavailable_service_is_reported() {
    let edges = Edges::start_without(&["shipping", "catalogue", "web"]).await;
    let unavailable =
        ["/api/v1/shipping/countries", "/api/v1/tracking/x", "/media/x", "/api/v1/shop", "/page", "/assets/x.js"];
    let cases = unavailable
        .iter()
        .flat_map(|path| ["GET", "POST", "OPTIONS"].map(|method| (503, RawRequest::new(method, path))));
    assert_same_responses(&edges, cases).await;
    assert_same_responses(&edges, [(200, RawRequest::get("/api/v1/cart"))]).await;
    let (ours, nginx) = edges.responses(&RawRequest::get("/api/v1/shipping/countries")).await;
    for response in [ours, nginx] {
        assert_eq!(response.header("retry-after"), Some("2"));
        assert_eq!(response.json().unwrap()["type"], "urn:shopstack:problem:unavailable");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_service_that_disconnects_is_unavailable_and_a_cut_response_stays_incomplete() {
    let edges = Edges::start().await;
    let hangs_up = ["GET", "POST", "DELETE"].map(|method| (503, RawRequest::new(method, "/api/v1/cart?hang-up")));
    assert_same_responses(&edges, hangs_up).await;
    let (ours, nginx) = edges.responses(&RawRequest::get("/api/v1/cart?cut")).await;
    assert!(!ours.is_whole && !nginx.is_whole, "{ours:?} {nginx:?}");
}
