//! Stored cards: sessions created by browsers and tokens created by merchants.

use super::auth::{require_accept, require_content_type};
use super::responses::format_seconds;
use crate::Sandbox;
use crate::card::Card;
use crate::protocol::{CardSession, CardUpdate, TokenRequest, WireError};
use crate::store::{StoreCardOutcome, Token};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

const SESSIONS: &str = "application/vnd.worldpay.sessions-v1.hal+json";
const TOKENS: &str = "application/vnd.worldpay.tokens-v3.hal+json";

fn hal(status: StatusCode, media_type: &'static str, response: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, media_type)], response.to_string()).into_response()
}

impl Sandbox {
    /// Stores a card for a short time and returns the URL of the session.
    pub(super) async fn open_session(&self, card: &Card) -> Result<String, chassis::StoreError> {
        // The URL is enough to pay with the card, so the id has to be as random as a secret.
        let id = format!("sbx_{}", self.0.system.token::<18>());
        self.0.store.add_session(&id, card, self.now()).await?;
        Ok(format!("{}/sessions/{id}", self.0.settings.api_url))
    }

    fn token_json(&self, token: &Token) -> Value {
        let card = &token.card;
        json!({
            "tokenId": token.id,
            "namespace": token.namespace,
            "tokenExpiryDateTime": format_seconds(token.expires_at),
            "paymentInstrument": {
                "type": "card/masked",
                "cardHolderName": card.holder,
                "cardNumber": card.masked(),
                "bin": card.bin,
                "brand": card.brand().unwrap_or("unknown"),
                "cardExpiryDate": { "month": card.month, "year": card.year },
                "fundingType": "debit",
            },
            "_links": { "tokens:token": { "href": format!("{}/tokens/{}", self.0.settings.api_url, token.id) } },
        })
    }
}

/// Handles `POST /sessions/card`: a browser exchanges card details for the URL of a session.
pub(super) async fn session(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    require_content_type(&headers, SESSIONS)?;
    if !headers.contains_key("x-wp-sdk") {
        return Err(WireError::header(StatusCode::NOT_ACCEPTABLE, "headerIsMissing", "X-WP-SDK"));
    }
    let CardSession(card) = CardSession::read(&body)?;
    let href = sandbox.open_session(&sandbox.card(card)).await?;
    Ok(hal(StatusCode::CREATED, SESSIONS, &json!({ "_links": { "sessions:session": { "href": href } } })))
}

/// Handles `POST /tokens`: stores a card.
pub(super) async fn create(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    require_accept(&headers, TOKENS)?;
    require_content_type(&headers, TOKENS)?;
    let TokenRequest { card, namespace } = TokenRequest::read(&body)?;
    let card = sandbox.card(card);
    if card.brand().is_none() {
        let message = "The card brand could not be recognised";
        return Err(WireError::new(StatusCode::UNPROCESSABLE_ENTITY, "unrecognizedCardBrand", message));
    }
    // A token without a namespace gets its own, so that it never conflicts with another one.
    let namespace = namespace.unwrap_or_else(|| sandbox.0.system.token::<12>());
    match sandbox.0.store.store_card(sandbox.new_token(card.clone(), namespace)).await? {
        StoreCardOutcome::Created(token) => Ok(hal(StatusCode::CREATED, TOKENS, &sandbox.token_json(&token))),
        StoreCardOutcome::Existing(token) => Ok(hal(StatusCode::OK, TOKENS, &sandbox.token_json(&token))),
        StoreCardOutcome::Conflict(token) => {
            let mut response = sandbox.token_json(&token);
            response["conflicts"] = json!({ "paymentInstrument": {
                "cardHolderName": card.holder,
                "cardExpiryDate": { "month": card.month, "year": card.year },
            } });
            Ok(hal(StatusCode::CONFLICT, TOKENS, &response))
        }
        StoreCardOutcome::NamespaceFull => {
            let message = "The namespace has the largest number of tokens";
            Err(WireError::new(StatusCode::FORBIDDEN, "tooManyTokensForNamespace", message))
        }
    }
}

async fn find_token(sandbox: &Sandbox, id: &str) -> Result<Token, WireError> {
    sandbox.token(id).await?.ok_or_else(WireError::not_found)
}

/// Handles `GET /tokens/{id}`.
pub(super) async fn show(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, WireError> {
    require_accept(&headers, TOKENS)?;
    Ok(hal(StatusCode::OK, TOKENS, &sandbox.token_json(&find_token(&sandbox, &id).await?)))
}

/// Handles `PUT /tokens/{id}`.
pub(super) async fn replace(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, WireError> {
    require_content_type(&headers, TOKENS)?;
    let CardUpdate { holder, expiry } = CardUpdate::read(&body)?;
    let mut card = find_token(&sandbox, &id).await?.card;
    card.holder = holder.or(card.holder);
    (card.month, card.year) = expiry.unwrap_or((card.month, card.year));
    if sandbox.0.store.replace_card(&id, &card).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(WireError::not_found())
    }
}

/// Handles `DELETE /tokens/{id}`.
pub(super) async fn delete(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<StatusCode, WireError> {
    if sandbox.0.store.delete_card(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(WireError::not_found()) }
}
