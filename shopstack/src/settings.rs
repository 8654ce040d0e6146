//! What the shop runs with: environment variables and the options of the command line.

use chassis::config::{Environment, Variable};
use chassis::telemetry::LogFormat;
use contracts::{Country, Currency};
use jiff::SignedDuration;
use payment::GatewaySettings;
use payment::gateway::worldpay::WebhookKey;
use std::collections::HashMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

const SHOP_NAME: Variable =
    Variable { name: "SHOP_NAME", default: "My shop", help: "the shop's name until it is set by API" };
const SHOP_CURRENCY: Variable = Variable {
    name: "SHOP_CURRENCY",
    default: "EUR",
    help: "ISO 4217 code the shop sells in; fixed at the first start",
};
const SHOP_COUNTRY: Variable =
    Variable { name: "SHOP_COUNTRY", default: "DE", help: "ISO 3166 code of the country the shop is in" };
const PUBLIC_URL: Variable = Variable {
    name: "PUBLIC_URL",
    default: "",
    help: "the address customers use, for links in mails; https:// makes cookies secure",
};
const SANDBOX_URL: Variable = Variable {
    name: "SANDBOX_URL",
    default: "",
    help: "where `shopstack sandbox` runs; without it the sandbox, if it is used, is part of payment",
};
const SANDBOX_WEBHOOK_KEYS: Variable = Variable {
    name: "SANDBOX_WEBHOOK_KEYS",
    default: "",
    help: "the keys of its webhooks, id:secret in hexadecimal, several with commas",
};
const SMTP_URL: Variable = Variable {
    name: "SMTP_URL",
    default: "",
    help: "mail server, smtp://user:password@host:port; without it mails are written into the data directory",
};
const MAIL_FROM: Variable =
    Variable { name: "MAIL_FROM", default: "Shop <shop@localhost.localdomain>", help: "sender of mails" };
const CARRIER_PACE: Variable = Variable {
    name: "CARRIER_PACE",
    default: "",
    help: "seconds between two stops of a parcel with the built-in carrier; 28800, with --demo 20",
};
const LOG: Variable =
    Variable { name: "LOG", default: "info", help: "what to log, such as info or info,payment=debug" };
const LOG_FORMAT: Variable = Variable {
    name: "LOG_FORMAT",
    default: "auto",
    help: "auto (pretty on a terminal, JSON otherwise), pretty or json",
};

const SECRETS_DIR: Variable = Variable {
    name: "SECRETS_DIR",
    default: "/run/secrets/shopstack",
    help: "the folder with a service's secrets, as `shopstack secrets` makes them",
};
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
    Variable { name, default, help: "where that service is: a host, host:port (8080 unless said) or address" }
}

/// All variables, for `.env.example`.
pub const VARIABLES: &[Variable] = &[
    SHOP_NAME,
    SHOP_CURRENCY,
    SHOP_COUNTRY,
    PUBLIC_URL,
    SANDBOX_URL,
    SANDBOX_WEBHOOK_KEYS,
    SMTP_URL,
    MAIL_FROM,
    CARRIER_PACE,
    LOG,
    LOG_FORMAT,
];

/// The text of `.env.example`.
pub fn example() -> String {
    let mut text = String::from(
        "# What the environment can tell ShopStack. Written by `make env-example`; everything here is a default.\n",
    );
    let tell = |text: &mut String, variable: &Variable| {
        let _ = write!(text, "\n# {}\n#{}={}\n", variable.help, variable.name, variable.default);
    };
    for variable in VARIABLES
        .iter()
        .chain(payment::variables())
        .chain(dispatch::VARIABLES)
        .chain(ratings::VARIABLES)
        .chain(web::VARIABLES)
    {
        tell(&mut text, variable);
    }
    text.push_str("\n\n# What follows is for `shopstack serve` and `shopstack demo`: where the other services and the backends are.\n");
    let hosts = HOSTS.iter().map(|(_, host)| host);
    for variable in std::iter::once(&SECRETS_DIR).chain(hosts).chain(crate::compose::variables()) {
        tell(&mut text, variable);
    }
    text
}

