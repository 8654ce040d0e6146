//! What every implementation of the store must do. Each function wants a store that is empty.

mod races;

use crate::model;
use contracts::ratings::{ReviewDraft, ReviewState, Score};
use contracts::{AccountId, EventId, OrderId, ProductId, ReviewId};
use events::Event;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use races::*;
use ratings::review::{Review, Unverified};
use ratings::store::mysql::MysqlStore;
use ratings::store::sqlite::SqliteStore;
use ratings::store::{Listing, Outcome, Position, Purchase, ReviewSort, Store, Vote, Writing};
use std::sync::Arc;
use uuid::Uuid;

/// The account number `number`.
pub fn account(number: u8) -> AccountId {
    AccountId(Uuid::from_u128(0xA000 + u128::from(number)))
}

/// The product number `number`.
pub fn product(number: u8) -> ProductId {
    ProductId(Uuid::from_u128(0xB000 + u128::from(number)))
}

/// The moment `number` seconds after the beginning.
pub fn moment(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(number)).unwrap()
}

/// A review as its author sends it.
pub fn writing(id: u128, product: ProductId, account: AccountId, score: u8, title: &str) -> Writing {
    let draft = ReviewDraft {
        score: Score::new(score).unwrap(),
        title: title.parse().unwrap(),
        body: "Body".parse().unwrap(),
        author: "Ada".parse().unwrap(),
    };
    let at = moment(i64::try_from(id).unwrap());
    Writing { id: ReviewId(Uuid::from_u128(id)), product, account, draft, policy: Unverified::Published, at }
}

/// An event, as far as the store looks at it.
pub fn event(id: u128) -> Event {
    Event {
        specversion: "1.0".into(),
        id: EventId(Uuid::from_u128(id)),
        source: "/test".into(),
        kind: "order.delivered".into(),
        time: moment(0),
        datacontenttype: "application/json".into(),
        traceparent: None,
        data: serde_json::Value::Null,
    }
}

/// The purchase of one product.
pub fn purchase(buyer: AccountId, product: ProductId) -> Purchase {
    Purchase { buyer, order: OrderId(Uuid::from_u128(7)), products: vec![product] }
}

/// All reviews of a product that `reader` sees.
pub fn listing(product: ProductId, reader: Option<AccountId>) -> Listing {
    Listing { product, reader, sort: ReviewSort::Newest, after: None, limit: 1000 }
}

async fn a_review_is_kept_as_written_and_changed_in_place(store: Arc<dyn Store>) {
    let first = store.write(&writing(1, product(1), account(1), 5, "First")).await.unwrap();
    assert_eq!(store.reviews(&listing(product(1), None)).await.unwrap(), std::slice::from_ref(&first));
    let second = store.write(&writing(2, product(1), account(1), 2, "Second")).await.unwrap();
    assert_eq!(second, Review { score: Score::new(2).unwrap(), title: "Second".into(), ..first });
    assert_eq!(store.reviews(&listing(product(1), None)).await.unwrap(), [second]);
    assert_eq!(store.tallies(&[product(1)]).await.unwrap()[&product(1)].stars, [0, 1, 0, 0, 0]);
}

async fn tallies_of_many_products_come_at_once(store: Arc<dyn Store>) {
    for number in 1..=4 {
        store.write(&writing(number.into(), product(number), account(1), number, "So")).await.unwrap();
    }
    let asked = [product(2), product(4), product(4), product(9)];
    let tallies = store.tallies(&asked).await.unwrap();
    assert_eq!(tallies[&product(2)].stars, [0, 1, 0, 0, 0]);
    assert_eq!(tallies[&product(4)].stars, [0, 0, 0, 1, 0]);
    assert!(!tallies.contains_key(&product(1)) && tallies.get(&product(9)).is_none_or(|tally| tally.count() == 0));
    assert!(store.tallies(&[]).await.unwrap().is_empty());
}

async fn lists_go_on_behind_a_position_even_when_its_review_is_gone(store: Arc<dyn Store>) {
    for number in 1..=5 {
        store.write(&writing(number.into(), product(1), account(number), 3, "So")).await.unwrap();
    }
    let after = Position { by: moment(3).as_microsecond(), id: ReviewId(Uuid::from_u128(3)) };
    store.delete(product(1), account(3)).await.unwrap();
    let rest = Listing { after: Some(after), ..listing(product(1), None) };
    let ids = |reviews: Vec<Review>| reviews.iter().map(|review| review.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(store.reviews(&rest).await.unwrap()), [2, 1]);
    assert_eq!(ids(store.reviews(&Listing { limit: 1, ..rest }).await.unwrap()), [2]);
    assert_eq!(ids(store.in_state(ReviewState::Published, Some(after), 10).await.unwrap()), [2, 1]);
    for number in [1, 2, 4, 5] {
        store.moderate(ReviewId(Uuid::from_u128(number)), ReviewState::Pending, moment(9)).await.unwrap().unwrap();
    }
    assert_eq!(ids(store.in_state(ReviewState::Pending, Some(after), 10).await.unwrap()), [4, 5]);
    assert_eq!(ids(store.in_state(ReviewState::Pending, None, 2).await.unwrap()), [1, 2]);
}

