//! The pages of a shop and the settings of its storefront, by API.

use crate::conformance;
use crate::service::{Fixture, fixture};
use crate::store_backend::StoreBackend;
use chassis::auth::Role;
use serde_json::{Value, json};
use testkit::{Caller, TestEnvironment};

fn merchant(fixture: &Fixture) -> Caller {
    fixture.env.staff(&fixture.router, Role::Merchant)
}

fn imprint(body: &str) -> Value {
    json!({ "texts": { "de": { "title": "Impressum", "body_html": body } } })
}

async fn missing_pages(fixture: &Fixture) -> Value {
    let settings = fixture.env.anonymous(&fixture.router).get("/api/v1/storefront").await.expect(200).json();
    settings["missing_pages"].clone()
}

async fn a_shop_in_the_union_needs_its_legal_pages(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    assert_eq!(missing_pages(&fixture).await, json!(["imprint", "privacy", "withdrawal"]));
    for page in ["withdrawal", "privacy", "imprint"] {
        merchant(&fixture).put(&format!("/api/v1/pages/{page}"), imprint("<p>Text</p>")).await.expect(200);
    }
    assert_eq!(missing_pages(&fixture).await, json!([]));
    merchant(&fixture).delete("/api/v1/pages/privacy").await.expect(204);
    assert_eq!(missing_pages(&fixture).await, json!(["privacy"]));
    let cart = fixture.env.service(&fixture.router, "cart", "catalogue");
    let request = json!({ "skus": [], "country": null, "code": null });
    let pricing = cart.post("/internal/pricing", &request).await.expect(200).json();
    assert_eq!(pricing["missing_pages"], json!(["privacy"]), "cart learns it with the prices");
    merchant(&fixture).put("/api/v1/shop", json!({ "country": "US" })).await.expect(200);
    assert_eq!(missing_pages(&fixture).await, json!([]), "other countries ask for none of them");
}

async fn pages_are_listed_with_the_legal_ones_first(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    for page in ["about", "terms", "zoo", "imprint"] {
        merchant(&fixture).put(&format!("/api/v1/pages/{page}"), imprint("<p>Text</p>")).await.expect(200);
    }
    let pages = fixture.env.anonymous(&fixture.router).get("/api/v1/pages").await.expect(200).json();
    let listed: Vec<_> =
        pages["items"].as_array().unwrap().iter().map(|page| (&page["handle"], &page["legal"])).collect();
    let expected = [
        (json!("imprint"), json!("imprint")),
        (json!("terms"), json!("terms")),
        (json!("about"), Value::Null),
        (json!("zoo"), Value::Null),
    ];
    assert_eq!(listed, expected.iter().map(|(handle, legal)| (handle, legal)).collect::<Vec<_>>());
    assert_eq!(pages["items"][0]["titles"], json!({ "de": "Impressum" }));
}

