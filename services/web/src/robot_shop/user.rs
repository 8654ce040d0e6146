//! The users of Robot Shop: accounts of the shop with reserved email addresses, under the shop's own rules for passwords.

use super::Shop;
use super::cart::Cart;
use super::failure::Failure;
use super::session::{GUEST_PREFIX, device_headers, email_of};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chassis::client::{CallError, ServiceClient};
use chassis::page::Page;
use chassis::problem;
use contracts::dispatch::{OrderShipping, OrderSummary, OrderView};
use contracts::user::{
    EMAIL_TAKEN, GuestSession, INVALID_CREDENTIALS, Login, Registration, Session, SessionDelivery, SessionRequest,
};
use contracts::{AccountId, Email, OrderId, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The logins that Robot Shop publishes, each with the password of the account behind it. They exist in demo shops only,
/// and are created at the first login; their own passwords meet the shop's rules.
const PUBLISHED_LOGINS: &[(&str, &str, &str)] = &[
    ("user", "password", "copper-meadow-violin-73"),
    ("stan", "bigbrain", "walnut-harbour-tulip-58"),
    ("partner-57", "worktogether", "silver-orchard-kite-46"),
];
/// The number of orders in a history, the latest ones.
const MAX_ORDERS: usize = 20;

/// Returns the state of the accounts.
pub async fn health(State(shop): State<Shop>) -> Json<Value> {
    let keys: Result<Value, CallError> = shop.clients.user.get("/.well-known/jwks.json").await;
    Json(json!({ "app": "OK", "mongo": keys.is_ok() }))
}

/// Starts a guest session. Its id contains the session's token, so that it cannot be guessed.
pub async fn start_guest(State(shop): State<Shop>) -> Result<Response, Failure> {
    let request = SessionRequest::default();
    let session: GuestSession = shop.clients.user.post("/api/v1/auth/guest", &request).await?;
    let token = session.access_token.ok_or_else(Failure::unavailable)?;
    let body = json!({ "uuid": format!("{GUEST_PREFIX}{}", token.expose()) });
    Ok(private(Json(body).into_response(), shop.guest_cookie(&token)))
}

/// Answers `OK` for the account that the caller is logged in to. Other names are unknown, whether they exist or not.
pub async fn check(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<&'static str, Failure> {
    let visitor = shop.visitor(&id, &request).await?;
    let account = visitor.and_then(|visitor| visitor.account);
    account.map(|_| "OK").ok_or_else(|| Failure::not_found("user not found"))
}

/// The body of a login.
#[derive(Deserialize)]
struct Credentials {
    name: String,
    password: Secret,
}

/// Logs in to an account, whose session becomes a cookie.
pub async fn log_in(State(shop): State<Shop>, request: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let credentials = serde_json::from_slice(&body).ok();
    let Credentials { name, password } =
        credentials.ok_or_else(|| Failure::bad_request("name or passowrd not supplied"))?;
    let email = email_of(&name).ok_or_else(|| Failure::not_found("name not found"))?;
    let client = shop.clients.user.clone().with_headers(device_headers(&request));
    let published = PUBLISHED_LOGINS.iter().find(|known| known.0 == name && known.1 == password.expose());
    let session = match published {
        Some((_, _, own)) if shop.clients.catalogue.shop().await?.demo => {
            published_login(&client, email, &name, own).await
        }
        _ => log_in_to(&client, &email, &password).await,
    };
    let session = session.map_err(|error| {
        // One text for both reasons, so that nobody learns which names exist.
        if error.refused_as(INVALID_CREDENTIALS).is_some() {
            Failure::not_found("incorrect password")
        } else {
            error.into()
        }
    })?;
    let account = &session.account;
    let body = json!({ "_id": account.id, "name": name, "email": account.email });
    Ok(private(Json(body).into_response(), shop.account_cookie(&session)))
}

async fn log_in_to(client: &ServiceClient, email: &Email, password: &Secret) -> Result<Session, CallError> {
    let login = Login { email: email.to_string(), password: password.clone(), session: SessionDelivery::Token };
    client.post("/api/v1/auth/login", &login).await
}

/// Logs in to a published account, which is created if there is none.
async fn published_login(client: &ServiceClient, email: Email, name: &str, own: &str) -> Result<Session, CallError> {
    let password = Secret::from(own);
    match register_at(client, email.clone(), password.clone(), name).await {
        Err(error) if error.refused_as(EMAIL_TAKEN).is_some() => log_in_to(client, &email, &password).await,
        registered => registered,
    }
}

/// The body of a registration. The email address is checked and not stored, since the account has a reserved one.
#[derive(Deserialize)]
struct NewUser {
    name: String,
    password: Secret,
    #[serde(deserialize_with = "contracts::email::new")]
    #[serde(rename = "email")]
    _email: Email,
}

/// Creates an account, whose session becomes a cookie.
pub async fn register(State(shop): State<Shop>, request: HeaderMap, body: Bytes) -> Result<Response, Failure> {
    let NewUser { name, password, .. } =
        serde_json::from_slice(&body).map_err(|_| Failure::bad_request("insufficient data"))?;
    let email = email_of(&name)
        .ok_or_else(|| Failure::bad_request("insufficient data: choose a name without spaces and without @"))?;
    let client = shop.clients.user.clone().with_headers(device_headers(&request));
    match register_at(&client, email, password, &name).await {
        Ok(session) => Ok(private("OK".into_response(), shop.account_cookie(&session))),
        Err(error) if error.refused_as(EMAIL_TAKEN).is_some() => Err(Failure::bad_request("name already exists")),
        Err(error) => Err(match error.refused_as(problem::INVALID) {
            Some(problem) => {
                let reasons: Vec<String> = problem
                    .errors
                    .iter()
                    .map(|one| format!("{} {}", one.pointer.trim_start_matches('/'), one.detail))
                    .collect();
                Failure::bad_request(format!("insufficient data: {}", reasons.join("; ")))
            }
            None => error.into(),
        }),
    }
}

async fn register_at(client: &ServiceClient, email: Email, password: Secret, name: &str) -> Result<Session, CallError> {
    // A name that is part of an email address is a line of text as well.
    let name = name.parse().map_err(|_| invalid_name())?;
    let registration = Registration { email, password, name, session: SessionDelivery::Token };
    client.post("/api/v1/auth/register", &registration).await
}

fn invalid_name() -> CallError {
    CallError::Refused(Box::new(problem::INVALID.detail("The name is invalid.").field("/name", "is invalid")))
}

/// The orders of an account.
#[derive(Serialize)]
pub struct History {
    #[serde(rename = "_id")]
    id: AccountId,
    name: String,
    history: Vec<PastOrder>,
}

/// An order with the cart that was bought.
#[derive(Serialize)]
struct PastOrder {
    orderid: OrderId,
    cart: Cart,
}

/// Lists the orders of the account that the caller is logged in to, the oldest first.
pub async fn history(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    request: HeaderMap,
) -> Result<Json<History>, Failure> {
    let not_found = || Failure::not_found("history not found");
    let visitor = shop.visitor(&id, &request).await?;
    let session = visitor.and_then(|visitor| visitor.account).ok_or_else(not_found)?;
    let client = shop.clients.dispatch.clone().with_headers(session.headers);
    let page: Page<OrderSummary> = client.get(&format!("/api/v1/orders?limit={MAX_ORDERS}")).await?;
    let mut history = Vec::new();
    for summary in page.items.iter().rev() {
        let order: OrderView = client.get(&format!("/api/v1/orders/{}", summary.id)).await?;
        let country = shop.country_name(order.address.country).await?;
        history.push(PastOrder { orderid: order.id, cart: cart_of(&order, &country) });
    }
    if history.is_empty() {
        return Err(not_found());
    }
    Ok(Json(History { id: session.account.id, name: session.name, history }))
}

fn cart_of(order: &OrderView, country: &str) -> Cart {
    let OrderShipping { place, price, .. } = &order.shipping;
    let shipping = (format!("shipping to {country} {place}"), (*price).into(), (*price).into());
    Cart::new(&order.lines, Some(shipping), order.totals.total, order.totals.tax)
}

/// Makes a response private to its client, and sets a cookie.
fn private(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}
