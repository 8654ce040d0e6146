//! Tests of hosted payment pages and their redirects.

use crate::gateway::Gateway;
use sandbox::PaymentState;
use serde_json::{Value, json};
use testkit::{Answer, Caller};

const PAGES: &str = "application/vnd.worldpay.payment_pages-v1.hal+json";

fn merchant(gateway: &Gateway) -> Caller {
    gateway.anybody().with_header("content-type", PAGES).with_header("accept", PAGES)
}

fn order(reference: &str) -> Value {
    let urls: serde_json::Map<String, Value> = ["success", "pending", "failure", "error", "cancel", "expiry"]
        .map(|end| (format!("{end}URL"), json!(format!("https://shop.test/{end}"))))
        .into_iter()
        .collect();
    json!({
        "transactionReference": reference,
        "merchant": { "entity": "default" },
        "narrative": { "line1": "ShopStack" },
        "value": { "currency": "GBP", "amount": 2500 },
        "resultURLs": urls,
    })
}

async fn page(gateway: &Gateway) -> String {
    let answer = merchant(gateway).post("/payment_pages", order("ord_1")).await.expect(200).json();
    assert!(answer["_links"]["self"]["href"].as_str().unwrap().ends_with("?transactionReference=ord%5F1"));
    answer["url"].as_str().unwrap().to_owned()
}

async fn pay(gateway: &Gateway, page: &str, name: &str) -> Answer {
    let card = [
        ("card_holder_name", name),
        ("card_number", "4444 3333 2222 1111"),
        ("expiry_month", "5"),
        ("expiry_year", "2035"),
        ("cvc", "123"),
        ("action", "pay"),
    ];
    gateway.submit(page, &card).await
}

fn leads_to(answer: Answer) -> String {
    answer.expect(303).headers["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_payment_on_the_page_settles_automatically() {
    let gateway = Gateway::new().await;
    let page = page(&gateway).await;
    let form = gateway.anybody().get(&page).await.expect(200);
    let policy = form.headers["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action https: http:;"), "{policy}");
    assert!(form.text().contains("25.00 GBP") && form.text().contains("REFUSED51"));
    assert_eq!(leads_to(pay(&gateway, &page, "Ada Lovelace").await), "https://shop.test/success");
    assert_eq!(leads_to(pay(&gateway, &page, "Ada Lovelace").await), "https://shop.test/success");
    let ledger_payment = gateway.ledger_payment("ord_1").await;
    assert_eq!((ledger_payment.state, ledger_payment.settled()), (PaymentState::Authorised, 2500));
    gateway.advance(60);
    let found = gateway.query("/paymentQueries/payments?transactionReference=ord_1").await.expect(200).json();
    let id = found["_embedded"]["payments"][0]["paymentId"].as_str().unwrap();
    let webhook_types = gateway.query(&format!("/paymentQueries/payments/{id}")).await.expect(200).json();
    assert_eq!(webhook_types["lastEvent"], "saleSucceeded");
    gateway
        .follow(
            &webhook_types,
            "partiallyRefundPayment",
            Some(json!({ "reference": "ref-1", "value": { "currency": "GBP", "amount": 1 } })),
        )
        .await
        .expect(202);
}

#[tokio::test]
async fn a_page_is_paid_once_however_often_the_button_is_pressed() {
    let gateway = Gateway::new().await;
    let page = page(&gateway).await;
    let presses = (0..8).map(|_| pay(&gateway, &page, "Ada Lovelace"));
    for answer in futures::future::join_all(presses).await {
        assert_eq!(leads_to(answer), "https://shop.test/success");
    }
    assert_eq!(gateway.ledger_payments().await.len(), 1);
}

#[tokio::test]
async fn each_outcome_redirects_to_its_own_url() {
    let ends = [("REFUSED", "failure"), ("FRAUD", "failure"), ("LOST", "pending"), ("ERROR", "error")];
    for (name, end) in ends {
        let gateway = Gateway::new().await;
        let page = page(&gateway).await;
        assert_eq!(leads_to(pay(&gateway, &page, name).await), format!("https://shop.test/{end}"));
    }
    let gateway = Gateway::new().await;
    let cancelled = page(&gateway).await;
    assert_eq!(leads_to(gateway.submit(&cancelled, &[("action", "cancel")]).await), "https://shop.test/cancel");
    assert_eq!(leads_to(pay(&gateway, &cancelled, "Ada Lovelace").await), "https://shop.test/cancel");
    let expired = page(&gateway).await;
    gateway.advance(3601);
    assert_eq!(leads_to(pay(&gateway, &expired, "Ada Lovelace").await), "https://shop.test/expiry");
    assert!(gateway.ledger_payments().await.is_empty());
}

#[tokio::test]
async fn the_page_shows_the_challenge_itself() {
    let gateway = Gateway::new().await;
    let page = page(&gateway).await;
    let question = pay(&gateway, &page, "CHALLENGE").await.expect(200).text();
    let jwt = question.split("name=\"JWT\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let back = gateway.submit("/sandbox/challenge/decision", &[("JWT", jwt), ("decision", "confirmed")]).await;
    assert!(back.expect(200).text().contains(&format!("action=\"{page}/return\"")));
    assert_eq!(leads_to(gateway.submit(&format!("{page}/return"), &[]).await), "https://shop.test/success");
    assert_eq!(leads_to(gateway.submit(&format!("{page}/return"), &[]).await), "https://shop.test/success");
    assert_eq!(gateway.ledger_payment("ord_1").await.settled(), 2500);
}

#[tokio::test]
async fn an_invalid_card_is_reported_on_the_page() {
    let gateway = Gateway::new().await;
    let page = page(&gateway).await;
    let entered = [
        ("card_holder_name", "<b>"),
        ("card_number", "4444"),
        ("expiry_month", "5"),
        ("expiry_year", "2035"),
        ("cvc", "123"),
        ("action", "pay"),
    ];
    let retried = gateway.submit(&page, &entered).await.expect(422).text();
    assert!(retried.contains("role=\"alert\">The card number must be a valid card number"), "{retried}");
    let wordy =
        [("card_holder_name", "Ada"), ("card_number", "4444333322221111"), ("expiry_month", "May"), ("action", "pay")];
    assert!(gateway.submit(&page, &wordy).await.expect(422).text().contains("The month must be a number."));
    assert!(gateway.ledger_payments().await.is_empty());
}

#[tokio::test]
async fn a_page_without_urls_shows_the_outcome() {
    let gateway = Gateway::new().await;
    let mut order = order("ord_1");
    order.as_object_mut().unwrap().remove("resultURLs");
    let answer = merchant(&gateway).post("/payment_pages", order).await.expect(200).json();
    let page = answer["url"].as_str().unwrap();
    assert!(pay(&gateway, page, "Ada Lovelace").await.expect(200).text().contains("Payment made"));
}

#[tokio::test]
async fn page_requests_need_their_media_type_and_web_urls() {
    let gateway = Gateway::new().await;
    gateway.anybody().with_header("accept", PAGES).post("/payment_pages", order("ord_1")).await.expect(415);
    gateway.anybody().with_header("content-type", PAGES).post("/payment_pages", order("ord_1")).await.expect(406);
    let mut wrong = order("ord_1");
    wrong["resultURLs"]["cancelURL"] = json!("/cancel");
    let answer = merchant(&gateway).post("/payment_pages", wrong).await.expect(400).json();
    assert_eq!(answer["validationErrors"][0]["jsonPath"], "$.resultURLs.cancelURL");
    gateway.anybody().get("/sandbox/pay/none").await.expect(404);
}
