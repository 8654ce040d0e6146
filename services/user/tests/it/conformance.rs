//! Conformance tests that every store must pass.

mod contents;
mod replicas;

use chassis::SystemContext;
use chassis::auth::Role;
use contents::{
    a_clock_set_back_does_not_revoke_tokens, a_full_address_book_of_maximal_addresses_stays_in_order,
    a_purge_respects_its_limit, a_session_expires_to_the_microsecond, any_text_is_stored_unchanged,
    duplicates_are_rejected, the_least_recently_used_session_is_evicted,
};
use contracts::user::{ApiKey, SavedAddress};
use contracts::{AccountId, Email};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use user::store::{AdminCode, BootstrapOutcome, RegisterOutcome, RotateOutcome, SetRolesOutcome, UpdateOutcome};
use user::{Digest, MongoStore, NewAccount, NewSession, Seed, SqliteStore, Store, StoredPassword};
use uuid::Uuid;

/// A store that several replicas use at once. The embedded one has a single process with several tasks.
struct Replicas {
    stores: Vec<Arc<dyn Store>>,
    _folder: Option<tempfile::TempDir>,
}

impl Replicas {
    async fn embedded() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("user.db")).await.expect("a store");
        let shared: Arc<dyn Store> = Arc::new(store);
        Self { stores: vec![shared.clone(), shared.clone(), shared], _folder: Some(folder) }
    }

    async fn mongo() -> Self {
        let address = testkit::servers::mongo();
        let opened = join_all((0..3).map(|_| MongoStore::open(&address))).await;
        let shared = opened.into_iter().map(|store| Arc::new(store.expect("a store")) as Arc<dyn Store>);
        Self { stores: shared.collect(), _folder: None }
    }

    fn any(&self) -> Arc<dyn Store> {
        self.stores[0].clone()
    }

    /// Returns the replica that receives request `number`.
    fn at(&self, number: usize) -> &Arc<dyn Store> {
        &self.stores[number % self.stores.len()]
    }
}

/// Generates a test of each name against each store. Those of `several` use several replicas.
macro_rules! conformance {
    (one: $($one:ident),+; several: $($several:ident),+;) => {
        mod embedded {
            use super::{Replicas, replicas};

            $(
                #[tokio::test]
                async fn $one() {
                    super::$one(Replicas::embedded().await.any()).await;
                }
            )+
            $(
                #[tokio::test]
                async fn $several() {
                    replicas::$several(Replicas::embedded().await).await;
                }
            )+
        }

        mod mongo {
            use super::{Replicas, replicas};

            $(
                #[tokio::test]
                #[ignore = "needs the servers of make services"]
                async fn $one() {
                    super::$one(Replicas::mongo().await.any()).await;
                }
            )+
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
                #[ignore = "needs the servers of make services"]
                async fn $several() {
                    replicas::$several(Replicas::mongo().await).await;
                }
            )+
        }
    };
}

conformance!(
    one:
    an_email_is_registered_once_in_any_case,
    an_account_is_found_by_its_id,
    an_account_is_not_registered_without_its_session,
    a_session_begins_only_with_the_current_password,
    a_token_is_rotated_once,
    concurrent_rotations_agree,
    a_reused_token_ends_only_its_own_family,
    expired_sessions_are_hidden_and_purged,
    a_live_session_survives_the_purge,
    only_its_account_can_end_a_session,
    an_update_requires_the_current_version,
    one_admin_always_remains,
    a_code_is_used_once,
    accounts_are_listed_in_order,
    an_address_book_belongs_to_its_account,
    missing_rows_are_not_an_error,
    an_api_key_is_found_by_its_secret_until_it_is_deleted,
    a_session_expires_to_the_microsecond,
    a_clock_set_back_does_not_revoke_tokens,
    the_least_recently_used_session_is_evicted,
    a_purge_respects_its_limit,
    any_text_is_stored_unchanged,
    a_full_address_book_of_maximal_addresses_stays_in_order,
    duplicates_are_rejected;
    several:
    an_email_is_registered_once_across_replicas,
    rotations_on_many_replicas_agree,
    a_reuse_is_detected_once,
    no_session_outlives_a_password_change,
    concurrent_logins_do_not_exceed_fifty_sessions,
    concurrent_additions_do_not_exceed_fifty_addresses,
    concurrent_additions_do_not_exceed_a_hundred_api_keys,
    of_concurrent_updates_of_one_version_one_succeeds,
    of_admins_who_leave_concurrently_one_remains,
    one_code_creates_one_admin,
    a_replaced_code_creates_no_admin;
);

