//! `shopstack up`: the whole shop in one process.

use super::serving::serve_until_stopped;
use super::{CommandError, DataDirArgs};
use crate::compose::RunningShop;
use crate::data_dir_lock::DataDirLock;
use crate::demo::{self, SeedTarget};
use crate::operations;
use crate::settings::{Options, Settings};
use chassis::SystemContext;
use chassis::config::Environment;
use chassis::http::Listener;
use chassis::telemetry::{Tracing, log};
use clap::Args;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct UpArgs {
    #[command(flatten)]
    data: DataDirArgs,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free port
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port for health and metrics, on this machine only; 0 takes a free port
    #[arg(long, default_value_t = 9090)]
    operations_port: u16,
    /// Fill an empty shop with demo data and accept payments with the sandbox
    #[arg(long)]
    demo: bool,
}

impl UpArgs {
    fn options(&self) -> Options {
        Options {
            takes_payments: true,
            data_dir: self.data.data_dir.clone(),
            host: self.host,
            port: self.port,
            operations_port: self.operations_port,
            demo: self.demo,
        }
    }
}

pub(super) async fn run(args: &UpArgs) -> Result<ExitCode, CommandError> {
    let settings = Settings::read(args.options(), &mut Environment::from_process())?;
    let logs = log::start_with_recent(&settings.telemetry.log, settings.telemetry.log_format);
    let tracing = Tracing::start(&settings.telemetry.clone().with_recent_traces().traces)?;
    // Held until the function returns, after the last task has ended.
    let _lock = DataDirLock::acquire(&settings.options.data_dir)?;
    let system = SystemContext::host();
    // With port 0 the address is known only now, and links in emails need it.
    let listener = Listener::bind(SocketAddr::new(settings.options.host, settings.options.port), "--port").await?;
    // The address is loopback whatever --host says, because health and metrics require no authentication.
    let operations_address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), settings.options.operations_port);
    let operations = Listener::bind(operations_address, "--operations-port").await?;
    let base_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", listener.address()));
    let shop = RunningShop::open(&settings, &system, &tracing, &base_url).await?;
    if settings.options.demo {
        fill_once(&shop, &settings, &system).await?;
    }
    // Without a reader, for example below `head`, writing fails; the shop runs all the same.
    let _ = std::io::stdout().write_all(banner(&shop, &settings, &base_url, operations.address()).await?.as_bytes());
    let listeners = vec![
        (listener, shop.edge.clone()),
        (operations, operations::router(&shop.services, &shop.metrics, &tracing, logs)),
    ];
    serve_until_stopped(listeners, &shop.services, &tracing).await
}

async fn fill_once(shop: &RunningShop, settings: &Settings, system: &SystemContext) -> Result<(), CommandError> {
    // Written after the last record, so that later starts skip the whole run and an interrupted one is repeated.
    let marker = settings.options.data_dir.join("demo-filled");
    if marker.exists() {
        return Ok(());
    }
    let (accounts, catalogue, ratings) = (shop.accounts.clone(), shop.catalogue.clone(), shop.ratings.clone());
    demo::fill(&SeedTarget { accounts, catalogue, ratings }, system).await?;
    std::fs::write(&marker, "").map_err(CommandError::file(&marker))
}

/// The text that is printed when the shop is ready. Tests and scripts wait for its last line.
async fn banner(
    shop: &RunningShop,
    settings: &Settings,
    base_url: &str,
    operations: SocketAddr,
) -> Result<String, CommandError> {
    let mut text = String::from("\n  ShopStack is running.\n\n");
    let no_pages = if web::has_storefront() { "" } else { "   (built without the storefront: Node.js was missing)" };
    // Writing to a string cannot fail, so the results are ignored.
    let _ = writeln!(text, "  Shop               {base_url}/{no_pages}");
    let _ = writeln!(text, "  API documentation  {base_url}/api/docs");
    let _ = writeln!(text, "  Operations         http://{operations}/  (overview, health, metrics, traces and logs)");
    let _ = writeln!(text, "  Data               {}", settings.options.data_dir.display());
    if settings.options.demo {
        add_demo(&mut text, base_url);
    } else {
        add_next_steps(&mut text, shop, settings, base_url).await?;
    }
    text.push('\n');
    Ok(text)
}

fn add_demo(text: &mut String, base_url: &str) {
    let _ = writeln!(text, "  Mailbox            {base_url}/mailbox\n\n  Demo logins");
    for (email, password, _, roles) in demo::LOGINS {
        let role = roles.last().map(|role| role.as_str()).unwrap_or_default();
        let _ = writeln!(text, "    {role:<9} {email:<24} {password}");
    }
    let _ = writeln!(
        text,
        "\n  Pay with the card 4444 3333 2222 1111 and any name. The names REFUSED, LOST and CHALLENGE simulate a\n  \
         declined card, a lost response and a 3-D Secure challenge."
    );
}

/// Adds what a new shop still needs: an admin, its legal pages, and a way to be paid.
async fn add_next_steps(
    text: &mut String,
    shop: &RunningShop,
    settings: &Settings,
    base_url: &str,
) -> Result<(), CommandError> {
    if let Some(code) = shop.accounts.issue_first_admin_code().await? {
        let _ = write!(
            text,
            "\n  Create the first admin with this link, which works once:\n    {base_url}/admin/setup#code={code}\n"
        );
    }
    let missing = shop.catalogue.missing_pages().await?;
    if !missing.is_empty() {
        let pages: Vec<&str> = missing.iter().map(|page| page.as_str()).collect();
        let _ = writeln!(
            text,
            "\n  The shop takes no orders yet. The law of its country asks for pages that it does not have: {}.\n  \
             Write them in the admin.",
            pages.join(", ")
        );
    }
    if settings.gateways.is_empty() {
        text.push_str(
            "\n  Customers can't pay yet; only free orders work. Set PAYMENT_GATEWAY to worldpay, transfer, or sandbox,\n  \
             the built-in gateway that moves no money.\n",
        );
    }
    Ok(())
}
