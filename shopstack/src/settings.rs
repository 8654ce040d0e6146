//! The settings of a shop: environment variables, and options of the command line.

pub mod telemetry;

use chassis::config::{ConfigError, Environment, Variable};
use contracts::{Country, Currency};
use payment::GatewaySettings;
use payment::gateway::worldpay::WebhookKey;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
pub use telemetry::TelemetrySettings;

const SHOP_NAME: Variable = Variable {
    name: "SHOP_NAME",
    default: "My shop",
    help: "The shop's name. Used at the first start only; change it by API afterwards.",
};
const SHOP_CURRENCY: Variable = Variable {
    name: "SHOP_CURRENCY",
    default: "EUR",
    help: "The currency of all prices, as an ISO 4217 code. It cannot be changed after the first start.",
};
const SHOP_COUNTRY: Variable = Variable {
    name: "SHOP_COUNTRY",
    default: "DE",
    help: "The country the shop sells and ships from, as an ISO 3166 code.",
};
const PUBLIC_URL: Variable = Variable {
    name: "PUBLIC_URL",
    default: "",
    help: "The public URL of the shop, used for links in emails. With https:// cookies are marked as secure.",
};
const SANDBOX_URL: Variable = Variable {
    name: "SANDBOX_URL",
    default: "",
    help: "The URL of a payment sandbox started with `shopstack sandbox`. Empty: the sandbox, if it is used, runs inside the payment service.",
};
const SANDBOX_WEBHOOK_KEYS: Variable = Variable {
    name: "SANDBOX_WEBHOOK_KEYS",
    default: "",
    help: "The keys of the sandbox's webhooks, as id:secret in hexadecimal. Separate several with commas.",
};
const SMTP_URL: Variable = Variable {
    name: "SMTP_URL",
    default: "",
    help: "The mail server, as smtp://user:password@host:port. Empty: emails are saved to the data directory.",
};
const MAIL_FROM: Variable =
    Variable { name: "MAIL_FROM", default: "Shop <shop@localhost.localdomain>", help: "The sender of emails." };
const SECRETS_DIR: Variable = Variable {
    name: "SECRETS_DIR",
    default: "/run/secrets/shopstack",
    help: "The directory with the service's secrets, as created by `shopstack secrets`.",
};
// No service calls web, so it has no entry.
const HOSTS: &[(&str, Variable)] = &[
    ("user", host("USER_HOST", "user")),
    ("catalogue", host("CATALOGUE_HOST", "catalogue")),
    ("cart", host("CART_HOST", "cart")),
    ("payment", host("PAYMENT_HOST", "payment")),
    ("shipping", host("SHIPPING_HOST", "shipping")),
    ("ratings", host("RATINGS_HOST", "ratings")),
    ("dispatch", host("DISPATCH_HOST", "dispatch")),
];

const fn host(name: &'static str, default: &'static str) -> Variable {
    Variable { name, default, help: "The address of the service: a host, host:port (default port: 8080) or URL." }
}

/// All variables, for `.env.example`.
pub const VARIABLES: &[Variable] =
    &[SHOP_NAME, SHOP_CURRENCY, SHOP_COUNTRY, PUBLIC_URL, SANDBOX_URL, SANDBOX_WEBHOOK_KEYS, SMTP_URL, MAIL_FROM];

/// The variables of services that run as processes of their own, besides those of the backends.
pub fn service_variables() -> impl Iterator<Item = &'static Variable> {
    std::iter::once(&SECRETS_DIR).chain(HOSTS.iter().map(|(_, host)| host))
}

/// The services outside this process, and the secrets to call them with.
#[derive(Debug, Clone)]
pub struct RemoteServices {
    /// The URLs of the services, by name.
    pub services: HashMap<&'static str, String>,
    /// The directory with secrets.
    pub secrets: PathBuf,
}

impl RemoteServices {
    /// Reads the addresses. Returns `None` if some are missing; `environment` then has the problems.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let services: Option<_> =
            HOSTS.iter().map(|(name, host)| Some((*name, service_url(&environment.text(host)?)))).collect();
        Some(Self { services: services?, secrets: environment.text(&SECRETS_DIR)?.into() })
    }
}

/// The URL of a service that is given as `catalogue`, `catalogue:8080` or `https://catalogue.internal`.
fn service_url(host: &str) -> String {
    if host.contains("://") {
        host.to_owned()
    } else if host.contains(':') {
        format!("http://{host}")
    } else {
        format!("http://{host}:8080")
    }
}

