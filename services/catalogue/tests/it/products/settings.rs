//! Categories, tax rates, promotions and the shop's settings.

use super::product;
use crate::conformance;
use crate::store_backend::StoreBackend;
use catalogue::store::{Category, CategoryDeletion};
use contracts::Rate;
use contracts::catalogue::{
    Benefit, CategoryDraft, CategoryTranslations, ProductStatus, PromotionDraft, Seller, Shop, TaxRate,
};
use serde_json::json;
use std::collections::HashMap;
use testkit::TestEnvironment;

fn category(name: &str, description: &str) -> CategoryDraft {
    serde_json::from_value(json!({ "name": name, "description": description })).unwrap()
}

/// The translations of the category `Kitchen`.
fn in_german() -> CategoryTranslations {
    serde_json::from_value(json!({ "de": { "name": "K\u{fc}che", "description": "F\u{fc}r K\u{f6}che" } })).unwrap()
}

fn rate(country: &str, class: &str, millionths: u32) -> TaxRate {
    serde_json::from_value(json!({ "country": country, "class": class, "rate": millionths })).unwrap()
}

async fn categories_are_stored_by_handle_and_listed_by_name(backend: StoreBackend, _: &TestEnvironment) {
    let store = backend.products().await;
    let kitchen = CategoryDraft { translations: in_german(), ..category("Kitchen \u{1F373}", "All for cooks") };
    store.write_category("k", &kitchen).await.unwrap();
    store.write_category("b", &category("Zebra", "")).await.unwrap();
    store.write_category("b", &category("Bath", "")).await.unwrap();
    let made = [("k".to_owned(), "Other".to_owned()), ("$new.one".to_owned(), "A new one".to_owned())];
    for _ in 0..2 {
        store.create_categories(&made).await.unwrap();
    }
    store.create_categories(&[]).await.unwrap();
    let category = |handle: &str, name: &str, description: &str| Category {
        handle: handle.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        translations: if handle == "k" { in_german() } else { CategoryTranslations::new() },
    };
    let expected = [
        category("$new.one", "A new one", ""),
        category("b", "Bath", ""),
        category("k", "Kitchen \u{1F373}", "All for cooks"),
    ];
    assert_eq!(store.categories().await.unwrap(), expected);
}

async fn a_category_is_deleted_unless_a_product_has_it(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    for handle in ["used", "free"] {
        store.write_category(handle, &category(handle, "")).await.unwrap();
    }
    let mut product = product(env, "lamp", &["LAMP"]);
    product.category = Some("used".to_owned());
    product.status = ProductStatus::Archived;
    store.write(&product).await.unwrap();
    assert_eq!(store.delete_category("used").await.unwrap(), CategoryDeletion::InUse);
    assert_eq!(store.delete_category("free").await.unwrap(), CategoryDeletion::Done);
    assert_eq!(store.delete_category("free").await.unwrap(), CategoryDeletion::Unknown);
    assert_eq!(store.categories().await.unwrap().len(), 1);
    store.remove(product.id).await.unwrap();
    assert_eq!(store.delete_category("used").await.unwrap(), CategoryDeletion::Done);
    assert_eq!(store.categories().await.unwrap(), []);
}

async fn all_tax_rates_are_replaced_together(backend: StoreBackend, _: &TestEnvironment) {
    let store = backend.products().await;
    assert_eq!(store.tax_rates().await.unwrap(), []);
    assert!(store.tax_rates_of("DE".parse().unwrap()).await.unwrap().is_empty());
    let rates = [rate("FR", "standard", 200_000), rate("DE", "standard", 190_000), rate("DE", "$books.e", 70_000)];
    store.write_tax_rates(&rates).await.unwrap();
    let [french, german, books] = rates;
    assert_eq!(store.tax_rates().await.unwrap(), [books.clone(), german.clone(), french]);
    let of_germany = HashMap::from([("standard".to_owned(), german.rate), ("$books.e".to_owned(), books.rate)]);
    assert_eq!(store.tax_rates_of("DE".parse().unwrap()).await.unwrap(), of_germany);
    assert!(store.write_tax_rates(&[german.clone(), german.clone()]).await.is_err(), "a class has two rates");
    assert_eq!(store.tax_rates().await.unwrap().len(), 3);
    store.write_tax_rates(std::slice::from_ref(&german)).await.unwrap();
    assert_eq!(store.tax_rates().await.unwrap(), [german]);
    store.write_tax_rates(&[]).await.unwrap();
    assert_eq!(store.tax_rates().await.unwrap(), []);
}

