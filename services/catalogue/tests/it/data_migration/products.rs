//! Products, settings, the image queue and import runs.

use super::{copy, copy_with_stops, documents, expect_all_migrated};
use crate::products::{content, image, product, sku, successor};
use crate::store_backend::StoreBackend;
use catalogue::Catalogue;
use catalogue::import::{ImportCounts, ImportRun};
use catalogue::product::Product;
use catalogue::store::{ImageQueue, ImportRuns, MongoProducts, ProductStore, SqliteProducts, WriteOutcome};
use chassis::data_migration::{Exporter, Importer};
use chassis::mongo::ConnectionSettings;
use contracts::ProductId;
use contracts::catalogue::{Oversell, ProductStatus, PromotionDraft, Shop, TaxRate};
use contracts::events::TOPOLOGY;
use events::broker::EmbeddedBroker;
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{TestEnvironment, servers};

const ONE: &str = "https://a.example/$one.png?a=\u{1F600}";
const TWO: &str = "https://a.example/two.png";
const COLLECTIONS: &[&str] = &[
    "settings",
    "promotions",
    "categories",
    "products",
    "variants",
    "picture_fetches",
    "import_runs",
    "import_handles",
];

struct Migration {
    from: SqliteProducts,
    to: MongoProducts,
    address: ConnectionSettings,
    _folder: TempDir,
}

impl Migration {
    async fn prepared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = SqliteProducts::open(&folder.path().join("catalogue.db")).await.unwrap();
        let address = servers::mongo();
        Self { from, to: MongoProducts::open(&address).await.unwrap(), address, _folder: folder }
    }

    async fn all(&self) {
        copy(&self.from.contents(), &self.to.contents()).await;
    }

    async fn expect_done(&self) {
        expect_all_migrated(&self.from.contents(), &self.to.contents()).await;
    }
}

fn shop() -> Shop {
    Shop {
        name: "$hop \u{1F600}.".into(),
        currency: "EUR".parse().unwrap(),
        locale: "de".into(),
        country: "DE".parse().unwrap(),
        prices_include_tax: true,
        seller: None,
        demo: false,
    }
}

fn mug(env: &TestEnvironment) -> Product {
    let mut mug = product(env, "kaffee-\u{1F9E6}", &["MUG", "$set.a", "\u{1F600}"]);
    mug.title = "\u{1F600} $where.\"'\\".to_owned();
    mug.category = None;
    mug.images = vec![image("/media/own.png"), image(ONE), image(TWO)];
    mug.variants[1].compare_at_price = Some(9_007_199_254_740_993);
    mug.variants[1].oversell = Oversell::Continue;
    mug.variants[1].barcode = Some("4006381333931".to_owned());
    mug.variants[2].image = Some(1);
    mug
}

/// Fills a store with records of every kind, and returns its products.
pub async fn fill(store: &dyn ProductStore, env: &TestEnvironment) -> Vec<Product> {
    let mug = mug(env);
    let draft = Product { status: ProductStatus::Draft, ..product(env, "cup", &["CUP"]) };
    let gone = product(env, "gone", &["GONE"]);
    let more = ["a", "b", "c"].map(|name| Product { images: vec![image(TWO)], ..product(env, name, &[name]) });
    let written = store.write_all(&[mug.clone(), draft.clone(), gone.clone()]).await.unwrap();
    assert_eq!(written, [WriteOutcome::Done, WriteOutcome::Done, WriteOutcome::Done]);
    store.write_all(&more).await.unwrap();
    store.replace_image_url(mug.id, ONE, "/media/1.png").await.unwrap();
    store.record_image_failure(mug.id, TWO, "unavailable \u{1F600}", Some(env.system.now())).await.unwrap();
    store.record_image_failure(more[0].id, TWO, "gone", None).await.unwrap();
    let cup = Product { status: ProductStatus::Active, ..successor(&draft) };
    assert_eq!(store.write(&cup).await.unwrap(), WriteOutcome::Done);
    assert!(store.remove(gone.id).await.unwrap());
    set(store, env).await;
    import(store, env).await;
    store.page_after(None, 100).await.unwrap()
}

