//! Products and categories in other languages than the shop's own, by API.

use crate::conformance;
use crate::service::{Fixture, fixture};
use crate::store_backend::StoreBackend;
use chassis::auth::Role;
use serde_json::{Value, json};
use testkit::TestEnvironment;

fn knife() -> Value {
    json!({
        "title": "Bread Knife", "description_html": "<p>Cuts crusts.</p>", "vendor": "Lind", "category": "kitchen",
        "tags": ["steel"], "seo_title": "Bread knives", "safety": { "warnings": "Sharp." },
        "options": [{ "name": "Size", "values": ["0.2 m", "Large"] }],
        "variants": [
            { "sku": "K-1", "option_values": ["0.2 m"], "price": 1_900, "stock": 9 },
            { "sku": "K-2", "option_values": ["Large"], "price": 2_900, "stock": 9 },
        ],
        "translations": {
            "de": {
                "title": "Brotmesser", "description_html": "<p onclick=\"x()\">Schneidet Krusten.</p>", "safety_warnings": "Scharf.",
                "texts": { "Size": "Größe", "Large": "Groß", "steel": "Stahl" },
            },
        },
    })
}

async fn shop(backend: StoreBackend) -> Fixture {
    let fixture = fixture(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let kitchen =
        json!({ "name": "Kitchen", "translations": { "de": { "name": "Küche" }, "fr": { "description": "Tout." } } });
    merchant.put("/api/v1/categories/kitchen", kitchen).await.expect(204);
    fixture.write("knife", knife()).await;
    fixture.write("apron", json!({
        "title": "Aprons", "category": "kitchen", "tags": ["linen"], "variants": [{ "sku": "A", "price": 900, "stock": 1 }],
    })).await;
    fixture
}

async fn get(fixture: &Fixture, path: &str) -> Value {
    fixture.env.anonymous(&fixture.router).get(path).await.expect(200).json()
}

async fn a_product_is_shown_in_the_requested_language(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = shop(backend).await;
    let german = get(&fixture, "/api/v1/products/knife?language=de").await;
    assert_eq!(german["title"], "Brotmesser");
    assert_eq!(
        german["description_html"], "<p>Schneidet Krusten.</p>",
        "translations are sanitised like the description"
    );
    assert_eq!((&german["seo_title"], &german["tags"]), (&Value::Null, &json!(["Stahl"])));
    assert_eq!(german["options"], json!([{ "name": "Größe", "values": ["0.2 m", "Groß"] }]));
    assert_eq!(german["variants"][1]["option_values"], json!(["Groß"]));
    assert_eq!(german["safety"]["warnings"], "Scharf.");
    for language in ["", "?language=en", "?language=fr"] {
        let own = get(&fixture, &format!("/api/v1/products/knife{language}")).await;
        assert_eq!((&own["title"], &own["seo_title"]), (&json!("Bread Knife"), &json!("Bread knives")), "{language}");
    }
    let unknown = fixture.env.anonymous(&fixture.router).get("/api/v1/products/knife?language=xx").await;
    unknown.expect(422);
}

async fn lists_have_titles_facets_and_order_of_the_language(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = shop(backend).await;
    let page = get(&fixture, "/api/v1/products?language=de&sort=-title").await;
    let titles: Vec<_> = page["items"].as_array().unwrap().iter().map(|card| &card["title"]).collect();
    assert_eq!(titles, ["Brotmesser", "Aprons"]);
    assert_eq!(page["facets"]["categories"][0]["label"], "Küche");
    let tags: Vec<_> =
        page["facets"]["tags"].as_array().unwrap().iter().map(|tag| (&tag["value"], &tag["label"])).collect();
    assert_eq!(
        tags,
        [(&json!("linen"), &json!("linen")), (&json!("steel"), &json!("Stahl"))],
        "one filter in all languages"
    );
    for tag in ["Stahl", "steel"] {
        assert_eq!(fixture.handles(&format!("language=de&tag={tag}")).await, ["knife"], "links work in every language");
    }
    assert_eq!(get(&fixture, "/api/v1/products?sort=-title").await["items"][0]["title"], "Bread Knife");
}

async fn words_of_every_language_find_a_product(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = shop(backend).await;
    for (words, language) in
        [("brotmessern", "de"), ("kruste", "de"), ("messer", "de"), ("knives", "en"), ("knife", "de")]
    {
        assert_eq!(
            fixture.handles(&format!("q={words}&language={language}")).await,
            ["knife"],
            "{words} in {language}"
        );
    }
    assert_eq!(fixture.handles("q=k%C3%BCche&language=de&sort=title").await, ["apron", "knife"]);
    // German has no such plural, but what is not translated is in the shop's own language.
    assert_eq!(fixture.handles("q=apron&language=de").await, ["apron"]);
    let suggestions = get(&fixture, "/api/v1/products/suggest?q=brot&language=de").await;
    assert_eq!(suggestions["items"][0]["text"], "Brotmesser");
    assert_eq!(get(&fixture, "/api/v1/products/suggest?q=k%C3%BCch&language=de").await["items"][0]["text"], "Küche");
}

async fn categories_are_named_and_sorted_in_the_language(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = shop(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let bath = json!({ "name": "Bath", "translations": { "de": { "name": "Wohlfühlen" } } });
    merchant.put("/api/v1/categories/bath", bath.clone()).await.expect(204);
    let names = |categories: Value| -> Vec<Value> {
        categories["items"].as_array().unwrap().iter().map(|category| category["name"].clone()).collect()
    };
    assert_eq!(names(get(&fixture, "/api/v1/categories").await), ["Bath", "Kitchen"]);
    assert_eq!(names(get(&fixture, "/api/v1/categories?language=de").await), ["Küche", "Wohlfühlen"]);
    let french = get(&fixture, "/api/v1/categories?language=fr").await;
    assert_eq!((&french["items"][1]["name"], &french["items"][1]["description"]), (&json!("Kitchen"), &json!("Tout.")));
    let draft = merchant.get("/api/v1/categories/bath/draft").await.expect(200).json();
    assert_eq!(draft["translations"], bath["translations"]);
    merchant.get("/api/v1/categories/garden/draft").await.expect(404);
}

async fn a_draft_has_all_languages_and_prices_have_the_requested_one(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = shop(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let draft = merchant.get("/api/v1/products/knife/draft").await.expect(200).json();
    assert_eq!(draft["translations"]["de"]["texts"]["Large"], "Groß");
    merchant.put("/api/v1/products/knife", draft).await.expect(200);
    let cart = fixture.env.service(&fixture.router, "cart", "catalogue");
    for (language, title, value) in [(json!("de"), "Brotmesser", "Groß"), (Value::Null, "Bread Knife", "Large")] {
        let request = json!({ "skus": ["K-2"], "country": null, "code": null, "language": language });
        let priced = cart.post("/internal/pricing", &request).await.expect(200).json()["variants"][0].clone();
        assert_eq!((&priced["title"], &priced["option_values"]), (&json!(title), &json!([value])));
    }
}

async fn values_of_an_option_stay_different(backend: StoreBackend, _: &TestEnvironment) {
    let fixture = shop(backend).await;
    let merchant = fixture.env.staff(&fixture.router, Role::Merchant);
    let mut ambiguous = knife();
    ambiguous["translations"]["de"]["texts"]["Large"] = json!("0.2 m");
    let problem = merchant.put("/api/v1/products/knife", ambiguous).await.expect(422).json();
    assert_eq!(problem["errors"][0]["pointer"], "/translations/de/texts");
}

conformance!(
    a_product_is_shown_in_the_requested_language,
    lists_have_titles_facets_and_order_of_the_language,
    words_of_every_language_find_a_product,
    categories_are_named_and_sorted_in_the_language,
    a_draft_has_all_languages_and_prices_have_the_requested_one,
    values_of_an_option_stay_different,
);
