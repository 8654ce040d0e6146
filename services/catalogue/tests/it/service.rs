//! Catalogue through its HTTP API.

use crate::conformance;
use crate::store_backend::StoreBackend;
use axum::Router;
use catalogue::product::Product;
use catalogue::search::{Language, SearchIndex};
use catalogue::store::ImageFolder;
use catalogue::{Catalogue, FetchPolicy, ImageLibrary};
use chassis::auth::Role;
use chassis::health::Health;
use contracts::catalogue::Shop;
use contracts::events::TOPOLOGY;
use events::broker::EmbeddedBroker;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::TestEnvironment;

pub struct Fixture {
    pub env: TestEnvironment,
    pub catalogue: Catalogue,
    pub router: Router,
    pub health: Health,
    pub broker: Arc<EmbeddedBroker>,
    _place: (StoreBackend, TempDir),
}

pub async fn fixture(backend: StoreBackend) -> Fixture {
    fixture_in(backend, "en").await
}

/// Creates a shop whose texts are in the language of a locale.
pub async fn fixture_in(backend: StoreBackend, locale: &str) -> Fixture {
    let (env, folder) = (TestEnvironment::default(), tempfile::tempdir().unwrap());
    let shop = Shop {
        name: "Test".into(),
        currency: "EUR".parse().unwrap(),
        locale: locale.into(),
        country: "DE".parse().unwrap(),
        prices_include_tax: true,
        seller: None,
        demo: false,
    };
    let (products, stock) = (backend.products().await, backend.stock().await);
    let images = ImageLibrary::new(Arc::new(ImageFolder::open(&folder.path().join("media")).unwrap()));
    let index = SearchIndex::in_memory(shop.currency, Language::of_locale(&shop.locale)).unwrap();
    let catalogue = Catalogue::new(products, stock, images, index, env.system.clone(), shop);
    let broker = Arc::new(EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap());
    let service = catalogue::start(env.service_context("catalogue"), catalogue.clone(), broker.clone()).unwrap();
    Fixture { env, catalogue, router: service.router, health: service.health, broker, _place: (backend, folder) }
}

pub fn draft(title: &str, sku: &str, price: i64, stock: u32) -> Value {
    json!({
        "title": title, "vendor": "Maker", "category": "kitchen", "tags": ["gift"], "description_html": "<p>Made of oak.</p>",
        "variants": [{ "sku": sku, "price": price, "stock": stock }],
    })
}

impl Fixture {
    pub async fn write(&self, handle: &str, draft: Value) -> Value {
        let written = self.write_unindexed(handle, draft).await;
        self.catch_up().await;
        written
    }

    /// Writes a product that is found after the next [`Self::catch_up`].
    pub async fn write_unindexed(&self, handle: &str, draft: Value) -> Value {
        let merchant = self.env.staff(&self.router, Role::Merchant);
        merchant.put(&format!("/api/v1/products/{handle}"), draft).await.expect(200).json()
    }

    /// Waits until the index contains everything that was written.
    pub async fn catch_up(&self) {
        // Not by a rebuild: it would clear the index while the worker writes to it.
        self.catalogue.indexer.catch_up(self.catalogue.index.checkpoint()).await.unwrap();
    }

    pub async fn handles(&self, query: &str) -> Vec<String> {
        let page = self.env.anonymous(&self.router).get(&format!("/api/v1/products?{query}")).await.expect(200).json();
        page["items"].as_array().unwrap().iter().map(|card| card["handle"].as_str().unwrap().to_owned()).collect()
    }
}

async fn search_stems_completes_and_tolerates_a_typo(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    fixture.write("stoneware-mug", draft("Stoneware Mug", "MUG", 2_400, 3)).await;
    fixture.write("linen-towel", draft("Linen Towel", "TOWEL", 900, 3)).await;
    for words in ["mug", "mugs", "stonew", "stonewear", "MUG", "oak+mug"] {
        assert_eq!(fixture.handles(&format!("q={words}")).await, ["stoneware-mug"], "{words}");
    }
    assert_eq!(fixture.handles("q=bicycle").await, Vec::<String>::new());
    let suggestions =
        fixture.env.anonymous(&fixture.router).get("/api/v1/products/suggest?q=lin").await.expect(200).json();
    assert_eq!(suggestions["items"][0]["handle"], "linen-towel");
}