async fn set(store: &dyn ProductStore, env: &TestEnvironment) {
    store.write_shop(&shop()).await.unwrap();
    for handle in ["imprint", "$about-\u{1F600}"] {
        assert!(store.write_page(&content::page(env, handle, 1)).await.unwrap());
    }
    let settings =
        json!({ "version": 1, "accent": "#0f5a47", "home": { "de": { "title": "$hop", "lead": "\u{1F600}" } } });
    assert!(store.write_storefront(&serde_json::from_value(settings).unwrap()).await.unwrap());
    let emails = json!({ "version": 1, "texts": { "placed": { "de": { "message": "Danke \u{1F600}" } } } });
    assert!(store.write_email_texts(&serde_json::from_value(emails).unwrap()).await.unwrap());
    let rates = json!([{ "country": "FR", "class": "standard", "rate": 200_000 },
        { "country": "DE", "class": "standard", "rate": 190_000 }, { "country": "DE", "class": "$a.b", "rate": 0 }]);
    store.write_tax_rates(&serde_json::from_value::<Vec<TaxRate>>(rates).unwrap()).await.unwrap();
    let drafts = json!([
        { "benefit": { "kind": "percent", "rate": 100_000 } },
        { "benefit": { "kind": "fixed", "amount": { "amount": 9_007_199_254_740_993_i64, "currency": "EUR" } },
            "usage_limit": 2 },
        { "benefit": { "kind": "free_shipping" }, "active": false, "starts_at": env.system.now(),
            "ends_at": "2030-01-02T03:04:05.678901Z", "description": "\u{1F381}" },
    ]);
    let drafts: Vec<PromotionDraft> = serde_json::from_value(drafts).unwrap();
    for (code, draft) in ["$A.B", "CODE", "\u{1F381}"].iter().zip(&drafts) {
        store.write_promotion(code, draft).await.unwrap();
    }
    let kitchen = serde_json::from_value(json!({ "name": "K\u{fc}che", "description": "All for cooks" })).unwrap();
    store.write_category("kitchen", &kitchen).await.unwrap();
    store.create_categories(&[("$new.one".to_owned(), "New".to_owned())]).await.unwrap();
}

fn run(key: &str, id: &str) -> ImportRun {
    let (key, id, counts) = (key.to_owned(), id.to_owned(), ImportCounts::default());
    ImportRun { key, id, pass: 2, rows: u64::from(u32::MAX) + 1, finished: false, counts }
}

