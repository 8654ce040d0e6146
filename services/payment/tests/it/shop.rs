//! A payment service with a cart, a catalogue of one SKU and the sandbox. Tests run its workers explicitly.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use chassis::auth::{Principal, Subject};
use chassis::secret::SecretKey;
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use chassis::{Service, ServiceContext};
use contracts::CartId;
use contracts::cart::{CartClient, CartSnapshot};
use contracts::catalogue::CatalogueClient;
use contracts::events::TOPOLOGY;
use contracts::payment::{CheckoutResponse, CommandResponse, OrderLinks, PaymentAction, PaymentView};
use events::Event;
use events::broker::EmbeddedBroker;
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use payment::gateway::transfer::BankTransfer;
use payment::gateway::worldpay::{Settings, WebhookKey, Worldpay};
use payment::gateway::{Gateway, Gateways};
use payment::operation::OperationKind;
use payment::payment::Payment;
use payment::store::{PaymentStore, SqlitePayments};
use payment::{Dependencies, Engine};
use sandbox::{CommandKind, Ledger, PaymentState, Sandbox};
use serde_json::{Value, json};
use sha2::Sha256;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use testkit::samples::{SKU, cart};
use testkit::{Answer, Caller, FakeStock, TestEnvironment};
use uuid::Uuid;

/// A fake cart service with the same cart for every session.
#[derive(Clone)]
pub struct Carts(pub Arc<Mutex<CartSnapshot>>);

impl Carts {
    /// Creates the service with cart `number` and this total.
    pub fn new(number: u128, total: i64) -> Self {
        Self(Arc::new(Mutex::new(cart(CartId(Uuid::from_u128(number)), 1, 1, total))))
    }

    pub fn transport(&self) -> Transport {
        let snapshot = |State(carts): State<Self>| async move { Json(carts.0.lock().unwrap().clone()) };
        let router = Router::new().route("/internal/carts/snapshot", post(snapshot)).with_state(self.clone());
        in_process(router, Tasks::new())
    }

    /// Replaces the cart of all sessions.
    pub fn set(&self, number: u128, version: i64, total: i64) {
        *self.0.lock().unwrap() = cart(CartId(Uuid::from_u128(number)), version, 1, total);
    }
}

/// The base URL in the sandbox's own links.
pub const GATEWAY: &str = "http://sandbox.test";

/// An operation as recorded by the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    pub kind: OperationKind,
    /// The reference of its authorisation.
    pub reference: String,
    pub amount: i64,
    /// Set if it took effect.
    pub done: bool,
}

/// The stores of a payment service.
pub struct Files {
    pub store: SqlitePayments,
    pub ledger: Ledger,
    pub sandbox: Sandbox,
    pub folder: TempDir,
}

impl Files {
    pub async fn open(env: &TestEnvironment) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlitePayments::open(&folder.path().join("payment.db"), env.system.clone()).await.unwrap();
        let settings = sandbox::Settings {
            api_url: GATEWAY.into(),
            browser_url: String::new(),
            credentials: None,
            index_delay: SignedDuration::from_secs(1),
            webhook: None,
        };
        let sandbox = Sandbox::open(&folder.path().join("sandbox.db"), settings, env.system.clone()).await.unwrap();
        Self { store, ledger: sandbox.ledger(), sandbox, folder }
    }

    /// The transport to the gateway.
    pub fn connection(&self) -> Transport {
        in_process(self.sandbox.router(), Tasks::new())
    }

    pub async fn payments(&self) -> Vec<Payment> {
        self.store.list_after(None, 100).await.unwrap()
    }

    /// All operations carried out by the gateway.
    pub async fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for payment in self.ledger.payments_after("", 100).await.unwrap() {
            let held = [PaymentState::Authorised, PaymentState::Cancelled, PaymentState::Expired];
            let operation = |kind, amount, done| Operation { kind, reference: payment.reference.clone(), amount, done };
            all.push(operation(OperationKind::Authorise, payment.amount.amount, held.contains(&payment.state)));
            all.extend(payment.commands.iter().map(|command| {
                let kind = match command.kind {
                    CommandKind::Settle => OperationKind::Capture,
                    CommandKind::Refund => OperationKind::Refund,
                    CommandKind::Cancel => OperationKind::Void,
                };
                operation(kind, command.amount.amount, !command.failed)
            }));
        }
        all
    }

    /// The unpublished events in the outbox.
    pub async fn events(&self) -> Vec<Event> {
        self.store.outbox().unpublished(100).await.unwrap()
    }
}

/// Creates a sandbox session for a card; the holder's name selects the outcome.
pub async fn session(sandbox: &Sandbox, holder: &str) -> String {
    let card = json!({
        "card_holder_name": holder,
        "card_number": "4444333322221111",
        "expiry_month": 12,
        "expiry_year": 2030,
        "cvc": "123",
    });
    let caller = Caller::new(sandbox.router());
    caller.post("/sandbox/sessions", card).await.expect(201).json()["session"].as_str().unwrap().to_owned()
}

