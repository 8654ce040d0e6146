//! The command line: its arguments, and what each command prints.

use crate::affected::{self, Affected, AffectedError};
use crate::environment::Environment;
use crate::git::{Author, GitError, Repository};
use crate::images::ImageSettings;
use crate::login::{LoginError, login};
use crate::process::Tools;
use crate::promote::{Promote, PromoteError};
use crate::publish::{Publish, PublishError, Versions};
use crate::report::Report;
use crate::rollback::{Rollback, RollbackError};
use crate::slack::{self, Event, Message, SlackSettings};
use clap::{Args, Parser, Subcommand};
use std::io;
use std::path::{Path, PathBuf};

/// Release ShopStack: build what changed, sign it, and deliver it to an environment
#[derive(Debug, Parser)]
#[command(name = "release", version)]
pub struct Cli {
    /// The clone of the source
    #[arg(long, global = true, default_value = ".")]
    repository: PathBuf,
    /// The remote that has the environment branches
    #[arg(long, global = true, env = "RELEASE_REMOTE", default_value = "origin")]
    remote: String,
    /// Print the commands and changes of files, and change nothing
    #[arg(long, global = true)]
    dry_run: bool,
    /// The name in commits on environment branches
    #[arg(long, global = true, env = "RELEASE_AUTHOR_NAME", default_value = "ShopStack release")]
    author_name: String,
    /// The e-mail address in these commits
    #[arg(long, global = true, env = "RELEASE_AUTHOR_EMAIL", default_value = "release@shopstack.invalid")]
    author_email: String,
    #[command(flatten)]
    slack: SlackSettings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the services that differ between two revisions, with the reasons
    Affected(AffectedArgs),
    /// Build, scan, sign and deliver every service that differs from what is deployed
    Publish(PublishArgs),
    /// Deploy the previous version of a service again
    Rollback(RollbackArgs),
    /// Bring the versions of one environment into the next one
    Promote(PromoteArgs),
    /// Send a message about the release to Slack; never fails
    Notify(NotifyArgs),
    /// Log docker in to a registry; ECR by the role of this machine, others by --user and REGISTRY_PASSWORD
    Login(LoginArgs),
}

