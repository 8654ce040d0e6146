//! A shop whose staff pack and ship: nothing leaves before a person says so.

use crate::harness::process::program;
use crate::harness::shopping::string;
use crate::harness::{Client, Shop, TestProduct, eventually};
use serde_json::{Value, json};
use std::path::Path;

fn shipments(data_dir: &Path, arguments: &[&str]) -> String {
    let mut command = program();
    command.arg("shipments").args(arguments).arg("--data-dir").arg(data_dir);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn an_order_is_packed_in_two_shipments_and_delivered_by_people() {
    let shop = Shop::start_with(vec![("SHIPPING_CARRIER", "manual".to_owned())]).await;
    let Some(data_dir) = shop.data_dir() else { return };
    let (guest, product) = (shop.guest().await, TestProduct::new(&shop, 5).await);
    let bought = guest.buy(&product, 3).await;
    guest.wait_for_timeline(&bought, "confirmed").await;
    let staff = shop.staff("support").await;
    let list = format!("/api/v1/shipments?order={}", string(&bought["order_id"]));
    let first = staff.get(&list).await.expect(200)["items"][0].clone();
    assert_eq!((&first["status"], &first["order_number"]), (&json!("announced"), &bought["order_number"]));
    let of = |shipment: &Value, action: &str| format!("/api/v1/shipments/{}/{action}", string(&shipment["id"]));

    let split = json!({ "lines": [{ "sku": product.sku, "quantity": 1 }] });
    let second = staff.post_with_key(&of(&first, "split"), &Client::key(), &split).await.expect(200);
    let dhl = json!({ "carrier": "DHL", "tracking_number": "0034", "tracking_url": "https://dhl.example/0034" });
    staff.post(&of(&first, "pack"), json!({})).await.expect(200);
    staff.post(&of(&first, "ship"), dhl).await.expect(200);
    let order = guest.wait_for_timeline(&bought, "shipped").await;
    assert_eq!(order["status"], "shipped");
    let parcels = eventually("the order has both shipments", 60, async || {
        let order = guest.get(&format!("/api/v1/orders/{}", string(&bought["order_id"]))).await.expect(200);
        (order["shipments"].as_array().unwrap().len() == 2).then(|| order["shipments"].clone())
    })
    .await;
    assert_eq!(parcels[0]["tracking"]["carrier"], "DHL");
    assert_eq!(parcels[0]["lines"], json!([{ "sku": product.sku, "quantity": 2 }]));
    let too_late = guest
        .post_with_key(
            &format!("/api/v1/orders/{}/cancel", string(&bought["order_id"])),
            &Client::key(),
            &json!({ "reason": "changed my mind" }),
        )
        .await;
    assert_eq!(too_late.status, 409, "a part has left");

    let listed = shipments(&data_dir, &["list"]);
    let id = string(&second["id"]);
    assert!(listed.contains(&id) && !listed.contains(&string(&first["id"])), "{listed}");
    shipments(&data_dir, &["pack", &id]);
    shipments(&data_dir, &["ship", &id, "--carrier", "GLS", "--number", "77"]);
    staff.post(&of(&first, "deliver"), json!({})).await.expect(200);
    shipments(&data_dir, &["deliver", &id]);
    let order = guest.wait_for_timeline(&bought, "delivered").await;
    assert_eq!(order["status"], "delivered");
    shop.assert_audit_is_clean(60).await;
}

#[tokio::test]
async fn a_warehouse_ships_with_an_api_key_and_sees_shipments_alone() {
    let shop = Shop::start_with(vec![("SHIPPING_CARRIER", "manual".to_owned())]).await;
    let (guest, product) = (shop.guest().await, TestProduct::new(&shop, 5).await);
    let bought = guest.buy(&product, 1).await;
    guest.wait_for_timeline(&bought, "confirmed").await;
    let request = json!({ "name": "Warehouse", "roles": ["warehouse"] });
    let created = shop.staff("admin").await.post("/api/v1/api-keys", request).await.expect(201).clone();
    let exchange = json!({ "secret": created["secret"] });
    let session = shop.anonymous().post("/api/v1/auth/api-key", exchange).await.expect(200).clone();
    let warehouse = shop.anonymous().with_token(&string(&session["access_token"]));
    let order = string(&bought["order_id"]);
    let list = warehouse.get(&format!("/api/v1/shipments?order={order}")).await.expect(200).clone();
    let shipment = string(&list["items"][0]["id"]);
    let tracking = json!({ "carrier": "DHL", "tracking_number": "0035" });
    warehouse.post(&format!("/api/v1/shipments/{shipment}/ship"), tracking).await.expect(200);
    guest.wait_for_timeline(&bought, "shipped").await;
    assert_eq!(warehouse.get("/api/v1/orders?all=true").await.problem(403), "forbidden");
    assert_eq!(warehouse.get(&format!("/api/v1/orders/{order}")).await.problem(404), "not-found");
    warehouse.get(&format!("/api/v1/stock/{}", product.sku)).await.expect(200);
}

#[tokio::test]
async fn an_order_that_is_packed_can_be_cancelled() {
    let shop = Shop::start_with(vec![("SHIPPING_CARRIER", "manual".to_owned())]).await;
    let (guest, product) = (shop.guest().await, TestProduct::new(&shop, 5).await);
    let bought = guest.buy(&product, 2).await;
    guest.wait_for_timeline(&bought, "confirmed").await;
    let staff = shop.staff("merchant").await;
    let list = format!("/api/v1/shipments?order={}", string(&bought["order_id"]));
    let shipment = string(&staff.get(&list).await.expect(200)["items"][0]["id"]);
    let split = json!({ "lines": [{ "sku": product.sku, "quantity": 1 }] });
    staff.post_with_key(&format!("/api/v1/shipments/{shipment}/split"), &Client::key(), &split).await.expect(200);
    staff.post(&format!("/api/v1/shipments/{shipment}/pack"), json!({})).await.expect(200);
    guest
        .post_with_key(
            &format!("/api/v1/orders/{}/cancel", string(&bought["order_id"])),
            &Client::key(),
            &json!({ "reason": "changed my mind" }),
        )
        .await
        .expect(202);
    guest.wait_for_timeline(&bought, "cancelled").await;
    let statuses: Vec<Value> = staff.get(&list).await.expect(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone())
        .collect();
    assert_eq!(statuses, ["cancelled", "cancelled"]);
    shop.assert_audit_is_clean(60).await;
}