/// Submits the customer's decision on the bank's page.
pub async fn decide(sandbox: &Sandbox, action: &PaymentAction, decision: &str) {
    decide_at(&Caller::new(sandbox.router()), action, decision).await;
}

async fn decide_at(bank: &Caller, action: &PaymentAction, decision: &str) {
    let PaymentAction::Challenge { url, jwt } = action else { panic!("no way to confirm: {action:?}") };
    bank.submit(url, &[("JWT", jwt)]).await.expect(200);
    bank.submit("/sandbox/challenge/decision", &[("JWT", jwt), ("decision", decision)]).await.expect(200);
}

/// The sandbox as the only gateway, over this transport.
pub fn gateways(connection: Transport) -> Gateways {
    Gateways::new([sandbox(connection)])
}

/// The settings of the sandbox account.
pub fn account() -> Settings {
    let mut settings = Settings::sandbox(GATEWAY, "/api/v1/sandbox/sessions");
    settings.webhook_keys = vec![WebhookKey::new(KEY.0, KEY.1), WebhookKey::new(NEXT_KEY.0, NEXT_KEY.1)];
    settings
}

fn sandbox(connection: Transport) -> Gateway {
    let settings = account();
    Gateway::new(Arc::new(Worldpay::new(settings)), Some(connection))
}

/// The id and secret of the webhook key.
pub const KEY: &(&str, &[u8]) = &("first", b"a key that is long enough");

/// The second webhook key, as during a key rotation.
pub const NEXT_KEY: &(&str, &[u8]) = &("next", b"another key that is long enough");

/// Signs a webhook's body.
pub fn sign((id, secret): &(&str, &[u8]), body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).unwrap().chain_update(body).finalize().into_bytes();
    let digest: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{id}/SHA256/{digest}")
}

/// The service's clients for cart and catalogue.
pub fn clients(
    service_context: &ServiceContext,
    cart: Transport,
    catalogue: Transport,
) -> (CartClient, CatalogueClient) {
    (CartClient(service_context.client("cart", cart)), CatalogueClient(service_context.client("catalogue", catalogue)))
}

pub fn links() -> OrderLinks {
    OrderLinks::new(SecretKey::new([7; 32]))
}

/// The principal of a guest session.
pub fn guest(number: u128) -> Principal {
    Principal { subject: Subject::Guest(Uuid::from_u128(number)), roles: Vec::new(), session: None, guest: None }
}

/// A running service with fakes of its neighbours.
pub struct Shop {
    pub env: TestEnvironment,
    pub service: Service,
    pub engine: Engine,
    pub files: Files,
    pub stock: FakeStock,
    pub carts: Carts,
    pub caller: Caller,
}

impl Shop {
    /// Opens a shop with a cart for 25.00 and ten units in stock.
    pub async fn open() -> Self {
        Self::with(2500, 10).await
    }

    /// Opens a shop with a cart for `total` and this many units in stock.
    pub async fn with(total: i64, on_hand: u32) -> Self {
        let env = TestEnvironment::default();
        let files = Files::open(&env).await;
        let gateways = gateways(files.connection());
        Self::over(env, files, gateways, total, on_hand).await
    }

    /// Opens a shop that offers cards and bank transfer.
    pub async fn with_transfer() -> Self {
        let env = TestEnvironment::default();
        let files = Files::open(&env).await;
        let transfer = BankTransfer {
            holder: "Fieldhouse".into(),
            iban: "DE89370400440532013000".into(),
            bic: None,
            payment_window: SignedDuration::from_hours(7 * 24),
            currencies: Vec::new(),
        };
        let gateways = Gateways::new([sandbox(files.connection()), Gateway::new(Arc::new(transfer), None)]);
        Self::over(env, files, gateways, 2500, 10).await
    }

    /// Opens a shop with several accounts at the same sandbox, in order of preference.
    pub async fn with_accounts(accounts: impl FnOnce(&Files) -> Vec<(Settings, Transport)>) -> Self {
        let env = TestEnvironment::default();
        let files = Files::open(&env).await;
        let gateway = |(settings, connection)| Gateway::new(Arc::new(Worldpay::new(settings)), Some(connection));
        let gateways = Gateways::new(accounts(&files).into_iter().map(gateway));
        Self::over(env, files, gateways, 2500, 10).await
    }

