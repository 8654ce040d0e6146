//! Connections to MongoDB that break before a request or its response arrives.

use crate::stock::adjustment;
use catalogue::product::Product;
use catalogue::stock::{AdjustmentOutcome, CommitOutcome, Reservation, ReserveOutcome, StockLevel, sum_demand};
use catalogue::store::{
    Idempotency, KeyedRequest, MongoProducts, MongoStock, NewSku, ProductStore, StockStore, WriteOutcome,
};
use chassis::config::Environment;
use chassis::health::Check;
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse};
use chassis::mongo::{ConnectionSettings, VARIABLES};
use chassis::{StoreError, SystemContext};
use contracts::catalogue::{Oversell, ReservationKey, ReservationState};
use contracts::{OrderId, Sku};
use std::sync::atomic::{AtomicI64, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use testkit::TestEnvironment;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Breaks a connection after a number of further chunks from one side.
#[derive(Default)]
struct Fault {
    requests: AtomicI64,
    answers: AtomicI64,
    broken: AtomicU16,
}

const NEVER: i64 = i64::MAX / 2;

impl Fault {
    fn repair(&self) {
        self.requests.store(NEVER, Ordering::SeqCst);
        self.answers.store(NEVER, Ordering::SeqCst);
    }
}

/// A TCP proxy in front of the server that breaks connections on demand.
struct Proxy {
    address: ConnectionSettings,
    fault: Arc<Fault>,
    tasks: Mutex<JoinSet<()>>,
}

impl Proxy {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = Environment::from_process().text(&VARIABLES[0]).unwrap();
        let rest = url.strip_prefix("mongodb://").unwrap();
        let authority = rest.split('/').next().unwrap();
        let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
        let user = if user.is_empty() { String::new() } else { format!("{user}@") };
        let url = format!("mongodb://{user}127.0.0.1:{port}/?directConnection=true");
        let prefix = format!("test_{}_", &SystemContext::host().id().simple().to_string()[16..]);
        let values = [("MONGO_URL".to_owned(), url), ("MONGO_PREFIX".to_owned(), prefix)];
        let address = ConnectionSettings::read(&mut Environment::from_values(values)).unwrap();
        let fault = Arc::new(Fault::default());
        fault.repair();
        let proxy = Arc::new(Self { address, fault: fault.clone(), tasks: Mutex::default() });
        let (host, weak) = (host.to_owned(), Arc::downgrade(&proxy));
        proxy.tasks.lock().unwrap().spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Some(proxy) = weak.upgrade() else { return };
                let Ok(server) = TcpStream::connect(&host).await else { return };
                proxy.tasks.lock().unwrap().spawn(pass(client, server, fault.clone()));
            }
        });
        proxy
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, fault: Arc<Fault>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) = (client.split(), server.split());
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let (count, to, bytes, left) = tokio::select! {
            count = from_client.read(&mut request) => (count, &mut to_server, &request, &fault.requests),
            count = from_server.read(&mut answer) => (count, &mut to_client, &answer, &fault.answers),
        };
        let Ok(count @ 1..) = count else { return };
        if left.fetch_sub(1, Ordering::SeqCst) == 0 {
            fault.broken.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

fn sku() -> Sku {
    "A".parse().unwrap()
}

/// Runs `work` with a break after `position` chunks, then again over a healthy connection.
async fn interrupted_then_repeated<T>(
    fault: &Fault,
    side: &AtomicI64,
    position: i64,
    work: impl AsyncFn() -> Result<T, StoreError>,
) -> T {
    side.store(position, Ordering::SeqCst);
    let broken = work().await;
    fault.repair();
    assert!(matches!(broken, Ok(_) | Err(StoreError::Unavailable(_))));
    work().await.unwrap()
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_reservation_over_a_broken_connection_counts_once() {
    let (proxy, env) = (Proxy::start().await, TestEnvironment::default());
    let (fault, now) = (&proxy.fault, env.system.now());
    let store = MongoStock::open(&proxy.address).await.unwrap();
    let new = NewSku { sku: sku(), oversell: Oversell::Deny, initial: 100 };
    store.ensure(&[new], "test", now).await.unwrap();
    let mut on_hand = 100;
    for (side, position) in
        [&fault.requests, &fault.answers].into_iter().flat_map(|side| (0..7).map(move |n| (side, n)))
    {
        let order_id = OrderId(env.system.id());
        let requested = Reservation {
            order_id,
            attempt: 1,
            demand: sum_demand([(sku(), 3)]),
            promotion: Some(("CODE".to_owned(), None)),
            expected_by: now,
            cart_id: None,
        };
        let key = ReservationKey { order_id, attempt: 1 };
        let reserved = interrupted_then_repeated(fault, side, position, async || store.reserve(&requested).await).await;
        assert_eq!(reserved, ReserveOutcome::Reserved(ReservationState::Held));
        let committed = interrupted_then_repeated(fault, side, position, async || store.commit(key, now).await).await;
        assert_eq!(committed, CommitOutcome::Done);
        on_hand -= 3;
        let level = store.levels(&[sku()]).await.unwrap()[&sku()];
        assert_eq!((level.on_hand, level.reserved), (on_hand, 0), "position {position}");
    }
    assert_eq!(store.promotion_uses(&["CODE"]).await.unwrap()["CODE"], 14);
    assert!(store.violations(10).await.unwrap().is_empty());
    assert!(fault.broken.load(Ordering::SeqCst) >= 14, "connections broke");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_adjustment_over_a_broken_connection_is_applied_and_published_once() {
    let (proxy, env) = (Proxy::start().await, TestEnvironment::default());
    let (fault, now) = (&proxy.fault, env.system.now());
    let store = MongoStock::open(&proxy.address).await.unwrap();
    let new = NewSku { sku: sku(), oversell: Oversell::Deny, initial: 6 };
    store.ensure(&[new], "test", now).await.unwrap();
    for (side, position) in
        [&fault.requests, &fault.answers].into_iter().flat_map(|side| (0..8).map(move |n| (side, n)))
    {
        let key = env.system.token::<8>();
        let scope = IdempotencyScope { owner: "me".to_owned(), operation: "adjust-stock", key: key.clone() };
        let request = IdempotentRequest::new(scope, b"", b"");
        let answer =
            |level: StockLevel, _| Ok(JsonResponse { status: 200, body: level.on_hand.to_string().into_bytes() });
        let (lost, once) =
            (adjustment("A", -1, now), Idempotency::Request(KeyedRequest { request: &request, respond: &answer }));
        let adjusted = interrupted_then_repeated(fault, side, position, async || store.adjust(&lost, once).await).await;
        assert_eq!(
            adjusted,
            AdjustmentOutcome::Responded(JsonResponse { status: 200, body: b"5".to_vec() }),
            "position {position}"
        );
        store.adjust(&adjustment("A", 1, now), Idempotency::Key(&key)).await.unwrap();
    }
    assert_eq!(store.outbox().unpublished(100).await.unwrap().len(), 16, "each adjustment fell to the threshold");
    assert_eq!(store.history(&sku(), None, 100).await.unwrap().len(), 33);
    assert!(store.violations(10).await.unwrap().is_empty());
    assert!(fault.broken.load(Ordering::SeqCst) >= 12, "connections broke");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_product_over_a_broken_connection_is_written_completely_or_not_at_all() {
    let (proxy, env) = (Proxy::start().await, TestEnvironment::default());
    let fault = &proxy.fault;
    let store = MongoProducts::open(&proxy.address).await.unwrap();
    for (side, position) in
        [&fault.requests, &fault.answers].into_iter().flat_map(|side| (0..9).map(move |n| (side, n)))
    {
        let handle = format!("mug-{}", env.system.id());
        let mug: Product = crate::products::product(&env, &handle, &[&handle]);
        // The repetition is stale if the interrupted write succeeded.
        let written = interrupted_then_repeated(fault, side, position, async || store.write(&mug).await).await;
        assert!(matches!(written, WriteOutcome::Done | WriteOutcome::Stale));
        assert_eq!(store.by_handle(&handle).await.unwrap(), Some(mug.clone()));
        let skus: Vec<Sku> = mug.skus().cloned().collect();
        assert_eq!(store.owners(&skus).await.unwrap().len(), 1);
    }
    let (changes, _) = store.changes_after(0, 100).await.unwrap();
    assert_eq!(changes.len(), 18, "each write is logged once");
    assert!(fault.broken.load(Ordering::SeqCst) >= 9, "connections broke");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_unreachable_server_is_reported_as_unavailable() {
    let (proxy, env) = (Proxy::start().await, TestEnvironment::default());
    let (stock, products) =
        (MongoStock::open(&proxy.address).await.unwrap(), MongoProducts::open(&proxy.address).await.unwrap());
    proxy.tasks.lock().unwrap().abort_all();
    let new = NewSku { sku: sku(), oversell: Oversell::Deny, initial: 1 };
    let (written, read, opened) = tokio::join!(
        stock.ensure(std::slice::from_ref(&new), "test", env.system.now()),
        products.by_handle("mug"),
        MongoStock::open(&proxy.address),
    );
    assert!(matches!(written, Err(StoreError::Unavailable(_))));
    assert!(matches!(read, Err(StoreError::Unavailable(_))));
    assert!(matches!(opened, Err(StoreError::Unavailable(_))));
    assert!(stock.check().await.is_err());
}
