//! `shopstack doctor`: finds problems of the configuration, the secrets and the backends, and says how to correct them.

use super::{CommandError, StorageArgs, count};
use crate::secrets::{SecretFolder, Secrets, SecretsError};
use crate::service_names::{PROGRAM, SERVICES};
use crate::settings::{Options, RemoteServices, Settings};
use crate::stores::Backends;
use chassis::config::{ConfigError, Environment};
use chassis::doctor::{self, Finding, Findings, Severity};
use chassis::transport::remote;
use chassis::{StatusCode, SystemContext};
use clap::Args;
use events::broker::rabbitmq;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tower::ServiceExt;

/// The time that a service has to answer.
const SERVICE_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest health report that is read, in bytes.
const MAX_REPORT_BYTES: usize = 1 << 20;
/// The file of the secrets directory that only payment has.
const PAYMENT_KEY: &str = "service-payment.key";

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    storage: StorageArgs,
}

pub(super) async fn run(args: &DoctorArgs) -> Result<ExitCode, CommandError> {
    let data_dir = &args.storage.data.data_dir;
    let findings =
        if args.storage.backends { examine_services(data_dir).await } else { examine_single_process(data_dir).await };
    let mut text = String::new();
    for Finding { severity, subject, message } in &findings {
        text.push_str(&format!("{severity:<7} {subject:<14} {message}\n"));
    }
    let of = |wanted: Severity| findings.iter().filter(|finding| finding.severity == wanted).count() as u64;
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    text.push_str(&format!("\n{}, {}\n", count(errors, "error"), count(warnings, "warning")));
    // Fails if the reader closed the pipe; the exit code has the result all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine_single_process(data_dir: &Path) -> Vec<Finding> {
    let options = Options { data_dir: data_dir.to_owned(), ..Options::default() };
    let settings = Settings::read(options, &mut Environment::from_process());
    let mut findings = examine_settings(&settings);
    let mut secrets = Findings::new("secrets");
    // Opening missing secrets would create them, and an examination changes nothing.
    if data_dir.join("secrets.json").exists() {
        match Secrets::open(data_dir, &SystemContext::host()) {
            Ok(_) => secrets.ok("readable by their owner only"),
            Err(error) => secrets.error(error.to_string()),
        }
    } else {
        secrets.warning(format!("There is no shop in {} yet. Create one with `shopstack up`.", data_dir.display()));
    }
    findings.extend(secrets.into_all());
    // A missing directory counts as empty here, since the secrets above have reported it.
    let entries = std::fs::read_dir(data_dir).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|file| file.path()).collect();
    // Includes the sandbox ledger; the write-ahead logs beside the files have other extensions.
    files.retain(|file| file.extension().is_some_and(|extension| extension == "db"));
    files.sort();
    for file in files {
        findings.extend(doctor::sqlite(&file).await);
    }
    findings
}

async fn examine_services(data_dir: &Path) -> Vec<Finding> {
    let mut environment = Environment::from_process();
    let (remote, backends) = (RemoteServices::read(&mut environment), Backends::read(&mut environment));
    // Where the key of payment is, the gateways are configured too; an operator has neither.
    let takes_payments = remote.as_ref().is_none_or(|remote| SecretFolder::at(&remote.secrets).has(PAYMENT_KEY));
    let options = Options { takes_payments, ..Options::of_command(data_dir) };
    let mut findings = examine_settings(&Settings::read_for_services(options, &mut environment));
    if let Some(remote) = &remote {
        findings.extend(examine_secrets(&remote.secrets));
    }
    if let Some(Backends { mongo, redis, mysql, rabbitmq }) = backends {
        let system = SystemContext::host();
        let (mongo, redis, mysql, rabbitmq) = tokio::join!(
            doctor::mongo(&mongo, &system),
            doctor::redis(&redis, &system),
            doctor::mysql(&mysql, &system),
            rabbitmq::examine(&rabbitmq)
        );
        findings.extend([mongo, redis, mysql, rabbitmq].into_iter().flatten());
    }
    if let Some(remote) = remote {
        let mut services: Vec<_> = remote.services.into_iter().collect();
        services.sort_unstable();
        // In parallel: several unreachable services cost one timeout.
        let examined = services.iter().map(|(name, url)| examine_service(name, url));
        findings.extend(futures::future::join_all(examined).await.into_iter().flatten());
    }
    findings
}

