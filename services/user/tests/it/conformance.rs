//! What every store must do, whatever it is made of.

mod contents;
mod replicas;

use chassis::SystemContext;
use chassis::auth::Role;
use contents::{
    a_clock_set_back_revokes_nothing, a_full_book_of_the_longest_addresses_is_kept_in_order,
    a_session_lives_to_the_microsecond, a_sweep_takes_no_more_than_it_is_told, any_text_comes_back_as_it_was_written,
    the_session_unused_for_longest_makes_room, what_is_there_already_is_not_added_twice,
};
use contracts::AccountId;
use contracts::user::SavedAddress;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use user::store::{AdminCode, Change, FirstAdminOpening, Opening, RolesOutcome, Rotation};
use user::{Digest, MongoStore, NewAccount, NewSession, Seed, SqliteStore, Store, StoredPassword};
use uuid::Uuid;

/// A store as several processes use it at once. The embedded one has a single process, with several tasks.
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

    /// The replica that gets request `number`.
    fn at(&self, number: usize) -> &Arc<dyn Store> {
        &self.stores[number % self.stores.len()]
    }
}

/// One test of each name, against each store. Those named last want several replicas of it.
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
    an_address_is_given_once_in_any_case,
    an_account_without_its_session_is_not_opened,
    a_session_begins_only_with_the_password_in_force,
    a_token_moves_its_family_on_once,
    concurrent_rotations_agree,
    a_reused_token_ends_its_family_only,
    expired_sessions_are_neither_seen_nor_kept,
    a_live_session_survives_the_sweep,
    a_session_is_ended_by_its_owner_only,
    a_change_needs_the_version_in_force,
    an_admin_is_left_at_any_time,
    a_code_is_used_once,
    accounts_are_listed_in_order,
    an_address_book_is_its_owners,
    what_is_missing_is_no_error,
    a_session_lives_to_the_microsecond,
    a_clock_set_back_revokes_nothing,
    the_session_unused_for_longest_makes_room,
    a_sweep_takes_no_more_than_it_is_told,
    any_text_comes_back_as_it_was_written,
    a_full_book_of_the_longest_addresses_is_kept_in_order,
    what_is_there_already_is_not_added_twice;
    several:
    an_address_is_given_once_wherever_it_is_asked_for,
    rotations_on_many_replicas_agree,
    a_reuse_is_told_once,
    no_login_outlives_the_password_it_was_made_with,
    an_account_has_fifty_sessions_however_fast_they_come,
    an_address_book_holds_fifty_however_fast_they_come,
    of_many_changes_of_one_version_one_is_made,
    of_many_admins_who_leave_one_stays,
    one_code_makes_one_admin,
    a_code_that_is_replaced_makes_nobody_an_admin;
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
        email: email.parse().expect("an address"),
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
    assert_eq!(store.open_account(&account, None).await.expect("an answer"), Opening::Opened);
    account
}

async fn with_session(store: &Arc<dyn Store>, account: &NewAccount, token: &str) -> NewSession {
    let session = new_session(account, token, start());
    assert!(store.begin_session(&session, &account.password).await.expect("an answer"));
    session
}

async fn rotate(store: &Arc<dyn Store>, from: &str, to: &str, now: Timestamp) -> Rotation {
    store.rotate(&Digest::of(from), &Digest::of(to), now).await.expect("an answer")
}

async fn an_address_is_given_once_in_any_case(store: Arc<dyn Store>) {
    let all: Vec<NewAccount> =
        ["ada@example.com", "ADA@example.com", "Ada@Example.com"].iter().map(|email| new_account(email, &[])).collect();
    let answers = join_all(all.iter().map(|account| store.open_account(account, None))).await;
    let opened = answers.into_iter().filter(|answer| matches!(answer, Ok(Opening::Opened))).count();
    assert_eq!(opened, 1);
    assert!(store.credentials("ada@example.com").await.expect("an answer").is_some());
    assert!(store.credentials("ADA@example.com").await.expect("an answer").is_none(), "the key is in lower case");
}

async fn an_account_without_its_session_is_not_opened(store: Arc<dyn Store>) {
    let first = new_account("ada@example.com", &[Role::Customer]);
    let session = new_session(&first, "token", start());
    assert_eq!(store.open_account(&first, Some(&session)).await.expect("an answer"), Opening::Opened);
    let second = new_account("bob@example.com", &[Role::Customer]);
    let twin = NewSession { account: second.id, ..session };
    store.open_account(&second, Some(&twin)).await.expect_err("the session's id is taken");
    assert!(store.credentials("bob@example.com").await.expect("an answer").is_none());
}

