//! Sessions of Robot Shop's clients over time, and its API while a service does not respond.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::routing::{get, post};
use axum::{Json, Router};
use chassis::tasks::Tasks;
use chassis::transport::in_process;
use contracts::catalogue::CatalogueClient;
use contracts::shipping::ShippingClient;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use testkit::{Caller, TestEnvironment};
use web::{Dependencies, FeedSettings, RobotShopClients, RobotShopSettings};

/// The refresh tokens that the fake user service has received.
type Refreshed = Arc<Mutex<Vec<Value>>>;

fn session(number: usize) -> Value {
    json!({ "account": account(), "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"),
        "expires_in": 600 })
}

fn account() -> Value {
    json!({ "id": "00000000-0000-7000-8000-000000000001", "email": "stan@robot-shop.invalid", "name": "stan", "roles": [],
        "created_at": "2026-11-22T09:00:00Z", "version": 1 })
}

/// A user service whose access tokens are `access-0`, `access-1` and so on.
fn fake_user(refreshed: Refreshed) -> Router {
    let log_in = || async { Json(session(0)) };
    let refresh = |State(refreshed): State<Refreshed>, Json(request): Json<Value>| async move {
        let mut refreshed = refreshed.lock().unwrap();
        refreshed.push(request["refresh_token"].clone());
        Json(session(refreshed.len()))
    };
    let me = |State(refreshed): State<Refreshed>, headers: HeaderMap| async move {
        let expected = format!("Bearer access-{}", refreshed.lock().unwrap().len());
        // Only the latest token is valid.
        if headers[header::AUTHORIZATION] == expected { Ok(Json(account())) } else { Err(unauthenticated()) }
    };
    Router::new()
        .route("/api/v1/auth/login", post(log_in))
        .route("/api/v1/auth/refresh", post(refresh))
        .route("/api/v1/me", get(me))
        .with_state(refreshed)
}

fn unauthenticated() -> chassis::Problem {
    chassis::problem::UNAUTHENTICATED.detail("The session has expired.")
}

/// A web service with the API of Robot Shop, in front of a fake user service and of others that answer 404.
fn web(env: &TestEnvironment, refreshed: &Refreshed) -> Router {
    let context = env.service_context("web");
    let user = in_process(fake_user(Arc::clone(refreshed)), Tasks::new());
    let other = |name| context.client(name, in_process(Router::new(), Tasks::new()));
    let clients = RobotShopClients {
        catalogue: CatalogueClient(other("catalogue")),
        shipping: ShippingClient(other("shipping")),
        user: context.client("user", user),
        cart: other("cart"),
        payment: other("payment"),
        ratings: other("ratings"),
        dispatch: other("dispatch"),
    };
    let dependencies = Dependencies {
        catalogue: CatalogueClient(other("catalogue")),
        ratings: other("ratings"),
        feed: FeedSettings::default(),
        base_url: "https://shop.example".to_owned(),
        openapi: "{}".to_owned(),
        template: None,
        rendering: None,
        admin: None,
        robot_shop: Some((RobotShopSettings::default(), clients)),
    };
    web::start(context, dependencies).unwrap().router
}

/// The pair and the attributes of the cookie that a response sets.
fn cookie(headers: &HeaderMap) -> (String, String) {
    let (pair, attributes) = headers[header::SET_COOKIE].to_str().unwrap().split_once("; ").unwrap();
    (pair.to_owned(), attributes.to_owned())
}

#[tokio::test]
async fn a_login_outlives_its_access_token() {
    let (env, refreshed) = (TestEnvironment::default(), Refreshed::default());
    let router = web(&env, &refreshed);
    let login = json!({ "name": "stan", "password": "quiet-harbour-lantern-7" });
    let answer = Caller::new(router.clone()).post("/api/user/login", login).await.expect(200);
    let (pair, attributes) = cookie(&answer.headers);
    assert_eq!(attributes, "Path=/api/; HttpOnly; SameSite=Strict; Secure");
    let caller = Caller::new(router.clone()).with_header("cookie", &pair);
    let answer = caller.get("/api/user/check/stan").await.expect(200);
    assert!(!answer.headers.contains_key(header::SET_COOKIE));

    env.advance(SignedDuration::from_secs(580));
    let answer = caller.get("/api/user/check/stan").await.expect(200);
    let (pair, _) = cookie(&answer.headers);
    assert_eq!(*refreshed.lock().unwrap(), [json!("refresh-0")]);
    let caller = Caller::new(router).with_header("cookie", &pair);
    caller.get("/api/user/check/stan").await.expect(200);
    assert_eq!(caller.get("/api/user/check/user").await.expect(404).text(), "user not found");
    assert_eq!(refreshed.lock().unwrap().len(), 1, "the new token is not due yet");
}

#[tokio::test]
async fn an_unavailable_service_is_a_503() {
    let (env, refreshed) = (TestEnvironment::default(), Refreshed::default());
    let caller = Caller::new(web(&env, &refreshed));
    for path in ["/api/catalogue/products", "/api/cart/cart/anonymous-x", "/api/shipping/codes", "/api/payment/health"]
    {
        assert_eq!(caller.get(path).await.status.as_u16(), 503, "{path}");
    }
    assert_eq!(caller.get("/api/catalogue/health").await.expect(200).json(), json!({ "app": "OK", "mongo": false }));
    let ratings = caller.get("/api/ratings/_health").await.expect(400).json();
    assert_eq!(ratings, json!({ "pdo_connectivity": false }));
}
