//! The HTTP operations of the user service.

mod accounts;
mod addresses;
mod api_keys;
mod auth;
mod client;
mod cookies;
mod profile;
mod responses;

use crate::accounts::Accounts;
use crate::api_keys::ApiKeys;
use crate::login_rate_limiter::{LoginRateLimiter, RateLimitKey, SharedFailureCounter};
use crate::password_hasher::HasherError;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::store::Store;
use chassis::auth::{JwkSet, KeySet, Principal, Role, Verifier};
use chassis::problem::{self, Problem};
use chassis::telemetry::metrics::Counter;
use chassis::telemetry::schema::metrics::LOGINS;
use chassis::{ServiceContext, SystemContext};
use contracts::AccountId;
use contracts::user::Account;
use cookies::Cookies;
use responses::ErrorResponse;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The state that all handlers share.
struct ApiState {
    store: Arc<dyn Store>,
    system: SystemContext,
    accounts: Accounts,
    sessions: Sessions,
    api_keys: ApiKeys,
    login_rate_limiter: LoginRateLimiter,
    cookies: Cookies,
    keys: JwkSet,
    verifier: Verifier,
    logins: Counter<1>,
}

type SharedState = axum::extract::State<Arc<ApiState>>;

/// Builds the routes of all operations.
///
/// # Errors
/// When the password cost of the settings is invalid.
pub fn router(
    store: Arc<dyn Store>,
    failures: Option<Arc<dyn SharedFailureCounter>>,
    settings: &Settings,
    service: &ServiceContext,
) -> Result<OpenApiRouter, HasherError> {
    let system = &service.system;
    let keys = JwkSet { keys: vec![settings.session_key.jwk()] };
    let sessions = Sessions::new(Arc::clone(&store), settings, system.clone());
    let state = ApiState {
        api_keys: ApiKeys::new(Arc::clone(&store), sessions.clone(), system.clone()),
        accounts: Accounts::new(Arc::clone(&store), settings.password_cost, system.clone())?,
        sessions,
        login_rate_limiter: LoginRateLimiter::new(failures),
        cookies: Cookies::new(settings.secure_cookies),
        // This service signs the tokens, so it verifies with its own key instead of fetching keys.
        verifier: Verifier::new(KeySet::fixed(&keys), system.clone()),
        system: system.clone(),
        logins: service.metrics.counter(&LOGINS).starting_with([["succeeded"], ["failed"], ["limited"]]),
        store,
        keys,
    };
    let router = OpenApiRouter::new()
        .routes(routes!(auth::get_signing_keys))
        .routes(routes!(auth::start_guest_session))
        .routes(routes!(auth::register_account))
        .routes(routes!(auth::log_in))
        .routes(routes!(auth::refresh_session))
        .routes(routes!(auth::log_out))
        .routes(routes!(auth::create_first_admin))
        .routes(routes!(profile::get_profile, profile::update_profile))
        .routes(routes!(profile::change_password))
        .routes(routes!(profile::list_sessions))
        .routes(routes!(profile::end_session))
        .routes(routes!(profile::export_account))
        .routes(routes!(addresses::list_addresses, addresses::add_address))
        .routes(routes!(addresses::replace_address, addresses::delete_address))
        .routes(routes!(accounts::list_accounts))
        .routes(routes!(accounts::get_account))
        .routes(routes!(accounts::set_account_roles))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::revoke_api_key))
        .routes(routes!(api_keys::exchange_api_key));
    Ok(router.with_state(Arc::new(state)))
}

impl ApiState {
    /// Returns the caller's account from the store. Unlike other services, this one therefore notices that a session has
    /// ended before its access token expires.
    async fn active_account(&self, caller: &Principal) -> Result<Account, Problem> {
        let id = AccountId(caller.account()?);
        let account = self.store.signed_in(id, caller.session, self.system.now()).await?;
        account.ok_or_else(|| problem::UNAUTHENTICATED.detail("Your session has expired. Log in again."))
    }

    /// Returns the caller's account if it has the admin role now, whatever the access token says.
    async fn active_admin(&self, caller: &Principal) -> Result<Account, Problem> {
        let account = self.active_account(caller).await?;
        // The access table has checked the role in the token, which can be up to ten minutes old.
        if !account.roles.contains(&Role::Admin) {
            return Err(problem::FORBIDDEN.detail("Your role does not allow this."));
        }
        Ok(account)
    }

    /// Checks the rate limit before a password is verified.
    async fn check_rate_limit(&self, keys: &[RateLimitKey]) -> Result<(), ErrorResponse> {
        match self.login_rate_limiter.retry_after(keys, self.system.now()).await {
            None => Ok(()),
            Some(wait) => Err(ErrorResponse::too_many_attempts(wait)),
        }
    }
}
