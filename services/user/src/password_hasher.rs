//! Hashes passwords with argon2id.
//!
//! Hashing is slow on purpose. It runs on a few blocking threads behind a bounded queue, so that a flood of logins neither
//! exhausts memory nor starves other requests. Memory blocks are reused by the next hash: freed blocks would stay in the
//! allocator's cache of every thread that has hashed once.

use crate::settings::PasswordCost;
use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use chassis::problem::{self, Problem};
use chassis::system::SystemContext;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

const MAX_CONCURRENT: usize = 2;
const MAX_QUEUED: usize = 32;

/// The hash of a password as a PHC string: algorithm, cost, salt and output. Its `Debug` output is redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword(String);

impl StoredPassword {
    /// Wraps a PHC string.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}

/// A password cost that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// The cost is outside the bounds of argon2.
    #[error("invalid password cost (memory {} KiB, {} iterations, parallelism {})", .cost.memory_kib, .cost.iterations, .cost.parallelism)]
    InvalidCost {
        cost: PasswordCost,
        #[source]
        source: argon2::Error,
    },
    /// The hash for unknown accounts could not be encoded.
    #[error("cannot encode a password hash")]
    Encoding(#[source] Error),
}

/// A bounded pool that hashes and verifies passwords.
#[derive(Clone)]
pub struct PasswordHasher {
    /// One permit per hash that runs or is queued.
    queue: Arc<Semaphore>,
    /// One permit per hash that runs.
    running: Arc<Semaphore>,
    /// Free memory blocks for reuse, at most [`MAX_CONCURRENT`] of them.
    free_blocks: Arc<Mutex<Vec<Vec<Block>>>>,
    parameters: Params,
    /// The hash that is verified for an unknown account.
    decoy: StoredPassword,
    system: SystemContext,
}

impl PasswordHasher {
    /// Creates a pool whose new hashes have this cost.
    ///
    /// # Errors
    /// When argon2 rejects the cost.
    pub fn new(cost: PasswordCost, system: SystemContext) -> Result<Self, HasherError> {
        let output_length = Some(Params::DEFAULT_OUTPUT_LEN);
        let parameters = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, output_length)
            .map_err(|source| HasherError::InvalidCost { cost, source })?;
        let decoy = decoy(&parameters, &system).map_err(HasherError::Encoding)?;
        Ok(Self {
            queue: Arc::new(Semaphore::new(MAX_CONCURRENT + MAX_QUEUED)),
            running: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            free_blocks: Arc::default(),
            parameters,
            decoy,
            system,
        })
    }

    /// Hashes `password`, in Unicode normal form C, with a random salt.
    ///
    /// # Errors
    /// 503 when the queue is full.
    pub async fn hash(&self, password: &str) -> Result<StoredPassword, Problem> {
        let (parameters, salt, password) = (self.parameters.clone(), self.system.bytes::<16>(), normalised(password));
        let hash = self.run(move |memory| derive(password.as_bytes(), &salt, &parameters, memory)).await?;
        hash.map(|hash| StoredPassword::new(hash.to_string())).map_err(Problem::internal)
    }

