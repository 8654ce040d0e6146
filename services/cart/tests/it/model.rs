//! Random commands, sent to the service through its API and to a simple model: after each step both show the same.
//!
//! Concurrent commands may take effect in any order. Every order that explains the responses and the carts so far is pursued, and
//! at least one must explain what follows.

mod observe;
mod reference;
mod runner;
mod scenario;
mod totals;

use crate::stores::Stores;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reference::{Command, GUESTS, OWNERS};
use runner::{Runner, Step};
use scenario::{ALL_SKUS, CODES, PLACES, QUOTED_FOR, SKUS};

/// Most steps use the first ones, so that their effects accumulate.
fn one_of(count: usize) -> impl Strategy<Value = usize> + Clone {
    prop_oneof![3 => Just(0), 2 => Just(1), 1 => 0..count]
}

/// The number of a quote or order, mostly a low one; it may not exist yet.
fn numbered() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![3 => 0..2_usize, 2 => 2..8_usize]
}

fn guest() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![3 => Just(0), 1 => 0..GUESTS]
}

fn account() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![3 => Just(GUESTS), 1 => GUESTS..OWNERS]
}

fn owner() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![guest(), account()]
}

fn quantity() -> impl Strategy<Value = u32> + Clone {
    prop_oneof![12 => 1..6_u32, 1 => Just(5_000), 1 => Just(9_999)]
}

/// A command that uses the first `codes` promotion codes.
fn command(codes: usize) -> impl Strategy<Value = Command> + Clone {
    let line = || (owner(), one_of(SKUS));
    let set = prop_oneof![10 => quantity(), 2 => Just(0), 1 => Just(10_000)];
    let option = prop_oneof![6 => Just("standard"), 3 => Just("express"), 1 => Just("balloon")];
    prop_oneof![
        8 => (line(), quantity()).prop_map(|((owner, sku), quantity)| Command::Add { owner, sku, quantity }),
        5 => (line(), set).prop_map(|((owner, sku), quantity)| Command::Set { owner, sku, quantity }),
        2 => line().prop_map(|(owner, sku)| Command::Remove { owner, sku }),
        3 => (owner(), 0..codes).prop_map(|(owner, code)| Command::ApplyCode { owner, code }),
        1 => owner().prop_map(|owner| Command::RemoveCode { owner }),
        4 => (owner(), numbered(), option).prop_map(|(owner, quote, option)| Command::ChooseShipping { owner, quote, option }),
        3 => (guest(), account()).prop_map(|(guest, account)| Command::LogIn { guest, account }),
        4 => numbered().prop_map(|order| Command::ReceiveOrder { order }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let sku = || one_of(SKUS);
    // The service checks a code before it stores it, so concurrent steps use only codes that apply to any cart.
    let concurrent = prop::collection::vec(command(3), 2..4);
    let stock = prop::option::of(0..12_u32);
    // Includes the minutes at which a code or quote starts or ends.
    let wait = prop_oneof![Just(10), Just(QUOTED_FOR), 1..45_i64];
    let code = (0..CODES - 1, prop::option::weighted(0.8, (any::<bool>(), 0..3_u32)));
    prop_oneof![
        24 => command(CODES).prop_map(Step::One),
        6 => concurrent.prop_map(Step::Concurrent),
        6 => (owner(), 0..PLACES).prop_map(|(owner, place)| Step::Quote { owner, place }),
        5 => owner().prop_map(Step::Order),
        2 => (sku(), 0..3_000_i64).prop_map(|(sku, price)| Step::Price { sku, price }),
        2 => (sku(), stock).prop_map(|(sku, stock)| Step::Stock { sku, stock }),
        1 => (sku(), any::<bool>()).prop_map(|(sku, for_sale)| Step::Sale { sku, for_sale }),
        2 => code.prop_map(|(code, state)| Step::Code { code, state }),
        1 => any::<bool>().prop_map(Step::IncludeTax),
        3 => wait.prop_map(Step::Wait),
        1 => (owner(), SKUS..ALL_SKUS - 99).prop_map(|(owner, from)| Step::Fill { owner, from, to: from + 99 }),
    ]
}

fn service_and_model_agree_after_any_steps(
    stores: impl Future<Output = Stores>,
    runtime: &tokio::runtime::Runtime,
    cases: u32,
) {
    let stores = runtime.block_on(stores);
    let shop = runtime.block_on(Runner::open(&stores));
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            runtime.block_on(shop.play(steps));
            Ok(())
        })
        .unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn service_and_model_agree_on_sqlite() {
    service_and_model_agree_after_any_steps(Stores::sqlite(), &runtime(), 48);
}

/// Two orders of the concurrent commands leave the same cart to be read. Which of them happened shows only with the event of
/// the guest's order: its units are in a cart that was merged, or in none.
#[test]
fn concurrent_commands_may_be_explained_by_a_later_event() {
    let add = |owner, sku| Command::Add { owner, sku, quantity: 1 };
    let steps = [
        Step::One(add(0, 0)),
        Step::Order(0),
        Step::Concurrent(vec![add(0, 0), Command::LogIn { guest: 0, account: 2 }]),
        Step::One(add(0, 3)),
        Step::Order(0),
        Step::Order(2),
        Step::Concurrent(vec![add(2, 0), Command::ReceiveOrder { order: 2 }]),
        Step::One(Command::ReceiveOrder { order: 0 }),
    ];
    let runtime = runtime();
    let stores = runtime.block_on(Stores::sqlite());
    let shop = runtime.block_on(Runner::open(&stores));
    // Which command comes first is a matter of chance.
    for _ in 0..20 {
        runtime.block_on(shop.play(steps.to_vec()));
    }
}

#[test]
#[ignore = "needs the servers of make services"]
fn service_and_model_agree_on_redis() {
    service_and_model_agree_after_any_steps(Stores::redis(), &runtime(), 12);
}