/// Where the other services are, and where this one's secrets.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// The services' addresses, by name.
    pub services: HashMap<&'static str, String>,
    /// The folder with secrets.
    pub secrets: PathBuf,
}

impl Elsewhere {
    /// Reads it; `None` when something is missing, which `environment` then knows.
    pub fn read(environment: &mut Environment) -> Option<Self> {
        let services: Option<_> =
            HOSTS.iter().map(|(name, host)| Some((*name, address(&environment.text(host)?)))).collect();
        Some(Self { services: services?, secrets: environment.text(&SECRETS_DIR)?.into() })
    }
}

/// `catalogue`, `catalogue:8080` and `https://catalogue.internal` all name a service.
fn address(host: &str) -> String {
    if host.contains("://") {
        host.to_owned()
    } else if host.contains(':') {
        format!("http://{host}")
    } else {
        format!("http://{host}:8080")
    }
}

/// A sandbox that is a server of its own.
#[derive(Debug, Clone)]
pub struct SandboxElsewhere {
    /// Its address.
    pub url: String,
    /// The keys of its webhooks.
    pub webhook_keys: Vec<WebhookKey>,
}

impl SandboxElsewhere {
    /// Reads where it is; `environment` knows what is wrong.
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

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// The port for health and metrics; 0 takes a free one.
    pub operations_port: u16,
    /// Whether this is a demonstration.
    pub demo: bool,
}

/// What the shop runs with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What the command line says.
    pub options: Options,
    /// The shop's name until it is set by API.
    pub shop_name: String,
    /// What the shop sells in.
    pub currency: Currency,
    /// Where the shop is.
    pub country: Country,
    /// The address customers use, without a slash at the end; `None` for the one listened on.
    pub public_url: Option<String>,
    /// The gateways to offer, the preferred first.
    pub gateways: Vec<GatewaySettings>,
    /// Where the sandbox is, when it is not in this process.
    pub sandbox: Option<SandboxElsewhere>,
    /// The mail server.
    pub smtp_url: Option<String>,
    /// The sender of mails.
    pub mail_from: String,
    /// Time between two stops of a parcel.
    pub carrier_pace: Option<SignedDuration>,
    /// How orders are handled.
    pub dispatch: dispatch::Settings,
    /// What becomes of reviews.
    pub ratings: ratings::Settings,
    /// The limits of the edge.
    pub edge: web::EdgeSettings,
    /// What to log.
    pub log: String,
    /// How to log.
    pub log_format: LogFormat,
}

