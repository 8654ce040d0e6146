//! Spans and metrics of database operations.

use crate::context::{self, Context};
use crate::trace::spans;
pub use crate::trace::spans::DatabaseName;
use tokio::time::Instant;

/// A database operation within a request or other traced work. It ends when it is dropped.
///
/// Without a current context nothing is recorded, so that workers that poll send no spans.
#[derive(Debug)]
pub struct Operation {
    started: Instant,
    system: &'static str,
    name: String,
    context: Option<Context>,
}

impl Operation {
    /// Starts an operation, such as `transaction` or `GET`.
    pub fn start(database: &DatabaseName, name: &str) -> Self {
        Self::on(database, name, None)
    }

    /// Starts an operation on one collection.
    pub fn on_collection(database: &DatabaseName, name: &str, collection: &str) -> Self {
        Self::on(database, name, Some(collection))
    }

    fn on(database: &DatabaseName, name: &str, collection: Option<&str>) -> Self {
        let context = context::with_current(|current| current.start(spans::database(database, name, collection)));
        Self { started: Instant::now(), system: database.system, name: name.to_owned(), context }
    }

    /// Marks the operation as failed; see `error.type` in the schema.
    pub fn fail(&self, error_type: &str) {
        if let Some(context) = &self.context {
            context.fail(error_type);
        }
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        if let Some(context) = &self.context {
            context.end();
            context.observe_database(self.started.elapsed(), self.system, &self.name);
        }
    }
}