pub fn start() -> Timestamp {
    "2026-11-22T09:00:00.123456Z".parse().expect("a moment")
}

fn after(span: SignedDuration) -> Timestamp {
    start().checked_add(span).expect("a moment")
}

pub fn new_account(email: &str, roles: &[Role]) -> NewAccount {
    NewAccount {
        id: AccountId(SystemContext::host().id()),
        email: Email::of_stored(email),
        name: "Ada".to_owned(),
        password: StoredPassword::new(format!("hash of {email}")),
        roles: roles.to_vec(),
        at: start(),
    }
}

pub fn new_session(account: &NewAccount, token: &str, at: Timestamp) -> NewSession {
    NewSession {
        id: SystemContext::host().id(),
        account: account.id,
        seed: Seed::new("seed".to_owned()),
        token: Digest::of(token),
        user_agent: "Firefox".to_owned(),
        at,
    }
}

async fn opened(store: &Arc<dyn Store>, email: &str, roles: &[Role]) -> NewAccount {
    let account = new_account(email, roles);
    assert_eq!(store.register_account(&account, None).await.expect("an answer"), RegisterOutcome::Registered);
    account
}

async fn with_session(store: &Arc<dyn Store>, account: &NewAccount, token: &str) -> NewSession {
    let session = new_session(account, token, start());
    assert!(store.begin_session(&session, &account.password).await.expect("an answer"));
    session
}

async fn rotate(store: &Arc<dyn Store>, from: &str, to: &str, now: Timestamp) -> RotateOutcome {
    store.rotate(&Digest::of(from), &Digest::of(to), now).await.expect("an answer")
}

async fn an_email_is_registered_once_in_any_case(store: Arc<dyn Store>) {
    let all: Vec<NewAccount> =
        ["ada@example.com", "ADA@example.com", "Ada@Example.com"].iter().map(|email| new_account(email, &[])).collect();
    let responses = join_all(all.iter().map(|account| store.register_account(account, None))).await;
    let opened = responses.into_iter().filter(|answer| matches!(answer, Ok(RegisterOutcome::Registered))).count();
    assert_eq!(opened, 1);
    assert!(store.credentials("ada@example.com").await.expect("an answer").is_some());
    assert!(store.credentials("ADA@example.com").await.expect("an answer").is_none(), "the key is in lower case");
}

async fn an_account_is_found_by_its_id(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    opened(&store, "bob@example.com", &[Role::Customer]).await;
    let found = store.account(ada.id).await.expect("an answer").expect("an account");
    assert_eq!((found.id, found.email.as_str()), (ada.id, "ada@example.com"));
    assert!(store.account(AccountId(Uuid::nil())).await.expect("an answer").is_none());
}

async fn an_account_is_not_registered_without_its_session(store: Arc<dyn Store>) {
    let first = new_account("ada@example.com", &[Role::Customer]);
    let session = new_session(&first, "token", start());
    assert_eq!(store.register_account(&first, Some(&session)).await.expect("an answer"), RegisterOutcome::Registered);
    let second = new_account("bob@example.com", &[Role::Customer]);
    let twin = NewSession { account: second.id, ..session };
    store.register_account(&second, Some(&twin)).await.expect_err("the session's id is taken");
    assert!(store.credentials("bob@example.com").await.expect("an answer").is_none());
}

