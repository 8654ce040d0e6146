//! `shopstack doctor`: what is wrong with the configuration, the secrets and the backends, and what to do about it.

use super::Doctor;
use crate::compose::{Backends, PROGRAM, SERVICES};
use crate::secrets::SecretFolder;
use crate::settings::{Elsewhere, Options, Settings};
use chassis::config::Environment;
use chassis::doctor::{self, Finding, Findings, Severity};
use chassis::transport::remote;
use chassis::{SystemContext, StatusCode};
use events::broker::rabbitmq;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tower::ServiceExt;

/// How long a service may take to tell of its health.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn run(asked: &Doctor) -> Result<ExitCode, String> {
    let findings = if asked.place.backends { apart(asked).await } else { together(asked).await };
    let mut text = String::new();
    for Finding { severity, subject, message } in &findings {
        text.push_str(&format!("{severity:<7} {subject:<14} {message}\n"));
    }
    let count = |wanted: Severity| findings.iter().filter(|finding| finding.severity == wanted).count();
    let wrong = count(Severity::Error);
    text.push_str(&format!("\n{wrong} wrong, {} to be considered.\n", count(Severity::Warning)));
    // Whoever reads may have seen enough; the exit code tells all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A shop in one process.
async fn together(asked: &Doctor) -> Vec<Finding> {
    let folder = &asked.place.data.data_dir;
    let options = Options { data_dir: folder.clone(), ..Options::default() };
    let settings = Settings::read(options, &mut Environment::from_process());
    let mut findings = configuration(&settings);
    let mut secrets = Findings::new("secrets");
    if folder.join("secrets.json").exists() {
        match crate::secrets::Secrets::open(folder, &SystemContext::host()) {
            Ok(_) => secrets.ok("there, and readable by their owner alone"),
            Err(error) => secrets.error(error),
        }
    } else {
        secrets.warning(format!("there is no shop in {} yet; `shopstack up` makes one", folder.display()));
    }
    findings.extend(secrets.into_all());
    let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "db"));
    files.sort();
    for file in files {
        findings.extend(doctor::sqlite(&file).await);
    }
    findings
}

/// Services that run apart.
async fn apart(asked: &Doctor) -> Vec<Finding> {
    let mut environment = Environment::from_process();
    let (elsewhere, backends) = (Elsewhere::read(&mut environment), Backends::read(&mut environment));
    let options = Options { data_dir: asked.place.data.data_dir.clone(), ..Options::default() };
    let mut findings = configuration(&Settings::read_for_services(options, &mut environment));
    if let Some(elsewhere) = &elsewhere {
        findings.extend(secrets(&elsewhere.secrets));
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
    if let Some(elsewhere) = elsewhere {
        let mut services: Vec<_> = elsewhere.services.into_iter().collect();
        services.sort_unstable();
        let looked = services.iter().map(|(name, address)| service(name, address));
        findings.extend(futures::future::join_all(looked).await.into_iter().flatten());
    }
    findings
}

fn configuration(settings: &Result<Settings, String>) -> Vec<Finding> {
    let mut findings = Findings::new("configuration");
    match settings {
        Err(problems) => problems.lines().for_each(|line| findings.error(line)),
        Ok(settings) => {
            findings.ok(format!("{}, in {}", settings.shop_name, settings.currency));
            if settings.gateways.is_empty() {
                findings.warning("no payment gateway: only orders of nothing can be placed; see PAYMENT_GATEWAY");
            }
            if settings.smtp_url.is_none() {
                findings.warning("no mail server: letters are written into the data directory; see SMTP_URL");
            }
            if !settings.secure() {
                findings.warning("PUBLIC_URL is no https:// address: fine on this machine, and nowhere else");
            }
        }
    }
    findings.into_all()
}

/// The secrets that are in this folder. A service has only its own, so that others are missing is no fault there.
fn secrets(folder: &Path) -> Vec<Finding> {
    let mut findings = Findings::new("secrets");
    let secrets = SecretFolder::at(folder);
    if let Err(error) = secrets.callers() {
        findings.error(error);
    }
    for name in SERVICES.iter().chain(&[PROGRAM]) {
        if secrets.has(&format!("service-{name}.key"))
            && let Err(error) = secrets.service_key(name)
        {
            findings.error(error);
        }
    }
    let keys = [
        ("session.key", secrets.session_key().map(drop)),
        ("refresh.key", secrets.refresh_key().map(drop)),
        ("link.key", secrets.link_key().map(drop)),
    ];
    for (name, read) in keys {
        if let Err(error) = read
            && secrets.has(name)
        {
            findings.error(error);
        }
    }
    let mut findings = findings.into_all();
    if findings.is_empty() {
        let mut ok = Findings::new("secrets");
        ok.ok(format!("{} can be read, by their owner alone", folder.display()));
        findings = ok.into_all();
    }
    findings
}

async fn service(name: &str, address: &str) -> Vec<Finding> {
    let mut findings = Findings::new("services");
    match tokio::time::timeout(PATIENCE, health(address)).await {
        Ok(Ok((StatusCode::OK, body))) => {
            let (status, version) = (body["status"].as_str().unwrap_or("?"), body["version"].as_str().unwrap_or("?"));
            let fine = status == "ok";
            let message = format!("{name} {version} at {address} is {status}");
            findings.check(fine, message.clone(), format!("{message}: {}", body["dependencies"]));
            if version != env!("CARGO_PKG_VERSION") {
                findings.warning(format!("{name} is version {version}, this program {}", env!("CARGO_PKG_VERSION")));
            }
        }
        Ok(Ok((status, body))) => findings.error(format!("{name} at {address} answers {status}: {body}")),
        Ok(Err(error)) => findings.error(format!("{name} at {address} does not answer: {error}")),
        Err(_) => findings.error(format!("{name} at {address} does not answer within {} s", PATIENCE.as_secs())),
    }
    findings.into_all()
}

async fn health(address: &str) -> Result<(StatusCode, serde_json::Value), String> {
    let request = axum::http::Request::get("/health").body(axum::body::Body::empty());
    let request = request.map_err(|error| error.to_string())?;
    let way = remote(address, SystemContext::host())?;
    let response = way.oneshot(request).await.map_err(|error| error.to_string())?;
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.map_err(|error| error.to_string())?;
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}