async fn the_html_of_a_page_is_sanitised(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let body = "<h2>Anbieter</h2><p onclick=\"x()\">Ada <b>GmbH</b></p><script>alert(1)</script>";
    let written = merchant(&fixture).put("/api/v1/pages/imprint", imprint(body)).await.expect(200).json();
    assert_eq!(written["texts"]["de"]["body_html"], "<h2>Anbieter</h2><p>Ada <b>GmbH</b></p>");
    let read = fixture.env.anonymous(&fixture.router).get("/api/v1/pages/imprint").await.expect(200).json();
    assert_eq!(read, written);
    for (draft, pointer) in [
        (json!({ "texts": {} }), "/texts"),
        (imprint("<p> </p><script>alert(1)</script>"), "/texts/de/body_html"),
        (imprint(&"x".repeat(200_001)), "/texts/de/body_html"),
    ] {
        let refused = merchant(&fixture).put("/api/v1/pages/imprint", draft).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let refused = merchant(&fixture).put("/api/v1/pages/Im%20print", imprint("x")).await;
    assert_eq!(refused.problem(422), "invalid-input");
    let missing = fixture.env.anonymous(&fixture.router).get("/api/v1/pages/none").await;
    assert_eq!(missing.problem(404), "not-found");
}

async fn a_change_of_an_older_version_is_refused(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let with_version = |version: i64| {
        let mut draft = imprint("<p>Text</p>");
        draft["version"] = json!(version);
        draft
    };
    let path = "/api/v1/pages/imprint";
    assert_eq!(merchant(&fixture).put(path, with_version(0)).await.expect(200).json()["version"], 1);
    assert_eq!(merchant(&fixture).put(path, with_version(0)).await.problem(409), "stale-version");
    assert_eq!(merchant(&fixture).put(path, with_version(1)).await.expect(200).json()["version"], 2);
    assert_eq!(merchant(&fixture).put(path, imprint("<p>Any</p>")).await.expect(200).json()["version"], 3);
    let settings = json!({ "version": 0, "accent": "#0F5A47" });
    let written = merchant(&fixture).put("/api/v1/storefront", &settings).await.expect(200).json();
    assert_eq!((&written["version"], &written["accent"]), (&json!(1), &json!("#0f5a47")));
    assert_eq!(merchant(&fixture).put("/api/v1/storefront", &settings).await.problem(409), "stale-version");
}

async fn menus_lead_to_the_shop_or_to_secure_addresses(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let link = |url: &str| json!({ "labels": { "en": "Link" }, "target": { "kind": "link", "url": url } });
    let settings = |items: Value| json!({ "version": 0, "header_menu": items });
    for url in ["javascript:alert(1)", "http://example.com", "//example.com", "/\\example.com", "https://", "page"] {
        let refused =
            merchant(&fixture).put("/api/v1/storefront", settings(json!([link(url)]))).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/header_menu/0/target/url", "{url}");
    }
    let odd = json!([{ "target": { "kind": "page", "handle": "Not a handle" } }]);
    let refused = merchant(&fixture).put("/api/v1/storefront", settings(odd)).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/header_menu/0/target/handle");
    let unnamed = json!([{ "target": { "kind": "link", "url": "/search?q=mug" } }]);
    let refused = merchant(&fixture).put("/api/v1/storefront", settings(unnamed)).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/header_menu/0/labels");
    let mut other_logo = settings(json!([]));
    other_logo["logo"] = json!({ "url": "https://example.com/logo.png", "alt": "" });
    let refused = merchant(&fixture).put("/api/v1/storefront", other_logo).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/logo/url");
    let items = json!([
        link("https://example.com/press"), link("/search?q=mug"),
        { "target": { "kind": "category", "handle": "mugs" } }, { "target": { "kind": "products" } },
    ]);
    let written = merchant(&fixture).put("/api/v1/storefront", settings(items)).await.expect(200).json();
    assert_eq!(written["header_menu"].as_array().unwrap().len(), 4);
}

async fn the_legal_guarantee_is_an_uploaded_image_with_its_text(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = fixture(backend).await;
    let settings =
        |url: &str, alt: &str| json!({ "version": 0, "legal_guarantee": { "de": { "url": url, "alt": alt } } });
    for (url, alt, pointer) in [
        ("https://example.com/notice.png", "Zwei Jahre", "/legal_guarantee/de/url"),
        ("/media/0123.png", " ", "/legal_guarantee/de/alt"),
    ] {
        let refused = merchant(&fixture).put("/api/v1/storefront", settings(url, alt)).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let written = merchant(&fixture).put("/api/v1/storefront", settings("/media/0123.png", "Zwei Jahre")).await;
    let written = written.expect(200).json();
    assert_eq!(written["legal_guarantee"]["de"]["alt"], "Zwei Jahre");
    let read = async || fixture.env.anonymous(&fixture.router).get("/api/v1/storefront").await.expect(200).json();
    assert_eq!(read().await, written);
    assert_eq!(written["misses_legal_guarantee"], false);
    merchant(&fixture).put("/api/v1/storefront", json!({ "version": 1 })).await.expect(200);
    assert_eq!(read().await["misses_legal_guarantee"], true);
    merchant(&fixture).put("/api/v1/shop", json!({ "country": "GB" })).await.expect(200);
    assert_eq!(read().await["misses_legal_guarantee"], false, "the law of the Union does not apply");
}

async fn the_wording_of_emails_is_written_by_merchants_and_read_by_dispatch(
    backend: StoreBackend,
    _: &TestEnvironment,
) {
    let fixture = fixture(backend).await;
    let path = "/api/v1/email-texts";
    let empty = merchant(&fixture).get(path).await.expect(200).json();
    assert_eq!(empty, json!({ "version": 0, "texts": {}, "closing": {} }));
    let draft = |version: i64, kind: &str, message: &str| {
        let wording = json!({ "subject": "{order} of {shop}", "message": message });
        json!({ "version": version, "texts": { kind: { "de": wording } }, "closing": { "en": "Call us." } })
    };
    for (kind, message) in [("placed", "{amount}"), ("refunded", "{items}"), ("shipped", "{tracking}")] {
        let refused = merchant(&fixture).put(path, draft(0, kind, message)).await.expect(422).json();
        assert_eq!(refused["errors"][0]["pointer"], format!("/texts/{kind}/de/message"));
    }
    let subject = json!({ "version": 0, "texts": { "refunded": { "de": { "subject": "{reason}" } } } });
    let refused = merchant(&fixture).put(path, subject).await.expect(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/texts/refunded/de/subject");
    assert_eq!(merchant(&fixture).put(path, draft(0, "birthday", "Hi")).await.problem(422), "invalid-input");
    let text = "{name}, { } {} {Order}: {amount}, {reason}";
    let written = merchant(&fixture).put(path, draft(0, "refunded", text)).await.expect(200).json();
    assert_eq!((&written["version"], &written["texts"]["refunded"]["de"]["message"]), (&json!(1), &json!(text)));
    assert_eq!(merchant(&fixture).put(path, draft(0, "refunded", text)).await.problem(409), "stale-version");
    let changed = merchant(&fixture).put(path, draft(1, "placed", "Danke!")).await.expect(200).json();
    assert_eq!(merchant(&fixture).get(path).await.expect(200).json(), changed);
    let dispatch = fixture.env.service(&fixture.router, "dispatch", "catalogue");
    assert_eq!(dispatch.get("/internal/email-texts").await.expect(200).json(), changed);
    assert_eq!(fixture.env.anonymous(&fixture.router).get(path).await.problem(401), "unauthenticated");
}

conformance!(
    the_wording_of_emails_is_written_by_merchants_and_read_by_dispatch,
    the_legal_guarantee_is_an_uploaded_image_with_its_text,
    a_shop_in_the_union_needs_its_legal_pages,
    pages_are_listed_with_the_legal_ones_first,
    the_html_of_a_page_is_sanitised,
    a_change_of_an_older_version_is_refused,
    menus_lead_to_the_shop_or_to_secure_addresses,
);
