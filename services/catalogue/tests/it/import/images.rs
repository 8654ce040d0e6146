//! Fetching of remote images, from a local test server.

use super::{TestShop, assert_no_issues};
use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use catalogue::{FetchPolicy, ImageFetcher};
use contracts::catalogue::FailedImage;
use image::{DynamicImage, ImageFormat};
use jiff::SignedDuration;
use serde_json::json;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(3, 2).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A server of valid and invalid images that counts its requests.
struct Server {
    address: String,
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        let large = || async { Body::from(vec![0; (10 << 20) + 1]) };
        let endless = || async {
            let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![0u8; 1 << 16]));
            Body::from_stream(chunks)
        };
        let router = Router::new()
            .route("/ok.png", get(|| async { ([(header::CONTENT_TYPE, "text/html")], png()) }))
            .route("/text.png", get(|| async { "<svg onload=alert(1)>" }))
            .route("/large.png", get(large))
            .route("/endless.png", get(endless))
            .route("/gone.png", get(|| async { StatusCode::GONE }))
            .route("/broken.png", get(|| async { StatusCode::BAD_GATEWAY }))
            .route("/moved/1", get(|| async { Redirect::temporary("/moved/2") }))
            .route("/moved/2", get(|| async { Redirect::permanent("3") }))
            .route("/moved/3", get(|| async { Redirect::to("/ok.png") }))
            .route("/circle", get(|| async { Redirect::to("/circle") }))
            .route("/inside", get(|| async { Redirect::to("http://10.0.0.1/ok.png") }))
            .route("/metadata", get(|| async { Redirect::to("http://169.254.169.254/latest/") }))
            .route(
                "/file",
                get(|| async { (StatusCode::FOUND, [(header::LOCATION, "file:///etc/passwd")]).into_response() }),
            )
            .layer(axum::middleware::map_request(move |request: axum::extract::Request| {
                count.fetch_add(1, Ordering::Relaxed);
                async { request }
            }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "the server ends with the runtime of its test")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, requests }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

fn fetcher(shop: &TestShop) -> ImageFetcher {
    shop.catalogue.image_fetcher(FetchPolicy::PublicInternetAndLoopback)
}

async fn import(shop: &TestShop, images: &[String]) {
    let mut csv = "Handle,Title,SKU,Price,Image Src,Variant Image\n".to_owned();
    for (index, image) in images.iter().enumerate() {
        csv += &match index {
            0 => format!("mug,Mug,M,5,{image},{image}\n"),
            _ => format!("mug,,,,{image},\n"),
        };
    }
    assert_no_issues(&shop.import(csv).await);
}

async fn failed(shop: &TestShop) -> Vec<FailedImage> {
    shop.catalogue.products.failed_images(None, 100).await.unwrap()
}

#[tokio::test]
async fn a_remote_image_becomes_a_local_one() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    import(&shop, &[server.at("ok.png")]).await;
    assert_eq!(shop.catalogue.products.pending_images(100).await.unwrap(), 1);
    assert_eq!(shop.catalogue.view("mug", None, false).await.unwrap().images, []);
    assert_eq!(fetcher(&shop).step().await.unwrap(), 1);
    assert_eq!(shop.catalogue.products.pending_images(100).await.unwrap(), 0);
    let mug = shop.product("mug").await;
    assert!(mug.images[0].url.starts_with("/media/") && mug.images[0].url.ends_with(".png"), "{:?}", mug.images);
    let name = mug.images[0].url.strip_prefix("/media/").unwrap();
    assert_eq!(shop.catalogue.images.get(name).await.unwrap().bytes, png());
    // Carts show the local image, too.
    let skus = ["M".parse().unwrap()];
    assert_eq!(
        shop.catalogue.products.variants(&skus).await.unwrap()[0].image.as_ref().unwrap().url,
        mug.images[0].url
    );
}

#[tokio::test]
async fn fetching_an_image_does_not_conflict_with_an_edit() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    import(&shop, &[server.at("ok.png")]).await;
    let read = shop.product("mug").await;
    fetcher(&shop).step().await.unwrap();
    assert_eq!(shop.product("mug").await.version, read.version);
    let draft = json!({"title": "Better Mug", "variants": [{"sku": "M", "price": 500}], "version": read.version,
        "images": [{"url": server.at("ok.png"), "alt": "A mug"}]});
    shop.catalogue.write_product("mug", serde_json::from_value(draft).unwrap(), "me").await.unwrap();
    // The edit contains the remote URL, which is replaced again without another request.
    assert_eq!(fetcher(&shop).step().await.unwrap(), 1);
    let mug = shop.product("mug").await;
    assert!(mug.images[0].url.starts_with("/media/"));
    assert_eq!((mug.title.as_str(), mug.images[0].alt.as_str(), server.requests()), ("Better Mug", "A mug", 1));
}

