//! Any commands whatever, to cart through its API and to a simple model of it: after each step both show the same.
//!
//! What is asked at once may be done in any order: one of the orders must explain all the answers and what is shown then.

mod bill;
mod run;
mod seen;
mod shop;
mod world;

use crate::stores::Stores;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use run::{Shop, Step};
use shop::{Command, GUESTS, OWNERS};
use world::{ALL_SKUS, CODES, PLACES, QUOTED_FOR, SKUS};

/// The first ones are the subject of most steps, so that what befalls them adds up.
fn one_of(count: usize) -> impl Strategy<Value = usize> + Clone {
    prop_oneof![3 => Just(0), 2 => Just(1), 1 => 0..count]
}

/// Quotes and orders are mostly few; one that is not there yet is possible.
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

/// `codes` is how many of the codes are entered.
fn command(codes: usize) -> impl Strategy<Value = Command> + Clone {
    let line = || (owner(), one_of(SKUS));
    let set = prop_oneof![10 => quantity(), 2 => Just(0), 1 => Just(10_000)];
    let option = prop_oneof![6 => Just("standard"), 3 => Just("express"), 1 => Just("balloon")];
    prop_oneof![
        8 => (line(), quantity()).prop_map(|((owner, sku), quantity)| Command::Add { owner, sku, quantity }),
        5 => (line(), set).prop_map(|((owner, sku), quantity)| Command::Set { owner, sku, quantity }),
        2 => line().prop_map(|(owner, sku)| Command::Remove { owner, sku }),
        3 => (owner(), 0..codes).prop_map(|(owner, code)| Command::Enter { owner, code }),
        1 => owner().prop_map(|owner| Command::Withdraw { owner }),
        4 => (owner(), numbered(), option).prop_map(|(owner, quote, option)| Command::Choose { owner, quote, option }),
        3 => (guest(), account()).prop_map(|(guest, account)| Command::LogIn { guest, account }),
        4 => numbered().prop_map(|order| Command::Hear { order }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let sku = || one_of(SKUS);
    // Whether a code can be used is looked at before it is entered; at once with others, only codes for any cart are.
    let at_once = prop::collection::vec(command(3), 2..4);
    let left = prop::option::of(0..12_u32);
    // To the minute at which something begins or ends, too.
    let wait = prop_oneof![Just(10), Just(QUOTED_FOR), 1..45_i64];
    let code = (0..CODES - 1, prop::option::weighted(0.8, (any::<bool>(), 0..3_u32)));
    prop_oneof![
        24 => command(CODES).prop_map(Step::One),
        6 => at_once.prop_map(Step::AtOnce),
        6 => (owner(), 0..PLACES).prop_map(|(owner, place)| Step::Quote { owner, place }),
        5 => owner().prop_map(Step::Order),
        2 => (sku(), 0..3_000_i64).prop_map(|(sku, price)| Step::Price { sku, price }),
        2 => (sku(), left).prop_map(|(sku, left)| Step::Stock { sku, left }),
        1 => (sku(), any::<bool>()).prop_map(|(sku, for_sale)| Step::Sale { sku, for_sale }),
        2 => code.prop_map(|(code, state)| Step::Code { code, state }),
        1 => any::<bool>().prop_map(Step::IncludeTax),
        3 => wait.prop_map(Step::Wait),
        1 => (owner(), SKUS..ALL_SKUS - 99).prop_map(|(owner, from)| Step::Fill { owner, from, to: from + 99 }),
    ]
}

fn cart_and_model_show_the_same_after_any_steps(
    stores: impl Future<Output = Stores>,
    runtime: &tokio::runtime::Runtime,
    cases: u32,
) {
    let stores = runtime.block_on(stores);
    let shop = runtime.block_on(Shop::open(&stores));
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
fn cart_and_model_show_the_same_after_any_steps_on_sqlite() {
    cart_and_model_show_the_same_after_any_steps(Stores::sqlite(), &runtime(), 48);
}

#[test]
#[ignore = "needs the servers of make services"]
fn cart_and_model_show_the_same_after_any_steps_on_redis() {
    cart_and_model_show_the_same_after_any_steps(Stores::redis(), &runtime(), 12);
}
