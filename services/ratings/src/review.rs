//! Reviews and the rules that decide whether they are published.

use contracts::ratings::{ReviewDraft, ReviewForModeration, ReviewState, ReviewView, Score};
use contracts::{AccountId, ProductId, ReviewId};
use jiff::Timestamp;

/// The review of one product by one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub product_id: ProductId,
    pub account_id: AccountId,
    /// The display name of the author.
    pub author: String,
    pub score: Score,
    pub title: String,
    pub body: String,
    /// Set if the account received the product in an order.
    pub verified: bool,
    /// The number of helpful votes.
    pub helpful: u64,
    /// The time of the first version.
    pub created_at: Timestamp,
    pub state: ReviewState,
}

/// The facts about an author and a product that decide the state of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthorStatus {
    /// The account received the product in an order.
    pub bought: bool,
    /// Staff hid a review of this account and product. Later reviews are pending, also after the account deleted the
    /// hidden one, so that deleting does not circumvent the moderation.
    pub flagged: bool,
}

/// The policy for reviews by accounts that did not buy the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnverifiedPolicy {
    /// Publishes unverified reviews immediately.
    #[default]
    Publish,
    /// Holds unverified reviews until staff publish them.
    Moderate,
}

impl UnverifiedPolicy {
    /// Returns the state of a review that was just written or changed.
    pub fn state(self, author_status: AuthorStatus) -> ReviewState {
        match self {
            // The flag comes first: a flagged author is moderated also after a purchase.
            _ if author_status.flagged => ReviewState::Pending,
            Self::Moderate if !author_status.bought => ReviewState::Pending,
            _ => ReviewState::Published,
        }
    }
}

/// Returns true if this decision of staff flags the author for the product.
pub fn flags_author(decision: ReviewState) -> bool {
    decision != ReviewState::Published
}

impl Review {
    /// Applies a new draft of the author. An identical draft changes nothing, so that a repeated request does not put a
    /// rejected review back into the moderation queue.
    #[must_use]
    pub fn edited(self, draft: &ReviewDraft, author_status: AuthorStatus, policy: UnverifiedPolicy) -> Self {
        if self.matches(draft) {
            return self;
        }
        // A seeded review can be verified without a recorded purchase.
        let author_status = AuthorStatus { bought: author_status.bought || self.verified, ..author_status };
        Self {
            author: draft.author.as_str().to_owned(),
            score: draft.score,
            title: draft.title.as_str().to_owned(),
            body: draft.body.as_str().to_owned(),
            verified: author_status.bought,
            // An edit can turn an accepted text into an unacceptable one, so the policy applies again.
            state: policy.state(author_status),
            ..self
        }
    }

    fn matches(&self, draft: &ReviewDraft) -> bool {
        self.score == draft.score
            && self.author == draft.author.as_str()
            && self.title == draft.title.as_str()
            && self.body == draft.body.as_str()
    }

    /// Marks the review as verified. A pending one is published unless its author is flagged: only the missing purchase
    /// held it back.
    #[must_use]
    pub fn verified(self, flagged: bool) -> Self {
        let state = if self.state == ReviewState::Pending && !flagged { ReviewState::Published } else { self.state };
        Self { verified: true, state, ..self }
    }

    /// Returns the score if the review counts in the rating summary.
    pub fn counted(&self) -> Option<Score> {
        (self.state == ReviewState::Published).then_some(self.score)
    }

    /// Returns the review as `reader` sees it.
    pub fn view(self, reader: Option<AccountId>) -> ReviewView {
        ReviewView {
            id: self.id,
            author: self.author,
            score: self.score,
            title: self.title,
            body: self.body,
            verified: self.verified,
            helpful: self.helpful,
            created_at: self.created_at,
            // The account of the author is not part of the view: readers see only the display name.
            mine: reader == Some(self.account_id),
            state: self.state,
        }
    }

    /// Returns the review as staff see it; `reader` is the account of the caller.
    pub fn for_moderation(self, reader: Option<AccountId>) -> ReviewForModeration {
        ReviewForModeration { product_id: self.product_id, review: self.view(reader) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUYER: AuthorStatus = AuthorStatus { bought: true, flagged: false };
    const UNVERIFIED: AuthorStatus = AuthorStatus { bought: false, flagged: false };
    const FLAGGED: AuthorStatus = AuthorStatus { bought: true, flagged: true };

    fn draft(title: &str) -> ReviewDraft {
        ReviewDraft {
            score: Score::new(4).unwrap(),
            title: title.parse().unwrap(),
            body: String::new().parse().unwrap(),
            author: "Ada".parse().unwrap(),
        }
    }

    fn review(state: ReviewState) -> Review {
        Review {
            id: ReviewId(uuid::Uuid::nil()),
            product_id: ProductId(uuid::Uuid::nil()),
            account_id: AccountId(uuid::Uuid::nil()),
            author: "Ada".to_owned(),
            score: Score::new(4).unwrap(),
            title: "Good".to_owned(),
            body: String::new(),
            verified: false,
            helpful: 3,
            created_at: Timestamp::UNIX_EPOCH,
            state,
        }
    }

    #[test]
    fn the_policy_affects_only_unverified_authors() {
        assert_eq!(UnverifiedPolicy::Publish.state(UNVERIFIED), ReviewState::Published);
        assert_eq!(UnverifiedPolicy::Moderate.state(UNVERIFIED), ReviewState::Pending);
        assert_eq!(UnverifiedPolicy::Moderate.state(BUYER), ReviewState::Published);
    }

    #[test]
    fn reviews_of_a_flagged_author_are_pending() {
        assert_eq!(UnverifiedPolicy::Publish.state(FLAGGED), ReviewState::Pending);
        let edited = review(ReviewState::Rejected).edited(&draft("Better"), FLAGGED, UnverifiedPolicy::Publish);
        assert_eq!(edited.state, ReviewState::Pending);
    }

    #[test]
    fn an_identical_draft_changes_nothing() {
        let rejected = review(ReviewState::Rejected);
        assert_eq!(rejected.clone().edited(&draft("Good"), BUYER, UnverifiedPolicy::Publish), rejected);
    }

    #[test]
    fn an_edited_review_keeps_its_id_date_and_votes() {
        let before = review(ReviewState::Published);
        let after = before.clone().edited(&draft("Better"), BUYER, UnverifiedPolicy::Publish);
        assert_eq!((after.id, after.created_at, after.helpful), (before.id, before.created_at, before.helpful));
        assert_eq!((after.title.as_str(), after.verified), ("Better", true));
    }

    #[test]
    fn a_purchase_publishes_only_reviews_that_were_held_back_for_it() {
        assert_eq!(review(ReviewState::Pending).verified(false).state, ReviewState::Published);
        assert_eq!(review(ReviewState::Pending).verified(true).state, ReviewState::Pending);
        assert_eq!(review(ReviewState::Rejected).verified(false).state, ReviewState::Rejected);
    }

    #[test]
    fn only_published_reviews_count() {
        assert_eq!(review(ReviewState::Published).counted(), Score::new(4));
        assert_eq!(review(ReviewState::Pending).counted(), None);
        assert_eq!(review(ReviewState::Rejected).counted(), None);
    }
}