#[tokio::test]
async fn importing_again_after_images_were_fetched_changes_nothing() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    let images = [server.at("ok.png"), server.at("ok.png?v=2")];
    import(&shop, &images).await;
    fetcher(&shop).step().await.unwrap();
    let before = shop.product("mug").await;
    import(&shop, &images).await;
    assert_eq!(shop.product("mug").await, before);
    assert_eq!(fetcher(&shop).step().await.unwrap(), 0);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn at_most_three_redirects_are_followed() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    import(&shop, &[server.at("moved/1"), server.at("circle")]).await;
    fetcher(&shop).step().await.unwrap();
    assert!(shop.product("mug").await.images[0].url.starts_with("/media/"));
    assert_eq!(failed(&shop).await[0].reason, "redirects more than 3 times");
    assert_eq!(server.requests(), 8);
}

#[tokio::test]
async fn an_unsuitable_image_fails_with_a_reason() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    let paths = ["text.png", "large.png", "endless.png", "gone.png", "inside", "metadata", "file"];
    import(&shop, &paths.map(|path| server.at(path))).await;
    assert_eq!(fetcher(&shop).step().await.unwrap(), 7);
    assert_eq!(shop.catalogue.products.pending_images(100).await.unwrap(), 0);
    let mut reasons = failed(&shop).await;
    reasons.sort_by_key(|one| paths.iter().position(|path| one.url.ends_with(path)));
    assert!(reasons.iter().all(|one| one.handle == "mug"));
    let reasons: Vec<&str> = reasons.iter().map(|one| one.reason.as_str()).collect();
    let expected = [
        "is not a PNG, JPEG, WebP or GIF image",
        "is larger than 10 MiB",
        "is larger than 10 MiB",
        "responds with 410 Gone",
        "10.0.0.1 is not on the public internet",
        "169.254.169.254 is not on the public internet",
        "file: only http and https are supported",
    ];
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn a_transient_failure_is_retried_up_to_five_attempts() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    import(&shop, &[server.at("broken.png")]).await;
    for attempt in 1..=5 {
        assert_eq!(fetcher(&shop).step().await.unwrap(), 1, "attempt {attempt}");
        assert_eq!(fetcher(&shop).step().await.unwrap(), 0, "not at once");
        shop.env.advance(SignedDuration::from_mins(30));
    }
    assert_eq!(fetcher(&shop).step().await.unwrap(), 0);
    assert_eq!((failed(&shop).await[0].reason.as_str(), server.requests()), ("responds with 502 Bad Gateway", 5));
    // A retry on request starts over.
    assert_eq!(shop.catalogue.products.retry_images(shop.env.system.now()).await.unwrap(), 1);
    assert_eq!(fetcher(&shop).step().await.unwrap(), 1);
}

#[tokio::test]
async fn private_networks_are_never_contacted() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    let port = server.address.rsplit(':').next().unwrap();
    let images = [
        server.at("ok.png"),
        format!("http://localhost:{port}/ok.png"),
        format!("http://2130706433:{port}/ok.png"),
        format!("http://[::1]:{port}/ok.png"),
        format!("http://[::ffff:127.0.0.1]:{port}/ok.png"),
    ];
    import(&shop, &images).await;
    assert_eq!(shop.catalogue.image_fetcher(FetchPolicy::PublicInternet).step().await.unwrap(), 5);
    let failed = failed(&shop).await;
    assert_eq!(failed.len(), 5);
    assert!(failed.iter().all(|one| one.reason.ends_with("is not on the public internet")), "{failed:?}");
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn images_removed_from_their_product_are_not_fetched() {
    let (shop, server) = (TestShop::new().await, Server::start().await);
    import(&shop, &[server.at("ok.png"), server.at("broken.png")]).await;
    import(&shop, &[server.at("broken.png")]).await;
    assert_eq!(shop.catalogue.products.pending_images(100).await.unwrap(), 1);
    shop.catalogue.remove_product("mug").await.unwrap();
    assert_eq!(fetcher(&shop).step().await.unwrap(), 0);
    assert_eq!(server.requests(), 0);
}