#[derive(Debug, Args)]
struct AffectedArgs {
    /// The older of the revisions
    #[arg(long)]
    from: String,
    /// The newer of the revisions
    #[arg(long, default_value = "HEAD")]
    to: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct PublishArgs {
    /// The revision to release
    #[arg(long, default_value = "HEAD")]
    revision: String,
    /// The environment to deliver to; its branch is k8s/NAME
    #[arg(long, env = "RELEASE_ENVIRONMENT", default_value = "staging")]
    environment: String,
    /// Build this service whatever has changed; `all` for every one
    #[arg(long, value_name = "SERVICE")]
    rebuild: Vec<String>,
    /// Write a report to this file, for `notify` in a later phase
    #[arg(long)]
    report: Option<PathBuf>,
    #[command(flatten)]
    images: ImageSettings,
}

#[derive(Debug, Args)]
struct RollbackArgs {
    service: String,
    /// The tag to deploy instead of the previous one
    #[arg(long)]
    to: Option<String>,
    /// The environment of the service
    #[arg(long, env = "RELEASE_ENVIRONMENT", default_value = "staging")]
    environment: String,
    #[command(flatten)]
    images: ImageSettings,
}

#[derive(Debug, Args)]
struct PromoteArgs {
    /// The environment whose versions are taken
    #[arg(long, default_value = "staging")]
    from: String,
    /// The environment that gets them
    #[arg(long, default_value = "preprod")]
    to: String,
    /// Push to the environment itself instead of a branch for a pull request: the approval was given before this command
    #[arg(long)]
    approved: bool,
    #[command(flatten)]
    images: ImageSettings,
}

#[derive(Debug, Args)]
struct NotifyArgs {
    event: Event,
    /// The phase of the build in which it failed
    #[arg(long)]
    phase: Option<String>,
    /// The report of `publish`; an end that it has already announced is not announced again
    #[arg(long)]
    report: Option<PathBuf>,
    #[arg(long, default_value = "HEAD")]
    revision: String,
    #[arg(long, env = "RELEASE_ENVIRONMENT", default_value = "staging")]
    environment: String,
}

#[derive(Debug, Args)]
struct LoginArgs {
    /// The host of the registry
    registry: String,
    #[arg(long, env = "REGISTRY_USER")]
    user: Option<String>,
    #[arg(long, env = "REGISTRY_PASSWORD", hide = true)]
    password: Option<String>,
}

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Affected(#[from] AffectedError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Rollback(#[from] RollbackError),
    #[error(transparent)]
    Promote(#[from] PromoteError),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("the answer cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the report {path} cannot be used: {source}")]
    Report { path: String, source: io::Error },
    #[error("the runtime could not be started: {0}")]
    Runtime(#[from] io::Error),
}

impl Cli {
    /// Runs the command that the arguments name.
    pub fn run(self) -> Result<(), CommandError> {
        let password = match &self.command {
            Command::Login(login) => login.password.clone(),
            _ => None,
        };
        let secrets = self.slack.slack_webhook_url.iter().cloned().chain(password).collect();
        let tools = Tools::new(self.dry_run, secrets)?;
        let author = Author { name: self.author_name, email: self.author_email };
        let open = || Repository::open(&tools, &self.repository, &self.remote, author);
        match self.command {
            Command::Affected(args) => {
                let repository = open()?;
                print(&affected::between(&tools, &repository, &args.from, &args.to)?, args.json)?;
            }
            Command::Publish(args) => publish(&tools, &open()?, &self.slack, args)?,
            Command::Rollback(RollbackArgs { service, to, environment, images }) => {
                let environment = Environment::named(&environment);
                let (repository, images) = (&open()?, &images);
                let rollback = Rollback { tools: &tools, repository, images, environment, service, to };
                println!("{} runs {}", rollback.service, rollback.run()?);
            }
            Command::Promote(PromoteArgs { from, to, approved, images }) => {
                let repository = &open()?;
                let (from, to) = (Environment::named(&from), Environment::named(&to));
                let head = affected::between(&tools, repository, "HEAD", "HEAD")?;
                let services = head.unaffected.into_iter().collect();
                let promote =
                    Promote { tools: &tools, repository, images: &images, from, to, services, is_approved: approved };
                promote.run()?;
            }
            Command::Notify(args) => notify(&tools, open().ok().as_ref(), &self.slack, &args),
            Command::Login(args) => login(&tools, &args.registry, args.user.as_deref(), args.password.as_deref())?,
        }
        Ok(())
    }
}

fn publish(
    tools: &Tools,
    repository: &Repository<'_>,
    slack: &SlackSettings,
    args: PublishArgs,
) -> Result<(), CommandError> {
    let revision = repository.resolve(&args.revision)?;
    let environment = Environment::named(&args.environment);
    let write = |report: &Report| match &args.report {
        Some(path) if !tools.is_dry_run() => report.write(path).map_err(|source| unusable(path, source)),
        _ => Ok(()),
    };
    let send = |event, versions: &Versions, cause: Option<&str>| {
        let message = Message { event, environment: &args.environment, revision: &revision, versions, cause };
        slack::send(tools, slack, &message);
    };
    let mut report = Report::default();
    write(&report)?;
    let release = Publish {
        tools,
        repository,
        images: &args.images,
        environment,
        revision: revision.clone(),
        rebuild: args.rebuild,
        build_url: slack.build_url.clone(),
    };
    let result = release.run(|versions| {
        report.versions.clone_from(versions);
        send(Event::Start, versions, None);
    });
    match result {
        Ok(versions) => {
            if versions.is_empty() {
                println!("nothing to deliver");
            } else {
                send(Event::Success, &versions, None);
            }
            for (service, version) in &versions {
                println!("delivered: {service} {version}");
            }
            write(&Report { versions, failure: None, is_notified: true })
        }
        Err(error) => {
            let cause = tools.redacted(&error.to_string());
            send(Event::Failure, &report.versions, Some(&cause));
            write(&Report { versions: report.versions, failure: Some(cause), is_notified: true })?;
            Err(error.into())
        }
    }
}

fn unusable(path: &Path, source: io::Error) -> CommandError {
    CommandError::Report { path: path.display().to_string(), source }
}

/// Sends a message with everything that can be found out; each part that cannot is left out.
fn notify(tools: &Tools, repository: Option<&Repository<'_>>, slack: &SlackSettings, args: &NotifyArgs) {
    let report = args.report.as_deref().map(Report::read).and_then(Result::ok).unwrap_or_default();
    if report.is_notified && args.event != Event::Start {
        return;
    }
    let resolved = repository.and_then(|repository| repository.resolve(&args.revision).ok());
    let revision = resolved.unwrap_or_else(|| args.revision.clone());
    let phase = args.phase.as_ref().map(|phase| format!("The phase {phase} failed; see the log of the build."));
    let cause = report.failure.or(phase);
    let message = Message {
        event: args.event,
        environment: &args.environment,
        revision: &revision,
        versions: &report.versions,
        cause: cause.as_deref(),
    };
    slack::send(tools, slack, &message);
}

fn print(affected: &Affected, is_json: bool) -> Result<(), CommandError> {
    if is_json {
        println!("{}", serde_json::to_string_pretty(affected)?);
        return Ok(());
    }
    for (service, reasons) in &affected.affected {
        println!("{service}: {}", reasons.join(", "));
    }
    if affected.affected.is_empty() {
        println!("no service is affected");
    }
    Ok(())
}
