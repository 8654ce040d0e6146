//! Invalid input gets a problem that describes it, and never causes a server error.

use crate::shop::{PASSWORD, Shop, SignedIn, address, registration};
use axum::http::Method;
use chassis::auth::Role;
use serde_json::{Value, json};
use testkit::{Answer, Caller};

/// Returns every operation with a body, and a valid body of each.
fn operations(admin: &SignedIn) -> Vec<(Method, String, Value)> {
    let id = admin.account.id;
    vec![
        (Method::POST, "/api/v1/auth/guest".into(), json!({"session": "token"})),
        (Method::POST, "/api/v1/auth/register".into(), registration("ada@example.com")),
        (Method::POST, "/api/v1/auth/login".into(), json!({"email": "eve@example.com", "password": PASSWORD})),
        (Method::POST, "/api/v1/auth/refresh".into(), json!({"refresh_token": "token", "session": "token"})),
        (Method::POST, "/api/v1/auth/logout".into(), json!({"refresh_token": "token"})),
        (
            Method::POST,
            "/api/v1/auth/first-admin".into(),
            json!({"code": "code", "email": "eve@example.com", "password": PASSWORD, "name": "Eve"}),
        ),
        (Method::PATCH, "/api/v1/me".into(), json!({"name": "Grace", "version": 99})),
        (Method::POST, "/api/v1/me/password".into(), json!({"current": "not the one", "new": "eight busy beavers"})),
        (Method::POST, "/api/v1/me/addresses".into(), address("London")),
        (Method::PUT, format!("/api/v1/me/addresses/{id}"), address("London")),
        (Method::PUT, format!("/api/v1/accounts/{id}/roles"), json!({"roles": ["customer"], "version": 99})),
    ]
}

fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!(" \t\n "),
        json!("\u{0}"),
        json!("a\u{0}b@example.com"),
        json!("\u{202e}\u{200b}ﷺ🏴‍☠️ Ω"),
        json!("'; DROP TABLE accounts; --"),
        json!("@"),
        json!("@@@.@"),
        json!("a@b."),
        json!("x".repeat(300_000)),
        json!("ß".repeat(300)),
        json!([]),
        json!([[], {}, null]),
        json!(["customer", "emperor"]),
        json!({}),
        json!({"$ne": null}),
    ]
}

#[track_caller]
fn assert_problem_if_rejected(answer: &Answer, what: &str) {
    let status = answer.status.as_u16();
    assert!(status < 500, "{what}: {status} {}", answer.text());
    if status >= 400 {
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{what}");
        assert!(
            answer.json()["type"].as_str().is_some_and(|kind| kind.starts_with("urn:shopstack:problem:")),
            "{what}"
        );
    }
}

async fn grace(shop: &Shop) -> SignedIn {
    shop.staff("grace@example.com", &[Role::Customer, Role::Admin]).await
}

#[tokio::test]
async fn invalid_field_values_never_cause_a_server_error() {
    let shop = Shop::open().await;
    let admin = grace(&shop).await;
    for (method, path, body) in operations(&admin) {
        let fields: Vec<String> = body.as_object().expect("an object").keys().cloned().collect();
        for field in fields {
            for odd in odd_values() {
                let mut changed = body.clone();
                changed[&field] = odd.clone();
                let bytes = serde_json::to_vec(&changed).expect("JSON");
                let answer = admin.caller.send(method.clone(), &path, Some(bytes)).await;
                let odd: String = odd.to_string().chars().take(40).collect();
                assert_problem_if_rejected(&answer, &format!("{method} {path} with {field} = {odd}"));
            }
        }
    }
}

#[tokio::test]
async fn an_unknown_field_is_rejected() {
    let shop = Shop::open().await;
    let admin = grace(&shop).await;
    for (method, path, mut body) in operations(&admin) {
        body["role"] = json!("admin");
        let bytes = serde_json::to_vec(&body).expect("JSON");
        let answer = admin.caller.send(method, &path, Some(bytes)).await;
        assert_eq!(answer.problem(422), "invalid-input", "{path}");
    }
}

#[tokio::test]
async fn a_missing_required_field_is_rejected() {
    let shop = Shop::open().await;
    let admin = grace(&shop).await;
    let optional = ["session", "refresh_token"];
    for (method, path, body) in operations(&admin) {
        for field in body.as_object().expect("an object").keys().filter(|field| !optional.contains(&field.as_str())) {
            let mut less = body.clone();
            less.as_object_mut().expect("an object").remove(field);
            let bytes = serde_json::to_vec(&less).expect("JSON");
            let answer = admin.caller.send(method.clone(), &path, Some(bytes)).await;
            assert_eq!(answer.problem(422), "invalid-input", "{path} without {field}");
        }
    }
}

