//! Pages, the settings of the storefront and imports.

use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::store::StorefrontSettings;
use contracts::Language;
use contracts::catalogue::{
    ImportCounts, ImportIssue, ImportStatus, IssueSeverity, Page, PageSummary, PageText, ProductImport,
};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use testkit::TestEnvironment;

pub fn page(env: &TestEnvironment, handle: &str, version: i64) -> Page {
    let text = |title: &str| PageText {
        title: title.parse().unwrap(),
        body_html: format!("<p>$text.of \u{1F4DC} {version}</p>"),
    };
    let texts = BTreeMap::from([(Language::De, text("Über uns")), (Language::En, text("About us"))]);
    Page::new(handle.to_owned(), texts, version, env.system.now())
}

fn summary(page: &Page) -> PageSummary {
    let titles = page.texts.iter().map(|(language, text)| (*language, text.title.clone())).collect();
    PageSummary::new(page.handle.clone(), titles, page.updated_at)
}

async fn a_page_is_replaced_by_its_next_version_only(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    assert_eq!(store.page("about").await.unwrap(), None);
    let (first, second) = (page(env, "about", 1), page(env, "about", 2));
    assert!(!store.write_page(&second).await.unwrap(), "there is no first version");
    assert!(store.write_page(&first).await.unwrap());
    assert!(!store.write_page(&first).await.unwrap(), "it is stored already");
    assert_eq!(store.page("about").await.unwrap(), Some(first.clone()));
    assert!(store.write_page(&second).await.unwrap());
    assert!(!store.write_page(&second).await.unwrap());
    assert_eq!(store.page("about").await.unwrap(), Some(second.clone()));
    let imprint = page(env, "imprint", 1);
    assert!(store.write_page(&imprint).await.unwrap());
    assert_eq!(store.page_summaries().await.unwrap(), [summary(&second), summary(&imprint)]);
    assert!(store.delete_page("about").await.unwrap());
    assert!(!store.delete_page("about").await.unwrap());
    assert_eq!(store.page_summaries().await.unwrap(), [summary(&imprint)]);
    assert!(store.write_page(&first).await.unwrap(), "the handle is free again");
}

async fn of_concurrent_changes_of_a_page_one_is_stored(backend: StoreBackend, env: &TestEnvironment) {
    let (one, other) = (backend.products().await, backend.products().await);
    for version in 1..5 {
        let draft = page(env, "about", version);
        let (left, right) = tokio::join!(one.write_page(&draft), other.write_page(&draft));
        assert!(left.unwrap() ^ right.unwrap(), "version {version}");
    }
}

async fn storefront_settings_are_replaced_by_their_next_version_only(backend: StoreBackend, _: &TestEnvironment) {
    let store = backend.products().await;
    assert_eq!(store.storefront().await.unwrap(), None);
    let settings = |version: i64, accent: &str| StorefrontSettings {
        version,
        accent: Some(accent.parse().unwrap()),
        home: BTreeMap::from([(
            Language::Fr,
            serde_json::from_value(serde_json::json!({ "title": "Bonjour", "lead": "$a.b" })).unwrap(),
        )]),
        ..StorefrontSettings::default()
    };
    assert!(!store.write_storefront(&settings(2, "#000000")).await.unwrap());
    assert!(store.write_storefront(&settings(1, "#0f5a47")).await.unwrap());
    assert!(!store.write_storefront(&settings(1, "#000000")).await.unwrap());
    assert_eq!(store.storefront().await.unwrap(), Some(settings(1, "#0f5a47")));
    assert!(store.write_storefront(&settings(2, "#ffffff")).await.unwrap());
    assert_eq!(store.storefront().await.unwrap(), Some(settings(2, "#ffffff")));
}

async fn imports_are_listed_newest_first_without_their_issues(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let import = |name: &str| {
        // Ids of one millisecond have no order.
        env.advance(SignedDuration::from_secs(1));
        let issue = ImportIssue {
            line: 7,
            column: "Variant Price".to_owned(),
            handle: Some("mug".to_owned()),
            severity: IssueSeverity::Error,
            reason: "is not a price".to_owned(),
        };
        ProductImport {
            id: env.system.id(),
            status: ImportStatus::Running,
            file_name: name.to_owned(),
            dry_run: false,
            set_stock: true,
            author: "merchant".to_owned(),
            started_at: env.system.now(),
            updated_at: env.system.now(),
            bytes_read: 1,
            bytes_total: u64::from(u32::MAX) + 1,
            counts: ImportCounts { rows: 3, errors: 1, ..ImportCounts::default() },
            resumed_after: Some(2),
            issues: vec![issue],
            error: None,
        }
    };
    let (first, second) = (import("a.csv"), import("b.csv"));
    for one in [&first, &second] {
        store.save_import(one).await.unwrap();
    }
    let finished = ProductImport { status: ImportStatus::Finished, ..first.clone() };
    store.save_import(&finished).await.unwrap();
    assert_eq!(store.import(first.id).await.unwrap(), Some(finished.clone()));
    assert_eq!(store.import(env.system.id()).await.unwrap(), None);
    let listed = |import: &ProductImport| ProductImport { issues: Vec::new(), ..import.clone() };
    assert_eq!(store.imports(None, 5).await.unwrap(), [listed(&second), listed(&finished)]);
    assert_eq!(store.imports(None, 1).await.unwrap(), [listed(&second)]);
    assert_eq!(store.imports(Some(second.id), 5).await.unwrap(), [listed(&finished)]);
    store.purge_imports(second.updated_at).await.unwrap();
    assert_eq!(store.imports(None, 5).await.unwrap(), [listed(&second)]);
}

conformance!(
    a_page_is_replaced_by_its_next_version_only,
    of_concurrent_changes_of_a_page_one_is_stored,
    storefront_settings_are_replaced_by_their_next_version_only,
    imports_are_listed_newest_first_without_their_issues,
);
