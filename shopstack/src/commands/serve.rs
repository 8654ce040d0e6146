//! `shopstack serve` and `shopstack demo`: services and demo data on the backends that the environment names.

use super::serving::serve_until_stopped;
use super::{CommandError, DataDirArgs, require};
use crate::compose::{ServiceRegistry, into_services};
use crate::demo::{self, SeedTarget};
use crate::operations;
use crate::secrets::SecretFolder;
use crate::service_names::{COMPILED_SERVICES, PROGRAM, SERVICES};
use crate::settings::{Options, RemoteServices, Settings};
use crate::stores::StorageTarget;
use chassis::SystemContext;
use chassis::auth::ServiceKeys;
use chassis::client::ServiceClient;
use chassis::config::Environment;
use chassis::http::Listener;
use chassis::telemetry::log::RecentLogs;
use chassis::telemetry::{Tracing, log};
use clap::Args;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

/// The OpenAPI document of the whole API, which a test keeps current. A service alone cannot merge it.
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The services to run: user, catalogue, cart, payment, shipping, ratings, dispatch, web
    #[arg(required = true, value_parser = clap::builder::PossibleValuesParser::new(COMPILED_SERVICES))]
    services: Vec<String>,
    /// The directory for what can be rebuilt, such as the search index
    #[command(flatten)]
    data: DataDirArgs,
    /// The address to listen on
    // Containers are reached at addresses of their own, never at loopback.
    #[arg(long, env = "HOST", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free port
    #[arg(long, env = "PORT", default_value_t = 8080)]
    port: u16,
    /// With several services: the port for health and metrics, on this machine only; 0 takes a free port
    #[arg(long, default_value_t = 9090)]
    operations_port: u16,
    /// Run a demo shop: accept payments with the sandbox, and let everyone read all emails
    // For a flag clap accepts only true and false from the environment by default, and not DEMO=1.
    #[arg(long, env = "DEMO", value_parser = clap::builder::FalseyValueParser::new())]
    demo: bool,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    data: DataDirArgs,
}

impl ServeArgs {
    fn options(&self) -> Options {
        Options {
            data_dir: self.data.data_dir.clone(),
            host: self.host,
            port: self.port,
            operations_port: self.operations_port,
            demo: self.demo,
            takes_payments: self.names().contains(&"payment"),
        }
    }

    /// The services to run, each once, in the order in which they are started.
    fn names(&self) -> Vec<&'static str> {
        let is_named = |name: &&&str| self.services.iter().any(|service| service == **name);
        SERVICES.iter().filter(is_named).copied().collect()
    }
}

pub(super) async fn run(args: &ServeArgs) -> Result<ExitCode, CommandError> {
    let mut environment = Environment::from_process();
    let target = StorageTarget::backends(&args.data.data_dir, &mut environment);
    let remote = RemoteServices::read(&mut environment);
    let settings = Settings::read_for_services(args.options(), &mut environment)?;
    // Both are unwrapped last, so that the error above lists the problems of all three readings.
    let (target, remote) = (require(target)?, require(remote)?);
    let (names, telemetry) = (args.names(), settings.telemetry.clone());
    // A service that runs alone has no page for its traces and logs, which are only a part of each.
    let (telemetry, logs) = if names.len() > 1 {
        let logs = log::start_with_recent(&telemetry.log, telemetry.log_format);
        (telemetry.with_recent_traces(), logs)
    } else {
        log::start(&telemetry.log, telemetry.log_format);
        (telemetry, RecentLogs::default())
    };
    let tracing = Tracing::start(&telemetry.traces)?;
    // Bound before the stores are opened, so that a port in use is reported at once.
    let listener = Listener::bind(SocketAddr::new(settings.options.host, settings.options.port), "--port").await?;
    let (system, base_url) = (SystemContext::host(), settings.public_url.clone().unwrap_or_default());
    let mut registry = registry(&names, remote, &system, &tracing)?;
    let stores = target.services(&names, &settings, &system, &base_url).await?;
    registry.start(stores, &settings, &base_url).await?;
    if cfg!(feature = "web") && names.contains(&"web") {
        registry.start_web(OPENAPI.to_owned(), &settings, &base_url)?;
    }
    // Tests and scripts wait for this message and read the address.
    tracing::info!(services = names.join(", "), address = %listener.address(), "open");
    // A program built for one service does not link the edge below.
    if COMPILED_SERVICES.len() == 1 || names.len() == 1 {
        let services = into_services(registry);
        let router = services.first().map(operations::with_operations).unwrap_or_default();
        return serve_until_stopped(vec![(listener, router)], &services, &tracing).await;
    }
    let edge = registry.edge(&names, &settings)?;
    let metrics = registry.metrics().clone();
    let services = into_services(registry);
    let operations_address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), settings.options.operations_port);
    let operations_listener = Listener::bind(operations_address, "--operations-port").await?;
    tracing::info!(address = %operations_listener.address(), "operations");
    let listeners =
        vec![(listener, edge), (operations_listener, operations::router(&services, &metrics, &tracing, logs))];
    serve_until_stopped(listeners, &services, &tracing).await
}

/// A registry for these callers, each with its own key.
fn registry(
    callers: &[&'static str],
    remote: RemoteServices,
    system: &SystemContext,
    tracing: &Tracing,
) -> Result<ServiceRegistry, CommandError> {
    let secrets = SecretFolder::at(&remote.secrets);
    let mut keys = HashMap::new();
    for name in callers {
        keys.insert(*name, secrets.service_key(name)?);
    }
    // The user service signs sessions and so has the key; the others fetch the public keys from it.
    let session_key = if callers.contains(&"user") { Some(secrets.session_key()?) } else { None };
    let known = ServiceKeys::new(secrets.callers()?, system.clone());
    Ok(ServiceRegistry::with_remote_services(system, tracing, keys, known, remote.services, session_key.as_ref())?)
}

/// Fills the shop with demo data. Can be repeated: products, stock and orders stay, while the categories, promotions and tax
/// rates of the demo are written again.
pub(super) async fn fill_with_demo_data(args: &DemoArgs) -> Result<ExitCode, CommandError> {
    let mut environment = Environment::from_process();
    let target = StorageTarget::backends(&args.data.data_dir, &mut environment);
    let remote = RemoteServices::read(&mut environment);
    let options = Options { demo: true, ..Options::of_command(&args.data.data_dir) };
    let settings = Settings::read_for_services(options, &mut environment)?;
    let (target, remote) = (require(target)?, require(remote)?);
    log::start(&settings.telemetry.log, settings.telemetry.log_format);
    let system = SystemContext::host();
    let registry = registry(&[PROGRAM], remote, &system, &Tracing::disabled())?;
    let shop = SeedTarget {
        accounts: target.accounts(&system).await?,
        catalogue: target.catalogue(&settings, &system).await?,
        ratings: ServiceClient::new("ratings", registry.transport("ratings")?, registry.identity(PROGRAM)?),
    };
    demo::fill(&shop, &system).await?;
    println!("The shop is filled with demo data.");
    Ok(ExitCode::SUCCESS)
}
