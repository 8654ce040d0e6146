//! Random steps on a store and on a simple model of it: after each step both agree.

mod model;

use crate::stock::{Store, adjustment, events};
use crate::store_backend::StoreBackend;
use catalogue::stock::{Adjustment, AdjustmentOutcome, Reservation, ReserveOutcome, StockLevel, sum_demand};
use catalogue::store::{Idempotency, KeyedRequest, NewSku, StockFilter};
use chassis::idempotency::{IdempotencyScope, IdempotentRequest, JsonResponse};
use contracts::catalogue::{Oversell, ReservationKey};
use contracts::{OrderId, Sku};
use jiff::Timestamp;
use model::{Adjusted, Attempt, Model, SKUS};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use testkit::TestEnvironment;

const ORDERS: usize = 12;
const USES: u32 = 3;

/// One step, with SKUs and orders by number.
#[derive(Debug, Clone)]
enum Step {
    Ensure { sku: usize, count: i64, oversell: Oversell },
    Reserve { order: usize, lines: Vec<(usize, i64)>, promotion: bool },
    Commit(usize),
    Release(usize),
    Adjust { sku: usize, change: i64, force: bool, key: u8 },
    Request { sku: usize, change: i64, force: bool, key: u8 },
    Restock { lines: Vec<(usize, i64)>, key: u8 },
    Threshold { sku: usize, low_at: Option<i64> },
}

/// Prefers the first SKU, so that its changes accumulate.
fn sku() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![4 => Just(0), 2 => Just(1), 1 => 2..SKUS]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let order = 0..ORDERS;
    let lines = prop::collection::vec((sku(), 1_i64..6), 1..4);
    let oversell =
        prop_oneof![2 => Just(Oversell::Deny), 2 => Just(Oversell::Continue), 1 => Just(Oversell::Untracked)];
    let (change, force, key) = (-7_i64..6, prop::bool::weighted(0.6), 0_u8..24);
    let one = prop_oneof![
        4 => (sku(), 0_i64..12, oversell).prop_map(|(sku, count, oversell)| Step::Ensure { sku, count, oversell }),
        6 => (order.clone(), lines.clone(), prop::bool::weighted(0.2))
            .prop_map(|(order, lines, promotion)| Step::Reserve { order, lines, promotion }),
        4 => order.clone().prop_map(Step::Commit),
        2 => order.prop_map(Step::Release),
        4 => (sku(), change.clone(), force, key.clone())
            .prop_map(|(sku, change, force, key)| Step::Adjust { sku, change, force, key }),
        3 => (sku(), change, force, key)
            .prop_map(|(sku, change, force, key)| Step::Request { sku, change, force, key }),
        2 => (lines, 0_u8..4).prop_map(|(lines, key)| Step::Restock { lines, key }),
        1 => (sku(), prop::option::of(0_i64..9)).prop_map(|(sku, low_at)| Step::Threshold { sku, low_at }),
    ];
    prop::collection::vec(one, 1..80)
}

/// A run with its store, its model, and names that no other run uses.
struct Run<'r> {
    store: &'r Store,
    model: Model,
    names: Vec<Sku>,
    orders: Vec<OrderId>,
    run: String,
    now: Timestamp,
}

impl<'r> Run<'r> {
    fn new(store: &'r Store, env: &TestEnvironment) -> Self {
        let run = env.system.token::<8>();
        let mut names: Vec<Sku> = (0..SKUS).map(|n| format!("{n}-{run}").parse().unwrap()).collect();
        names.sort();
        let orders = (0..ORDERS).map(|_| OrderId(env.system.id())).collect();
        Self { store, model: Model::default(), names, orders, run, now: env.system.now() }
    }

    fn code(&self) -> String {
        format!("CODE-{}", self.run)
    }

    fn key(&self, order: usize) -> ReservationKey {
        ReservationKey { order_id: self.orders[order], attempt: 1 }
    }

    fn number(&self, sku: &Sku) -> usize {
        self.names.iter().position(|name| name == sku).unwrap()
    }

    fn adjustment(&self, sku: usize, change: i64, force: bool) -> Adjustment {
        Adjustment { force, ..adjustment(self.names[sku].as_str(), change, self.now) }
    }

    /// Applies a step to both and compares the outcomes.
    async fn apply(&mut self, step: Step) {
        match step {
            Step::Ensure { sku, count, oversell } => {
                let new = NewSku { sku: self.names[sku].clone(), oversell, initial: count };
                self.store.ensure(&[new], "test", self.now).await.unwrap();
                self.model.ensure(sku, count, oversell);
            }
            Step::Reserve { order, lines, promotion } => self.reserve(order, lines, promotion).await,
            Step::Commit(order) => {
                let committed = self.store.commit(self.key(order), self.now).await.unwrap();
                assert_eq!(committed, self.model.commit(order));
            }
            Step::Release(order) => {
                let released = self.store.release(self.key(order), self.now).await.unwrap();
                assert_eq!(released, self.model.release(order));
            }
            Step::Adjust { sku, change, force, key } => {
                let (one, name) = (self.adjustment(sku, change, force), format!("{key}-{}", self.run));
                let adjusted = self.store.adjust(&one, Idempotency::Key(&name)).await.unwrap();
                let expected = self.model.adjust(sku, change, force, key);
                Self::compare(adjusted, &expected);
            }
            Step::Request { sku, change, force, key } => self.request(sku, change, force, key).await,
            Step::Restock { lines, key } => {
                let back = sum_demand(lines.iter().map(|(sku, quantity)| (self.names[*sku].clone(), *quantity)));
                let name = format!("restock-{key}-{}", self.run);
                let known = self.store.restock(&name, &back, self.now).await.unwrap();
                assert_eq!(known, self.model.restock(&lines, key));
            }
            Step::Threshold { sku, low_at } => {
                let set = self.store.set_threshold(&self.names[sku], low_at).await.unwrap();
                assert_eq!(set.map(|level| level.low_at), self.model.set_threshold(sku, low_at));
            }
        }
    }