async fn a_session_begins_only_with_the_current_password(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let (current, other) = (with_session(&store, &ada, "current").await, with_session(&store, &ada, "other").await);
    let new = StoredPassword::new("new hash".to_owned());
    assert!(store.change_password(ada.id, &ada.password, &new, Some(current.id)).await.expect("an answer"));
    assert!(!store.change_password(ada.id, &ada.password, &new, None).await.expect("an answer"), "not twice");
    let late = new_session(&ada, "late", start());
    assert!(!store.begin_session(&late, &ada.password).await.expect("an answer"));
    assert!(store.signed_in(ada.id, Some(current.id), start()).await.expect("an answer").is_some());
    assert!(store.signed_in(ada.id, Some(other.id), start()).await.expect("an answer").is_none());
    assert!(store.issued_token(&Digest::of("other")).await.expect("an answer").is_none());
    assert!(store.change_password(ada.id, &new, &ada.password, None).await.expect("an answer"));
    assert!(store.sessions(ada.id, start()).await.expect("an answer").is_empty());
}

async fn a_token_is_rotated_once(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    let now = after(SignedDuration::from_secs(60));
    let RotateOutcome::Rotated(live) = rotate(&store, "0", "1", now).await else { panic!("not rotated") };
    assert_eq!((live.id, live.created_at, live.account), (session.id, start(), ada.to_account()));
    let grace = after(SignedDuration::from_secs(80));
    assert!(matches!(rotate(&store, "0", "1", grace).await, RotateOutcome::Repeated(_)));
    let issued = store.issued_token(&Digest::of("1")).await.expect("an answer").expect("a token");
    assert_eq!((issued.session, issued.sequence, issued.seed), (session.id, 1, session.seed.clone()));
    let seen = store.sessions(ada.id, grace).await.expect("an answer");
    assert_eq!((seen[0].created_at, seen[0].last_used_at), (start(), now));
    assert!(matches!(rotate(&store, "unknown", "2", grace).await, RotateOutcome::Invalid));
}

async fn concurrent_rotations_agree(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    with_session(&store, &ada, "0").await;
    let outcomes = join_all((0..10).map(|_| rotate(&store, "0", "1", start()))).await;
    let rotated = outcomes.iter().filter(|outcome| matches!(outcome, RotateOutcome::Rotated(_))).count();
    let repeated = outcomes.iter().filter(|outcome| matches!(outcome, RotateOutcome::Repeated(_))).count();
    assert_eq!((rotated, repeated), (1, 9));
}

async fn a_reused_token_ends_only_its_own_family(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let (stolen, other) = (with_session(&store, &ada, "0").await, with_session(&store, &ada, "other").await);
    rotate(&store, "0", "1", start()).await;
    let late = after(SignedDuration::from_secs(21));
    assert!(matches!(rotate(&store, "0", "1", late).await, RotateOutcome::ReuseDetected(owner) if owner == ada.id));
    for token in ["0", "1"] {
        assert!(matches!(rotate(&store, token, "2", late).await, RotateOutcome::Invalid));
    }
    assert!(store.signed_in(ada.id, Some(stolen.id), late).await.expect("an answer").is_none());
    assert!(store.signed_in(ada.id, Some(other.id), late).await.expect("an answer").is_some());
}

async fn expired_sessions_are_hidden_and_purged(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    let later = after(SignedDuration::from_hours(30 * 24));
    assert!(store.sessions(ada.id, later).await.expect("an answer").is_empty());
    assert!(store.signed_in(ada.id, Some(session.id), later).await.expect("an answer").is_none());
    assert!(store.signed_in(ada.id, None, later).await.expect("an answer").is_some());
    assert!(matches!(rotate(&store, "0", "1", later).await, RotateOutcome::Invalid));
    assert_eq!(store.purge_expired(later, 10).await.expect("an answer"), 1);
    assert_eq!(store.purge_expired(later, 10).await.expect("an answer"), 0);
    assert!(store.issued_token(&Digest::of("0")).await.expect("an answer").is_none());
}

