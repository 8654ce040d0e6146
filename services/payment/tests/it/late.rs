//! Operations that are lost or late, and customers who do two things at once.

use crate::fault_rig::{FaultRig, card, check_out, try_again};
use crate::shop::{Shop, guest, session};
use contracts::payment::{AttemptRequest, CheckoutResponse, PaymentStatus};
use payment::operation::{OperationKind, OperationState};
use payment::payment::State;
use testkit::Faults;

#[tokio::test]
async fn a_query_places_the_order_after_a_lost_response() {
    let shop = Shop::open().await;
    let answer = shop.check_out("one", &shop.request("LOST").await).await.expect(202).read::<CheckoutResponse>();
    assert_eq!(answer.payment.status, PaymentStatus::Processing);
    shop.later(3).await;
    assert_eq!(shop.payment_view(&answer.payment).await.status, PaymentStatus::Authorised);
    assert_eq!(shop.event_kinds().await, ["order.placed"]);
}

#[tokio::test]
async fn frequent_confirms_do_not_abandon_a_slow_authorisation() {
    let rig = FaultRig::new(Faults::none()).await;
    rig.connection.delay();
    rig.check_out("one", &rig.request("Ada").await).await.unwrap();
    rig.env.advance(jiff::SignedDuration::from_secs(5));
    for _ in 0..10 {
        rig.checkout.confirm(&guest(1), rig.payment().await.id, None).await.unwrap();
    }
    assert_eq!(rig.payment().await.status(), PaymentStatus::Processing);
}

/// Delays the first card's authorisation until it is abandoned.
async fn abandoned() -> FaultRig {
    let rig = FaultRig::new(Faults::none()).await;
    rig.connection.delay();
    let answer = rig.check_out("one", &rig.request("Ada").await).await.unwrap();
    assert_eq!(answer.status, 202);
    for _ in 0..3 {
        rig.later(31).await;
    }
    let payment = rig.payment().await;
    assert_eq!(payment.operations[0].state, OperationState::Abandoned);
    assert_eq!(payment.status(), PaymentStatus::Refused, "another card may be tried");
    rig
}

#[tokio::test]
async fn an_authorisation_that_arrives_after_abandonment_is_voided() {
    let rig = abandoned().await;
    rig.connection.deliver_delayed().await;
    rig.later(6 * 3600).await;
    rig.later(1).await;
    let payment = rig.payment().await;
    assert_eq!(payment.state, State::Closed);
    let void = payment.operations.iter().find(|one| one.kind == OperationKind::Void).unwrap();
    assert_eq!((void.state, void.target), (OperationState::Succeeded, Some(1)));
    assert_eq!(rig.stock.with(|stock| stock.reserved()), 0);
}

#[tokio::test]
async fn the_second_card_pays_although_the_first_authorisation_arrives_later() {
    let rig = abandoned().await;
    let connection = rig.connection.clone();
    let id = rig.payment().await.id;
    let held = connection.take_delayed();
    let request = AttemptRequest { payment: card(&session(&rig.files.sandbox, "Grace").await) };
    let answer = try_again(&rig.checkout, id, "two", &request).await.unwrap();
    assert_eq!(answer.status, 201);
    connection.deliver(held).await;
    rig.later(6 * 3600).await;
    // The order is paid by the second card, whether or not the first one is voided already.
    let payment = rig.payment().await;
    assert_eq!(payment.authorisation().unwrap().number, 2);
    assert_eq!(payment.totals().authorised, payment.amount());
    rig.later(1).await;
    assert_eq!(rig.payment().await.status(), PaymentStatus::Authorised);
    let operations = rig.files.operations().await;
    let voids = operations.iter().filter(|one| one.kind == OperationKind::Void && one.done);
    assert_eq!(voids.count(), 1);
}

#[tokio::test]
async fn abandoned_authorisations_are_queried_for_eight_days() {
    let rig = abandoned().await;
    for _ in 0..30 {
        rig.later(6 * 3600).await;
    }
    assert!(rig.payment().await.due_at().is_some());
    for _ in 0..2 {
        rig.later(6 * 3600).await;
    }
    assert_eq!(rig.payment().await.due_at(), None);
}

#[tokio::test]
async fn a_reservation_is_not_released_while_another_attempt_is_pending() {
    let rig = FaultRig::new(Faults::none()).await;
    let refused = rig.request("REFUSED").await;
    rig.check_out("one", &refused).await.unwrap();
    let id = rig.payment().await.id;
    rig.carts.set(1, 2, 3000);
    // One tab checks out the changed cart. Right before it supersedes the old payment, another tab sends the next card,
    // whose outcome is not known yet.
    let (checkout, connection) = (rig.checkout.clone(), rig.connection.clone());
    let request = AttemptRequest { payment: refused.payment.clone().unwrap() };
    let other_tab = async move {
        connection.delay();
        let answer = try_again(&checkout, id, "two", &request).await.unwrap();
        assert_eq!(answer.status, 202);
    };
    let rig = rig.with_faults(Faults::meanwhile(4, other_tab));
    let problem = rig.check_out("changed", &rig.request("Ada").await).await.unwrap_err();
    assert_eq!(problem.slug(), "cart-in-checkout");
    assert_eq!(rig.payment().await.status(), PaymentStatus::Processing);
    assert_eq!(rig.stock.with(|stock| stock.reserved()), 1, "the reservation stays");
}

#[tokio::test]
async fn a_late_reservation_refusal_does_not_close_a_paid_order() {
    let rig = FaultRig::new(Faults::none()).await;
    rig.stock.with(|stock| stock.on_hand = 0);
    let (request, stock) = (rig.request("Ada").await, rig.stock.clone());
    // A slow handler gets its stock refusal after another one has taken over the request and paid.
    let (clock, checkout, body) = (rig.env.clock.clone(), rig.checkout.clone(), request.clone());
    let other = async move {
        stock.with(|stock| stock.on_hand = 1);
        clock.advance(jiff::SignedDuration::from_secs(46));
        let answer = check_out(&checkout, "one", &body).await.unwrap();
        assert_eq!(answer.status, 201);
    };
    let rig = rig.with_faults(Faults::meanwhile(4, other));
    let answer = rig.check_out("one", &request).await.unwrap();
    assert_eq!(answer.status, 201, "the completed order counts");
    assert_eq!(rig.check_out("one", &request).await.unwrap(), answer);
    assert_eq!((rig.payment().await.state, rig.stock.with(|stock| stock.reserved())), (State::Placed, 1));
}
