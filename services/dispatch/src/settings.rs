//! The settings of the service.

use crate::mail::MerchantWebhook;
use chassis::config::{ConfigError, Environment, Variable};
use chassis::webhook::WebhookSecret;
use contracts::{Email, HttpUrl};
use jiff::SignedDuration;

const RETURN_WINDOW_DAYS: Variable = Variable {
    name: "RETURN_WINDOW_DAYS",
    default: "30",
    help: "the number of days after the delivery within which customers can return items",
};
const SHOP_EMAIL: Variable = Variable {
    name: "SHOP_EMAIL",
    default: "",
    help: "the merchant's email address, which receives new orders, cancellations, withdrawals, returns, orders that need \
           attention, and low-stock alerts; without it nothing is sent to the merchant",
};

const MERCHANT_WEBHOOK_URL: Variable = Variable {
    name: "MERCHANT_WEBHOOK_URL",
    default: "",
    help: "the URL of the merchant's program, which receives new orders, cancellations, withdrawals, returns, and orders that \
           need attention as webhooks; without it none are sent",
};
const MERCHANT_WEBHOOK_SECRET: Variable = Variable {
    name: "MERCHANT_WEBHOOK_SECRET",
    default: "",
    help: "the secret that signs webhooks to the merchant's program: whsec_ and 24 to 64 bytes in base64",
};

/// The environment variables of the service.
pub const VARIABLES: &[Variable] = &[RETURN_WINDOW_DAYS, SHOP_EMAIL, MERCHANT_WEBHOOK_URL, MERCHANT_WEBHOOK_SECRET];

/// The maximum length of scheme, host and port. A name in the DNS has at most 253 characters.
const MAX_HOST_LENGTH: usize = 300;

/// The choices of the merchant about orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time after the delivery within which an order can be returned.
    pub return_window: SignedDuration,
    /// The recipient of emails about orders and of low-stock alerts.
    pub shop_email: Option<Email>,
    /// The URL of the merchant's program, for which webhooks are written.
    pub webhook_url: Option<HttpUrl>,
    /// The secret that signs webhooks. Only the process that sends them has it.
    pub webhook_secret: Option<WebhookSecret>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { return_window: days(30), shop_email: None, webhook_url: None, webhook_secret: None }
    }
}

impl Settings {
    /// Returns the merchant's program; `None` where there is none.
    ///
    /// # Errors
    /// When the URL is set and the secret is not.
    pub fn webhook(&self) -> Result<Option<MerchantWebhook>, ConfigError> {
        match (&self.webhook_url, &self.webhook_secret) {
            (None, _) => Ok(None),
            (Some(url), Some(secret)) => Ok(Some(MerchantWebhook { url: url.clone(), secret: secret.clone() })),
            (Some(_), None) => {
                let (url, secret) = (MERCHANT_WEBHOOK_URL.name, MERCHANT_WEBHOOK_SECRET.name);
                Err(ConfigError::new(format!("{secret} must be set, because {url} is: it signs the webhooks.")))
            }
        }
    }

    /// Reads the settings. `environment` collects the invalid ones, to be reported together.
    pub fn read(environment: &mut Environment) -> Self {
        Self {
            return_window: environment.parse::<u16>(&RETURN_WINDOW_DAYS).map_or(days(30), days),
            shop_email: environment.parse(&SHOP_EMAIL),
            webhook_url: webhook_url(environment),
            webhook_secret: webhook_secret(environment),
        }
    }
}

/// Reads the URL. Its host is stored with each webhook.
fn webhook_url(environment: &mut Environment) -> Option<HttpUrl> {
    let url: HttpUrl = environment.parse(&MERCHANT_WEBHOOK_URL)?;
    if url.origin().len() > MAX_HOST_LENGTH {
        let name = MERCHANT_WEBHOOK_URL.name;
        environment.add_error(format!("{name}: the host must have at most {MAX_HOST_LENGTH} characters"));
    }
    Some(url)
}

/// Reads the secret, whose text is in no message.
fn webhook_secret(environment: &mut Environment) -> Option<WebhookSecret> {
    let mut secrets = environment.list(&MERCHANT_WEBHOOK_SECRET);
    if secrets.len() > 1 {
        environment.add_error(format!("{}: must be one secret", MERCHANT_WEBHOOK_SECRET.name));
    }
    secrets.pop()
}

const fn days(count: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * count as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(url: &str, secret: &str) -> Result<Option<MerchantWebhook>, String> {
        let values = [("MERCHANT_WEBHOOK_URL", url), ("MERCHANT_WEBHOOK_SECRET", secret)];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut environment = Environment::from_values(values);
        let settings = Settings::read(&mut environment);
        environment.check().and_then(|()| settings.webhook()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_webhook_has_a_url_and_a_secret() {
        assert_eq!(read("", ""), Ok(None));
        assert_eq!(read("", SECRET), Ok(None), "the secret may be set first");
        let webhook = read("https://erp.example/hooks?shop=1", SECRET).unwrap().unwrap();
        assert_eq!((webhook.url.origin(), webhook.url.path()), ("https://erp.example", "/hooks?shop=1"));
        for (url, secret) in [("https://erp.example", ""), ("erp.example", SECRET), ("https://erp.example", "x")] {
            let problem = read(url, secret).unwrap_err();
            assert!(problem.contains("MERCHANT_WEBHOOK_") && !problem.contains("MfKQ"), "{problem}");
        }
    }
}
