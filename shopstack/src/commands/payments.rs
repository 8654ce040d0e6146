//! `shopstack payments`: payments by the numbers of their orders, as bank statements tell them, and what waits for a
//! person there.

use super::Place;
use chassis::config::Environment;
use chassis::{Problem, SystemContext};
use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table};
use contracts::SingleLineText;
use contracts::payment::{OperationOutcome, OperationResolution, TransferReceived};
use payment::attempt::OperationState;
use payment::payment::{Effects, Payment, State};
use payment::store::PaymentStore;
use std::process::ExitCode;
use std::sync::Arc;

/// Who is named as the author of what is said here.
const AUTHOR: &str = "command line";
const PAGE: usize = 500;

/// What is asked about payments.
#[derive(Debug, Subcommand)]
pub(super) enum Payments {
    /// List the transfers that are awaited
    Transfers {
        #[command(flatten)]
        place: Place,
    },
    /// Say that all the money for an order has arrived by bank transfer
    Received {
        #[command(flatten)]
        place: Place,
        /// The order's number, as customers give it with their transfer
        number: String,
        /// The bank's name for the transfer, or a word about it
        #[arg(long)]
        note: String,
    },
    /// List the commands to gateways that wait for a person, and why
    NeedsAttention {
        #[command(flatten)]
        place: Place,
    },
    /// Print everything about the payment of an order, as JSON
    Show {
        #[command(flatten)]
        place: Place,
        /// The order's number
        number: String,
    },
    /// Say how a command ended that waits for a person
    Resolve {
        #[command(flatten)]
        place: Place,
        /// The order's number
        number: String,
        /// The command's number among the payment's attempts
        attempt: u32,
        /// How it ended
        #[arg(long, value_enum)]
        outcome: Ended,
        /// How that is known
        #[arg(long)]
        reason: String,
    },
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Ended {
    /// The gateway, or the person, has done it
    Done,
    /// It was not done, and will not be
    NotDone,
}

impl From<Ended> for OperationOutcome {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Done => Self::Done,
            Ended::NotDone => Self::NotDone,
        }
    }
}

/// What the commands work on.
struct Till {
    store: Arc<dyn PaymentStore>,
    system: SystemContext,
}

impl Till {
    async fn open(place: &Place) -> Result<Self, String> {
        let system = SystemContext::host();
        let books = super::audit::books(place, None, &mut Environment::from_process(), &system).await?;
        Ok(Self { store: books.payments, system })
    }

    async fn of(&self, number: &str) -> Result<Payment, String> {
        let found = self.store.of_number(number).await.map_err(|error| error.to_string())?;
        found.ok_or_else(|| format!("there is no order {number}"))
    }

    async fn change(
        &self,
        number: &str,
        change: impl Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Payment, String> {
        let id = self.of(number).await?.id;
        let changed = self.store.change(id, self.system.now(), &change).await.map_err(|error| error.to_string())?;
        changed.ok_or("there is no such payment")?.map_err(|problem| problem.detail.into_owned())
    }

    /// Of all payments, or of those that stand here, those that are `wanted`.
    async fn all(&self, state: Option<State>, wanted: impl Fn(&Payment) -> bool) -> Result<Vec<Payment>, String> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = match state {
                Some(state) => self.store.in_state(state, after, PAGE).await,
                None => self.store.after(after, PAGE).await,
            };
            let page = page.map_err(|error| error.to_string())?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.id);
            all.extend(page.into_iter().filter(&wanted));
        }
    }
}

fn is_parked(attempt: &payment::attempt::PaymentOperation) -> bool {
    attempt.state == OperationState::NeedsAttention
}

pub(super) async fn run(asked: &Payments) -> Result<ExitCode, String> {
    match asked {
        Payments::Transfers { place } => transfers(&Till::open(place).await?).await?,
        Payments::NeedsAttention { place } => parked(&Till::open(place).await?).await?,
        Payments::Show { place, number } => show(&Till::open(place).await?.of(number).await?)?,
        Payments::Received { place, number, note } => {
            let till = Till::open(place).await?;
            let (now, amount, note) = (till.system.now(), till.of(number).await?.amount(), line(note)?);
            let received = TransferReceived { amount, note };
            show(&till.change(number, |payment| payment.receive(&received, now)).await?)?;
        }
        Payments::Resolve { place, number, attempt, outcome, reason } => {
            let till = Till::open(place).await?;
            let now = till.system.now();
            let resolution = OperationResolution { outcome: (*outcome).into(), reason: line(reason)? };
            show(&till.change(number, |payment| payment.resolve(*attempt, &resolution, AUTHOR, now)).await?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(text: &str) -> Result<SingleLineText<200>, String> {
    text.parse().map_err(|_| "say it in 1 to 200 characters on one line".to_owned())
}

fn show(payment: &Payment) -> Result<(), String> {
    let text = serde_json::to_string_pretty(&payment.details()).map_err(|error| error.to_string())?;
    println!("{text}");
    Ok(())
}

async fn transfers(till: &Till) -> Result<(), String> {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Order", "Amount", "From", "Until"]);
    for payment in till.all(Some(State::Payable), |payment| payment.awaited_transfer().is_some()).await? {
        let Some(awaited) = payment.awaited_transfer() else { continue };
        let (until, email) = (awaited.transfer.until.to_string(), awaited.email.to_string());
        table.add_row([awaited.order_number, payment.amount().to_string(), email, until]);
    }
    if table.is_empty() {
        println!("No transfer is awaited.");
    } else {
        println!("{table}");
    }
    Ok(())
}

async fn parked(till: &Till) -> Result<(), String> {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Order", "Attempt", "What", "Amount", "Gateway", "Why"]);
    for payment in till.all(None, |payment| payment.operations.iter().any(is_parked)).await? {
        for attempt in payment.operations.iter().filter(|attempt| is_parked(attempt)) {
            let what = format!("{:?}", attempt.kind);
            let number = attempt.number.to_string();
            let amount = attempt.amount.to_string();
            table.add_row([&payment.order_number, &number, &what, &amount, &attempt.gateway, attempt.to_be_done()]);
        }
    }
    if table.is_empty() {
        println!("No command waits for a person.");
    } else {
        println!("{table}");
    }
    Ok(())
}
