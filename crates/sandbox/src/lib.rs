//! A payment gateway for development and tests that moves no money and implements Worldpay's protocol (Access,
//! `WP-Api-Version: 2024-06-01`). It runs in process as a router, or as a separate server.
//!
//! The name on the card selects the outcome of a payment:
//!
//! | name | outcome |
//! | --- | --- |
//! | `REFUSED`, `REFUSED51` etc. | refused, with the code after the word (5 without one) |
//! | `ERROR` | status 500, without effect |
//! | `FRAUD` | stopped as probable fraud |
//! | `LOST` | authorised, but the response is lost |
//! | `SLOW` | authorised after three seconds |
//! | `CHALLENGE` | 3-D Secure challenge; refused with code 8 when 3-D Secure was not requested |
//! | `DEVICE` | 3-D Secure device data collection, then authorised |
//! | `DEVICE CHALLENGE` | device data collection and challenge |
//! | `EXPIRES` | authorised, and the authorisation expires after a minute |
//! | `BOUNCE` | authorised; refunds fail ten seconds later |
//! | `CHARGEBACK` | authorised; charged back a minute after the settlement |
//! | any other name | authorised |
//!
//! The amount can select it too: 666.05 and 666.51 are refused with codes 5 and 51; 666.99 is authorised, but the
//! response is lost.
//!
//! As at Worldpay, there is no idempotency key: a transaction reference that is used twice creates two payments, and
//! the [`Ledger`] contains both. Commands on the full amount take effect once, however often they are sent. Partial
//! commands take effect each time, as long as no more is settled than was authorised and no more is refunded than was
//! settled.
//!
//! Webhooks give amounts with two decimal digits for every currency, as Worldpay does: 500 JPY as 50000. Amounts with
//! three digits are rounded, 1.234 BHD to 123. Compare amounts with responses and the ledger, not with webhooks.
//!
//! Differences from Worldpay: completing a challenge that the customer has not decided returns `3dsChallenged` again
//! instead of an error; `settled` and `refunded` follow ten seconds after the command; unacknowledged webhooks are
//! retried after one second, then with growing delays of up to five minutes, instead of after a quarter of an hour.

mod api;
mod card;
mod engine;
mod faults;
mod ledger;
mod pages;
mod payment;
mod protocol;
mod script;
mod settings;
mod store;
mod webhooks;
mod worker;

pub use faults::{Faults, Span, WebhookFaults};
pub use ledger::{Ledger, LedgerCommand, LedgerPayment};
pub use payment::{CommandKind, PaymentState};
pub use settings::{Settings, Webhook, WebhookKey};
pub use store::Delivery;

use axum::Router;
use chassis::sqlite::Migration;
use chassis::tasks::Tasks;
use chassis::{StoreError, SystemContext};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use store::Store;
use tokio::sync::Notify;

/// A running sandbox. Clones share the same state.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    settings: Settings,
    system: SystemContext,
    store: Store,
    faults: Mutex<Faults>,
    tasks: Tasks,
    work_added: Notify,
}

impl Sandbox {
    /// The schema migrations of the ledger file, in order.
    pub const MIGRATIONS: &'static [Migration] = store::MIGRATIONS;

    /// Opens a sandbox with the ledger in the file at `path`.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path, settings: Settings, system: SystemContext) -> Result<Self, StoreError> {
        let store = Store::open(path, &system).await?;
        let (faults, tasks, work_added) = (Mutex::default(), Tasks::new(), Notify::new());
        Ok(Self(Arc::new(Inner { settings, system, store, faults, tasks, work_added })))
    }

    /// Returns all routes: Worldpay's API, the pages for browsers and the control API for developers.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    /// Returns the ledger, for reading.
    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.0.store.database().clone())
    }

    /// Returns the faults that are injected at present.
    pub fn faults(&self) -> Faults {
        // The faults are replaced as a whole, so a panic elsewhere cannot leave them half changed.
        *self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the faults that are injected from now on.
    pub fn set_faults(&self, faults: Faults) {
        *self.0.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }
}
