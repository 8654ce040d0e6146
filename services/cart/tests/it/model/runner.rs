//! Runs steps on the service and on the model, and compares both.

use super::observe::{in_snapshot, seen};
use super::reference::{Command, ExpectedView, GUESTS, Model, OWNERS, Outcome};
use super::scenario::{Code, FakeServices, PLACES, Scenario, code, country, quote_id, quote_request, sku};
use crate::stores::Stores;
use axum::Router;
use cart::CartService;
use chassis::client::segment;
use chassis::tasks::Tasks;
use chassis::transport::{Transport, in_process};
use contracts::cart::CartView;
use contracts::catalogue::CatalogueClient;
use contracts::events::{EventLine, OrderPlaced, TOPOLOGY, TransferAwaited};
use contracts::shipping::{Quote, ShippingClient};
use contracts::{CartId, Currency, OrderId, PaymentId, ProductId, Quantity};
use events::broker::EmbeddedBroker;
use events::{Event, Handler};
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{Answer, Caller, TestEnvironment};
use uuid::Uuid;

/// A step: one command, several concurrent or successive ones, or a change of the scenario.
#[derive(Debug, Clone)]
pub enum Step {
    One(Command),
    Concurrent(Vec<Command>),
    Quote {
        owner: usize,
        place: usize,
    },
    Order(usize),
    Price {
        sku: usize,
        price: i64,
    },
    Stock {
        sku: usize,
        stock: Option<u32>,
    },
    Sale {
        sku: usize,
        for_sale: bool,
    },
    /// True while it is active, and its number of uses; `None` deletes the code.
    Code {
        code: usize,
        state: Option<(bool, u32)>,
    },
    IncludeTax(bool),
    Wait(i64),
    /// One unit each of many SKUs is added.
    Fill {
        owner: usize,
        from: usize,
        to: usize,
    },
}

/// All orders in which up to three concurrent commands can take effect.
const PERMUTATIONS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// The cart service under test, with its fakes.
pub struct Runner<'s> {
    env: &'s TestEnvironment,
    fakes: FakeServices,
    router: Router,
    /// The event handler, which the consumer calls.
    carts: CartService,
    _folder: TempDir,
}

impl<'s> Runner<'s> {
    pub async fn open(stores: &'s Stores) -> Self {
        let (env, fakes) = (&stores.env, FakeServices::new(&stores.env.system));
        let outside: Transport = in_process(fakes.router(), Tasks::new());
        let folder = tempfile::tempdir().unwrap();
        let broker = EmbeddedBroker::open(&folder.path().join("broker.db"), TOPOLOGY).await.unwrap();
        let service_context = env.service_context("cart");
        let catalogue = CatalogueClient(service_context.client("catalogue", outside.clone()));
        let shipping = ShippingClient(service_context.client("shipping", outside));
        let carts = CartService::new(stores.carts.clone(), catalogue.clone(), shipping.clone(), &service_context);
        let (store, inbox) = (stores.carts.clone(), stores.inbox.clone());
        let dependencies = cart::Dependencies { store, inbox, broker: Arc::new(broker), catalogue, shipping };
        let router = cart::start(service_context, dependencies).unwrap().router;
        Self { env, fakes, router, carts, _folder: folder }
    }

    /// Runs these steps with new owners.
    pub async fn play(&self, steps: Vec<Step>) {
        self.fakes.reset(self.env.system.now());
        let owners = [(); OWNERS].map(|()| self.env.system.id());
        let explanations = vec![Explanation::default()];
        let mut run = Run { shop: self, owners, explanations, events: Vec::new() };
        for (turn, step) in steps.into_iter().enumerate() {
            run.take(step).await;
            run.compare_all(turn % PLACES).await;
        }
    }
}

/// The ids of the model's carts, added when they are first seen.
#[derive(Debug, Clone, Default, PartialEq)]
struct Ids(BTreeMap<usize, CartId>);

impl Ids {
    /// Returns the id of the model's cart. A new cart takes the id found, unless that is another cart's.
    fn of(&mut self, cart: Option<usize>, found: Option<CartId>) -> Option<CartId> {
        let (number, is_taken) = (cart?, self.0.values().any(|id| Some(*id) == found));
        if let Some(id) = found.filter(|_| !is_taken) {
            self.0.entry(number).or_insert(id);
        }
        self.0.get(&number).copied()
    }
}

/// A state of the model that agrees with everything that the service has shown.
#[derive(Debug, Clone, Default, PartialEq)]
struct Explanation {
    model: Model,
    ids: Ids,
}

impl Explanation {
    fn agrees(&mut self, owner: usize, view: &CartView) -> Result<(), String> {
        let expected = self.model.show(owner);
        let id = self.ids.of(expected.cart, view.id);
        same(&seen(view), &(id, ExpectedView { cart: None, ..expected }))
    }
}

struct Run<'r> {
    shop: &'r Runner<'r>,
    owners: [Uuid; OWNERS],
    /// At least one. Concurrent commands may have several: which one came first can show only later, such as when the event of
    /// an order finds its units in a merged cart or not.
    explanations: Vec<Explanation>,
    events: Vec<Event>,
}

