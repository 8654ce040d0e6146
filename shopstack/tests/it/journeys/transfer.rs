//! An order that waits for a bank transfer.

use crate::harness::{Purchase, Shop, TestProduct, eventually};
use serde_json::json;

#[tokio::test]
async fn an_order_that_waits_for_a_transfer_leaves_the_cart_free() {
    let variables = [
        ("PAYMENT_GATEWAY", "sandbox,transfer"),
        ("TRANSFER_HOLDER", "Example Shop"),
        ("TRANSFER_IBAN", "DE89370400440532013000"),
    ];
    let shop = Shop::start_with(variables.map(|(name, value)| (name, value.to_owned())).to_vec()).await;
    let (guest, ordered, other) =
        (shop.guest().await, TestProduct::new(&shop, 5).await, TestProduct::new(&shop, 5).await);
    guest.add_to_cart(&ordered.sku, 1).await;
    let mut transfer = Purchase::of(&guest.choose_shipping().await, None);
    transfer.body["payment"] = json!({ "method": "transfer" });
    let waiting = transfer.send(&guest).await.expect(201);
    assert_eq!(waiting["payment"]["status"], "action_required");

    eventually("the ordered line has left the cart", 20, async || {
        let cart = guest.get("/api/v1/cart").await.expect(200);
        (cart["lines"] == json!([])).then_some(())
    })
    .await;
    let next = Purchase::prepare(&guest, &other, 1, "Ada Lovelace").await.send(&guest).await.expect(201);
    assert_eq!(next["payment"]["status"], "authorised");
    assert_ne!(next["order_id"], waiting["order_id"]);

    // The first order can still be paid in another way.
    let path = format!("/api/v1/payments/{}", waiting["payment"]["id"].as_str().unwrap());
    guest.post(&format!("{path}/abandon"), json!({})).await.expect(200);
    let card = json!({ "payment": { "method": "card", "session": guest.card("Ada Lovelace").await } });
    let paid = guest.post_with_key(&format!("{path}/attempts"), "pay-by-card-instead", &card).await.expect(201);
    assert_eq!((&paid["payment"]["status"], &paid["order_id"]), (&json!("authorised"), &waiting["order_id"]));
}
