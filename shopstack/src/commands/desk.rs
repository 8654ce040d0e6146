//! `shopstack orders` and `shopstack dead-letters`: what waits for a person, without the admin's pages.

use super::Place;
use crate::compose::{Backends, writer};
use crate::secrets::{SecretFolder, Secrets};
use crate::settings::{Elsewhere, Options, Settings};
use chassis::config::Environment;
use chassis::{Problem, SystemContext, StoreError};
use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table};
use contracts::dispatch::{ATTENTION_NOT_NEEDED, OrderStatus, ResolutionOutcome};
use contracts::payment::OrderLinks;
use contracts::{EventId, OrderId};
use dispatch::order::{Effects, Order, Workflow};
use dispatch::store::OrderStore;
use events::Inbox;
use std::process::ExitCode;
use std::sync::Arc;

/// Who is named as the author of what is done here.
const AUTHOR: &str = "command line";
const SHOWN: usize = 500;

/// What is asked about orders that wait for a person.
#[derive(Debug, Subcommand)]
pub(super) enum Orders {
    /// List those that wait, and why
    NeedsAttention {
        #[command(flatten)]
        place: Place,
    },
    /// Print everything about one, as JSON
    Show {
        #[command(flatten)]
        place: Place,
        /// The order's id
        order: OrderId,
    },
    /// Have what waits tried again
    Retry {
        #[command(flatten)]
        place: Place,
        /// The order's id
        order: OrderId,
    },
    /// Say that what waits was done by hand, or that the order goes back; closes its concerns
    Resolve {
        #[command(flatten)]
        place: Place,
        /// The order's id
        order: OrderId,
        /// What was decided
        #[arg(long, value_enum)]
        outcome: Decision,
        /// Why, for the order's history
        #[arg(long)]
        reason: String,
    },
}

/// What was decided about a parked order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Decision {
    /// The step it waits at was done by hand
    Done,
    /// The order goes back
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

/// Whose events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Queue {
    /// Dispatch's
    Dispatch,
    /// Cart's
    Cart,
    /// Ratings'
    Ratings,
}

impl Queue {
    const fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Cart => "cart",
            Self::Ratings => "ratings",
        }
    }
}

/// What is asked about events that were given up.
#[derive(Debug, Subcommand)]
pub(super) enum DeadLetters {
    /// List them
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Print one with its data
    Show {
        #[command(flatten)]
        place: Place,
        /// Whose it is
        #[arg(value_enum)]
        queue: Queue,
        /// The event's id
        event: EventId,
    },
    /// Have one tried again
    Replay {
        #[command(flatten)]
        place: Place,
        /// Whose it is
        #[arg(value_enum)]
        queue: Queue,
        /// The event's id
        event: EventId,
    },
    /// Throw one away
    DiscardRequest {
        #[command(flatten)]
        place: Place,
        /// Whose it is
        #[arg(value_enum)]
        queue: Queue,
        /// The event's id
        event: EventId,
        /// Why, for those who come after
        #[arg(long)]
        reason: String,
    },
}

/// What the commands work on.
struct Desk {
    orders: Arc<dyn OrderStore>,
    inboxes: Vec<(&'static str, Arc<dyn Inbox>)>,
    system: SystemContext,
}

impl Desk {
    async fn open(place: &Place) -> Result<Self, String> {
        let mut environment = Environment::from_process();
        let options = Options { data_dir: place.data.data_dir.clone(), ..Options::default() };
        let settings = Settings::read(options, &mut environment)?;
        let base_url = settings.public_url.clone().unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
        let (system, told) = (SystemContext::host(), |error: StoreError| error.to_string());
        let (dispatch, cart, ratings) = if place.backends {
            let (elsewhere, backends) = (Elsewhere::read(&mut environment), Backends::read(&mut environment));
            environment.check()?;
            let (Some(elsewhere), Some(backends)) = (elsewhere, backends) else {
                return Err("the environment is incomplete".to_owned());
            };
            let links = OrderLinks::new(SecretFolder::at(&elsewhere.secrets).link_key()?);
            let writer = writer(&settings, &base_url, &links);
            let dispatch = dispatch::Stores::mysql(&backends.mysql, writer, system.clone()).await.map_err(told)?;
            let cart = cart::Stores::redis(&backends.redis).await.map_err(told)?;
            (dispatch, cart, ratings::Stores::mysql(&backends.mysql).await.map_err(told)?)
        } else {
            let folder = &settings.options.data_dir;
            if !folder.join("dispatch.db").exists() {
                return Err(format!("there is no shop in {}; name its folder with --data-dir", folder.display()));
            }
            let links = OrderLinks::new(Secrets::open(folder, &system)?.link_key);
            let (writer, file) = (writer(&settings, &base_url, &links), folder.join("dispatch.db"));
            let dispatch = dispatch::Stores::embedded(&file, writer, system.clone()).await.map_err(told)?;
            let cart = cart::Stores::embedded(&folder.join("cart.db")).await.map_err(told)?;
            (dispatch, cart, ratings::Stores::embedded(&folder.join("ratings.db")).await.map_err(told)?)
        };
        let inboxes = vec![("dispatch", dispatch.inbox), ("cart", cart.inbox), ("ratings", ratings.inbox)];
        Ok(Self { orders: dispatch.store, inboxes, system })
    }

