//! Use cases of accounts: registration, authentication and roles. Both the HTTP API and the command line call them.

use crate::account::{Credentials, NewAccount, normalise_roles};
use crate::password_hasher::{HasherError, PasswordHasher, StoredPassword};
use crate::password_policy;
use crate::refresh_token::{Digest, NewSession};
use crate::settings::PasswordCost;
use crate::store::{AdminCode, BootstrapOutcome, RegisterOutcome, SetRolesOutcome, Store, UpdateOutcome};
use chassis::auth::Role;
use chassis::page::{self, Page};
use chassis::problem::{self, Problem};
use chassis::{StoreError, SystemContext};
use contracts::user::{ADMIN_EXISTS, Account, EMAIL_TAKEN, LAST_ADMIN};
use contracts::{AccountId, Email, SingleLineText};
use std::sync::Arc;
use uuid::Uuid;

const DEFAULT_PAGE_SIZE: u32 = 50;
const MAX_PAGE_SIZE: u32 = 200;
const MAX_EMAIL_LENGTH: usize = 254;
/// The maximum length in bytes of a password that is hashed. The policy accepts no longer one, so hashing it would only
/// cost time.
const MAX_PASSWORD_LENGTH: usize = 1024;

/// The use cases of accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    system: SystemContext,
    hasher: PasswordHasher,
}

impl Accounts {
    /// Creates the use cases over `store`.
    ///
    /// # Errors
    /// When argon2 does not accept the cost.
    pub fn new(store: Arc<dyn Store>, cost: PasswordCost, system: SystemContext) -> Result<Self, HasherError> {
        let hasher = PasswordHasher::new(cost, system.clone())?;
        Ok(Self { store, system, hasher })
    }

    /// Creates an account without a session.
    ///
    /// # Errors
    /// 409 `email-taken`; 422 for a weak password, or without any role.
    pub async fn create_account(
        &self,
        email: &Email,
        password: &str,
        name: &SingleLineText<120>,
        roles: &[Role],
    ) -> Result<Account, Problem> {
        let account = self.prepare(email, password, name, roles).await?;
        self.register(&account, None).await
    }

