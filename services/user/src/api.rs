//! The operations over HTTP.

mod accounts;
mod addresses;
mod answers;
mod auth;
mod client;
mod cookies;
mod profile;

use crate::accounts::Accounts;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::store::Store;
use crate::throttle::{Key, SharedFailures, Throttle};
use answers::Refusal;
use chassis::SystemContext;
use chassis::auth::{JwkSet, KeySet, Principal, Role, Verifier};
use chassis::problem::{self, Problem};
use contracts::AccountId;
use contracts::user::Account;
use cookies::Cookies;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the operations work with.
struct Office {
    store: Arc<dyn Store>,
    system: SystemContext,
    accounts: Accounts,
    sessions: Sessions,
    throttle: Throttle,
    cookies: Cookies,
    keys: JwkSet,
    verifier: Verifier,
}

type Desk = axum::extract::State<Arc<Office>>;

/// All operations.
///
/// # Errors
/// When the settings make no sense.
pub fn router(
    store: Arc<dyn Store>,
    failures: Option<Arc<dyn SharedFailures>>,
    settings: &Settings,
    system: &SystemContext,
) -> Result<OpenApiRouter, String> {
    let keys = JwkSet { keys: vec![settings.session_key.jwk()] };
    let office = Office {
        accounts: Accounts::new(Arc::clone(&store), settings, system.clone())?,
        sessions: Sessions::new(Arc::clone(&store), settings, system.clone()),
        throttle: Throttle::new(failures),
        cookies: Cookies::new(settings.secure_cookies),
        verifier: Verifier::new(KeySet::fixed(&keys), system.clone()),
        system: system.clone(),
        store,
        keys,
    };
    let router = OpenApiRouter::new()
        .routes(routes!(auth::keys))
        .routes(routes!(auth::guest))
        .routes(routes!(auth::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::first_admin))
        .routes(routes!(profile::read, profile::change))
        .routes(routes!(profile::change_password))
        .routes(routes!(profile::sessions))
        .routes(routes!(profile::end_session))
        .routes(routes!(profile::export))
        .routes(routes!(addresses::list, addresses::add))
        .routes(routes!(addresses::replace, addresses::remove))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::change_roles));
    Ok(router.with_state(Arc::new(office)))
}

impl Office {
    /// The account of the caller, as it is now. Unlike other services, this one knows that a session has ended although
    /// its access token has not expired.
    async fn owner(&self, caller: &Principal) -> Result<Account, Problem> {
        let id = AccountId(caller.account()?);
        let account = self.store.signed_in(id, caller.session, self.system.now()).await?;
        account.ok_or_else(|| problem::UNAUTHENTICATED.detail("The session is over. Log in again."))
    }

    /// The caller, when an admin at this moment.
    async fn admin(&self, caller: &Principal) -> Result<Account, Problem> {
        let account = self.owner(caller).await?;
        if !account.roles.contains(&Role::Admin) {
            return Err(problem::FORBIDDEN.detail("Your role does not allow this."));
        }
        Ok(account)
    }

    /// Lets a try at a password through, or says how long to wait.
    async fn may_try(&self, keys: &[Key]) -> Result<(), Refusal> {
        match self.throttle.wait(keys, self.system.now()).await {
            None => Ok(()),
            Some(wait) => Err(Refusal::too_many(wait)),
        }
    }
}