async fn a_session_begins_only_with_the_password_in_force(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let (kept, other) = (with_session(&store, &ada, "kept").await, with_session(&store, &ada, "other").await);
    let new = StoredPassword::new("new hash".to_owned());
    assert!(store.change_password(ada.id, &ada.password, &new, Some(kept.id)).await.expect("an answer"));
    assert!(!store.change_password(ada.id, &ada.password, &new, None).await.expect("an answer"), "not twice");
    let late = new_session(&ada, "late", start());
    assert!(!store.begin_session(&late, &ada.password).await.expect("an answer"));
    assert!(store.signed_in(ada.id, Some(kept.id), start()).await.expect("an answer").is_some());
    assert!(store.signed_in(ada.id, Some(other.id), start()).await.expect("an answer").is_none());
    assert!(store.issued_token(&Digest::of("other")).await.expect("an answer").is_none());
    assert!(store.change_password(ada.id, &new, &ada.password, None).await.expect("an answer"));
    assert!(store.sessions(ada.id, start()).await.expect("an answer").is_empty());
}

async fn a_token_moves_its_family_on_once(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    let now = after(SignedDuration::from_secs(60));
    let Rotation::Rotated(live) = rotate(&store, "0", "1", now).await else { panic!("not rotated") };
    assert_eq!((live.id, live.created_at, live.account), (session.id, start(), ada.opened()));
    let grace = after(SignedDuration::from_secs(80));
    assert!(matches!(rotate(&store, "0", "1", grace).await, Rotation::Repeated(_)));
    let issued = store.issued_token(&Digest::of("1")).await.expect("an answer").expect("a token");
    assert_eq!((issued.session, issued.sequence, issued.seed), (session.id, 1, session.seed.clone()));
    let seen = store.sessions(ada.id, grace).await.expect("an answer");
    assert_eq!((seen[0].created_at, seen[0].last_used_at), (start(), now));
    assert!(matches!(rotate(&store, "nobody's", "2", grace).await, Rotation::Unknown));
}

async fn concurrent_rotations_agree(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    with_session(&store, &ada, "0").await;
    let outcomes = join_all((0..10).map(|_| rotate(&store, "0", "1", start()))).await;
    let rotated = outcomes.iter().filter(|outcome| matches!(outcome, Rotation::Rotated(_))).count();
    let repeated = outcomes.iter().filter(|outcome| matches!(outcome, Rotation::Repeated(_))).count();
    assert_eq!((rotated, repeated), (1, 9));
}

async fn a_reused_token_ends_its_family_only(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let (stolen, other) = (with_session(&store, &ada, "0").await, with_session(&store, &ada, "other").await);
    rotate(&store, "0", "1", start()).await;
    let late = after(SignedDuration::from_secs(21));
    assert!(matches!(rotate(&store, "0", "1", late).await, Rotation::Reused(owner) if owner == ada.id));
    for token in ["0", "1"] {
        assert!(matches!(rotate(&store, token, "2", late).await, Rotation::Unknown));
    }
    assert!(store.signed_in(ada.id, Some(stolen.id), late).await.expect("an answer").is_none());
    assert!(store.signed_in(ada.id, Some(other.id), late).await.expect("an answer").is_some());
}

async fn expired_sessions_are_neither_seen_nor_kept(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    let later = after(SignedDuration::from_hours(30 * 24));
    assert!(store.sessions(ada.id, later).await.expect("an answer").is_empty());
    assert!(store.signed_in(ada.id, Some(session.id), later).await.expect("an answer").is_none());
    assert!(store.signed_in(ada.id, None, later).await.expect("an answer").is_some());
    assert!(matches!(rotate(&store, "0", "1", later).await, Rotation::Unknown));
    assert_eq!(store.forget_expired(later, 10).await.expect("an answer"), 1);
    assert_eq!(store.forget_expired(later, 10).await.expect("an answer"), 0);
    assert!(store.issued_token(&Digest::of("0")).await.expect("an answer").is_none());
}

async fn a_live_session_survives_the_sweep(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    with_session(&store, &ada, "0").await;
    rotate(&store, "0", "1", after(SignedDuration::from_hours(29 * 24))).await;
    let now = after(SignedDuration::from_hours(31 * 24));
    store.forget_expired(now, 10).await.expect("an answer");
    assert!(store.issued_token(&Digest::of("0")).await.expect("an answer").is_none(), "used up long ago");
    assert!(matches!(rotate(&store, "1", "2", now).await, Rotation::Rotated(_)));
}

