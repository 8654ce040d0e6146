//! Tests of the middleware around every handler.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use chassis::auth::{Access, KeySet, OptionalPrincipal, Principal, Role, Rule, Verifier};
use chassis::client::ServiceClient;
use chassis::http::{Json, Path, Query};
use chassis::tasks::Tasks;
use chassis::telemetry::metrics::Format;
use chassis::transport::in_process;
use chassis::{Problem, Service, problem};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::TestEnvironment;
use tokio::sync::Notify;
use utoipa_axum::router::OpenApiRouter;

#[derive(Default)]
struct Seen {
    begun: Notify,
    go_on: Notify,
    finished: Notify,
    writes: AtomicUsize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
    count: u8,
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    word: Vec<String>,
    limit: Option<u32>,
}

const RULES: &[Rule] = &[
    Rule::get("/open", Access::Public),
    Rule::get("/panics", Access::Public),
    Rule::get("/words", Access::Public),
    Rule::get("/by/{name}", Access::Public),
    Rule::post("/notes", Access::Session),
    Rule::post("/slow", Access::Public),
    Rule::get("/staff", Access::Staff(&[Role::Merchant])),
    Rule::get("/internal", Access::Services(&["cart"])),
];

fn service(env: &TestEnvironment, seen: &Arc<Seen>) -> Service {
    let routes = OpenApiRouter::new()
        .route(
            "/open",
            get(|OptionalPrincipal(who): OptionalPrincipal| async move { Json(json!({ "known": who.is_some() })) }),
        )
        .route(
            "/panics",
            get(|| async {
                if true {
                    panic!("on purpose")
                }
            }),
        )
        .route("/words", get(|Query(words): Query<Words>| async move { Json((words.word, words.limit)) }))
        .route("/by/{name}", get(|Path(name): Path<String>| async move { name }))
        .route("/staff", get(|_: Principal| async { "staff" }))
        .route("/internal", get(|| async { "service" }))
        .route("/forgotten", get(|| async { "no rule names this" }))
        .route("/notes", axum::routing::post(note))
        .route("/slow", axum::routing::post(slow))
        .with_state(Arc::clone(seen));
    env.service_context("catalogue").finish(routes, RULES, &[]).expect("a sound service")
}

async fn note(Json(note): Json<Note>) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({ "text": note.text, "count": note.count })))
}

async fn slow(State(seen): State<Arc<Seen>>) {
    seen.begun.notify_one();
    seen.go_on.notified().await;
    seen.writes.fetch_add(1, Ordering::SeqCst);
    seen.finished.notify_one();
}

