//! Answers about payments, as Worldpay writes them.

use crate::Sandbox;
use crate::card::Card;
use crate::payment::{Payment, PaymentState, Strong};
use crate::script::description;
use crate::store::Token;
use crate::wire::LinkTo;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A moment as Worldpay writes those of tokens.
pub(super) fn in_seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A card as answers about payments tell it.
pub(super) fn instrument(card: &Card) -> Value {
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
    /// The address of the payment, and of what can be done with it, by name.
    pub(super) fn actions(&self, payment: &Payment) -> Value {
        let link = self.link(payment);
        let actions = payment.possible().into_iter().map(|action| {
            (action.name().to_owned(), json!({ "href": format!("{link}/{}", action.path()), "method": "POST" }))
        });
        Value::Object(actions.collect::<Map<_, _>>())
    }

    /// Adds the payment's own address, and what can be done with it if there is anything.
    pub(super) fn link_up(&self, payment: &Payment, answer: &mut Value) {
        answer["_links"] = json!({ "self": { "href": self.link(payment) } });
        let actions = self.actions(payment);
        if actions.as_object().is_some_and(|actions| !actions.is_empty()) {
            answer["_actions"] = actions;
        }
    }

    /// What has become of a payment, to the one who asked for it.
    pub(super) fn outcome(&self, payment: &Payment, token: Option<&Token>) -> Response {
        let mut status = StatusCode::CREATED;
        let mut answer = json!({ "transactionReference": payment.reference });
        match payment.state {
            PaymentState::DeviceDataRequired => self.tell_device_data(payment, &mut answer),
            PaymentState::Challenged => self.tell_challenge(payment, &mut answer),
            PaymentState::AuthenticationFailed => {
                answer["outcome"] = json!("3dsAuthenticationFailed");
                answer["threeDS"] = json!({ "outcome": "authenticationFailed", "issuerResponse": "challenged",
                    "version": "2.1.0", "status": "N" });
            }
            PaymentState::HighRisk => {
                answer["outcome"] = json!("fraudHighRisk");
                answer["score"] = json!(97);
                answer["reason"] = json!(["Unusual card activity"]);
            }
            PaymentState::Refused => tell_refusal(payment, &mut answer),
            PaymentState::Authorised | PaymentState::Cancelled | PaymentState::Expired => {
                self.tell_authorisation(payment, &mut answer);
                if payment.auto {
                    status = StatusCode::ACCEPTED;
                    answer["outcome"] = json!("sentForSettlement");
                }
            }
        }
        if let Some(token) = token {
            answer["token"] = self.token_of_payment(token);
        }
        (status, Json(answer)).into_response()
    }

    fn tell_device_data(&self, payment: &Payment, answer: &mut Value) {
        answer["outcome"] = json!("3dsDeviceDataRequired");
        answer["deviceDataCollection"] = json!({
            "jwt": self.ticket(LinkTo::DeviceData, payment),
            "url": format!("{}/sandbox/device-data", self.0.settings.browser_url),
            "bin": payment.card.bin,
        });
        answer["_actions"] = self.actions(payment);
    }

    fn tell_challenge(&self, payment: &Payment, answer: &mut Value) {
        let ticket = self.ticket(LinkTo::Challenge, payment);
        answer["outcome"] = json!("3dsChallenged");
        answer["authentication"] = json!({ "version": "2.1.0" });
        answer["challenge"] = json!({
            "reference": format!("{}-challenge", payment.id),
            "url": format!("{}/sandbox/challenge", self.0.settings.browser_url),
            "jwt": ticket,
            "payload": ticket.split('.').nth(1),
        });
        answer["_actions"] = self.actions(payment);
    }

    fn tell_authorisation(&self, payment: &Payment, answer: &mut Value) {
        answer["outcome"] = json!("authorized");
        answer["paymentId"] = json!(payment.id);
        answer["schemeReference"] = json!("060720116005060");
        answer["issuer"] = json!({ "authorizationCode": "675725" });
        answer["riskFactors"] = risk_factors();
        answer["paymentInstrument"] = instrument(&payment.card);
        if let Some(strong) = &payment.strong {
            answer["threeDS"] = json!({ "outcome": "authenticated", "issuerResponse": issuer_response(strong),
                "version": "2.1.0", "eci": "05", "status": "Y" });
        }
        self.link_up(payment, answer);
    }

    fn token_of_payment(&self, token: &Token) -> Value {
        json!({
            "href": format!("{}/tokens/{}", self.0.settings.api_url, token.id),
            "tokenId": token.id,
            "tokenExpiryDateTime": in_seconds(token.expires_at),
            "cardNumber": token.card.masked(),
            "cardExpiry": { "month": token.card.month, "year": token.card.year },
            "bin": token.card.bin,
            "fundingType": "debit",
        })
    }
}

fn issuer_response(strong: &Strong) -> &'static str {
    if strong.decided.is_some() { "challenged" } else { "frictionless" }
}

fn risk_factors() -> Value {
    json!([
        { "risk": "notChecked", "type": "cvc" },
        { "risk": "notChecked", "detail": "address", "type": "avs" },
        { "risk": "notChecked", "detail": "postcode", "type": "avs" },
    ])
}

fn tell_refusal(payment: &Payment, answer: &mut Value) {
    let code = payment.refusal.as_deref().unwrap_or("5");
    answer["outcome"] = json!("refused");
    answer["paymentId"] = json!(payment.id);
    answer["refusalCode"] = json!(code);
    answer["refusalDescription"] = json!(description(code));
    answer["advice"] = json!({ "code": "01" });
    answer["riskFactors"] = risk_factors();
    answer["paymentInstrument"] = instrument(&payment.card);
}
