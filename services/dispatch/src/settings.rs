//! The settings of the service.

use crate::mail::MerchantWebhook;
use chassis::config::{Environment, Variable};
use contracts::Email;
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

/// The choices of the merchant about orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The time after the delivery within which an order can be returned.
    pub return_window: SignedDuration,
    /// The recipient of emails about orders and of low-stock alerts.
    pub shop_email: Option<Email>,
    /// The merchant's program that receives webhooks.
    pub webhook: Option<MerchantWebhook>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { return_window: days(30), shop_email: None, webhook: None }
    }
}

impl Settings {
    /// Reads the settings. `environment` collects the invalid ones, to be reported together.
    pub fn read(environment: &mut Environment) -> Self {
        Self {
            return_window: environment.parse::<u16>(&RETURN_WINDOW_DAYS).map_or(days(30), days),
            shop_email: environment.parse(&SHOP_EMAIL),
            webhook: webhook(environment),
        }
    }
}

/// Reads the merchant's program, of which both variables are set or none.
fn webhook(environment: &mut Environment) -> Option<MerchantWebhook> {
    let (url, mut secrets) = (environment.parse(&MERCHANT_WEBHOOK_URL), environment.list(&MERCHANT_WEBHOOK_SECRET));
    match (url, secrets.pop()) {
        (Some(url), Some(secret)) if secrets.is_empty() => Some(MerchantWebhook { url, secret }),
        (None, None) => None,
        _ => {
            let (url, secret) = (MERCHANT_WEBHOOK_URL.name, MERCHANT_WEBHOOK_SECRET.name);
            environment.add_error(format!("{url} and {secret}: set both, with one secret, or neither"));
            None
        }
    }
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
        environment.check().map(|()| settings.webhook).map_err(|error| error.to_string())
    }

    #[test]
    fn a_webhook_has_a_url_and_a_secret() {
        assert_eq!(read("", ""), Ok(None));
        let webhook = read("https://erp.example/hooks?shop=1", SECRET).unwrap().unwrap();
        assert_eq!((webhook.url.origin(), webhook.url.path()), ("https://erp.example", "/hooks?shop=1"));
        for (url, secret) in
            [("https://erp.example", ""), ("", SECRET), ("erp.example", SECRET), ("https://erp.example", "x")]
        {
            let problem = read(url, secret).unwrap_err();
            assert!(problem.contains("MERCHANT_WEBHOOK_") && !problem.contains("MfKQ"), "{problem}");
        }
    }
}
