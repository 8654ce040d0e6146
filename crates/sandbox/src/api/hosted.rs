//! Hosted payment pages: the merchant creates one, the customer pays on it, and the payment settles automatically.

use super::auth::{require_accept, require_content_type};
use super::browser::{CardDetails, form};
use crate::Sandbox;
use crate::pages;
use crate::payment::{AuthorisationRequest, Payment, PaymentState};
use crate::protocol::{HostedPage, LinkTarget, WireError};
use crate::script::{Outcome, Script};
use crate::store::PageState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chassis::{Problem, problem};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

const MEDIA_TYPE: &str = "application/vnd.worldpay.payment_pages-v1.hal+json";
/// The time in which a hosted page can be paid.
const PAGE_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// Handles `POST /payment_pages`: creates a hosted page.
pub(super) async fn create(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    require_accept(&headers, MEDIA_TYPE)?;
    require_content_type(&headers, MEDIA_TYPE)?;
    let HostedPage { reference, amount, urls } = HostedPage::read(&body)?;
    // Customers have no credentials, so the random id is the only protection of the page.
    let id = sandbox.0.system.token::<18>();
    let response = json!({
        "url": format!("{}/sandbox/pay/{id}", sandbox.0.settings.browser_url),
        "_links": { "self": { "href": sandbox.query_of(&reference) } },
    });
    sandbox.0.store.add_page(&id, reference, amount, urls, sandbox.now()).await?;
    // Worldpay creates hosted pages with status 200, unlike payments and tokens with 201.
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, MEDIA_TYPE)], response.to_string()).into_response())
}

fn unknown_page() -> Problem {
    problem::NOT_FOUND.detail("There is no such payment page.")
}

impl Sandbox {
    async fn page(&self, id: &str) -> Result<PageState, Problem> {
        self.0.store.page(id).await?.ok_or_else(unknown_page)
    }

    fn form(&self, id: &str, page: &PageState, error: Option<&str>) -> Response {
        pages::payment_form(id, page.request.amount, &self.0.settings.browser_url, error, &self.0.system)
    }

    /// Returns the response for a page that was paid, cancelled or has expired; `None` while it is open.
    async fn finished_response(&self, page: &PageState) -> Result<Option<Response>, Problem> {
        let (urls, system) = (&page.request.urls, &self.0.system);
        if let Some(id) = &page.payment_id {
            let payment = self.0.store.payment(id, self.now()).await?.ok_or_else(unknown_page)?;
            return Ok(Some(self.result_page(page, &payment)));
        }
        if page.cancelled {
            return Ok(Some(pages::outcome(urls.cancel.as_deref(), "Payment cancelled", system)));
        }
        let expired = self.now().duration_since(page.created_at) > PAGE_LIFETIME;
        Ok(expired.then(|| pages::outcome(urls.expiry.as_deref(), "This page has expired", system)))
    }

    /// Returns the response after a payment attempt: a challenge, or a redirect to the shop.
    fn result_page(&self, page: &PageState, payment: &Payment) -> Response {
        let (urls, system) = (&page.request.urls, &self.0.system);
        match payment.state {
            PaymentState::Challenged => {
                let jwt = self.jwt(LinkTarget::Challenge, payment);
                pages::challenge_page(payment.amount, &jwt, &self.0.settings.browser_url, system)
            }
            // The result is withheld from the merchant, so the customer's page must not show it either.
            PaymentState::Authorised if payment.script.response_lost => {
                pages::outcome(urls.pending.as_deref(), "Payment pending", system)
            }
            // Later commands of the merchant do not change the result that the customer gets: the payment was made.
            PaymentState::Authorised | PaymentState::Cancelled | PaymentState::Expired => {
                pages::outcome(urls.success.as_deref(), "Payment made", system)
            }
            _ => pages::outcome(urls.failure.as_deref(), "Payment refused", system),
        }
    }

    /// Creates the payment of a hosted page, without storing it. The page handles 3-D Secure itself, without device
    /// data.
    fn create_payment(&self, id: &str, page: &PageState, card: crate::card::Card) -> Payment {
        let script = Script::select(card.holder.as_deref().unwrap_or_default(), page.request.amount.amount);
        let request = AuthorisationRequest {
            reference: page.request.reference.clone(),
            amount: page.request.amount,
            // Worldpay's hosted pages always settle automatically.
            auto: true,
            card,
            return_url: Some(format!("{}/sandbox/pay/{id}/return", self.0.settings.browser_url)),
            three_ds: script.challenge && !script.device_data,
        };
        Payment::begin(self.new_payment_id(), request, self.now())
    }
}

