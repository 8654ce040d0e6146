//! Conformance tests that every store must pass. Each function receives an empty store.

mod races;

use crate::model;
use contracts::ratings::{ReviewDraft, ReviewState, Score};
use contracts::{AccountId, EventId, OrderId, ProductId, ReviewId};
use events::Event;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use races::*;
use ratings::review::{Review, UnverifiedPolicy};
use ratings::store::mysql::MysqlStore;
use ratings::store::sqlite::SqliteStore;
use ratings::store::{
    Position, Purchase, RecordOutcome, ReviewQuery, ReviewSort, ReviewSubmission, Store, VoteOutcome,
};
use std::sync::Arc;
use uuid::Uuid;

/// Returns the account with this number.
pub fn account(number: u8) -> AccountId {
    AccountId(Uuid::from_u128(0xA000 + u128::from(number)))
}

/// Returns the product with this number.
pub fn product(number: u8) -> ProductId {
    ProductId(Uuid::from_u128(0xB000 + u128::from(number)))
}

/// Returns the time this many seconds after 1970.
pub fn moment(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(number)).unwrap()
}

/// Creates a submission of a review.
pub fn submission(id: u128, product: ProductId, account: AccountId, score: u8, title: &str) -> ReviewSubmission {
    let draft = ReviewDraft {
        score: Score::new(score).unwrap(),
        title: title.parse().unwrap(),
        body: "Body".parse().unwrap(),
        author: "Ada".parse().unwrap(),
    };
    let at = moment(i64::try_from(id).unwrap());
    ReviewSubmission {
        id: ReviewId(Uuid::from_u128(id)),
        product,
        account,
        draft,
        policy: UnverifiedPolicy::Publish,
        at,
    }
}

/// Creates an event with the fields that the store reads.
pub fn event(id: u128) -> Event {
    Event {
        specversion: "1.0".into(),
        id: EventId(Uuid::from_u128(id)),
        source: "/test".into(),
        kind: "order.delivered".into(),
        time: moment(0),
        datacontenttype: "application/json".into(),
        traceparent: None,
        tracestate: None,
        data: serde_json::Value::Null,
    }
}

/// Creates the purchase of one product.
pub fn purchase(buyer: AccountId, product: ProductId) -> Purchase {
    Purchase { buyer, order: OrderId(Uuid::from_u128(7)), products: vec![product] }
}

/// Creates a query for all reviews of a product that `reader` sees.
pub fn query_for(product: ProductId, reader: Option<AccountId>) -> ReviewQuery {
    ReviewQuery { product, reader, sort: ReviewSort::Newest, after: None, limit: 1000 }
}

async fn a_review_is_stored_unchanged_and_updated_in_place(store: Arc<dyn Store>) {
    let first = store.submit_review(&submission(1, product(1), account(1), 5, "First")).await.unwrap();
    assert_eq!(store.reviews(&query_for(product(1), None)).await.unwrap(), std::slice::from_ref(&first));
    let second = store.submit_review(&submission(2, product(1), account(1), 2, "Second")).await.unwrap();
    assert_eq!(second, Review { score: Score::new(2).unwrap(), title: "Second".into(), ..first });
    assert_eq!(store.reviews(&query_for(product(1), None)).await.unwrap(), [second]);
    assert_eq!(store.rating_summaries(&[product(1)]).await.unwrap()[&product(1)].histogram, [0, 1, 0, 0, 0]);
}

async fn rating_summaries_of_several_products_are_returned_together(store: Arc<dyn Store>) {
    for number in 1..=4 {
        store.submit_review(&submission(number.into(), product(number), account(1), number, "So")).await.unwrap();
    }
    let products = [product(2), product(4), product(4), product(9)];
    let rating_summaries = store.rating_summaries(&products).await.unwrap();
    assert_eq!(rating_summaries[&product(2)].histogram, [0, 1, 0, 0, 0]);
    assert_eq!(rating_summaries[&product(4)].histogram, [0, 0, 0, 1, 0]);
    assert!(
        !rating_summaries.contains_key(&product(1))
            && rating_summaries.get(&product(9)).is_none_or(|rating_summary| rating_summary.count() == 0)
    );
    assert!(store.rating_summaries(&[]).await.unwrap().is_empty());
}

