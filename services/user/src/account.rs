//! Accounts and the rules for their roles, independent of storage.

use crate::password_hasher::StoredPassword;
use chassis::Problem;
use chassis::auth::Role;
use contracts::user::Account;
use contracts::{AccountId, Email};
use jiff::Timestamp;

/// The maximum number of addresses in an address book.
pub const MAX_ADDRESSES: usize = 50;

/// An account that is about to be registered.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub id: AccountId,
    pub email: Email,
    pub name: String,
    pub password: StoredPassword,
    pub roles: Vec<Role>,
    /// The time of registration.
    pub at: Timestamp,
}

impl NewAccount {
    /// Returns the account in its first version.
    pub fn to_account(&self) -> Account {
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

/// An account with the hash of its password.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub account: Account,
    pub password: StoredPassword,
}

/// Returns the roles in order and without duplicates.
///
/// # Errors
/// 422 if there is no role: an account without one could not even log out.
pub fn normalise_roles(roles: &[Role]) -> Result<Vec<Role>, Problem> {
    let mut roles = roles.to_vec();
    // Sorted, so that the same set of roles is always stored and returned alike.
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        return Err(Problem::invalid("/roles", "must contain at least one role"));
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_sorted_and_deduplicated() {
        let roles = normalise_roles(&[Role::Admin, Role::Customer, Role::Admin]).expect("roles");
        assert_eq!(roles, [Role::Customer, Role::Admin]);
    }

    #[test]
    fn an_account_needs_a_role() {
        assert_eq!(normalise_roles(&[]).expect_err("a refusal").errors[0].pointer, "/roles");
    }
}
