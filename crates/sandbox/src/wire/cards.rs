//! The bodies about cards without payments.

use super::errors::WireError;
use super::schema::{Text, check};
use super::values::{CVC, NAME, NAMESPACE, NUMBER, WrittenCard, address, expiry, merchant};

/// Card details that a browser exchanges for a session.
pub(crate) struct CardSession(pub WrittenCard);

impl CardSession {
    /// # Errors
    /// 400 with everything that is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WireError> {
        check(bytes, |body| {
            body.text("identity", Text::free(1, 64));
            let number = body.text("cardNumber", NUMBER);
            let expiry = body.object("cardExpiryDate", expiry);
            body.optional_text("cvc", CVC);
            let (month, year) = expiry?;
            Some(Self(WrittenCard { holder: None, number: number?, month, year }))
        })
    }
}

/// A request to keep a card.
pub(crate) struct TokenRequest {
    pub card: WrittenCard,
    pub namespace: Option<String>,
}

impl TokenRequest {
    /// # Errors
    /// 400 with everything that is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WireError> {
        check(bytes, |body| {
            body.optional_text("description", NAME);
            body.object("merchant", merchant);
            let namespace = body.optional_text("namespace", NAMESPACE);
            let card = body.object("paymentInstrument", |card| {
                card.one_of("type", &["card/front"]);
                let holder = card.text("cardHolderName", NAME);
                let number = card.text("cardNumber", NUMBER);
                let expiry = card.object("cardExpiryDate", expiry);
                card.optional_text("cvc", CVC);
                address(card);
                let (month, year) = expiry?;
                Some(WrittenCard { holder: Some(holder?), number: number?, month, year })
            });
            Some(Self { card: card?, namespace })
        })
    }
}

/// What is to be different about a card that is kept.
pub(crate) struct CardUpdate {
    pub holder: Option<String>,
    pub expiry: Option<(i16, i16)>,
}

impl CardUpdate {
    /// # Errors
    /// 400 with everything that is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WireError> {
        check(bytes, |body| {
            body.optional_text("description", NAME);
            let holder = body.optional_text("cardHolderName", NAME);
            let expiry = body.optional_object("cardExpiryDate", expiry);
            address(body);
            Some(Self { holder, expiry })
        })
    }
}