async fn a_live_session_survives_the_purge(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    with_session(&store, &ada, "0").await;
    rotate(&store, "0", "1", after(SignedDuration::from_hours(29 * 24))).await;
    let now = after(SignedDuration::from_hours(31 * 24));
    store.purge_expired(now, 10).await.expect("an answer");
    assert!(store.issued_token(&Digest::of("0")).await.expect("an answer").is_none(), "used up long ago");
    assert!(matches!(rotate(&store, "1", "2", now).await, RotateOutcome::Rotated(_)));
}

async fn only_its_account_can_end_a_session(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let eve = opened(&store, "eve@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    assert!(!store.end_session(session.id, Some(eve.id)).await.expect("an answer"));
    assert!(store.signed_in(eve.id, Some(session.id), start()).await.expect("an answer").is_none());
    assert!(store.end_session(session.id, Some(ada.id)).await.expect("an answer"));
    assert!(!store.end_session(session.id, None).await.expect("an answer"));
}

async fn an_update_requires_the_current_version(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let UpdateOutcome::Updated(changed) = store.rename(ada.id, "Ada King", 1).await.expect("an answer") else {
        panic!("not changed")
    };
    assert_eq!((changed.name.as_str(), changed.version), ("Ada King", 2));
    for version in [1, 3, i64::MAX, i64::MIN] {
        assert_eq!(store.rename(ada.id, "Eve", version).await.expect("an answer"), UpdateOutcome::Stale);
        let outcome = store.set_roles(ada.id, &[Role::Admin], version).await.expect("an answer");
        assert_eq!(outcome, SetRolesOutcome::Completed(UpdateOutcome::Stale));
    }
    assert_eq!(store.signed_in(ada.id, None, start()).await.expect("an answer"), Some(changed));
}

async fn one_admin_always_remains(store: Arc<dyn Store>) {
    let all = [
        opened(&store, "ada@example.com", &[Role::Admin]).await,
        opened(&store, "bob@example.com", &[Role::Admin]).await,
        opened(&store, "eve@example.com", &[Role::Admin]).await,
    ];
    let outcomes = join_all(all.iter().map(|account| store.set_roles(account.id, &[Role::Customer], 1))).await;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Ok(SetRolesOutcome::LastAdmin))).count();
    assert_eq!(refused, 1);
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::AdminExists);
}

async fn a_code_is_used_once(store: Arc<dyn Store>) {
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::NotIssued);
    let (old, code) = (Digest::of("old"), Digest::of("code"));
    assert!(store.set_first_admin_code(&old).await.expect("an answer"));
    assert!(store.set_first_admin_code(&code).await.expect("an answer"));
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::Pending(code.clone()));
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let open = async |code: &Digest, email: &str, token: &str| {
        let account = new_account(email, &[Role::Admin]);
        let session = new_session(&account, token, start());
        store.bootstrap_admin(code, &account, &session).await.expect("an answer")
    };
    assert_eq!(open(&old, "grace@example.com", "a").await, BootstrapOutcome::WrongCode);
    assert_eq!(open(&code, ada.email.as_str(), "b").await, BootstrapOutcome::EmailTaken);
    assert_eq!(open(&code, "grace@example.com", "c").await, BootstrapOutcome::Created);
    assert_eq!(open(&code, "eve@example.com", "d").await, BootstrapOutcome::AdminExists);
    assert!(!store.set_first_admin_code(&code).await.expect("an answer"));
    assert!(store.issued_token(&Digest::of("c")).await.expect("an answer").is_some());
}

async fn accounts_are_listed_in_order(store: Arc<dyn Store>) {
    for email in ["Bob@example.com", "ada@example.com", "ANN@example.com", "zoë@example.com", "a_b@example.com"] {
        opened(&store, email, &[Role::Customer]).await;
    }
    let list = async |prefix: &str, after: &str, limit: usize| -> Vec<String> {
        let found = store.accounts(prefix, after, limit).await.expect("an answer");
        found.into_iter().map(|account| account.email.normalised()).collect()
    };
    assert_eq!(list("a", "", 10).await, ["a_b@example.com", "ada@example.com", "ann@example.com"]);
    assert_eq!(list("a", "ada@example.com", 10).await, ["ann@example.com"]);
    assert_eq!(list("", "", 2).await, ["a_b@example.com", "ada@example.com"]);
    assert_eq!(list("zo", "", 10).await, ["zoë@example.com"]);
    assert!(list("%", "", 10).await.is_empty() && list("_", "", 10).await.is_empty());
}

