//! Pages for browsers: the replacement for hosted card fields, and the bank's side of 3-D Secure.

use crate::Sandbox;
use crate::card::{Card, has_check_digit};
use crate::pages;
use crate::payment::{Decision, PaymentState};
use crate::protocol::LinkTarget;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::http::Json;
use chassis::{Problem, problem};
use contracts::SingleLineText;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The card details that a customer enters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardDetails {
    /// The name on the card, which selects the outcome.
    card_holder_name: SingleLineText<120>,
    /// The card number, 12 to 19 digits; spaces and hyphens are ignored.
    card_number: SingleLineText<32>,
    expiry_month: u8,
    expiry_year: u16,
    cvc: SingleLineText<4>,
}

#[derive(Debug, Serialize)]
pub(super) struct Session {
    /// The URL of the session, which replaces the card details in a payment request.
    session: String,
}

impl Sandbox {
    /// Validates entered card details and returns the parts of the card that are stored.
    pub(super) fn validate_card(&self, card: &CardDetails) -> Result<Card, Problem> {
        let number = card.card_number.as_str();
        let digits: String = number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(12..=19).contains(&digits.len()) || !numeric(&digits) || !has_check_digit(&digits) {
            return Err(Problem::invalid(
                "/card_number",
                "must be a valid card number, such as the test number 4444 3333 2222 1111",
            ));
        }
        if !(1..=12).contains(&card.expiry_month) {
            return Err(Problem::invalid("/expiry_month", "must be 1 to 12"));
        }
        // The range only rejects years of two digits. Expired cards are accepted, because only name and amount select
        // the outcome.
        if !(2000..=2100).contains(&card.expiry_year) {
            return Err(Problem::invalid("/expiry_year", "must have four digits"));
        }
        if card.cvc.as_str().len() < 3 || !numeric(card.cvc.as_str()) {
            return Err(Problem::invalid("/cvc", "must have three or four digits"));
        }
        let holder = Some(card.card_holder_name.as_str().to_owned());
        let year = i16::try_from(card.expiry_year).unwrap_or_default();
        Ok(Card::new(&digits, i16::from(card.expiry_month), year, holder, &self.0.store.secret))
    }
}

/// Handles `POST /sandbox/sessions`: replaces hosted fields, through which a browser sends card details to the gateway
/// only.
pub(super) async fn session(
    State(sandbox): State<Sandbox>,
    Json(card): Json<CardDetails>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let session = sandbox.open_session(&sandbox.validate_card(&card)?).await?;
    Ok((StatusCode::CREATED, Json(Session { session })))
}

/// Handles `GET` and `POST /sandbox/device-data`: the device data page for a hidden frame.
pub(super) async fn device_data(State(sandbox): State<Sandbox>) -> Response {
    pages::device_data(&sandbox.0.system)
}

#[derive(Debug, Deserialize)]
pub(super) struct JwtForm {
    // Worldpay's documentation tells shops to post the token under this name.
    #[serde(rename = "JWT")]
    jwt: String,
}

/// Parses a URL-encoded form.
pub(super) fn form<T: DeserializeOwned>(body: &str) -> Result<T, Problem> {
    serde_html_form::from_str(body).map_err(|error| problem::MALFORMED.detail(format!("The form is invalid: {error}.")))
}

fn unknown_payment() -> Problem {
    problem::NOT_FOUND.detail("Payment not found.")
}

/// Handles `POST /sandbox/challenge`: shows the challenge page of the bank.
pub(super) async fn challenge(State(sandbox): State<Sandbox>, body: String) -> Result<Response, Problem> {
    let jwt: JwtForm = form(&body)?;
    let id = sandbox.read_jwt(LinkTarget::Challenge, &jwt.jwt).ok_or_else(unknown_payment)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(unknown_payment)?;
    let three_ds = payment.three_ds.as_ref();
    let open = payment.state == PaymentState::Challenged && three_ds.is_some_and(|three_ds| three_ds.decided.is_none());
    let system = &sandbox.0.system;
    Ok(match three_ds.and_then(|three_ds| three_ds.return_url.as_deref()) {
        // The customer has already decided, perhaps in another window.
        Some(return_url) if !open => pages::return_to_shop(return_url, &payment.id, system),
        _ => pages::challenge_page(payment.amount, &jwt.jwt, &sandbox.0.settings.browser_url, system),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct DecisionForm {
    #[serde(rename = "JWT")]
    jwt: String,
    decision: Decision,
}

/// Handles `POST /sandbox/challenge/decision`. Only the first decision of the customer counts.
pub(super) async fn decide(State(sandbox): State<Sandbox>, body: String) -> Result<Response, Problem> {
    let decided: DecisionForm = form(&body)?;
    let id = sandbox.read_jwt(LinkTarget::Challenge, &decided.jwt).ok_or_else(unknown_payment)?;
    // A rejection means that the challenge is already completed, perhaps in another window. The customer returns to the
    // shop in that case as well.
    let _ = sandbox.change(&id, |payment, _| payment.decide(decided.decision)).await?.ok_or_else(unknown_payment)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(unknown_payment)?;
    let three_ds = payment.three_ds.as_ref().ok_or_else(unknown_payment)?;
    let return_url = three_ds.return_url.as_deref().ok_or_else(unknown_payment)?;
    Ok(pages::return_to_shop(return_url, &payment.id, &sandbox.0.system))
}