/// A payment sandbox that is a server of its own.
#[derive(Debug, Clone)]
pub struct RemoteSandbox {
    /// Its URL, without a trailing slash.
    pub url: String,
    /// The keys with which it signs webhooks.
    pub webhook_keys: Vec<WebhookKey>,
}

impl RemoteSandbox {
    /// Reads its URL and keys. Returns `None` if no URL is set; problems are added to `environment`.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let url = environment.text(&SANDBOX_URL)?.trim_end_matches('/').to_owned();
        let keys = environment.text(&SANDBOX_WEBHOOK_KEYS).unwrap_or_default();
        let mut webhook_keys = Vec::new();
        for key in keys.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            match key.parse() {
                Ok(key) => webhook_keys.push(key),
                Err(error) => environment.add_error(format!("{}: {error}", SANDBOX_WEBHOOK_KEYS.name)),
            }
        }
        Some(Self { url, webhook_keys })
    }
}

/// The options of the command line.
#[derive(Debug, Clone)]
pub struct Options {
    pub data_dir: PathBuf,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free port.
    pub port: u16,
    /// The port for health and metrics; 0 takes a free port.
    pub operations_port: u16,
    /// True for a demo shop: demo data, the sandbox as a gateway, and a public mailbox.
    pub demo: bool,
    /// True if payment runs in this process. The credentials of the gateways are given to no other.
    pub takes_payments: bool,
}

impl Options {
    /// The options of a command that reads and changes the stores of a shop and serves nothing.
    pub fn of_command(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), takes_payments: false, ..Self::default() }
    }
}

/// The settings of a shop.
#[derive(Debug, Clone)]
pub struct Settings {
    pub options: Options,
    /// The shop's name, until it is set by API.
    pub shop_name: String,
    /// The currency of all prices.
    pub currency: Currency,
    /// The country from which the shop sells and ships.
    pub country: Country,
    /// The URL that customers use, without a trailing slash; `None` for the address that is listened on.
    pub public_url: Option<String>,
    /// The gateways to offer, the preferred first. Empty where payment does not run.
    pub gateways: Vec<GatewaySettings>,
    /// The sandbox, if it is a server of its own.
    pub sandbox: Option<RemoteSandbox>,
    /// The mail server; `None` to save emails to the data directory.
    pub smtp_url: Option<String>,
    /// The sender of emails.
    pub mail_from: String,
    /// The carrier of new shipments.
    pub carrier: shipping::CarrierSettings,
    pub dispatch: dispatch::Settings,
    pub ratings: ratings::Settings,
    /// The limits of the edge.
    pub edge: web::EdgeSettings,
    /// The API of Robot Shop; `None` while it is off.
    pub robot_shop: Option<web::RobotShopSettings>,
    pub feed: web::FeedSettings,
    pub telemetry: TelemetrySettings,
}