async fn stop_words_match_nothing_by_themselves(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    for (handle, title) in [
        ("red-hat", "Red hat"),
        ("old-clock", "The old clock"),
        ("kettle", "The great kettle"),
        ("desk-lamp", "Lamp for desk"),
        ("kitchen-lamp", "Lamp for kitchen"),
    ] {
        fixture.write(handle, draft(title, &handle.to_uppercase(), 900, 3)).await;
    }
    assert_eq!(fixture.handles("q=the+hat").await, ["red-hat"]);
    assert_eq!(fixture.handles("q=the+kettle").await, ["kettle"]);
    assert_eq!(fixture.handles("q=lamp+for+desk").await, ["desk-lamp"]);
    assert_eq!(fixture.handles("q=lamp+for").await.len(), 2, "a stop word at the end is not completed");
    assert_eq!(fixture.handles("q=the").await.len(), 2, "a query of stop words alone takes them as they are");
    let suggested = fixture.env.anonymous(&fixture.router).get("/api/v1/products/suggest?q=the+ha").await.json();
    assert_eq!(suggested["items"].as_array().unwrap().len(), 1, "{suggested}");
}

async fn words_that_no_product_has_are_corrected_or_left_out(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    fixture.write("rain-jacket", draft("Waxed Rain Jacket", "RJ", 9_000, 3)).await;
    fixture.write("robe", draft("Cotton Robe", "CR", 5_000, 3)).await;
    let search = async |words: &str| {
        let path = format!("/api/v1/products?q={words}");
        let page = fixture.env.anonymous(&fixture.router).get(&path).await.expect(200).json();
        let handles: Vec<String> =
            page["items"].as_array().unwrap().iter().map(|card| card["handle"].as_str().unwrap().to_owned()).collect();
        (handles.join(" "), page["corrected_query"].clone(), page["is_partial_match"].clone())
    };
    let found = |handles: &str, corrected: Value, is_partial: bool| (handles.to_owned(), corrected, json!(is_partial));
    assert_eq!(search("rain+jacket").await, found("rain-jacket", Value::Null, false));
    assert_eq!(search("rain+jakcet").await, found("rain-jacket", json!("rain jacket"), false));
    assert_eq!(search("rainjacket").await, found("rain-jacket", Value::Null, false));
    assert_eq!(search("jacketrain").await, found("rain-jacket", json!("jacket rain"), false));
    // Not the robe of cotton, a word that is similar to coat.
    assert_eq!(search("rain+coat").await, found("rain-jacket", Value::Null, true));
    assert_eq!(search("pillow").await, found("", Value::Null, false));
}

async fn codes_are_found_however_they_are_punctuated(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let mut cap = draft("Cap", "NOR.0707-60", 900, 3);
    cap["variants"][0]["barcode"] = json!("0036000291452");
    fixture.write("cap", cap).await;
    for words in
        ["NOR.0707-60", "nor070760", "nor+0707+60", "0036000291452", "036000291452", "36000291452", "0036000+291452"]
    {
        assert_eq!(fixture.handles(&format!("q={words}")).await, ["cap"], "{words}");
    }
    assert_eq!(fixture.handles("q=36000291453").await, Vec::<String>::new());
}

async fn price_filters_look_at_what_can_be_bought(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let mut product = draft("Vase", "SMALL", 1_000, 0);
    product["options"] = json!([{ "name": "Size", "values": ["S", "L"] }]);
    product["variants"] = json!([
        { "sku": "SMALL", "price": 1_000, "stock": 0, "option_values": ["S"] },
        { "sku": "LARGE", "price": 10_000, "stock": 1, "option_values": ["L"] },
    ]);
    fixture.write("vase", product).await;
    assert_eq!(fixture.handles("max_price=5000").await, Vec::<String>::new());
    assert_eq!(fixture.handles("min_price=5000").await, ["vase"]);
    let page = fixture.env.anonymous(&fixture.router).get("/api/v1/products").await.expect(200).json();
    assert_eq!(page["items"][0]["price"]["amount"], 10_000);
    assert_eq!(page["facets"]["price"]["min"]["amount"], 10_000);
}

