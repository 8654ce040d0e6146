//! The gateways a shop offers, read from environment variables.

use crate::gateway::transfer::BankTransfer;
use crate::gateway::worldpay::{self, SANDBOX_NAME, Worldpay};
use crate::gateway::{Connector, Gateway, Gateways, transfer};
use chassis::SystemContext;
use chassis::config::{Environment, Variable};
use chassis::transport::{RemoteError, Transport, remote};
use contracts::payment::CaptureTiming;
use std::sync::Arc;

const GATEWAYS: Variable = Variable {
    name: "PAYMENT_GATEWAY",
    default: "",
    help: "gateways to offer, in order of preference: worldpay, transfer (bank transfer), and sandbox, the built-in one, \
           which moves no money (always enabled with --demo)",
};

/// All variables, for `.env.example`.
pub fn variables() -> impl Iterator<Item = &'static Variable> {
    let sandbox = std::iter::once(&worldpay::SANDBOX_CAPTURE);
    std::iter::once(&GATEWAYS).chain(worldpay::VARIABLES).chain(transfer::VARIABLES).chain(sandbox)
}

/// The path to which the shop's page posts card details for a sandbox session.
const SANDBOX_CARD_FORM: &str = "/api/v1/sandbox/sessions";

/// The settings of one configured gateway.
#[derive(Debug, Clone)]
pub enum GatewaySettings {
    Worldpay(worldpay::Settings),
    Transfer(BankTransfer),
    /// The built-in gateway, with the time of its captures.
    Sandbox(CaptureTiming),
}

/// A reason why the configured gateways cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum GatewaySetupError {
    /// The base URL of a gateway cannot be used.
    #[error("cannot connect to the payment gateway")]
    Remote(#[from] RemoteError),
    /// The sandbox is configured as a gateway, but no sandbox is available.
    #[error("the sandbox gateway is enabled, but no sandbox address is configured")]
    NoSandbox,
}

impl GatewaySettings {
    /// Reads the gateways in order of preference and reports mistakes to `environment`. With `sandbox` the sandbox is
    /// included even when it is not named. `shop` is the default text on customers' statements.
    pub fn read(environment: &mut Environment, sandbox: bool, shop: &str) -> Vec<Self> {
        let text = environment.text(&GATEWAYS).unwrap_or_default();
        let capture = worldpay::read_capture(environment, &worldpay::SANDBOX_CAPTURE);
        let mut all = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let read = match name {
                "worldpay" => worldpay::Settings::read(environment, shop).map(Self::Worldpay),
                transfer::NAME => BankTransfer::read(environment).map(Self::Transfer),
                SANDBOX_NAME => Some(Self::Sandbox(capture)),
                unknown => {
                    let message = "must be worldpay, transfer or sandbox";
                    environment.add_error(format!("PAYMENT_GATEWAY=\"{unknown}\": {message}"));
                    None
                }
            };
            all.extend(read);
        }
        // A demo shop needs a way to pay, whatever gateways are configured.
        if sandbox && !all.iter().any(|one| matches!(one, Self::Sandbox(_))) {
            all.push(Self::Sandbox(capture));
        }
        all
    }

    /// Connects the gateways; `sandbox` is the endpoint of the sandbox, if it runs.
    ///
    /// # Errors
    /// See [`GatewaySetupError`].
    pub fn connect(
        all: &[Self],
        sandbox: Option<&SandboxConnection>,
        system: &SystemContext,
    ) -> Result<Gateways, GatewaySetupError> {
        let gateway = |one: &Self| {
            let (connector, transport): (Arc<dyn Connector>, _) = match one {
                Self::Worldpay(settings) => {
                    (Arc::new(Worldpay::new(settings.clone())), Some(remote(&settings.url, system.clone())?))
                }
                // Bank transfers send no requests, so there is nothing to connect to.
                Self::Transfer(transfer) => (Arc::new(transfer.clone()), None),
                Self::Sandbox(capture) => {
                    let endpoint = sandbox.ok_or(GatewaySetupError::NoSandbox)?;
                    // The sandbox implements Worldpay's protocol, so it shares the connector.
                    let mut settings = worldpay::Settings::sandbox(&endpoint.url, SANDBOX_CARD_FORM);
                    settings.webhook_keys.clone_from(&endpoint.webhook_keys);
                    settings.capture = *capture;
                    (Arc::new(Worldpay::new(settings)), Some(endpoint.transport.clone()))
                }
            };
            Ok::<_, GatewaySetupError>(Gateway::new(connector, transport))
        };
        Ok(Gateways::new(all.iter().map(gateway).collect::<Result<Vec<_>, _>>()?))
    }
}

/// The endpoint of the sandbox, in this process or remote.
#[derive(Clone)]
pub struct SandboxConnection {
    pub transport: Transport,
    /// The base URL in the sandbox's own links.
    pub url: String,
    /// The keys with which the sandbox signs its webhooks.
    pub webhook_keys: Vec<worldpay::WebhookKey>,
}
