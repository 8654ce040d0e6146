//! `shopstack dead-letters`: failed events, which a consumer gave up on after several attempts.

use super::{CommandError, StorageArgs, count, require};
use crate::settings::{Options, Settings};
use chassis::SystemContext;
use chassis::config::Environment;
use clap::{Subcommand, ValueEnum};
use comfy_table::{ContentArrangement, Table};
use contracts::EventId;
use events::DeadLetters;
use std::process::ExitCode;
use std::sync::Arc;

/// The maximum number of events read of each queue.
const MAX_ROWS: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum DeadLettersCommand {
    /// List failed events
    List {
        #[command(flatten)]
        storage: StorageArgs,
    },
    /// Print a failed event with its data
    Show {
        #[command(flatten)]
        storage: StorageArgs,
        /// The queue of the event
        #[arg(value_enum)]
        queue: Queue,
        /// The id of the event
        event: EventId,
    },
    /// Retry a failed event
    Replay {
        #[command(flatten)]
        storage: StorageArgs,
        /// The queue of the event
        #[arg(value_enum)]
        queue: Queue,
        /// The id of the event
        event: EventId,
    },
    /// Discard a failed event for good
    Discard {
        #[command(flatten)]
        storage: StorageArgs,
        /// The queue of the event
        #[arg(value_enum)]
        queue: Queue,
        /// The id of the event
        event: EventId,
        /// The reason, which is stored with the event
        #[arg(long)]
        reason: String,
    },
}

/// The queues of all consumers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Queue {
    Dispatch,
    Cart,
    Ratings,
    /// The messages that the broker does not deliver any more
    Broker,
}

impl Queue {
    const fn as_str(self) -> &'static str {
        // These are the names under which `StorageTarget::orders` lists the dead letters.
        match self {
            Self::Dispatch => "dispatch",
            Self::Cart => "cart",
            Self::Ratings => "ratings",
            Self::Broker => events::api::BROKER,
        }
    }
}

async fn open_all(storage: &StorageArgs) -> Result<Vec<(&'static str, Arc<dyn DeadLetters>)>, CommandError> {
    let mut environment = Environment::from_process();
    let target = storage.read(&mut environment);
    let options = Options::of_command(&storage.data.data_dir);
    let settings = Settings::read(options, &mut environment)?;
    Ok(require(target)?.orders(&settings, &SystemContext::host()).await?.dead_letters)
}

async fn open(storage: &StorageArgs, queue: Queue) -> Result<Arc<dyn DeadLetters>, CommandError> {
    let found = open_all(storage).await?.into_iter().find(|(name, _)| *name == queue.as_str());
    found.map(|(_, list)| list).ok_or_else(|| CommandError::Usage(format!("There is no queue {}.", queue.as_str())))
}

pub(super) async fn run(command: &DeadLettersCommand) -> Result<ExitCode, CommandError> {
    match command {
        DeadLettersCommand::List { storage } => list(&open_all(storage).await?).await?,
        DeadLettersCommand::Show { storage, queue, event } => {
            let found = open(storage, *queue).await?.dead_letter(*event).await?;
            let failure = found.ok_or(CommandError::UnknownEvent(*event))?;
            let attempts = count(failure.tries, "attempt");
            println!("{} {}, {attempts}: {}", failure.event.kind, failure.event.id, failure.reason);
            println!("{}", serde_json::to_string_pretty(&failure.event.data)?);
        }
        DeadLettersCommand::Replay { storage, queue, event } => {
            let found = open(storage, *queue).await?.replay(*event, SystemContext::host().now()).await?;
            require_found(found, *event)?;
            println!("The event will be retried.");
        }
        DeadLettersCommand::Discard { storage, queue, event, reason } => {
            let found = open(storage, *queue).await?.discard(*event, reason).await?;
            require_found(found, *event)?;
            println!("The event was discarded.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

const fn require_found(found: bool, event: EventId) -> Result<(), CommandError> {
    if found { Ok(()) } else { Err(CommandError::UnknownEvent(event)) }
}

async fn list(lists: &[(&'static str, Arc<dyn DeadLetters>)]) -> Result<(), CommandError> {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Queue", "Event", "Type", "Attempts", "Reason"]);
    let mut cut = Vec::new();
    for (queue, list) in lists {
        let dead_letters = match list.dead_letters(MAX_ROWS).await {
            Ok(dead_letters) => dead_letters,
            // The others can be listed while the broker is away.
            Err(error) if *queue == events::api::BROKER => {
                eprintln!("Those of the broker cannot be listed: {error}");
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if dead_letters.len() == MAX_ROWS {
            cut.push(*queue);
        }
        for failure in dead_letters {
            let (id, attempts) = (failure.event.id.to_string(), failure.tries.to_string());
            table.add_row([(*queue).to_owned(), id, failure.event.kind, attempts, failure.reason]);
        }
    }
    if table.is_empty() {
        println!("There are no failed events.");
    } else {
        println!("{table}");
    }
    if !cut.is_empty() {
        println!("There may be more: only the newest {MAX_ROWS} of a queue are listed ({}).", cut.join(", "));
    }
    Ok(())
}
