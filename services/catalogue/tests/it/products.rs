//! The contract of every product store.

pub mod content;
mod image_queue;
mod import_runs;
mod races;
mod settings;

use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::product::{Metafield, Product, StoredTranslation, TranslatedText, Variant};
use catalogue::store::{ProductStore, WriteOutcome};
use contracts::catalogue::{Image, Oversell, ProductOption, ProductStatus, SitemapProduct};
use contracts::{Language, ProductId, Sku};
use std::collections::HashMap;
use std::sync::Arc;
use testkit::TestEnvironment;

pub type Store = Arc<dyn ProductStore>;

pub fn sku(name: &str) -> Sku {
    name.parse().unwrap()
}

pub fn image(url: &str) -> Image {
    Image { url: url.to_owned(), alt: String::new() }
}

fn variant(name: &str) -> Variant {
    Variant {
        sku: sku(name),
        option_values: vec![name.to_owned()],
        price: 2_400,
        compare_at_price: None,
        weight_grams: 350,
        oversell: Oversell::Deny,
        barcode: None,
        image: None,
        cost: Some(900),
        is_digital: false,
        unit_measure: None,
        past_prices: Vec::new(),
    }
}

pub fn product(env: &TestEnvironment, handle: &str, skus: &[&str]) -> Product {
    Product {
        id: ProductId(env.system.id()),
        handle: handle.to_owned(),
        version: 1,
        status: ProductStatus::Active,
        title: format!("Title of {handle}"),
        description_html: "<p>Oak.</p>".to_owned(),
        vendor: "Maker".to_owned(),
        category: Some("kitchen".to_owned()),
        tags: vec!["gift".to_owned()],
        options: vec![ProductOption { name: "Size".parse().unwrap(), values: vec!["S".parse().unwrap()] }],
        variants: skus.iter().map(|name| variant(name)).collect(),
        images: Vec::new(),
        tax_class: "standard".to_owned(),
        seo_title: Some("Oak".to_owned()),
        seo_description: String::new(),
        standard_category: None,
        google_category: None,
        withdrawal_exception: None,
        safety: None,
        metafields: vec![Metafield {
            name: "Wood (product.metafields.custom.wood)".to_owned(),
            value: "oak".to_owned(),
        }],
        translations: vec![translation("Eiche")],
        created_at: env.system.now(),
        updated_at: env.system.now(),
    }
}

fn translation(title: &str) -> StoredTranslation {
    let text = TranslatedText { text: "$set.0 a".to_owned(), translation: "Wert".to_owned() };
    StoredTranslation {
        language: Language::De,
        title: Some(title.to_owned()),
        description_html: String::new(),
        seo_title: None,
        seo_description: String::new(),
        safety_warnings: "Hei\u{df}.".parse().unwrap(),
        texts: vec![text],
    }
}

pub fn successor(of: &Product) -> Product {
    Product { version: of.version + 1, ..of.clone() }
}

async fn a_product_is_read_back_exactly(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mut mug = product(env, "mug", &["MUG", "$set.a"]);
    mug.images = vec![image("/media/one.png"), image("/media/two.png")];
    mug.variants[1] = Variant {
        price: 9_007_199_254_740_993,
        compare_at_price: Some(i64::MAX),
        weight_grams: u32::MAX,
        oversell: Oversell::Continue,
        barcode: Some("4006381333931".to_owned()),
        image: Some(1),
        ..mug.variants[1].clone()
    };
    assert_eq!(store.write(&mug).await.unwrap(), WriteOutcome::Done);
    assert_eq!(store.by_handle("mug").await.unwrap(), Some(mug.clone()));
    assert_eq!(store.by_handle("Mug").await.unwrap(), None);
    assert_eq!(store.by_ids(&[mug.id, ProductId(env.system.id())]).await.unwrap(), [mug.clone()]);
    assert_eq!(store.by_handles(&["mug".to_owned(), "no".to_owned()]).await.unwrap(), [mug.clone()]);
    let mut records = store.variants(&[sku("MUG"), sku("$set.a"), sku("NO")]).await.unwrap();
    records.sort_by_key(|record| record.variant.price);
    let seen: Vec<_> = records.iter().map(|record| (&record.variant, record.image.as_ref().unwrap())).collect();
    assert_eq!(seen, [(&mug.variants[0], &mug.images[0]), (&mug.variants[1], &mug.images[1])]);
    let record = &records[0];
    let published = (record.product_id, record.handle.as_str(), record.title.as_str(), record.tax_class.as_str());
    assert_eq!(published, (mug.id, "mug", "Title of mug", "standard"));
}

