//! Orders that are placed when their customer has transferred the money.

use crate::shop::Shop;
use contracts::payment::{AwaitedTransfer, Transfer};
use dispatch::store::OrderStore;
use events::Handler;

async fn awaiting() -> Shop {
    let shop = Shop::open().await;
    let record = shop.till.with(|books| books.record.clone());
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
    };
    shop.till.with(|books| books.awaited = Some(awaited));
    shop
}

#[tokio::test]
async fn a_customer_is_written_to_once_how_to_transfer() {
    let shop = awaiting().await;
    let event = shop.transfer_awaited();
    for _ in 0..2 {
        shop.hear(&event).await;
    }
    let mails = shop.files.mails(10).await.unwrap();
    let record = shop.till.with(|books| books.record.clone());
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert_eq!(mails[0].to, record.email.as_str());
    assert!(mails[0].subject.contains(&record.order_number), "{}", mails[0].subject);
    let told = [
        "25.00 USD",
        "to Ünïcode Mugs, IBAN DE89 3704 0044 0532 0130 00",
        "COBADEFFXXX",
        "10001",
        "1 December 2026, 08:00 UTC",
    ];
    for told in told {
        assert!(mails[0].body.contains(told), "no {told} in: {}", mails[0].body);
    }
}

#[tokio::test]
async fn nobody_is_written_to_when_the_money_has_come_or_the_order_was_given_up_meanwhile() {
    let shop = awaiting().await;
    shop.till.with(|books| books.awaited = None);
    shop.hear(&shop.transfer_awaited()).await;
    assert!(shop.files.mails(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn while_payment_is_away_the_letter_waits() {
    let shop = awaiting().await;
    let event = shop.transfer_awaited();
    shop.till.with(|books| books.trouble = Some(chassis::problem::UNAVAILABLE.detail("Away.")));
    shop.orders.handle(&event).await.unwrap_err();
    shop.till.with(|books| books.trouble = None);
    shop.hear(&event).await;
    assert_eq!(shop.files.mails(10).await.unwrap().len(), 1);
}
