//! A merchant's account at Worldpay, as the environment names it.

use super::WebhookKey;
use chassis::config::{Environment, Variable};
use contracts::payment::CaptureTiming;
use contracts::{Currency, Secret};
use jiff::SignedDuration;

/// The name of the built-in sandbox's account.
pub const SANDBOX_NAME: &str = "sandbox";
const NAME: &str = "worldpay";
/// Worldpay says that a payment may be missing from queries for up to a minute; half as much again to be sure.
const INDEX_DELAY: SignedDuration = SignedDuration::from_secs(90);
const SCRIPT: &str = "/access-checkout/v2/checkout.js";

const URL: Variable = Variable {
    name: "WORLDPAY_URL",
    default: "https://try.access.worldpay.com",
    help: "Worldpay: its test system unless said; https://access.worldpay.com for real money",
};
const USER: Variable = Variable { name: "WORLDPAY_USER", default: "", help: "Worldpay: the API user name" };
const PASSWORD: Variable = Variable { name: "WORLDPAY_PASSWORD", default: "", help: "Worldpay: its password" };
const ENTITY: Variable =
    Variable { name: "WORLDPAY_ENTITY", default: "default", help: "Worldpay: the merchant entity" };
const NARRATIVE: Variable = Variable {
    name: "WORLDPAY_NARRATIVE",
    default: "",
    help: "Worldpay: what customers read on their statements (at most 24 letters, digits, ' ,./-')",
};
const CHECKOUT_ID: Variable = Variable {
    name: "WORLDPAY_CHECKOUT_ID",
    default: "",
    help: "Worldpay: the checkout id, for card fields in the shop; without it customers pay on Worldpay's own page",
};
const CURRENCIES: Variable = Variable {
    name: "WORLDPAY_CURRENCIES",
    default: "",
    help: "Worldpay: the currencies it is used for, such as EUR,GBP; all when not set",
};
const THREE_DS: Variable = Variable {
    name: "WORLDPAY_3DS",
    default: "on",
    help: "Worldpay: whether banks may ask customers to confirm payments (3-D Secure); on or off",
};
const CAPTURE: Variable = Variable {
    name: "WORLDPAY_CAPTURE",
    default: "now",
    help: "Worldpay: when the money is taken: now (as soon as the goods are set aside) or shipped",
};
const WEBHOOK_KEYS: Variable = Variable {
    name: "WORLDPAY_WEBHOOK_KEYS",
    default: "",
    help: "Worldpay: keys of its webhooks, id:secret in hexadecimal, several with commas while they are changed",
};

/// All variables, for `.env.example`.
pub const VARIABLES: &[Variable] =
    &[URL, USER, PASSWORD, ENTITY, NARRATIVE, CHECKOUT_ID, CURRENCIES, THREE_DS, CAPTURE, WEBHOOK_KEYS];

/// How customers enter their card in the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    /// Not at all.
    None,
    /// On a form that is sent to this address, for a session: the sandbox's.
    Form(String),
    /// In Worldpay's own fields.
    Fields {
        /// The script.
        script: String,
        /// The merchant's checkout id.
        checkout_id: String,
    },
}

/// A merchant's account at Worldpay.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The gateway's name.
    pub name: String,
    /// Its address; links elsewhere are not followed.
    pub url: String,
    /// The API user and its password.
    pub credentials: Option<(String, Secret)>,
    /// The merchant entity.
    pub entity: String,
    /// What customers read on their statements.
    pub narrative: String,
    /// How customers enter their card in the shop.
    pub card: Card,
    /// Whether customers may pay on the gateway's own page.
    pub hosted: bool,
    /// The currencies it takes; all when there are none.
    pub currencies: Vec<Currency>,
    /// Whether banks may ask customers to confirm.
    pub three_ds: bool,
    /// When the money is taken.
    pub capture: CaptureTiming,
    /// Whose webhooks are believed.
    pub webhook_keys: Vec<WebhookKey>,
    /// How long a payment may be missing from queries.
    pub index_delay: SignedDuration,
}

impl Settings {
    /// The account at the built-in sandbox that answers at `url`; card data goes to `card_form`.
    pub fn sandbox(url: &str, card_form: &str) -> Self {
        Self {
            name: SANDBOX_NAME.to_owned(),
            url: url.to_owned(),
            credentials: None,
            entity: "default".to_owned(),
            narrative: "ShopStack".to_owned(),
            card: Card::Form(card_form.to_owned()),
            hosted: true,
            currencies: Vec::new(),
            three_ds: true,
            capture: CaptureTiming::Now,
            webhook_keys: Vec::new(),
            index_delay: SignedDuration::from_secs(2),
        }
    }

    /// Whether it is the sandbox's.
    pub fn is_sandbox(&self) -> bool {
        self.name == SANDBOX_NAME
    }

    /// Reads it; `None` when something is wrong, which `environment` then knows. `shop` is told on statements unless
    /// something else is.
    pub fn read(environment: &mut Environment, shop: &str) -> Option<Self> {
        let url = environment.text(&URL)?.trim_end_matches('/').to_owned();
        let on_this_machine =
            ["http://127.", "http://localhost", "http://[::1]"].iter().any(|own| url.starts_with(own));
        if !url.starts_with("https://") && !on_this_machine {
            environment.add_error(format!("WORLDPAY_URL={url:?}: beyond this machine it must begin with https://"));
        }
        let (user, password) = (environment.text(&USER), environment.text(&PASSWORD));
        if user.is_none() || password.is_none() {
            environment.add_error("WORLDPAY_USER and WORLDPAY_PASSWORD are needed to offer Worldpay");
        }
        let card = match environment.text(&CHECKOUT_ID) {
            Some(checkout_id) => Card::Fields { script: format!("{url}{SCRIPT}"), checkout_id },
            None => Card::None,
        };
        let three_ds: chassis::config::OnOff = environment.parse(&THREE_DS)?;
        let capture = match environment.text(&CAPTURE).as_deref() {
            Some("shipped") => CaptureTiming::Shipped,
            Some("now") | None => CaptureTiming::Now,
            Some(other) => {
                environment.add_error(format!("WORLDPAY_CAPTURE={other:?}: now or shipped"));
                CaptureTiming::Now
            }
        };
        let currencies = list(environment, &CURRENCIES);
        let webhook_keys = list(environment, &WEBHOOK_KEYS);
        let narrative = environment.text(&NARRATIVE).unwrap_or_else(|| shop.to_owned());
        Some(Self {
            name: NAME.to_owned(),
            url,
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

fn list<T: std::str::FromStr>(environment: &mut Environment, variable: &Variable) -> Vec<T>
where
    T::Err: std::fmt::Display,
{
    let text = environment.text(variable).unwrap_or_default();
    let mut values = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse() {
            Ok(value) => values.push(value),
            // The value may be a secret: it is not told.
            Err(error) => environment.add_error(format!("{}: {error}. It means: {}", variable.name, variable.help)),
        }
    }
    values
}
