//! Conformance tests of concurrent changes.

use super::{account, event, moment, product, purchase, query_for, submission};
use contracts::ReviewId;
use contracts::ratings::{ReviewState, Score};
use futures::future::{join, join_all};
use ratings::review::Review;
use ratings::store::{RecordOutcome, Store, VoteOutcome};
use std::sync::Arc;
use uuid::Uuid;

/// Asserts that the summary of a product matches its published reviews.
async fn assert_summary_is_exact(store: &Arc<dyn Store>, number: u8) {
    let rating_summaries = store.rating_summaries(&[product(number)]).await.unwrap();
    let reviews = store.reviews(&query_for(product(number), None)).await.unwrap();
    let stars = [1, 2, 3, 4, 5].map(|stars| reviews.iter().filter(|review| review.score.get() == stars).count() as u64);
    assert_eq!(rating_summaries.get(&product(number)).copied().unwrap_or_default().histogram, stars);
}

pub async fn concurrent_changes_keep_the_summary_exact(store: Arc<dyn Store>) {
    let histogram_delta = async |turn: u8| {
        let (author, about) = (account(turn % 12), product(turn % 2));
        if turn % 5 == 4 {
            return store.delete_review(about, author).await.unwrap();
        }
        store
            .submit_review(&submission((turn + 1).into(), about, author, turn % 5 + 1, &turn.to_string()))
            .await
            .unwrap();
    };
    join_all((0..72).map(histogram_delta)).await;
    for number in [0, 1] {
        assert_summary_is_exact(&store, number).await;
        assert!(!store.reviews(&query_for(product(number), None)).await.unwrap().is_empty());
    }
}

pub async fn concurrent_submissions_of_one_account_yield_one_review(store: Arc<dyn Store>) {
    let submit_review = async |turn: u8| {
        let submission = submission(turn.into(), product(1), account(1), turn % 5 + 1, &turn.to_string());
        store.submit_review(&submission).await.unwrap()
    };
    let all: Vec<Review> = join_all((1..=12).map(submit_review)).await;
    let stored = store.reviews(&query_for(product(1), None)).await.unwrap();
    assert_eq!(stored.len(), 1);
    assert!(all.iter().all(|review| (review.id, review.created_at) == (stored[0].id, stored[0].created_at)));
    assert_summary_is_exact(&store, 1).await;
}

pub async fn concurrent_votes_decisions_and_deletions_are_exact(store: Arc<dyn Store>) {
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(
            store.submit_review(&submission(number.into(), product(1), account(number), 5, "So")).await.unwrap().id,
        );
    }
    let (rejected, deleted, published) = (ids[0], ids[1], ids[2]);
    let votes =
        (10..40).flat_map(|voter| [rejected, deleted, published].map(|id| store.vote(id, account(voter), true)));
    let decide = async |state| store.moderate(rejected, state, moment(9)).await.unwrap().unwrap();
    let decisions = join_all([ReviewState::Pending, ReviewState::Published, ReviewState::Rejected].map(decide));
    let deletion = join(store.delete_review(product(1), account(2)), store.delete_review(product(1), account(2)));
    let (votes, (decided, deletions)) = join(join_all(votes), join(decisions, deletion)).await;
    deletions.0.unwrap();
    deletions.1.unwrap();
    assert_eq!(decided.len(), 3);
    assert_summary_is_exact(&store, 1).await;
    let votes: Vec<VoteOutcome> = votes.into_iter().map(Result::unwrap).collect();
    let taken = |place: usize| {
        votes.iter().skip(place).step_by(3).filter(|vote| **vote == VoteOutcome::Recorded).count() as u64
    };
    assert_eq!(taken(2), 30);
    let found = store.reviews(&query_for(product(1), Some(account(1)))).await.unwrap();
    let helpful = |id: ReviewId| found.iter().find(|review| review.id == id).map(|review| review.helpful);
    assert_eq!((helpful(published), helpful(rejected), helpful(deleted)), (Some(30), Some(taken(0)), None));
    assert_eq!(store.vote(deleted, account(50), true).await.unwrap(), VoteOutcome::NotFound);
}

pub async fn a_purchase_recorded_during_a_submission_verifies_it(store: Arc<dyn Store>) {
    let both = async |number: u8| {
        let (event, bought) = (event(number.into()), purchase(account(number), product(1)));
        let submission = submission(number.into(), product(1), account(number), 5, "So");
        let (written, outcome) = join(store.submit_review(&submission), store.record_purchase(&event, &bought)).await;
        assert_eq!((written.unwrap().score.get(), outcome.unwrap()), (5, RecordOutcome::Applied));
    };
    join_all((1..=20).map(both)).await;
    let reviews = store.reviews(&query_for(product(1), None)).await.unwrap();
    assert_eq!(reviews.len(), 20);
    assert!(reviews.iter().all(|review| review.verified));
    assert_summary_is_exact(&store, 1).await;
}

pub async fn a_concurrently_redelivered_event_takes_effect_once(store: Arc<dyn Store>) {
    let bought = purchase(account(1), product(1));
    let event = event(1);
    let outcomes = join_all((0..12).map(|_| store.record_purchase(&event, &bought))).await;
    let applied = outcomes.into_iter().filter(|outcome| *outcome.as_ref().unwrap() == RecordOutcome::Applied).count();
    assert_eq!(applied, 1);
    assert!(store.submit_review(&submission(1, product(1), account(1), 5, "So")).await.unwrap().verified);
}

pub async fn concurrent_seeding_adds_reviews_once(store: Arc<dyn Store>) {
    let like = store.submit_review(&submission(1, product(9), account(1), 5, "So")).await.unwrap();
    let seeds = |first: u128| -> Vec<Review> {
        let seed = |number: u8| Review {
            id: ReviewId(Uuid::from_u128(first + u128::from(number))),
            product_id: product(number % 3),
            account_id: account(number),
            score: Score::new(number % 5 + 1).unwrap(),
            ..like.clone()
        };
        (0..250).map(seed).collect()
    };
    let (one, mut two) = (seeds(1000), seeds(2000));
    two.reverse();
    let (first, second) = join(store.seed(&one), store.seed(&two)).await;
    first.unwrap();
    second.unwrap();
    for number in 0..3 {
        let found = store.reviews(&query_for(product(number), None)).await.unwrap();
        assert_eq!(found.len(), if number == 0 { 84 } else { 83 });
        assert_summary_is_exact(&store, number).await;
    }
}