async fn tags_and_vendors_that_differ_in_case_are_the_same(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    for (number, (vendor, tag)) in
        [("Nike", "Sale"), ("nike", "SALE"), ("Nike", "sale"), ("Nike", "Sale")].iter().enumerate()
    {
        let mut shoe = draft("Shoe", &format!("SHOE{number}"), 900, 1);
        shoe["vendor"] = json!(vendor);
        shoe["tags"] = json!([tag]);
        fixture.write(&format!("shoe-{number}"), shoe).await;
    }
    let page = fixture.env.anonymous(&fixture.router).get("/api/v1/products?tag=sAle").await.expect(200).json();
    assert_eq!(page["count"]["value"], 4);
    assert_eq!(page["facets"]["tags"], json!([{ "value": "Sale", "label": "Sale", "count": 4 }]));
    assert_eq!(page["facets"]["vendors"], json!([{ "value": "Nike", "label": "Nike", "count": 4 }]));
    assert_eq!(fixture.handles("vendor=NIKE").await.len(), 4);
}

async fn a_change_of_the_shops_language_changes_the_search(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    fixture.write("winterjacke", draft("Winterjacke", "WJ", 9_000, 3)).await;
    fixture.write("regenjacke", draft("Regenjacke", "RJ", 9_000, 3)).await;
    assert_eq!(fixture.handles("q=jacke").await, Vec::<String>::new());
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let before = merchant.get("/api/v1/shop").await.expect(200).json();
    let after = merchant.put("/api/v1/shop", json!({ "locale": "de-AT" })).await.expect(200).json();
    assert_eq!((&after["name"], &after["locale"]), (&before["name"], &json!("de-AT")));
    // What was received can be sent back.
    merchant.put("/api/v1/shop", after).await.expect(200);
    merchant.delete("/api/v1/products/winterjacke").await.expect(204);
    let checkpoint = fixture.catalogue.index.checkpoint();
    fixture.catalogue.indexer.follow_language(checkpoint).await.unwrap();
    assert_eq!(fixture.handles("q=jacke").await, ["regenjacke"]);
    assert_eq!(fixture.handles("q=jacken").await, ["regenjacke"]);
}

async fn punctuation_and_entities_find_nothing(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let mut salt = draft("Salt", "SALT", 900, 3);
    salt["description_html"] = json!("<p>Salt &amp; pepper&nbsp;mill</p>");
    fixture.write("salt", salt).await;
    for words in ["!!!", "%26", "amp", "nbsp"] {
        assert_eq!(fixture.handles(&format!("q={words}")).await, Vec::<String>::new(), "{words}");
    }
    assert_eq!(fixture.handles("q=pepper+%26+mill").await, ["salt"]);
}

