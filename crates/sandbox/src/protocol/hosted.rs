//! The request body for a hosted payment page.

use super::errors::WireError;
use super::schema::{Text, check};
use super::values::{REFERENCE, is_digit, merchant, money, narrative, url};
use contracts::Money;

/// The URLs to which a hosted page redirects, by outcome.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct ResultUrls {
    pub success: Option<String>,
    pub pending: Option<String>,
    pub failure: Option<String>,
    pub error: Option<String>,
    pub cancel: Option<String>,
    pub expiry: Option<String>,
}

/// A request for a hosted payment page.
pub(crate) struct HostedPage {
    pub reference: String,
    pub amount: Money,
    pub urls: ResultUrls,
}

impl HostedPage {
    /// Parses and validates the request body.
    ///
    /// # Errors
    /// 400 with all validation errors.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WireError> {
        check(bytes, |body| {
            let reference = body.text("transactionReference", REFERENCE);
            body.object("merchant", merchant);
            body.object("narrative", narrative);
            let amount = body.object("value", |value| money(value, 1));
            body.optional_text("description", Text::any(1, 128));
            body.optional_text("expiry", Text::with(1, 6, is_digit));
            body.ignored("billingAddress");
            body.ignored("billingAddressName");
            let urls = body.optional_object("resultURLs", |urls| {
                // `url` would report an absent field as missing, but every URL is optional.
                let optional = |name| if urls.has(name) { url(urls, name) } else { None };
                Some(ResultUrls {
                    success: optional("successURL"),
                    pending: optional("pendingURL"),
                    failure: optional("failureURL"),
                    error: optional("errorURL"),
                    cancel: optional("cancelURL"),
                    expiry: optional("expiryURL"),
                })
            });
            Some(Self { reference: reference?, amount: amount?, urls: urls.unwrap_or_default() })
        })
    }
}
