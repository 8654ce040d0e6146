//! The engine and checkout without HTTP, over stores, clients and a gateway that can fail.

use crate::shop::{Carts, Files, clients, guest, links, session};
use async_trait::async_trait;
use chassis::health::Check;
use chassis::{Problem, StoreError};
use contracts::payment::{CheckoutRequest, PaymentChoice, PaymentMethod};
use contracts::{OrderId, PaymentId};
use jiff::{SignedDuration, Timestamp};
use payment::gateway::sandbox::Sandbox;
use payment::gateway::{Command, Gateway, Gateways, NoAnswer};
use payment::idempotency::{KeyScope, KeyState};
use payment::payment::{Outcome, Payment};
use payment::store::{Balance, Began, Change, KeyUse, PaymentStore, SqlitePayments};
use payment::{Checkout, Engine};
use std::sync::{Arc, Mutex};
use testkit::samples::{address, usd};
use testkit::{Faults, House, Stock};

/// Payments whose calls go wrong.
pub struct FaultyStore(pub SqlitePayments, pub Faults);

#[async_trait]
impl PaymentStore for FaultyStore {
    async fn look_up(&self, key: &KeyUse, now: Timestamp) -> Result<KeyState, StoreError> {
        self.1.store(self.0.look_up(key, now)).await
    }
    async fn begin(&self, payment: Payment, key: &KeyUse, now: Timestamp) -> Result<Began, StoreError> {
        self.1.store(self.0.begin(payment, key, now)).await
    }
    async fn attach(&self, payment: PaymentId, key: &KeyUse, now: Timestamp) -> Result<(), StoreError> {
        self.1.store(self.0.attach(payment, key, now)).await
    }
    async fn let_go(&self, key: &KeyScope) -> Result<(), StoreError> {
        self.1.store(self.0.let_go(key)).await
    }
    async fn change(
        &self,
        id: PaymentId,
        now: Timestamp,
        change: Change<'_>,
    ) -> Result<Option<Result<Payment, Problem>>, StoreError> {
        self.1.store(self.0.change(id, now, change)).await
    }
    async fn find(&self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.find(id)).await
    }
    async fn of_order(&self, id: OrderId) -> Result<Option<Payment>, StoreError> {
        self.1.store(self.0.of_order(id)).await
    }
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<PaymentId>, StoreError> {
        self.1.store(self.0.due(now, limit)).await
    }
    async fn after(&self, after: Option<PaymentId>, limit: usize) -> Result<Vec<Payment>, StoreError> {
        self.0.after(after, limit).await
    }
    async fn balances(&self) -> Result<Vec<Balance>, StoreError> {
        self.0.balances().await
    }
    async fn unpublished(&self) -> Result<i64, StoreError> {
        self.0.unpublished().await
    }
    async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.1.store(self.0.forget_keys(before)).await
    }
}

#[async_trait]
impl Check for FaultyStore {
    async fn check(&self) -> Result<(), String> {
        self.0.check().await
    }
}

/// A gateway on a bad line: calls go wrong, and commands can be held up on their way.
#[derive(Clone)]
pub struct BadLine {
    inner: Sandbox,
    faults: Faults,
    held_up: Arc<Mutex<Option<Vec<Command>>>>,
}

impl BadLine {
    /// Commands are held up from now on.
    pub fn hold_up(&self) {
        *self.held_up.lock().unwrap() = Some(Vec::new());
    }

    /// What was held up; the line is free again.
    pub fn take_held_up(&self) -> Vec<Command> {
        self.held_up.lock().unwrap().take().unwrap_or_default()
    }

    /// What was held up arrives.
    pub async fn deliver(&self, commands: Vec<Command>) {
        for command in commands {
            self.inner.execute(&command).await.unwrap();
        }
    }

    /// The line is free again, and what was held up arrives.
    pub async fn let_through(&self) {
        self.deliver(self.take_held_up()).await;
    }
}

#[async_trait]
impl Gateway for BadLine {
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn methods(&self) -> Vec<PaymentMethod> {
        self.inner.methods()
    }
    fn index_delay(&self) -> SignedDuration {
        self.inner.index_delay()
    }
    async fn execute(&self, command: &Command) -> Result<Outcome, NoAnswer> {
        if let Some(held_up) = self.held_up.lock().unwrap().as_mut() {
            held_up.push(command.clone());
            return Err(NoAnswer("held up".into()));
        }
        self.faults.around(NoAnswer, self.inner.execute(command)).await
    }
    async fn query(&self, reference: &str) -> Result<Option<Outcome>, NoAnswer> {
        self.faults.around(NoAnswer, self.inner.query(reference)).await
    }
}

/// The bench.
pub struct Bench {
    pub house: House,
    pub files: Files,
    pub stock: Stock,
    pub carts: Carts,
    pub line: BadLine,
    pub engine: Engine,
    pub checkout: Checkout,
}

impl Bench {
    /// A cart for 25.00, three pieces in stock.
    pub async fn new(faults: Faults) -> Self {
        let house = House::default();
        let files = Files::open(&house).await;
        Self::over(house, files, Stock::new(3), Carts::new(1, 2500), faults)
    }

    /// The same files, seen by a process in which calls go wrong.
    pub fn with_faults(self, faults: Faults) -> Self {
        Self::over(self.house, self.files, self.stock, self.carts, faults)
    }

    fn over(house: House, files: Files, stock: Stock, carts: Carts, faults: Faults) -> Self {
        let foundation = house.foundation("payment");
        let (cart, catalogue) =
            clients(&foundation, faults.transport(carts.transport()), faults.transport(stock.transport()));
        let line = BadLine { inner: files.sandbox.clone(), faults: faults.clone(), held_up: Arc::default() };
        let gateways = Gateways::new([Arc::new(line.clone()) as Arc<dyn Gateway>]);
        let store = Arc::new(FaultyStore(files.store.clone(), faults));
        let engine = Engine::new(store, gateways, catalogue, house.sources.clone());
        let checkout = Checkout::new(engine.clone(), cart, links());
        Self { house, files, stock, carts, line, engine, checkout }
    }

    /// What the customer sends, with a card of this name.
    pub async fn request(&self, holder: &str) -> CheckoutRequest {
        let session = session(&self.files.sandbox, holder).await;
        let choice = PaymentChoice { method: "card".parse().unwrap(), session: Some(session.parse().unwrap()) };
        CheckoutRequest {
            email: "ada@example.com".parse().unwrap(),
            address: address(),
            payment: Some(choice),
            expected_total: usd(self.carts.0.lock().unwrap().totals.total.amount),
        }
    }

    /// Checks out; the status and the body, or the problem.
    pub async fn check_out(&self, key: &str, request: &CheckoutRequest) -> Result<payment::Answer, Problem> {
        let scope = KeyScope::of(guest(1).subject.to_string(), "checkout", Some(key))?;
        let body = serde_json::to_vec(request).unwrap();
        self.checkout.check_out(&guest(1), scope, &body, request).await
    }

    /// Lets time pass and looks after what is due then.
    pub async fn later(&self, seconds: i64) {
        self.house.advance(SignedDuration::from_secs(seconds));
        let _ = self.engine.look_after().await;
    }

    /// The only payment.
    pub async fn payment(&self) -> Payment {
        let mut all = self.files.payments().await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }
}
