//! The command `shopstack admin`.

use super::{CommandError, StorageArgs};
use chassis::SystemContext;
use chassis::auth::Role;
use chassis::config::Environment;
use clap::Subcommand;
use contracts::Email;
use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;
use user::Accounts;

/// The accounts read at a time.
const PAGE: u32 = 100;

#[derive(Debug, Subcommand)]
pub(super) enum AdminCommand {
    /// Create an account; the password is asked for, or read from standard input
    Create {
        #[command(flatten)]
        storage: StorageArgs,
        /// Begin a shop in the data directory if there is none
        #[arg(long)]
        new_shop: bool,
        /// The email address to log in with
        email: String,
        /// The person's name
        #[arg(long, default_value = "Admin")]
        name: String,
        /// The account's roles: customer, support, merchant, admin
        #[arg(long, value_delimiter = ',', default_value = "customer,admin")]
        roles: Vec<Role>,
    },
    /// Set the roles of an account
    Roles {
        #[command(flatten)]
        storage: StorageArgs,
        /// The account's email address
        email: String,
        /// customer, support, merchant, admin
        #[arg(value_delimiter = ',', required = true)]
        roles: Vec<Role>,
    },
    /// List all accounts
    List {
        #[command(flatten)]
        storage: StorageArgs,
    },
}

pub(super) async fn run(command: &AdminCommand) -> Result<ExitCode, CommandError> {
    match command {
        AdminCommand::Create { storage, new_shop, email, name, roles } => {
            let accounts = open(storage, *new_shop).await?;
            let password = read_password().map_err(CommandError::Input)?;
            let email = email.parse().map_err(|error| usage(email, &error))?;
            let name = name.parse().map_err(|error| usage(name, &error))?;
            let account = accounts.create_account(&email, &password, &name, roles).await?;
            println!("{} {}", account.id, account.email);
        }
        AdminCommand::Roles { storage, email, roles } => {
            let account = open(storage, false).await?.set_roles(&Email::to_look_up(email), roles).await?;
            println!("{}: {}", account.email, names(&account.roles));
        }
        AdminCommand::List { storage } => list(&open(storage, false).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a password, without showing it at a terminal.
fn read_password() -> io::Result<String> {
    // An option would be readable by other users of the machine, in the list of processes.
    let mut input = io::stdin();
    if input.is_terminal() {
        return rpassword::prompt_password("Password: ");
    }
    let mut password = String::new();
    input.read_to_string(&mut password)?;
    // Echo and editors append a line break; other spaces may be part of the password.
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

async fn open(storage: &StorageArgs, new_shop: bool) -> Result<Accounts, CommandError> {
    let target = storage.target(&mut Environment::from_process())?;
    if !new_shop {
        target.require_data()?;
    }
    Ok(target.accounts(&SystemContext::host()).await?)
}

async fn list(accounts: &Accounts) -> Result<(), CommandError> {
    let mut cursor = None;
    loop {
        let page = accounts.list("", cursor.as_deref(), Some(PAGE)).await?;
        for account in &page.items {
            println!("{}\t{}\t{}", account.email, account.name, names(&account.roles));
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn names(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    names.join(",")
}

fn usage(value: &str, error: &dyn std::fmt::Display) -> CommandError {
    CommandError::Usage(format!("{value}: {error}"))
}