fn examine_settings(settings: &Result<Settings, ConfigError>) -> Vec<Finding> {
    let mut findings = Findings::new("configuration");
    match settings {
        Err(problems) => problems.to_string().lines().for_each(|line| findings.error(line)),
        Ok(settings) => {
            findings.ok(format!("\"{}\", prices in {}", settings.shop_name, settings.currency));
            if settings.options.takes_payments && settings.gateways.is_empty() {
                findings
                    .warning("No payment gateway: customers can't pay; only free orders work. Set PAYMENT_GATEWAY.");
            }
            if let Err(error) = settings.currency.check_for_new_shop() {
                findings.warning(format!("{error}. A new shop cannot be created in it; an existing one keeps it."));
            } else if !settings.currency.is_about_a_euro() {
                findings.warning(format!(
                    "There are no built-in shipping prices in {}: customers cannot check out until you set them with \
                     PUT /api/v1/shipping/zones.",
                    settings.currency
                ));
            }
            if settings.smtp_url.is_none() {
                findings.warning("No mail server: emails are saved to the data directory. Set SMTP_URL.");
            }
            if !settings.secure() {
                findings.warning(
                    "PUBLIC_URL is not an https:// URL. This is safe only if no other machine reaches the shop.",
                );
            }
        }
    }
    findings.into_all()
}

/// Examines the secrets in this directory. A missing file is no problem: a service is given only its own.
fn examine_secrets(folder: &Path) -> Vec<Finding> {
    let mut findings = Findings::new("secrets");
    let secrets = SecretFolder::at(folder);
    let mut check = |result: Result<(), SecretsError>| {
        if let Err(error) = result {
            findings.error(error.to_string());
        }
    };
    check(secrets.callers().map(drop));
    for name in SERVICES.iter().chain(&[PROGRAM]).filter(|name| secrets.has(&format!("service-{name}.key"))) {
        check(secrets.service_key(name).map(drop));
    }
    if secrets.has("session.key") {
        check(secrets.session_key().map(drop));
    }
    if secrets.has("refresh.key") {
        check(secrets.refresh_key().map(drop));
    }
    if secrets.has("link.key") {
        check(secrets.link_key().map(drop));
    }
    let problems = findings.into_all();
    if !problems.is_empty() {
        return problems;
    }
    let mut healthy = Findings::new("secrets");
    healthy.ok(format!("{}: readable by their owner only", folder.display()));
    healthy.into_all()
}

async fn examine_service(name: &str, url: &str) -> Vec<Finding> {
    let mut findings = Findings::new("services");
    match tokio::time::timeout(SERVICE_TIMEOUT, health(url)).await {
        Ok(Ok((StatusCode::OK, body))) => {
            let (status, version) = (body["status"].as_str().unwrap_or("?"), body["version"].as_str().unwrap_or("?"));
            let message = format!("{name} {version} at {url}: {status}");
            findings.check(status == "ok", message.clone(), format!("{message}, {}", body["dependencies"]));
            if version != env!("CARGO_PKG_VERSION") {
                findings.warning(format!(
                    "{name} has version {version}, this program {}. Deploy the same version everywhere.",
                    env!("CARGO_PKG_VERSION")
                ));
            }
        }
        Ok(Ok((status, body))) => findings.error(format!("{name} at {url} responds with {status}: {body}")),
        Ok(Err(error)) => findings.error(format!("{name} at {url} does not respond: {error}")),
        Err(_) => {
            findings.error(format!("{name} at {url} does not respond within {} s.", SERVICE_TIMEOUT.as_secs()));
        }
    }
    findings.into_all()
}

/// A health report that could not be read.
#[derive(Debug, thiserror::Error)]
enum HealthError {
    #[error(transparent)]
    Remote(#[from] chassis::transport::RemoteError),
    #[error(transparent)]
    Transport(#[from] chassis::transport::TransportError),
    #[error(transparent)]
    Body(#[from] axum::Error),
}

async fn health(url: &str) -> Result<(StatusCode, serde_json::Value), HealthError> {
    let mut request = axum::http::Request::new(axum::body::Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/health");
    let response = remote(url, SystemContext::host())?.oneshot(request).await?;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), MAX_REPORT_BYTES).await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}
