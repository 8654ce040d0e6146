//! Emails that could not be sent.

use crate::shop::Shop;
use contracts::dispatch::MessageChannel;
use dispatch::store::OrderStore;
use serde_json::json;

#[tokio::test]
async fn staff_list_emails_that_were_given_up_and_send_them_again() {
    let shop = Shop::open().await;
    shop.place_and_work().await;
    let now = shop.env.system.now();
    let mail = shop.files.latest_emails(1).await.unwrap().remove(0);
    for _ in 0..30 {
        shop.files.message_failed(&mail.id, "mailbox unavailable", now).await.unwrap();
    }
    let staff = shop.support();
    let listed = staff.get("/api/v1/emails/failed").await.expect(200).json();
    let failed = &listed["items"][0];
    assert_eq!((&failed["id"], &failed["to"]), (&json!(mail.id), &json!(mail.to)));
    assert_eq!((&failed["tries"], &failed["reason"]), (&json!(30), &json!("mailbox unavailable")));
    let retry = format!("/api/v1/emails/failed/{}/retry", mail.id.replace('@', "%40"));
    shop.owner.post(&retry, json!({})).await.expect(403);
    staff.post(&retry, json!({})).await.expect(202);
    assert_eq!(staff.get("/api/v1/emails/failed").await.expect(200).json()["items"], json!([]));
    assert!(shop.files.claim_messages(MessageChannel::Email, now, now, 100).await.unwrap().contains(&mail));
    staff.post(&retry, json!({})).await.expect(404);
}
