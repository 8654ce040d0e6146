//! The commands of the executable.

mod admin;
mod audit;
mod desk;
mod doctor;
mod exchange;
mod migrate;
mod payments;
mod running;
mod sandbox;
mod serve;
mod up;

use crate::settings::Options;
use clap::{Args, Parser, Subcommand};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A shop that stays right: money, stock and orders, whatever crashes.
#[derive(Debug, Parser)]
#[command(name = "shopstack", version, about, long_about = None)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

/// The command line of a program that was built for one service.
#[derive(Debug, Parser)]
#[command(name = "shopstack", version, about = "One service of a shop", long_about = None)]
pub struct ServiceCommandLine {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Run the service on the backends that the environment names
    Serve(Serve),
    /// Ask the running service for its health; exit with 1 when it is not well (for containers)
    Healthcheck(Healthcheck),
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole shop in this process: eight services, storefront and stores
    Up(Up),
    /// Run one or several services on MongoDB, Redis, MySQL and RabbitMQ, as the environment names them
    Serve(Serve),
    /// Make the secrets of a shop in several processes, one file each; what is there stays
    Secrets {
        /// The folder to write
        folder: PathBuf,
        /// Keep the keys of the shop in this data directory, which moves: customers stay logged in, and links in letters work
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Write the storefront's files, plain and compressed, for nginx to serve
    Assets {
        /// The folder to write
        folder: PathBuf,
    },
    /// Fill the empty shop on the backends that the environment names with the demonstration
    Demo(Demo),
    /// Take products in from a Shopify CSV or NDJSON file; a running shop shows them within a second
    Import(Import),
    /// Write all products as Shopify CSV or NDJSON
    Export(Export),
    /// Check that money, stock and orders agree in all books; exit with 1 when they do not
    Audit(Audit),
    /// Look at configuration, secrets and backends, and say what to do; exit with 1 when something is wrong
    Doctor(Doctor),
    /// Bring every schema in the backends that the environment names up to date; services do so too when they start
    Migrate,
    /// Copy the shop in a data directory into the backends that the environment names; it must not be running
    MigrateData(MigrateData),
    /// Accounts and their roles
    #[command(subcommand)]
    Admin(Admin),
    /// Orders that wait for a person
    #[command(subcommand)]
    Orders(desk::Orders),
    /// Payments by their orders' numbers: transfers that are awaited, commands that wait for a person
    #[command(subcommand)]
    Payments(payments::Payments),
    /// Events that were given up
    #[command(subcommand)]
    DeadLetters(desk::DeadLetters),
    /// Run a payment gateway that moves no money and speaks Worldpay's wire, to develop and test against
    Sandbox(sandbox::SandboxServer),
    /// Print the OpenAPI 3.1 description of the public API
    Openapi,
    /// Print the environment variables the program understands, as .env.example has them
    Variables,
    /// Ask a running shop for its health; exit with 1 when it is not well (for containers)
    Healthcheck(Healthcheck),
}

/// Where the shop is kept.
#[derive(Debug, Args)]
struct DataDirectory {
    /// The folder everything is kept in
    #[arg(long, value_name = "DIR", env = "SHOPSTACK_DATA_DIR", default_value = "shopstack-data")]
    data_dir: PathBuf,
}

/// Which shop is meant.
#[derive(Debug, Args)]
struct Place {
    #[command(flatten)]
    data: DataDirectory,
    /// The shop on the backends that the environment names, instead of the one in a data directory
    #[arg(long)]
    backends: bool,
}

#[derive(Debug, Args)]
struct Up {
    #[command(flatten)]
    data: DataDirectory,
    /// The address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port for health and metrics of each service, on this machine only; 0 takes a free one
    #[arg(long, default_value_t = 9090)]
    operations_port: u16,
    /// Fill an empty shop with a demonstration, and let it be paid with the sandbox
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Args)]
struct Serve {
    /// user, catalogue, cart, payment, shipping, ratings, dispatch, web
    #[arg(required = true, value_parser = clap::builder::PossibleValuesParser::new(crate::compose::BUILT))]
    services: Vec<String>,
    /// The folder for what can be made anew, such as the search index
    #[command(flatten)]
    data: DataDirectory,
    /// The address to listen on
    #[arg(long, env = "HOST", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    host: IpAddr,
    /// The port to listen on; 0 takes a free one
    #[arg(long, env = "PORT", default_value_t = 8080)]
    port: u16,
    /// With several services: the port for health and metrics of each, on this machine only; 0 takes a free one
    #[arg(long, default_value_t = 9090)]
    operations_port: u16,
    /// This is a demonstration: the sandbox takes payments, and everybody may read all letters
    #[arg(long, env = "DEMO", value_parser = clap::builder::FalseyValueParser::new())]
    demo: bool,
}

#[derive(Debug, Args)]
struct Demo {
    #[command(flatten)]
    data: DataDirectory,
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    place: Place,
    /// The file: .csv as Shopify exports it, or .ndjson
    file: PathBuf,
    /// The currency of the prices; must be the shop's
    #[arg(long)]
    currency: Option<contracts::Currency>,
    /// Set the stock of SKUs that exist, too; otherwise the file's stock counts for new ones only
    #[arg(long)]
    set_stock: bool,
    /// Check everything and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Begin at the first row, although an earlier run was interrupted
    #[arg(long)]
    restart: bool,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    place: Place,
    /// The file to write, .csv or .ndjson
    file: PathBuf,
    /// Put before the addresses of the shop's own pictures, so that another shop can fetch them
    #[arg(long)]
    public_url: Option<String>,
}

#[derive(Debug, Args)]
struct Audit {
    #[command(flatten)]
    place: Place,
    /// For machines: JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Propose what can be done about it without harm, and do what you confirm
    #[arg(long, conflicts_with = "json")]
    repair: bool,
}

