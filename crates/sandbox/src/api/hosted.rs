//! Hosted payment pages: the merchant asks for one, the customer pays on it, and it is settled by itself.

use super::browser::{CardDetails, form};
use super::gate::{accepts, sends};
use crate::Sandbox;
use crate::pages;
use crate::payment::{Order, Payment, PaymentState};
use crate::script::{Script, Verdict};
use crate::store::PageState;
use crate::wire::{HostedPage, LinkTo, WireError};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chassis::{Problem, problem};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

const MEDIA_TYPE: &str = "application/vnd.worldpay.payment_pages-v1.hal+json";
/// How long a page can be paid on.
const OPEN: SignedDuration = SignedDuration::from_hours(1);

/// `POST /payment_pages`.
pub(super) async fn create(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    accepts(&headers, MEDIA_TYPE)?;
    sends(&headers, MEDIA_TYPE)?;
    let HostedPage { reference, amount, urls } = HostedPage::read(&body)?;
    let id = sandbox.0.system.token::<18>();
    let answer = json!({
        "url": format!("{}/sandbox/pay/{id}", sandbox.0.settings.browser_url),
        "_links": { "self": { "href": sandbox.query_of(&reference) } },
    });
    sandbox.0.store.add_page(&id, reference, amount, urls, sandbox.now()).await?;
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, MEDIA_TYPE)], answer.to_string()).into_response())
}

fn unknown() -> Problem {
    problem::NOT_FOUND.detail("There is no such payment page.")
}

impl Sandbox {
    async fn page(&self, id: &str) -> Result<PageState, Problem> {
        self.0.store.page(id).await?.ok_or_else(unknown)
    }

    fn form(&self, id: &str, page: &PageState, wrong: Option<&str>) -> Response {
        pages::payment_form(id, page.order.amount, &self.0.settings.browser_url, wrong, &self.0.system)
    }

    /// Where a customer goes for whom the page has ended; nothing, while it is open.
    async fn end(&self, page: &PageState) -> Result<Option<Response>, Problem> {
        let (urls, system) = (&page.order.urls, &self.0.system);
        if let Some(id) = &page.payment_id {
            let payment = self.0.store.payment(id, self.now()).await?.ok_or_else(unknown)?;
            return Ok(Some(self.after(page, &payment)));
        }
        if page.cancelled {
            return Ok(Some(pages::outcome(urls.cancel.as_deref(), "Payment cancelled", system)));
        }
        let expired = self.now().duration_since(page.created_at) > OPEN;
        Ok(expired.then(|| pages::outcome(urls.expiry.as_deref(), "This page has expired", system)))
    }

    /// Where a customer goes who has paid, or tried to.
    fn after(&self, page: &PageState, payment: &Payment) -> Response {
        let (urls, system) = (&page.order.urls, &self.0.system);
        match payment.state {
            PaymentState::Challenged => {
                let ticket = self.ticket(LinkTo::Challenge, payment);
                pages::question(payment.amount, &ticket, &self.0.settings.browser_url, system)
            }
            // The answer is lost: the customer is told that it is not known yet.
            PaymentState::Authorised if payment.script.lost => {
                pages::outcome(urls.pending.as_deref(), "Payment pending", system)
            }
            PaymentState::Authorised | PaymentState::Cancelled | PaymentState::Expired => {
                pages::outcome(urls.success.as_deref(), "Payment made", system)
            }
            _ => pages::outcome(urls.failure.as_deref(), "Payment refused", system),
        }
    }

    /// The payment of what was typed, not kept yet. The page sees to 3-D Secure by itself, without device data.
    fn hosted_payment(&self, id: &str, page: &PageState, card: crate::card::Card) -> Payment {
        let script = Script::of(card.holder.as_deref().unwrap_or_default(), page.order.amount.amount);
        let order = Order {
            reference: page.order.reference.clone(),
            amount: page.order.amount,
            auto: true,
            card,
            return_url: Some(format!("{}/sandbox/pay/{id}/return", self.0.settings.browser_url)),
            strong: script.challenge && !script.device_data,
        };
        Payment::begin(self.new_payment_id(), order, self.now())
    }
}

/// `GET /sandbox/pay/{id}`.
pub(super) async fn page(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Response, Problem> {
    let page = sandbox.page(&id).await?;
    let end = sandbox.end(&page).await?;
    Ok(end.unwrap_or_else(|| sandbox.form(&id, &page, None)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Press {
    Pay,
    Cancel,
}

#[derive(Debug, Deserialize)]
struct Pressed {
    action: Press,
}

/// `POST /sandbox/pay/{id}`. A page is paid once, however often its button is pressed.
pub(super) async fn pay(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, Problem> {
    let page = sandbox.page(&id).await?;
    if let Some(end) = sandbox.end(&page).await? {
        return Ok(end);
    }
    let pressed: Pressed = form(&body)?;
    if let Press::Cancel = pressed.action {
        sandbox.0.store.cancel_page(&id).await?;
        let page = sandbox.page(&id).await?;
        return Ok(sandbox.end(&page).await?.unwrap_or_else(|| sandbox.form(&id, &page, None)));
    }
    let card = match read_card(&body).and_then(|card| sandbox.typed(&card).map_err(|problem| told(&problem))) {
        Ok(card) => card,
        Err(wrong) => return Ok(sandbox.form(&id, &page, Some(&wrong))),
    };
    let mut payment = sandbox.hosted_payment(&id, &page, card);
    if payment.script.verdict == Verdict::Error {
        return Ok(pages::outcome(page.order.urls.error.as_deref(), "Something went wrong", &sandbox.0.system));
    }
    let outgoing = sandbox.announce(&mut payment);
    sandbox.0.store.pay_page(&id, &payment, &outgoing).await?;
    sandbox.0.added.notify_one();
    let page = sandbox.page(&id).await?;
    Ok(sandbox.end(&page).await?.unwrap_or_else(|| sandbox.form(&id, &page, None)))
}

/// What was typed into the form, without the button.
fn read_card(body: &str) -> Result<CardDetails, String> {
    let fields: Vec<(String, String)> = form(body).map_err(|problem| problem.detail.to_string())?;
    let text = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim());
    let number = |name: &str| text(name).parse::<u16>().map_err(|_| format!("{} is a number.", label(name)));
    let details = json!({
        "card_holder_name": text("card_holder_name"),
        "card_number": text("card_number"),
        "expiry_month": number("expiry_month")?,
        "expiry_year": number("expiry_year")?,
        "cvc": text("cvc"),
    });
    serde_json::from_value(details).map_err(|_| "Fill in every field.".to_owned())
}

fn label(name: &str) -> &'static str {
    match name {
        "card_number" => "The card number",
        "expiry_month" => "The month",
        "expiry_year" => "The year",
        "cvc" => "The CVC",
        _ => "The name",
    }
}

/// What is wrong, as a sentence.
fn told(problem: &Problem) -> String {
    problem.errors.first().map_or_else(
        || problem.detail.to_string(),
        |error| format!("{} {}.", label(error.pointer.trim_start_matches('/')), error.detail),
    )
}

/// `POST /sandbox/pay/{id}/return`: the customer comes back from the bank.
pub(super) async fn come_back(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<Response, Problem> {
    let page = sandbox.page(&id).await?;
    let payment = page.payment_id.clone().ok_or_else(unknown)?;
    // Completed already, when the page is loaded again.
    let _ = sandbox.change(&payment, |payment, now| payment.complete_challenge(now)).await?.ok_or_else(unknown)?;
    Ok(sandbox.end(&page).await?.unwrap_or_else(|| sandbox.form(&id, &page, None)))
}