    async fn reserve(&mut self, order: usize, lines: Vec<(usize, i64)>, promotion: bool) {
        let reservation = Reservation {
            order_id: self.orders[order],
            attempt: 1,
            demand: sum_demand(lines.iter().map(|(sku, quantity)| (self.names[*sku].clone(), *quantity))),
            promotion: promotion.then(|| (self.code(), Some(USES))),
            expected_by: self.now,
            cart_id: None,
        };
        let found = match self.store.reserve(&reservation).await.unwrap() {
            ReserveOutcome::Reserved(state) => Attempt::Reserved(state),
            ReserveOutcome::Released => Attempt::Released,
            ReserveOutcome::PromotionUsedUp => Attempt::PromotionUsedUp,
            ReserveOutcome::InsufficientStock(shortages) => Attempt::InsufficientStock(
                shortages.iter().map(|one| (self.number(&one.sku), one.requested, one.available)).collect(),
            ),
        };
        assert_eq!(found, self.model.reserve(order, &lines, promotion, USES));
    }

    /// Sends an adjustment request. Its body is unique per step, and its response is the quantity on hand.
    async fn request(&mut self, sku: usize, change: i64, force: bool, key: u8) {
        let scope = IdempotencyScope {
            owner: "test".to_owned(),
            operation: "adjust-stock",
            key: format!("{key}-{}", self.run),
        };
        let request = IdempotentRequest::new(scope, b"", format!("{sku} {change} {force}").as_bytes());
        let respond =
            |level: StockLevel, _| Ok(JsonResponse { status: 200, body: level.on_hand.to_string().into_bytes() });
        let once = Idempotency::Request(KeyedRequest { request: &request, respond: &respond });
        let adjusted = self.store.adjust(&self.adjustment(sku, change, force), once).await.unwrap();
        let expected = self.model.request(sku, change, force, key);
        Self::compare(adjusted, &expected);
    }

    fn compare(adjusted: AdjustmentOutcome, expected: &Adjusted) {
        let found = match adjusted {
            AdjustmentOutcome::Done => Adjusted::Done,
            AdjustmentOutcome::Responded(response) => {
                Adjusted::Responded(String::from_utf8(response.body).unwrap().parse().unwrap())
            }
            AdjustmentOutcome::KeyReused => Adjusted::KeyReused,
            AdjustmentOutcome::Rejected(rejection, level) => {
                Adjusted::Rejected(rejection, level.on_hand, level.reserved)
            }
            AdjustmentOutcome::UnknownSku => Adjusted::UnknownSku,
        };
        assert_eq!(found, *expected);
    }

    /// Compares everything that the store can return with the model.
    async fn expect_agreement(&mut self) {
        let expected = self.model.take_events(&self.names);
        assert_eq!(events::published(self.store).await, expected);
        let levels = self.store.levels(&self.names).await.unwrap();
        for (number, name) in self.names.iter().enumerate() {
            assert_eq!(levels.get(name).copied(), self.model.level(number), "{name}");
            let history = self.store.history(name, None, 1_000).await.unwrap().into_iter().rev();
            let lines: Vec<_> = history.map(|line| (line.number, line.change, line.on_hand, line.reason)).collect();
            assert_eq!(lines, self.model.history(number), "{name}");
        }
        assert_eq!(self.listed(StockFilter::Low).await, self.model.low());
        assert_eq!(self.listed(StockFilter::Shortfall).await, self.model.shortfall());
        let active = self.store.active_reservations(None, 100_000).await.unwrap();
        let mut active: Vec<usize> = active
            .into_iter()
            .filter_map(|one| self.orders.iter().position(|order| *order == one.key.order_id))
            .collect();
        active.sort_unstable();
        assert_eq!(active, self.model.active());
        let uses = self.store.promotion_uses(&[&self.code()]).await.unwrap();
        assert_eq!(uses.into_values().next().unwrap_or(0), self.model.uses());
        assert_eq!(self.store.violations(10).await.unwrap(), Vec::<String>::new());
    }

    async fn listed(&self, filter: StockFilter) -> Vec<usize> {
        let found = self.store.list(&filter.into(), None, 100_000).await.unwrap();
        found.iter().filter_map(|(sku, _)| self.names.iter().position(|name| name == sku)).collect()
    }
}

fn store_and_model_agree_after_any_steps(backend: &StoreBackend, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (env, store) = (TestEnvironment::default(), runtime.block_on(backend.stock()));
    let case = async |steps: Vec<Step>| {
        let mut run = Run::new(&store, &env);
        for step in steps {
            run.apply(step).await;
            run.expect_agreement().await;
        }
    };
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    TestRunner::new(config)
        .run(&steps(), |steps| {
            // A failed run may have left events in the outbox.
            runtime.block_on(events::published(&store));
            runtime.block_on(case(steps));
            Ok(())
        })
        .unwrap();
}

#[test]
fn store_and_model_agree_after_any_steps_on_sqlite() {
    store_and_model_agree_after_any_steps(&StoreBackend::sqlite(), 48);
}

#[test]
#[ignore = "needs the servers of make services"]
fn store_and_model_agree_after_any_steps_on_mongo() {
    store_and_model_agree_after_any_steps(&StoreBackend::mongo(), 12);
}
