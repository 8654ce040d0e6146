//! Limits, and what is said when they are reached or when nobody is there.

use super::exchange::Ask;
use super::gateways::BURST;
use super::{Gateways, alike};

const LARGEST: usize = 11 << 20;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_body_that_is_too_large_is_refused() {
    let gateways = Gateways::start().await;
    let announced = |path: &str, length: usize| Ask::new("POST", path).with(format!("Content-Length: {length}"));
    let chunk = |size: usize| [format!("{size:x}\r\n").as_bytes(), &vec![b'x'; size], b"\r\n"].concat();
    let chunked = Ask::new("POST", "/api/v1/images").with("Transfer-Encoding: chunked");
    alike(
        &gateways,
        [
            (413, announced("/api/v1/images", LARGEST + 1)),
            (413, announced("/page", LARGEST + 1)),
            (413, announced("/api/v1/nothing", LARGEST + 1)),
            (413, announced("/api/v1/cart", LARGEST + 1).with("Origin: http://evil.test")),
            (413, chunked.clone().followed_by([chunk(LARGEST), chunk(1)].concat())),
            (200, announced("/api/v1/images?size=1", LARGEST).followed_by(vec![b'x'; LARGEST])),
            (200, chunked.clone().followed_by([chunk(LARGEST), b"0\r\n\r\n".to_vec()].concat())),
        ],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn who_asks_too_often_is_told_to_wait() {
    let gateways = Gateways::start().await;
    let ask = |path: &str| Ask::get(path).with("X-Forwarded-For: 203.0.113.77");
    for _ in 0..=BURST {
        alike(&gateways, [(200, ask("/api/v1/cart"))]).await;
    }
    let limited = ["/api/v1/cart", "/page", "/media/x", "/assets/x.js"].map(|path| (429, ask(path)));
    alike(&gateways, limited).await;
    let (ours, nginx) = gateways.answers(&ask("/api/v1/cart")).await;
    for answer in [ours, nginx] {
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.json().unwrap()["type"], "urn:shopstack:problem:too-many-requests");
    }
    let neighbour = Ask::get("/api/v1/cart").with("X-Forwarded-For: 203.0.113.78");
    let elsewhere = ask("/page").with("Origin: http://evil.test");
    let post = Ask::new("POST", "/page").with("X-Forwarded-For: 203.0.113.77").with("Sec-Fetch-Site: cross-site");
    // What the gateway refuses by itself is refused as before.
    alike(
        &gateways,
        [(200, neighbour), (404, ask("/api/v1/nothing")), (400, ask("/%zz")), (403, post), (429, elsewhere)],
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn this_machine_itself_and_probes_of_health_are_not_counted() {
    let gateways = Gateways::start().await;
    for _ in 0..3 * BURST {
        alike(&gateways, [(200, Ask::get("/api/v1/cart")), (200, Ask::get("/api/v1/cart").from([127, 0, 0, 2]))]).await;
        let probe = Ask::get("/health").with("X-Forwarded-For: 203.0.113.79");
        let (ours, nginx) = gateways.answers(&probe).await;
        assert_eq!((ours.status, nginx.status), (200, 200));
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_service_that_is_away_is_said_to_be() {
    let gateways = Gateways::start_without(&["shipping", "catalogue", "web"]).await;
    let away =
        ["/api/v1/shipping/countries", "/api/v1/tracking/x", "/media/x", "/api/v1/shop", "/page", "/assets/x.js"];
    let cases = away.iter().flat_map(|path| ["GET", "POST", "OPTIONS"].map(|method| (503, Ask::new(method, path))));
    alike(&gateways, cases).await;
    alike(&gateways, [(200, Ask::get("/api/v1/cart"))]).await;
    let (ours, nginx) = gateways.answers(&Ask::get("/api/v1/shipping/countries")).await;
    for answer in [ours, nginx] {
        assert_eq!(answer.header("retry-after"), Some("2"));
        assert_eq!(answer.json().unwrap()["type"], "urn:shopstack:problem:unavailable");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_service_that_hangs_up_is_as_good_as_away_and_half_an_answer_is_no_whole_one() {
    let gateways = Gateways::start().await;
    let hangs_up = ["GET", "POST", "DELETE"].map(|method| (503, Ask::new(method, "/api/v1/cart?hang-up")));
    alike(&gateways, hangs_up).await;
    let (ours, nginx) = gateways.answers(&Ask::get("/api/v1/cart?cut")).await;
    assert!(!ours.is_whole && !nginx.is_whole, "{ours:?} {nginx:?}");
}