async fn pages_by_relevance_stay_the_same_when_a_product_is_changed(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    for n in 0..9 {
        fixture.write(&format!("mug-{n}"), draft("Mug", &format!("MUG{n}"), 900, 1)).await;
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/products?q=mug&limit=2{cursor}");
        let page = fixture.env.anonymous(&fixture.router).get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|card| card["handle"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        fixture.write("mug-4", draft("Mug", "MUG4", 900 + i64::try_from(seen.len()).unwrap(), 1)).await;
    }
    seen.sort();
    assert_eq!(seen, (0..9).map(|n| format!("mug-{n}")).collect::<Vec<_>>());
}

async fn cursor_pages_show_each_product_once_in_order(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    for n in 0..7 {
        fixture
            .write(&format!("item-{n}"), draft(&format!("Item {n}"), &format!("SKU{n}"), 100 * i64::from(n % 3), 1))
            .await;
    }
    for sort in ["price", "-price", "title", "-title", "newest"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/products?sort={sort}&limit=3{cursor}");
            let page = fixture.env.anonymous(&fixture.router).get(&path).await.expect(200).json();
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|card| card["handle"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut sorted = seen.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!((seen.len(), sorted.len()), (7, 7), "{sort}");
    }
    assert_eq!(
        fixture.env.anonymous(&fixture.router).get("/api/v1/products?cursor=nonsense").await.problem(422),
        "invalid-input"
    );
}

async fn categories_and_promotions_are_deleted(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    merchant.put("/api/v1/categories/kitchen", json!({ "name": "The kitchen" })).await.expect(204);
    fixture.write("mug", draft("Mug", "MUG", 2_400, 3)).await;
    assert_eq!(merchant.delete("/api/v1/categories/kitchen").await.problem(409), "category-in-use");
    merchant.delete("/api/v1/products/mug").await.expect(204);
    merchant.delete("/api/v1/categories/kitchen").await.expect(204);
    assert_eq!(merchant.delete("/api/v1/categories/kitchen").await.problem(404), "not-found");
    let categories = fixture.env.anonymous(&fixture.router).get("/api/v1/categories").await.expect(200).json();
    assert_eq!(categories["items"], json!([]));
    let promotion = json!({ "benefit": { "kind": "free_shipping" } });
    merchant.put("/api/v1/promotions/gift", promotion).await.expect(200);
    merchant.delete("/api/v1/promotions/Gift").await.expect(204);
    assert_eq!(merchant.delete("/api/v1/promotions/GIFT").await.problem(404), "not-found");
    assert_eq!(merchant.get("/api/v1/promotions").await.expect(200).json()["items"], json!([]));
}

async fn facets_filter_and_count(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    merchant.put("/api/v1/categories/kitchen", json!({ "name": "The kitchen" })).await.expect(204);
    fixture.write("mug", draft("Mug", "MUG", 2_400, 3)).await;
    fixture.write("plate", draft("Plate", "PLATE", 800, 0)).await;
    let page = fixture.env.anonymous(&fixture.router).get("/api/v1/products?category=kitchen").await.json();
    let facets = &page["facets"];
    assert_eq!(facets["categories"], json!([{ "value": "kitchen", "label": "The kitchen", "count": 2 }]));
    assert_eq!((&facets["in_stock"], &facets["price"]["min"]["amount"]), (&json!(1), &json!(800)));
    assert_eq!(page["count"], json!({ "value": 2, "capped": false }));
    assert_eq!(fixture.handles("in_stock=true").await, ["mug"]);
    assert_eq!(fixture.handles("min_price=1000&vendor=Maker&tag=gift").await, ["mug"]);
    assert_eq!(fixture.handles("max_price=1000").await, ["plate"]);
}

async fn an_unchanged_list_is_not_modified(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    fixture.write("mug", draft("Mug", "MUG", 2_400, 3)).await;
    let anybody = fixture.env.anonymous(&fixture.router);
    for path in ["/api/v1/products", "/api/v1/products/mug"] {
        let tag = anybody.get(path).await.headers["etag"].to_str().unwrap().to_owned();
        anybody.clone().with_header("if-none-match", tag).get(path).await.expect(304);
    }
}

async fn a_stale_version_is_rejected_with_the_current_one(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let first = fixture.write("mug", draft("Mug", "MUG", 2_400, 3)).await;
    let mut change = draft("Better mug", "MUG", 2_500, 3);
    change["version"] = first["version"].clone();
    let second = fixture.write("mug", change.clone()).await;
    assert_eq!((&second["title"], &second["version"]), (&json!("Better mug"), &json!(2)));
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let refused = merchant.put("/api/v1/products/mug", change).await.expect(409).json();
    assert_eq!(refused["version"], 2);
}

async fn a_sku_belongs_to_one_product_and_its_stock_survives_rewriting(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    fixture.write("mug", draft("Mug", "MUG", 2_400, 3)).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    merchant.put("/api/v1/products/other", draft("Other", "MUG", 1, 1)).await.expect(409);
    fixture.write("mug", draft("Mug", "MUG", 2_400, 99)).await;
    assert_eq!(merchant.get("/api/v1/stock/MUG").await.expect(200).json()["on_hand"], 3);
    let merchant = merchant.with_header("idempotency-key", "d1");
    let delivery = json!({ "change": 4, "note": "delivery" });
    let adjusted = merchant.post("/api/v1/stock/MUG/adjustments", delivery).await.expect(200).json();
    assert_eq!((&adjusted["on_hand"], &adjusted["history"][0]["note"]), (&json!(7), &json!("delivery")));
}

async fn inactive_products_are_visible_to_staff_only(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let mut hidden = draft("Secret", "S", 1, 1);
    hidden["status"] = json!("draft");
    fixture.write("secret", hidden).await;
    assert_eq!(fixture.handles("").await, Vec::<String>::new());
    fixture.env.anonymous(&fixture.router).get("/api/v1/products/secret").await.expect(404);
    fixture.env.staff(&fixture.router, Role::Merchant).get("/api/v1/products/secret").await.expect(200);
    let cart = fixture.env.service(&fixture.router, "cart", "catalogue");
    let pricing = cart
        .post("/internal/pricing", json!({ "skus": ["S"], "country": null, "code": null }))
        .await
        .expect(200)
        .json();
    assert_eq!(pricing["variants"], json!([]));
}

async fn tax_rates_depend_on_country_and_class_with_a_standard_rate(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let rate = |country: &str, class: &str, rate: u32| json!({ "country": country, "class": class, "rate": rate });
    let rates = [rate("DE", "standard", 190_000), rate("DE", "books", 70_000), rate("FR", "standard", 200_000)];
    merchant.put("/api/v1/tax-rates", json!({ "items": rates })).await.expect(200);
    let mut book = draft("Book", "BOOK", 1_000, 1);
    book["tax_class"] = json!("books");
    fixture.write("book", book).await;
    let cart = fixture.env.service(&fixture.router, "cart", "catalogue");
    for (country, expected) in [(json!(null), 70_000), (json!("DE"), 70_000), (json!("FR"), 200_000), (json!("US"), 0)]
    {
        let answer = cart
            .post("/internal/pricing", json!({ "skus": ["BOOK"], "country": country, "code": null }))
            .await
            .expect(200);
        assert_eq!(answer.json()["variants"][0]["tax_rate"], expected, "{country}");
    }
}

async fn only_raster_images_are_accepted(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant).with_header("content-type", "image/png");
    let post = axum::http::Method::POST;
    let drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    merchant.send(post.clone(), "/api/v1/images", Some(drawing)).await.expect(422);
    let pixel = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x2c, 0, 0, 0, 0, 1, 0,
        1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
    ];
    let kept = merchant.send(post, "/api/v1/images", Some(pixel.to_vec())).await.expect(201).json();
    let url = kept["url"].as_str().unwrap();
    let seen = fixture.env.anonymous(&fixture.router).get(url).await.expect(200);
    assert_eq!((seen.headers["content-type"].to_str().unwrap(), seen.bytes.len()), ("image/gif", pixel.len()));
    fixture.env.anonymous(&fixture.router).get(&format!("{url}?width=640")).await.expect(200);
    fixture.env.anonymous(&fixture.router).get(&format!("{url}?width=100")).await.expect(422);
    fixture.env.anonymous(&fixture.router).get("/media/..%2Fcatalogue.db").await.expect(404);
}

