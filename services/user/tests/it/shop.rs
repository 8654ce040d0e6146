//! A running service and its signed-in callers.

use chassis::auth::Role;
use chassis::secret::SecretKey;
use contracts::user::{Account, Session};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::{Answer, Caller, TestEnvironment};
use user::{Accounts, Dependencies, PasswordCost, Settings, SharedFailureCounter, SqliteStore, Store};

/// A password that the policy accepts.
pub const PASSWORD: &str = "seven lazy tortoises";

pub struct Shop {
    pub env: TestEnvironment,
    pub router: axum::Router,
    pub accounts: Accounts,
    pub service: chassis::Service,
    _folder: Option<tempfile::TempDir>,
}

/// An account that is logged in with tokens in the response body.
pub struct SignedIn {
    pub caller: Caller,
    pub account: Account,
    pub access: String,
    pub refresh: String,
}

impl Shop {
    pub async fn open() -> Self {
        Self::open_with(false).await
    }

    pub async fn open_with(secure_cookies: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("user.db")).await.expect("a store");
        Self { _folder: Some(folder), ..Self::on(Arc::new(store), secure_cookies).await }
    }

    /// Starts the service over this store.
    pub async fn on(store: Arc<dyn Store>, secure_cookies: bool) -> Self {
        Self::with_failure_counter(store, None, secure_cookies).await
    }

    /// Starts the service with a shared counter of failed logins.
    pub async fn with_failure_counter(
        store: Arc<dyn Store>,
        failures: Option<Arc<dyn SharedFailureCounter>>,
        secure_cookies: bool,
    ) -> Self {
        let env = TestEnvironment::default();
        let mut settings = Settings::new(env.session_key.clone(), SecretKey::new([7; 32]), secure_cookies);
        settings.password_cost = PasswordCost::minimum();
        let accounts = Accounts::new(store.clone(), settings.password_cost, env.system.clone()).expect("accounts");
        let dependencies = Dependencies { store, failures, settings };
        let service = user::start(env.service_context("user"), dependencies).await.expect("a service");
        Self { router: service.router.clone(), env, accounts, service, _folder: None }
    }

    pub fn anonymous(&self) -> Caller {
        self.env.anonymous(&self.router)
    }

    pub fn with_token(&self, token: &str) -> Caller {
        self.anonymous().with_bearer(token)
    }

    pub async fn register(&self, email: &str) -> SignedIn {
        let answer = self.anonymous().post("/api/v1/auth/register", registration(email)).await.expect(201);
        self.signed_in_as(&answer)
    }

    pub async fn login(&self, email: &str, password: &str) -> Answer {
        self.anonymous().post("/api/v1/auth/login", json!({"email": email, "password": password})).await
    }

    pub async fn refresh(&self, token: &str) -> Answer {
        self.anonymous().post("/api/v1/auth/refresh", json!({"refresh_token": token})).await
    }

    /// Creates an account with these roles and logs in.
    pub async fn staff(&self, email: &str, roles: &[Role]) -> SignedIn {
        let (email, name) = (email.parse().expect("an address"), "Grace".parse().expect("a name"));
        self.accounts.create_account(&email, PASSWORD, &name, roles).await.expect("an account");
        self.signed_in_as(&self.login(email.as_str(), PASSWORD).await.expect(200))
    }

    pub fn signed_in_as(&self, answer: &Answer) -> SignedIn {
        let session: Session = answer.read();
        let access = session.access_token.expect("an access token").expose().to_owned();
        let refresh = session.refresh_token.expect("a refresh token").expose().to_owned();
        SignedIn { caller: self.with_token(&access), account: session.account, access, refresh }
    }
}

pub fn registration(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "name": "Ada Lovelace"})
}

pub fn address(city: &str) -> Value {
    json!({"name": "Ada Lovelace", "line1": "12 St James's Square", "city": city, "postal_code": "SW1Y 4JH", "country": "GB"})
}

/// Returns the pointer of the first invalid field.
pub fn pointer(answer: &Answer) -> String {
    answer.json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned()
}
