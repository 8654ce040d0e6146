//! What an account is, apart from where it is kept.

use crate::password::StoredPassword;
use chassis::Problem;
use chassis::auth::Role;
use contracts::user::Account;
use contracts::{AccountId, Email};
use jiff::Timestamp;

/// The most addresses an address book holds.
pub const MOST_ADDRESSES: usize = 50;

/// An account to be opened.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// Address to log in with.
    pub email: Email,
    /// The person's name.
    pub name: String,
    /// The password's hash.
    pub password: StoredPassword,
    /// What it may do.
    pub roles: Vec<Role>,
    /// Now.
    pub at: Timestamp,
}

impl NewAccount {
    /// The account once it is opened.
    pub fn opened(&self) -> Account {
        Account {
            id: self.id,
            email: self.email.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            created_at: self.at,
            version: 1,
        }
    }
}

/// An account with what proves that somebody is its owner.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// The password's hash.
    pub password: StoredPassword,
}

/// The roles in order, each once.
///
/// # Errors
/// 422 when there is none: an account that may do nothing cannot log out either.
pub fn tidy_roles(roles: &[Role]) -> Result<Vec<Role>, Problem> {
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        return Err(Problem::invalid("/roles", "must name at least one role"));
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_kept_in_order_and_once() {
        let roles = tidy_roles(&[Role::Admin, Role::Customer, Role::Admin]).expect("roles");
        assert_eq!(roles, [Role::Customer, Role::Admin]);
    }

    #[test]
    fn an_account_has_a_role() {
        assert_eq!(tidy_roles(&[]).expect_err("a refusal").errors[0].pointer, "/roles");
    }
}