async fn a_session_is_ended_by_its_owner_only(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let eve = opened(&store, "eve@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    assert!(!store.end_session(session.id, Some(eve.id)).await.expect("an answer"));
    assert!(store.signed_in(eve.id, Some(session.id), start()).await.expect("an answer").is_none());
    assert!(store.end_session(session.id, Some(ada.id)).await.expect("an answer"));
    assert!(!store.end_session(session.id, None).await.expect("an answer"));
}

async fn a_change_needs_the_version_in_force(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let Change::Changed(changed) = store.rename(ada.id, "Ada King", 1).await.expect("an answer") else {
        panic!("not changed")
    };
    assert_eq!((changed.name.as_str(), changed.version), ("Ada King", 2));
    for version in [1, 3, i64::MAX, i64::MIN] {
        assert_eq!(store.rename(ada.id, "Eve", version).await.expect("an answer"), Change::Stale);
        let outcome = store.change_roles(ada.id, &[Role::Admin], version).await.expect("an answer");
        assert_eq!(outcome, RolesOutcome::Settled(Change::Stale));
    }
    assert_eq!(store.signed_in(ada.id, None, start()).await.expect("an answer"), Some(changed));
}

async fn an_admin_is_left_at_any_time(store: Arc<dyn Store>) {
    let all = [
        opened(&store, "ada@example.com", &[Role::Admin]).await,
        opened(&store, "bob@example.com", &[Role::Admin]).await,
        opened(&store, "eve@example.com", &[Role::Admin]).await,
    ];
    let outcomes = join_all(all.iter().map(|account| store.change_roles(account.id, &[Role::Customer], 1))).await;
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Ok(RolesOutcome::LastAdmin))).count();
    assert_eq!(refused, 1);
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::AdminExists);
}

async fn a_code_is_used_once(store: Arc<dyn Store>) {
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::NotIssued);
    let (old, code) = (Digest::of("old"), Digest::of("code"));
    assert!(store.set_first_admin_code(&old).await.expect("an answer"));
    assert!(store.set_first_admin_code(&code).await.expect("an answer"));
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::Waiting(code.clone()));
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let open = async |code: &Digest, email: &str, token: &str| {
        let account = new_account(email, &[Role::Admin]);
        let session = new_session(&account, token, start());
        store.open_first_admin(code, &account, &session).await.expect("an answer")
    };
    assert_eq!(open(&old, "grace@example.com", "a").await, FirstAdminOpening::WrongCode);
    assert_eq!(open(&code, ada.email.as_str(), "b").await, FirstAdminOpening::EmailTaken);
    assert_eq!(open(&code, "grace@example.com", "c").await, FirstAdminOpening::Opened);
    assert_eq!(open(&code, "eve@example.com", "d").await, FirstAdminOpening::AdminExists);
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

async fn an_address_book_is_its_owners(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let eve = opened(&store, "eve@example.com", &[Role::Customer]).await;
    let address = serde_json::from_value(crate::shop::address("London")).expect("an address");
    let saved = SavedAddress { id: SystemContext::host().id(), address };
    assert!(store.add_address(ada.id, &saved, start()).await.expect("an answer"));
    assert!(!store.replace_address(eve.id, saved.id, &saved.address).await.expect("an answer"));
    assert!(!store.remove_address(eve.id, saved.id).await.expect("an answer"));
    assert_eq!(store.addresses(ada.id).await.expect("an answer"), std::slice::from_ref(&saved));
    assert!(store.addresses(eve.id).await.expect("an answer").is_empty());
    assert!(store.remove_address(ada.id, saved.id).await.expect("an answer"));
}

async fn what_is_missing_is_no_error(store: Arc<dyn Store>) {
    let nobody = AccountId(Uuid::nil());
    store.check().await.expect("an answer");
    assert!(store.credentials("").await.expect("an answer").is_none());
    assert_eq!(store.rename(nobody, "Eve", 1).await.expect("an answer"), Change::Missing);
    let outcome = store.change_roles(nobody, &[Role::Admin], 1).await.expect("an answer");
    assert_eq!(outcome, RolesOutcome::Settled(Change::Missing));
    assert!(store.sessions(nobody, Timestamp::MIN).await.expect("an answer").is_empty());
    assert!(store.sessions(nobody, Timestamp::MAX).await.expect("an answer").is_empty());
    assert!(store.addresses(nobody).await.expect("an answer").is_empty());
    assert_eq!(store.forget_expired(start(), 10).await.expect("an answer"), 0);
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("user.db");
    let first = SqliteStore::open(&path).await.expect("a store");
    let store: Arc<dyn Store> = Arc::new(first.clone());
    let ada = opened(&store, "ada@example.com", &[Role::Admin]).await;
    with_session(&store, &ada, "0").await;
    first.close().await;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path).await.expect("a store"));
    assert!(matches!(rotate(&store, "0", "1", start()).await, Rotation::Rotated(live) if live.account == ada.opened()));
}