#[tokio::test]
async fn a_write_is_finished_after_its_client_disconnects() {
    let (env, seen) = (TestEnvironment::default(), Arc::new(Seen::default()));
    let caller = env.anonymous(&service(&env, &seen).router);
    tokio::select! {
        _ = caller.post("/slow", json!({})) => panic!("it waits"),
        () = seen.begun.notified() => {}
    }
    // The request is dropped here; the work is not.
    seen.go_on.notify_one();
    seen.finished.notified().await;
    assert_eq!(seen.writes.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_panic_answers_with_a_problem_and_the_service_continues() {
    let env = TestEnvironment::default();
    let caller = env.anonymous(&service(&env, &Arc::default()).router);
    assert_eq!(caller.get("/panics").await.problem(500), "internal");
    caller.get("/open").await.expect(200);
}

#[tokio::test]
async fn an_operation_without_a_rule_is_denied() {
    let env = TestEnvironment::default();
    let router = service(&env, &Arc::default()).router;
    assert_eq!(env.staff(&router, Role::Admin).get("/forgotten").await.problem(403), "forbidden");
    assert_eq!(env.anonymous(&router).get("/nowhere").await.problem(404), "not-found");
    assert_eq!(env.anonymous(&router).post("/open", json!({})).await.problem(405), "method-not-allowed");
}

#[tokio::test]
async fn roles_and_services_have_separate_access() {
    let env = TestEnvironment::default();
    let router = service(&env, &Arc::default()).router;
    assert_eq!(env.anonymous(&router).get("/staff").await.problem(401), "unauthenticated");
    assert_eq!(env.customer(&router).get("/staff").await.problem(403), "forbidden");
    env.staff(&router, Role::Merchant).get("/staff").await.expect(200);
    assert_eq!(env.staff(&router, Role::Admin).get("/internal").await.problem(401), "unauthenticated");
    env.service(&router, "cart", "catalogue").get("/internal").await.expect(200);
    assert_eq!(env.service(&router, "ratings", "catalogue").get("/internal").await.problem(403), "forbidden");
    assert_eq!(env.service(&router, "cart", "payment").get("/internal").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn an_expired_session_can_only_read_public_pages() {
    let env = TestEnvironment::default();
    let router = service(&env, &Arc::default()).router;
    let customer = env.customer(&router);
    assert_eq!(customer.get("/open").await.json()["known"], true);
    env.advance(SignedDuration::from_mins(11));
    assert_eq!(customer.get("/open").await.json()["known"], false);
    assert_eq!(customer.post("/notes", json!({ "text": "x", "count": 1 })).await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn invalid_input_is_reported_with_its_pointer() {
    let env = TestEnvironment::default();
    let router = service(&env, &Arc::default()).router;
    let guest = env.guest(&router);
    let wrong = guest.post("/notes", json!({ "text": "x", "count": "many" })).await.expect(422).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/count");
    let detail = |problem: &Value| problem["errors"][0]["detail"].clone();
    assert_eq!(detail(&wrong), "invalid type: string \"many\", expected a whole number from 0 to 255");
    let wrong = guest.get("/words?word=a&limit=abc").await.expect(422).json();
    assert_eq!(wrong["errors"][0]["pointer"], "/limit");
    assert_eq!(detail(&wrong), "expected a whole number");
    let wrong = guest.get("/words?limit=99999999999").await.expect(422).json();
    assert_eq!(detail(&wrong), "the number is out of range");
    guest.post("/notes", json!({ "text": "x", "count": 1, "more": 1 })).await.expect(422);
    guest.post("/notes", json!({ "text": "x", "count": 300 })).await.expect(422);
    let plain = guest.clone().with_header("content-type", "text/plain");
    assert_eq!(plain.post("/notes", json!({})).await.problem(415), "unsupported-media-type");
    let broken = guest.send(axum::http::Method::POST, "/notes", Some(b"{\"text\":".to_vec())).await;
    assert_eq!(broken.problem(400), "malformed-request");
    let deep = "[".repeat(100_000).into_bytes();
    assert_eq!(guest.send(axum::http::Method::POST, "/notes", Some(deep)).await.problem(400), "malformed-request");
    let large = vec![b' '; 2 << 20];
    assert_eq!(guest.send(axum::http::Method::POST, "/notes", Some(large)).await.problem(413), "too-large");
}

#[tokio::test]
async fn parameters_keep_their_encoding_and_may_repeat() {
    let env = TestEnvironment::default();
    let caller = env.anonymous(&service(&env, &Arc::default()).router);
    assert_eq!(caller.get("/by/A%2FB%20C").await.text(), "A/B C");
    assert_eq!(caller.get("/words?word=a&word=b").await.json(), json!([["a", "b"], null]));
    // Browsers send an empty field of a form.
    assert_eq!(caller.get("/words?word=a&limit=").await.json(), json!([["a"], null]));
    caller.get("/by/%FF").await.expect(404);
}

#[tokio::test]
async fn every_response_carries_the_request_id() {
    let env = TestEnvironment::default();
    let caller = env.anonymous(&service(&env, &Arc::default()).router).with_header("x-request-id", "my-request-7");
    assert_eq!(caller.get("/open").await.headers["x-request-id"], "my-request-7");
}

#[tokio::test]
async fn requests_are_counted_by_route_not_by_path() {
    let env = TestEnvironment::default();
    let service = service(&env, &Arc::default());
    let caller = env.anonymous(&service.router);
    caller.get("/by/one").await;
    caller.get("/by/two").await;
    let text = service.metrics.exposition().render(Format::Text);
    let labels = "http_request_method=\"GET\",http_route=\"/by/{name}\",http_response_status_code=\"200\"";
    let count = format!("http_server_request_duration_seconds_count{{service=\"catalogue\",{labels}}} 2");
    assert!(text.contains(&count), "{text}");
}

#[tokio::test]
async fn a_reading_monitoring_probe_is_not_counted() {
    let env = TestEnvironment::default();
    let service = service(&env, &Arc::default());
    let probe = env.anonymous(&service.router).with_header("x-instana-synthetic", "1");
    probe.get("/by/probe").await.expect(200);
    probe.post("/notes", json!({})).await;
    let text = service.metrics.exposition().render(Format::Text);
    assert!(!text.contains("/by/{name}"), "{text}");
    assert!(text.contains("http_route=\"/notes\""), "a write is business, whoever makes it: {text}");
}

#[tokio::test]
async fn requests_get_503_while_session_keys_are_unavailable() {
    let env = TestEnvironment::default();
    let away = Router::new().fallback(|| async { StatusCode::BAD_GATEWAY });
    let user = ServiceClient::new("user", in_process(away, Tasks::new()), env.identity("catalogue"));
    let verifier = Verifier::new(KeySet::remote(user), env.system.clone());
    let token = env.account_token(uuid::Uuid::nil(), &[]);
    let message = verifier.verify(&token).await.unwrap_err();
    assert!(message.is(problem::UNAVAILABLE), "{message}");
}
