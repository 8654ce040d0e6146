//! The bodies about payments.

use super::errors::WireError;
use super::schema::{Fields, Text, check};
use super::values::{
    CVC, NAME, NAMESPACE, NUMBER, REFERENCE, URL, WrittenCard, address, expiry, merchant, money, narrative, url,
};
use crate::payment::Part;
use contracts::Money;

/// What is paid with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Instrument {
    Plain(WrittenCard),
    /// Details that the browser gave to Worldpay.
    Checkout {
        session: String,
        holder: Option<String>,
    },
    /// A card kept earlier, by its address.
    TokenLink(String),
    /// A card kept earlier, by its number within a namespace.
    TokenId {
        id: String,
        namespace: String,
    },
}

/// A request for a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentRequest {
    pub reference: String,
    pub amount: Money,
    pub auto: bool,
    pub instrument: Instrument,
    /// The namespace to keep the card in.
    pub keep_in: Option<String>,
    /// 3-D Secure is wanted.
    pub strong: bool,
    pub return_url: Option<String>,
}

impl PaymentRequest {
    /// # Errors
    /// 400 with everything that is wrong with it.
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
    let amount = fields.object("value", |value| money(value, 0));
    let keep_in = fields.optional_object("tokenCreation", |token| {
        token.one_of("type", &["worldpay"]);
        token.text("namespace", NAMESPACE)
    });
    fields.optional_object("customerAgreement", |agreement| {
        agreement.one_of("type", &["cardOnFile", "subscription", "installment", "unscheduled"]);
        agreement.optional_one_of("storedCardUsage", &["first", "subsequent"]);
        agreement.optional_text("schemeReference", Text::free(1, 64));
        Some(())
    });
    let strong = fields.optional_object("threeDS", strong);
    for other in ["customer", "shipping", "debtRepayment"] {
        fields.ignored(other);
    }
    Some(PaymentRequest {
        reference: String::new(),
        amount: amount?,
        auto,
        instrument: instrument?,
        keep_in,
        strong: strong.is_some(),
        return_url: strong.flatten(),
    })
}

fn settlement(settlement: &Fields<'_>) -> Option<bool> {
    settlement.optional_object("cancelOn", |on| {
        on.optional_one_of("avsNotMatched", &["enabled", "disabled"]);
        on.optional_one_of("cvcNotMatched", &["enabled", "disabled"]);
        Some(())
    });
    settlement.flag("auto")
}

fn strong(fields: &Fields<'_>) -> Option<Option<String>> {
    fields.one_of("type", &["integrated"]);
    fields.optional_one_of("mode", &["always", "smart"]);
    fields.object("deviceData", |device| {
        device.text("acceptHeader", Text::free(1, 2048));
        device.text("userAgentHeader", Text::free(1, 2048));
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
            fields.optional_text("cvc", CVC);
            address(fields);
            let (month, year) = expiry?;
            Some(Instrument::Plain(WrittenCard { holder: Some(holder?), number: number?, month, year }))
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
                let id = fields.text("tokenId", Text::free(1, 64));
                let namespace = fields.text("namespace", NAMESPACE);
                Some(Instrument::TokenId { id: id?, namespace: namespace? })
            } else {
                fields.text("href", URL).map(Instrument::TokenLink)
            }
        }
    }
}

/// Reads the body of a partial command.
///
/// # Errors
/// 400 with everything that is wrong with it.
pub(crate) fn part(bytes: &[u8]) -> Result<Part, WireError> {
    check(bytes, |body| {
        let reference = body.text("reference", REFERENCE);
        let amount = body.object("value", |value| money(value, 1));
        body.optional_object("sequence", |sequence| {
            let (number, total) =
                (sequence.required_number("number", 1..=99)?, sequence.required_number("total", 1..=99)?);
            if number > total {
                sequence.wrong("number", "Must not be above the total");
            }
            Some(())
        });
        Some(Part { reference: reference?, amount: amount? })
    })
}

/// Reads the body that supplies device data: the reference is left out when its collection failed.
///
/// # Errors
/// 400 with everything that is wrong with it.
pub(crate) fn device_data(bytes: &[u8]) -> Result<Option<String>, WireError> {
    check(bytes, |body| Some(body.optional_text("collectionReference", Text::free(1, 128))))
}
