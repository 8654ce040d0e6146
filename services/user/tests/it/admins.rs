//! Roles, and the creation of the first admin.

use crate::shop::{PASSWORD, Shop, SignedIn, pointer};
use chassis::auth::Role;
use futures::future::join_all;
use serde_json::{Value, json};

const ACCOUNTS: &str = "/api/v1/accounts";
const FIRST: &str = "/api/v1/auth/first-admin";

fn roles_of(account: &SignedIn) -> String {
    format!("{ACCOUNTS}/{}/roles", account.account.id)
}

fn first_admin(code: &str, email: &str) -> Value {
    json!({"code": code, "email": email, "password": PASSWORD, "name": "Grace Hopper"})
}

#[tokio::test]
async fn an_admin_lists_accounts_by_email_prefix_page_by_page() {
    let shop = Shop::open().await;
    let admin = shop.staff("grace@example.com", &[Role::Admin]).await;
    for email in ["Ann@example.com", "anna@example.com", "ANNABEL@example.com", "bob@example.com", "äron@example.com"]
    {
        shop.register(email).await;
    }
    let mut seen = Vec::new();
    let mut path = format!("{ACCOUNTS}?q=ANN&limit=2");
    loop {
        let page = admin.caller.get(&path).await.expect(200).json();
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["email"].as_str().expect("an address").to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("{ACCOUNTS}?q=ANN&limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, ["Ann@example.com", "anna@example.com", "ANNABEL@example.com"]);
    let all = admin.caller.get(ACCOUNTS).await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(6));
    let umlaut = admin.caller.get(&format!("{ACCOUNTS}?q=%C3%84ron")).await.expect(200).json();
    assert_eq!(umlaut["items"].as_array().map(Vec::len), Some(1));
    let wild = admin.caller.get(&format!("{ACCOUNTS}?q=%25")).await.expect(200).json();
    assert_eq!(wild["items"], json!([]), "a percent sign is a percent sign");
}

#[tokio::test]
async fn only_admins_see_accounts_and_change_roles() {
    let shop = Shop::open().await;
    let ada = shop.register("ada@example.com").await;
    let body = json!({"roles": ["admin"], "version": 1});
    for role in [Role::Customer, Role::Support, Role::Merchant] {
        let account = shop.staff(&format!("{role:?}@example.com"), &[role]).await;
        assert_eq!(account.caller.get(ACCOUNTS).await.problem(403), "forbidden");
        assert_eq!(account.caller.put(&roles_of(&ada), &body).await.problem(403), "forbidden");
        assert_eq!(account.caller.put(&roles_of(&account), &body).await.problem(403), "forbidden");
    }
    assert_eq!(shop.anonymous().get(ACCOUNTS).await.problem(401), "unauthenticated");
    assert_eq!(shop.anonymous().put(&roles_of(&ada), &body).await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn an_admin_changes_roles_once_per_version() {
    let shop = Shop::open().await;
    let admin = shop.staff("grace@example.com", &[Role::Admin]).await;
    let ada = shop.register("ada@example.com").await;
    let body = json!({"roles": ["support", "customer", "support"], "version": 1});
    let answer = admin.caller.put(&roles_of(&ada), &body).await.expect(200);
    assert_eq!(answer.json()["roles"], json!(["customer", "support"]));
    assert_eq!(answer.json()["version"], 2);
    assert_eq!(admin.caller.put(&roles_of(&ada), &body).await.problem(409), "stale-version");
    let unknown = format!("{ACCOUNTS}/{}/roles", shop.env.system.id());
    assert_eq!(admin.caller.put(&unknown, &body).await.problem(404), "not-found");
    let none = admin.caller.put(&roles_of(&ada), json!({"roles": [], "version": 2})).await.expect(422);
    assert_eq!(pointer(&none), "/roles");
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let shop = Shop::open().await;
    let grace = shop.staff("grace@example.com", &[Role::Admin]).await;
    let demotion = json!({"roles": ["customer"], "version": 1});
    assert_eq!(grace.caller.put(&roles_of(&grace), &demotion).await.problem(409), "last-admin");
    let joan = shop.staff("joan@example.com", &[Role::Admin]).await;
    joan.caller.put(&roles_of(&grace), &demotion).await.expect(200);
    let refused = shop.accounts.set_roles(&joan.account.email, &[Role::Customer]).await.expect_err("a refusal");
    assert_eq!(refused.slug(), "last-admin");
}

#[tokio::test]
async fn two_admins_who_demote_each_other_at_once_leave_one() {
    let shop = Shop::open().await;
    let grace = shop.staff("grace@example.com", &[Role::Admin]).await;
    let joan = shop.staff("joan@example.com", &[Role::Admin]).await;
    let demotion = json!({"roles": ["customer"], "version": 1});
    let (of_joan, of_grace) = (roles_of(&joan), roles_of(&grace));
    let (one, other) = futures::join!(grace.caller.put(&of_joan, &demotion), joan.caller.put(&of_grace, &demotion));
    assert_eq!(
        [&one, &other].iter().filter(|answer| answer.status == 200).count(),
        1,
        "{} {}",
        one.text(),
        other.text()
    );
}

#[tokio::test]
async fn a_former_admin_loses_access_immediately() {
    let shop = Shop::open().await;
    let grace = shop.staff("grace@example.com", &[Role::Admin]).await;
    let joan = shop.staff("joan@example.com", &[Role::Admin]).await;
    grace.caller.put(&roles_of(&joan), json!({"roles": ["customer"], "version": 1})).await.expect(200);
    assert_eq!(joan.caller.get(ACCOUNTS).await.problem(403), "forbidden", "although the token still says admin");
}

#[tokio::test]
async fn the_one_time_code_creates_the_first_admin_once() {
    let shop = Shop::open().await;
    let code = shop.accounts.issue_first_admin_code().await.expect("an answer").expect("a code");
    let wrong = shop.anonymous().post(FIRST, first_admin("wrong", "grace@example.com")).await;
    assert_eq!(wrong.problem(403), "forbidden");
    let answer = shop.anonymous().post(FIRST, first_admin(&code, "grace@example.com")).await.expect(201);
    let grace = shop.signed_in_as(&answer);
    assert!(grace.account.roles.contains(&Role::Admin));
    assert!(!answer.text().contains(&code));
    grace.caller.get(ACCOUNTS).await.expect(200);
    for again in [code.as_str(), "wrong"] {
        let refusal = shop.anonymous().post(FIRST, first_admin(again, "eve@example.com")).await;
        assert_eq!(refusal.problem(409), "admin-exists");
    }
    assert_eq!(shop.accounts.issue_first_admin_code().await.expect("an answer"), None);
}

#[tokio::test]
async fn concurrent_uses_of_a_code_create_one_admin() {
    let shop = Shop::open().await;
    let code = shop.accounts.issue_first_admin_code().await.expect("an answer").expect("a code");
    let caller = shop.anonymous();
    let responses = join_all((0..8).map(|number| {
        let body = first_admin(&code, &format!("grace{number}@example.com"));
        let caller = caller.clone();
        async move { caller.post(FIRST, body).await }
    }))
    .await;
    assert_eq!(responses.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(responses.iter().all(|answer| answer.status == 201 || answer.status == 409));
}

#[tokio::test]
async fn a_newer_code_replaces_the_older() {
    let shop = Shop::open().await;
    let older = shop.accounts.issue_first_admin_code().await.expect("an answer").expect("a code");
    let newer = shop.accounts.issue_first_admin_code().await.expect("an answer").expect("a code");
    assert_eq!(shop.anonymous().post(FIRST, first_admin(&older, "grace@example.com")).await.problem(403), "forbidden");
    shop.anonymous().post(FIRST, first_admin(&newer, "grace@example.com")).await.expect(201);
}

#[tokio::test]
async fn a_code_survives_a_failed_registration() {
    let shop = Shop::open().await;
    shop.register("ada@example.com").await;
    let code = shop.accounts.issue_first_admin_code().await.expect("an answer").expect("a code");
    assert_eq!(shop.anonymous().post(FIRST, first_admin(&code, "ADA@example.com")).await.problem(409), "email-taken");
    let weak = json!({"code": code, "email": "grace@example.com", "password": "password12", "name": "Grace"});
    assert_eq!(pointer(&shop.anonymous().post(FIRST, weak).await.expect(422)), "/password");
    shop.anonymous().post(FIRST, first_admin(&code, "grace@example.com")).await.expect(201);
}

#[tokio::test]
async fn without_a_code_the_first_admin_cannot_be_created() {
    let shop = Shop::open().await;
    for code in ["", "wrong", "🐢"] {
        assert_eq!(shop.anonymous().post(FIRST, first_admin(code, "eve@example.com")).await.problem(403), "forbidden");
    }
}

#[tokio::test]
async fn the_first_admin_can_register_in_a_browser() {
    let shop = Shop::open().await;
    let code = shop.accounts.issue_first_admin_code().await.expect("an answer").expect("a code");
    let mut body = first_admin(&code, "grace@example.com");
    body["session"] = json!("cookie");
    let mut browser = crate::browser::Browser::new(&shop.router);
    browser.post(FIRST, body).await.expect(201);
    browser.get(ACCOUNTS).await.expect(200);
}

#[tokio::test]
async fn the_command_line_applies_the_same_rules() {
    let shop = Shop::open().await;
    let (email, name) = ("grace@example.com".parse().expect("an address"), "Grace".parse().expect("a name"));
    let weak = shop.accounts.create_account(&email, "password12", &name, &[Role::Admin]).await.expect_err("a refusal");
    assert_eq!(weak.errors[0].pointer, "/password");
    let account = shop.accounts.create_account(&email, PASSWORD, &name, &[Role::Admin]).await.expect("an account");
    let twice = shop.accounts.create_account(&email, PASSWORD, &name, &[Role::Admin]).await.expect_err("a refusal");
    assert_eq!(twice.slug(), "email-taken");
    let unknown = "eve@example.com".parse().expect("an address");
    let refusal = shop.accounts.set_roles(&unknown, &[Role::Admin]).await.expect_err("a refusal");
    assert_eq!(refusal.slug(), "not-found");
    let listed = shop.accounts.list("", None, None).await.expect("a page");
    assert_eq!(listed.items, [account]);
}
