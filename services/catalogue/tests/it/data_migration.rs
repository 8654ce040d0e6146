//! Migrating catalogue from SQLite files to MongoDB: everything is copied, and the stores continue from there.

mod images;
mod products;
mod stock;

use catalogue::store::{GridFsImages, ImageFolder, MongoProducts, MongoStock, SqliteProducts, SqliteStock};
use chassis::data_migration::{Exporter, Importer, Summary, summarise};
use chassis::mongo::{ConnectionSettings, Database};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use testkit::{TestEnvironment, servers};

/// Small enough that each kind has several pages.
const PAGE: usize = 2;

/// Copies at most `pages` pages of a kind from a position, and returns the position of the next page.
async fn copy_pages(
    from: &dyn Exporter,
    to: &dyn Importer,
    kind: &str,
    position: Option<String>,
    pages: usize,
) -> Option<String> {
    let mut position = position;
    for _ in 0..pages {
        let page = from.page(kind, position.as_deref(), PAGE).await.unwrap();
        assert!(page.records.len() <= PAGE);
        to.receive(kind, &page.records).await.unwrap();
        position = Some(page.next?);
    }
    position
}

/// Copies every record of every kind.
async fn copy(from: &dyn Exporter, to: &dyn Importer) {
    for kind in from.kinds() {
        copy_pages(from, to, kind, None, usize::MAX).await;
    }
}

/// Copies everything, with two interruptions after the first page of each kind.
async fn copy_with_stops(from: &dyn Exporter, to: &dyn Importer) {
    for kind in from.kinds() {
        let position = copy_pages(from, to, kind, None, 1).await;
        copy_pages(from, to, kind, None, 1).await;
        if position.is_some() {
            copy_pages(from, to, kind, position, usize::MAX).await;
        }
    }
}

async fn summaries(contents: &dyn Exporter) -> Vec<(&'static str, Summary)> {
    let mut all = Vec::new();
    for kind in contents.kinds() {
        all.push((kind, summarise(contents, kind, |_| {}).await.unwrap()));
    }
    all
}

/// Asserts that both stores have the same records, with several of each kind except for single documents.
async fn expect_all_migrated(from: &dyn Exporter, to: &dyn Exporter) {
    let (source, target) = (summaries(from).await, summaries(to).await);
    let single = ["email_texts", "settings", "storefront", "tax_rates"];
    let untested = source.iter().find(|(kind, summary)| summary.records < if single.contains(kind) { 1 } else { 2 });
    assert_eq!(untested, None, "every kind has records");
    assert_eq!(source, target);
}

/// Returns the documents of these collections without the ids that the database generated.
async fn documents(address: &ConnectionSettings, collections: &[&str]) -> Vec<(String, Vec<Document>)> {
    let database = Database::open(address, "catalogue").await.unwrap();
    let mut all = Vec::new();
    for name in collections {
        let found = database.collection::<Document>(name).find(doc! {}).await.unwrap();
        let mut found: Vec<Document> = found.try_collect().await.unwrap();
        for document in &mut found {
            if document.get_object_id("_id").is_ok() {
                document.remove("_id");
            }
        }
        found.sort_by_key(|document| {
            let mut fields: Vec<String> = document.iter().map(|(name, value)| format!("{name} {value}")).collect();
            fields.sort_unstable();
            fields
        });
        all.push(((*name).to_owned(), found));
    }
    all
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn every_migrated_document_is_found_by_an_index() {
    let (folder, address, env) = (tempfile::tempdir().unwrap(), servers::mongo(), TestEnvironment::default());
    let products = SqliteProducts::open(&folder.path().join("catalogue.db")).await.unwrap();
    let stock = SqliteStock::open(&folder.path().join("stock.db")).await.unwrap();
    let images = ImageFolder::open(&folder.path().join("media")).unwrap();
    products::fill(&products, &env).await;
    stock::fill(&stock, &env).await;
    let target = MongoProducts::open(&address).await.unwrap();
    let target_stock = MongoStock::open(&address).await.unwrap();
    let target_images = GridFsImages::open(&address).await.unwrap();
    catalogue::ImageLibrary::new(std::sync::Arc::new(ImageFolder::open(&folder.path().join("media")).unwrap()))
        .put_svg(vec![1])
        .await
        .unwrap();
    copy(&images.contents(), &target_images.contents()).await;
    let database = Database::open(&address, "catalogue").await.unwrap();
    database.inner().run_command(doc! { "profile": 2, "slowms": 0 }).await.unwrap();
    for _ in 0..2 {
        copy(&products.contents(), &target.contents()).await;
        copy(&stock.contents(), &target_stock.contents()).await;
        copy(&images.contents(), &target_images.contents()).await;
        for contents in [&target.contents() as &dyn Exporter, &target_stock.contents(), &target_images.contents()] {
            summaries(contents).await;
            for kind in contents.kinds() {
                let first = contents.page(kind, None, 1).await.unwrap();
                contents.page(kind, first.next.as_deref(), 1).await.unwrap();
            }
        }
    }
    database.inner().run_command(doc! { "profile": 0 }).await.unwrap();
    let profile = database.collection::<Document>("system.profile").find(doc! {}).await.unwrap();
    let profile: Vec<Document> = profile.try_collect().await.unwrap();
    let plans: Vec<&str> = profile.iter().filter_map(|one| one.get_str("planSummary").ok()).collect();
    assert!(plans.len() > 100, "{plans:?}");
    let scans = profile.iter().filter(|one| one.get_str("planSummary").is_ok_and(|plan| plan.contains("COLLSCAN")));
    assert_eq!(scans.collect::<Vec<_>>(), Vec::<&Document>::new());
    let sorts = profile.iter().filter(|one| one.get_bool("hasSortStage").unwrap_or(false));
    assert_eq!(sorts.collect::<Vec<_>>(), Vec::<&Document>::new());
}
