//! Payment queries, which show events only after the index delay.

use super::auth::require_accept;
use super::responses::instrument;
use crate::Sandbox;
use crate::payment::{Entry, Payment};
use crate::protocol::WireError;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

const MEDIA_TYPE: &str = "application/vnd.worldpay.payment-queries-v1.hal+json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct QueryParameters {
    transaction_reference: String,
}

impl Sandbox {
    /// Returns the history entries that are older than the index delay.
    fn indexed<'a>(&self, payment: &'a Payment) -> Vec<&'a Entry> {
        let since = self.now().saturating_sub(self.0.settings.index_delay).unwrap_or(Timestamp::MIN);
        payment.history.iter().filter(|entry| entry.at <= since).collect()
    }

    /// Returns the URL of the payment query for a reference.
    pub(super) fn query_of(&self, reference: &str) -> String {
        let reference = utf8_percent_encode(reference, NON_ALPHANUMERIC);
        format!("{}/paymentQueries/payments?transactionReference={reference}", self.0.settings.api_url)
    }
}

fn hal(response: &Value) -> Response {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], response.to_string()).into_response()
}

/// Handles `GET /paymentQueries/payments?transactionReference={reference}`: lists payments, without their history.
pub(super) async fn list(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, WireError> {
    require_accept(&headers, MEDIA_TYPE)?;
    // Axum's own extractor would report an error in another format than Worldpay's.
    let QueryParameters { transaction_reference } = serde_html_form::from_str(query.as_deref().unwrap_or_default())
        .map_err(|error| WireError::new(StatusCode::BAD_REQUEST, "queryParamIsInvalid", &error.to_string()))?;
    let payments = sandbox.0.store.find_by_reference(&transaction_reference).await?;
    let found: Vec<Value> = payments
        .iter()
        .filter(|payment| !sandbox.indexed(payment).is_empty())
        .map(|payment| {
            json!({
                "timestamp": payment.created_at,
                "paymentId": payment.id,
                "transactionReference": payment.reference,
                "value": payment.amount,
                "paymentInstrument": instrument(&payment.card),
                "_links": { "self": { "href":
                    format!("{}/paymentQueries/payments/{}", sandbox.0.settings.api_url, payment.id) } },
            })
        })
        .collect();
    Ok(hal(&json!({
        "_embedded": { "payments": found },
        "_links": { "self": { "href": sandbox.query_of(&transaction_reference) } },
    })))
}

/// Handles `GET /paymentQueries/payments/{id}`: the history, with links to the allowed actions.
pub(super) async fn show(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, WireError> {
    require_accept(&headers, MEDIA_TYPE)?;
    let payment = sandbox.0.store.payment(&id, sandbox.now()).await?.ok_or_else(WireError::not_found)?;
    let entries = sandbox.indexed(&payment);
    // A payment without visible events does not exist for queries yet.
    let last = entries.last().ok_or_else(WireError::not_found)?;
    let events: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let mut event = json!({
                "eventName": entry.name,
                "timestamp": entry.at,
                "commandId": entry.command_id,
                "value": payment.amount.currency.minor(entry.amount),
            });
            if let Some(reference) = &entry.reference {
                event["reference"] = json!(reference);
            }
            event
        })
        .collect();
    let self_link = format!("{}/paymentQueries/payments/{}", sandbox.0.settings.api_url, payment.id);
    Ok(hal(&json!({
        "timestamp": payment.created_at,
        "paymentId": payment.id,
        "transactionReference": payment.reference,
        "value": payment.amount,
        "paymentInstrument": instrument(&payment.card),
        "lastEvent": last.name,
        "events": events,
        "_links": { "self": { "href": self_link } },
        "_actions": sandbox.actions(&payment),
    })))
}