async fn a_list_continues_after_the_position_of_a_deleted_review(store: Arc<dyn Store>) {
    for number in 1..=5 {
        store.submit_review(&submission(number.into(), product(1), account(number), 3, "So")).await.unwrap();
    }
    let after = Position { by: moment(3).as_microsecond(), id: ReviewId(Uuid::from_u128(3)) };
    store.delete_review(product(1), account(3)).await.unwrap();
    let rest = ReviewQuery { after: Some(after), ..query_for(product(1), None) };
    let ids = |reviews: Vec<Review>| reviews.iter().map(|review| review.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(store.reviews(&rest).await.unwrap()), [2, 1]);
    assert_eq!(ids(store.reviews(&ReviewQuery { limit: 1, ..rest }).await.unwrap()), [2]);
    assert_eq!(ids(store.reviews_in_state(ReviewState::Published, Some(after), 10).await.unwrap()), [2, 1]);
    for number in [1, 2, 4, 5] {
        store.moderate(ReviewId(Uuid::from_u128(number)), ReviewState::Pending, moment(9)).await.unwrap().unwrap();
    }
    assert_eq!(ids(store.reviews_in_state(ReviewState::Pending, Some(after), 10).await.unwrap()), [4, 5]);
    assert_eq!(ids(store.reviews_in_state(ReviewState::Pending, None, 2).await.unwrap()), [1, 2]);
}

async fn votes_are_exact(store: Arc<dyn Store>) {
    let review = store.submit_review(&submission(1, product(1), account(1), 5, "So")).await.unwrap();
    let all = join_all((2..30).chain(2..30).map(|voter| store.vote(review.id, account(voter), true))).await;
    assert!(all.into_iter().all(|vote| vote.unwrap() == VoteOutcome::Recorded));
    assert_eq!(store.vote(review.id, account(1), true).await.unwrap(), VoteOutcome::OwnReview);
    assert_eq!(store.vote(review.id, account(90), false).await.unwrap(), VoteOutcome::Recorded);
    assert_eq!(store.vote(review.id, account(2), false).await.unwrap(), VoteOutcome::Recorded);
    assert_eq!(store.reviews(&query_for(product(1), None)).await.unwrap()[0].helpful, 27);
    assert_eq!(store.vote(ReviewId(Uuid::nil()), account(2), true).await.unwrap(), VoteOutcome::NotFound);
}

async fn an_event_takes_effect_once(store: Arc<dyn Store>) {
    store.submit_review(&submission(1, product(1), account(1), 5, "So")).await.unwrap();
    let bought = purchase(account(1), product(1));
    assert_eq!(store.record_purchase(&event(1), &bought).await.unwrap(), RecordOutcome::Applied);
    let once = store.reviews(&query_for(product(1), None)).await.unwrap();
    assert!(once[0].verified);
    assert_eq!(store.record_purchase(&event(1), &bought).await.unwrap(), RecordOutcome::Duplicate);
    assert_eq!(
        store.record_purchase(&event(2), &bought).await.unwrap(),
        RecordOutcome::Applied,
        "the same products bought again"
    );
    assert_eq!(store.reviews(&query_for(product(1), None)).await.unwrap(), once);
    assert_eq!(store.rating_summaries(&[product(1)]).await.unwrap()[&product(1)].count(), 1);
    let empty = Purchase { products: Vec::new(), ..bought };
    assert_eq!(store.record_purchase(&event(3), &empty).await.unwrap(), RecordOutcome::Applied);
}

async fn seeds_do_not_change_existing_reviews(store: Arc<dyn Store>) {
    let there = store.submit_review(&submission(1, product(1), account(1), 5, "Real")).await.unwrap();
    let seed = |id: u128, number: u8| Review {
        id: ReviewId(Uuid::from_u128(id)),
        account_id: account(number),
        title: "Seed".into(),
        score: Score::new(1).unwrap(),
        ..there.clone()
    };
    for _ in 0..2 {
        store.seed(&[seed(10, 1), seed(11, 2), seed(12, 2)]).await.unwrap();
        let found = store.reviews(&query_for(product(1), None)).await.unwrap();
        assert_eq!(found, [seed(11, 2), there.clone()]);
        assert_eq!(store.rating_summaries(&[product(1)]).await.unwrap()[&product(1)].histogram, [1, 0, 0, 0, 1]);
    }
}

async fn decisions_about_unknown_reviews_change_nothing(store: Arc<dyn Store>) {
    let unknown = ReviewId(Uuid::from_u128(1));
    assert_eq!(store.moderate(unknown, ReviewState::Rejected, moment(1)).await.unwrap(), None);
    store.delete_review(product(1), account(1)).await.unwrap();
    assert!(store.reviews_in_state(ReviewState::Rejected, None, 10).await.unwrap().is_empty());
}