async fn concurrent_tax_rate_writes_do_not_mix(backend: StoreBackend, _: &TestEnvironment) {
    let (one, other) = (backend.products().await, backend.products().await);
    for _ in 0..5 {
        let (first, second) = ([rate("DE", "a", 1), rate("FR", "a", 1)], [rate("IT", "b", 2), rate("US", "b", 2)]);
        let (left, right) = tokio::join!(one.write_tax_rates(&first), other.write_tax_rates(&second));
        left.unwrap();
        right.unwrap();
        let kept = one.tax_rates().await.unwrap();
        assert!(kept == first || kept == second, "{kept:?}");
    }
}

async fn promotions_are_stored_by_code_and_paged(backend: StoreBackend, env: &TestEnvironment) {
    let store = backend.products().await;
    let money = |amount: i64| json!({ "amount": amount, "currency": "EUR" });
    let drafts: Vec<PromotionDraft> = [
        json!({ "benefit": { "kind": "percent", "rate": 100_000 } }),
        json!({ "benefit": { "kind": "fixed", "amount": money(9_007_199_254_740_993) }, "min_subtotal": money(1) }),
        json!({ "benefit": { "kind": "free_shipping" }, "usage_limit": u32::MAX, "active": false,
                "starts_at": env.system.now(), "ends_at": "2030-01-02T03:04:05.678901Z", "description": "\u{1F381}" }),
    ]
    .into_iter()
    .map(|draft| serde_json::from_value(draft).unwrap())
    .collect();
    let codes = ["$A.B", "CODE", "\u{1F381}"];
    for (code, draft) in codes.iter().zip(&drafts) {
        store.write_promotion(code, draft).await.unwrap();
        assert_eq!(store.promotion(code).await.unwrap().as_ref(), Some(draft));
    }
    assert_eq!(store.promotion("code").await.unwrap(), None);
    let first = store.promotions("", 2).await.unwrap();
    assert_eq!(first, [(codes[0].to_owned(), drafts[0].clone()), (codes[1].to_owned(), drafts[1].clone())]);
    assert_eq!(store.promotions("CODE", 2).await.unwrap(), [(codes[2].to_owned(), drafts[2].clone())]);
    store.write_promotion("CODE", &drafts[0]).await.unwrap();
    let benefit = store.promotion("CODE").await.unwrap().unwrap().benefit;
    assert_eq!(benefit, Benefit::Percent { rate: Rate::from_millionths(100_000).unwrap() });
    assert!(store.delete_promotion("CODE").await.unwrap());
    assert!(!store.delete_promotion("CODE").await.unwrap());
    assert_eq!(store.promotion("CODE").await.unwrap(), None);
    assert_eq!(store.promotions("", 9).await.unwrap().len(), 2);
}

async fn the_latest_shop_settings_are_returned(backend: StoreBackend, _: &TestEnvironment) {
    let store = backend.products().await;
    assert_eq!(store.shop().await.unwrap(), None);
    let shop = Shop {
        name: "$hop \u{1F600}.".into(),
        currency: "EUR".parse().unwrap(),
        locale: "de".into(),
        country: "DE".parse().unwrap(),
        prices_include_tax: true,
        seller: Some(Seller {
            name: "Hofladen M\u{fc}ller".parse().unwrap(),
            address: vec!["Lindenweg 7".parse().unwrap()],
            tax_id: None,
        }),
        demo: false,
    };
    assert_eq!(store.initialise_shop(&shop).await.unwrap(), shop);
    let renamed = Shop { name: "Other".into(), prices_include_tax: false, ..shop.clone() };
    assert_eq!(store.initialise_shop(&renamed).await.unwrap(), shop, "the first settings apply");
    store.write_shop(&renamed).await.unwrap();
    assert_eq!(store.shop().await.unwrap(), Some(renamed));
}

conformance!(
    categories_are_stored_by_handle_and_listed_by_name,
    a_category_is_deleted_unless_a_product_has_it,
    all_tax_rates_are_replaced_together,
    concurrent_tax_rate_writes_do_not_mix,
    promotions_are_stored_by_code_and_paged,
    the_latest_shop_settings_are_returned,
);