async fn images_that_cannot_be_fetched_are_listed_and_tried_again(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let mut mug = draft("Mug", "MUG", 500, 1);
    // An address of the shop's own network is refused at once.
    mug["images"] = json!([{ "url": "http://127.0.0.1:9/mug.png" }]);
    fixture.write("mug", mug).await;
    fixture.catalogue.image_fetcher(FetchPolicy::PublicInternet).step().await.unwrap();
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let failed = merchant.get("/api/v1/images/failed").await.expect(200).json();
    assert_eq!(
        (&failed["items"][0]["handle"], &failed["items"][0]["url"]),
        (&json!("mug"), &json!("http://127.0.0.1:9/mug.png"))
    );
    assert!(!failed["items"][0]["reason"].as_str().unwrap().is_empty());
    let retried = merchant.post("/api/v1/images/failed/retry", json!({})).await.expect(202).json();
    assert_eq!(retried["retried"], 1);
    fixture.env.anonymous(&fixture.router).get("/api/v1/images/failed").await.expect(401);
}

async fn a_draft_that_is_sent_back_changes_nothing(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let mut tea = draft("Tea", "TEA", 1000, 7);
    tea["metafields"] = json!({ "Fabric (product.metafields.custom.fabric)": "cotton" });
    tea["seo_title"] = json!("Best tea");
    tea["variants"][0]["barcode"] = json!("4006381333931");
    tea["variants"][0]["cost"] = json!(450);
    tea["variants"][0]["oversell"] = json!("continue");
    tea["variants"][0]["unit_measure"] = json!({ "content": "250 g", "per": "1 kg" });
    fixture.write("tea", tea).await;
    let before = fixture.catalogue.find("tea").await.unwrap();
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let draft = merchant.get("/api/v1/products/tea/draft").await.expect(200).json();
    assert_eq!((&draft["variants"][0]["cost"], &draft["version"]), (&json!(450), &json!(1)));
    let view = merchant.put("/api/v1/products/tea", draft).await.expect(200).json();
    assert_eq!(view["variants"][0]["unit_price"]["price"]["amount"], 4000);
    let after = fixture.catalogue.find("tea").await.unwrap();
    assert_eq!(Product { version: 1, updated_at: before.updated_at, ..after }, before);
    let invalid = json!({ "title": "X", "metafields": { "color": "red" }, "variants": [{ "sku": "X", "price": 1, "cost": -1,
        "unit_measure": { "content": "1 g", "per": "1 l" } }] });
    let refused = merchant.put("/api/v1/products/x", invalid).await.expect(422).json();
    let pointers: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/metafields/color", "/variants/0/cost", "/variants/0/unit_measure/per"]);
}

