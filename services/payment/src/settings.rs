//! Which gateways a shop uses, as the environment names them.

use crate::gateway::transfer::BankTransfer;
use crate::gateway::worldpay::{self, SANDBOX_NAME, Worldpay};
use crate::gateway::{Connector, Gateway, Gateways, transfer};
use chassis::SystemContext;
use chassis::config::{Environment, Variable};
use chassis::transport::{Transport, remote};
use std::sync::Arc;

const GATEWAYS: Variable = Variable {
    name: "PAYMENT_GATEWAY",
    default: "",
    help: "gateways to offer, the preferred first: worldpay, transfer (bank transfer), and sandbox, the built-in one, \
           which moves no money (always there with --demo)",
};

/// All variables, for `.env.example`.
pub fn variables() -> impl Iterator<Item = &'static Variable> {
    std::iter::once(&GATEWAYS).chain(worldpay::VARIABLES).chain(transfer::VARIABLES)
}

/// Where card details go in the shop's page, for a session of the sandbox.
const SANDBOX_CARD_FORM: &str = "/api/v1/sandbox/sessions";

/// A gateway to be used.
#[derive(Debug, Clone)]
pub enum GatewaySettings {
    /// Worldpay.
    Worldpay(worldpay::Settings),
    /// Bank transfer.
    Transfer(BankTransfer),
    /// The built-in sandbox.
    Sandbox,
}

impl GatewaySettings {
    /// Reads them, in the order in which they are tried. `environment` knows what is wrong. With `sandbox` the sandbox is
    /// there even when it is not named; `shop` is told on statements.
    pub fn read(environment: &mut Environment, sandbox: bool, shop: &str) -> Vec<Self> {
        let text = environment.text(&GATEWAYS).unwrap_or_default();
        let mut all = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let read = match name {
                "worldpay" => worldpay::Settings::read(environment, shop).map(Self::Worldpay),
                transfer::NAME => BankTransfer::read(environment).map(Self::Transfer),
                SANDBOX_NAME => Some(Self::Sandbox),
                unknown => {
                    let told = "there is worldpay, transfer and sandbox";
                    environment.add_error(format!("PAYMENT_GATEWAY={unknown:?}: {told}"));
                    None
                }
            };
            all.extend(read);
        }
        if sandbox && !all.iter().any(|one| matches!(one, Self::Sandbox)) {
            all.push(Self::Sandbox);
        }
        all
    }

    /// The gateways within reach; the sandbox answers at `sandbox` under that address.
    ///
    /// # Errors
    /// When an address cannot be used, or the sandbox is wanted and is not there.
    pub fn reach(all: &[Self], sandbox: Option<&SandboxReach>, system: &SystemContext) -> Result<Gateways, String> {
        let gateway = |one: &Self| {
            let (connector, transport): (Arc<dyn Connector>, _) = match one {
                Self::Worldpay(settings) => {
                    (Arc::new(Worldpay::new(settings.clone())), Some(remote(&settings.url, system.clone())?))
                }
                Self::Transfer(transfer) => (Arc::new(transfer.clone()), None),
                Self::Sandbox => {
                    let reach = sandbox.ok_or("the sandbox is to be used, and nobody knows where it is")?;
                    let mut settings = worldpay::Settings::sandbox(&reach.url, SANDBOX_CARD_FORM);
                    settings.webhook_keys.clone_from(&reach.webhook_keys);
                    (Arc::new(Worldpay::new(settings)), Some(reach.transport.clone()))
                }
            };
            Ok::<_, String>(Gateway::new(connector, transport))
        };
        Ok(Gateways::new(all.iter().map(gateway).collect::<Result<Vec<_>, _>>()?))
    }
}

/// How the sandbox is reached: in this process or elsewhere.
#[derive(Clone)]
pub struct SandboxReach {
    /// The way there.
    pub transport: Transport,
    /// The address it knows itself by.
    pub url: String,
    /// The keys it signs its webhooks with.
    pub webhook_keys: Vec<worldpay::WebhookKey>,
}