async fn any_script_and_any_field_name_is_plain_text(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let names = ["$set", "a.b", "_id", ".", "\u{1F600}", "\u{e9}", "e\u{301}", "A", "a"];
    let mut odd = product(env, "kaffee-\u{1F9E6}-\u{6f22}\u{5b57}", &names);
    odd.title = "\u{1F600} $where.\"'\\".to_owned();
    odd.tags = vec!["$tag".to_owned(), "a.b".to_owned(), String::new()];
    odd.options[0].name = "$option.name".parse().unwrap();
    assert_eq!(store.write(&odd).await.unwrap(), WriteOutcome::Done);
    assert_eq!(store.by_handle(&odd.handle).await.unwrap(), Some(odd.clone()));
    let skus: Vec<Sku> = names.iter().map(|name| sku(name)).collect();
    let owners = store.owners(&skus).await.unwrap();
    assert_eq!(owners, skus.iter().map(|sku| (sku.clone(), odd.id)).collect::<HashMap<_, _>>());
}

async fn the_largest_product_is_stored_completely(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let names: Vec<String> = (0..2_000).map(|n| format!("{}{n}", "\u{1F9E6}".repeat(50))).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut large = product(env, "large", &names);
    large.description_html = "\u{1F600}".repeat(65_535);
    large.options[0].values = (0..2_000).map(|n| format!("{}{n}", "\u{6f22}".repeat(100)).parse().unwrap()).collect();
    large.images = (0..250).map(|n| image(&format!("https://a.example/{}{n}", "\u{6f22}".repeat(2_000)))).collect();
    assert_eq!(store.write(&large).await.unwrap(), WriteOutcome::Done);
    let after = Product { title: "Again".to_owned(), ..successor(&large) };
    assert_eq!(store.write(&after).await.unwrap(), WriteOutcome::Done);
    assert!(store.by_handle("large").await.unwrap() == Some(after.clone()));
    let skus: Vec<Sku> = after.skus().cloned().collect();
    let records = store.variants(&skus).await.unwrap();
    assert!(records.len() == 2_000 && records.iter().all(|record| record.title == "Again"));
    assert_eq!(store.pending_images(1_000).await.unwrap(), 250);
}

async fn a_product_is_replaced_only_by_its_next_version(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let first = product(env, "mug", &["MUG", "OLD"]);
    store.write(&first).await.unwrap();
    let second = Product { variants: vec![variant("MUG"), variant("NEW")], ..successor(&first) };
    assert_eq!(store.write(&second).await.unwrap(), WriteOutcome::Done);
    let other = Product { handle: "mug".to_owned(), ..product(env, "mug", &["X"]) };
    for stale in [first.clone(), successor(&first), Product { version: 4, ..second.clone() }, other] {
        assert_eq!(store.write(&stale).await.unwrap(), WriteOutcome::Stale);
    }
    assert_eq!(store.by_handle("mug").await.unwrap(), Some(second.clone()));
    let owned = store.owners(&[sku("MUG"), sku("NEW"), sku("OLD"), sku("X")]).await.unwrap();
    assert_eq!(owned, HashMap::from([(sku("MUG"), first.id), (sku("NEW"), first.id)]));
}

async fn a_taken_sku_is_reported_and_nothing_changes(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mug = product(env, "mug", &["MUG"]);
    store.write(&mug).await.unwrap();
    let (_, start) = store.changes_after(0, 10).await.unwrap();
    let other = product(env, "other", &["FREE", "MUG"]);
    assert_eq!(store.write(&other).await.unwrap(), WriteOutcome::SkuTaken(sku("MUG")));
    assert_eq!(store.by_handle("other").await.unwrap(), None);
    assert_eq!(store.owners(&[sku("FREE"), sku("MUG")]).await.unwrap(), HashMap::from([(sku("MUG"), mug.id)]));
    assert_eq!(store.changes_after(start, 10).await.unwrap(), (vec![], start));
}

async fn in_a_batch_valid_products_are_written_and_others_rejected(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let (mug, towel) = (product(env, "mug", &["MUG"]), product(env, "towel", &["TOWEL"]));
    store.write_all(&[mug.clone(), towel.clone()]).await.unwrap();
    let thief = product(env, "thief", &["TOWEL"]);
    let plate = product(env, "plate", &["PLATE"]);
    let batch = [thief, Product { title: "Better".to_owned(), ..successor(&mug) }, towel.clone(), plate.clone()];
    let written = store.write_all(&batch).await.unwrap();
    assert_eq!(
        written,
        [WriteOutcome::SkuTaken(sku("TOWEL")), WriteOutcome::Done, WriteOutcome::Stale, WriteOutcome::Done]
    );
    assert_eq!(store.by_handle("mug").await.unwrap().unwrap().title, "Better");
    assert_eq!(store.by_handle("thief").await.unwrap(), None);
    assert_eq!(store.by_handle("towel").await.unwrap(), Some(towel));
    assert_eq!(store.by_handle("plate").await.unwrap(), Some(plate));
    assert_eq!(store.write_all(&[]).await.unwrap(), []);
}

