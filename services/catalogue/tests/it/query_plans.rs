//! Every query of MongoDB uses an index.

use crate::products::{image, product, sku};
use crate::stock::adjustment;
use crate::store_backend::StoreBackend;
use catalogue::import::{ImportCounts, ImportRun};
use catalogue::product::Product;
use catalogue::stock::{Reservation, sum_demand};
use catalogue::store::{Idempotency, KeyedRequest, NewSku, StockFilter};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse};
use chassis::mongo::Database;
use contracts::OrderId;
use contracts::catalogue::{Oversell, ReservationKey};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use testkit::TestEnvironment;

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn every_query_uses_an_index() {
    let (backend, env) = (StoreBackend::mongo(), TestEnvironment::default());
    let StoreBackend::Mongo(address) = &backend else { unreachable!() };
    let (stock, products) = (backend.stock().await, backend.products().await);
    let database = Database::open(address, "catalogue").await.unwrap();
    database.inner().run_command(doc! { "profile": 2, "slowms": 0 }).await.unwrap();

    let now = env.system.now();
    let new = |name: &str| NewSku { sku: sku(name), oversell: Oversell::Deny, initial: 3 };
    stock.ensure(&[new("A"), new("B")], "test", now).await.unwrap();
    let key = ReservationKey { order_id: OrderId(env.system.id()), attempt: 1 };
    let requested = Reservation {
        order_id: key.order_id,
        attempt: 1,
        demand: sum_demand([(sku("A"), 3), (sku("B"), 1)]),
        promotion: Some(("CODE".to_owned(), Some(5))),
        expected_by: now,
        cart_id: None,
    };
    stock.reserve(&requested).await.unwrap();
    stock.active_reservations(None, 10).await.unwrap();
    stock.active_reservations(Some(key), 10).await.unwrap();
    stock.commit(key, now).await.unwrap();
    stock.release(key, now).await.unwrap();
    stock.adjust(&adjustment("A", 1, now), Idempotency::Key("k")).await.unwrap();
    let request = IdempotentRequest::new(
        IdempotencyScope { owner: "me".into(), operation: "adjust-stock", key: "k".into() },
        b"",
        b"",
    );
    let answer = |_, _| Ok(JsonResponse { status: 200, body: b"{}".to_vec() });
    for _ in 0..2 {
        let once = Idempotency::Request(KeyedRequest { request: &request, respond: &answer });
        stock.adjust(&adjustment("A", 1, now), once).await.unwrap();
    }
    stock.purge_responses(now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap()).await.unwrap();
    stock.set_threshold(&sku("A"), Some(4)).await.unwrap();
    stock.history(&sku("A"), Some(3), 10).await.unwrap();
    for filter in [StockFilter::All, StockFilter::Low, StockFilter::Shortfall] {
        stock.list(&filter.into(), None, 10).await.unwrap();
        stock.list(&filter.into(), Some(&sku("A")), 10).await.unwrap();
    }
    stock.levels(&[sku("A")]).await.unwrap();
    stock.promotion_uses(&["CODE"]).await.unwrap();
    stock.changes_after(0, 10).await.unwrap();

    let urls = ["https://a.example/1.png", "https://a.example/2.png"];
    let mug = Product { images: urls.map(image).to_vec(), ..product(&env, "mug", &["A"]) };
    products.write_all(&[mug.clone(), product(&env, "cup", &["B"])]).await.unwrap();
    products.due_images(now, 10).await.unwrap();
    products.replace_image_url(mug.id, urls[0], "/media/1.png").await.unwrap();
    products.record_image_failure(mug.id, urls[1], "unavailable", None).await.unwrap();
    products.fetched_images(&urls.map(str::to_owned)).await.unwrap();
    products.failed_images(None, 10).await.unwrap();
    products.failed_images(Some((mug.id, urls[0].to_owned())), 10).await.unwrap();
    products.retry_images(now).await.unwrap();
    products.pending_images(10).await.unwrap();
    products.by_handle("mug").await.unwrap();
    products.by_handles(&["mug".to_owned()]).await.unwrap();
    products.by_ids(&[mug.id]).await.unwrap();
    products.page_after(Some(mug.id), 10).await.unwrap();
    products.references_after(Some(mug.id), 10).await.unwrap();
    products.with_status(mug.status, Some(mug.id), 10).await.unwrap();
    products.variants(&[sku("A")]).await.unwrap();
    products.owners(&[sku("A")]).await.unwrap();
    products.changes_after(0, 10).await.unwrap();
    products.create_categories(&[("k".to_owned(), "K".to_owned())]).await.unwrap();
    products.categories().await.unwrap();
    products.tax_rates().await.unwrap();
    products.tax_rates_of("DE".parse().unwrap()).await.unwrap();
    products.promotion("CODE").await.unwrap();
    products.promotions("A", 10).await.unwrap();
    products.shop().await.unwrap();
    let run = ImportRun {
        key: "k".into(),
        id: "i".into(),
        pass: 1,
        rows: 1,
        finished: true,
        counts: ImportCounts::default(),
    };
    products.save_import_run(&run, &["mug".to_owned()], now).await.unwrap();
    products.import_run("k").await.unwrap();
    products.seen_handles("i", &["mug".to_owned()]).await.unwrap();
    products.purge_import_runs(now.checked_add(jiff::SignedDuration::from_secs(1)).unwrap()).await.unwrap();
    products.remove(mug.id).await.unwrap();

    database.inner().run_command(doc! { "profile": 0 }).await.unwrap();
    let profile = database.collection::<Document>("system.profile");
    let profiled: Vec<Document> =
        profile.find(doc! { "planSummary": { "$exists": true } }).await.unwrap().try_collect().await.unwrap();
    assert!(profiled.len() > 50, "{} operations were profiled", profiled.len());
    let scans: Vec<&Document> = profiled
        .iter()
        .filter(|one| one.get_str("planSummary").unwrap().contains("COLLSCAN"))
        .filter(|one| !one.get_str("ns").unwrap().ends_with("system.profile"))
        .collect();
    assert!(scans.is_empty(), "{scans:#?}");
}
