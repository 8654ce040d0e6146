//! API keys: programs exchange their secret for an access token.

use crate::shop::{Shop, SignedIn, pointer};
use chassis::auth::{AccessClaims, JwkSet, KeySet, Role, TokenKind, Verifier};
use serde_json::{Value, json};

const KEYS: &str = "/api/v1/api-keys";
const EXCHANGE: &str = "/api/v1/auth/api-key";

async fn admin(shop: &Shop) -> SignedIn {
    shop.staff("grace@example.com", &[Role::Admin]).await
}

async fn create(admin: &SignedIn) -> Value {
    let request = json!({ "name": "Warehouse Hamburg", "roles": ["warehouse", "warehouse"] });
    admin.caller.post(KEYS, request).await.expect(201).json()
}

async fn claims(shop: &Shop, token: &str) -> AccessClaims {
    let keys = KeySet::fixed(&JwkSet { keys: vec![shop.env.session_key.jwk()] });
    Verifier::new(keys, shop.env.system.clone()).verify(token).await.expect("a valid token").as_ref().clone()
}

#[tokio::test]
async fn a_key_is_exchanged_for_a_token_with_its_roles() {
    let shop = Shop::open().await;
    let admin = admin(&shop).await;
    let created = create(&admin).await;
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with("shopstack_") && secret.len() > 40, "{secret}");
    assert_eq!(
        (&created["key"]["name"], &created["key"]["roles"]),
        (&json!("Warehouse Hamburg"), &json!(["warehouse"]))
    );
    let session = shop.anonymous().post(EXCHANGE, json!({ "secret": secret })).await.expect(200).json();
    assert_eq!(session["expires_in"], 600);
    let claims = claims(&shop, session["access_token"].as_str().unwrap()).await;
    assert_eq!((claims.typ, claims.roles), (TokenKind::ApiKey, vec![Role::Warehouse]));
    let listed = admin.caller.get(KEYS).await.expect(200).json();
    assert_eq!(listed["items"][0]["id"], created["key"]["id"]);
    assert!(listed["items"][0]["last_used_at"].is_string() && !listed.to_string().contains(secret), "{listed}");
}

#[tokio::test]
async fn a_revoked_key_and_an_unknown_one_are_refused_alike() {
    let shop = Shop::open().await;
    let admin = admin(&shop).await;
    let created = create(&admin).await;
    let path = format!("{KEYS}/{}", created["key"]["id"].as_str().unwrap());
    admin.caller.delete(&path).await.expect(204);
    let revoked = shop.anonymous().post(EXCHANGE, json!({ "secret": created["secret"] })).await.expect(401);
    for secret in ["shopstack_unknown", "", &"x".repeat(10_000)] {
        let unknown = shop.anonymous().post(EXCHANGE, json!({ "secret": secret })).await.expect(401);
        assert_eq!(unknown.json()["detail"], revoked.json()["detail"]);
    }
    assert_eq!(admin.caller.delete(&path).await.problem(404), "not-found");
}

#[tokio::test]
async fn a_key_cannot_be_an_admin_or_a_customer() {
    let shop = Shop::open().await;
    let admin = admin(&shop).await;
    for roles in [json!([]), json!(["admin"]), json!(["customer", "support"])] {
        let refused = admin.caller.post(KEYS, json!({ "name": "x", "roles": roles })).await.expect(422);
        assert_eq!(pointer(&refused), "/roles");
    }
}

#[tokio::test]
async fn a_program_has_no_account_and_creates_no_keys() {
    let shop = Shop::open().await;
    let created = create(&admin(&shop).await).await;
    let session = shop.anonymous().post(EXCHANGE, json!({ "secret": created["secret"] })).await.expect(200).json();
    let program = shop.with_token(session["access_token"].as_str().unwrap());
    assert_eq!(program.get("/api/v1/me").await.problem(403), "forbidden");
    assert_eq!(program.get(KEYS).await.problem(403), "forbidden");
    assert_eq!(program.post(KEYS, json!({ "name": "x", "roles": ["support"] })).await.problem(403), "forbidden");
}