async fn products_of_a_batch_are_checked_in_order(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mug = product(env, "mug", &["MUG", "SET"]);
    store.write(&mug).await.unwrap();
    let smaller = Product { variants: vec![variant("MUG")], ..successor(&mug) };
    let heir = product(env, "heir", &["SET"]);
    let late = product(env, "late", &["SET"]);
    let again = Product { title: "Third".to_owned(), ..successor(&smaller) };
    let written = store.write_all(&[smaller, heir.clone(), late, again.clone()]).await.unwrap();
    assert_eq!(
        written,
        [WriteOutcome::Done, WriteOutcome::Done, WriteOutcome::SkuTaken(sku("SET")), WriteOutcome::Done]
    );
    assert_eq!(store.by_handle("mug").await.unwrap(), Some(again));
    let owned = store.owners(&[sku("MUG"), sku("SET")]).await.unwrap();
    assert_eq!(owned, HashMap::from([(sku("MUG"), mug.id), (sku("SET"), heir.id)]));
}

async fn a_removed_product_frees_its_handle_and_skus(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mug = product(env, "mug", &["MUG"]);
    store.write(&mug).await.unwrap();
    let (_, start) = store.changes_after(0, 10).await.unwrap();
    assert!(store.remove(mug.id).await.unwrap());
    assert!(!store.remove(mug.id).await.unwrap());
    assert_eq!(store.changes_after(start, 1).await.unwrap().0, [mug.id]);
    assert_eq!(store.by_ids(&[mug.id]).await.unwrap(), []);
    assert!(store.variants(&[sku("MUG")]).await.unwrap().is_empty());
    assert_eq!(store.write(&product(env, "mug", &["MUG"])).await.unwrap(), WriteOutcome::Done);
}

async fn only_active_products_are_priced(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    for (handle, status) in [("draft", ProductStatus::Draft), ("archived", ProductStatus::Archived)] {
        let hidden = Product { status, ..product(env, handle, &[handle]) };
        store.write(&hidden).await.unwrap();
        assert!(store.variants(&[sku(handle)]).await.unwrap().is_empty());
        assert_eq!(store.owners(&[sku(handle)]).await.unwrap().len(), 1);
        store.write(&Product { status: ProductStatus::Active, ..successor(&hidden) }).await.unwrap();
        assert_eq!(store.variants(&[sku(handle)]).await.unwrap().len(), 1);
    }
}

async fn products_are_paged_by_id(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mut ids = Vec::new();
    for n in 0..7 {
        let one = product(env, &format!("item-{n}"), &[&format!("SKU-{n}")]);
        store.write(&one).await.unwrap();
        ids.push(one.id);
    }
    ids.sort();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.page_after(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.into_iter().map(|one| one.id));
    }
    assert_eq!(seen, ids);
    assert!(store.page_after(None, 0).await.unwrap().is_empty());
}

async fn references_are_those_of_products_for_sale(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let mut for_sale = Vec::new();
    for n in 0..7 {
        let mut one = product(env, &format!("item-{n}"), &[&format!("SKU-{n}")]);
        if n % 3 == 1 {
            one.status = ProductStatus::Draft;
        } else {
            let (id, handle, updated_at) = (one.id, one.handle.clone(), one.updated_at);
            for_sale.push(SitemapProduct { id, handle, updated_at });
        }
        store.write(&one).await.unwrap();
    }
    for_sale.sort_by_key(|reference| reference.id);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.references_after(after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page);
    }
    assert_eq!(seen, for_sale);
    assert!(store.references_after(None, 0).await.unwrap().is_empty());
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = store.with_status(ProductStatus::Active, before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        seen.extend(page.into_iter().map(|product| product.id));
    }
    assert_eq!(seen, for_sale.iter().rev().map(|reference| reference.id).collect::<Vec<_>>(), "the newest first");
    assert!(store.with_status(ProductStatus::Archived, None, 2).await.unwrap().is_empty());
}

async fn changes_are_read_in_batches_and_never_twice(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let all: Vec<Product> = (0..5).map(|n| product(env, &format!("p{n}"), &[&format!("S{n}")])).collect();
    for one in &all {
        store.write(one).await.unwrap();
    }
    let (mut seen, mut position) = (Vec::new(), 0);
    loop {
        let (ids, reached) = store.changes_after(position, 2).await.unwrap();
        if ids.is_empty() {
            assert_eq!(reached, position);
            break;
        }
        assert!(reached > position);
        position = reached;
        seen.extend(ids);
    }
    assert_eq!(seen, all.iter().map(|one| one.id).collect::<Vec<_>>());
    assert_eq!(store.changes_after(position, 0).await.unwrap(), (vec![], position));
}

conformance!(
    a_product_is_read_back_exactly,
    any_script_and_any_field_name_is_plain_text,
    the_largest_product_is_stored_completely,
    a_product_is_replaced_only_by_its_next_version,
    a_taken_sku_is_reported_and_nothing_changes,
    in_a_batch_valid_products_are_written_and_others_rejected,
    products_of_a_batch_are_checked_in_order,
    a_removed_product_frees_its_handle_and_skus,
    only_active_products_are_priced,
    products_are_paged_by_id,
    references_are_those_of_products_for_sale,
    changes_are_read_in_batches_and_never_twice,
);
