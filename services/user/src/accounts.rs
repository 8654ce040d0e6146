//! Opens accounts, checks passwords, hands out roles. The operations over HTTP and the command line both come here.

use crate::account::{Credentials, NewAccount, tidy_roles};
use crate::family::{Digest, NewSession};
use crate::hashing::PasswordPool;
use crate::password::{self, StoredPassword};
use crate::settings::Settings;
use crate::store::{AdminCode, Change, FirstAdminOpening, Opening, RolesOutcome, Store};
use chassis::auth::Role;
use chassis::page::{self, Page};
use chassis::problem::{self, Problem};
use chassis::{SystemContext, StoreError};
use contracts::user::{ADMIN_EXISTS, Account, EMAIL_TAKEN, LAST_ADMIN};
use contracts::{AccountId, Email, SingleLineText};
use std::sync::Arc;
use uuid::Uuid;

const USUAL_PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;
const LONGEST_EMAIL: usize = 254;
/// No accepted password is longer; hashing more would only cost.
const LONGEST_PASSWORD: usize = 1024;

/// All accounts.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn Store>,
    system: SystemContext,
    passwords: PasswordPool,
}

impl Accounts {
    /// The accounts kept in `store`.
    ///
    /// # Errors
    /// When the settings' password cost makes no sense.
    pub fn new(store: Arc<dyn Store>, settings: &Settings, system: SystemContext) -> Result<Self, String> {
        let passwords = PasswordPool::new(settings.password_cost, system.clone())?;
        Ok(Self { store, system, passwords })
    }

    /// Opens an account, without logging in.
    ///
    /// # Errors
    /// 409 `email-taken`; 422 for a password that is not good enough, or without any role.
    pub async fn create_account(
        &self,
        email: &Email,
        password: &str,
        name: &SingleLineText<120>,
        roles: &[Role],
    ) -> Result<Account, Problem> {
        let account = self.prepare(email, password, name, roles).await?;
        self.open(&account, None).await
    }