    /// Sets all roles of the account with this email.
    ///
    /// # Errors
    /// 404 when there is none, 409 `last-admin`, 422 without any role.
    pub async fn set_roles(&self, email: &Email, roles: &[Role]) -> Result<Account, Problem> {
        const MAX_ATTEMPTS: usize = 5;
        // The command line names no version, so the latest is read again when another change came in between.
        for _ in 0..MAX_ATTEMPTS {
            let found = self.store.credentials(&email.normalised()).await?;
            let account =
                found.ok_or_else(|| account_not_found(format!("No account uses the email {email}.")))?.account;
            match self.change_roles(account.id, roles, account.version).await {
                Err(problem) if problem.is(problem::STALE) => {}
                result => return result,
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Returns the account with this id.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn get(&self, id: AccountId) -> Result<Account, Problem> {
        self.store.account(id).await?.ok_or_else(|| account_not_found("No account has this id.".to_owned()))
    }

    /// Lists the accounts whose email begins with `q`, ordered by email.
    ///
    /// # Errors
    /// 422 for an invalid cursor, limit or prefix.
    pub async fn list(&self, q: &str, cursor: Option<&str>, limit: Option<u32>) -> Result<Page<Account>, Problem> {
        let limit = page::limit(limit, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)?;
        let after: Option<String> = cursor.map(page::decode).transpose()?;
        // Emails are compared in lower case everywhere; the spelling of the registration is only for display.
        let prefix = q.trim().to_lowercase();
        if prefix.len() > MAX_EMAIL_LENGTH {
            return Err(Problem::invalid("q", "is longer than an email can be"));
        }
        // One more than the page holds tells if there is a next page.
        let found = self.store.accounts(&prefix, after.as_deref().unwrap_or_default(), limit + 1).await?;
        Ok(Page::cut(found, limit, |account| account.email.normalised()))
    }

    /// Issues a new one-time code for the first admin, which replaces the previous one. Returns `None` when there is an
    /// admin.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn issue_first_admin_code(&self) -> Result<Option<String>, Problem> {
        let code = self.system.token::<24>();
        Ok(self.store.set_first_admin_code(&Digest::of(&code)).await?.then_some(code))
    }

    /// Validates the password and hashes it.
    pub(crate) async fn prepare(
        &self,
        email: &Email,
        password: &str,
        name: &SingleLineText<120>,
        roles: &[Role],
    ) -> Result<NewAccount, Problem> {
        let roles = normalise_roles(roles)?;
        password_policy::check(password, email)
            .map_err(|weakness| Problem::invalid("/password", weakness.to_string()))?;
        // Saves the cost of hashing; of concurrent registrations the store accepts one.
        if self.store.credentials(&email.normalised()).await?.is_some() {
            return Err(email_taken());
        }
        let password = self.hasher.hash(password).await?;
        let (id, name, at) = (AccountId(self.system.id()), name.as_str().to_owned(), self.system.now());
        Ok(NewAccount { id, email: email.clone(), name, password, roles, at })
    }

    /// Stores a new account, with its first session if it has one.
    pub(crate) async fn register(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
    ) -> Result<Account, Problem> {
        match self.store.register_account(account, session).await? {
            RegisterOutcome::Registered => Ok(account.to_account()),
            RegisterOutcome::EmailTaken => Err(email_taken()),
        }
    }

    /// Checks the one-time code of the first admin: 409 when there is an admin, 403 when the code is wrong.
    pub(crate) async fn check_first_admin_code(&self, code: &str) -> Result<Digest, Problem> {
        // Only digests are compared and stored, so a leaked database reveals no valid code.
        let presented = Digest::of(code);
        match self.store.first_admin_code().await? {
            AdminCode::AdminExists => Err(admin_exists()),
            AdminCode::Pending(expected) if expected.matches(&presented) => Ok(presented),
            AdminCode::Pending(_) | AdminCode::NotIssued => Err(wrong_code()),
        }
    }

    /// Creates the account of the first admin and uses up the code.
    pub(crate) async fn create_first_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<Account, Problem> {
        match self.store.bootstrap_admin(code, account, session).await? {
            BootstrapOutcome::Created => Ok(account.to_account()),
            BootstrapOutcome::EmailTaken => Err(email_taken()),
            BootstrapOutcome::WrongCode => Err(wrong_code()),
            BootstrapOutcome::AdminExists => Err(admin_exists()),
        }
    }

    /// Returns the account with this email and password. An unknown email takes as long as a wrong password, so that
    /// the response time does not reveal which emails have an account.
    pub(crate) async fn authenticate(&self, email: &str, password: &str) -> Result<Option<Credentials>, Problem> {
        // An account may have an address that the rules for new ones refuse.
        let address = Email::to_look_up(email);
        let found = match email.len() {
            0..=MAX_EMAIL_LENGTH => self.store.credentials(&address.normalised()).await?,
            _ => None,
        };
        let found = found.filter(|_| password.len() <= MAX_PASSWORD_LENGTH);
        let password = if password.len() <= MAX_PASSWORD_LENGTH { password } else { "" };
        // Verified in every case: the hasher does the same work for a missing account.
        let correct = self.hasher.verify(password, found.as_ref().map(|found| &found.password)).await?;
        Ok(found.filter(|_| correct))
    }

    /// Replaces the password that was just checked. All sessions but `keep` end.
    pub(crate) async fn replace_password(
        &self,
        account: &Account,
        former: &StoredPassword,
        password: &str,
        keep: Option<Uuid>,
    ) -> Result<(), Problem> {
        password_policy::check(password, &account.email)
            .map_err(|weakness| Problem::invalid("/new", weakness.to_string()))?;
        let hash = self.hasher.hash(password).await?;
        // The store compares the former hash once more: of two concurrent changes only one succeeds.
        if !self.store.change_password(account.id, former, &hash, keep).await? {
            return Err(StoreError::Conflict.into());
        }
        Ok(())
    }

    /// Sets all roles of an account that was read in `version`.
    pub(crate) async fn change_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<Account, Problem> {
        match self.store.set_roles(id, &normalise_roles(roles)?, version).await? {
            SetRolesOutcome::LastAdmin => {
                Err(LAST_ADMIN.detail("This is the last admin. Give another account the admin role first."))
            }
            SetRolesOutcome::Completed(update) => updated_account(update),
        }
    }
}

/// Returns the updated account, or the problem that explains why it was not updated.
pub(crate) fn updated_account(update: UpdateOutcome) -> Result<Account, Problem> {
    match update {
        UpdateOutcome::Updated(account) => Ok(account),
        UpdateOutcome::Stale => {
            Err(problem::STALE.detail("The account was changed in the meantime. Reload it and try again."))
        }
        UpdateOutcome::NotFound => Err(account_not_found("Account not found.".to_owned())),
    }
}

fn account_not_found(detail: String) -> Problem {
    problem::NOT_FOUND.detail(detail)
}

fn email_taken() -> Problem {
    EMAIL_TAKEN
        .detail("An account with this email already exists. Log in, or use another email.")
        .field("/email", "is already in use")
}

fn wrong_code() -> Problem {
    problem::FORBIDDEN
        .detail("The one-time code is wrong or was replaced. Use the latest code from the server's output.")
}

fn admin_exists() -> Problem {
    ADMIN_EXISTS.detail("An admin already exists. Ask an admin to give your account the admin role.")
}
