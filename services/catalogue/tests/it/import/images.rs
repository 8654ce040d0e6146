//! Pictures from the web, with a server on this machine.

use super::{Bench, clean};
use axum::Router;
use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use catalogue::images::{FailedImage, Fetcher, Reach};
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

/// A server with pictures of all kinds, and how often it was asked.
struct Server {
    address: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
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
        #[expect(clippy::disallowed_methods, reason = "the server of a test ends with it")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn fetcher(bench: &Bench) -> Fetcher {
    bench.catalogue.fetcher(Reach::InternetAndLoopback)
}

async fn import(bench: &Bench, images: &[String]) {
    let mut csv = "Handle,Title,SKU,Price,Image Src,Variant Image\n".to_owned();
    for (index, image) in images.iter().enumerate() {
        csv += &match index {
            0 => format!("mug,Mug,M,5,{image},{image}\n"),
            _ => format!("mug,,,,{image},\n"),
        };
    }
    clean(&bench.import(csv).await);
}

async fn failed(bench: &Bench) -> Vec<FailedImage> {
    bench.catalogue.products.failed_images(None, 100).await.unwrap()
}

#[tokio::test]
async fn a_image_on_the_web_becomes_the_shops_own() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    import(&bench, &[server.at("ok.png")]).await;
    assert_eq!(bench.catalogue.products.waiting_images(100).await.unwrap(), 1);
    assert_eq!(bench.catalogue.view("mug", false).await.unwrap().images, []);
    assert_eq!(fetcher(&bench).step().await.unwrap(), 1);
    assert_eq!(bench.catalogue.products.waiting_images(100).await.unwrap(), 0);
    let mug = bench.product("mug").await;
    assert!(mug.images[0].url.starts_with("/media/") && mug.images[0].url.ends_with(".png"), "{:?}", mug.images);
    let name = mug.images[0].url.strip_prefix("/media/").unwrap();
    assert_eq!(bench.catalogue.media.get(name).await.unwrap().bytes, png());
    // Carts show it, too.
    let skus = ["M".parse().unwrap()];
    assert_eq!(
        bench.catalogue.products.variants(&skus).await.unwrap()[0].image.as_ref().unwrap().url,
        mug.images[0].url
    );
}

#[tokio::test]
async fn fetching_does_not_get_in_the_way_of_who_edits_the_product() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    import(&bench, &[server.at("ok.png")]).await;
    let read = bench.product("mug").await;
    fetcher(&bench).step().await.unwrap();
    assert_eq!(bench.product("mug").await.version, read.version);
    let draft = json!({"title": "Better Mug", "variants": [{"sku": "M", "price": 500}], "version": read.version,
        "images": [{"url": server.at("ok.png"), "alt": "A mug"}]});
    bench.catalogue.write_product("mug", serde_json::from_value(draft).unwrap(), "me").await.unwrap();
    // They saved the old address: it is replaced again without being fetched.
    assert_eq!(fetcher(&bench).step().await.unwrap(), 1);
    let mug = bench.product("mug").await;
    assert!(mug.images[0].url.starts_with("/media/"));
    assert_eq!((mug.title.as_str(), mug.images[0].alt.as_str(), server.asked()), ("Better Mug", "A mug", 1));
}

#[tokio::test]
async fn importing_again_after_the_images_came_changes_nothing() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    let images = [server.at("ok.png"), server.at("ok.png?v=2")];
    import(&bench, &images).await;
    fetcher(&bench).step().await.unwrap();
    let before = bench.product("mug").await;
    import(&bench, &images).await;
    assert_eq!(bench.product("mug").await, before);
    assert_eq!(fetcher(&bench).step().await.unwrap(), 0);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn redirections_are_followed_three_times() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    import(&bench, &[server.at("moved/1"), server.at("circle")]).await;
    fetcher(&bench).step().await.unwrap();
    assert!(bench.product("mug").await.images[0].url.starts_with("/media/"));
    assert_eq!(failed(&bench).await[0].reason, "leads elsewhere more than 3 times");
    assert_eq!(server.asked(), 8);
}

#[tokio::test]
async fn what_is_no_fit_image_is_given_up_with_the_reason() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    let paths = ["text.png", "large.png", "endless.png", "gone.png", "inside", "metadata", "file"];
    import(&bench, &paths.map(|path| server.at(path))).await;
    assert_eq!(fetcher(&bench).step().await.unwrap(), 7);
    assert_eq!(bench.catalogue.products.waiting_images(100).await.unwrap(), 0);
    let mut reasons = failed(&bench).await;
    reasons.sort_by_key(|one| paths.iter().position(|path| one.url.ends_with(path)));
    assert!(reasons.iter().all(|one| one.handle == "mug"));
    let reasons: Vec<&str> = reasons.iter().map(|one| one.reason.as_str()).collect();
    let expected = [
        "is not a PNG, JPEG, WebP or GIF picture",
        "is larger than 10 MiB",
        "is larger than 10 MiB",
        "is answered with 410 Gone",
        "10.0.0.1 is not on the public internet",
        "169.254.169.254 is not on the public internet",
        "file: is neither http nor https",
    ];
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn a_passing_failure_is_tried_five_times() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    import(&bench, &[server.at("broken.png")]).await;
    for attempt in 1..=5 {
        assert_eq!(fetcher(&bench).step().await.unwrap(), 1, "attempt {attempt}");
        assert_eq!(fetcher(&bench).step().await.unwrap(), 0, "not at once");
        bench.env.advance(SignedDuration::from_mins(30));
    }
    assert_eq!(fetcher(&bench).step().await.unwrap(), 0);
    assert_eq!((failed(&bench).await[0].reason.as_str(), server.asked()), ("is answered with 502 Bad Gateway", 5));
    // Until somebody asks for it.
    assert_eq!(bench.catalogue.products.retry_images(bench.env.system.now()).await.unwrap(), 1);
    assert_eq!(fetcher(&bench).step().await.unwrap(), 1);
}

#[tokio::test]
async fn this_machine_and_its_networks_are_never_asked() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    let port = server.address.rsplit(':').next().unwrap();
    let images = [
        server.at("ok.png"),
        format!("http://localhost:{port}/ok.png"),
        format!("http://2130706433:{port}/ok.png"),
        format!("http://[::1]:{port}/ok.png"),
        format!("http://[::ffff:127.0.0.1]:{port}/ok.png"),
    ];
    import(&bench, &images).await;
    assert_eq!(bench.catalogue.fetcher(Reach::Internet).step().await.unwrap(), 5);
    let failed = failed(&bench).await;
    assert_eq!(failed.len(), 5);
    assert!(failed.iter().all(|one| one.reason.ends_with("is not on the public internet")), "{failed:?}");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn what_a_product_has_no_longer_is_not_fetched() {
    let (bench, server) = (Bench::new().await, Server::start().await);
    import(&bench, &[server.at("ok.png"), server.at("broken.png")]).await;
    import(&bench, &[server.at("broken.png")]).await;
    assert_eq!(bench.catalogue.products.waiting_images(100).await.unwrap(), 1);
    bench.catalogue.remove_product("mug").await.unwrap();
    assert_eq!(fetcher(&bench).step().await.unwrap(), 0);
    assert_eq!(server.asked(), 0);
}