impl Run<'_> {
    async fn take(&mut self, step: Step) {
        match step {
            Step::One(command) => self.one(command).await,
            Step::Concurrent(commands) => self.concurrent(&commands).await,
            Step::Quote { owner, place } => self.quote(owner, place).await,
            Step::Order(owner) => self.order(owner),
            Step::Wait(minutes) => {
                self.change_scenario(|scenario| scenario.now += minutes);
                self.shop.env.advance(SignedDuration::from_mins(minutes));
            }
            Step::Price { sku, price } => self.change_scenario(|scenario| scenario.products[sku].price = price),
            Step::Stock { sku, stock } => self.change_scenario(|scenario| scenario.products[sku].stock = stock),
            Step::Sale { sku, for_sale } => self.change_scenario(|scenario| scenario.products[sku].for_sale = for_sale),
            Step::Code { code, state } => {
                let known = Scenario::default().codes[code];
                let changed = state.and_then(|(active, used)| Some(Code { active, used, ..known? }));
                self.change_scenario(|scenario| scenario.codes[code] = changed);
            }
            Step::IncludeTax(included) => self.change_scenario(|scenario| scenario.prices_include_tax = included),
            Step::Fill { owner, from, to } => {
                for sku in from..to {
                    self.one(Command::Add { owner, sku, quantity: 1 }).await;
                }
            }
        }
        *self.shop.fakes.scenario.lock().unwrap() = self.explanations[0].model.scenario.clone();
    }

    fn change_scenario(&mut self, change: impl Fn(&mut Scenario)) {
        self.explanations.iter_mut().for_each(|explanation| change(&mut explanation.model.scenario));
    }

    /// Drops the explanations that do not agree with what was seen.
    fn retain(&mut self, mut agrees: impl FnMut(&mut Explanation) -> Result<(), String>) {
        let mut difference = None;
        self.explanations.retain_mut(|explanation| match agrees(explanation) {
            Ok(()) => true,
            Err(text) => {
                difference.get_or_insert(text);
                false
            }
        });
        assert!(!self.explanations.is_empty(), "{}", difference.unwrap_or_default());
    }

    fn caller(&self, owner: usize) -> Caller {
        let (env, id) = (self.shop.env, self.owners[owner]);
        let token = if owner < GUESTS { env.guest_token(id) } else { env.account_token(id, &[]) };
        Caller::new(self.shop.router.clone()).with_bearer(token)
    }

    /// Sends a command to the service; events have no response.
    async fn ask(&self, command: Command) -> Option<Answer> {
        let line = |name: usize| format!("/api/v1/cart/lines/{}", segment(&sku(name)));
        let (quote_path, code_path) = ("/api/v1/cart/shipping", "/api/v1/cart/promotion");
        let answer = match command {
            Command::Add { owner, sku: number, quantity } => {
                let addition = json!({ "sku": sku(number), "quantity": quantity });
                self.caller(owner).post("/api/v1/cart/lines", addition).await
            }
            Command::Set { owner, sku, quantity } => {
                self.caller(owner).put(&line(sku), json!({ "quantity": quantity })).await
            }
            Command::Remove { owner, sku } => self.caller(owner).delete(&line(sku)).await,
            Command::ApplyCode { owner, code: number } => {
                self.caller(owner).put(code_path, json!({ "code": code(number).to_lowercase() })).await
            }
            Command::RemoveCode { owner } => self.caller(owner).delete(code_path).await,
            Command::ChooseShipping { owner, quote, option } => {
                let choice = json!({ "quote_id": quote_id(quote), "option": option });
                self.caller(owner).put(quote_path, choice).await
            }
            Command::LogIn { guest, account } => {
                let cookie = format!("shop_guest={}", self.shop.env.guest_token(self.owners[guest]));
                self.caller(account).with_header("cookie", cookie).post("/api/v1/cart/merge", json!({})).await
            }
            Command::ReceiveOrder { order } => {
                self.shop.carts.handle(&self.events[order]).await.unwrap();
                return None;
            }
        };
        Some(answer)
    }

    /// An event can only be delivered after its order.
    fn is_possible(&self, command: Command) -> bool {
        !matches!(command, Command::ReceiveOrder { order } if order >= self.events.len())
    }

    async fn one(&mut self, command: Command) {
        if !self.is_possible(command) {
            return;
        }
        let answer = self.ask(command).await;
        let view = answer.as_ref().filter(|answer| answer.status.is_success()).map(Answer::read::<CartView>);
        self.retain(|explanation| {
            let expected = explanation.model.execute(command);
            let Some(answer) = &answer else { return Ok(()) };
            same(&outcome(answer), &expected_outcome(expected))?;
            view.as_ref().map_or(Ok(()), |view| explanation.agrees(subject(command), view))
        });
    }

    async fn concurrent(&mut self, commands: &[Command]) {
        let commands: Vec<Command> = commands.iter().copied().filter(|command| self.is_possible(*command)).collect();
        let answers = join_all(commands.iter().map(|command| self.ask(*command))).await;
        let outcomes: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_or(Ok(()), outcome)).collect();
        let mut shown = Vec::new();
        for owner in 0..OWNERS {
            shown.push(self.caller(owner).get("/api/v1/cart").await.expect(200).read::<CartView>());
        }
        let mut explanations = Vec::new();
        for (before, order) in
            self.explanations.iter().flat_map(|one| PERMUTATIONS.iter().map(move |order| (one, order)))
        {
            let mut after = before.clone();
            let done = order.iter().filter_map(|at| Some((*at, *commands.get(*at)?)));
            let explains_outcomes = done.fold(true, |so_far, (at, command)| {
                let expected = expected_outcome(after.model.execute(command));
                so_far && outcomes[at] == expected
            });
            let explains = explains_outcomes && (0..OWNERS).all(|owner| after.agrees(owner, &shown[owner]).is_ok());
            if explains && !explanations.contains(&after) {
                explanations.push(after);
            }
        }
        assert!(!explanations.is_empty(), "no order of {commands:?} explains {outcomes:?} and {shown:#?}");
        self.explanations = explanations;
    }

    async fn quote(&mut self, owner: usize, place: usize) {
        let answer = self.caller(owner).post("/api/v1/cart/quotes", quote_request(place)).await;
        self.retain(|explanation| same(&outcome(&answer), &expected_outcome(explanation.model.quote(owner, place))));
        if answer.status.is_success() {
            assert_eq!(answer.read::<Quote>().place.country.to_string(), country(place));
        }
    }

    /// Creates the event that payment publishes for an order of the current cart.
    fn order(&mut self, owner: usize) {
        self.explanations.iter_mut().for_each(|explanation| explanation.model.order(owner));
        let Explanation { model, ids } = &self.explanations[0];
        let Some(order) = model.orders.get(self.events.len()) else { return };
        let system = &self.shop.env.system;
        let line = |(number, quantity): (&usize, &u32)| EventLine {
            sku: sku(*number).parse().unwrap(),
            product_id: ProductId(system.id()),
            quantity: Quantity::new(*quantity).unwrap(),
        };
        let placed = OrderPlaced {
            order_id: OrderId(system.id()),
            order_number: "10001".into(),
            payment_id: PaymentId(system.id()),
            owner: "guest:x".into(),
            cart_id: ids.0[&order.cart],
            cart_version: order.version,
            lines: order.units.iter().map(line).collect(),
            total: "EUR".parse::<Currency>().unwrap().minor(1),
            placed_at: system.now(),
        };
        // A customer who pays by bank transfer has ordered, too, so that event removes the same units.
        let event = if self.events.len().is_multiple_of(2) {
            Event::new(system, "payment", &placed)
        } else {
            let OrderPlaced { order_id, cart_id, lines, .. } = placed;
            Event::new(system, "payment", &TransferAwaited { order_id, cart_id: Some(cart_id), lines })
        };
        self.events.push(event.unwrap());
    }

    /// Compares the views of all owners, and the snapshots for an address in this country.
    async fn compare_all(&mut self, place: usize) {
        for owner in 0..OWNERS {
            let view: CartView = self.caller(owner).get("/api/v1/cart").await.expect(200).read();
            self.retain(|explanation| explanation.agrees(owner, &view));
            let kind = if owner < GUESTS { "guest" } else { "account" };
            let request = json!({ "owner": format!("{kind}:{}", self.owners[owner]), "country": country(place) });
            let payment = self.shop.env.service(&self.shop.router, "payment", "cart");
            let answer = payment.post("/internal/carts/snapshot", request).await;
            self.retain(|explanation| {
                let expected = explanation.model.snapshot(owner, place);
                same(&outcome(&answer), &expected_outcome(expected.as_ref().map(|_| ()).map_err(|problem| *problem)))?;
                let Ok(expected) = expected else { return Ok(()) };
                let id = explanation.ids.of(expected.cart, None);
                same(&in_snapshot(&answer.read()), &(id, ExpectedView { cart: None, ..expected }))
            });
        }
    }
}

/// Returns the difference between what was seen and what is expected, if there is one.
fn same<T: PartialEq + std::fmt::Debug>(seen: &T, expected: &T) -> Result<(), String> {
    if seen == expected { Ok(()) } else { Err(format!("seen: {seen:?}\nexpected: {expected:?}")) }
}

/// The owner of the cart in the response.
fn subject(command: Command) -> usize {
    match command {
        Command::Add { owner, .. }
        | Command::Set { owner, .. }
        | Command::Remove { owner, .. }
        | Command::ApplyCode { owner, .. }
        | Command::RemoveCode { owner }
        | Command::ChooseShipping { owner, .. }
        | Command::LogIn { account: owner, .. } => owner,
        Command::ReceiveOrder { .. } => unreachable!("an event is not answered"),
    }
}

fn outcome(answer: &Answer) -> Result<(), String> {
    if answer.status.is_success() { Ok(()) } else { Err(answer.clone().problem(answer.status.as_u16())) }
}

fn expected_outcome(expected: Outcome) -> Result<(), String> {
    expected.map_err(ToOwned::to_owned)
}