async fn import(store: &dyn ProductStore, env: &TestEnvironment) {
    let names = ["a", "$b.c", "\u{1F600}"].map(str::to_owned);
    let moment = env.system.now().checked_add(SignedDuration::from_micros(1_234_567)).unwrap();
    store.save_import_run(&run("begun", "1"), &names, moment).await.unwrap();
    let finished = ImportRun { finished: true, ..run("finished", "2") };
    store.save_import_run(&finished, &["a", "a"].map(str::to_owned), moment).await.unwrap();
    store.save_import_run(&run("again", "3"), &names, moment).await.unwrap();
    store.save_import_run(&run("again", "4"), &[], moment).await.unwrap();
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn everything_is_copied_and_a_second_copy_changes_nothing() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    fill(&migration.from, &env).await;
    migration.all().await;
    migration.expect_done().await;
    let collections = [COLLECTIONS, &["product_changes", "counters"]].concat();
    let first = documents(&migration.address, &collections).await;
    migration.all().await;
    migration.expect_done().await;
    assert_eq!(documents(&migration.address, &collections).await, first);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_interrupted_copy_resumes() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    fill(&migration.from, &env).await;
    copy_with_stops(&migration.from.contents(), &migration.to.contents()).await;
    migration.expect_done().await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_products_are_stored_like_products_written_there() {
    let migration = Migration::prepared().await;
    fill(&migration.from, &TestEnvironment::default()).await;
    migration.all().await;
    let other = servers::mongo();
    fill(&MongoProducts::open(&other).await.unwrap(), &TestEnvironment::default()).await;
    let mut native = documents(&other, COLLECTIONS).await;
    // The handles of a restarted run are not migrated.
    for (_, documents) in native.iter_mut().filter(|(name, _)| name == "import_handles") {
        documents.retain(|document| document.get_str("run").unwrap() != "3");
    }
    assert_eq!(documents(&migration.address, COLLECTIONS).await, native);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_products_can_be_found_sold_and_changed() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    let products = fill(&migration.from, &env).await;
    migration.all().await;
    let store = &migration.to;
    assert_eq!(products.len(), 5);
    assert_eq!(store.page_after(None, 100).await.unwrap(), products);
    let skus = ["MUG", "$set.a", "\u{1F600}", "CUP", "a", "GONE"].map(sku);
    let sorted = |mut records: Vec<catalogue::store::VariantRecord>| {
        records.sort_by_key(|record| record.variant.sku.to_string());
        records
    };
    let records = sorted(store.variants(&skus).await.unwrap());
    assert_eq!(records, sorted(migration.from.variants(&skus).await.unwrap()));
    assert_eq!(records.len(), 5);
    assert_eq!(store.shop().await.unwrap(), Some(shop()));
    assert_eq!(store.tax_rates().await.unwrap(), migration.from.tax_rates().await.unwrap());
    assert_eq!(store.promotions("", 10).await.unwrap(), migration.from.promotions("", 10).await.unwrap());
    assert_eq!(store.categories().await.unwrap(), migration.from.categories().await.unwrap());
    assert_eq!(store.import_run("again").await.unwrap(), Some(run("again", "4")));
    assert_eq!(store.pending_images(10).await.unwrap(), migration.from.pending_images(10).await.unwrap());
    let known = store.fetched_images(&[ONE.to_owned()]).await.unwrap();
    assert_eq!(known[ONE], "/media/1.png");

    let mug = products.iter().find(|one| one.handle.starts_with("kaffee")).unwrap();
    assert_eq!(store.write(mug).await.unwrap(), WriteOutcome::Stale);
    assert_eq!(store.write(&successor(mug)).await.unwrap(), WriteOutcome::Done);
    let thief = product(&env, "thief", &["CUP"]);
    assert_eq!(store.write(&thief).await.unwrap(), WriteOutcome::SkuTaken(sku("CUP")));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn the_migrated_change_log_continues_with_new_changes() {
    let (migration, env) = (Migration::prepared().await, TestEnvironment::default());
    let products = fill(&migration.from, &env).await;
    migration.all().await;
    let (before, reached) = migration.from.changes_after(0, 100).await.unwrap();
    assert_eq!(migration.to.changes_after(0, 100).await.unwrap(), (before.clone(), reached));
    assert!(products.iter().all(|product| before.contains(&product.id)));
    // A search index built from the files can follow the migrated change log.
    let new = product(&env, "new", &["NEW"]);
    migration.to.write_all(&[new.clone(), successor(&products[0])]).await.unwrap();
    let (mut after, last) = migration.to.changes_after(reached, 100).await.unwrap();
    after.sort_unstable();
    let mut expected: Vec<ProductId> = vec![new.id, products[0].id];
    expected.sort_unstable();
    assert_eq!((after, last), (expected, reached + 2));
    // Another copy does not advance the change log.
    migration.all().await;
    migration.to.write(&product(&env, "newer", &["NEWER"])).await.unwrap();
    assert_eq!(migration.to.changes_after(last, 100).await.unwrap().1, last + 1);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_shop_over_the_target_lists_migrated_products() {
    let (backend, env) = (StoreBackend::sqlite(), TestEnvironment::default());
    let StoreBackend::Sqlite(folder) = &backend else { unreachable!() };
    let from = SqliteProducts::open(&folder.path().join("catalogue.db")).await.unwrap();
    let products = fill(&from, &env).await;
    let (address, index) = (servers::mongo(), tempfile::tempdir().unwrap());
    let to = MongoProducts::open(&address).await.unwrap();
    copy(&from.contents(), &to.contents()).await;
    let other = Shop { name: "Other".into(), ..shop() };
    let shop = Catalogue::production(&address, index.path(), env.system.clone(), other).await.unwrap();
    let broker = EmbeddedBroker::open(&index.path().join("broker.db"), TOPOLOGY).await.unwrap();
    let router = catalogue::start(env.service_context("catalogue"), shop, Arc::new(broker)).unwrap().router;
    let listed = env.anonymous(&router).get("/api/v1/products").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), products.len());
    let shown = env.anonymous(&router).get("/api/v1/shop").await.expect(200).json();
    assert_eq!(shown["name"], "$hop \u{1F600}.");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_unknown_kind_of_records_is_rejected() {
    let migration = Migration::prepared().await;
    assert!(migration.from.contents().page("levels", None, 10).await.is_err());
    assert!(migration.to.contents().page("levels", None, 10).await.is_err());
    assert!(migration.to.contents().receive("levels", &[]).await.is_err());
    assert!(migration.to.contents().page("products", Some("{}"), 10).await.is_err());
}
