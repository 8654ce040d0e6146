//! The legal texts in the email that confirms an order.

use crate::shop::{Options, Shop};
use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use chassis::client::ServiceClient;
use chassis::tasks::Tasks;
use chassis::transport::in_process;
use chassis::{Problem, problem};
use contracts::Language;
use contracts::catalogue::CatalogueClient;
use contracts::shipping::ShipmentStatus;
use dispatch::mail::ShopContent;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use testkit::TestEnvironment;

/// The pages of a fake catalogue by handle, each with its text by language and the time of its last change.
pub type FakePages = Arc<Mutex<Vec<(&'static str, Value, &'static str)>>>;

async fn storefront(State(pages): State<FakePages>) -> Json<Value> {
    let summary = |(handle, _, updated_at): &(&str, Value, &str)| {
        let legal = if *handle == "about" { Value::Null } else { json!(handle) };
        json!({ "handle": handle, "legal": legal, "titles": {}, "updated_at": updated_at })
    };
    let pages: Vec<Value> = pages.lock().unwrap().iter().map(summary).collect();
    Json(json!({
        "version": 0, "logo": null, "accent": null, "home": {}, "header_menu": [], "footer_menu": [], "pages": pages,
        "missing_pages": [],
        "legal_guarantee": { "de": { "url": "/media/notice.png", "alt": "Zwei Jahre Gewährleistung." } },
    }))
}

async fn email_texts() -> Json<Value> {
    Json(json!({
        "version": 1,
        "texts": {
            "confirmed": { "en": { "subject": "Order {order} is settled", "message": "We pack it today, {name}. {unknown}" } },
            "shipped": { "de": { "subject": "Unterwegs", "message": "Dein Paket ist los." } },
            "cancelled": { "en": { "message": "What a pity!" } },
            "refunded": { "en": { "message": "{amount} is on its way to you: {reason}." } },
        },
        "closing": { "de": "Fragen? 040 123 456" },
    }))
}

async fn page(State(pages): State<FakePages>, Path(handle): Path<String>) -> Result<Json<Value>, Problem> {
    let pages = pages.lock().unwrap();
    let (handle, texts, updated_at) =
        pages.iter().find(|(known, ..)| *known == handle).ok_or_else(|| problem::NOT_FOUND.detail("No such page."))?;
    Ok(Json(json!({ "handle": handle, "legal": handle, "texts": texts, "version": 1, "updated_at": updated_at })))
}

async fn shop() -> Json<Value> {
    Json(json!({
        "name": "Test", "currency": "USD", "locale": "de", "country": "DE", "prices_include_tax": true, "demo": false,
        "seller": { "name": "Test Goods GmbH", "address": ["Hafenstraße 2", "20457 Hamburg"], "tax_id": "DE123456789" },
    }))
}

/// Returns a catalogue with these pages, whose shop has a seller.
pub fn catalogue(pages: &FakePages) -> CatalogueClient {
    let router = Router::new()
        .route("/api/v1/shop", get(shop))
        .route("/api/v1/storefront", get(storefront))
        .route("/api/v1/pages/{handle}", get(page))
        .route("/internal/email-texts", get(email_texts))
        .with_state(Arc::clone(pages));
    let identity = TestEnvironment::default().identity("dispatch");
    CatalogueClient(ServiceClient::new("catalogue", in_process(router, Tasks::new()), identity))
}

fn text(title: &str, body: &str) -> Value {
    json!({ "title": title, "body_html": format!("<p>{body}</p>") })
}