async fn votes_are_exact(store: Arc<dyn Store>) {
    let review = store.write(&writing(1, product(1), account(1), 5, "So")).await.unwrap();
    let all = join_all((2..30).chain(2..30).map(|voter| store.vote(review.id, account(voter), true))).await;
    assert!(all.into_iter().all(|vote| vote.unwrap() == Vote::Taken));
    assert_eq!(store.vote(review.id, account(1), true).await.unwrap(), Vote::Own);
    assert_eq!(store.vote(review.id, account(90), false).await.unwrap(), Vote::Taken);
    assert_eq!(store.vote(review.id, account(2), false).await.unwrap(), Vote::Taken);
    assert_eq!(store.reviews(&listing(product(1), None)).await.unwrap()[0].helpful, 27);
    assert_eq!(store.vote(ReviewId(Uuid::nil()), account(2), true).await.unwrap(), Vote::Unknown);
}

async fn an_event_takes_effect_once(store: Arc<dyn Store>) {
    store.write(&writing(1, product(1), account(1), 5, "So")).await.unwrap();
    let bought = purchase(account(1), product(1));
    assert_eq!(store.record(&event(1), &bought).await.unwrap(), Outcome::Applied);
    let once = store.reviews(&listing(product(1), None)).await.unwrap();
    assert!(once[0].verified);
    assert_eq!(store.record(&event(1), &bought).await.unwrap(), Outcome::Repeated);
    assert_eq!(store.record(&event(2), &bought).await.unwrap(), Outcome::Applied, "the same products bought again");
    assert_eq!(store.reviews(&listing(product(1), None)).await.unwrap(), once);
    assert_eq!(store.tallies(&[product(1)]).await.unwrap()[&product(1)].count(), 1);
    let empty = Purchase { products: Vec::new(), ..bought };
    assert_eq!(store.record(&event(3), &empty).await.unwrap(), Outcome::Applied);
}

async fn seeds_do_not_touch_what_is_there(store: Arc<dyn Store>) {
    let there = store.write(&writing(1, product(1), account(1), 5, "Real")).await.unwrap();
    let seed = |id: u128, number: u8| Review {
        id: ReviewId(Uuid::from_u128(id)),
        account_id: account(number),
        title: "Seed".into(),
        score: Score::new(1).unwrap(),
        ..there.clone()
    };
    for _ in 0..2 {
        store.seed(&[seed(10, 1), seed(11, 2), seed(12, 2)]).await.unwrap();
        let found = store.reviews(&listing(product(1), None)).await.unwrap();
        assert_eq!(found, [seed(11, 2), there.clone()]);
        assert_eq!(store.tallies(&[product(1)]).await.unwrap()[&product(1)].stars, [1, 0, 0, 0, 1]);
    }
}

async fn decisions_about_unknown_reviews_change_nothing(store: Arc<dyn Store>) {
    let unknown = ReviewId(Uuid::from_u128(1));
    assert_eq!(store.moderate(unknown, ReviewState::Rejected, moment(1)).await.unwrap(), None);
    store.delete(product(1), account(1)).await.unwrap();
    assert!(store.in_state(ReviewState::Rejected, None, 10).await.unwrap().is_empty());
}

async fn pages_of_any_length_are_one_list(store: Arc<dyn Store>) {
    for number in 1..=9_u8 {
        let at = moment(i64::from(number / 3));
        let writing = Writing { at, ..writing(number.into(), product(1), account(number), 3, "So") };
        let review = store.write(&writing).await.unwrap();
        for voter in 100..100 + number % 4 {
            store.vote(review.id, account(voter), true).await.unwrap();
        }
    }
    store.moderate(ReviewId(Uuid::from_u128(5)), ReviewState::Rejected, moment(9)).await.unwrap().unwrap();
    for (reader, length) in [(None, 8), (Some(account(5)), 9), (Some(account(6)), 8)] {
        for sort in [ReviewSort::Newest, ReviewSort::Helpful] {
            let by = |review: &Review| match sort {
                ReviewSort::Newest => review.created_at.as_microsecond(),
                ReviewSort::Helpful => i64::try_from(review.helpful).unwrap(),
            };
            let position = |review: &Review| Position { by: by(review), id: review.id };
            let whole = Listing { sort, ..listing(product(1), reader) };
            let all = store.reviews(&whole).await.unwrap();
            assert_eq!(all.len(), length);
            assert!(all.is_sorted_by_key(|review| std::cmp::Reverse((by(review), review.id))));
            for limit in 1..=4 {
                let (mut walked, mut after) = (Vec::new(), None);
                loop {
                    let page = store.reviews(&Listing { after, limit, ..whole }).await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some(position(last));
                    walked.extend(page);
                }
                assert_eq!(walked, all);
            }
        }
    }
}

