//! temporary
#![allow(missing_docs, clippy::unwrap_used)]
use std::time::Instant;
use std::sync::Arc;
use async_trait::async_trait;
use shipping::*;
use events::*;
struct Away;
#[async_trait]
impl Broker for Away {
    async fn publish(&self, _: &[Event]) -> Result<(), BrokerError> { Err(BrokerError("away".into())) }
    async fn subscribe(&self, _: &'static str) -> Result<Box<dyn Subscription>, BrokerError> { Err(BrokerError("away".into())) }
}
fn rss() -> String {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    s.lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("RssAnon") || l.starts_with("VmHWM")).collect::<Vec<_>>().join(" ")
}
#[tokio::test]
async fn timing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.db");
    eprintln!("before {}", rss());
    for round in 0..2 {
        let t = Instant::now();
        let embedded = embedded(&path).await.unwrap();
        let opened = t.elapsed();
        let house = testkit::House::default();
        let t = Instant::now();
        let service = start(house.foundation("shipping"), Dependencies { store: embedded.store.clone(), outbox: embedded.outbox.clone(), broker: Arc::new(Away), settings: Settings::new("DE".parse().unwrap()) }).await.unwrap();
        eprintln!("round {round}: open {opened:?} start {:?} {}", t.elapsed(), rss());
        for e in std::fs::read_dir(folder.path()).unwrap() { let e = e.unwrap(); eprintln!("  {:?} {}", e.file_name(), e.metadata().unwrap().len()); }
        let caller = house.anonymous(&service.router);
        for q in ["DE&q=mun", "US&q=sa", "US&q=san", "CN&q=xi", "BR&q=sa", "IN&q=ba"] {
            let path = format!("/api/v1/shipping/places?country={q}");
            caller.get(&path).await.expect(200);
            let t = Instant::now();
            for _ in 0..50 { caller.get(&path).await.expect(200); }
            eprintln!("  {q} {:?}", t.elapsed() / 50);
        }
        let t = Instant::now();
        for _ in 0..50 { caller.get("/api/v1/shipping/countries").await.expect(200); }
        eprintln!("  countries {:?}", t.elapsed() / 50);
        let cart = house.service(&service.router, "cart", "shipping");
        let body = serde_json::json!({"cart_id": house.sources.id(), "lines_digest": "a", "place_id": 2643743, "weight_grams": 1200, "currency": "EUR"});
        let t = Instant::now();
        for _ in 0..50 { cart.post("/internal/quotes", &body).await.expect(200); }
        eprintln!("  quote {:?} {}", t.elapsed() / 50, rss());
        service.tasks.shut_down(std::time::Duration::from_secs(2)).await;
        embedded.database.close().await;
    }
}
