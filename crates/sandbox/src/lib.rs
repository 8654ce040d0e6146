//! A payment gateway that moves no money and speaks Worldpay's wire (Access, `WP-Api-Version: 2024-06-01`), to develop and
//! test against: in process as a router, or as a server of its own.
//!
//! What happens to a payment is chosen by the name on the card:
//!
//! | name | what happens |
//! | --- | --- |
//! | `REFUSED`, `REFUSED51` … | refused, with the code behind the word (5 without one) |
//! | `ERROR` | 500, without effect |
//! | `FRAUD` | stopped as probable fraud |
//! | `LOST` | authorised, and the answer is lost on its way |
//! | `SLOW` | authorised, after three seconds |
//! | `CHALLENGE` | the customer has to confirm with the bank; refused with 8 when 3-D Secure was not asked for |
//! | `DEVICE` | 3-D Secure asks for data of the device, then it is authorised |
//! | `DEVICE CHALLENGE` | both |
//! | `EXPIRES` | authorised, and the authorisation runs out a minute later |
//! | `BOUNCE` | authorised; refunds turn out to have failed ten seconds later |
//! | `CHARGEBACK` | authorised; charged back a minute after it was settled |
//! | anything else | authorised |
//!
//! or by the amount: 666.05 and 666.51 are refused with codes 5 and 51, 666.99 is authorised and its answer is lost.
//!
//! As at Worldpay there is no idempotency key: a transaction reference that is used twice makes two payments, and the
//! [`Ledger`] shows both. Commands about the whole of a payment take effect once however often they are sent; partial ones
//! each time, as long as no more is settled than was authorised and no more refunded than was settled.
//!
//! Webhooks tell amounts with two decimal digits whatever the currency, as Worldpay does: 500 JPY as 50000, and what has
//! three digits is rounded, 1.234 BHD to 123. Compare amounts with the answers and the books, not with webhooks.
//!
//! What differs from Worldpay: a challenge that the customer has not decided yet is answered with `3dsChallenged` again
//! instead of an end; `settled` and `refunded` are told ten seconds after the command; webhooks that are not acknowledged
//! are sent again after a second, then after growing pauses of up to five minutes, instead of after a quarter of an hour.

mod api;
mod card;
mod engine;
mod faults;
mod ledger;
mod pages;
mod payment;
mod script;
mod store;
mod webhooks;
mod wire;

pub use faults::{Faults, Span, WebhookFaults};
pub use ledger::{Ledger, LedgerCommand, LedgerPayment};
pub use payment::{CommandKind, PaymentState};
pub use store::Delivery;

use axum::Router;
use chassis::sqlite::Migration;
use chassis::tasks::Tasks;
use chassis::transport::Transport;
use chassis::{SystemContext, StoreError};
use jiff::SignedDuration;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How a sandbox is set up.
pub struct Settings {
    /// What stands before the path of every link in an answer, such as `http://127.0.0.1:8090`.
    pub api_url: String,
    /// What stands before the path of every page that a browser opens; empty for pages on the shop's own origin.
    pub browser_url: String,
    /// User and password that merchants have to give; without them everybody is let in.
    pub credentials: Option<(String, String)>,
    /// How long payment queries know nothing of what has happened.
    pub index_delay: SignedDuration,
    /// Where webhooks go; without it none are written.
    pub webhook: Option<Webhook>,
}

/// Where webhooks go, and what they are signed with.
#[derive(Clone)]
pub struct Webhook {
    /// The way to the shop.
    pub transport: Transport,
    /// The path at the shop.
    pub path: String,
    /// The keys. Each webhook is signed with every one of them, so that they can be changed one after the other.
    pub keys: Vec<WebhookKey>,
}

/// A key that webhooks are signed with.
#[derive(Clone)]
pub struct WebhookKey {
    /// Its name in the signature.
    pub id: String,
    /// The key itself.
    pub secret: Vec<u8>,
}

impl std::fmt::Debug for WebhookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookKey({}, …)", self.id)
    }
}

/// How long the worker waits for something to do before it looks again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long it waits at its end for requests that are being answered.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sandbox.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    settings: Settings,
    system: SystemContext,
    store: Store,
    faults: Mutex<Faults>,
    tasks: Tasks,
    added: Notify,
}

impl Sandbox {
    /// The steps of its schema, in order.
    pub const MIGRATIONS: &'static [Migration] = store::MIGRATIONS;

    /// A sandbox whose books are in this file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(path: &Path, settings: Settings, system: SystemContext) -> Result<Self, StoreError> {
        let store = Store::open(path, &system).await?;
        let (faults, tasks, added) = (Mutex::default(), Tasks::new(), Notify::new());
        Ok(Self(Arc::new(Inner { settings, system, store, faults, tasks, added })))
    }

    /// Everything it answers: Worldpay's interface, the pages for browsers and the controls for developers.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    /// Its books, for reading.
    pub fn ledger(&self) -> Ledger {
        Ledger::over(self.0.store.database().clone())
    }

    /// What goes wrong at present.
    pub fn faults(&self) -> Faults {
        *self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has these things go wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        *self.0.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Lets happen by themselves what is due, and sends webhooks, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let done = self.once().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the sandbox's books do not answer; trying again");
                0
            });
            if done > 0 {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.0.added.notified() => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        self.0.tasks.shut_down(PATIENCE).await;
    }

    /// Does once what [`Self::run`] does again and again; says how much there was to do.
    ///
    /// # Errors
    /// When the books do not answer.
    pub async fn once(&self) -> Result<usize, StoreError> {
        Ok(self.pass().await? + self.send().await?)
    }
}
