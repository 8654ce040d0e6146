//! A simple model of ratings, and random sequences of changes that compare a store with it.

use crate::conformance::{account, event, moment, product, purchase, query_for, submission};
use contracts::ReviewId;
use contracts::ratings::ReviewState::{self, Pending, Published, Rejected};
use proptest::prelude::*;
use ratings::review::{Review, UnverifiedPolicy};
use ratings::store::{Store, VoteOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const ACCOUNTS: u8 = 5;
const PRODUCTS: u8 = 2;

type Key = (u8, u8);

/// A change to the review of an account and a product.
#[derive(Debug, Clone)]
pub enum Step {
    Write { key: Key, score: u8, title: u8, moderated: bool },
    Delete { key: Key },
    Decide { key: Key, state: ReviewState },
    VoteOutcome { key: Key, voter: u8, helpful: bool },
    Deliver { key: Key },
}

/// Generates random sequences of changes.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || (0..ACCOUNTS, 0..PRODUCTS);
    let state = prop_oneof![Just(Published), Just(Pending), Just(Rejected)];
    let step = prop_oneof![
        4 => (key(), 1..=5_u8, 0..2_u8, any::<bool>())
            .prop_map(|(key, score, title, moderated)| Step::Write { key, score, title, moderated }),
        1 => key().prop_map(|key| Step::Delete { key }),
        2 => (key(), state).prop_map(|(key, state)| Step::Decide { key, state }),
        2 => (key(), 0..ACCOUNTS, any::<bool>()).prop_map(|(key, voter, helpful)| Step::VoteOutcome { key, voter, helpful }),
        1 => key().prop_map(|key| Step::Deliver { key }),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Debug, Clone)]
struct Entry {
    id: ReviewId,
    score: u8,
    title: u8,
    verified: bool,
    state: ReviewState,
    voters: BTreeSet<u8>,
}

#[derive(Default)]
struct Model {
    reviews: BTreeMap<Key, Entry>,
    bought: BTreeSet<Key>,
    flagged: BTreeSet<Key>,
}

impl Model {
    fn submit_review(&mut self, key: Key, id: ReviewId, score: u8, title: u8, moderated: bool) {
        let verified = self.bought.contains(&key);
        let waits = self.flagged.contains(&key) || (moderated && !verified);
        let state = if waits { Pending } else { Published };
        let new = Entry { id, score, title, verified, state, voters: BTreeSet::new() };
        match self.reviews.get_mut(&key) {
            None => drop(self.reviews.insert(key, new)),
            Some(old) if (old.score, old.title) == (score, title) => {}
            Some(old) => *old = Entry { id: old.id, voters: old.voters.clone(), ..new },
        }
    }

    fn decide(&mut self, key: Key, state: ReviewState) {
        let Some(entry) = self.reviews.get_mut(&key) else { return };
        entry.state = state;
        if state == Published {
            self.flagged.remove(&key)
        } else {
            self.flagged.insert(key)
        };
    }

    fn vote(&mut self, key: Key, voter: u8, helpful: bool) -> VoteOutcome {
        match self.reviews.get_mut(&key) {
            Some(_) if key.0 == voter => VoteOutcome::OwnReview,
            Some(entry) if entry.state == Published => {
                if helpful {
                    entry.voters.insert(voter)
                } else {
                    entry.voters.remove(&voter)
                };
                VoteOutcome::Recorded
            }
            _ => VoteOutcome::NotFound,
        }
    }

    fn deliver(&mut self, key: Key) {
        self.bought.insert(key);
        let Some(entry) = self.reviews.get_mut(&key).filter(|entry| !entry.verified) else { return };
        entry.verified = true;
        if entry.state == Pending && !self.flagged.contains(&key) {
            entry.state = Published;
        }
    }

    /// Returns the reviews of a product that a reader sees.
    fn seen_by(&self, reader: u8, product: u8) -> BTreeMap<Key, (u8, u8, bool, ReviewState, u64)> {
        let visible = |(key, entry): &(&Key, &Entry)| key.1 == product && (entry.state == Published || key.0 == reader);
        let observed = |(key, entry): (&Key, &Entry)| {
            (*key, (entry.score, entry.title, entry.verified, entry.state, entry.voters.len() as u64))
        };
        self.reviews.iter().filter(visible).map(observed).collect()
    }

    fn stars(&self, product: u8) -> [u64; 5] {
        let counts = |stars: u8| {
            let counted =
                |(key, entry): &(&Key, &Entry)| key.1 == product && entry.state == Published && entry.score == stars;
            self.reviews.iter().filter(counted).count() as u64
        };
        [1, 2, 3, 4, 5].map(counts)
    }
}

/// Applies the steps to the store and the model, and compares both after each step.
pub async fn run_steps(store: Arc<dyn Store>, steps: Vec<Step>) {
    let mut model = Model::default();
    for (step, turn) in steps.iter().zip(1_u8..) {
        apply_step(store.as_ref(), &mut model, step, turn).await;
        for number in 0..PRODUCTS {
            compare(store.as_ref(), &model, number, turn % ACCOUNTS).await;
        }
    }
}

async fn apply_step(store: &dyn Store, model: &mut Model, step: &Step, turn: u8) {
    match *step {
        Step::Write { key, score, title, moderated } => {
            let policy = if moderated { UnverifiedPolicy::Moderate } else { UnverifiedPolicy::Publish };
            let submission = submission(turn.into(), product(key.1), account(key.0), score, &title.to_string());
            model.submit_review(key, submission.id, score, title, moderated);
            store.submit_review(&ratings::store::ReviewSubmission { policy, ..submission }).await.unwrap();
        }
        Step::Delete { key } => {
            model.reviews.remove(&key);
            store.delete_review(product(key.1), account(key.0)).await.unwrap();
        }
        Step::Decide { key, state } => {
            let id = model.reviews.get(&key).map_or(ReviewId(uuid::Uuid::nil()), |entry| entry.id);
            let decided = store.moderate(id, state, moment(turn.into())).await.unwrap();
            model.decide(key, state);
            assert_eq!(decided.map(|review| review.state), model.reviews.get(&key).map(|_| state));
        }
        Step::VoteOutcome { key, voter, helpful } => {
            let id = model.reviews.get(&key).map_or(ReviewId(uuid::Uuid::nil()), |entry| entry.id);
            let expected = model.vote(key, voter, helpful);
            assert_eq!(store.vote(id, account(voter), helpful).await.unwrap(), expected);
        }
        Step::Deliver { key } => {
            model.deliver(key);
            store.record_purchase(&event(turn.into()), &purchase(account(key.0), product(key.1))).await.unwrap();
        }
    }
}

async fn compare(store: &dyn Store, model: &Model, number: u8, reader: u8) {
    let rating_summaries = store.rating_summaries(&[product(number)]).await.unwrap();
    assert_eq!(rating_summaries.get(&product(number)).copied().unwrap_or_default().histogram, model.stars(number));
    let found = store.reviews(&query_for(product(number), Some(account(reader)))).await.unwrap();
    let key = |review: &Review| {
        let author = (0..ACCOUNTS).find(|author| account(*author) == review.account_id).unwrap();
        (author, number)
    };
    let observed = |review: &Review| {
        let title = review.title.parse().unwrap();
        (key(review), (review.score.get(), title, review.verified, review.state, review.helpful))
    };
    assert_eq!(found.iter().map(observed).collect::<BTreeMap<_, _>>(), model.seen_by(reader, number));
}
