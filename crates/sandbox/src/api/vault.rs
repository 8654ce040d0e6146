//! Cards without payments: sessions that browsers ask for, and tokens that merchants keep.

use super::answers::in_seconds;
use super::gate::{accepts, sends};
use crate::Sandbox;
use crate::card::Card;
use crate::store::{KeptCard, Token};
use crate::wire::{CardSession, CardUpdate, TokenRequest, WireError};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

const SESSIONS: &str = "application/vnd.worldpay.sessions-v1.hal+json";
const TOKENS: &str = "application/vnd.worldpay.tokens-v3.hal+json";

fn hal(status: StatusCode, media_type: &'static str, answer: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, media_type)], answer.to_string()).into_response()
}

impl Sandbox {
    /// Keeps a card for a while; answers the address that stands for it.
    pub(super) async fn open_session(&self, card: &Card) -> Result<String, chassis::StoreError> {
        let id = format!("sbx_{}", self.0.system.token::<18>());
        self.0.store.add_session(&id, card, self.now()).await?;
        Ok(format!("{}/sessions/{id}", self.0.settings.api_url))
    }

    fn told(&self, token: &Token) -> Value {
        let card = &token.card;
        json!({
            "tokenId": token.id,
            "namespace": token.namespace,
            "tokenExpiryDateTime": in_seconds(token.expires_at),
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

/// `POST /sessions/card`: a browser gives card details in exchange for an address that stands for them.
pub(super) async fn session(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    sends(&headers, SESSIONS)?;
    if !headers.contains_key("x-wp-sdk") {
        return Err(WireError::header(StatusCode::NOT_ACCEPTABLE, "headerIsMissing", "X-WP-SDK"));
    }
    let CardSession(card) = CardSession::read(&body)?;
    let href = sandbox.open_session(&sandbox.card(card)).await?;
    Ok(hal(StatusCode::CREATED, SESSIONS, &json!({ "_links": { "sessions:session": { "href": href } } })))
}

/// `POST /tokens`.
pub(super) async fn keep(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, WireError> {
    accepts(&headers, TOKENS)?;
    sends(&headers, TOKENS)?;
    let TokenRequest { card, namespace } = TokenRequest::read(&body)?;
    let card = sandbox.card(card);
    if card.brand().is_none() {
        let message = "The card brand could not be recognised";
        return Err(WireError::new(StatusCode::UNPROCESSABLE_ENTITY, "unrecognizedCardBrand", message));
    }
    // Without a namespace, the token has one of its own.
    let namespace = namespace.unwrap_or_else(|| sandbox.0.system.token::<12>());
    match sandbox.0.store.keep_card(sandbox.new_token(card.clone(), namespace)).await? {
        KeptCard::New(token) => Ok(hal(StatusCode::CREATED, TOKENS, &sandbox.told(&token))),
        KeptCard::Same(token) => Ok(hal(StatusCode::OK, TOKENS, &sandbox.told(&token))),
        KeptCard::Different(token) => {
            let mut answer = sandbox.told(&token);
            answer["conflicts"] = json!({ "paymentInstrument": {
                "cardHolderName": card.holder,
                "cardExpiryDate": { "month": card.month, "year": card.year },
            } });
            Ok(hal(StatusCode::CONFLICT, TOKENS, &answer))
        }
        KeptCard::TooMany => {
            let message = "The namespace holds as many tokens as it can";
            Err(WireError::new(StatusCode::FORBIDDEN, "tooManyTokensForNamespace", message))
        }
    }
}

async fn found(sandbox: &Sandbox, id: &str) -> Result<Token, WireError> {
    sandbox.token(id).await?.ok_or_else(WireError::not_found)
}

/// `GET /tokens/{id}`.
pub(super) async fn show(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, WireError> {
    accepts(&headers, TOKENS)?;
    Ok(hal(StatusCode::OK, TOKENS, &sandbox.told(&found(&sandbox, &id).await?)))
}

/// `PUT /tokens/{id}`.
pub(super) async fn replace(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<StatusCode, WireError> {
    sends(&headers, TOKENS)?;
    let CardUpdate { holder, expiry } = CardUpdate::read(&body)?;
    let mut card = found(&sandbox, &id).await?.card;
    card.holder = holder.or(card.holder);
    (card.month, card.year) = expiry.unwrap_or((card.month, card.year));
    if sandbox.0.store.replace_card(&id, &card).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(WireError::not_found())
    }
}

/// `DELETE /tokens/{id}`.
pub(super) async fn forget(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Result<StatusCode, WireError> {
    if sandbox.0.store.forget_card(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(WireError::not_found()) }
}