impl Settings {
    /// The settings of these options and this environment.
    ///
    /// # Errors
    /// All that is wrong, one line each.
    pub fn read(options: Options, environment: &mut Environment) -> Result<Self, String> {
        let mut wrong = Vec::new();
        let shop_name =
            if options.demo { "Fieldhouse".to_owned() } else { environment.text(&SHOP_NAME).unwrap_or_default() };
        let gateways = GatewaySettings::read(environment, options.demo, &shop_name);
        let sandbox = SandboxElsewhere::read(environment);
        let public_url = environment.text(&PUBLIC_URL).map(|url| url.trim_end_matches('/').to_owned());
        if let Some(url) =
            public_url.as_deref().filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            wrong.push(format!("PUBLIC_URL={url:?}: must begin with http:// or https://"));
        }
        let beyond_loopback = !options.host.is_loopback();
        let secure = public_url.as_deref().is_some_and(|url| url.starts_with("https://"));
        if beyond_loopback && !secure && !options.demo {
            wrong.push(format!(
                "--host {}: beyond this machine the shop needs TLS in front of it. Set PUBLIC_URL to its https:// address",
                options.host
            ));
        }
        // Without a demonstration's excuse, prices are in the merchant's own currency.
        let default_currency: Option<Currency> = if options.demo { "USD".parse().ok() } else { None };
        let currency = if options.demo { default_currency } else { environment.parse(&SHOP_CURRENCY) };
        let country = environment.parse(&SHOP_COUNTRY);
        let pace: Option<i64> = environment.parse(&CARRIER_PACE);
        let dispatch = dispatch::Settings::read(environment);
        let ratings = ratings::Settings::read(environment);
        let edge = web::EdgeSettings::read(environment);
        let log_format = environment.parse(&LOG_FORMAT).unwrap_or(LogFormat::Automatic);
        if let Err(problems) = environment.check() {
            wrong.push(problems);
        }
        let (Some(currency), Some(country), Some(edge), true) = (currency, country, edge, wrong.is_empty()) else {
            return Err(wrong.join("\n"));
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
            carrier_pace: pace.map(SignedDuration::from_secs).or(options.demo.then(|| SignedDuration::from_secs(20))),
            dispatch,
            ratings,
            edge,
            log: environment.text(&LOG).unwrap_or_else(|| "info".to_owned()),
            log_format,
            options,
        })
    }

    /// The settings of services that run apart: as [`Self::read`], and they have to know the address customers use, which
    /// is not the one they listen on.
    ///
    /// # Errors
    /// All that is wrong, one line each.
    pub fn read_for_services(options: Options, environment: &mut Environment) -> Result<Self, String> {
        let listening = options.host;
        // TLS stands in front of the gateway, not of each service behind it.
        let settings = Self::read(Options { host: Ipv4Addr::LOCALHOST.into(), ..options }, environment)?;
        let Some(url) = &settings.public_url else {
            return Err(
                "PUBLIC_URL is not set: services that run apart cannot know the address customers use".to_owned()
            );
        };
        let on_this_machine =
            ["http://localhost", "http://127.", "http://[::1]"].iter().any(|own| url.starts_with(own));
        if !settings.secure() && !on_this_machine && !settings.options.demo {
            return Err(format!("PUBLIC_URL={url:?}: beyond this machine a shop needs TLS; name its https:// address"));
        }
        Ok(Self { options: Options { host: listening, ..settings.options }, ..settings })
    }

    /// Whether the sandbox takes payments.
    pub fn uses_sandbox(&self) -> bool {
        self.gateways.iter().any(|gateway| matches!(gateway, GatewaySettings::Sandbox))
    }

    /// Whether the address customers use is one with TLS.
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: Options, values: &[(&str, &str)]) -> Result<Settings, String> {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(options, &mut Environment::from_values(values))
    }

    #[test]
    fn the_example_in_the_repository_is_current() {
        let kept = include_str!("../../.env.example");
        assert_eq!(kept, example(), "run `make env-example`");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let told = read(
            Options::default(),
            &[("SHOP_CURRENCY", "EURO"), ("LOG_FORMAT", "xml"), ("PAYMENT_GATEWAY", "paypal")],
        );
        let told = told.expect_err("three mistakes");
        assert!(["SHOP_CURRENCY", "LOG_FORMAT", "PAYMENT_GATEWAY"].iter().all(|name| told.contains(name)), "{told}");
    }

    #[test]
    fn without_a_demonstration_the_sandbox_is_refused_unless_it_is_named() {
        assert!(!read(Options::default(), &[]).expect("settings").uses_sandbox());
        assert!(read(Options::default(), &[("PAYMENT_GATEWAY", "sandbox")]).expect("settings").uses_sandbox());
    }

    #[test]
    fn beyond_this_machine_a_shop_needs_tls() {
        let options = Options { host: IpAddr::V4(Ipv4Addr::UNSPECIFIED), ..Options::default() };
        assert!(read(options.clone(), &[]).is_err());
        assert!(read(options, &[("PUBLIC_URL", "https://shop.example")]).is_ok());
    }
}
