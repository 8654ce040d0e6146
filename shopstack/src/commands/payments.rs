//! `shopstack payments`: payments by order number, as bank statements show it, and operations that need attention.

use super::{CommandError, StorageArgs};
use chassis::config::Environment;
use chassis::{Problem, SystemContext};
use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table};
use contracts::SingleLineText;
use contracts::payment::{OperationOutcome, OperationResolution, TransferReceived};
use payment::operation::{OperationState, PaymentOperation, kind_name};
use payment::payment::{Effects, Payment, State};
use payment::store::PaymentStore;
use std::process::ExitCode;
use std::sync::Arc;

/// The author that a payment's history names for changes made here.
const AUTHOR: &str = "command line";
/// The payments read at a time.
const PAGE: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum PaymentsCommand {
    /// List bank transfers that have not arrived yet
    Transfers {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Record that the full amount of an order has arrived by bank transfer
    Received {
        #[command(flatten)]
        storage: StorageArgs,
        /// The order number, which customers state as the reference of their transfer
        number: String,
        /// The bank's reference of the transfer, or another note
        #[arg(long)]
        note: String,
    },
    /// List operations at gateways that need attention, with the reasons
    Attention {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Print the payment of an order as JSON
    Show {
        #[command(flatten)]
        storage: StorageArgs,
        /// The number of the order
        number: String,
    },
    /// Mark an operation that needs attention as done or not done
    Resolve {
        #[command(flatten)]
        storage: StorageArgs,
        /// The number of the order
        number: String,
        /// The operation's number, as printed by `attention`
        operation: u32,
        /// The outcome of the operation
        #[arg(long, value_enum)]
        outcome: Outcome,
        /// The evidence for the outcome
        #[arg(long)]
        reason: String,
    },
}

/// The outcome of an operation, as staff found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Outcome {
    /// The gateway completed the operation, or it was completed manually
    Done,
    /// The operation was not completed, and will not be
    NotDone,
}

impl From<Outcome> for OperationOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::NotDone => Self::NotDone,
        }
    }
}

/// Manages the payments of a shop, which may be running.
pub(super) struct PaymentAdmin {
    store: Arc<dyn PaymentStore>,
    system: SystemContext,
}

impl PaymentAdmin {
    pub(super) async fn open(storage: &StorageArgs) -> Result<Self, CommandError> {
        let system = SystemContext::host();
        let target = storage.target(&mut Environment::from_process())?;
        Ok(Self { store: target.payments(&system).await?, system })
    }

    pub(super) async fn find(&self, number: &str) -> Result<Payment, CommandError> {
        let found = self.store.find_by_order_number(number).await?;
        found.ok_or_else(|| CommandError::UnknownOrder(number.to_owned()))
    }

    async fn change(
        &self,
        number: &str,
        change: impl Fn(&mut Payment) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Payment, CommandError> {
        let id = self.find(number).await?.id;
        let changed = self.store.change(id, self.system.now(), &change).await?;
        Ok(changed.ok_or_else(|| CommandError::UnknownOrder(number.to_owned()))??)
    }

    /// All payments in the given state, or in any, that match the filter.
    async fn select(
        &self,
        state: Option<State>,
        matches: impl Fn(&Payment) -> bool,
    ) -> Result<Vec<Payment>, CommandError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            // By state if one is given, for which the store has an index.
            let page = match state {
                Some(state) => self.store.list_in_state(state, after, PAGE).await?,
                None => self.store.list_after(after, PAGE).await?,
            };
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.id);
            all.extend(page.into_iter().filter(&matches));
        }
    }

    async fn list_transfers(&self) -> Result<(), CommandError> {
        let mut table = Table::new();
        table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Order", "Amount", "From", "Until"]);
        for payment in self.select(Some(State::Payable), |payment| payment.awaited_transfer().is_some()).await? {
            let Some(awaited) = payment.awaited_transfer() else { continue };
            let (until, email) = (awaited.transfer.until.to_string(), awaited.email.to_string());
            table.add_row([awaited.order_number, payment.amount().to_string(), email, until]);
        }
        print_table(&table, "No bank transfers are expected.");
        Ok(())
    }

    async fn list_attention(&self) -> Result<(), CommandError> {
        let mut table = Table::new();
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(["Order", "Operation", "Kind", "Amount", "Gateway", "Reason"]);
        // A payment in any state may have such an operation, so all payments are read.
        for payment in self.select(None, |payment| payment.operations.iter().any(needs_attention)).await? {
            for operation in payment.operations.iter().filter(|operation| needs_attention(operation)) {
                table.add_row([
                    &payment.order_number,
                    &operation.number.to_string(),
                    kind_name(operation.kind),
                    &operation.amount.to_string(),
                    &operation.gateway,
                    operation.attention_reason(),
                ]);
            }
        }
        print_table(&table, "No payment operations need attention.");
        Ok(())
    }
}

fn needs_attention(operation: &PaymentOperation) -> bool {
    operation.state == OperationState::NeedsAttention
}

pub(super) async fn run(command: &PaymentsCommand) -> Result<ExitCode, CommandError> {
    match command {
        PaymentsCommand::Transfers { storage } => PaymentAdmin::open(storage).await?.list_transfers().await?,
        PaymentsCommand::Attention { storage } => PaymentAdmin::open(storage).await?.list_attention().await?,
        PaymentsCommand::Show { storage, number } => show(&PaymentAdmin::open(storage).await?.find(number).await?)?,
        PaymentsCommand::Received { storage, number, note } => {
            let admin = PaymentAdmin::open(storage).await?;
            let note = parse_text("--note", note)?;
            let (now, amount) = (admin.system.now(), admin.find(number).await?.amount());
            let received = TransferReceived { amount, note };
            show(&admin.change(number, |payment| payment.receive_transfer(&received, now)).await?)?;
        }
        PaymentsCommand::Resolve { storage, number, operation, outcome, reason } => {
            let admin = PaymentAdmin::open(storage).await?;
            let now = admin.system.now();
            let resolution =
                OperationResolution { outcome: (*outcome).into(), reason: parse_text("--reason", reason)? };
            show(&admin.change(number, |payment| payment.resolve(*operation, &resolution, AUTHOR, now)).await?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse_text(option: &str, text: &str) -> Result<SingleLineText<200>, CommandError> {
    text.parse().map_err(|_| CommandError::Usage(format!("{option}: expected 1 to 200 characters on one line.")))
}

fn show(payment: &Payment) -> Result<(), CommandError> {
    println!("{}", serde_json::to_string_pretty(&payment.details())?);
    Ok(())
}

fn print_table(table: &Table, empty: &str) {
    if table.is_empty() {
        println!("{empty}");
    } else {
        println!("{table}");
    }
}
