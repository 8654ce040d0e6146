//! Accounts, passwords and roles in SQLite.

use super::sessions::insert_session;
use super::{SqliteStore, account, account_in, rows};
use crate::account::{Credentials, NewAccount};
use crate::password_hasher::StoredPassword;
use crate::refresh_token::{Digest, NewSession};
use crate::store::{AccountStore, AdminCode, BootstrapOutcome, RegisterOutcome, SetRolesOutcome, UpdateOutcome};
use async_trait::async_trait;
use chassis::StoreError;
use chassis::auth::Role;
use chassis::sqlite::{Write, micros};
use chassis::store::is_duplicate;
use contracts::AccountId;
use contracts::user::Account;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

#[async_trait]
impl AccountStore for SqliteStore {
    async fn register_account(
        &self,
        account: &NewAccount,
        session: Option<&NewSession>,
    ) -> Result<RegisterOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        if !insert_account(&mut transaction, account).await? {
            return Ok(RegisterOutcome::EmailTaken);
        }
        // Part of the transaction: an account never exists without the session of its registration.
        if let Some(session) = session {
            insert_session(&mut transaction, session).await?;
        }
        transaction.commit().await?;
        Ok(RegisterOutcome::Registered)
    }

    async fn bootstrap_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<BootstrapOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        // The code may have been issued before another way made an admin.
        if admins(&mut transaction, 1).await? > 0 {
            return Ok(BootstrapOutcome::AdminExists);
        }
        let used = sqlx::query("DELETE FROM first_admin_code WHERE digest = ?").bind(code.as_str());
        if used.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(BootstrapOutcome::WrongCode);
        }
        if !insert_account(&mut transaction, account).await? {
            // Returning without a commit rolls back, so that the code remains valid.
            return Ok(BootstrapOutcome::EmailTaken);
        }
        insert_session(&mut transaction, session).await?;
        transaction.commit().await?;
        Ok(BootstrapOutcome::Created)
    }

    async fn set_first_admin_code(&self, code: &Digest) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        if admins(&mut transaction, 1).await? > 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO first_admin_code (one, digest) VALUES (1, ?)
             ON CONFLICT (one) DO UPDATE SET digest = excluded.digest",
        )
        .bind(code.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn first_admin_code(&self) -> Result<AdminCode, StoreError> {
        // One statement reads both, so that a code used in between is never reported as pending.
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM accounts WHERE admin = 1) AS admin,
                    (SELECT digest FROM first_admin_code WHERE one = 1) AS digest",
        )
        .fetch_one(&mut *self.database.read().await?)
        .await?;
        Ok(match (row.get::<bool, _>("admin"), row.get::<Option<String>, _>("digest")) {
            (true, _) => AdminCode::AdminExists,
            (false, None) => AdminCode::NotIssued,
            (false, Some(digest)) => AdminCode::Pending(Digest::from_stored(digest)),
        })
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE email_key = ?")
            .bind(email)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.as_ref().map(credentials).transpose()
    }

    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.as_ref().map(account).transpose()
    }

    async fn accounts(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Account>, StoreError> {
        // A range instead of LIKE: it uses the index, and `%` and `_` in the prefix are ordinary characters.
        let found = sqlx::query(
            "SELECT * FROM accounts WHERE email_key >= ? AND email_key < ? AND email_key > ? ORDER BY email_key LIMIT ?",
        )
        .bind(prefix)
        .bind(format!("{prefix}{}", char::MAX))
        .bind(after)
        .bind(rows(limit))
        .fetch_all(&mut *self.database.read().await?)
        .await?;
        found.iter().map(account).collect()
    }

    async fn rename(&self, id: AccountId, name: &str, version: i64) -> Result<UpdateOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Some(found) = account_in(&mut transaction, id).await? else { return Ok(UpdateOutcome::NotFound) };
        if found.version != version {
            return Ok(UpdateOutcome::Stale);
        }
        sqlx::query("UPDATE accounts SET name = ?, version = version + 1 WHERE id = ?")
            .bind(name)
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(UpdateOutcome::Updated(Account { name: name.to_owned(), version: version + 1, ..found }))
    }

    async fn change_password(
        &self,
        id: AccountId,
        former: &StoredPassword,
        new: &StoredPassword,
        keep: Option<Uuid>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.begin().await?;
        // Comparing the former hash makes the update conditional: of two concurrent changes one fails.
        let changed = sqlx::query("UPDATE accounts SET password = ? WHERE id = ? AND password = ?")
            .bind(new.as_str())
            .bind(id.to_string())
            .bind(former.as_str())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if changed == 0 {
            return Ok(false);
        }
        // `IS NOT` also compares with NULL: without a session to keep, all are deleted.
        sqlx::query("DELETE FROM sessions WHERE account_id = ? AND id IS NOT ?")
            .bind(id.to_string())
            .bind(keep.map(|session| session.to_string()))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn set_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<SetRolesOutcome, StoreError> {
        let mut transaction = self.database.begin().await?;
        let Some(found) = account_in(&mut transaction, id).await? else {
            return Ok(SetRolesOutcome::Completed(UpdateOutcome::NotFound));
        };
        if found.version != version {
            return Ok(SetRolesOutcome::Completed(UpdateOutcome::Stale));
        }
        // SQLite has one writer, so no other admin can be removed between this check and the commit.
        let (was_admin, stays_admin) = (found.roles.contains(&Role::Admin), roles.contains(&Role::Admin));
        if was_admin && !stays_admin && admins(&mut transaction, 2).await? < 2 {
            return Ok(SetRolesOutcome::LastAdmin);
        }
        sqlx::query("UPDATE accounts SET roles = ?, admin = ?, version = version + 1 WHERE id = ?")
            .bind(serde_json::to_string(roles)?)
            .bind(stays_admin)
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let changed = Account { roles: roles.to_vec(), version: version + 1, ..found };
        Ok(SetRolesOutcome::Completed(UpdateOutcome::Updated(changed)))
    }
}

fn credentials(row: &SqliteRow) -> Result<Credentials, StoreError> {
    Ok(Credentials { account: account(row)?, password: StoredPassword::new(row.get("password")) })
}

/// Inserts an account. Returns false when its email is taken.
async fn insert_account(transaction: &mut Write, account: &NewAccount) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO accounts (id, email, email_key, name, password, roles, admin, created_at, version)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
    )
    .bind(account.id.to_string())
    .bind(account.email.as_str())
    .bind(account.email.normalised())
    .bind(account.name.as_str())
    .bind(account.password.as_str())
    .bind(serde_json::to_string(&account.roles)?)
    .bind(account.roles.contains(&Role::Admin))
    .bind(micros(account.at))
    .execute(&mut **transaction)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        // The unique index decides: the check before hashing was not part of this transaction.
        Err(error) if is_duplicate(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Counts the admins, up to `enough`.
async fn admins(transaction: &mut Write, enough: i64) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM (SELECT 1 FROM accounts WHERE admin = 1 LIMIT ?)")
        .bind(enough)
        .fetch_one(&mut **transaction)
        .await?;
    Ok(row.get(0))
}
