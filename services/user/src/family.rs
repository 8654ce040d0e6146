//! The refresh family of a session: how long it lives, and what a refresh token that comes back means.

use contracts::AccountId;
use contracts::user::Account;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A session that is not used ends.
pub const IDLE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// However much it is used, somebody has to log in again at last.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// How long the token before the newest is honoured: two tabs, a lost answer.
pub const GRACE: SignedDuration = SignedDuration::from_secs(20);
/// The most sessions of one account; a further login ends the one that was not used for longest.
pub const MOST_SESSIONS: usize = 50;

/// The SHA-256 of a token or code, by which it is found. It never shows when printed for debugging.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest(String);

impl Digest {
    /// The digest of `secret`.
    pub fn of(secret: &str) -> Self {
        Self(chassis::secret::sha256_hex(secret.as_bytes()))
    }

    /// A digest as it was stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are the same; takes equally long wherever they differ.
    pub fn matches(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// The random part of a family, from which, with the service's key, its tokens are derived.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(String);

impl Seed {
    /// The seed made of this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// A session to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id, which is its family's.
    pub id: Uuid,
    /// Whose it is.
    pub account: AccountId,
    /// The family's seed.
    pub seed: Seed,
    /// The first refresh token, number 0.
    pub token: Digest,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Now.
    pub at: Timestamp,
}

/// A refresh token that was given out once.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// Its session.
    pub session: Uuid,
    /// The family's seed.
    pub seed: Seed,
    /// Its number within the family.
    pub sequence: i64,
}

/// A session that goes on, with its account as it is now.
#[derive(Debug, Clone)]
pub struct LiveSession {
    /// Its id.
    pub id: Uuid,
    /// Its account.
    pub account: Account,
    /// When it began.
    pub created_at: Timestamp,
}

/// Where a family stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The number of its newest token.
    pub sequence: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When the newest token was given out.
    pub last_used_at: Timestamp,
}

/// What a token of the family that comes back means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the newest: give out the next.
    Newest,
    /// It is the one before, just replaced: give out the same successor again.
    JustReplaced,
    /// It was replaced a while ago: two parties hold it, so one has stolen it.
    Reused,
    /// The family has expired.
    Expired,
}

impl Standing {
    /// Judges the token with the number `sequence`.
    pub fn judge(&self, sequence: i64, now: Timestamp) -> Verdict {
        if !self.is_live(now) {
            Verdict::Expired
        } else if sequence == self.sequence {
            Verdict::Newest
        } else if sequence == self.sequence - 1 && self.last_used_at >= before(now, GRACE) {
            Verdict::JustReplaced
        } else {
            Verdict::Reused
        }
    }

    /// Whether the family still lives.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.last_used_at > before(now, IDLE) && self.created_at > before(now, ABSOLUTE)
    }
}

/// `span` before `now`.
pub fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(START + second).expect("a moment")
    }

    fn third() -> Standing {
        Standing { sequence: 3, created_at: at(-1000), last_used_at: at(0) }
    }

    #[test]
    fn the_token_before_the_newest_is_honoured_for_twenty_seconds() {
        assert_eq!(third().judge(2, at(20)), Verdict::JustReplaced);
        assert_eq!(third().judge(2, at(21)), Verdict::Reused);
        assert_eq!(third().judge(1, at(0)), Verdict::Reused);
    }

    #[test]
    fn a_clock_that_was_set_back_revokes_nothing() {
        assert_eq!(third().judge(2, at(-60)), Verdict::JustReplaced);
        assert_eq!(third().judge(3, at(-60)), Verdict::Newest);
    }

    #[test]
    fn a_family_lives_thirty_days_unused_and_half_a_year_in_all() {
        let day = 24 * 3600;
        assert_eq!(third().judge(3, at(30 * day - 1)), Verdict::Newest);
        assert_eq!(third().judge(3, at(30 * day)), Verdict::Expired);
        let used = Standing { sequence: 9000, created_at: at(0), last_used_at: at(180 * day - 2) };
        assert_eq!(used.judge(9000, at(180 * day - 1)), Verdict::Newest);
        assert_eq!(used.judge(9000, at(180 * day)), Verdict::Expired);
    }

    proptest! {
        #[test]
        fn only_the_newest_token_moves_a_family_on(sequence in 0_i64..10, newest in 0_i64..10, now in -100_i64..100) {
            let standing = Standing { sequence: newest, ..third() };
            let verdict = standing.judge(sequence, at(now));
            prop_assert_eq!(verdict == Verdict::Newest, sequence == newest);
            if verdict == Verdict::JustReplaced {
                prop_assert_eq!(sequence, newest - 1);
            }
        }
    }
}
