//! The routing of addresses to services.

use super::exchange::RawRequest;
use super::{Edges, assert_same_responses};
use contracts::routes::{ROUTES, service_for};

/// Addresses that match the pattern.
fn addresses(pattern: &str) -> Vec<String> {
    let rests: &[&str] =
        if pattern.ends_with('*') { &["x", "x/", "x/y%2Fz", "%E2%82%AC;v=1", "..%2Fx"] } else { &[""] };
    let stem = pattern.trim_end_matches('*').replace("{}", "a%2Fb");
    rests.iter().flat_map(|rest| ["", "?q=%20&r=a/b?c"].map(|query| format!("{stem}{rest}{query}"))).collect()
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn every_route_leads_to_its_service() {
    let edges = Edges::start().await;
    let mut cases = Vec::new();
    for route in ROUTES {
        for address in addresses(route.pattern) {
            let expected = service_for(address.split('?').next().unwrap()).unwrap();
            let (ours, nginx) = edges.responses(&RawRequest::get(&address)).await;
            for response in [ours, nginx] {
                let text = response.json().unwrap();
                assert_eq!(
                    (&text["service"], &text["target"]),
                    (&expected.into(), &address.as_str().into()),
                    "{address}"
                );
            }
            for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PURGE"] {
                cases.push((200, RawRequest::new(method, &address)));
            }
        }
    }
    assert_same_responses(&edges, cases).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn similar_paths_do_not_match_a_route() {
    let edges = Edges::start().await;
    let mut cases = Vec::new();
    for route in ROUTES {
        let stem = route.pattern.trim_end_matches('*').replace("{}", "mug");
        let bare = stem.trim_end_matches('/');
        let beside = [
            stem.clone(),
            bare.to_owned(),
            format!("{bare}/"),
            format!("{bare}//x"),
            format!("{bare}x"),
            format!("{bare}%2Fx"),
        ];
        for path in beside.into_iter().chain([bare.replacen('/', "//", 2), bare.to_uppercase(), format!("/x{bare}")]) {
            let is_page = service_for(&path).is_some() || !path.starts_with("/api/v1/");
            cases.push((if is_page { 200 } else { 404 }, RawRequest::get(&path)));
        }
    }
    assert_same_responses(&edges, cases).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn unrouted_paths_are_pages_or_not_found() {
    let edges = Edges::start().await;
    let pages =
        ["/", "/products/mug", "/api", "/api/", "/api/docs", "/api/openapi.json", "/api/v1x", "/api/v2/cart", "//"];
    let others =
        ["/Media/x", "/media", "/media/", "/sandbox", "/mailbox/", "/mailbox/x", "/.well-known/other", "/products?a"];
    let nothing = ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/cartoons", "/api/v1/shop/", "/api/v1/products/"];
    let odd = [
        "/api/v1//cart",
        "/api/v1/c%61rt",
        "/api/v1/cart//lines",
        "/api/v1/auth",
        "/api/v1/auth/",
        "/api/v1?x",
        "/api/v1/CART",
    ];
    let cases = pages.iter().chain(&others).map(|page| (200, RawRequest::get(page)));
    let refused = nothing
        .iter()
        .chain(&odd)
        .flat_map(|path| ["GET", "POST", "OPTIONS"].map(|method| (404, RawRequest::new(method, path))));
    assert_same_responses(&edges, cases.chain(refused)).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn internal_paths_are_unreachable_from_outside() {
    let edges = Edges::start().await;
    let spellings = [
        "/internal",
        "/internal/",
        "/internal/pricing",
        "/internal?x=1",
        "/internals",
        "//internal/pricing",
        "///internal",
        "/INTERNAL/pricing",
        "/%69nternal/pricing",
        "/%49nternal",
        "/%2Finternal",
        "/./internal",
        "/x/../internal/pricing",
        "/api/v1/../../internal/pricing",
        "/api/v1/products/../../../internal/x",
        "/media/..%2Finternal",
        "/%2e/internal",
        "/internal/../api/v1/shop",
        "/internal/malformed-request",
        "/internal/%2e%2e/api/v1/shop",
        "/media/%2e%2e/internal",
    ];
    assert_same_responses(
        &edges,
        spellings.iter().flat_map(|path| ["GET", "POST"].map(|method| (404, RawRequest::new(method, path)))),
    )
    .await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn dots_and_encoded_slashes_reach_the_service_unchanged() {
    let edges = Edges::start().await;
    let through = [
        "/media/../api/v1/cart",
        "/api/v1/cart/lines/..%2F..%2Fx",
        "/api/v1/stock/a%2Fb%3Fc%23d",
        "/a/./b",
        "/a/..",
        "/x/.hidden",
        "/api/v1/cart/lines/%25%32%66",
        "/api/v1/cart/lines/...",
        "/%F0%9F%92%A9",
        "/api/v1/orders/%FF%FE",
        "/a;b=c,d",
    ];
    let above_the_root = [
        "/..",
        "/../",
        "/../internal",
        "/a/../../b",
        "/media/..%2F..%2F..%2Fx",
        "/%2e%2e/x",
        "/api/v1/../../../internal",
    ];
    let unreadable_bodies = ["/%", "/%4", "/%zz", "/%00", "/api/v1/cart/lines/%00", "/media/%0", "/a%2", "/x%GGy"];
    let cases = through.iter().map(|path| (200, RawRequest::get(path)));
    let refused = above_the_root.iter().chain(&unreadable_bodies).map(|path| (400, RawRequest::get(path)));
    assert_same_responses(&edges, cases.chain(refused)).await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn both_accept_or_refuse_the_same_bytes_in_addresses() {
    let edges = Edges::start().await;
    let mut unlike = Vec::new();
    for byte in (0x01..=0xFF_u8).filter(|byte| !b"\r\n #".contains(byte)) {
        for (before, after) in [("/api/v1/cart/", "/x"), ("/api/v1/cart?q=", "&r=1"), ("/page-", "")] {
            let target = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            let (ours, nginx) = edges.responses(&RawRequest::new("GET", &target)).await;
            if ours.status != nginx.status {
                unlike.push(format!("{before}\\x{byte:02x}{after}: ours {} nginx {}", ours.status, nginx.status));
            }
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_absolute_url_is_routed_by_its_path() {
    let edges = Edges::start().await;
    let cases = [
        (200, RawRequest::get("http://shop.test/api/v1/cart?x=1")),
        (404, RawRequest::get("http://shop.test/internal/pricing")),
        (404, RawRequest::get("http://shop.test/api/v1/nothing")),
        (200, RawRequest::get("http://shop.test/")),
    ];
    assert_same_responses(&edges, cases).await;
}
