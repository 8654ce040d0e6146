//! Responses about payments in Worldpay's format.

use crate::Sandbox;
use crate::card::Card;
use crate::payment::{Payment, PaymentState, ThreeDs};
use crate::protocol::LinkTarget;
use crate::script::refusal_description;
use crate::store::Token;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Formats a timestamp as Worldpay does for tokens: UTC, without fractions of a second.
pub(super) fn format_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns the masked card for responses about payments.
pub(super) fn instrument(card: &Card) -> Value {
    // Country, funding type and issuer cannot be derived from the number, so they are the same for every card.
    json!({
        "type": "card/plain+masked",
        "cardBin": card.bin,
        "lastFour": card.last_four,
        "countryCode": "GB",
        "expiryDate": { "month": card.month, "year": card.year },
        "cardBrand": card.brand().unwrap_or("unknown"),
        "fundingType": "debit",
        "category": "consumer",
        "issuerName": "SANDBOX BANK",
    })
}

impl Sandbox {
    /// Returns the `_actions` object: a link for each action that is allowed now.
    pub(super) fn actions(&self, payment: &Payment) -> Value {
        let link = self.link(payment);
        let actions = payment.allowed_actions().into_iter().map(|action| {
            (action.name().to_owned(), json!({ "href": format!("{link}/{}", action.path()), "method": "POST" }))
        });
        Value::Object(actions.collect::<Map<_, _>>())
    }

    /// Adds the payment's `_links` and, unless empty, its `_actions`.
    pub(super) fn add_links(&self, payment: &Payment, response: &mut Value) {
        response["_links"] = json!({ "self": { "href": self.link(payment) } });
        let actions = self.actions(payment);
        // Worldpay leaves `_actions` out when no action remains, for example after a full refund.
        if actions.as_object().is_some_and(|actions| !actions.is_empty()) {
            response["_actions"] = actions;
        }
    }

    /// Builds the response to a payment request or to a 3-D Secure step.
    pub(super) fn outcome(&self, payment: &Payment, token: Option<&Token>) -> Response {
        // A refusal has status 201 as well: only `outcome` distinguishes it from an authorisation.
        let mut status = StatusCode::CREATED;
        let mut response = json!({ "transactionReference": payment.reference });
        match payment.state {
            PaymentState::DeviceDataRequired => self.add_device_data(payment, &mut response),
            PaymentState::Challenged => self.add_challenge(payment, &mut response),
            PaymentState::AuthenticationFailed => {
                response["outcome"] = json!("3dsAuthenticationFailed");
                // Status N is the value of EMV 3-D Secure for a denied authentication.
                response["threeDS"] = json!({ "outcome": "authenticationFailed", "issuerResponse": "challenged",
                    "version": "2.1.0", "status": "N" });
            }
            PaymentState::HighRisk => {
                response["outcome"] = json!("fraudHighRisk");
                response["score"] = json!(97);
                response["reason"] = json!(["Unusual card activity"]);
            }
            PaymentState::Refused => add_refusal(payment, &mut response),
            PaymentState::Authorised | PaymentState::Cancelled | PaymentState::Expired => {
                self.add_authorisation(payment, &mut response);
                // Worldpay reports an authorisation that settles at once as a settlement, with status 202.
                if payment.auto {
                    status = StatusCode::ACCEPTED;
                    response["outcome"] = json!("sentForSettlement");
                }
            }
        }
        if let Some(token) = token {
            response["token"] = self.token_of_payment(token);
        }
        (status, Json(response)).into_response()
    }

    fn add_device_data(&self, payment: &Payment, response: &mut Value) {
        response["outcome"] = json!("3dsDeviceDataRequired");
        response["deviceDataCollection"] = json!({
            "jwt": self.jwt(LinkTarget::DeviceData, payment),
            "url": format!("{}/sandbox/device-data", self.0.settings.browser_url),
            "bin": payment.card.bin,
        });
        response["_actions"] = self.actions(payment);
    }

    fn add_challenge(&self, payment: &Payment, response: &mut Value) {
        let jwt = self.jwt(LinkTarget::Challenge, payment);
        response["outcome"] = json!("3dsChallenged");
        response["authentication"] = json!({ "version": "2.1.0" });
        response["challenge"] = json!({
            "reference": format!("{}-challenge", payment.id),
            "url": format!("{}/sandbox/challenge", self.0.settings.browser_url),
            "jwt": jwt,
            "payload": jwt.split('.').nth(1),
        });
        response["_actions"] = self.actions(payment);
    }

    fn add_authorisation(&self, payment: &Payment, response: &mut Value) {
        response["outcome"] = json!("authorized");
        response["paymentId"] = json!(payment.id);
        response["schemeReference"] = json!("060720116005060");
        response["issuer"] = json!({ "authorizationCode": "675725" });
        response["riskFactors"] = risk_factors();
        response["paymentInstrument"] = instrument(&payment.card);
        if let Some(three_ds) = &payment.three_ds {
            // ECI 05 is Visa's value for a full authentication, and status Y the one of EMV 3-D Secure.
            response["threeDS"] = json!({ "outcome": "authenticated", "issuerResponse": issuer_response(three_ds),
                "version": "2.1.0", "eci": "05", "status": "Y" });
        }
        self.add_links(payment, response);
    }

    fn token_of_payment(&self, token: &Token) -> Value {
        json!({
            "href": format!("{}/tokens/{}", self.0.settings.api_url, token.id),
            "tokenId": token.id,
            "tokenExpiryDateTime": format_seconds(token.expires_at),
            "cardNumber": token.card.masked(),
            "cardExpiry": { "month": token.card.month, "year": token.card.year },
            "bin": token.card.bin,
            "fundingType": "debit",
        })
    }
}

fn issuer_response(three_ds: &ThreeDs) -> &'static str {
    if three_ds.decided.is_some() { "challenged" } else { "frictionless" }
}

fn risk_factors() -> Value {
    json!([
        { "risk": "notChecked", "type": "cvc" },
        { "risk": "notChecked", "detail": "address", "type": "avs" },
        { "risk": "notChecked", "detail": "postcode", "type": "avs" },
    ])
}

fn add_refusal(payment: &Payment, response: &mut Value) {
    let code = payment.refusal.as_deref().unwrap_or("5");
    response["outcome"] = json!("refused");
    response["paymentId"] = json!(payment.id);
    response["refusalCode"] = json!(code);
    response["refusalDescription"] = json!(refusal_description(code));
    response["advice"] = json!({ "code": "01" });
    response["riskFactors"] = risk_factors();
    response["paymentInstrument"] = instrument(&payment.card);
}
