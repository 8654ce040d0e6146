//! Moving a catalogue from files into MongoDB: all of it arrives, and the stores go on where the files stopped.

mod images;
mod products;
mod stock;

use catalogue::store::{GridFsImages, MongoProducts, MongoStock, ImageFolder, SqliteProducts, SqliteStock};
use chassis::mongo::{ConnectionSettings, Database};
use chassis::data_migration::{Exporter, Importer, Summary, summarise};
use futures::TryStreamExt;
use mongodb::bson::{Document, doc};
use testkit::{TestEnvironment, servers};

/// So small that kinds have several pages.
const PAGE: usize = 2;

/// Copies at most so many pages of a kind, from this place on; says where the next begins.
async fn copy_on(
    from: &dyn Exporter,
    to: &dyn Importer,
    kind: &str,
    place: Option<String>,
    pages: usize,
) -> Option<String> {
    let mut place = place;
    for _ in 0..pages {
        let page = from.page(kind, place.as_deref(), PAGE).await.unwrap();
        assert!(page.records.len() <= PAGE);
        to.receive(kind, &page.records).await.unwrap();
        place = Some(page.next?);
    }
    place
}

/// Copies everything.
async fn copy(from: &dyn Exporter, to: &dyn Importer) {
    for kind in from.kinds() {
        copy_on(from, to, kind, None, usize::MAX).await;
    }
}

/// Copies everything, stopping once after a page and once more, and then going on.
async fn copy_with_stops(from: &dyn Exporter, to: &dyn Importer) {
    for kind in from.kinds() {
        let place = copy_on(from, to, kind, None, 1).await;
        copy_on(from, to, kind, None, 1).await;
        if place.is_some() {
            copy_on(from, to, kind, place, usize::MAX).await;
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

/// Fails unless every kind is there as it is here, with several records of each but those that exist once.
async fn expect_all_moved(from: &dyn Exporter, to: &dyn Exporter) {
    let (here, there) = (summaries(from).await, summaries(to).await);
    let single = ["settings", "tax_rates"];
    let untried = here.iter().find(|(kind, summary)| summary.records < if single.contains(kind) { 1 } else { 2 });
    assert_eq!(untried, None, "every kind is tried");
    assert_eq!(here, there);
}

/// What these collections hold, without the ids that the database gave.
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
async fn every_document_is_found_by_an_index() {
    let (folder, address, env) = (tempfile::tempdir().unwrap(), servers::mongo(), TestEnvironment::default());
    let products = SqliteProducts::open(&folder.path().join("catalogue.db")).await.unwrap();
    let stock = SqliteStock::open(&folder.path().join("stock.db")).await.unwrap();
    let images = ImageFolder::open(&folder.path().join("media")).unwrap();
    products::fill(&products, &env).await;
    stock::fill(&stock, &env).await;
    let there = MongoProducts::open(&address).await.unwrap();
    let stock_there = MongoStock::open(&address).await.unwrap();
    let images_there = GridFsImages::open(&address).await.unwrap();
    catalogue::Media::new(std::sync::Arc::new(ImageFolder::open(&folder.path().join("media")).unwrap()))
        .put_own_drawing(vec![1])
        .await
        .unwrap();
    copy(&images.contents(), &images_there.contents()).await;
    let database = Database::open(&address, "catalogue").await.unwrap();
    database.inner().run_command(doc! { "profile": 2, "slowms": 0 }).await.unwrap();
    for _ in 0..2 {
        copy(&products.contents(), &there.contents()).await;
        copy(&stock.contents(), &stock_there.contents()).await;
        copy(&images.contents(), &images_there.contents()).await;
        for contents in [&there.contents() as &dyn Exporter, &stock_there.contents(), &images_there.contents()] {
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
