//! Request bodies about payments.

use super::errors::WireError;
use super::schema::{Fields, Text, check};
use super::values::{
    CVC, CardData, NAME, NAMESPACE, NUMBER, REFERENCE, URL, address, expiry, merchant, money, narrative, url,
};
use crate::payment::PartialCommand;
use contracts::Money;

/// The instrument of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instrument {
    Plain(CardData),
    /// A session with the details that the browser sent to Worldpay.
    Checkout {
        session: String,
        holder: Option<String>,
    },
    /// A stored card, by the URL of its token.
    TokenLink(String),
    /// A stored card, by the id of its token within a namespace.
    TokenId {
        id: String,
        namespace: String,
    },
}

/// A request to authorise a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentRequest {
    pub reference: String,
    pub amount: Money,
    pub auto: bool,
    pub instrument: Instrument,
    /// The namespace for a token of the card, when one was requested.
    pub token_namespace: Option<String>,
    /// Set when 3-D Secure was requested.
    pub three_ds: bool,
    pub return_url: Option<String>,
}

impl PaymentRequest {
    /// Parses and validates the request body.
    ///
    /// # Errors
    /// 400 with all validation errors.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WireError> {
        check(bytes, |body| {
            let reference = body.text("transactionReference", REFERENCE);
            body.optional_text("orderReference", REFERENCE);
            body.object("merchant", merchant);
            body.one_of("channel", &["ecom", "moto"]);
            let mut request = body.object("instruction", instruction)?;
            request.reference = reference?;
            Some(request)
        })
    }
}

fn instruction(fields: &Fields<'_>) -> Option<PaymentRequest> {
    fields.one_of("method", &["card"]);
    let auto = fields.optional_object("settlement", settlement).unwrap_or(false);
    let instrument = fields.object("paymentInstrument", instrument);
    fields.object("narrative", narrative);
    // Worldpay reads an amount of 0 as a request to verify the account.
    let amount = fields.object("value", |value| money(value, 0));
    let token_namespace = fields.optional_object("tokenCreation", |token| {
        token.one_of("type", &["worldpay"]);
        token.text("namespace", NAMESPACE)
    });
    fields.optional_object("customerAgreement", |agreement| {
        agreement.one_of("type", &["cardOnFile", "subscription", "installment", "unscheduled"]);
        agreement.optional_one_of("storedCardUsage", &["first", "subsequent"]);
        agreement.optional_text("schemeReference", Text::any(1, 64));
        Some(())
    });
    let three_ds = fields.optional_object("threeDS", three_ds);
    for other in ["customer", "shipping", "debtRepayment"] {
        fields.ignored(other);
    }
    Some(PaymentRequest {
        reference: String::new(),
        amount: amount?,
        auto,
        instrument: instrument?,
        token_namespace,
        three_ds: three_ds.is_some(),
        return_url: three_ds.flatten(),
    })
}

fn settlement(settlement: &Fields<'_>) -> Option<bool> {
    // The sandbox checks neither address nor security code, so `cancelOn` has no effect.
    settlement.optional_object("cancelOn", |on| {
        on.optional_one_of("avsNotMatched", &["enabled", "disabled"]);
        on.optional_one_of("cvcNotMatched", &["enabled", "disabled"]);
        Some(())
    });
    settlement.flag("auto")
}

fn three_ds(fields: &Fields<'_>) -> Option<Option<String>> {
    fields.one_of("type", &["integrated"]);
    fields.optional_one_of("mode", &["always", "smart"]);
    fields.object("deviceData", |device| {
        device.text("acceptHeader", Text::any(1, 2048));
        device.text("userAgentHeader", Text::any(1, 2048));
        for other in [
            "browserLanguage",
            "browserScreenHeight",
            "browserScreenWidth",
            "browserColorDepth",
            "browserJavaEnabled",
            "browserJavascriptEnabled",
            "ipAddress",
            "timeZone",
        ] {
            device.ignored(other);
        }
        Some(())
    });
    let return_url = fields.object("challenge", |challenge| {
        challenge.ignored("windowSize");
        challenge.ignored("preference");
        url(challenge, "returnUrl")
    });
    Some(return_url)
}

fn instrument(fields: &Fields<'_>) -> Option<Instrument> {
    match fields.one_of("type", &["plain", "checkout", "token"])? {
        "plain" => {
            let holder = fields.text("cardHolderName", NAME);
            let number = fields.text("cardNumber", NUMBER);
            let expiry = fields.object("expiryDate", expiry);
            // PCI DSS forbids storing the security code after the authorisation, so it is validated and dropped.
            fields.optional_text("cvc", CVC);
            address(fields);
            let (month, year) = expiry?;
            Some(Instrument::Plain(CardData { holder: Some(holder?), number: number?, month, year }))
        }
        "checkout" => {
            let holder = fields.optional_text("cardHolderName", NAME);
            let session = fields.text("sessionHref", URL);
            address(fields);
            Some(Instrument::Checkout { session: session?, holder })
        }
        _ => {
            fields.optional_text("cvc", CVC);
            fields.optional_text("cvcSessionHref", URL);
            address(fields);
            if fields.has("tokenId") {
                let id = fields.text("tokenId", Text::any(1, 64));
                let namespace = fields.text("namespace", NAMESPACE);
                Some(Instrument::TokenId { id: id?, namespace: namespace? })
            } else {
                fields.text("href", URL).map(Instrument::TokenLink)
            }
        }
    }
}

/// Parses the body of a partial command.
///
/// # Errors
/// 400 with all validation errors.
pub(crate) fn partial_command(bytes: &[u8]) -> Result<PartialCommand, WireError> {
    check(bytes, |body| {
        let reference = body.text("reference", REFERENCE);
        let amount = body.object("value", |value| money(value, 1));
        body.optional_object("sequence", |sequence| {
            let (number, total) =
                (sequence.required_number("number", 1..=99)?, sequence.required_number("total", 1..=99)?);
            if number > total {
                sequence.report_invalid("number", "Must not be above the total");
            }
            Some(())
        });
        Some(PartialCommand { reference: reference?, amount: amount? })
    })
}

/// Parses the body with device data. The reference is absent when the collection failed.
///
/// # Errors
/// 400 with all validation errors.
pub(crate) fn device_data(bytes: &[u8]) -> Result<Option<String>, WireError> {
    check(bytes, |body| Some(body.optional_text("collectionReference", Text::any(1, 128))))
}