#[tokio::test]
async fn malformed_bodies_are_rejected() {
    let shop = Shop::open().await;
    let admin = grace(&shop).await;
    let deep = "[".repeat(100_000);
    let bodies: [&[u8]; 10] = [
        b"",
        b"null",
        b"[7]",
        b"7",
        b"\"text\"",
        b"{",
        b"{}{}",
        b"\xff\xfe{}",
        br#"{"email":"\ud800"}"#,
        deep.as_bytes(),
    ];
    for (method, path, _) in operations(&admin) {
        for body in bodies {
            let answer = admin.caller.send(method.clone(), &path, Some(body.to_vec())).await;
            let shown: String = String::from_utf8_lossy(body).chars().take(20).collect();
            assert_problem_if_rejected(&answer, &format!("{method} {path} with {shown}"));
            assert!(answer.status.is_client_error(), "{path} takes {shown}: {}", answer.text());
        }
        let huge = admin.caller.send(method, &path, Some(vec![b' '; (1 << 20) + 1])).await;
        assert_eq!(huge.problem(413), "too-large", "{path}");
    }
}

#[tokio::test]
async fn an_invalid_id_is_not_found() {
    let shop = Shop::open().await;
    let admin = grace(&shop).await;
    let roles = json!({"roles": ["customer"], "version": 1});
    for id in ["1", "%00", "..%2F..", "%F0%9F%90%A2", "%FF", "00000000-0000-0000-0000-00000000000g", &"9".repeat(5000)]
    {
        let addresses = format!("/api/v1/me/addresses/{id}");
        assert_eq!(admin.caller.put(&addresses, address("London")).await.problem(404), "not-found", "{id}");
        assert_eq!(admin.caller.delete(&addresses).await.problem(404), "not-found", "{id}");
        assert_eq!(admin.caller.delete(&format!("/api/v1/me/sessions/{id}")).await.problem(404), "not-found", "{id}");
        let path = format!("/api/v1/accounts/{id}/roles");
        assert_eq!(admin.caller.put(&path, &roles).await.problem(404), "not-found", "{id}");
    }
}

#[tokio::test]
async fn an_invalid_query_is_rejected() {
    let shop = Shop::open().await;
    let admin = grace(&shop).await;
    let long = format!("q={}", "a".repeat(300));
    let refused = [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=99999999999999999999",
        "cursor=x",
        "cursor=bnVsbA",
        "cursor=WzFd",
        "sort=name",
        "limit=1&limit=2",
        &long,
    ];
    for query in refused {
        let answer = admin.caller.get(&format!("/api/v1/accounts?{query}")).await;
        assert_eq!(answer.problem(422), "invalid-input", "{query}");
    }
    for query in ["q=", "q=%00", "q=%F0%9F%90%A2", "q=%FF", "q='", "cursor=IiI", "q=%F4%8F%BF%BF"] {
        assert_problem_if_rejected(&admin.caller.get(&format!("/api/v1/accounts?{query}")).await, query);
    }
}

#[tokio::test]
async fn invalid_headers_never_cause_a_server_error() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let odd = ["", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "bearer a.b.c", "Bearer 🐢"];
    for value in odd.iter().map(|value| (*value).to_owned()).chain([format!("Bearer {}", "x".repeat(10_000))]) {
        let answer = shop.anonymous().with_header("authorization", &value).get("/api/v1/me").await;
        assert_eq!(answer.problem(401), "unauthenticated");
    }
    for value in ["shop_access", "shop_access=", "=;=;;", "shop_access=x; shop_refresh=y; shop_guest=z", "🐢=🐢"] {
        let caller: Caller = shop.anonymous().with_header("cookie", value);
        assert_problem_if_rejected(&caller.get("/api/v1/me").await, value);
        assert_problem_if_rejected(&caller.post("/api/v1/auth/refresh", json!({})).await, value);
        assert_problem_if_rejected(&caller.post("/api/v1/auth/guest", json!({})).await, value);
        assert_problem_if_rejected(&caller.post("/api/v1/auth/logout", json!({})).await, value);
    }
    let agent = shop.anonymous().with_header("user-agent", "🐢".repeat(5_000));
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    agent.with_header("x-real-ip", "nowhere").post("/api/v1/auth/login", body).await.expect(200);
    let sessions = ada.caller.get("/api/v1/me/sessions").await.expect(200).json();
    let agents = sessions["items"].as_array().expect("items").iter().filter_map(|item| item["user_agent"].as_str());
    assert!(agents.map(|agent| agent.chars().count()).max() <= Some(256));
}

#[tokio::test]
async fn every_operation_is_described() {
    let shop = Shop::open().await;
    let document = serde_json::to_value(&shop.service.openapi).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let operations: usize = paths.values().map(|item| item.as_object().map_or(0, serde_json::Map::len)).sum();
    assert_eq!(operations, 24);
    let parameters = document["paths"]["/api/v1/accounts"]["get"]["parameters"].as_array().expect("parameters");
    let mut names: Vec<&str> = parameters.iter().filter_map(|parameter| parameter["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cursor", "limit", "q"]);
    let password = &document["components"]["schemas"]["Registration"]["properties"]["password"];
    assert_eq!((&password["type"], &password["minLength"]), (&json!("string"), &json!(10)));
}
