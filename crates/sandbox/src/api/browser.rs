//! What browsers ask for: the stand-in for hosted fields, and the bank's side of 3-D Secure.

use crate::Sandbox;
use crate::card::{Card, has_check_digit};
use crate::pages;
use crate::payment::{Decision, PaymentState};
use crate::wire::LinkTo;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chassis::http::Json;
use chassis::{Problem, problem};
use contracts::SingleLineText;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A card, as the stand-in for hosted fields takes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardDetails {
    /// The name on the card; chooses what happens.
    card_holder_name: SingleLineText<120>,
    /// The number: 12 to 19 digits.
    card_number: SingleLineText<32>,
    expiry_month: u8,
    expiry_year: u16,
    cvc: SingleLineText<4>,
}

#[derive(Debug, Serialize)]
pub(super) struct Session {
    /// Stands for the card in a payment.
    session: String,
}

impl Sandbox {
    /// What is kept of a card that somebody typed.
    pub(super) fn typed(&self, card: &CardDetails) -> Result<Card, Problem> {
        let number = card.card_number.as_str();
        let digits: String = number.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(12..=19).contains(&digits.len()) || !numeric(&digits) || !has_check_digit(&digits) {
            return Err(Problem::invalid(
                "/card_number",
                "is not a card number; 4444 3333 2222 1111 is one for trying out",
            ));
        }
        if !(1..=12).contains(&card.expiry_month) {
            return Err(Problem::invalid("/expiry_month", "is 1 to 12"));
        }
        if !(2000..=2100).contains(&card.expiry_year) {
            return Err(Problem::invalid("/expiry_year", "has four digits"));
        }
        if card.cvc.as_str().len() < 3 || !numeric(card.cvc.as_str()) {
            return Err(Problem::invalid("/cvc", "has three or four digits"));
        }
        let holder = Some(card.card_holder_name.as_str().to_owned());
        let year = i16::try_from(card.expiry_year).unwrap_or_default();
        Ok(Card::of(&digits, i16::from(card.expiry_month), year, holder, &self.0.store.secret))
    }
}

/// `POST /sandbox/sessions`: stands for hosted fields, by which a browser gives card details to the gateway alone.
pub(super) async fn session(
    State(sandbox): State<Sandbox>,
    Json(card): Json<CardDetails>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let session = sandbox.open_session(&sandbox.typed(&card)?).await?;
    Ok((StatusCode::CREATED, Json(Session { session })))
}

/// `GET` and `POST /sandbox/device-data`: the page for a hidden frame.
pub(super) async fn device_data(State(sandbox): State<Sandbox>) -> Response {
    pages::device_data(&sandbox.0.system)
}

#[derive(Debug, Deserialize)]
pub(super) struct Ticket {
    #[serde(rename = "JWT")]
    jwt: String,
}

/// Reads what a form has sent.
pub(super) fn form<T: DeserializeOwned>(body: &str) -> Result<T, Problem> {
    serde_html_form::from_str(body).map_err(|error| problem::MALFORMED.detail(format!("The form has faults: {error}.")))
}

fn unknown() -> Problem {
    problem::NOT_FOUND.detail("The bank knows of no such payment.")
}

/// `POST /sandbox/challenge`: the bank's question.
pub(super) async fn challenge(State(sandbox): State<Sandbox>, body: String) -> Result<Response, Problem> {
    let ticket: Ticket = form(&body)?;
    let id = sandbox.read_ticket(LinkTo::Challenge, &ticket.jwt).ok_or_else(unknown)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(unknown)?;
    let strong = payment.strong.as_ref();
    let open = payment.state == PaymentState::Challenged && strong.is_some_and(|strong| strong.decided.is_none());
    let system = &sandbox.0.system;
    Ok(match strong.and_then(|strong| strong.return_url.as_deref()) {
        // Decided already, perhaps in another window.
        Some(return_url) if !open => pages::way_back(return_url, &payment.id, system),
        _ => pages::question(payment.amount, &ticket.jwt, &sandbox.0.settings.browser_url, system),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Decided {
    #[serde(rename = "JWT")]
    jwt: String,
    decision: Decision,
}

/// `POST /sandbox/challenge/decision`: the customer has decided. The first decision stands.
pub(super) async fn decide(State(sandbox): State<Sandbox>, body: String) -> Result<Response, Problem> {
    let decided: Decided = form(&body)?;
    let id = sandbox.read_ticket(LinkTo::Challenge, &decided.jwt).ok_or_else(unknown)?;
    // One that is decided and completed already leads back as well.
    let _ = sandbox.change(&id, |payment, _| payment.decide(decided.decision)).await?.ok_or_else(unknown)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(unknown)?;
    let strong = payment.strong.as_ref().ok_or_else(unknown)?;
    let return_url = strong.return_url.as_deref().ok_or_else(unknown)?;
    Ok(pages::way_back(return_url, &payment.id, &sandbox.0.system))
}
