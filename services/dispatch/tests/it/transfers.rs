//! Orders that are placed once their bank transfer has arrived.

use crate::shop::Shop;
use contracts::payment::{AwaitedTransfer, Transfer};
use dispatch::store::OrderStore;
use events::Handler;

async fn awaiting() -> Shop {
    let shop = Shop::open().await;
    let record = shop.payment.with(|state| state.record.clone());
    let awaited = AwaitedTransfer {
        order_number: record.order_number,
        email: record.email,
        address: record.address,
        cart: record.cart,
        transfer: Transfer {
            holder: "Ünïcode Mugs".into(),
            iban: "DE89370400440532013000".into(),
            bic: Some("COBADEFFXXX".into()),
            reference: "10001".into(),
            until: "2026-12-01T08:00:00Z".parse().unwrap(),
        },
        language: record.language,
    };
    shop.payment.with(|state| state.awaited = Some(awaited));
    shop
}

#[tokio::test]
async fn transfer_instructions_are_emailed_once() {
    let shop = awaiting().await;
    let event = shop.transfer_awaited();
    for _ in 0..2 {
        shop.receive(&event).await;
    }
    let mails = shop.files.latest_emails(10).await.unwrap();
    let record = shop.payment.with(|state| state.record.clone());
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].to, record.email.as_str());
    assert!(mails[0].subject.contains(&record.order_number), "{}", mails[0].subject);
    let expected = [
        "Please transfer 25.00 USD",
        "Account holder: Ünïcode Mugs",
        "IBAN: DE89 3704 0044 0532 0130 00",
        "BIC: COBADEFFXXX",
        "Reference: 10001",
        "1 December 2026, 08:00 UTC",
    ];
    for text in expected {
        assert!(mails[0].body.contains(text), "no {text} in: {}", mails[0].body);
    }
}

#[tokio::test]
async fn no_instructions_are_emailed_once_the_transfer_has_arrived_or_was_given_up() {
    let shop = awaiting().await;
    shop.payment.with(|state| state.awaited = None);
    shop.receive(&shop.transfer_awaited()).await;
    assert!(shop.files.latest_emails(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_instructions_wait_while_payment_is_unavailable() {
    let shop = awaiting().await;
    let event = shop.transfer_awaited();
    shop.payment.with(|state| state.problem = Some(chassis::problem::UNAVAILABLE.detail("Away.")));
    shop.orders.handle(&event).await.unwrap_err();
    shop.payment.with(|state| state.problem = None);
    shop.receive(&event).await;
    assert_eq!(shop.files.latest_emails(10).await.unwrap().len(), 1);
}
