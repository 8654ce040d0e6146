//! The environment of services under test: keys, clock and callers.

use crate::Caller;
use axum::Router;
use chassis::auth::{
    AccessClaims, JwkSet, KeySet, Role, ServiceIdentity, ServiceKeys, SigningKey, TokenKind, Verifier, sign_access,
};
use chassis::telemetry::Tracing;
use chassis::{ManualClock, SeededRandom, ServiceContext, SystemContext};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use uuid::Uuid;

const SERVICES: &[&str] =
    // The command line calls services too, with an identity of its own.
    &["user", "catalogue", "cart", "payment", "shipping", "ratings", "dispatch", "web", "shopstack"];

/// The environment of one or more services under test: one clock, one random source, one set of keys.
pub struct TestEnvironment {
    /// The clock, which moves only when it is advanced.
    pub clock: Arc<ManualClock>,
    /// The clock and random source of the services.
    pub system: SystemContext,
    /// The key with which the user service signs session tokens.
    pub session_key: SigningKey,
    service_keys: Vec<(&'static str, SigningKey)>,
}

impl Default for TestEnvironment {
    fn default() -> Self {
        Self::new(1)
    }
}

impl TestEnvironment {
    /// Creates an environment whose random values are determined by `seed`.
    pub fn new(seed: u64) -> Self {
        // A fixed start makes ids and times the same in every run.
        let start: Timestamp = "2026-11-22T09:00:00Z".parse().expect("a moment");
        let clock = Arc::new(ManualClock::new(start));
        let system = SystemContext::new(clock.clone(), Arc::new(SeededRandom::new(seed)));
        let key = || SigningKey::generate(&system).expect("a key");
        let service_keys = SERVICES.iter().map(|name| (*name, key())).collect();
        Self { session_key: key(), service_keys, clock, system }
    }

    pub fn advance(&self, step: SignedDuration) {
        self.clock.advance(step);
    }

    /// Returns the context of the service `name`.
    pub fn service_context(&self, name: &'static str) -> ServiceContext {
        let keys = KeySet::fixed(&JwkSet { keys: vec![self.session_key.jwk()] });
        let callers = ServiceKeys::new(
            self.service_keys.iter().map(|(name, key)| ((*name).to_owned(), key.jwk())),
            self.system.clone(),
        );
        let verifier = Verifier::new(keys, self.system.clone());
        ServiceContext::new(self.system.clone(), &Tracing::disabled(), name, self.identity(name), verifier, callers)
    }

    /// Returns the identity of the service `name`.
    pub fn identity(&self, name: &'static str) -> ServiceIdentity {
        let (_, key) = self.service_keys.iter().find(|(known, _)| *known == name).expect("a service of the house");
        ServiceIdentity::new(name, key.clone(), self.system.clone())
    }

    /// Returns a token of an account with these roles.
    pub fn account_token(&self, id: Uuid, roles: &[Role]) -> String {
        // Both lifetimes are those of production: ten minutes, and 90 days for guests.
        let mut claims = AccessClaims::new(TokenKind::Access, id, 600, &self.system);
        claims.roles = roles.to_vec();
        sign_access(&claims, &self.session_key).expect("a token")
    }

    /// Returns a token of a guest session.
    pub fn guest_token(&self, id: Uuid) -> String {
        let claims = AccessClaims::new(TokenKind::Guest, id, 7_776_000, &self.system);
        sign_access(&claims, &self.session_key).expect("a token")
    }

    /// Returns a caller without a session.
    pub fn anonymous(&self, router: &Router) -> Caller {
        Caller::new(router.clone())
    }

    /// Returns a caller with a new guest session.
    pub fn guest(&self, router: &Router) -> Caller {
        Caller::new(router.clone()).with_bearer(self.guest_token(self.system.id()))
    }

    /// Returns a caller with a new customer account.
    pub fn customer(&self, router: &Router) -> Caller {
        self.staff(router, Role::Customer)
    }

    /// Returns a caller with a new account that has this role.
    pub fn staff(&self, router: &Router, role: Role) -> Caller {
        Caller::new(router.clone()).with_bearer(self.account_token(self.system.id(), &[role]))
    }

    /// Returns the service `name` as a caller of the service `callee`.
    pub fn service(&self, router: &Router, name: &'static str, callee: &'static str) -> Caller {
        let token = self.identity(name).token_for(callee).expect("a token");
        Caller::new(router.clone()).with_header("x-service-token", token)
    }
}