async fn an_address_book_belongs_to_its_account(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let eve = opened(&store, "eve@example.com", &[Role::Customer]).await;
    let address = serde_json::from_value(crate::shop::address("London")).expect("an address");
    let saved = SavedAddress { id: SystemContext::host().id(), address };
    assert!(store.add_address(ada.id, &saved, start()).await.expect("an answer"));
    assert!(!store.replace_address(eve.id, saved.id, &saved.address).await.expect("an answer"));
    assert!(!store.delete_address(eve.id, saved.id).await.expect("an answer"));
    assert_eq!(store.addresses(ada.id).await.expect("an answer"), std::slice::from_ref(&saved));
    assert!(store.addresses(eve.id).await.expect("an answer").is_empty());
    assert!(store.delete_address(ada.id, saved.id).await.expect("an answer"));
}

async fn missing_rows_are_not_an_error(store: Arc<dyn Store>) {
    let unknown = AccountId(Uuid::nil());
    store.check().await.expect("an answer");
    assert!(store.credentials("").await.expect("an answer").is_none());
    assert_eq!(store.rename(unknown, "Eve", 1).await.expect("an answer"), UpdateOutcome::NotFound);
    let outcome = store.set_roles(unknown, &[Role::Admin], 1).await.expect("an answer");
    assert_eq!(outcome, SetRolesOutcome::Completed(UpdateOutcome::NotFound));
    assert!(store.sessions(unknown, Timestamp::MIN).await.expect("an answer").is_empty());
    assert!(store.sessions(unknown, Timestamp::MAX).await.expect("an answer").is_empty());
    assert!(store.addresses(unknown).await.expect("an answer").is_empty());
    assert_eq!(store.purge_expired(start(), 10).await.expect("an answer"), 0);
}

#[tokio::test]
async fn commits_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("user.db");
    let first = SqliteStore::open(&path).await.expect("a store");
    let store: Arc<dyn Store> = Arc::new(first.clone());
    let ada = opened(&store, "ada@example.com", &[Role::Admin]).await;
    with_session(&store, &ada, "0").await;
    first.close().await;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await.expect("a store"));
    assert!(
        matches!(rotate(&store, "0", "1", start()).await, RotateOutcome::Rotated(live) if live.account == ada.to_account())
    );
}

pub fn api_key(number: u128) -> ApiKey {
    ApiKey {
        id: Uuid::from_u128(number),
        name: "Warehouse 🦀".to_owned(),
        roles: vec![Role::Warehouse, Role::Support],
        created_by: AccountId(Uuid::from_u128(1)),
        created_at: start(),
        last_used_at: None,
    }
}

async fn an_api_key_is_found_by_its_secret_until_it_is_deleted(store: Arc<dyn Store>) {
    let (first, second) = (api_key(1), api_key(2));
    assert!(store.add_api_key(&first, &Digest::of("first")).await.expect("an answer"));
    assert!(store.add_api_key(&second, &Digest::of("second")).await.expect("an answer"));
    assert_eq!(store.api_keys().await.expect("keys"), [second.clone(), first.clone()]);
    let now = after(SignedDuration::from_secs(5));
    let used = ApiKey { last_used_at: Some(now), ..first.clone() };
    assert_eq!(store.use_api_key(&Digest::of("first"), now).await.expect("an answer"), Some(used.clone()));
    assert_eq!(store.use_api_key(&Digest::of("third"), now).await.expect("an answer"), None);
    assert_eq!(store.api_keys().await.expect("keys"), [second.clone(), used]);
    assert!(store.delete_api_key(first.id).await.expect("an answer"));
    assert!(!store.delete_api_key(first.id).await.expect("an answer"));
    assert_eq!(store.use_api_key(&Digest::of("first"), now).await.expect("an answer"), None);
    assert_eq!(store.api_keys().await.expect("keys"), [second]);
}
