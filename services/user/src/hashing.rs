//! Hashes passwords, slowly on purpose, in a small pool of its own with a bounded queue, so that a flood of logins
//! neither takes all memory nor starves the rest. The memory that a hash fills is used again for the next one: given back
//! to the allocator, it would stay with each thread that has ever hashed.

use crate::password::StoredPassword;
use crate::settings::PasswordCost;
use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use chassis::problem::{self, Problem};
use chassis::system::SystemContext;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

const AT_A_TIME: usize = 2;
const WAITING: usize = 32;

/// The pool.
#[derive(Clone)]
pub struct PasswordPool {
    places: Arc<Semaphore>,
    running: Arc<Semaphore>,
    /// What hashes that are over have filled: at most as many as run at a time.
    memories: Arc<Mutex<Vec<Vec<Block>>>>,
    parameters: Params,
    decoy: StoredPassword,
    system: SystemContext,
}

impl PasswordPool {
    /// A pool whose hashes have this cost.
    ///
    /// # Errors
    /// When argon2 does not take it.
    pub fn new(cost: PasswordCost, system: SystemContext) -> Result<Self, String> {
        let parameters = Params::new(cost.memory, cost.passes, cost.lanes, Some(Params::DEFAULT_OUTPUT_LEN))
            .map_err(|error| format!("{cost:?} is no cost of an argon2id hash: {error}"))?;
        let decoy = decoy(&parameters, &system).map_err(|error| format!("cannot make a password hash: {error}"))?;
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_A_TIME + WAITING)),
            running: Arc::new(Semaphore::new(AT_A_TIME)),
            memories: Arc::default(),
            parameters,
            decoy,
            system,
        })
    }

    /// The hash of `password`, with a salt of its own.
    ///
    /// # Errors
    /// 503 when too many wait already.
    pub async fn hash(&self, password: &str) -> Result<StoredPassword, Problem> {
        let (parameters, salt, password) = (self.parameters.clone(), self.system.bytes::<16>(), password.to_owned());
        let hash = self.run(move |memory| derive(password.as_bytes(), &salt, &parameters, memory)).await?;
        hash.map(|hash| StoredPassword::new(hash.to_string())).map_err(Problem::internal)
    }

    /// Whether `password` is the one of `stored`. Without one, as much work is done, and the answer is no.
    ///
    /// # Errors
    /// 503 when too many wait already.
    pub async fn verify(&self, password: &str, stored: Option<&StoredPassword>) -> Result<bool, Problem> {
        let exists = stored.is_some();
        let password = password.to_owned();
        let stored = stored.unwrap_or(&self.decoy).clone();
        let fits = self.run(move |memory| fits(password.as_bytes(), &stored, memory)).await?;
        Ok(fits.map_err(Problem::internal)? && exists)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || problem::UNAVAILABLE.detail("Too many people log in at this moment. Try again shortly.");
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        // The permits go with the work: it cannot be stopped when the one who asked goes away.
        let memories = Arc::clone(&self.memories);
        let done = tokio::task::spawn_blocking(move || {
            let mut memory = memories.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
            let result = work(&mut memory);
            memories.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
            drop((turn, place));
            result
        });
        done.await.map_err(Problem::internal)
    }
}

/// The hash of a password, made in this memory.
fn derive(password: &[u8], salt: &[u8], parameters: &Params, memory: &mut Vec<Block>) -> Result<PasswordHash, Error> {
    let mut output = [0; Output::MAX_LENGTH];
    let length = parameters.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
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

/// Whether a password is the one that was stored, at the cost it was stored with. Takes as long wherever they differ.
fn fits(password: &[u8], stored: &StoredPassword, memory: &mut Vec<Block>) -> Result<bool, Error> {
    let known = PasswordHash::new(stored.as_str()).map_err(|_| Error::EncodingInvalid)?;
    if known.algorithm != Algorithm::Argon2id.ident() || known.version != Some(Version::V0x13.into()) {
        return Err(Error::Algorithm);
    }
    let salt = known.salt.as_ref().ok_or(Error::SaltInvalid)?;
    let found = derive(password, salt, &Params::try_from(&known)?, memory)?;
    // Outputs are compared in constant time.
    Ok(found.hash.is_some() && found.hash == known.hash)
}

/// A hash that no password has, as costly to verify as a real one.
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

    fn pool(cost: PasswordCost) -> PasswordPool {
        PasswordPool::new(cost, SystemContext::host()).expect("a pool")
    }

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_alone() {
        let pool = pool(PasswordCost::default());
        let stored = pool.hash("seven lazy tortoises").await.expect("a hash");
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "the strong default");
        assert!(pool.verify("seven lazy tortoises", Some(&stored)).await.expect("a verdict"));
        assert!(!pool.verify("seven lazy tortoise", Some(&stored)).await.expect("a verdict"));
        assert!(!pool.verify("", Some(&stored)).await.expect("a verdict"));
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_known_again_and_memory_is_kept_for_as_many_as_run_at_a_time() {
        let (early, late) = (pool(PasswordCost::least()), pool(PasswordCost::default()));
        let stored = early.hash("seven lazy tortoises").await.expect("a hash");
        let verdicts = join_all((0..20).map(|_| late.verify("seven lazy tortoises", Some(&stored)))).await;
        assert!(verdicts.into_iter().all(|fits| fits.expect("a verdict")));
        late.hash("seven lazy tortoises").await.expect("a hash");
        assert!(late.verify("seven lazy tortoises", Some(&stored)).await.expect("a verdict"));
        let kept = late.memories.lock().expect("the memories").len();
        assert!((1..=AT_A_TIME).contains(&kept), "{kept}");
    }

    #[tokio::test]
    async fn used_memory_changes_no_hash_and_other_algorithms_are_refused() {
        let pool = pool(PasswordCost::least());
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
        pool.verify("seven lazy tortoises", Some(&other)).await.expect_err("no argon2id");
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let pool = pool(PasswordCost::least());
        assert_ne!(pool.hash("the same").await.expect("a hash"), pool.hash("the same").await.expect("a hash"));
    }

    #[tokio::test]
    async fn an_unknown_account_costs_as_much_and_is_never_let_in() {
        let pool = pool(PasswordCost::default());
        assert!(pool.decoy.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(!pool.verify("whatever it is", None).await.expect("a verdict"));
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_beyond_the_queue() {
        let pool = pool(PasswordCost::least());
        let _busy = Arc::clone(&pool.running).acquire_many_owned(2).await.expect("permits");
        let mut waiting = Box::pin(join_all((0..34).map(|_| pool.hash("seven lazy tortoises"))));
        assert!(futures::poll!(&mut waiting).is_pending());
        let refusal = pool.hash("seven lazy tortoises").await.expect_err("a refusal");
        assert!(refusal.is(problem::UNAVAILABLE));
        drop(_busy);
        assert!(waiting.await.into_iter().all(|answer| answer.is_ok()), "those in the queue are served");
    }

    #[test]
    fn a_cost_that_makes_no_sense_is_told_at_the_start() {
        let nothing = PasswordCost { memory: 0, passes: 0, lanes: 0 };
        assert!(PasswordPool::new(nothing, SystemContext::host()).is_err());
    }
}
