//! Statements and transactions that are recorded as database operations.

use crate::store::StoreError;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use sqlx::mysql::{MySqlConnection, MySqlPool, MySqlQueryResult, MySqlRow, MySqlStatement, MySqlTypeInfo};
use sqlx::{Either, Error, Execute, Executor, MySql, SqlStr, Transaction};
use std::ops::{Deref, DerefMut};
use telemetry::database::Operation;

/// A write transaction, which is rolled back when it is dropped before its commit.
pub struct Write {
    pub(super) transaction: Transaction<'static, MySql>,
    pub(super) _operation: Operation,
}

impl Write {
    /// Commits the transaction.
    ///
    /// # Errors
    /// [`StoreError::TransactionAborted`] on a conflict, [`StoreError::Unavailable`] when the server is unavailable: then
    /// it is unknown if the transaction took effect.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// Rolls the transaction back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the server is unavailable, which rolls back as well.
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }
}

impl Deref for Write {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.transaction
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.transaction
    }
}

/// The pool, for a single statement.
#[derive(Debug)]
pub struct Pooled<'p> {
    pub(super) pool: &'p MySqlPool,
    pub(super) operation: Operation,
}

impl<'p> Executor<'p> for Pooled<'p> {
    type Database = MySql;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<MySqlQueryResult, MySqlRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, MySql>,
    {
        let Self { pool, operation } = self;
        // The closure owns the operation, which so ends with the stream.
        let rows = pool.fetch_many(query).inspect(move |row| failed(&operation, row.as_ref().err()));
        rows.boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<MySqlRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, MySql>,
    {
        let Self { pool, operation } = self;
        let row = pool.fetch_optional(query);
        async move {
            let row = row.await;
            failed(&operation, row.as_ref().err());
            row
        }
        .boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [MySqlTypeInfo],
    ) -> BoxFuture<'e, Result<MySqlStatement, Error>>
    where
        'p: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }
}

fn failed(operation: &Operation, error: Option<&Error>) {
    match error {
        None => {}
        Some(Error::Database(_)) => operation.fail("fault"),
        Some(_) => operation.fail("unavailable"),
    }
}