#[derive(Debug, Args)]
struct Doctor {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct MigrateData {
    /// The data directory to copy; it stays as it is
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Where to: `env` is the backends that the environment names
    #[arg(long, value_enum, default_value_t = Destination::Env)]
    to: Destination,
}

/// Where a shop can move to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Destination {
    /// The backends that the environment names
    Env,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Create an account; the password is read from standard input
    Create {
        #[command(flatten)]
        place: Place,
        /// The address to log in with
        email: String,
        /// The person's name
        #[arg(long, default_value = "Admin")]
        name: String,
        /// What the account may do: customer, support, merchant, admin
        #[arg(long, value_delimiter = ',', default_value = "customer,admin")]
        roles: Vec<chassis::auth::Role>,
    },
    /// Set what an account may do
    Roles {
        #[command(flatten)]
        place: Place,
        /// The account's address
        email: String,
        /// customer, support, merchant, admin
        #[arg(value_delimiter = ',', required = true)]
        roles: Vec<chassis::auth::Role>,
    },
    /// List accounts
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
struct Healthcheck {
    /// Where the shop listens
    #[arg(long, default_value = "127.0.0.1:8080")]
    address: std::net::SocketAddr,
    /// What to ask for
    #[arg(long, default_value = "/health")]
    path: String,
}

impl CommandLine {
    /// Carries the command out.
    pub async fn run(self) -> ExitCode {
        let outcome = match self.command {
            Command::Up(up) => up::run(&up).await,
            Command::Serve(serve) => serve::run(&serve).await,
            Command::Secrets { folder, from } => secrets(&folder, from.as_deref()),
            Command::Assets { folder } => assets(&folder),
            Command::Demo(demo) => serve::fill(&demo).await,
            Command::Import(import) => exchange::import(&import).await,
            Command::Export(export) => exchange::export(&export).await,
            Command::Audit(audit) => audit::run(&audit).await,
            Command::Doctor(asked) => doctor::run(&asked).await,
            Command::Migrate => migrate::schemas().await,
            Command::MigrateData(asked) => migrate::data(&asked).await,
            Command::Admin(admin) => admin::run(&admin).await,
            Command::Sandbox(asked) => sandbox::run(&asked).await,
            Command::Orders(asked) => desk::orders(&asked).await,
            Command::Payments(asked) => payments::run(&asked).await,
            Command::DeadLetters(asked) => desk::dead_letters(&asked).await,
            Command::Openapi => openapi().await,
            Command::Variables => {
                print!("{}", crate::settings::example());
                Ok(ExitCode::SUCCESS)
            }
            Command::Healthcheck(check) => healthcheck(&check).await,
        };
        ended(outcome)
    }
}

impl ServiceCommandLine {
    /// Carries the command out.
    pub async fn run(self) -> ExitCode {
        ended(match self.command {
            ServiceCommand::Serve(serve) => serve::run(&serve).await,
            ServiceCommand::Healthcheck(check) => healthcheck(&check).await,
        })
    }
}

fn ended(outcome: Result<ExitCode, String>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("shopstack: {error}");
        ExitCode::from(2)
    })
}

impl Up {
    fn options(&self) -> Options {
        Options {
            data_dir: self.data.data_dir.clone(),
            host: self.host,
            port: self.port,
            operations_port: self.operations_port,
            demo: self.demo,
        }
    }
}

impl Serve {
    fn options(&self) -> Options {
        Options {
            data_dir: self.data.data_dir.clone(),
            host: self.host,
            port: self.port,
            operations_port: self.operations_port,
            demo: self.demo,
        }
    }

    /// The services' names, each once, in the order of starting.
    fn names(&self) -> Vec<&'static str> {
        let wanted = |name: &&&str| self.services.iter().any(|service| service == **name);
        crate::compose::SERVICES.iter().filter(wanted).copied().collect()
    }
}

fn secrets(folder: &Path, from: Option<&Path>) -> Result<ExitCode, String> {
    let secrets = crate::secrets::SecretFolder::at(folder);
    if let Some(shop) = from {
        secrets.adopt(shop)?;
    }
    secrets.make(&chassis::SystemContext::host())?;
    println!("The secrets are in {}. Give each service its own, and nobody else any.", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn assets(folder: &Path) -> Result<ExitCode, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(folder).map_err(told)?;
    let written = web::write_assets(folder).map_err(told)?;
    if written == 0 {
        println!("This program was built without the storefront, so there is nothing to write.");
    } else {
        println!("{written} files are in {}.", folder.display());
    }
    Ok(ExitCode::SUCCESS)
}

async fn openapi() -> Result<ExitCode, String> {
    println!("{}", crate::openapi::of_empty_shop().await?);
    Ok(ExitCode::SUCCESS)
}

async fn healthcheck(check: &Healthcheck) -> Result<ExitCode, String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let told = |error: std::io::Error| format!("no answer from {}: {error}", check.address);
    let exchange = async {
        let mut stream = tokio::net::TcpStream::connect(check.address).await.map_err(told)?;
        let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", check.path, check.address);
        stream.write_all(request.as_bytes()).await.map_err(told)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map_err(told)?;
        Ok::<String, String>(answer)
    };
    let patience = std::time::Duration::from_secs(5);
    let answer =
        tokio::time::timeout(patience, exchange).await.map_err(|_| "no answer within 5 seconds".to_owned())??;
    let well = answer.split_whitespace().nth(1) == Some("200");
    println!("{}", answer.split("\r\n\r\n").nth(1).unwrap_or_default());
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_put_together_soundly() {
        CommandLine::command().debug_assert();
        ServiceCommandLine::command().debug_assert();
    }
}
