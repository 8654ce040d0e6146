//! `shopstack admin`.

use super::{Admin, Place};
use crate::compose::{Backends, user_dependencies};
use crate::secrets::{SecretFolder, Secrets};
use crate::settings::{Elsewhere, Options, Settings};
use chassis::SystemContext;
use chassis::config::Environment;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;
use user::Accounts;

pub(super) async fn run(admin: &Admin) -> Result<ExitCode, String> {
    match admin {
        Admin::Create { place, email, name, roles } => {
            let accounts = open(place).await?;
            let mut password = String::new();
            std::io::stdin().read_to_string(&mut password).map_err(|error| error.to_string())?;
            let email = email.parse().map_err(|error: String| format!("{email}: {error}"))?;
            let name = name.parse()?;
            let password = password.trim_end_matches(['\r', '\n']);
            let account =
                accounts.create_account(&email, password, &name, roles).await.map_err(|problem| told(&problem))?;
            println!("{} {}", account.id, account.email);
        }
        Admin::Roles { place, email, roles } => {
            let email = email.parse().map_err(|error: String| format!("{email}: {error}"))?;
            let account = open(place).await?.set_roles(&email, roles).await.map_err(|problem| told(&problem))?;
            println!("{}: {:?}", account.email, account.roles);
        }
        Admin::List { place } => list(&open(place).await?).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn open(place: &Place) -> Result<Accounts, String> {
    let (system, folder) = (SystemContext::host(), &place.data.data_dir);
    if place.backends {
        return in_backends(system).await;
    }
    let secrets = Secrets::open(folder, &system)?;
    let store = user::SqliteStore::open(&folder.join("user.db")).await.map_err(|error| error.to_string())?;
    let settings = user::Settings::new(secrets.session_key, secrets.refresh_key, false);
    Accounts::new(Arc::new(store), &settings, system)
}

async fn in_backends(system: SystemContext) -> Result<Accounts, String> {
    let mut environment = Environment::from_process();
    let (elsewhere, backends) = (Elsewhere::read(&mut environment), Backends::read(&mut environment));
    let settings = Settings::read(Options::default(), &mut environment)?;
    let (Some(elsewhere), Some(backends)) = (elsewhere, backends) else {
        return Err("the environment is incomplete".to_owned());
    };
    let user = user_dependencies(&settings, &backends, &SecretFolder::at(&elsewhere.secrets)).await?;
    Accounts::new(user.store, &user.settings, system)
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
