//! What must hold when many do something at once.

use super::{account, event, listing, moment, product, purchase, writing};
use contracts::ReviewId;
use contracts::ratings::{ReviewState, Score};
use futures::future::{join, join_all};
use ratings::review::Review;
use ratings::store::{Outcome, Store, Vote};
use std::sync::Arc;
use uuid::Uuid;

/// The numbers of a product are those of its published reviews.
async fn adds_up(store: &Arc<dyn Store>, number: u8) {
    let tallies = store.tallies(&[product(number)]).await.unwrap();
    let reviews = store.reviews(&listing(product(number), None)).await.unwrap();
    let stars = [1, 2, 3, 4, 5].map(|stars| reviews.iter().filter(|review| review.score.get() == stars).count() as u64);
    assert_eq!(tallies.get(&product(number)).copied().unwrap_or_default().stars, stars);
}

pub async fn what_many_write_and_delete_at_once_adds_up(store: Arc<dyn Store>) {
    let change = async |turn: u8| {
        let (author, about) = (account(turn % 12), product(turn % 2));
        if turn % 5 == 4 {
            return store.delete(about, author).await.unwrap();
        }
        store.write(&writing((turn + 1).into(), about, author, turn % 5 + 1, &turn.to_string())).await.unwrap();
    };
    join_all((0..72).map(change)).await;
    for number in [0, 1] {
        adds_up(&store, number).await;
        assert!(!store.reviews(&listing(product(number), None)).await.unwrap().is_empty());
    }
}

pub async fn one_account_that_writes_many_times_at_once_has_one_review(store: Arc<dyn Store>) {
    let write = async |turn: u8| {
        let writing = writing(turn.into(), product(1), account(1), turn % 5 + 1, &turn.to_string());
        store.write(&writing).await.unwrap()
    };
    let all: Vec<Review> = join_all((1..=12).map(write)).await;
    let kept = store.reviews(&listing(product(1), None)).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(all.iter().all(|review| (review.id, review.created_at) == (kept[0].id, kept[0].created_at)));
    adds_up(&store, 1).await;
}

pub async fn votes_decisions_and_deletions_at_once_add_up(store: Arc<dyn Store>) {
    let mut ids = Vec::new();
    for number in 1..=3 {
        ids.push(store.write(&writing(number.into(), product(1), account(number), 5, "So")).await.unwrap().id);
    }
    let (rejected, deleted, kept) = (ids[0], ids[1], ids[2]);
    let votes = (10..40).flat_map(|voter| [rejected, deleted, kept].map(|id| store.vote(id, account(voter), true)));
    let decide = async |state| store.moderate(rejected, state, moment(9)).await.unwrap().unwrap();
    let decisions = join_all([ReviewState::Pending, ReviewState::Published, ReviewState::Rejected].map(decide));
    let deletion = join(store.delete(product(1), account(2)), store.delete(product(1), account(2)));
    let (votes, (decided, deletions)) = join(join_all(votes), join(decisions, deletion)).await;
    deletions.0.unwrap();
    deletions.1.unwrap();
    assert_eq!(decided.len(), 3);
    adds_up(&store, 1).await;
    let votes: Vec<Vote> = votes.into_iter().map(Result::unwrap).collect();
    let taken = |place: usize| votes.iter().skip(place).step_by(3).filter(|vote| **vote == Vote::Taken).count() as u64;
    assert_eq!(taken(2), 30);
    let found = store.reviews(&listing(product(1), Some(account(1)))).await.unwrap();
    let helpful = |id: ReviewId| found.iter().find(|review| review.id == id).map(|review| review.helpful);
    assert_eq!((helpful(kept), helpful(rejected), helpful(deleted)), (Some(30), Some(taken(0)), None));
    assert_eq!(store.vote(deleted, account(50), true).await.unwrap(), Vote::Unknown);
}

pub async fn a_purchase_told_while_the_review_is_written_verifies_it(store: Arc<dyn Store>) {
    let both = async |number: u8| {
        let (event, bought) = (event(number.into()), purchase(account(number), product(1)));
        let writing = writing(number.into(), product(1), account(number), 5, "So");
        let (written, told) = join(store.write(&writing), store.record(&event, &bought)).await;
        assert_eq!((written.unwrap().score.get(), told.unwrap()), (5, Outcome::Applied));
    };
    join_all((1..=20).map(both)).await;
    let reviews = store.reviews(&listing(product(1), None)).await.unwrap();
    assert_eq!(reviews.len(), 20);
    assert!(reviews.iter().all(|review| review.verified));
    adds_up(&store, 1).await;
}

pub async fn an_event_told_many_times_at_once_takes_effect_once(store: Arc<dyn Store>) {
    let bought = purchase(account(1), product(1));
    let event = event(1);
    let told = join_all((0..12).map(|_| store.record(&event, &bought))).await;
    let applied = told.into_iter().filter(|outcome| *outcome.as_ref().unwrap() == Outcome::Applied).count();
    assert_eq!(applied, 1);
    assert!(store.write(&writing(1, product(1), account(1), 5, "So")).await.unwrap().verified);
}

pub async fn seeds_sown_twice_at_once_are_there_once(store: Arc<dyn Store>) {
    let like = store.write(&writing(1, product(9), account(1), 5, "So")).await.unwrap();
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
        let found = store.reviews(&listing(product(number), None)).await.unwrap();
        assert_eq!(found.len(), if number == 0 { 84 } else { 83 });
        adds_up(&store, number).await;
    }
}
