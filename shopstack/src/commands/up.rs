//! `shopstack up`: the whole shop in one process.

use super::Up;
use super::running::until_asked_to_end;
use crate::compose::RunningShop;
use crate::demo::{self, EmptyShop};
use crate::occupation::Occupation;
use crate::operations;
use crate::settings::Settings;
use chassis::config::Environment;
use chassis::http::Listener;
use chassis::{SystemContext, telemetry};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

pub(super) async fn run(up: &Up) -> Result<ExitCode, String> {
    let settings = Settings::read(up.options(), &mut Environment::from_process())?;
    telemetry::start(&settings.log, settings.log_format);
    let _occupation = Occupation::of(&settings.options.data_dir)?;
    let system = SystemContext::host();
    let listener = Listener::bind(SocketAddr::new(settings.options.host, settings.options.port)).await?;
    let operations =
        Listener::bind(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), settings.options.operations_port)).await?;
    let base_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{}", listener.address()));
    let shop = RunningShop::open(&settings, &system, &base_url).await?;
    if settings.options.demo {
        fill(&shop, &settings, &system).await?;
    }
    welcome(&shop, &settings, &base_url, operations.address()).await?;
    let listeners = vec![(listener, shop.gateway.clone()), (operations, operations::of_all(&shop.services))];
    until_asked_to_end(listeners, &shop.services).await
}

/// Fills the shop with the demonstration, once.
async fn fill(shop: &RunningShop, settings: &Settings, system: &SystemContext) -> Result<(), String> {
    // Says that it is complete, so that later starts need not look.
    let mark = settings.options.data_dir.join("demo-filled");
    if mark.exists() {
        return Ok(());
    }
    let (accounts, catalogue, ratings) = (shop.accounts.clone(), shop.catalogue.clone(), shop.ratings.clone());
    let shop = EmptyShop { accounts, catalogue, ratings };
    demo::fill(&shop, system).await.map_err(|problem| problem.to_string())?;
    std::fs::write(mark, "").map_err(|error| error.to_string())
}

async fn welcome(
    shop: &RunningShop,
    settings: &Settings,
    base_url: &str,
    operations: SocketAddr,
) -> Result<(), String> {
    let mut text = String::new();
    let _ = writeln!(text, "\n  The shop is open.\n");
    let _ = writeln!(
        text,
        "  Shop               {base_url}/{}",
        if web::has_storefront() { "" } else { "   (built without pages: Node was missing)" }
    );
    let _ = writeln!(text, "  API documentation  {base_url}/api/docs");
    let _ = writeln!(text, "  Operations         http://{operations}/  (health and metrics of each service)");
    let _ = writeln!(text, "  Data               {}", settings.options.data_dir.display());
    if settings.options.demo {
        let _ = writeln!(text, "  Mailbox            {base_url}/mailbox\n");
        let _ = writeln!(text, "  Demo logins");
        for (email, password, _, roles) in demo::LOGINS {
            let role = roles.last().map(|role| format!("{role:?}").to_lowercase()).unwrap_or_default();
            let _ = writeln!(text, "    {role:<9} {email:<24} {password}");
        }
        let _ = writeln!(
            text,
            "\n  Pay with any name on the card 4444 3333 2222 1111; REFUSED, LOST and CHALLENGE do what they say."
        );
    } else {
        let code = shop.accounts.issue_first_admin_code().await.map_err(|problem| problem.to_string())?;
        if let Some(code) = code {
            let _ = writeln!(text, "\n  There is no admin yet. Make one, once, with this code:");
            let _ = writeln!(
                text,
                "    curl -X POST {base_url}/api/v1/auth/first-admin -H 'content-type: application/json' \\"
            );
            let _ = writeln!(
                text,
                "      -d '{{\"code\":\"{code}\",\"email\":\"you@example.com\",\"name\":\"You\",\"password\":\"...\"}}'"
            );
        }
        if settings.gateways.is_empty() {
            let _ = writeln!(
                text,
                "\n  No payment gateway is set up: only orders of nothing can be placed. PAYMENT_GATEWAY names some:"
            );
            let _ = writeln!(text, "  worldpay, transfer, or the built-in sandbox, which moves no money.");
        }
    }
    text.push('\n');
    // Whoever started the shop may have stopped reading; it opens all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
