//! Hashes passwords, slowly on purpose, in a small pool of its own with a bounded queue, so that a flood of logins
//! neither takes all memory nor starves the rest.

use crate::password::StoredPassword;
use crate::settings::PasswordCost;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use chassis::problem::{self, Problem};
use chassis::sources::Sources;
use std::sync::Arc;
use tokio::sync::Semaphore;

const AT_A_TIME: usize = 2;
const WAITING: usize = 32;

/// The pool.
#[derive(Clone)]
pub struct PasswordPool {
    places: Arc<Semaphore>,
    running: Arc<Semaphore>,
    parameters: Params,
    decoy: StoredPassword,
    sources: Sources,
}

impl PasswordPool {
    /// A pool whose hashes have this cost.
    ///
    /// # Errors
    /// When argon2 does not take it.
    pub fn new(cost: PasswordCost, sources: Sources) -> Result<Self, String> {
        let parameters = Params::new(cost.memory, cost.passes, cost.lanes, Some(Params::DEFAULT_OUTPUT_LEN))
            .map_err(|error| format!("{cost:?} is no cost of an argon2id hash: {error}"))?;
        let decoy = decoy(&parameters, &sources).map_err(|error| format!("cannot make a password hash: {error}"))?;
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_A_TIME + WAITING)),
            running: Arc::new(Semaphore::new(AT_A_TIME)),
            parameters,
            decoy,
            sources,
        })
    }

    /// The hash of `password`, with a salt of its own.
    ///
    /// # Errors
    /// 503 when too many wait already.
    pub async fn hash(&self, password: &str) -> Result<StoredPassword, Problem> {
        let (argon, salt, password) = (self.argon(), self.sources.bytes::<16>(), password.to_owned());
        let hash = self.run(move || argon.hash_password_with_salt(password.as_bytes(), &salt)).await?;
        hash.map(|hash| StoredPassword::new(hash.to_string())).map_err(Problem::internal)
    }

    /// Whether `password` is the one of `stored`. Without one, as much work is done, and the answer is no.
    ///
    /// # Errors
    /// 503 when too many wait already.
    pub async fn verify(&self, password: &str, stored: Option<&StoredPassword>) -> Result<bool, Problem> {
        let exists = stored.is_some();
        let (argon, password) = (self.argon(), password.to_owned());
        let stored = stored.unwrap_or(&self.decoy).clone();
        let verdict = self
            .run(move || {
                let hash = PasswordHash::new(stored.as_str()).map_err(|_| Error::EncodingInvalid)?;
                argon.verify_password(password.as_bytes(), &hash)
            })
            .await?;
        match verdict {
            Ok(()) => Ok(exists),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(Problem::internal(error)),
        }
    }

    fn argon(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.parameters.clone())
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let busy = || problem::UNAVAILABLE.detail("Too many people log in at this moment. Try again shortly.");
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| busy())?;
        let turn = Arc::clone(&self.running).acquire_owned().await.map_err(|_| busy())?;
        // The permits go with the work: it cannot be stopped when the one who asked goes away.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((turn, place));
            result
        });
        done.await.map_err(Problem::internal)
    }
}

/// A hash that no password has, as costly to verify as a real one.
fn decoy(parameters: &Params, sources: &Sources) -> Result<StoredPassword, Error> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(parameters)?,
        salt: Some(Salt::new(&sources.bytes::<16>()).map_err(|_| Error::SaltInvalid)?),
        hash: Some(Output::new(&sources.bytes::<32>()).map_err(|_| Error::OutputSize)?),
    };
    Ok(StoredPassword::new(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::join_all;

    fn pool(cost: PasswordCost) -> PasswordPool {
        PasswordPool::new(cost, Sources::system()).expect("a pool")
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
        assert!(PasswordPool::new(nothing, Sources::system()).is_err());
    }
}