    async fn over(env: TestEnvironment, files: Files, gateways: Gateways, total: i64, on_hand: u32) -> Self {
        let broker = EmbeddedBroker::open(&files.folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
        let (carts, stock) = (Carts::new(1, total), FakeStock::new(on_hand));
        let service_context = env.service_context("payment");
        let (cart, catalogue) = clients(&service_context, carts.transport(), stock.transport());
        let store: Arc<dyn PaymentStore> = Arc::new(files.store.clone());
        let engine =
            Engine::new(Arc::clone(&store), gateways.clone(), catalogue.clone(), &service_context, "https://shop.test");
        let dependencies = Dependencies {
            store,
            broker: Arc::new(broker),
            cart,
            catalogue,
            gateways,
            sandbox: Some(files.connection()),
            links: links(),
            base_url: "https://shop.test".into(),
        };
        let service = payment::start(service_context, dependencies).unwrap();
        // Tests call the workers themselves, so that time only passes when they say so.
        service.tasks.shut_down(Duration::from_secs(30)).await;
        let caller = env.guest(&service.router);
        Self { env, service, engine, files, stock, carts, caller }
    }

    /// A checkout request with a card of this holder.
    pub async fn request(&self, holder: &str) -> Value {
        let total = self.carts.0.lock().unwrap().totals.total;
        json!({
            "email": "ada@example.com",
            "address": testkit::samples::address(),
            "payment": {"method": "card", "session": session(&self.files.sandbox, holder).await},
            "expected_total": total,
        })
    }

    /// Checks out with this idempotency key.
    pub async fn check_out(&self, key: &str, request: &Value) -> Answer {
        self.caller.clone().with_header("idempotency-key", key).post("/api/v1/checkout", request).await
    }

    /// Checks out with a card of this holder and a new key.
    pub async fn pay(&self, holder: &str) -> CheckoutResponse {
        let request = self.request(holder).await;
        let answer = self.check_out(&self.env.system.token::<8>(), &request).await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.read()
    }

    /// Makes another attempt with a card of this holder.
    pub async fn try_again(&self, payment: &PaymentView, key: &str, holder: &str) -> Answer {
        let session = session(&self.files.sandbox, holder).await;
        let body = json!({"payment": {"method": "card", "session": session}});
        let path = format!("/api/v1/payments/{}/attempts", payment.id);
        self.caller.clone().with_header("idempotency-key", key).post(&path, body).await
    }

    /// Fetches the payment as its customer.
    pub async fn payment_view(&self, payment: &PaymentView) -> PaymentView {
        self.caller.get(&format!("/api/v1/payments/{}", payment.id)).await.expect(200).read()
    }

    /// Sends a money command as dispatch.
    pub async fn command(&self, order: contracts::OrderId, step: &str, command: Value) -> CommandResponse {
        let dispatch = self.env.service(&self.service.router, "dispatch", "payment");
        let body = json!({"step_key": step, "command": command});
        dispatch.post(&format!("/internal/orders/{order}/commands"), body).await.expect(200).read()
    }

    /// Confirms the payment after the return from the bank.
    pub async fn return_from_bank(&self, payment: &PaymentView) -> PaymentView {
        let path = format!("/api/v1/payments/{}/confirm", payment.id);
        self.caller.post(&path, json!({})).await.expect(200).read()
    }

    /// Submits the customer's decision on the bank's page.
    pub async fn decide(&self, action: &PaymentAction, decision: &str) {
        decide_at(&Caller::new(self.service.router.clone()), action, decision).await;
    }

    /// Advances the clock and processes what is due.
    pub async fn later(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
        self.engine.process_due().await.unwrap();
    }

    /// Copies the database, as the snapshot of a volume does, and returns the folder of the copy.
    pub fn copy_database(&self) -> PathBuf {
        let copy = self.files.folder.path().join("copy");
        std::fs::create_dir(&copy).unwrap();
        for file in std::fs::read_dir(self.files.folder.path()).unwrap().map(Result::unwrap) {
            if file.file_name().to_string_lossy().starts_with("payment.db") {
                std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
            }
        }
        copy
    }

    /// The shop after its database was restored from a copy, while the gateway knows everything that happened since.
    pub async fn restored(self, copy: &Path) -> Self {
        let Self { env, files, .. } = self;
        env.advance(SignedDuration::from_secs(60));
        let store = SqlitePayments::open(&copy.join("payment.db"), env.system.clone()).await.unwrap();
        let files = Files { store, ..files };
        let gateways = gateways(files.connection());
        Self::over(env, files, gateways, 2500, 10).await
    }

    /// The number of reserved units.
    pub fn reserved(&self) -> u32 {
        assert_eq!(SKU, self.carts.0.lock().unwrap().lines[0].sku.as_str());
        self.stock.with(|stock| stock.reserved())
    }

    /// The types of the unpublished events.
    pub async fn event_kinds(&self) -> Vec<String> {
        self.files.events().await.into_iter().map(|event| event.kind).collect()
    }
}
