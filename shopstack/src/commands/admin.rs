//! `shopstack admin`.

use super::{Admin, DataDirectory};
use crate::secrets::Secrets;
use chassis::Sources;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;
use user::Accounts;

pub(super) async fn run(admin: &Admin) -> Result<ExitCode, String> {
    match admin {
        Admin::Create { data, email, name, roles } => {
            let accounts = open(data).await?;
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password).map_err(|error| error.to_string())?;
            let email = email.parse().map_err(|error: String| format!("{email}: {error}"))?;
            let name = name.parse()?;
            let password = password.trim_end_matches(['\r', '\n']);
            let account =
                accounts.create_account(&email, password, &name, roles).await.map_err(|problem| told(&problem))?;
            println!("{} {}", account.id, account.email);
        }
        Admin::Roles { data, email, roles } => {
            let email = email.parse().map_err(|error: String| format!("{email}: {error}"))?;
            let account = open(data).await?.set_roles(&email, roles).await.map_err(|problem| told(&problem))?;
            println!("{}: {:?}", account.email, account.roles);
        }
        Admin::List { data } => list(&open(data).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(data: &DataDirectory) -> Result<Accounts, String> {
    let sources = Sources::system();
    let secrets = Secrets::open(&data.data_dir, &sources)?;
    let store = user::SqliteStore::open(&data.data_dir.join("user.db")).await.map_err(|error| error.to_string())?;
    let settings = user::Settings::new(secrets.session_key, secrets.refresh_key, false);
    Accounts::new(Arc::new(store), &settings, sources)
}

async fn list(accounts: &Accounts) -> Result<(), String> {
    let mut cursor = None;
    loop {
        let page = accounts.list("", cursor.as_deref(), Some(100)).await.map_err(|problem| told(&problem))?;
        for account in &page.items {
            println!("{}\t{}\t{:?}", account.email, account.name, account.roles);
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

fn told(problem: &chassis::Problem) -> String {
    let errors: Vec<String> =
        problem.errors.iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect();
    format!("{} {}", problem.detail, errors.join("; "))
}
