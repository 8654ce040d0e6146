//! `shopstack sandbox`: the payment sandbox as a server of its own.

use super::DataDirectory;
use super::running::until_asked_to_end;
use crate::compose::sandbox::{BOOKS, WEBHOOKS, open};
use chassis::SystemContext;
use chassis::http::Listener;
use chassis::tasks::Tasks;
use chassis::telemetry::{self, LogFormat};
use chassis::transport::remote;
use clap::Args;
use jiff::SignedDuration;
use payment::gateway::worldpay::WebhookKey;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

/// How long its end waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(15);

/// How the sandbox is to run.
#[derive(Debug, Args)]
pub(super) struct SandboxServer {
    /// The folder its ledger is kept in
    #[command(flatten)]
    data: DataDirectory,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// The address shops reach it by, which its links begin with; where it listens, unless said
    #[arg(long, env = "SANDBOX_URL")]
    url: Option<String>,
    /// The address browsers open its pages by; a shop's own unless said, which passes them on
    #[arg(long)]
    browser_url: Option<String>,
    /// Where webhooks go, such as http://127.0.0.1:8080/api/v1/webhooks/sandbox; none are sent unless said
    #[arg(long, value_name = "URL", env = "SANDBOX_WEBHOOKS")]
    webhooks: Option<String>,
    /// A key to sign webhooks with, id:secret in hexadecimal; several while they are changed
    #[arg(long = "webhook-key", value_name = "ID:SECRET", env = "SANDBOX_WEBHOOK_KEYS", value_delimiter = ',')]
    webhook_keys: Vec<String>,
    /// user:password that shops have to give; everybody is let in unless said
    #[arg(long, value_name = "USER:PASSWORD", env = "SANDBOX_CREDENTIALS")]
    credentials: Option<String>,
    /// For how many seconds queries know nothing of a payment
    #[arg(long, default_value_t = 1)]
    index_delay: u16,
}

pub(super) async fn run(asked: &SandboxServer) -> Result<ExitCode, String> {
    telemetry::start("info", LogFormat::Automatic);
    let system = SystemContext::host();
    std::fs::create_dir_all(&asked.data.data_dir).map_err(|error| error.to_string())?;
    let listener = Listener::bind(SocketAddr::new(asked.host, asked.port)).await?;
    let own = format!("http://{}", listener.address());
    let credentials = match asked.credentials.as_deref().map(|text| text.split_once(':')) {
        Some(Some((user, password))) => Some((user.to_owned(), password.to_owned())),
        Some(None) => return Err("--credentials is written user:password".to_owned()),
        None => None,
    };
    let webhook = match &asked.webhooks {
        Some(url) => {
            let (base, path) = split(url)?;
            let keys = keys(&asked.webhook_keys)?;
            Some(sandbox::Webhook { transport: remote(&base, system.clone())?, path, keys })
        }
        None => None,
    };
    let settings = sandbox::Settings {
        api_url: asked.url.clone().unwrap_or_else(|| own.clone()),
        browser_url: asked.browser_url.clone().unwrap_or_default(),
        credentials,
        index_delay: SignedDuration::from_secs(asked.index_delay.into()),
        webhook,
    };
    let sandbox = open(&asked.data.data_dir.join(BOOKS), settings, &system).await?;
    let tasks = Tasks::new();
    let worker = sandbox.clone();
    tasks.worker("sandbox", |stop| worker.run(stop));
    let text = format!(
        "\n  The payment sandbox is open. No money moves.\n\n  Worldpay's wire    {own}/api/payments\n  Its ledger         {own}/sandbox/ledger\n  Faults             {own}/sandbox/faults\n\n"
    );
    let _ = std::io::stdout().write_all(text.as_bytes());
    let ended = until_asked_to_end(vec![(listener, sandbox.router())], &[]).await?;
    tasks.shut_down(PATIENCE).await;
    Ok(ended)
}

/// An address in its origin and its path.
fn split(url: &str) -> Result<(String, String), String> {
    let wrong = || format!("--webhooks={url:?}: an address such as http://127.0.0.1:8080{WEBHOOKS}");
    let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
    let (host, path) =
        rest.split_once('/').map_or((rest, WEBHOOKS.to_owned()), |(host, path)| (host, format!("/{path}")));
    if host.is_empty() { Err(wrong()) } else { Ok((format!("{scheme}://{host}"), path)) }
}

fn keys(texts: &[String]) -> Result<Vec<sandbox::WebhookKey>, String> {
    if texts.is_empty() {
        return Err("--webhook-key is needed: webhooks are signed, and the shop believes no others".to_owned());
    }
    let key = |text: &String| {
        let key: WebhookKey = text.parse().map_err(|error: &str| format!("--webhook-key: {error}"))?;
        Ok(sandbox::WebhookKey { id: key.id().to_owned(), secret: key.secret().to_vec() })
    };
    texts.iter().map(key).collect()
}