    /// Verifies `password` against `stored`. Without a stored hash the same work is done and the result is false, so that
    /// the duration does not reveal which emails have an account.
    ///
    /// # Errors
    /// 503 when the queue is full.
    pub async fn verify(&self, password: &str, stored: Option<&StoredPassword>) -> Result<bool, Problem> {
        let exists = stored.is_some();
        let (password, as_typed) = (normalised(password), password.to_owned());
        // The decoy has the current cost, like the hash of a new account.
        let stored = stored.unwrap_or(&self.decoy).clone();
        let work = move |memory: &mut Vec<Block>| {
            // Hashes of earlier versions are of the password as it was typed.
            Ok(matches(password.as_bytes(), &stored, memory)?
                || (as_typed != password && matches(as_typed.as_bytes(), &stored, memory)?))
        };
        let matches: Result<bool, Error> = self.run(work).await?;
        Ok(matches.map_err(Problem::internal)? && exists)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || problem::UNAVAILABLE.detail("Too many logins at the moment. Try again shortly.");
        // Fails at once instead of waiting: a request beyond the queue would only time out later.
        let queue_permit = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| busy())?;
        let run_permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        let free_blocks = Arc::clone(&self.free_blocks);
        // The permits move into the thread: it keeps running when the client disconnects, so they must outlive the request.
        let task = tokio::task::spawn_blocking(move || {
            let mut memory = free_blocks.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let result = work(&mut memory);
            // The blocks are returned before the permits, so that no more of them exist than hashes run at once.
            free_blocks.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            drop((run_permit, queue_permit));
            result
        });
        task.await.map_err(Problem::internal)
    }
}

/// A keyboard may send `é` as one character or as two, so both are the same password (NIST SP 800-63B, 3.1.1.2).
fn normalised(password: &str) -> String {
    password.nfc().collect()
}

/// Computes the hash of a password in `memory`.
fn derive(password: &[u8], salt: &[u8], parameters: &Params, memory: &mut Vec<Block>) -> Result<PasswordHash, Error> {
    let mut output = [0; Output::MAX_LENGTH];
    let length = parameters.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
    // Grows only: a hash of lower cost uses a part of the blocks.
    if memory.len() < parameters.block_count() {
        memory.resize(parameters.block_count(), Block::default());
    }
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters.clone());
    argon.hash_password_into_with_memory(password, salt, output, memory.as_mut_slice())?;
    Ok(PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(parameters)?,
        salt: Some(Salt::new(salt).map_err(|_| Error::SaltInvalid)?),
        hash: Some(Output::new(output).map_err(|_| Error::OutputSize)?),
    })
}

/// Verifies a password at the cost of its stored hash, so that hashes of an earlier cost remain valid.
fn matches(password: &[u8], stored: &StoredPassword, memory: &mut Vec<Block>) -> Result<bool, Error> {
    let expected = PasswordHash::new(stored.as_str()).map_err(|_| Error::EncodingInvalid)?;
    // Only argon2id is accepted, so a manipulated row cannot select a weaker algorithm.
    if expected.algorithm != Algorithm::Argon2id.ident() || expected.version != Some(Version::V0x13.into()) {
        return Err(Error::Algorithm);
    }
    let salt = expected.salt.as_ref().ok_or(Error::SaltInvalid)?;
    let computed = derive(password, salt, &Params::try_from(&expected)?, memory)?;
    // `Output` compares in constant time.
    Ok(computed.hash.is_some() && computed.hash == expected.hash)
}

