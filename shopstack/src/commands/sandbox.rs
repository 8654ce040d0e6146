//! `shopstack sandbox`: the payment sandbox as a server of its own.

use super::serving::serve_until_stopped;
use super::{CommandError, DataDirArgs};
use crate::sandbox_endpoint::{LEDGER_FILE, WEBHOOK_PATH};
use chassis::SystemContext;
use chassis::http::Listener;
use chassis::tasks::Tasks;
use chassis::telemetry::Tracing;
use chassis::telemetry::log::{self, LogFilter, LogFormat};
use chassis::transport::remote;
use clap::Args;
use jiff::SignedDuration;
use payment::gateway::worldpay::WebhookKey;
use sandbox::Sandbox;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

/// The time that a shutdown gives webhooks in progress.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
pub(super) struct SandboxArgs {
    /// The directory of the ledger
    #[command(flatten)]
    data: DataDirArgs,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free port
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// The URL by which shops reach the sandbox, for links in its responses [default: the address it listens on]
    #[arg(long, env = "SANDBOX_URL")]
    url: Option<String>,
    /// The URL by which browsers open its pages [default: the shop's own, which forwards them]
    #[arg(long)]
    browser_url: Option<String>,
    /// The URL that receives webhooks, such as http://127.0.0.1:8080/api/v1/webhooks/sandbox [default: none are sent]
    #[arg(long, value_name = "URL", env = "SANDBOX_WEBHOOKS")]
    webhooks: Option<String>,
    /// A key to sign webhooks with, as id:secret in hexadecimal; pass both keys during a rotation
    #[arg(long = "webhook-key", value_name = "ID:SECRET", env = "SANDBOX_WEBHOOK_KEYS", value_delimiter = ',')]
    webhook_keys: Vec<String>,
    /// The credentials that shops must send, as user:password [default: none are required]
    #[arg(long, value_name = "USER:PASSWORD", env = "SANDBOX_CREDENTIALS")]
    credentials: Option<String>,
    /// The seconds after which queries find a new payment
    #[arg(long, default_value_t = 1)]
    index_delay: u16,
}

pub(super) async fn run(args: &SandboxArgs) -> Result<ExitCode, CommandError> {
    log::start(&LogFilter::default(), LogFormat::Automatic);
    let system = SystemContext::host();
    let data_dir = &args.data.data_dir;
    std::fs::create_dir_all(data_dir).map_err(CommandError::file(data_dir))?;
    let listener = Listener::bind(SocketAddr::new(args.host, args.port), "--port").await?;
    // With port 0 the address is known only after binding.
    let own_url = format!("http://{}", listener.address());
    let sandbox = Sandbox::open(&data_dir.join(LEDGER_FILE), settings(args, &own_url, &system)?, system).await?;
    let tasks = Tasks::new();
    let worker = sandbox.clone();
    tasks.worker("sandbox", |stop| worker.run(stop));
    let text = format!(
        "\n  The payment sandbox is running. No money moves.\n\n  Worldpay API       {own_url}/api/payments\n  \
         Ledger             {own_url}/sandbox/ledger\n  Fault injection    {own_url}/sandbox/faults\n\n"
    );
    // Without a reader writing fails; the sandbox runs all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    let ended = serve_until_stopped(vec![(listener, sandbox.router())], &[], &Tracing::disabled()).await?;
    tasks.shut_down(SHUTDOWN_TIMEOUT).await;
    Ok(ended)
}

fn settings(args: &SandboxArgs, own_url: &str, system: &SystemContext) -> Result<sandbox::Settings, CommandError> {
    let credentials = match args.credentials.as_deref().map(|text| text.split_once(':')) {
        Some(Some((user, password))) => Some((user.to_owned(), password.to_owned())),
        Some(None) => return Err(CommandError::Usage("--credentials: expected user:password.".to_owned())),
        None => None,
    };
    let webhook = match &args.webhooks {
        Some(url) => {
            let (base, path) = split(url)?;
            let keys = keys(&args.webhook_keys)?;
            Some(sandbox::Webhook { transport: remote(&base, system.clone())?, path, keys })
        }
        None => None,
    };
    Ok(sandbox::Settings {
        api_url: args.url.clone().unwrap_or_else(|| own_url.to_owned()),
        browser_url: args.browser_url.clone().unwrap_or_default(),
        credentials,
        index_delay: SignedDuration::from_secs(args.index_delay.into()),
        webhook,
    })
}

/// Splits a URL into its origin and its path.
fn split(url: &str) -> Result<(String, String), CommandError> {
    let invalid = || {
        let expected = format!("expected a URL such as http://127.0.0.1:8080{WEBHOOK_PATH}.");
        CommandError::Usage(format!("--webhooks=\"{url}\": {expected}"))
    };
    let (scheme, rest) = url.split_once("://").ok_or_else(invalid)?;
    let (host, path) =
        rest.split_once('/').map_or((rest, WEBHOOK_PATH.to_owned()), |(host, path)| (host, format!("/{path}")));
    if host.is_empty() { Err(invalid()) } else { Ok((format!("{scheme}://{host}"), path)) }
}

fn keys(texts: &[String]) -> Result<Vec<sandbox::WebhookKey>, CommandError> {
    if texts.is_empty() {
        let text = "--webhook-key is required with --webhooks: the shop accepts only signed webhooks.";
        return Err(CommandError::Usage(text.to_owned()));
    }
    let key = |text: &String| {
        let key: WebhookKey = text.parse().map_err(|error| CommandError::Usage(format!("--webhook-key: {error}")))?;
        Ok(sandbox::WebhookKey { id: key.id().to_owned(), secret: key.secret().to_vec() })
    };
    texts.iter().map(key).collect()
}
