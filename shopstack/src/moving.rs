//! Moving house: from the files of one process to the backends of eight, whole and provably so.
//!
//! Every part is copied page by page, and how far it came is kept beside the source, so that a move that is cut off goes
//! on where it was. Then both sides are read again and compared by count and checksum.

mod parts;
mod progress;

pub use parts::{Part, parts};
pub use progress::Progress;

use chassis::StoreError;
use chassis::data_migration::{PAGE, Summary, summarise};
use events::broker::EmbeddedBroker;
use events::{Broker, BrokerError};

/// Why a move did not come to its end. It can be begun again, and goes on where it was.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// A store did not answer.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// RabbitMQ did not take what was on its way.
    #[error("{0}")]
    Broker(#[from] BrokerError),
    /// How far it came cannot be kept.
    #[error("{0}")]
    Progress(String),
    /// There is something already where the shop is to go.
    #[error(
        "the backends hold {0} already. Name empty ones: DB_PREFIX, MONGO_PREFIX, REDIS_PREFIX and AMQP_PREFIX choose others"
    )]
    Occupied(String),
    /// What arrived is not what was sent.
    #[error("{service}: the {kind} that arrived differ from those that were sent: {there:?} instead of {here:?}")]
    Differs {
        /// The service.
        service: &'static str,
        /// The kind of records.
        kind: &'static str,
        /// Of the source.
        here: Summary,
        /// Of the target.
        there: Summary,
    },
}

/// Is told how a move goes on.
pub trait Watch: Send {
    /// A kind of records of a service begins to be copied, or compared.
    fn begins(&mut self, doing: &'static str, service: &'static str, kind: &'static str);
    /// So many records more.
    fn records(&mut self, count: u64);
}

/// That nothing is where the shop is to go.
///
/// # Errors
/// [`MoveError::Occupied`] when something is.
pub async fn require_empty(parts: &[Part]) -> Result<(), MoveError> {
    for part in parts {
        if !part.to.page(part.telling, None, 1).await?.records.is_empty() {
            return Err(MoveError::Occupied(part.telling.to_owned()));
        }
    }
    Ok(())
}

/// Copies what has not been copied yet.
///
/// # Errors
/// When a store does not answer.
pub async fn copy(parts: &[Part], progress: &mut Progress, watch: &mut dyn Watch) -> Result<(), MoveError> {
    for part in parts {
        for kind in part.from.kinds() {
            if progress.is_done(part.service, kind) {
                continue;
            }
            watch.begins("copying", part.service, kind);
            loop {
                let page = part.from.page(kind, progress.place(part.service, kind), PAGE).await?;
                if !page.records.is_empty() {
                    part.to.receive(kind, &page.records).await?;
                }
                watch.records(page.records.len() as u64);
                let at_end = page.next.is_none();
                progress.reached(part.service, kind, page.next).map_err(MoveError::Progress)?;
                if at_end {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Reads both sides, and compares them; gives how many records there are.
///
/// # Errors
/// [`MoveError::Differs`] when they do.
pub async fn compare(parts: &[Part], watch: &mut dyn Watch) -> Result<u64, MoveError> {
    let mut records = 0;
    for part in parts {
        for kind in part.from.kinds() {
            watch.begins("comparing", part.service, kind);
            let here = summarise(part.from.as_ref(), kind, |count| watch.records(count)).await?;
            let there = summarise(part.to.as_ref(), kind, |count| watch.records(count)).await?;
            if here != there {
                return Err(MoveError::Differs { service: part.service, kind, here, there });
            }
            records += here.records;
        }
    }
    Ok(records)
}

/// Publishes the events that were on their way; gives how many. Whoever has heard of one already takes no notice.
///
/// # Errors
/// When one of the brokers does not answer.
pub async fn forward(from: &EmbeddedBroker, to: &dyn Broker) -> Result<usize, MoveError> {
    let events = from.undelivered().await?;
    for some in events.chunks(PAGE) {
        to.publish(some).await?;
    }
    Ok(events.len())
}
