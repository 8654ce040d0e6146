//! Commands that are lost, late, or answered late; and customers who do two things at once.

use crate::bench::{Bench, card, check_out, try_again};
use crate::shop::{Shop, guest, session};
use contracts::payment::{AttemptRequest, CheckoutResponse, PaymentStatus};
use payment::attempt::{OperationKind, OperationState};
use payment::payment::State;
use testkit::Faults;

#[tokio::test]
async fn a_lost_answer_is_found_out_and_the_order_placed() {
    let shop = Shop::open().await;
    let answer = shop.check_out("one", &shop.request("LOST").await).await.expect(202).read::<CheckoutResponse>();
    assert_eq!(answer.payment.status, PaymentStatus::Processing);
    shop.later(3).await;
    assert_eq!(shop.look(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.told().await, ["order.placed"]);
}

#[tokio::test]
async fn a_customer_who_asks_impatiently_does_not_give_a_slow_gateway_up() {
    let bench = Bench::new(Faults::none()).await;
    bench.line.hold_up();
    bench.check_out("one", &bench.request("Ada").await).await.unwrap();
    bench.env.advance(jiff::SignedDuration::from_secs(5));
    for _ in 0..10 {
        bench.checkout.confirm(&guest(1), bench.payment().await.id, None).await.unwrap();
    }
    assert_eq!(bench.payment().await.status(), PaymentStatus::Processing);
}

/// The first card's command is held up until it is given up.
async fn abandoned() -> Bench {
    let bench = Bench::new(Faults::none()).await;
    bench.line.hold_up();
    let answer = bench.check_out("one", &bench.request("Ada").await).await.unwrap();
    assert_eq!(answer.status, 202);
    for _ in 0..3 {
        bench.later(31).await;
    }
    let payment = bench.payment().await;
    assert_eq!(payment.operations[0].state, OperationState::Abandoned);
    assert_eq!(payment.status(), PaymentStatus::Refused, "another card may be tried");
    bench
}

#[tokio::test]
async fn a_command_that_arrives_after_it_was_given_up_is_let_go() {
    let bench = abandoned().await;
    bench.line.let_through().await;
    bench.later(6 * 3600).await;
    bench.later(1).await;
    let payment = bench.payment().await;
    assert_eq!(payment.state, State::Closed);
    let void = payment.operations.iter().find(|one| one.kind == OperationKind::Void).unwrap();
    assert_eq!((void.state, void.target), (OperationState::Succeeded, Some(1)));
    assert_eq!(bench.stock.with(|books| books.reserved()), 0);
}

#[tokio::test]
async fn the_second_card_pays_although_the_firsts_command_arrives_later() {
    let bench = abandoned().await;
    let commands_later = bench.line.clone();
    let id = bench.payment().await.id;
    let held = commands_later.take_held_up();
    let request = AttemptRequest { payment: card(&session(&bench.files.sandbox, "Grace").await) };
    let answer = try_again(&bench.checkout, id, "two", &request).await.unwrap();
    assert_eq!(answer.status, 201);
    commands_later.deliver(held).await;
    bench.later(6 * 3600).await;
    // Whether or not the first card's money is let go already, the order's money is the second card's.
    let payment = bench.payment().await;
    assert_eq!(payment.authorisation().unwrap().number, 2);
    assert_eq!(payment.totals().authorised, payment.amount());
    bench.later(1).await;
    assert_eq!(bench.payment().await.status(), PaymentStatus::Authorised);
    let operations = bench.files.operations().await;
    let voids = operations.iter().filter(|one| one.kind == OperationKind::Void && one.done);
    assert_eq!(voids.count(), 1);
}

#[tokio::test]
async fn abandoned_commands_are_looked_for_for_eight_days() {
    let bench = abandoned().await;
    for _ in 0..30 {
        bench.later(6 * 3600).await;
    }
    assert!(bench.payment().await.due_at().is_some());
    for _ in 0..2 {
        bench.later(6 * 3600).await;
    }
    assert_eq!(bench.payment().await.due_at(), None);
}

#[tokio::test]
async fn a_hold_is_not_released_under_a_customer_who_is_paying_after_all() {
    let bench = Bench::new(Faults::none()).await;
    let refused = bench.request("REFUSED").await;
    bench.check_out("one", &refused).await.unwrap();
    let id = bench.payment().await.id;
    bench.carts.set(1, 2, 3000);
    // In one tab the changed cart is checked out; right before it gives the old payment up, the next card is sent in
    // the other tab, and its outcome is not known yet.
    let (checkout, line) = (bench.checkout.clone(), bench.line.clone());
    let request = AttemptRequest { payment: refused.payment.clone().unwrap() };
    let other_tab = async move {
        line.hold_up();
        let answer = try_again(&checkout, id, "two", &request).await.unwrap();
        assert_eq!(answer.status, 202);
    };
    let bench = bench.with_faults(Faults::meanwhile(4, other_tab));
    let problem = bench.check_out("changed", &bench.request("Ada").await).await.unwrap_err();
    assert_eq!(problem.slug(), "cart-in-checkout");
    assert_eq!(bench.payment().await.status(), PaymentStatus::Processing);
    assert_eq!(bench.stock.with(|books| books.reserved()), 1, "the hold stays");
}

#[tokio::test]
async fn a_reservation_that_was_answered_twice_does_not_close_a_paid_order() {
    let bench = Bench::new(Faults::none()).await;
    bench.stock.with(|books| books.on_hand = 0);
    let (request, stock) = (bench.request("Ada").await, bench.stock.clone());
    // A handler that was thought dead gets its shortage when another has taken the same request over and paid.
    let (clock, checkout, body) = (bench.env.clock.clone(), bench.checkout.clone(), request.clone());
    let other = async move {
        stock.with(|books| books.on_hand = 1);
        clock.advance(jiff::SignedDuration::from_secs(46));
        let answer = check_out(&checkout, "one", &body).await.unwrap();
        assert_eq!(answer.status, 201);
    };
    let bench = bench.with_faults(Faults::meanwhile(4, other));
    let answer = bench.check_out("one", &request).await.unwrap();
    assert_eq!(answer.status, 201, "what was done counts");
    assert_eq!(bench.check_out("one", &request).await.unwrap(), answer);
    assert_eq!((bench.payment().await.state, bench.stock.with(|books| books.reserved())), (State::Placed, 1));
}