/// Handles `GET /sandbox/pay/{id}`.
pub(super) async fn page(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Response, Problem> {
    let page = sandbox.page(&id).await?;
    let finished_response = sandbox.finished_response(&page).await?;
    Ok(finished_response.unwrap_or_else(|| sandbox.form(&id, &page, None)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Button {
    Pay,
    Cancel,
}

#[derive(Debug, Deserialize)]
struct PressedButton {
    action: Button,
}

/// Handles `POST /sandbox/pay/{id}`. A page is paid at most once, however often the button is pressed.
pub(super) async fn pay(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, Problem> {
    let page = sandbox.page(&id).await?;
    if let Some(finished_response) = sandbox.finished_response(&page).await? {
        return Ok(finished_response);
    }
    let button: PressedButton = form(&body)?;
    if let Button::Cancel = button.action {
        sandbox.0.store.cancel_page(&id).await?;
        // The page is read again, because a concurrent payment takes precedence over the cancellation.
        let page = sandbox.page(&id).await?;
        return Ok(sandbox.finished_response(&page).await?.unwrap_or_else(|| sandbox.form(&id, &page, None)));
    }
    let card = match parse_card_form(&body).and_then(|card| sandbox.validate_card(&card)) {
        Ok(card) => card,
        Err(problem) => return Ok(sandbox.form(&id, &page, Some(&problem_text(&problem)))),
    };
    // The payment is created before the page is claimed: an error outcome must leave the page open.
    let mut payment = sandbox.create_payment(&id, &page, card);
    if payment.script.outcome == Outcome::Error {
        return Ok(pages::outcome(page.request.urls.error.as_deref(), "Something went wrong", &sandbox.0.system));
    }
    let webhooks = sandbox.create_webhooks(&mut payment);
    // Only one of two concurrent requests stores its payment; both then read the page as paid with that payment.
    sandbox.0.store.pay_page(&id, &payment, &webhooks).await?;
    sandbox.0.work_added.notify_one();
    let page = sandbox.page(&id).await?;
    Ok(sandbox.finished_response(&page).await?.unwrap_or_else(|| sandbox.form(&id, &page, None)))
}

/// Parses the card details of the form.
fn parse_card_form(body: &str) -> Result<CardDetails, Problem> {
    let fields: Vec<(String, String)> = form(body)?;
    let text = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim());
    let number =
        |name: &str| text(name).parse::<u16>().map_err(|_| Problem::invalid(format!("/{name}"), "must be a number"));
    // The form passes through the type of the JSON endpoint, so that both have the same limits.
    let details = json!({
        "card_holder_name": text("card_holder_name"),
        "card_number": text("card_number"),
        "expiry_month": number("expiry_month")?,
        "expiry_year": number("expiry_year")?,
        "cvc": text("cvc"),
    });
    serde_json::from_value(details).map_err(|_| problem::INVALID.detail("Fill in every field."))
}

fn field_label(name: &str) -> &'static str {
    match name {
        "card_number" => "The card number",
        "expiry_month" => "The month",
        "expiry_year" => "The year",
        "cvc" => "The CVC",
        _ => "The name",
    }
}

/// Returns the first error of a problem as a sentence.
fn problem_text(problem: &Problem) -> String {
    problem.errors.first().map_or_else(
        || problem.detail.to_string(),
        |error| format!("{} {}.", field_label(error.pointer.trim_start_matches('/')), error.detail),
    )
}

/// Handles `POST /sandbox/pay/{id}/return`: the customer returns from the bank.
pub(super) async fn return_from_bank(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let page = sandbox.page(&id).await?;
    let payment = page.payment_id.clone().ok_or_else(unknown_page)?;
    // A rejection means that the challenge is completed already, because the page was reloaded.
    let _ = sandbox.change(&payment, |payment, now| payment.complete_challenge(now)).await?.ok_or_else(unknown_page)?;
    Ok(sandbox.finished_response(&page).await?.unwrap_or_else(|| sandbox.form(&id, &page, None)))
}
