//! Invoices, packing slips and address labels.

use crate::legal_texts::{FakePages, catalogue};
use crate::shop::{Options, Shop, german_address};
use contracts::dispatch::OrderView;
use contracts::shipping::{ShipmentLine, ShipmentStatus, ShipmentView};
use contracts::{Language, Quantity, ShipmentId};
use dispatch::mail::ShopContent;
use serde_json::json;
use testkit::samples;
use testkit::{Answer, Caller};
use uuid::Uuid;

/// Opens a shop that has entered its seller, with an order of two units in German.
async fn german_shop() -> Shop {
    let content = ShopContent::default();
    content.refresh(&catalogue(&FakePages::default())).await.unwrap();
    let shop =
        Shop::with_options(Options { quantity: 2, address: german_address(), content, ..Options::default() }).await;
    shop.payment.with(|state| {
        state.record.language = Language::De;
        let cart = &mut state.record.cart;
        (cart.lines[0].title, cart.lines[0].tax_label) = ("Bücherregal «Øst»".into(), "19%".into());
        cart.lines[0].tax = samples::usd(319);
        cart.totals.tax = samples::usd(319);
    });
    shop
}

async fn document(shop: &Shop, caller: &Caller, path: &str) -> Answer {
    caller.get(&shop.path(path)).await
}

/// Returns the text of a PDF, with one space between its words.
fn text(answer: Answer) -> String {
    let answer = answer.expect(200);
    assert_eq!(answer.headers["content-type"], "application/pdf");
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    let text = pdf_extract::extract_text_from_mem(&answer.bytes).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn an_invoice_names_seller_customer_items_and_taxes_in_the_language_of_the_order() {
    let shop = german_shop().await;
    shop.place_and_work().await;
    assert!(shop.view_order().await.has_invoice);
    let answer = document(&shop, &shop.owner, "/invoice").await;
    assert_eq!(answer.headers["content-disposition"], "inline; filename=\"invoice-R-000001.pdf\"");
    let text = text(answer);
    contains_all(
        &text,
        &[
            "Rechnung R-000001",
            "Steuersatz Betrag",
            "Test Goods GmbH",
            "Hafenstraße 2 · 20457 Hamburg",
            "Steuernummer: DE123456789",
            "20095 Hamburg",
            "GERMANY",
            "Bestellnummer 10001",
            "Bücherregal «Øst»",
            samples::SKU,
            "Versand (Standard) 5,00 USD",
            "Gesamtsumme 25,00 USD",
            "Enthaltene Steuer 3,19 USD",
            "19% 16,81 USD 3,19 USD 20,00 USD",
            "Bezahlt 25,00 USD",
        ],
    );
    assert!(!text.contains("Erstattet"), "{text}");
}

#[tokio::test]
async fn a_refund_is_on_the_invoice() {
    let shop = german_shop().await;
    shop.deliver().await;
    let refund = json!({ "amount": samples::usd(700), "reason": "damaged" });
    shop.staff().post(&shop.path("/refunds"), refund).await.expect(202);
    shop.work().await;
    let text = text(document(&shop, &shop.owner, "/invoice").await);
    contains_all(&text, &["Bezahlt 25,00 USD", "Erstattet 7,00 USD"]);
}

#[tokio::test]
async fn only_the_customer_and_staff_see_the_invoice_of_an_order() {
    let shop = german_shop().await;
    shop.place_and_work().await;
    document(&shop, &shop.env.anonymous(&shop.service.router), "/invoice").await.expect(401);
    document(&shop, &shop.env.guest(&shop.service.router), "/invoice").await.expect(404);
    document(&shop, &shop.staff(), "/invoice").await.expect(200);
}

#[tokio::test]
async fn there_is_no_invoice_without_payment_or_seller() {
    let shop = german_shop().await;
    shop.receive(&shop.placed_event()).await;
    assert!(!shop.view_order().await.has_invoice);
    assert_eq!(document(&shop, &shop.owner, "/invoice").await.problem(409), "invoice-unavailable");
    let shop = Shop::open().await;
    shop.place_and_work().await;
    assert!(!shop.view_order().await.has_invoice);
    assert_eq!(document(&shop, &shop.owner, "/invoice").await.problem(409), "invoice-unavailable");
}

#[tokio::test]
async fn a_packing_slip_has_the_units_of_its_shipment_and_no_prices() {
    let shop = german_shop().await;
    shop.place_and_work().await;
    let units =
        |count| vec![ShipmentLine { sku: samples::SKU.parse().unwrap(), quantity: Quantity::new(count).unwrap() }];
    let second = ShipmentId(Uuid::from_u128(0x5418));
    shop.shipping.with(|state| {
        let first = state.shipment.as_mut().unwrap();
        (first.lines, first.version) = (units(1), 1);
        let split_off = ShipmentView { id: second, number: "SS124".into(), version: 0, ..first.clone() };
        state.split_off.push(split_off);
    });
    shop.receive(&shop.shipments_event()).await;
    let view: OrderView = shop.view_order().await;
    let path = |id: ShipmentId| format!("/shipments/{id}/packing-slip");
    let text_of = async |id| text(document(&shop, &shop.staff(), &path(id)).await);
    let first = text_of(view.shipments[0].id).await;
    contains_all(&first, &["Lieferschein", "Paket 1 von 2", "1 Bücherregal «Øst» MUG-1", "20095 Hamburg", "GERMANY"]);
    assert!(!first.contains("USD"), "{first}");
    // The customer withdraws from one unit: the first of two parcels is not to be packed.
    let lines = json!({ "lines": units(1) });
    shop.keyed(&shop.owner).post(&shop.path("/withdrawals"), lines).await.expect(201);
    assert!(!text_of(view.shipments[0].id).await.contains("Bücherregal"));
    contains_all(&text_of(second).await, &["Paket 2 von 2", "1 Bücherregal «Øst» MUG-1"]);
    document(&shop, &shop.owner, &path(second)).await.expect(403);
    shop.receive(&shop.event_of_shipment(second, ShipmentStatus::Cancelled)).await;
    document(&shop, &shop.staff(), &path(second)).await.expect(404);
    document(&shop, &shop.staff(), &path(ShipmentId(Uuid::nil()))).await.expect(404);
}

#[tokio::test]
async fn an_address_label_has_sender_recipient_and_shipment() {
    let shop = german_shop().await;
    shop.place_and_work().await;
    let shipment = shop.view_order().await.shipments.remove(0);
    let label = text(document(&shop, &shop.staff(), &format!("/shipments/{}/label", shipment.id)).await);
    contains_all(&label, &["Test Goods GmbH", "Hafenstraße 2", "20095 Hamburg", "GERMANY", &shipment.number, "10001"]);
}
