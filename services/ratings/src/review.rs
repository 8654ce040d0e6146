//! A review, and the rules of what becomes of it.

use contracts::ratings::{ReviewDraft, ReviewForModeration, ReviewState, ReviewView, Score};
use contracts::{AccountId, ProductId, ReviewId};
use jiff::Timestamp;

/// What one account thinks of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// The product.
    pub product_id: ProductId,
    /// Who wrote it.
    pub account_id: AccountId,
    /// What the author wants to be called.
    pub author: String,
    /// The stars.
    pub score: Score,
    /// Its headline.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Whether the author bought the product here.
    pub verified: bool,
    /// How many found it helpful.
    pub helpful: u64,
    /// When it was first written.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: ReviewState,
}

/// How an account stands to a product when it writes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// The account has received the product.
    pub bought: bool,
    /// Staff took a review of this account and product out of sight: what follows waits for them too, even after the
    /// account has deleted its review and writes a new one.
    pub watched: bool,
}

/// What the shop does with reviews of accounts that did not buy the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unverified {
    /// Shows them at once.
    #[default]
    Published,
    /// Shows them when staff have agreed.
    Moderated,
}

impl Unverified {
    /// Where a review stands that somebody with this standing has just written or rewritten.
    pub fn state(self, standing: Standing) -> ReviewState {
        match self {
            _ if standing.watched => ReviewState::Pending,
            Self::Moderated if !standing.bought => ReviewState::Pending,
            _ => ReviewState::Published,
        }
    }
}

/// Whether staff who decide so want to see what this account writes about this product next, before others do.
pub fn watched_after(decision: ReviewState) -> bool {
    decision != ReviewState::Published
}

impl Review {
    /// The review after its author wrote it anew. Writing the same once more changes nothing, so that a repeated
    /// request does not bring a rejected review back to staff.
    #[must_use]
    pub fn rewritten(self, draft: &ReviewDraft, standing: Standing, policy: Unverified) -> Self {
        if self.says(draft) {
            return self;
        }
        let standing = Standing { bought: standing.bought || self.verified, ..standing };
        Self {
            author: draft.author.as_str().to_owned(),
            score: draft.score,
            title: draft.title.as_str().to_owned(),
            body: draft.body.as_str().to_owned(),
            verified: standing.bought,
            state: policy.state(standing),
            ..self
        }
    }

    fn says(&self, draft: &ReviewDraft) -> bool {
        self.score == draft.score
            && self.author == draft.author.as_str()
            && self.title == draft.title.as_str()
            && self.body == draft.body.as_str()
    }

    /// The review after its author received the product: one that waited only for that is published.
    #[must_use]
    pub fn verified(self, watched: bool) -> Self {
        let state = if self.state == ReviewState::Pending && !watched { ReviewState::Published } else { self.state };
        Self { verified: true, state, ..self }
    }

    /// The score, when it counts.
    pub fn counted(&self) -> Option<Score> {
        (self.state == ReviewState::Published).then_some(self.score)
    }

    /// The review as `reader` sees it.
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
            mine: reader == Some(self.account_id),
            state: self.state,
        }
    }

    /// The review as staff see it, one of whom is `reader`.
    pub fn for_moderation(self, reader: Option<AccountId>) -> ReviewForModeration {
        ReviewForModeration { product_id: self.product_id, review: self.view(reader) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUYER: Standing = Standing { bought: true, watched: false };
    const STRANGER: Standing = Standing { bought: false, watched: false };
    const WATCHED: Standing = Standing { bought: true, watched: true };

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
    fn the_setting_holds_back_only_strangers() {
        assert_eq!(Unverified::Published.state(STRANGER), ReviewState::Published);
        assert_eq!(Unverified::Moderated.state(STRANGER), ReviewState::Pending);
        assert_eq!(Unverified::Moderated.state(BUYER), ReviewState::Published);
    }

    #[test]
    fn a_watched_account_always_waits() {
        assert_eq!(Unverified::Published.state(WATCHED), ReviewState::Pending);
        let rewritten = review(ReviewState::Rejected).rewritten(&draft("Better"), WATCHED, Unverified::Published);
        assert_eq!(rewritten.state, ReviewState::Pending);
    }

    #[test]
    fn writing_the_same_again_changes_nothing() {
        let rejected = review(ReviewState::Rejected);
        assert_eq!(rejected.clone().rewritten(&draft("Good"), BUYER, Unverified::Published), rejected);
    }

    #[test]
    fn a_rewritten_review_keeps_its_id_its_date_and_who_found_it_helpful() {
        let before = review(ReviewState::Published);
        let after = before.clone().rewritten(&draft("Better"), BUYER, Unverified::Published);
        assert_eq!((after.id, after.created_at, after.helpful), (before.id, before.created_at, before.helpful));
        assert_eq!((after.title.as_str(), after.verified), ("Better", true));
    }

    #[test]
    fn a_purchase_publishes_what_waited_for_it_and_nothing_else() {
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
