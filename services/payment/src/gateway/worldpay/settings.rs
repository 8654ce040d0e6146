//! The settings of a merchant account, read from environment variables.

use super::WebhookKey;
use chassis::config::{Environment, Variable};
use contracts::payment::CaptureTiming;
use contracts::{Currency, Secret};
use jiff::SignedDuration;

/// The name of the built-in sandbox's account.
pub const SANDBOX_NAME: &str = "sandbox";
const NAME: &str = "worldpay";
/// Worldpay documents up to a minute until queries find a payment; this adds half as much to be safe.
const INDEX_DELAY: SignedDuration = SignedDuration::from_secs(90);
const SCRIPT: &str = "/access-checkout/v2/checkout.js";

const URL: Variable = Variable {
    name: "WORLDPAY_URL",
    default: "https://try.access.worldpay.com",
    help: "Worldpay: the API's base URL, by default the test system; https://access.worldpay.com for real money",
};
const USER: Variable = Variable { name: "WORLDPAY_USER", default: "", help: "Worldpay: the API user name" };
const PASSWORD: Variable = Variable { name: "WORLDPAY_PASSWORD", default: "", help: "Worldpay: the API password" };
const ENTITY: Variable =
    Variable { name: "WORLDPAY_ENTITY", default: "default", help: "Worldpay: the merchant entity" };
const NARRATIVE: Variable = Variable {
    name: "WORLDPAY_NARRATIVE",
    default: "",
    help: "Worldpay: the text on customers' statements (at most 24 letters, digits, ' ,./-')",
};
const CHECKOUT_ID: Variable = Variable {
    name: "WORLDPAY_CHECKOUT_ID",
    default: "",
    help: "Worldpay: the checkout id for card fields in the shop; without it customers pay on Worldpay's own page",
};
const CURRENCIES: Variable = Variable {
    name: "WORLDPAY_CURRENCIES",
    default: "",
    help: "Worldpay: the accepted currencies, such as EUR,GBP; all if not set",
};
const THREE_DS: Variable = Variable {
    name: "WORLDPAY_3DS",
    default: "on",
    help: "Worldpay: whether banks may ask customers to confirm payments (3-D Secure); on or off",
};
const CAPTURE: Variable = Variable {
    name: "WORLDPAY_CAPTURE",
    default: "now",
    help: "Worldpay: when payments are captured: now (as soon as the stock is committed) or shipped (with each shipment)",
};
/// The time at which payments by the sandbox are captured.
pub const SANDBOX_CAPTURE: Variable = Variable {
    name: "SANDBOX_CAPTURE",
    default: "now",
    help: "sandbox: when payments are captured: now (as soon as the stock is committed) or shipped (with each shipment)",
};
const WEBHOOK_KEYS: Variable = Variable {
    name: "WORLDPAY_WEBHOOK_KEYS",
    default: "",
    help: "Worldpay: webhook keys as id:secret in hexadecimal, separated by commas during key rotation",
};

/// All variables, for `.env.example`.
pub const VARIABLES: &[Variable] =
    &[URL, USER, PASSWORD, ENTITY, NARRATIVE, CHECKOUT_ID, CURRENCIES, THREE_DS, CAPTURE, WEBHOOK_KEYS];

/// The way customers enter card details in the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    /// The shop takes no card details.
    None,
    /// A form posted to this address in exchange for a session. Used by the sandbox.
    Form(String),
    /// Worldpay's hosted fields, embedded in the shop's page.
    Fields {
        /// The URL of Worldpay's script.
        script: String,
        /// The merchant's checkout id.
        checkout_id: String,
    },
}

/// The settings of a merchant account at Worldpay.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The gateway's name, as stored.
    pub name: String,
    /// The base URL; links to other addresses are not followed.
    pub url: String,
    /// The API user and its password; `None` for the sandbox.
    pub credentials: Option<(String, Secret)>,
    pub entity: String,
    /// The text on customers' statements.
    pub narrative: String,
    /// The way customers enter card details in the shop.
    pub card: Card,
    /// Offers payment on the gateway's own page.
    pub hosted: bool,
    /// The accepted currencies; empty for all.
    pub currencies: Vec<Currency>,
    /// Enables 3-D Secure, in which banks ask customers to confirm payments.
    pub three_ds: bool,
    pub capture: CaptureTiming,
    /// The keys with which webhook signatures are verified.
    pub webhook_keys: Vec<WebhookKey>,
    /// The time for which queries may not find a payment.
    pub index_delay: SignedDuration,
}

impl Settings {
    /// The account at the built-in sandbox with base URL `url`; card data is posted to `card_form`.
    pub fn sandbox(url: &str, card_form: &str) -> Self {
        Self {
            name: SANDBOX_NAME.to_owned(),
            url: url.to_owned(),
            credentials: None,
            entity: "default".to_owned(),
            narrative: "ShopStack".to_owned(),
            card: Card::Form(card_form.to_owned()),
            hosted: true,
            // The sandbox accepts whatever currency a shop uses.
            currencies: Vec::new(),
            three_ds: true,
            capture: CaptureTiming::Now,
            webhook_keys: Vec::new(),
            index_delay: SignedDuration::from_secs(2),
        }
    }

    /// Returns true for the sandbox's account.
    pub fn is_sandbox(&self) -> bool {
        self.name == SANDBOX_NAME
    }

    /// Reads the settings and reports mistakes to `environment`; returns `None` if there are any. `shop` is the default
    /// text on statements.
    pub fn read(environment: &mut Environment, shop: &str) -> Option<Self> {
        let url = environment.text(&URL)?.trim_end_matches('/').to_owned();
        let is_local = ["http://127.", "http://localhost", "http://[::1]"].iter().any(|own| url.starts_with(own));
        // Every request carries credentials, so plain HTTP is limited to the same machine.
        if !url.starts_with("https://") && !is_local {
            environment.add_error(format!("WORLDPAY_URL=\"{url}\": must begin with https:// unless it is local"));
        }
        let (user, password) = (environment.text(&USER), environment.text(&PASSWORD));
        if user.is_none() || password.is_none() {
            environment.add_error("WORLDPAY_USER and WORLDPAY_PASSWORD are required to offer Worldpay");
        }
        let card = match environment.text(&CHECKOUT_ID) {
            Some(checkout_id) => Card::Fields { script: format!("{url}{SCRIPT}"), checkout_id },
            None => Card::None,
        };
        let three_ds: chassis::config::OnOff = environment.parse(&THREE_DS)?;
        let capture = read_capture(environment, &CAPTURE);
        let currencies = environment.list(&CURRENCIES);
        let webhook_keys = environment.list(&WEBHOOK_KEYS);
        let narrative = environment.text(&NARRATIVE).unwrap_or_else(|| shop.to_owned());
        Some(Self {
            name: NAME.to_owned(),
            url,
            // Missing credentials are reported above; returning only here reports all other mistakes as well.
            credentials: Some((user?, Secret::from(password?))),
            entity: environment.text(&ENTITY)?,
            narrative,
            card,
            hosted: true,
            currencies,
            three_ds: three_ds.is_on(),
            capture,
            webhook_keys,
            index_delay: INDEX_DELAY,
        })
    }
}

/// Reads the time of captures and reports a mistake to `environment`.
pub fn read_capture(environment: &mut Environment, variable: &Variable) -> CaptureTiming {
    match environment.text(variable).as_deref() {
        Some("shipped") => CaptureTiming::Shipped,
        Some("now") | None => CaptureTiming::Now,
        Some(other) => {
            environment.add_error(format!("{}=\"{other}\": must be now or shipped", variable.name));
            CaptureTiming::Now
        }
    }
}
