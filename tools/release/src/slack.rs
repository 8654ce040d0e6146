//! Messages to Slack. A message that cannot be sent is reported and never ends a release.

use crate::process::Tools;
use crate::publish::Versions;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::error::Error;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_ERROR: usize = 1500;

/// The settings of messages.
#[derive(Debug, Clone, Args)]
pub struct SlackSettings {
    /// The incoming webhook of Slack, a secret; no messages without it
    #[arg(long, env = "SLACK_WEBHOOK_URL", hide_env_values = true, global = true)]
    pub slack_webhook_url: Option<String>,
    /// The address of a commit without its id, such as https://github.com/OWNER/NAME/commit
    #[arg(long, env = "RELEASE_COMMIT_URL", global = true)]
    pub commit_url: Option<String>,
    /// The address of this build
    #[arg(long, env = "RELEASE_BUILD_URL", global = true)]
    pub build_url: Option<String>,
}

/// The point of a release that a message reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Event {
    Start,
    Success,
    Failure,
}

impl Event {
    const fn headline(self) -> &'static str {
        match self {
            Self::Start => ":hourglass_flowing_sand: Release started",
            Self::Success => ":white_check_mark: Release succeeded",
            Self::Failure => ":x: Release failed",
        }
    }
}

/// A message about a release.
#[derive(Debug)]
pub struct Message<'m> {
    pub event: Event,
    pub environment: &'m str,
    pub revision: &'m str,
    pub versions: &'m Versions,
    /// The cause of a failure, or the phase in which it happened.
    pub cause: Option<&'m str>,
}

/// Sends a message if a webhook is configured.
pub fn send(tools: &Tools, settings: &SlackSettings, message: &Message<'_>) {
    let text = tools.redacted(&text(settings, message));
    let Some(url) = settings.slack_webhook_url.as_deref().filter(|url| !url.is_empty()) else { return };
    if tools.is_dry_run() {
        println!("would send to Slack:");
        text.lines().for_each(|line| println!("  {line}"));
        return;
    }
    if let Err(error) = tools.block_on(post(url, &text)) {
        // The error of the client may name the address, which is the secret.
        eprintln!("Slack could not be notified: {}", tools.redacted(&chain(&*error)));
    }
}

async fn post(url: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
    let response = client.post(url).json(&json!({ "text": text })).send().await.map_err(reqwest::Error::without_url)?;
    response.error_for_status().map_err(reqwest::Error::without_url)?;
    Ok(())
}

fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn text(settings: &SlackSettings, message: &Message<'_>) -> String {
    let Message { event, environment, revision, versions, cause } = message;
    let mut lines = vec![format!("{} ({})", event.headline(), escaped(environment))];
    let services: Vec<String> = versions.iter().map(|(service, version)| format!("{service} {version}")).collect();
    if !services.is_empty() {
        lines.push(escaped(&services.join(", ")));
    }
    let short = revision.get(..12).unwrap_or(revision);
    lines.push(match &settings.commit_url {
        Some(url) => format!("Commit: <{}/{revision}|{short}>", url.trim_end_matches('/')),
        None => format!("Commit: {short}"),
    });
    lines.extend(settings.build_url.as_ref().map(|url| format!("Build: <{url}|log>")));
    if let Some(cause) = cause {
        let end = cause.char_indices().nth(MAX_ERROR).map_or(cause.len(), |(place, _)| place);
        lines.push(format!("```{}```", escaped(&cause[..end])));
    }
    lines.join("\n")
}

/// Escapes the characters that have a meaning in messages of Slack.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_services_versions_commit_and_build() {
        let settings = SlackSettings {
            slack_webhook_url: None,
            commit_url: Some("https://example.org/shop/commit/".into()),
            build_url: Some("https://example.org/builds/7".into()),
        };
        let versions = Versions::from([("cart".into(), "0.1.4".into())]);
        let revision = "0123456789abcdef";
        let cause = Some("a < b");
        let message = Message { event: Event::Failure, environment: "staging", revision, versions: &versions, cause };
        assert_eq!(
            text(&settings, &message),
            ":x: Release failed (staging)\ncart 0.1.4\nCommit: <https://example.org/shop/commit/0123456789abcdef|0123456789ab>\n\
             Build: <https://example.org/builds/7|log>\n```a &lt; b```"
        );
    }
}