/// Creates a hash that matches no password and costs as much to verify as a real one.
fn decoy(parameters: &Params, system: &SystemContext) -> Result<StoredPassword, Error> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(parameters)?,
        salt: Some(Salt::new(&system.bytes::<16>()).map_err(|_| Error::SaltInvalid)?),
        hash: Some(Output::new(&system.bytes::<32>()).map_err(|_| Error::OutputSize)?),
    };
    Ok(StoredPassword::new(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    fn hasher(cost: PasswordCost) -> PasswordHasher {
        PasswordHasher::new(cost, SystemContext::host()).expect("a hasher")
    }

    #[tokio::test]
    async fn a_password_is_the_same_in_each_unicode_form() {
        let hasher = hasher(PasswordCost { memory_kib: 64, iterations: 1, parallelism: 1 });
        let (composed, decomposed) = ("caf\u{e9} lantern", "cafe\u{301} lantern");
        for (entered_first, entered_later) in [(composed, decomposed), (decomposed, composed)] {
            let stored = hasher.hash(entered_first).await.expect("a hash");
            assert!(hasher.verify(entered_later, Some(&stored)).await.expect("a result"));
        }
    }

    #[tokio::test]
    async fn a_password_matches_its_hash() {
        let hasher = hasher(PasswordCost::default());
        let stored = hasher.hash("seven lazy tortoises").await.expect("a hash");
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "the strong default");
        assert!(hasher.verify("seven lazy tortoises", Some(&stored)).await.expect("a result"));
        assert!(!hasher.verify("seven lazy tortoise", Some(&stored)).await.expect("a result"));
        assert!(!hasher.verify("", Some(&stored)).await.expect("a result"));
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_verified_and_memory_is_bounded() {
        let (early, late) = (hasher(PasswordCost::minimum()), hasher(PasswordCost::default()));
        let stored = early.hash("seven lazy tortoises").await.expect("a hash");
        let results = join_all((0..20).map(|_| late.verify("seven lazy tortoises", Some(&stored)))).await;
        assert!(results.into_iter().all(|matches| matches.expect("a result")));
        late.hash("seven lazy tortoises").await.expect("a hash");
        assert!(late.verify("seven lazy tortoises", Some(&stored)).await.expect("a result"));
        let free = late.free_blocks.lock().expect("the free blocks").len();
        assert!((1..=MAX_CONCURRENT).contains(&free), "{free}");
    }

    #[tokio::test]
    async fn reused_memory_does_not_affect_a_hash_and_other_algorithms_are_rejected() {
        let hasher = hasher(PasswordCost::minimum());
        let mut memory = Vec::new();
        let salt = b"somesalt12";
        let before = Params::new(128, 3, 1, Some(32)).expect("parameters");
        derive(b"another", salt, &before, &mut memory).expect("a hash");
        let parameters = Params::new(64, 2, 1, Some(32)).expect("parameters");
        let ours = derive(b"seven lazy tortoises", salt, &parameters, &mut memory).expect("a hash");
        let mut plain = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
            .hash_password_into(b"seven lazy tortoises", salt, &mut plain)
            .expect("a hash");
        assert_eq!(ours.hash.expect("an output").as_ref(), plain);
        let other = StoredPassword::new("$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHQxMg$c29tZXNhbHQxMnNvbWVzYWx0MTI".into());
        hasher.verify("seven lazy tortoises", Some(&other)).await.expect_err("not argon2id");
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let hasher = hasher(PasswordCost::minimum());
        assert_ne!(hasher.hash("the same").await.expect("a hash"), hasher.hash("the same").await.expect("a hash"));
    }

    #[tokio::test]
    async fn an_unknown_account_costs_as_much_and_never_matches() {
        let hasher = hasher(PasswordCost::default());
        assert!(hasher.decoy.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!hasher.verify("whatever it is", None).await.expect("a result"));
    }

    #[tokio::test]
    async fn requests_beyond_the_queue_are_rejected() {
        let hasher = hasher(PasswordCost::minimum());
        let _busy = Arc::clone(&hasher.running).acquire_many_owned(2).await.expect("permits");
        let mut waiting = Box::pin(join_all((0..34).map(|_| hasher.hash("seven lazy tortoises"))));
        assert!(futures::poll!(&mut waiting).is_pending());
        let refusal = hasher.hash("seven lazy tortoises").await.expect_err("a refusal");
        assert!(refusal.is(problem::UNAVAILABLE));
        drop(_busy);
        assert!(waiting.await.into_iter().all(|answer| answer.is_ok()), "queued requests are served");
    }

    #[test]
    fn an_invalid_cost_is_an_error() {
        let no_content = PasswordCost { memory_kib: 0, iterations: 0, parallelism: 0 };
        assert!(PasswordHasher::new(no_content, SystemContext::host()).is_err());
    }

    #[test]
    fn a_stored_password_is_redacted() {
        assert_eq!(format!("{:?}", StoredPassword::new("$argon2id$…secret".to_owned())), "StoredPassword(…)");
    }
}
