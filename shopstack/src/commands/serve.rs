//! `shopstack serve`: one or several services in this process, on the backends that the environment names.

use super::running::until_asked_to_end;
use super::{Demo, Serve};
use crate::compose::{BUILT, Backends, House, PROGRAM, Stores, catalogue_beside, user_dependencies};
use crate::demo::{self, EmptyShop};
use crate::operations;
use crate::secrets::SecretFolder;
use crate::settings::{Elsewhere, Options, Settings};
use chassis::auth::ServiceKeys;
use chassis::client::ServiceClient;
use chassis::config::Environment;
use chassis::http::Listener;
use chassis::{SystemContext, telemetry};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use user::Accounts;

/// The description of the whole API, which a test keeps current.
const OPENAPI: &str = include_str!("../../../docs/openapi.json");

pub(super) async fn run(serve: &Serve) -> Result<ExitCode, String> {
    let mut environment = Environment::from_process();
    let elsewhere = Elsewhere::read(&mut environment);
    let backends = Backends::read(&mut environment);
    let settings = Settings::read_for_services(serve.options(), &mut environment)?;
    let (Some(elsewhere), Some(backends)) = (elsewhere, backends) else {
        return Err("the environment is incomplete".to_owned());
    };
    telemetry::start(&settings.log, settings.log_format);
    let names = serve.names();
    let listener = Listener::bind(SocketAddr::new(settings.options.host, settings.options.port)).await?;
    let (system, base_url) = (SystemContext::host(), settings.public_url.clone().unwrap_or_default());
    let secrets = SecretFolder::at(&elsewhere.secrets);
    let mut keys = HashMap::new();
    for name in &names {
        keys.insert(*name, secrets.service_key(name)?);
    }
    let session_key = if names.contains(&"user") { Some(secrets.session_key()?) } else { None };
    let callers = ServiceKeys::new(secrets.callers()?, system.clone());
    let mut house = House::of_some(&system, keys, callers, elsewhere.services, session_key.as_ref())?;
    let stores = Stores::production(&names, &settings, &backends, &secrets, &system, &base_url).await?;
    house.start(stores, &settings, &base_url).await?;
    if cfg!(feature = "web") && names.contains(&"web") {
        house.start_web(OPENAPI.to_owned(), &base_url)?;
    }
    tracing::info!(services = names.join(", "), address = %listener.address(), "open");
    // A program built for one service is without the gateway below.
    if BUILT.len() == 1 || names.len() == 1 {
        let services = house.into_services();
        let router = services.first().map(operations::beside).unwrap_or_default();
        return until_asked_to_end(vec![(listener, router)], &services).await;
    }
    let gateway = house.gateway(&names, &settings)?;
    let services = house.into_services();
    let inside = Listener::bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), settings.options.operations_port)).await?;
    tracing::info!(address = %inside.address(), "operations");
    let listeners = vec![(listener, gateway), (inside, operations::of_all(&services))];
    until_asked_to_end(listeners, &services).await
}

/// Fills the shop with the demonstration, as often as it is asked: what is there already is left alone.
pub(super) async fn fill(asked: &Demo) -> Result<ExitCode, String> {
    let mut environment = Environment::from_process();
    let (elsewhere, backends) = (Elsewhere::read(&mut environment), Backends::read(&mut environment));
    let options = Options { data_dir: asked.data.data_dir.clone(), demo: true, ..Options::default() };
    let settings = Settings::read_for_services(options, &mut environment)?;
    let (Some(elsewhere), Some(backends)) = (elsewhere, backends) else {
        return Err("the environment is incomplete".to_owned());
    };
    telemetry::start(&settings.log, settings.log_format);
    let (system, secrets) = (SystemContext::host(), SecretFolder::at(&elsewhere.secrets));
    let user = user_dependencies(&settings, &backends, &secrets).await?;
    let keys = HashMap::from([(PROGRAM, secrets.service_key(PROGRAM)?)]);
    let callers = ServiceKeys::new(secrets.callers()?, system.clone());
    let house = House::of_some(&system, keys, callers, elsewhere.services, None)?;
    let shop = EmptyShop {
        accounts: Accounts::new(user.store, &user.settings, system.clone())?,
        catalogue: catalogue_beside(&settings, &backends, &system).await?,
        ratings: ServiceClient::new("ratings", house.transport("ratings")?, house.identity(PROGRAM)?),
    };
    demo::fill(&shop, &system).await.map_err(|problem| problem.to_string())?;
    println!("The demonstration is there.");
    Ok(ExitCode::SUCCESS)
}
