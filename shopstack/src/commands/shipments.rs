//! `shopstack shipments`: what is to be packed and shipped, for staff without an admin interface.

use super::{CommandError, StorageArgs, require};
use chassis::SystemContext;
use chassis::config::Environment;
use chassis::idempotency::{IdempotencyScope, IdempotentRequest};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use comfy_table::{ContentArrangement, Table};
use contracts::shipping::{CarrierTracking, ShipmentLine, ShipmentStatus, StaffShipment};
use contracts::{HttpUrl, Quantity, ShipmentId, SingleLineText, Sku};
use shipping::StaffShipments;
use shipping::shipment::ShipmentFilter;
use std::process::ExitCode;

/// The maximum number of shipments in the list.
const MAX_ROWS: usize = 500;

#[derive(Debug, Subcommand)]
pub(super) enum ShipmentsCommand {
    /// List shipments, the earliest first
    List {
        #[command(flatten)]
        storage: StorageArgs,
        /// List only shipments with this status; without it, those to be packed and shipped
        #[arg(long, value_parser = status_parser())]
        status: Option<ShipmentStatus>,
    },
    /// Mark a shipment as packed
    Pack(ShipmentArgs),
    /// Mark a shipment as handed over to a carrier; the customer is told by email
    Ship {
        #[command(flatten)]
        shipment: ShipmentArgs,
        #[command(flatten)]
        tracking: TrackingArgs,
    },
    /// Correct the carrier or the tracking number of a shipment that has left
    Correct {
        #[command(flatten)]
        shipment: ShipmentArgs,
        #[command(flatten)]
        tracking: TrackingArgs,
    },
    /// Mark a shipment as delivered
    Deliver(ShipmentArgs),
    /// Ship a part of the items apart
    Split {
        #[command(flatten)]
        shipment: ShipmentArgs,
        /// The items of the new shipment: SKU and number of units, such as MUG-BLUE=2
        #[arg(long = "item", required = true, value_parser = parse_line)]
        items: Vec<ShipmentLine>,
    },
    /// Cancel a shipment that has not left, and put its items into another one of its order
    Cancel(ShipmentArgs),
}

#[derive(Debug, Args)]
pub(super) struct ShipmentArgs {
    #[command(flatten)]
    storage: StorageArgs,
    /// The id of the shipment, from the list
    id: ShipmentId,
}

#[derive(Debug, Args)]
pub(super) struct TrackingArgs {
    /// The name of the carrier, as customers see it
    #[arg(long)]
    carrier: SingleLineText<60>,
    /// The carrier's tracking number
    #[arg(long)]
    number: Option<SingleLineText<64>>,
    /// The carrier's page with the tracking
    #[arg(long)]
    url: Option<HttpUrl>,
}

impl TrackingArgs {
    fn tracking(&self) -> CarrierTracking {
        CarrierTracking {
            carrier: self.carrier.clone(),
            tracking_number: self.number.clone(),
            tracking_url: self.url.clone(),
        }
    }
}

/// Reads a status by its name, so that `--help` lists the names.
fn status_parser() -> impl TypedValueParser<Value = ShipmentStatus> {
    PossibleValuesParser::new(ShipmentStatus::ALL.map(ShipmentStatus::as_str)).try_map(|name| name.parse())
}

fn parse_line(text: &str) -> Result<ShipmentLine, String> {
    let (sku, count) = text.rsplit_once('=').ok_or("must be a SKU and a number, such as MUG-BLUE=2")?;
    let sku: Sku = sku.parse().map_err(|error| format!("the SKU {error}"))?;
    let quantity = count.parse().ok().and_then(Quantity::new).ok_or("the number must be between 1 and 9999")?;
    Ok(ShipmentLine { sku, quantity })
}

pub(super) async fn run(command: &ShipmentsCommand) -> Result<ExitCode, CommandError> {
    match command {
        ShipmentsCommand::List { storage, status } => list(&open(storage).await?, *status).await?,
        ShipmentsCommand::Pack(of) => report(&open(&of.storage).await?.pack(of.id).await?),
        ShipmentsCommand::Ship { shipment: of, tracking } => {
            report(&open(&of.storage).await?.ship(of.id, &tracking.tracking()).await?);
        }
        ShipmentsCommand::Correct { shipment: of, tracking } => {
            report(&open(&of.storage).await?.correct_tracking(of.id, &tracking.tracking()).await?);
        }
        ShipmentsCommand::Deliver(of) => report(&open(&of.storage).await?.deliver(of.id).await?),
        ShipmentsCommand::Split { shipment: of, items } => {
            let shipments = open(&of.storage).await?;
            // A command is carried out once, so each one is a request of its own.
            let key = shipments.system.id().to_string();
            let scope = IdempotencyScope { owner: "command line".to_owned(), operation: "split-shipment", key };
            let request = IdempotentRequest::new(scope, of.id.to_string().as_bytes(), &[]);
            report(&shipments.split(of.id, items, &request).await?);
        }
        ShipmentsCommand::Cancel(of) => report(&open(&of.storage).await?.merge(of.id).await?),
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(storage: &StorageArgs) -> Result<StaffShipments, CommandError> {
    let mut environment = Environment::from_process();
    let target = storage.read(&mut environment);
    environment.check()?;
    Ok(require(target)?.shipments(&SystemContext::host()).await?)
}

async fn list(shipments: &StaffShipments, status: Option<ShipmentStatus>) -> Result<(), CommandError> {
    let open = [ShipmentStatus::Announced, ShipmentStatus::Packed];
    let statuses = status.map_or_else(|| open.to_vec(), |status| vec![status]);
    let mut rows = Vec::new();
    for status in statuses {
        rows.extend(shipments.list(ShipmentFilter::Status(status), None, MAX_ROWS).await?.items);
    }
    if rows.is_empty() {
        println!("No shipments.");
        return Ok(());
    }
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["Shipment", "Order", "Status", "Option", "Items", "Carrier"]);
    for row in &rows {
        table.add_row([
            row.shipment.id.to_string(),
            row.order_number.clone(),
            row.shipment.status.as_str().to_owned(),
            row.option.clone(),
            items(row),
            carrier(row),
        ]);
    }
    println!("{table}");
    if rows.len() >= MAX_ROWS {
        println!("There may be more: only {MAX_ROWS} shipments of a status are listed at a time.");
    }
    Ok(())
}

fn items(shipment: &StaffShipment) -> String {
    let lines = shipment.shipment.lines.iter();
    lines.map(|line| format!("{} x {}", line.quantity.get(), line.sku)).collect::<Vec<_>>().join("\n")
}

fn carrier(shipment: &StaffShipment) -> String {
    let number = shipment.shipment.tracking.as_ref().and_then(|tracking| tracking.tracking_number.as_ref());
    let parts = [Some(shipment.shipment.carrier.as_str()), number.map(SingleLineText::as_str)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn report(shipment: &StaffShipment) {
    let status = shipment.shipment.status.as_str();
    println!("Shipment {} of order {}: {status}.", shipment.shipment.id, shipment.order_number);
}
