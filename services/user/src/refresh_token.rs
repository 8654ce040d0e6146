//! Refresh tokens: their timeouts, and the check of a token that is presented again.

use contracts::AccountId;
use contracts::user::Account;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A session ends when it was not refreshed for this long.
pub const IDLE_TIMEOUT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A session ends this long after login, however often it was refreshed.
pub const ABSOLUTE_TIMEOUT: SignedDuration = SignedDuration::from_hours(180 * 24);
/// The previous token remains valid for this long: two tabs may refresh at once, and a response may be lost.
pub const REUSE_GRACE: SignedDuration = SignedDuration::from_secs(20);
/// The maximum number of sessions per account; a further login ends the least recently used one.
pub const MAX_SESSIONS: usize = 50;

/// The SHA-256 digest of a token or code, which is the only stored form. Its `Debug` output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest(String);

impl Digest {
    /// Computes the digest of `secret`.
    pub fn of(secret: &str) -> Self {
        Self(chassis::secret::sha256_hex(secret.as_bytes()))
    }

    /// Wraps a digest that was read from the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares two digests in constant time, so that the duration reveals nothing about the expected one.
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

/// The random part of a token family. Together with the service's key it yields the family's tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(String);

impl Seed {
    /// Wraps the text of a seed.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(…)")
    }
}

/// A session that is about to start.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The id of the session and of its token family.
    pub id: Uuid,
    pub account: AccountId,
    pub seed: Seed,
    /// The first refresh token, with sequence number 0.
    pub token: Digest,
    pub user_agent: String,
    /// The time of login.
    pub at: Timestamp,
}

/// A refresh token that was issued, whether or not it was used since.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    pub session: Uuid,
    pub seed: Seed,
    /// The position of the token within its family.
    pub sequence: i64,
}

/// A session that continues, with its account in the current version.
#[derive(Debug, Clone)]
pub struct LiveSession {
    pub id: Uuid,
    pub account: Account,
    pub created_at: Timestamp,
}

/// The state of a token family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyState {
    /// The sequence number of the newest token.
    pub sequence: i64,
    pub created_at: Timestamp,
    /// The time at which the newest token was issued.
    pub last_used_at: Timestamp,
}

/// The result of checking a presented token against its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenCheck {
    /// The newest token: its successor is issued.
    Newest,
    /// The previous token within [`REUSE_GRACE`]: the same successor is issued again.
    WithinGrace,
    /// An older token. Two parties have it, so it was stolen.
    Reused,
    /// The family has reached one of its timeouts.
    Expired,
}

impl FamilyState {
    /// Checks the token with the number `sequence`.
    pub fn check(&self, sequence: i64, now: Timestamp) -> TokenCheck {
        if !self.is_live(now) {
            TokenCheck::Expired
        } else if sequence == self.sequence {
            TokenCheck::Newest
        } else if sequence == self.sequence - 1 && self.last_used_at >= before(now, REUSE_GRACE) {
            TokenCheck::WithinGrace
        } else {
            TokenCheck::Reused
        }
    }

    /// Returns true while neither timeout has passed.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.last_used_at > before(now, IDLE_TIMEOUT) && self.created_at > before(now, ABSOLUTE_TIMEOUT)
    }
}

/// Returns the time `span` before `now`, or the earliest possible time.
pub fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    // Saturates: tests and corrupt clocks use extreme times.
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

    fn third() -> FamilyState {
        FamilyState { sequence: 3, created_at: at(-1000), last_used_at: at(0) }
    }

    #[test]
    fn the_previous_token_is_valid_for_twenty_seconds() {
        assert_eq!(third().check(2, at(20)), TokenCheck::WithinGrace);
        assert_eq!(third().check(2, at(21)), TokenCheck::Reused);
        assert_eq!(third().check(1, at(0)), TokenCheck::Reused);
    }

    #[test]
    fn a_clock_set_back_does_not_revoke_tokens() {
        assert_eq!(third().check(2, at(-60)), TokenCheck::WithinGrace);
        assert_eq!(third().check(3, at(-60)), TokenCheck::Newest);
    }

    #[test]
    fn a_family_expires_after_thirty_idle_days_and_after_half_a_year() {
        let day = 24 * 3600;
        assert_eq!(third().check(3, at(30 * day - 1)), TokenCheck::Newest);
        assert_eq!(third().check(3, at(30 * day)), TokenCheck::Expired);
        let used = FamilyState { sequence: 9000, created_at: at(0), last_used_at: at(180 * day - 2) };
        assert_eq!(used.check(9000, at(180 * day - 1)), TokenCheck::Newest);
        assert_eq!(used.check(9000, at(180 * day)), TokenCheck::Expired);
    }

    proptest! {
        #[test]
        fn only_the_newest_token_advances_the_family(sequence in 0_i64..10, newest in 0_i64..10, now in -100_i64..100) {
            let family = FamilyState { sequence: newest, ..third() };
            let check = family.check(sequence, at(now));
            prop_assert_eq!(check == TokenCheck::Newest, sequence == newest);
            if check == TokenCheck::WithinGrace {
                prop_assert_eq!(sequence, newest - 1);
            }
        }
    }
}
