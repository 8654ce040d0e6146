//! `shopstack sandbox`: the payment sandbox as a server of its own.

use super::SandboxServer;
use super::running::until_asked_to_end;
use crate::compose::sandbox::{BOOKS, WEBHOOKS, open};
use chassis::Sources;
use chassis::http::Listener;
use chassis::tasks::Tasks;
use chassis::telemetry::{self, LogFormat};
use chassis::transport::remote;
use jiff::SignedDuration;
use payment::gateway::worldpay::WebhookKey;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// How long its end waits for what is under way.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn run(asked: &SandboxServer) -> Result<ExitCode, String> {
    telemetry::start("info", LogFormat::Automatic);
    let sources = Sources::system();
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
            Some(sandbox::Webhook { transport: remote(&base, sources.clone())?, path, keys })
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
    let sandbox = open(&asked.data.data_dir.join(BOOKS), settings, &sources).await?;
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
