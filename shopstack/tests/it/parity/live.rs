//! Health, live timelines, and the storefront's files.

use super::exchange::{Answer, Ask};
use super::{COMPARED, Gateways, alike};
use crate::harness::Shop;
use std::net::ToSocketAddrs;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn health_is_told_by_both() {
    let gateways = Gateways::start().await;
    for path in ["/health", "/health?x=1", "/x/../health", "/%68ealth"] {
        let (ours, nginx) = gateways.answers(&Ask::get(path)).await;
        for answer in [&ours, &nginx] {
            let told = answer.json().unwrap();
            assert_eq!((answer.status, &told["status"]), (200, &"ok".into()), "{path}");
            assert!(told["version"].is_string());
            assert_eq!(answer.all("cache-control"), ["no-store"]);
        }
        // One speaks for all services in this process, the other for web: nothing else differs.
        for header in COMPARED.iter().filter(|header| **header != "x-request-id") {
            assert_eq!(ours.all(header), nginx.all(header), "{header}");
        }
    }
    alike(&gateways, [(200, Ask::get("/health/")), (200, Ask::get("/healthy"))]).await;
    let head = Ask::new("HEAD", "/health");
    let (ours, nginx) = gateways.answers(&head).await;
    assert_eq!((ours.status, nginx.status, ours.body.len() + nginx.body.len()), (200, 200, 0));
    let written = ["POST", "DELETE", "OPTIONS"].map(|method| (405, Ask::new(method, "/health")));
    alike(&gateways, written).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_live_timeline_goes_out_as_it_comes_in() {
    let gateways = Gateways::start().await;
    let ask =
        Ask::get("/api/v1/orders/x/timeline?live").with("Accept-Encoding: gzip").with("Accept: text/event-stream");
    for gateway in [gateways.ours, gateways.nginx] {
        let answer = ask.answer_until("data: 3", gateway).await;
        assert_eq!(
            (answer.header("content-type"), answer.header("content-encoding")),
            (Some("text/event-stream"), None)
        );
        assert_eq!((answer.header("cache-control"), answer.is_whole), (Some("no-cache"), false));
    }
}

/// The files that the first page of the shop names.
fn assets(page: &Answer) -> Vec<String> {
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let names = text.split('"').filter(|part| part.starts_with("/assets/"));
    names.map(str::to_owned).collect()
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn the_storefronts_files_come_from_nginx_as_they_come_from_web() {
    let gateways = Gateways::start().await;
    let shop = Shop::shared().await;
    let at = shop.base_url().trim_start_matches("http://").to_socket_addrs().unwrap().next().unwrap();
    let page = Ask::get("/").answer(at).await;
    // Without Node the program was built without them.
    for path in assets(&page) {
        for (method, accepted) in ["GET", "HEAD"]
            .iter()
            .flat_map(|method| ["", "gzip", "br, gzip", "br;q=0, gzip"].map(|accepted| (method, accepted)))
        {
            let ask = Ask::new(method, &path).with(format!("Accept-Encoding: {accepted}"));
            let (web, nginx) = (ask.answer(at).await, ask.answer(gateways.nginx).await);
            assert_eq!((web.status, nginx.status), (200, 200), "{}", ask.shown());
            assert!(web.body == nginx.body, "{}", ask.shown());
            for header in COMPARED.iter().filter(|header| !["etag", "last-modified", "x-request-id"].contains(header)) {
                assert_eq!(web.all(header), nginx.all(header), "{header} of {}", ask.shown());
            }
            assert_eq!((web.header("vary"), nginx.header("vary")), (Some("accept-encoding"), Some("accept-encoding")));
            let known = ask.with(format!("If-None-Match: {}", nginx.header("etag").unwrap()));
            assert_eq!(known.answer(gateways.nginx).await.status, 304);
        }
        // Whoever writes is referred to web, which knows what may be done there.
        alike(&gateways, [(200, Ask::new("POST", &path))]).await;
    }
    alike(
        &gateways,
        ["/assets/", "/assets/none.js", "/br/assets/x.js", "/assets/../page"].map(|path| (200, Ask::get(path))),
    )
    .await;
}
