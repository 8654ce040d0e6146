//! Accounts, passwords and roles in SQLite.

use super::sessions::insert_session;
use super::{SqliteStore, account, account_in, rows};
use crate::account::{Credentials, NewAccount};
use crate::family::{Digest, NewSession};
use crate::password::StoredPassword;
use crate::store::{AccountStore, AdminCode, Change, FirstAdminOpening, Opening, RolesOutcome};
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
    async fn open_account(&self, account: &NewAccount, session: Option<&NewSession>) -> Result<Opening, StoreError> {
        let mut work = self.database.begin().await?;
        if !insert_account(&mut work, account).await? {
            return Ok(Opening::EmailTaken);
        }
        if let Some(session) = session {
            insert_session(&mut work, session).await?;
        }
        work.commit().await?;
        Ok(Opening::Opened)
    }

    async fn open_first_admin(
        &self,
        code: &Digest,
        account: &NewAccount,
        session: &NewSession,
    ) -> Result<FirstAdminOpening, StoreError> {
        let mut work = self.database.begin().await?;
        if admins(&mut work, 1).await? > 0 {
            return Ok(FirstAdminOpening::AdminExists);
        }
        let used = sqlx::query("DELETE FROM first_admin_code WHERE digest = ?").bind(code.as_str());
        if used.execute(&mut *work).await?.rows_affected() == 0 {
            return Ok(FirstAdminOpening::WrongCode);
        }
        if !insert_account(&mut work, account).await? {
            return Ok(FirstAdminOpening::EmailTaken);
        }
        insert_session(&mut work, session).await?;
        work.commit().await?;
        Ok(FirstAdminOpening::Opened)
    }

    async fn set_first_admin_code(&self, code: &Digest) -> Result<bool, StoreError> {
        let mut work = self.database.begin().await?;
        if admins(&mut work, 1).await? > 0 {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO first_admin_code (one, digest) VALUES (1, ?)
             ON CONFLICT (one) DO UPDATE SET digest = excluded.digest",
        )
        .bind(code.as_str())
        .execute(&mut *work)
        .await?;
        work.commit().await?;
        Ok(true)
    }

    async fn first_admin_code(&self) -> Result<AdminCode, StoreError> {
        let row = sqlx::query(
            "SELECT EXISTS (SELECT 1 FROM accounts WHERE admin = 1) AS admin,
                    (SELECT digest FROM first_admin_code WHERE one = 1) AS digest",
        )
        .fetch_one(&mut *self.database.read().await?)
        .await?;
        Ok(match (row.get::<bool, _>("admin"), row.get::<Option<String>, _>("digest")) {
            (true, _) => AdminCode::AdminExists,
            (false, None) => AdminCode::NotIssued,
            (false, Some(digest)) => AdminCode::Waiting(Digest::stored(digest)),
        })
    }

    async fn credentials(&self, email: &str) -> Result<Option<Credentials>, StoreError> {
        let row = sqlx::query("SELECT * FROM accounts WHERE email_key = ?")
            .bind(email)
            .fetch_optional(&mut *self.database.read().await?)
            .await?;
        row.as_ref().map(credentials).transpose()
    }

    async fn accounts(&self, prefix: &str, after: &str, limit: usize) -> Result<Vec<Account>, StoreError> {
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

    async fn rename(&self, id: AccountId, name: &str, version: i64) -> Result<Change, StoreError> {
        let mut work = self.database.begin().await?;
        let Some(found) = account_in(&mut work, id).await? else { return Ok(Change::Missing) };
        if found.version != version {
            return Ok(Change::Stale);
        }
        sqlx::query("UPDATE accounts SET name = ?, version = version + 1 WHERE id = ?")
            .bind(name)
            .bind(id.to_string())
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        Ok(Change::Changed(Account { name: name.to_owned(), version: version + 1, ..found }))
    }

    async fn change_password(
        &self,
        id: AccountId,
        former: &StoredPassword,
        new: &StoredPassword,
        keep: Option<Uuid>,
    ) -> Result<bool, StoreError> {
        let mut work = self.database.begin().await?;
        let changed = sqlx::query("UPDATE accounts SET password = ? WHERE id = ? AND password = ?")
            .bind(new.as_str())
            .bind(id.to_string())
            .bind(former.as_str())
            .execute(&mut *work)
            .await?
            .rows_affected();
        if changed == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM sessions WHERE account_id = ? AND id IS NOT ?")
            .bind(id.to_string())
            .bind(keep.map(|session| session.to_string()))
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        Ok(true)
    }

    async fn change_roles(&self, id: AccountId, roles: &[Role], version: i64) -> Result<RolesOutcome, StoreError> {
        let mut work = self.database.begin().await?;
        let Some(found) = account_in(&mut work, id).await? else { return Ok(RolesOutcome::Settled(Change::Missing)) };
        if found.version != version {
            return Ok(RolesOutcome::Settled(Change::Stale));
        }
        let (was_admin, stays_admin) = (found.roles.contains(&Role::Admin), roles.contains(&Role::Admin));
        if was_admin && !stays_admin && admins(&mut work, 2).await? < 2 {
            return Ok(RolesOutcome::LastAdmin);
        }
        sqlx::query("UPDATE accounts SET roles = ?, admin = ?, version = version + 1 WHERE id = ?")
            .bind(serde_json::to_string(roles)?)
            .bind(stays_admin)
            .bind(id.to_string())
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        let changed = Account { roles: roles.to_vec(), version: version + 1, ..found };
        Ok(RolesOutcome::Settled(Change::Changed(changed)))
    }
}

fn credentials(row: &SqliteRow) -> Result<Credentials, StoreError> {
    Ok(Credentials { account: account(row)?, password: StoredPassword::new(row.get("password")) })
}

/// False when the address is taken.
async fn insert_account(work: &mut Write, account: &NewAccount) -> Result<bool, StoreError> {
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
    .execute(&mut **work)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(error) if is_duplicate(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// How many admins there are, counted up to `enough`.
async fn admins(work: &mut Write, enough: i64) -> Result<i64, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) FROM (SELECT 1 FROM accounts WHERE admin = 1 LIMIT ?)")
        .bind(enough)
        .fetch_one(&mut **work)
        .await?;
    Ok(row.get(0))
}
