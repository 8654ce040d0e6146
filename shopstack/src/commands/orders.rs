//! `shopstack orders`: lists orders, and decides about those that need attention.

use super::payments::PaymentAdmin;
use super::{CommandError, StorageArgs, require};
use crate::settings::{Options, Settings};
use chassis::config::Environment;
use chassis::{Problem, SystemContext};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table};
use contracts::OrderId;
use contracts::dispatch::{ATTENTION_NOT_NEEDED, OrderStatus, ResolutionOutcome};
use dispatch::order::{Effects, Order, Workflow};
use dispatch::store::{OrderFilter, OrderStore};
use std::process::ExitCode;
use std::sync::Arc;

/// The author that an order's history names for changes made here.
const AUTHOR: &str = "command line";
/// The maximum number of orders in the list.
const MAX_ROWS: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum OrdersCommand {
    /// List orders, the newest first
    List {
        #[command(flatten)]
        storage: StorageArgs,
        /// List only orders found by these words: the beginning of the number, the email address or a name
        words: Vec<String>,
        /// List only orders with this status
        #[arg(long, value_parser = status_parser())]
        status: Option<OrderStatus>,
        /// The maximum number of orders
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
        limit: u16,
    },
    /// List orders that need attention, with the reasons
    Attention {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Print an order as JSON
    Show {
        #[command(flatten)]
        storage: StorageArgs,
        /// The number or the id of the order
        order: String,
    },
    /// Retry the step, return or refund that needs attention
    Retry {
        #[command(flatten)]
        storage: StorageArgs,
        /// The number or the id of the order
        order: String,
    },
    /// Mark what needs attention as done, or cancel the order; also closes its payment issues
    Resolve {
        #[command(flatten)]
        storage: StorageArgs,
        /// The number or the id of the order
        order: String,
        /// The decision about the order
        #[arg(long, value_enum)]
        outcome: Decision,
        /// The reason, for the order's history
        #[arg(long)]
        reason: String,
    },
}

/// The decision about an order that needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Decision {
    /// The step was completed manually
    Done,
    /// Cancel the order and refund it
    Cancel,
}

impl From<Decision> for ResolutionOutcome {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Done => Self::Done,
            Decision::Cancel => Self::Cancel,
        }
    }
}

/// Manages the orders of a shop, which may be running.
pub(super) struct OrderAdmin {
    pub(super) orders: Arc<dyn OrderStore>,
    pub(super) system: SystemContext,
}

impl OrderAdmin {
    pub(super) async fn open(storage: &StorageArgs) -> Result<Self, CommandError> {
        let mut environment = Environment::from_process();
        let target = storage.read(&mut environment);
        // The settings are needed because a change may store an email, which names the shop and links to it.
        let options = Options::of_command(&storage.data.data_dir);
        let settings = Settings::read(options, &mut environment)?;
        let system = SystemContext::host();
        Ok(Self { orders: require(target)?.orders(&settings, &system).await?.orders, system })
    }

    async fn find(&self, id: OrderId) -> Result<Order, CommandError> {
        self.orders.find(id).await?.ok_or_else(|| CommandError::UnknownOrder(id.to_string()))
    }