#[tokio::test]
async fn the_confirmation_of_an_order_has_the_terms_and_the_right_of_withdrawal() {
    let pages = FakePages::default();
    pages.lock().unwrap().extend([
        (
            "terms",
            json!({ "de": text("AGB", "Es gilt deutsches Recht."), "en": text("Terms", "German law.") }),
            "2026-11-01T00:00:00Z",
        ),
        ("withdrawal", json!({ "de": text("Widerruf", "Vierzehn Tage.") }), "2026-11-01T00:00:00Z"),
        ("about", json!({ "de": text("Wir", "Ein Laden.") }), "2026-11-01T00:00:00Z"),
    ]);
    let content = ShopContent::default();
    content.refresh(&catalogue(&pages)).await.unwrap();
    let shop = Shop::with_options(Options { content, ..Options::default() }).await;
    shop.place_and_work().await;
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    let bodies = shop.email_bodies().await;
    let legal = "\n\nTerms\n\nGerman law.\n\nWiderruf\n\nVierzehn Tage.";
    let notice = "\n\nZwei Jahre Gewährleistung.\nhttp://shop.test/media/notice.png";
    assert!(bodies[0].ends_with(&format!("{legal}{notice}")), "{}", bodies[0]);
    assert!(!bodies[0].contains("Ein Laden"), "other pages are no part of it");
    let is_legal = |body: &String| body.contains("Vierzehn Tage") || body.contains("Gewährleistung");
    assert!(!bodies[1..].iter().any(is_legal), "{bodies:?}");
}

#[tokio::test]
async fn a_changed_legal_text_is_in_the_next_confirmation() {
    let pages = FakePages::default();
    let (catalogue, content) = (catalogue(&pages), ShopContent::default());
    content.refresh(&catalogue).await.unwrap();
    assert_eq!((content.name().as_str(), content.legal(Language::De)), ("Test", None));
    for (days, changed_at) in [("Vierzehn", "2026-11-01T00:00:00Z"), ("Dreißig", "2026-11-02T00:00:00Z")] {
        let withdrawal = json!({ "de": text("Widerruf", &format!("{days} Tage.")) });
        *pages.lock().unwrap() = vec![("withdrawal", withdrawal, changed_at)];
        content.refresh(&catalogue).await.unwrap();
        for language in [Language::De, Language::Fr] {
            let expected = format!("\n\nWiderruf\n\n{days} Tage.");
            assert_eq!(
                content.legal(language),
                Some(expected),
                "without a translation, the text of the shop's language"
            );
        }
    }
}

#[tokio::test]
async fn emails_have_the_merchants_own_wording() {
    let content = ShopContent::default();
    content.refresh(&catalogue(&FakePages::default())).await.unwrap();
    let shop = Shop::with_options(Options { content, ..Options::default() }).await;
    shop.place_and_work().await;
    let name = shop.view_order().await.address.name.to_string();
    let (subjects, bodies) = (shop.email_subjects().await, shop.email_bodies().await);
    assert_eq!(subjects[1], "Order 10001 is settled - Test");
    let own = format!("Hi {name},\n\nWe pack it today, {name}. {{unknown}}\n\n");
    assert!(bodies[1].starts_with(&own), "{}", bodies[1]);
    assert!(bodies[1].contains("View your order: http") && bodies[1].contains("Total: "), "{}", bodies[1]);
    assert!(bodies[1].ends_with("\n\nFragen? 040 123 456\n\nTest\n"), "{}", bodies[1]);
    shop.receive(&shop.shipment_event(ShipmentStatus::InTransit)).await;
    let bodies = shop.email_bodies().await;
    assert!(
        bodies[2].contains("The carrier has picked up your parcel."),
        "the wording of another language: {}",
        bodies[2]
    );
    let refund = json!({ "amount": { "amount": 500, "currency": "USD" }, "reason": "{order} {name}" });
    shop.staff().post(&shop.path("/refunds"), refund).await.expect(202);
    shop.work().await;
    let body = shop.email_bodies().await.pop().unwrap();
    let filled = format!("Hi {name},\n\n5.00 USD is on its way to you: {{order}} {{name}}.\n\n");
    assert!(body.starts_with(&filled), "a reason is no wording: {body}");
}

#[tokio::test]
async fn a_wording_without_the_facts_comes_before_the_standard_one() {
    let content = ShopContent::default();
    content.refresh(&catalogue(&FakePages::default())).await.unwrap();
    let shop = Shop::with_options(Options { content, ..Options::default() }).await;
    shop.place_and_work().await;
    shop.keyed(&shop.owner).post(&shop.path("/cancel"), json!({})).await.expect(202);
    shop.work().await;
    let body = shop.email_bodies().await.pop().unwrap();
    assert!(body.contains("\n\nWhat a pity!\n\nYour order has been cancelled. We've refunded 25.00 USD."), "{body}");
}