async fn every_letter_is_kept_and_the_longest_text(store: Arc<dyn Store>) {
    let texts = [
        ("\u{1F469}\u{1F3FD}\u{200D}\u{1F680} \u{10FFFD}", "\u{1F600}".repeat(5000)),
        ("e\u{301} and \u{e9}", "a 'quoted' \"body\" \\ with % and _\n\n\u{5d0}\u{5d1} ".to_owned() + "x"),
        ("\u{df} SS ss", String::new()),
    ];
    for ((title, body), number) in texts.into_iter().zip(1..) {
        let mut writing = writing(number.into(), product(1), account(number), 4, title);
        writing.draft.body = body.parse().unwrap();
        let written = store.write(&writing).await.unwrap();
        assert_eq!((written.title.as_str(), written.body.as_str()), (title, body.as_str()));
        assert_eq!(store.write(&writing).await.unwrap(), written);
        assert_eq!(store.reviews(&listing(product(1), None)).await.unwrap()[0], written);
    }
}

async fn an_order_of_very_many_products_is_recorded_whole(store: Arc<dyn Store>) {
    let products: Vec<_> = (0..450_u128).map(|number| ProductId(Uuid::from_u128(0xC000 + number))).collect();
    for (number, bought) in [(1, products[0]), (2, products[449])] {
        store.write(&writing(number, bought, account(1), 5, "So")).await.unwrap();
    }
    let all = Purchase { products: products.clone(), ..purchase(account(1), product(1)) };
    assert_eq!(store.record(&event(1), &all).await.unwrap(), Outcome::Applied);
    for bought in [products[0], products[449]] {
        assert!(store.reviews(&listing(bought, None)).await.unwrap()[0].verified);
        assert_eq!(store.tallies(&[bought]).await.unwrap()[&bought].count(), 1);
    }
    assert!(store.write(&writing(3, products[224], account(1), 5, "So")).await.unwrap().verified);
}

/// Runs a function on a store in a file that is thrown away afterwards.
pub async fn on_sqlite<F: Future<Output = ()>>(what: impl FnOnce(Arc<dyn Store>) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("ratings.db")).await.unwrap();
    what(Arc::new(store)).await;
}

/// Runs a function on a store in a database of its own.
pub async fn on_mysql<F: Future<Output = ()>>(what: impl FnOnce(Arc<dyn Store>) -> F) {
    let store = MysqlStore::open(&testkit::servers::mysql()).await.unwrap();
    what(Arc::new(store)).await;
}

macro_rules! conformance {
    ($($what:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $what() {
                super::on_sqlite(super::$what).await;
            })+
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs the servers of make services"]
            async fn $what() {
                super::on_mysql(super::$what).await;
            })+
        }
    };
}

conformance!(
    a_review_is_kept_as_written_and_changed_in_place,
    tallies_of_many_products_come_at_once,
    lists_go_on_behind_a_position_even_when_its_review_is_gone,
    votes_are_exact,
    an_event_takes_effect_once,
    seeds_do_not_touch_what_is_there,
    decisions_about_unknown_reviews_change_nothing,
    pages_of_any_length_are_one_list,
    every_letter_is_kept_and_the_longest_text,
    an_order_of_very_many_products_is_recorded_whole,
    what_many_write_and_delete_at_once_adds_up,
    one_account_that_writes_many_times_at_once_has_one_review,
    votes_decisions_and_deletions_at_once_add_up,
    a_purchase_told_while_the_review_is_written_verifies_it,
    an_event_told_many_times_at_once_takes_effect_once,
    seeds_sown_twice_at_once_are_there_once,
);

fn run(what: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    #[test]
    fn any_sequence_of_changes_on_sqlite_adds_up_like_a_simple_model(steps in model::steps()) {
        run(on_sqlite(|store| model::play(store, steps)));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]

    #[test]
    #[ignore = "needs the servers of make services"]
    fn any_sequence_of_changes_on_mysql_adds_up_like_a_simple_model(steps in model::steps()) {
        run(on_mysql(|store| model::play(store, steps)));
    }
}

#[tokio::test]
async fn what_was_written_is_there_after_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ratings.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let written = store.write(&writing(1, product(1), account(1), 4, "Kept")).await.unwrap();
    store.database().close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.reviews(&listing(product(1), None)).await.unwrap(), [written]);
}