impl Settings {
    /// Reads the settings of a shop in one process.
    ///
    /// # Errors
    /// [`ConfigError`] with all problems, one line each.
    pub fn read(options: Options, environment: &mut Environment) -> Result<Self, ConfigError> {
        // A demo shop has a fixed name, which its emails and screenshots show.
        let shop_name =
            if options.demo { "Fieldhouse".to_owned() } else { environment.text(&SHOP_NAME).unwrap_or_default() };
        let gateways = if options.takes_payments {
            GatewaySettings::read(environment, options.demo, &shop_name)
        } else {
            Vec::new()
        };
        let sandbox = RemoteSandbox::read(environment);
        let public_url = environment.text(&PUBLIC_URL).map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) =
            public_url.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            environment.add_error(format!("PUBLIC_URL=\"{url}\": must begin with http:// or https://."));
        }
        // Session cookies and passwords would cross the network in clear text.
        let beyond_loopback = !options.host.is_loopback();
        let secure = public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        if beyond_loopback && !secure && !options.demo {
            environment.add_error(format!(
                "--host {}: a shop that other machines can reach needs TLS. Put a TLS proxy in front and set PUBLIC_URL to \
                 its https:// URL.",
                options.host
            ));
        }
        // The demo data has prices in US dollars, whatever the environment says.
        let default_currency: Option<Currency> = if options.demo { "USD".parse().ok() } else { None };
        let currency = if options.demo { default_currency } else { environment.parse(&SHOP_CURRENCY) };
        let country = environment.parse(&SHOP_COUNTRY);
        let carrier = shipping::CarrierSettings::read(environment, options.demo);
        let dispatch = dispatch::Settings::read(environment);
        let ratings = ratings::Settings::read(environment);
        let edge = web::EdgeSettings::read(environment);
        let robot_shop = web::RobotShopSettings::read(environment);
        let feed = web::FeedSettings::read(environment);
        let telemetry = TelemetrySettings::read(environment);
        environment.check()?;
        let (Some(currency), Some(country), Some(edge)) = (currency, country, edge) else {
            return Err(ConfigError::new("SHOP_CURRENCY, SHOP_COUNTRY and the limits of the edge must be set."));
        };
        Ok(Self {
            shop_name,
            currency,
            country,
            public_url,
            gateways,
            sandbox,
            smtp_url: environment.text(&SMTP_URL),
            mail_from: environment.text(&MAIL_FROM).unwrap_or_default(),
            carrier,
            dispatch,
            ratings,
            edge,
            robot_shop,
            feed,
            telemetry,
            options,
        })
    }

    /// Reads the settings of services that run as processes of their own. They must be told the URL that customers use,
    /// since it is not the address they listen on.
    ///
    /// # Errors
    /// [`ConfigError`] with all problems, one line each.
    pub fn read_for_services(options: Options, environment: &mut Environment) -> Result<Self, ConfigError> {
        let host = options.host;
        // Services listen on all addresses behind a proxy that terminates TLS, so the check of --host does not apply.
        let settings = Self::read(Options { host: Ipv4Addr::LOCALHOST.into(), ..options }, environment)?;
        let Some(url) = &settings.public_url else {
            return Err(ConfigError::new("PUBLIC_URL is not set. Set it to the URL that customers use."));
        };
        if !settings.secure() && !is_on_this_machine(url) && !settings.options.demo {
            return Err(ConfigError::new(format!(
                "PUBLIC_URL=\"{url}\": a shop that other machines can reach needs TLS. Set its https:// URL."
            )));
        }
        Ok(Self { options: Options { host, ..settings.options }, ..settings })
    }

    /// Returns true if the sandbox is among the gateways.
    pub fn uses_sandbox(&self) -> bool {
        self.gateways.iter().any(|gateway| matches!(gateway, GatewaySettings::Sandbox(_)))
    }

    /// Returns true if customers use TLS.
    pub fn secure(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("shopstack-data"),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8080,
            operations_port: 9090,
            demo: false,
            takes_payments: true,
        }
    }
}

/// Returns true if the URL leads to this machine. Host names are not resolved: only `localhost` and literal loopback
/// addresses count.
fn is_on_this_machine(url: &str) -> bool {
    let uri = url.parse::<axum::http::Uri>().ok();
    let host = uri.as_ref().and_then(axum::http::Uri::host).unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: Options, values: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(options, &mut Environment::from_values(values))
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let error = read(
            Options::default(),
            &[("SHOP_CURRENCY", "EURO"), ("LOG_FORMAT", "xml"), ("PAYMENT_GATEWAY", "paypal")],
        );
        let text = error.expect_err("three mistakes").to_string();
        assert!(["SHOP_CURRENCY", "LOG_FORMAT", "PAYMENT_GATEWAY"].iter().all(|name| text.contains(name)), "{text}");
    }

    #[test]
    fn the_sandbox_is_used_only_if_it_is_named() {
        assert!(!read(Options::default(), &[]).expect("settings").uses_sandbox());
        assert!(read(Options::default(), &[("PAYMENT_GATEWAY", "sandbox")]).expect("settings").uses_sandbox());
    }

    #[test]
    fn only_payment_needs_the_credentials_of_gateways() {
        let values = [("PAYMENT_GATEWAY", "worldpay")];
        assert!(read(Options::default(), &values).is_err());
        let settings = read(Options { takes_payments: false, ..Options::default() }, &values).expect("settings");
        assert!(settings.gateways.is_empty());
    }

    #[test]
    fn a_shop_that_other_machines_reach_needs_tls() {
        let options = Options { host: IpAddr::V4(Ipv4Addr::UNSPECIFIED), ..Options::default() };
        assert!(read(options.clone(), &[]).is_err());
        assert!(read(options, &[("PUBLIC_URL", "https://shop.example")]).is_ok());
    }

    #[test]
    fn only_loopback_hosts_are_on_this_machine() {
        for url in ["http://localhost", "http://localhost:8080/shop", "http://127.0.0.2:80", "http://[::1]:8080"] {
            assert!(is_on_this_machine(url), "{url}");
        }
        for url in
            ["http://localhost.example.com", "http://127.example.com", "http://192.0.2.7", "http://[2001:db8::1]"]
        {
            assert!(!is_on_this_machine(url), "{url}");
        }
    }
}
