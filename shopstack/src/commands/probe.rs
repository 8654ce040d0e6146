//! `shopstack probe`: the synthetic buyer.

use super::serving::serve_until_stopped;
use super::{CommandError, count};
use crate::operations;
use crate::probe::{ProbeMetrics, ProbeReport, ProbeSettings, run as buy};
use chassis::SystemContext;
use chassis::http::Listener;
use chassis::tasks::Tasks;
use chassis::telemetry::log::{self, LogFilter, LogFormat};
use chassis::telemetry::{Metrics, Tracing};
use clap::Args;
use contracts::Sku;
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

/// The time that a shutdown gives a purchase in progress, which cleans up after itself.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
pub(super) struct ProbeArgs {
    /// The URL of the shop, such as https://shop.example.com
    #[arg(env = "PROBE_URL")]
    url: String,
    /// The SKU to buy [default: the first one that is available]
    #[arg(long, env = "PROBE_SKU")]
    sku: Option<Sku>,
    /// The beginning of the name of a city in the shop's country, to deliver to [default: any]
    #[arg(long, env = "PROBE_CITY")]
    city: Option<String>,
    /// The postal code of the delivery address [default: an example of the country]
    #[arg(long, env = "PROBE_POSTAL_CODE")]
    postal_code: Option<String>,
    /// The email address of the orders, which gets the shop's emails
    #[arg(long, env = "PROBE_EMAIL", default_value = "probe@example.com")]
    email: String,
    /// Buy every so many seconds until stopped, and serve metrics [default: buy once]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
    /// With --every: the address to serve metrics at
    #[arg(long, requires = "every", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// With --every: the port to serve metrics at; 0 takes a free port
    #[arg(long, requires = "every", default_value_t = 9091)]
    port: u16,
    /// Print the steps as JSON, one line for each purchase
    #[arg(long)]
    json: bool,
}

impl ProbeArgs {
    fn settings(&self) -> ProbeSettings {
        ProbeSettings {
            url: self.url.clone(),
            sku: self.sku.clone(),
            city: self.city.clone(),
            postal_code: self.postal_code.clone(),
            email: self.email.clone(),
        }
    }
}

pub(super) async fn run(args: &ProbeArgs) -> Result<ExitCode, CommandError> {
    let (settings, system) = (args.settings(), SystemContext::host());
    let Some(seconds) = args.every else {
        let report = buy(&settings, &system.id().to_string()).await?;
        show(&report, args.json)?;
        return Ok(if report.failed().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    };
    log::start(&LogFilter::default(), LogFormat::Automatic);
    let listener = Listener::bind(SocketAddr::new(args.host, args.port), "--port").await?;
    let metrics = Metrics::new("probe");
    let _ = writeln!(std::io::stdout(), "Metrics at http://{}/metrics", listener.address());
    let (tasks, mut recorded, as_json) = (Tasks::new(), ProbeMetrics::new(&metrics), args.json);
    tasks.worker("probe", move |stop| async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(seconds));
        // A purchase that took long is not made up for.
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! { () = stop.cancelled() => return, _ = ticks.tick() => {} }
            match buy(&settings, &system.id().to_string()).await {
                Ok(report) => {
                    recorded.record(&report, system.now());
                    // Without a reader printing fails; the metrics are what counts.
                    let _ = show(&report, as_json);
                }
                Err(error) => tracing::error!(%error, "the probe cannot run"),
            }
        }
    });
    let ended =
        serve_until_stopped(vec![(listener, operations::metrics_router(&metrics))], &[], &Tracing::disabled()).await?;
    tasks.shut_down(SHUTDOWN_TIMEOUT).await;
    Ok(ended)
}

fn show(report: &ProbeReport, as_json: bool) -> Result<(), CommandError> {
    let text = if as_json { line(report)? } else { table(report) };
    // Fails if the reader closed the pipe, as `head` does; the exit code has the result all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn line(report: &ProbeReport) -> Result<String, CommandError> {
    let steps: Vec<_> = report
        .steps
        .iter()
        .map(|result| {
            let error = result.outcome.as_ref().err().map(ToString::to_string);
            let duration_us = u64::try_from(result.duration.as_micros()).unwrap_or(u64::MAX);
            json!({"step": result.step, "duration_us": duration_us, "error": error})
        })
        .collect();
    let report = json!({"succeeded": report.failed().is_none(), "steps": steps, "notes": report.notes});
    Ok(serde_json::to_string(&report)? + "\n")
}

fn table(report: &ProbeReport) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for result in &report.steps {
        let mark = if result.outcome.is_ok() { "ok    " } else { "FAILED" };
        let _ = writeln!(text, "{mark}  {:<24} {:>6} ms", result.step.as_str(), result.duration.as_millis());
        if let Err(error) = &result.outcome {
            let _ = writeln!(text, "        {error}");
        }
    }
    for note in &report.notes {
        let _ = writeln!(text, "{note}");
    }
    let _ = match report.failed() {
        None => writeln!(text, "The purchase succeeded in {}.", count(report.steps.len() as u64, "step")),
        Some(failed) => writeln!(text, "The synthetic buyer cannot {}.", failed.step.as_str()),
    };
    text
}