    /// Sets all roles of the account with this address.
    ///
    /// # Errors
    /// 404 when there is none, 409 `last-admin`, 422 without any role.
    pub async fn set_roles(&self, email: &Email, roles: &[Role]) -> Result<Account, Problem> {
        const TRIES: usize = 5;
        for _ in 0..TRIES {
            let known = self.store.credentials(&email.normalised()).await?;
            let account = known.ok_or_else(|| unknown_account(format!("There is no account {email}.")))?.account;
            match self.change_roles(account.id, roles, account.version).await {
                Err(problem) if problem.is(problem::STALE) => {}
                settled => return settled,
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The accounts whose address begins with `q`, by address.
    ///
    /// # Errors
    /// 422 for a cursor or limit that makes no sense.
    pub async fn list(&self, q: &str, cursor: Option<&str>, limit: Option<u32>) -> Result<Page<Account>, Problem> {
        let limit = page::limit(limit, USUAL_PAGE, LARGEST_PAGE)?;
        let after: Option<String> = cursor.map(page::decode).transpose()?;
        let prefix = q.trim().to_lowercase();
        if prefix.len() > LONGEST_EMAIL {
            return Err(Problem::invalid("q", "is longer than an e-mail address can be"));
        }
        let found = self.store.accounts(&prefix, after.as_deref().unwrap_or_default(), limit + 1).await?;
        Ok(Page::cut(found, limit, |account| account.email.normalised()))
    }

    /// A new one-time code for the first admin, which replaces an earlier one; `None` when the shop has an admin.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn issue_first_admin_code(&self) -> Result<Option<String>, Problem> {
        let code = self.system.token::<24>();
        Ok(self.store.set_first_admin_code(&Digest::of(&code)).await?.then_some(code))
    }

    /// An account to be opened: with a password good enough, and hashed.
    pub(crate) async fn prepare(
        &self,
        email: &Email,
        password: &str,
        name: &SingleLineText<120>,
        roles: &[Role],
    ) -> Result<NewAccount, Problem> {
        let roles = tidy_roles(roles)?;
        password::judge(password, email).map_err(|cause| Problem::invalid("/password", cause))?;
        // Saves the work of hashing; when two come at once, the store decides.
        if self.store.credentials(&email.normalised()).await?.is_some() {
            return Err(taken());
        }
        let password = self.passwords.hash(password).await?;
        let (id, name, at) = (AccountId(self.system.id()), name.as_str().to_owned(), self.system.now());
        Ok(NewAccount { id, email: email.clone(), name, password, roles, at })
    }

    /// Opens an account, with its first session if it has one.
    pub(crate) async fn open(&self, account: &NewAccount, session: Option<&NewSession>) -> Result<Account, Problem> {
        match self.store.open_account(account, session).await? {
            Opening::Opened => Ok(account.opened()),
            Opening::EmailTaken => Err(taken()),
        }
    }

    /// Whether `code` makes the first admin: 409 when there is an admin, 403 when it is another code.
    pub(crate) async fn expect_first_admin(&self, code: &str) -> Result<Digest, Problem> {
        let presented = Digest::of(code);
        match self.store.first_admin_code().await? {
            AdminCode::AdminExists => Err(admin_exists()),
            AdminCode::Waiting(expected) if expected.matches(&presented) => Ok(presented),
            AdminCode::Waiting(_) | AdminCode::NotIssued => Err(wrong_code()),
        }
    }

    /// Opens the first admin's account.
    pub(crate) async fn open_first_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<Account, Problem> {
        match self.store.open_first_admin(code, account, session).await? {
            FirstAdminOpening::Opened => Ok(account.opened()),
            FirstAdminOpening::EmailTaken => Err(taken()),
            FirstAdminOpening::WrongCode => Err(wrong_code()),
            FirstAdminOpening::AdminExists => Err(admin_exists()),
        }
    }

    /// The account whose address and password these are. An unknown address takes as long as a wrong password.
    pub(crate) async fn authenticate(&self, email: &str, password: &str) -> Result<Option<Credentials>, Problem> {
        let known = match email.parse::<Email>() {
            Ok(email) => self.store.credentials(&email.normalised()).await?,
            Err(_) => None,
        };
        let known = known.filter(|_| password.len() <= LONGEST_PASSWORD);
        let password = if password.len() <= LONGEST_PASSWORD { password } else { "" };
        let right = self.passwords.verify(password, known.as_ref().map(|known| &known.password)).await?;
        Ok(known.filter(|_| right))
    }

    /// Replaces the password that was just checked. All sessions but `keep` end.
    pub(crate) async fn replace_password(
        &self,
        account: &Account,
        former: &StoredPassword,
        password: &str,
        keep: Option<Uuid>,
    ) -> Result<(), Problem> {
        password::judge(password, &account.email).map_err(|cause| Problem::invalid("/new", cause))?;
        let hash = self.passwords.hash(password).await?;
        if !self.store.change_password(account.id, former, &hash, keep).await? {
            return Err(StoreError::Conflict.into());
        }
        Ok(())
    }

    /// Sets all roles of an account, as it was read.
    pub(crate) async fn change_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<Account, Problem> {
        match self.store.change_roles(id, &tidy_roles(roles)?, version).await? {
            RolesOutcome::LastAdmin => {
                Err(LAST_ADMIN.detail("This is the only admin left. Make somebody else an admin first."))
            }
            RolesOutcome::Settled(change) => settled(change),
        }
    }
}

/// The changed account, or the problem that tells why it was not.
pub(crate) fn settled(change: Change) -> Result<Account, Problem> {
    match change {
        Change::Changed(account) => Ok(account),
        Change::Stale => Err(problem::STALE.detail("The account was changed in the meantime. Read it again.")),
        Change::Missing => Err(unknown_account("There is no such account.".to_owned())),
    }
}

fn unknown_account(detail: String) -> Problem {
    problem::NOT_FOUND.detail(detail)
}

fn taken() -> Problem {
    EMAIL_TAKEN
        .detail("There is an account with this address. Log in, or use another address.")
        .field("/email", "is taken")
}

fn wrong_code() -> Problem {
    problem::FORBIDDEN.detail("This is not the one-time code that the shop printed last.")
}

fn admin_exists() -> Problem {
    ADMIN_EXISTS.detail("The shop has an admin, who can make others. The one-time code is of no use any more.")
}
