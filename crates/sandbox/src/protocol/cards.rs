//! Request bodies about stored cards.

use super::errors::WireError;
use super::schema::{Text, check};
use super::values::{CVC, CardData, NAME, NAMESPACE, NUMBER, address, expiry, merchant};

/// Card details that a browser exchanges for a session.
pub(crate) struct CardSession(pub CardData);

impl CardSession {
    /// Parses and validates the request body.
    ///
    /// # Errors
    /// 400 with all validation errors.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, WireError> {
        check(bytes, |body| {
            // The checkout id is only validated, because the sandbox has a single merchant.
            body.text("identity", Text::any(1, 64));
            // All fields are read before the first `?`, so that one response reports every error.
            let number = body.text("cardNumber", NUMBER);
            let expiry = body.object("cardExpiryDate", expiry);
            body.optional_text("cvc", CVC);
            let (month, year) = expiry?;
            Some(Self(CardData { holder: None, number: number?, month, year }))
        })
    }
}

/// A request to store a card.
pub(crate) struct TokenRequest {
    pub card: CardData,
    pub namespace: Option<String>,
}

impl TokenRequest {
    /// Parses and validates the request body.
    ///
    /// # Errors
    /// 400 with all validation errors.
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
                Some(CardData { holder: Some(holder?), number: number?, month, year })
            });
            Some(Self { card: card?, namespace })
        })
    }
}

/// The new details of a stored card.
pub(crate) struct CardUpdate {
    pub holder: Option<String>,
    pub expiry: Option<(i16, i16)>,
}

impl CardUpdate {
    /// Parses and validates the request body.
    ///
    /// # Errors
    /// 400 with all validation errors.
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