async fn pages_of_any_size_form_one_list(store: Arc<dyn Store>) {
    for number in 1..=9_u8 {
        let at = moment(i64::from(number / 3));
        let submission = ReviewSubmission { at, ..submission(number.into(), product(1), account(number), 3, "So") };
        let review = store.submit_review(&submission).await.unwrap();
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
            let complete = ReviewQuery { sort, ..query_for(product(1), reader) };
            let all = store.reviews(&complete).await.unwrap();
            assert_eq!(all.len(), length);
            assert!(all.is_sorted_by_key(|review| std::cmp::Reverse((by(review), review.id))));
            for limit in 1..=4 {
                let (mut walked, mut after) = (Vec::new(), None);
                loop {
                    let page = store.reviews(&ReviewQuery { after, limit, ..complete }).await.unwrap();
                    let Some(last) = page.last() else { break };
                    after = Some(position(last));
                    walked.extend(page);
                }
                assert_eq!(walked, all);
            }
        }
    }
}

async fn any_text_up_to_the_maximum_is_stored_unchanged(store: Arc<dyn Store>) {
    let texts = [
        ("\u{1F469}\u{1F3FD}\u{200D}\u{1F680} \u{10FFFD}", "\u{1F600}".repeat(5000)),
        ("e\u{301} and \u{e9}", "a 'quoted' \"body\" \\ with % and _\n\n\u{5d0}\u{5d1} ".to_owned() + "x"),
        ("\u{df} SS ss", String::new()),
    ];
    for ((title, body), number) in texts.into_iter().zip(1..) {
        let mut submission = submission(number.into(), product(1), account(number), 4, title);
        submission.draft.body = body.parse().unwrap();
        let written = store.submit_review(&submission).await.unwrap();
        assert_eq!((written.title.as_str(), written.body.as_str()), (title, body.as_str()));
        assert_eq!(store.submit_review(&submission).await.unwrap(), written);
        assert_eq!(store.reviews(&query_for(product(1), None)).await.unwrap()[0], written);
    }
}

async fn an_order_of_many_products_is_recorded_completely(store: Arc<dyn Store>) {
    let products: Vec<_> = (0..450_u128).map(|number| ProductId(Uuid::from_u128(0xC000 + number))).collect();
    for (number, bought) in [(1, products[0]), (2, products[449])] {
        store.submit_review(&submission(number, bought, account(1), 5, "So")).await.unwrap();
    }
    let all = Purchase { products: products.clone(), ..purchase(account(1), product(1)) };
    assert_eq!(store.record_purchase(&event(1), &all).await.unwrap(), RecordOutcome::Applied);
    for bought in [products[0], products[449]] {
        assert!(store.reviews(&query_for(bought, None)).await.unwrap()[0].verified);
        assert_eq!(store.rating_summaries(&[bought]).await.unwrap()[&bought].count(), 1);
    }
    assert!(store.submit_review(&submission(3, products[224], account(1), 5, "So")).await.unwrap().verified);
}

/// Runs a test on a store in a temporary file.
pub async fn on_sqlite<F: Future<Output = ()>>(what: impl FnOnce(Arc<dyn Store>) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("ratings.db")).await.unwrap();
    what(Arc::new(store)).await;
}

/// Runs a test on a store in a new database.
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
    a_review_is_stored_unchanged_and_updated_in_place,
    rating_summaries_of_several_products_are_returned_together,
    a_list_continues_after_the_position_of_a_deleted_review,
    votes_are_exact,
    an_event_takes_effect_once,
    seeds_do_not_change_existing_reviews,
    decisions_about_unknown_reviews_change_nothing,
    pages_of_any_size_form_one_list,
    any_text_up_to_the_maximum_is_stored_unchanged,
    an_order_of_many_products_is_recorded_completely,
    concurrent_changes_keep_the_summary_exact,
    concurrent_submissions_of_one_account_yield_one_review,
    concurrent_votes_decisions_and_deletions_are_exact,
    a_purchase_recorded_during_a_submission_verifies_it,
    a_concurrently_redelivered_event_takes_effect_once,
    concurrent_seeding_adds_reviews_once,
);

fn run(what: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(what);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    #[test]
    fn sqlite_agrees_with_the_model(steps in model::steps()) {
        run(on_sqlite(|store| model::run_steps(store, steps)));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]

    #[test]
    #[ignore = "needs the servers of make services"]
    fn mysql_agrees_with_the_model(steps in model::steps()) {
        run(on_mysql(|store| model::run_steps(store, steps)));
    }
}

#[tokio::test]
async fn commits_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ratings.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let written = store.submit_review(&submission(1, product(1), account(1), 4, "Stored")).await.unwrap();
    store.database().close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.reviews(&query_for(product(1), None)).await.unwrap(), [written]);
}