async fn an_invalid_product_is_rejected_with_all_reasons(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let wrong = json!({
        "title": "Wrong", "options": [{ "name": "Size", "values": ["S"] }],
        "variants": [{ "sku": "W", "price": -1, "option_values": [] }, { "sku": "W", "price": 1, "option_values": ["S"] }],
    });
    let refused = merchant.put("/api/v1/products/wrong", wrong).await.expect(422).json();
    let places: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(places, ["/variants/0/option_values", "/variants/0/price", "/variants/1/sku"]);
    merchant.put("/api/v1/products/NOT-A-HANDLE", draft("X", "X", 1, 1)).await.expect(422);
    merchant.get("/api/v1/products/wrong").await.expect(404);
}

conformance!(
    search_stems_completes_and_tolerates_a_typo,
    stop_words_match_nothing_by_themselves,
    punctuation_and_entities_find_nothing,
    words_that_no_product_has_are_corrected_or_left_out,
    codes_are_found_however_they_are_punctuated,
    price_filters_look_at_what_can_be_bought,
    tags_and_vendors_that_differ_in_case_are_the_same,
    a_change_of_the_shops_language_changes_the_search,
    pages_by_relevance_stay_the_same_when_a_product_is_changed,
    cursor_pages_show_each_product_once_in_order,
    facets_filter_and_count,
    categories_and_promotions_are_deleted,
    an_unchanged_list_is_not_modified,
    a_stale_version_is_rejected_with_the_current_one,
    a_sku_belongs_to_one_product_and_its_stock_survives_rewriting,
    inactive_products_are_visible_to_staff_only,
    tax_rates_depend_on_country_and_class_with_a_standard_rate,
    only_raster_images_are_accepted,
    images_that_cannot_be_fetched_are_listed_and_tried_again,
    a_draft_that_is_sent_back_changes_nothing,
    an_invalid_product_is_rejected_with_all_reasons,
);