    async fn change(
        &self,
        id: OrderId,
        change: impl Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Order, CommandError> {
        let changed = self.orders.change(id, self.system.now(), &change).await?;
        Ok(changed.ok_or_else(|| CommandError::UnknownOrder(id.to_string()))??)
    }

    async fn list(&self, filter: &OrderFilter, limit: usize) -> Result<(), CommandError> {
        let mut orders = self.orders.list(filter, None, limit + 1).await?;
        let more = orders.len() > limit;
        orders.truncate(limit);
        if orders.is_empty() {
            println!("No orders found.");
            return Ok(());
        }
        let mut table = Table::new();
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(["Number", "Placed", "Status", "Total", "Items", "Customer", "Email"]);
        for order in &orders {
            let record = &order.record;
            let items: u32 = record.cart.lines.iter().map(|line| line.quantity.get()).sum();
            table.add_row([
                record.order_number.clone(),
                record.placed_at.strftime("%F %R UTC").to_string(),
                order.status().as_str().to_owned(),
                record.cart.totals.total.to_string(),
                items.to_string(),
                record.address.name.as_str().to_owned(),
                record.email.as_str().to_owned(),
            ]);
        }
        println!("{table}");
        if more {
            println!("There are more: narrow the list, or raise --limit.");
        }
        Ok(())
    }

    async fn list_attention(&self) -> Result<(), CommandError> {
        let attention = OrderFilter { status: Some(OrderStatus::Attention), ..OrderFilter::default() };
        let orders = self.orders.list(&attention, None, MAX_ROWS).await?;
        if orders.is_empty() {
            println!("No orders need attention.");
            return Ok(());
        }
        let mut table = Table::new();
        table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Order", "Number", "Reason"]);
        for order in &orders {
            table.add_row([order.id().to_string(), order.record.order_number.clone(), reasons(order).join("\n")]);
        }
        println!("{table}");
        if orders.len() == MAX_ROWS {
            println!("There may be more: only {MAX_ROWS} orders are listed at a time.");
        }
        Ok(())
    }
}

pub(super) async fn run(command: &OrdersCommand) -> Result<ExitCode, CommandError> {
    match command {
        OrdersCommand::List { storage, words, status, limit } => {
            let search = dispatch::store::search_words(&words.join(" "));
            let filter = OrderFilter { status: *status, search, ..OrderFilter::default() };
            OrderAdmin::open(storage).await?.list(&filter, usize::from(*limit)).await?;
        }
        OrdersCommand::Attention { storage } => OrderAdmin::open(storage).await?.list_attention().await?,
        OrdersCommand::Show { storage, order } => {
            let order = OrderAdmin::open(storage).await?.find(order_id(storage, order).await?).await?;
            println!("{}", serde_json::to_string_pretty(&order)?);
        }
        OrdersCommand::Retry { storage, order } => {
            let (admin, id) = (OrderAdmin::open(storage).await?, order_id(storage, order).await?);
            let now = admin.system.now();
            let retry = |order: &mut Order| match order.resume(AUTHOR, now) {
                true => Ok(Effects::default()),
                false => Err(ATTENTION_NOT_NEEDED.detail("The order does not need attention.")),
            };
            print_status(&admin.change(id, retry).await?)?;
        }
        OrdersCommand::Resolve { storage, order, outcome, reason } => {
            let (admin, id) = (OrderAdmin::open(storage).await?, order_id(storage, order).await?);
            let now = admin.system.now();
            let resolve = |order: &mut Order| order.resolve((*outcome).into(), AUTHOR, reason, now);
            print_status(&admin.change(id, resolve).await?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a status by its name, so that `--help` lists the names.
fn status_parser() -> impl TypedValueParser<Value = OrderStatus> {
    PossibleValuesParser::new(OrderStatus::ALL.iter().map(|status| status.as_str())).try_map(|name| name.parse())
}

/// Returns the id of an order that is given by its id or by its number, which its payment has as well.
async fn order_id(storage: &StorageArgs, order: &str) -> Result<OrderId, CommandError> {
    match order.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(PaymentAdmin::open(storage).await?.find(order).await?.order_id),
    }
}

/// Prints the status by its public name.
fn print_status(order: &Order) -> Result<(), CommandError> {
    let status = serde_json::to_value(order.status())?;
    println!("Order {} is now: {}", order.record.order_number, status.as_str().unwrap_or_default());
    Ok(())
}

/// All reasons for which an order needs attention.
fn reasons(order: &Order) -> Vec<String> {
    let workflow = match &order.workflow {
        Workflow::NeedsAttention { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    let issues = order.payment_issues.iter().filter(|issue| issue.is_open()).map(|issue| issue.reason.clone());
    let returns = order.returns.iter().filter(|one| one.needs_attention());
    let returns = returns.map(|one| format!("return {} needs attention", one.id));
    let refunds = order.refunds.iter().filter_map(|refund| refund.attention_reason.clone());
    workflow.into_iter().chain(issues).chain(returns).chain(refunds).collect()
}