    async fn change(
        &self,
        id: OrderId,
        change: impl Fn(&mut Order) -> Result<Effects, Problem> + Send + Sync,
    ) -> Result<Order, String> {
        let changed = self.orders.change(id, self.system.now(), &change).await.map_err(|error| error.to_string())?;
        changed.ok_or("there is no such order")?.map_err(|problem| problem.detail.into_owned())
    }

    fn inbox(&self, queue: Queue) -> Result<&dyn Inbox, String> {
        let name = queue.name();
        let found = self.inboxes.iter().find(|(known, _)| *known == name);
        found.map(|(_, inbox)| inbox.as_ref()).ok_or_else(|| format!("there is no queue {name}"))
    }
}

pub(super) async fn orders(asked: &Orders) -> Result<ExitCode, String> {
    match asked {
        Orders::NeedsAttention { place } => parked(&Desk::open(place).await?).await?,
        Orders::Show { place, order } => {
            let found = Desk::open(place).await?.orders.find(*order).await.map_err(|error| error.to_string())?;
            let order = found.ok_or("there is no such order")?;
            println!("{}", serde_json::to_string_pretty(&order).map_err(|error| error.to_string())?);
        }
        Orders::Retry { place, order } => {
            let desk = Desk::open(place).await?;
            let now = desk.system.now();
            let retry = |order: &mut Order| match order.resume(AUTHOR, now) {
                true => Ok(Effects::default()),
                false => Err(ATTENTION_NOT_NEEDED.detail("nothing of the order waits for a person")),
            };
            println!("{:?}", desk.change(*order, retry).await?.status());
        }
        Orders::Resolve { place, order, outcome, reason } => {
            let desk = Desk::open(place).await?;
            let now = desk.system.now();
            let resolve = |order: &mut Order| order.resolve((*outcome).into(), AUTHOR, reason, now);
            println!("{:?}", desk.change(*order, resolve).await?.status());
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn parked(desk: &Desk) -> Result<(), String> {
    let told = |error: StoreError| error.to_string();
    let waiting = desk.orders.list(None, Some(OrderStatus::Attention), None, SHOWN).await.map_err(told)?;
    if waiting.is_empty() {
        println!("No order waits for a person.");
        return Ok(());
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_header(["Order", "Number", "Why"]);
    for order in &waiting {
        let parked = match &order.workflow {
            Workflow::NeedsAttention { reason, .. } => Some(reason.clone()),
            _ => None,
        };
        let payment_issues = order.payment_issues.iter().filter(|concern| concern.is_open()).map(|concern| concern.reason.clone());
        let returns = order.returns.iter().filter(|one| one.is_parked()).map(|one| format!("return {} waits", one.id));
        let refunds = order.refunds.iter().filter_map(|refund| refund.parked.clone());
        let reasons: Vec<String> = parked.into_iter().chain(payment_issues).chain(returns).chain(refunds).collect();
        table.add_row([order.id().to_string(), order.record.order_number.clone(), reasons.join("\n")]);
    }
    println!("{table}");
    Ok(())
}

pub(super) async fn dead_letters(asked: &DeadLetters) -> Result<ExitCode, String> {
    let (told, unknown) = (|error: StoreError| error.to_string(), "there is no such dead letter");
    match asked {
        DeadLetters::List { place } => {
            let desk = Desk::open(place).await?;
            let mut table = Table::new();
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_header(["Queue", "Event", "Type", "Tries", "Why"]);
            for (queue, inbox) in &desk.inboxes {
                for letter in inbox.dead_letters(SHOWN).await.map_err(told)? {
                    let (id, tries) = (letter.event.id.to_string(), letter.tries.to_string());
                    table.add_row([(*queue).to_owned(), id, letter.event.kind, tries, letter.reason]);
                }
            }
            if table.is_empty() {
                println!("No event was given up.");
            } else {
                println!("{table}");
            }
        }
        DeadLetters::Show { place, queue, event } => {
            let desk = Desk::open(place).await?;
            let letter = desk.inbox(*queue)?.dead_letter(*event).await.map_err(told)?.ok_or(unknown)?;
            println!("{} {}, tried {} times: {}", letter.event.kind, letter.event.id, letter.tries, letter.reason);
            println!("{}", serde_json::to_string_pretty(&letter.event.data).map_err(|error| error.to_string())?);
        }
        DeadLetters::Replay { place, queue, event } => {
            let desk = Desk::open(place).await?;
            let replayed = desk.inbox(*queue)?.replay(*event, desk.system.now()).await.map_err(told)?;
            replayed.then_some(()).ok_or(unknown)?;
            println!("It is tried again.");
        }
        DeadLetters::DiscardRequest { place, queue, event, reason } => {
            let desk = Desk::open(place).await?;
            let discarded = desk.inbox(*queue)?.discard(*event, reason).await.map_err(told)?;
            discarded.then_some(()).ok_or(unknown)?;
            println!("It is thrown away.");
        }
    }
    Ok(ExitCode::SUCCESS)
}
