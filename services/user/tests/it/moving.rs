//! Moving accounts from a file into MongoDB: all of it arrives, and the store goes on where the file stopped.

use crate::conformance::{new_account, new_session, start};
use crate::shop::address;
use chassis::auth::Role;
use chassis::mongo::Database;
use chassis::data_migration::{Exporter, Importer, Summary, summarise};
use contracts::AccountId;
use contracts::user::SavedAddress;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::{Bson, Document, doc};
use std::sync::Arc;
use testkit::servers;
use user::store::{AccountStore, AddressStore, AdminCode, FirstAdminOpening, RolesOutcome, Rotation, SessionStore};
use user::{Digest, MongoStore, NewAccount, NewSession, SqliteStore, Store};

/// So small that every kind has several pages.
const PAGE: usize = 2;

/// A file with people in it, and where they are to move.
struct TestEnvironment {
    from: SqliteStore,
    to: MongoStore,
    address: chassis::mongo::ConnectionSettings,
    _folder: tempfile::TempDir,
}

impl TestEnvironment {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let from = SqliteStore::open(&folder.path().join("user.db")).await.expect("a store");
        let address = servers::mongo();
        let to = MongoStore::open(&address).await.expect("a store");
        Self { from, to, address, _folder: folder }
    }

    async fn inhabited() -> (Self, People) {
        let env = Self::empty().await;
        let people = settle(&env.from).await;
        (env, people)
    }

    /// Copies all kinds, page by page; at most `pages` of each, from the beginning.
    async fn copy(&self, pages: usize) {
        for kind in self.from.contents().kinds() {
            self.copy_on(kind, None, pages).await;
        }
    }

    /// Copies at most so many pages of a kind; says where the next begins.
    async fn copy_on(&self, kind: &str, from: Option<String>, pages: usize) -> Option<String> {
        let (source, target) = (self.from.contents(), self.to.contents());
        let mut from = from;
        for _ in 0..pages {
            let page = source.page(kind, from.as_deref(), PAGE).await.expect("a page");
            assert!(page.records.len() <= PAGE);
            target.receive(kind, &page.records).await.expect("it is kept");
            from = Some(page.next?);
        }
        from
    }

    /// Fails unless every kind is there as it is here.
    async fn expect_all_moved(&self) {
        let (here, there) = (summaries(&self.from.contents()).await, summaries(&self.to.contents()).await);
        assert!(here.iter().all(|(_, summary)| summary.records > 0), "every kind is tried: {here:?}");
        assert_eq!(here, there);
    }
}

async fn summaries(contents: &dyn Exporter) -> Vec<(&'static str, Summary)> {
    let mut all = Vec::new();
    for kind in contents.kinds() {
        all.push((kind, summarise(contents, kind, |_| {}).await.expect("a summary")));
    }
    all
}

struct People {
    ada: NewAccount,
    odd: NewAccount,
    session: NewSession,
    book: Vec<SavedAddress>,
}

fn later(seconds: i64) -> Timestamp {
    start().checked_add(SignedDuration::from_secs(seconds)).expect("a moment")
}

fn saved(number: u128, city: &str) -> SavedAddress {
    SavedAddress {
        id: uuid::Uuid::from_u128(number),
        address: serde_json::from_value(address(city)).expect("an address"),
    }
}

/// Does the same in any store: an admin, other staff, odd names, sessions that were moved on, an address book.
async fn settle(store: &dyn Store) -> People {
    let numbered = |number: u128, email: &str, roles: &[Role]| NewAccount {
        id: AccountId(uuid::Uuid::from_u128(number)),
        ..new_account(email, roles)
    };
    let ada = numbered(1, "Ada@Example.com", &[Role::Customer, Role::Admin]);
    let mut odd = numbered(2, "ÄÖ🦀@example.com", &[Role::Support]);
    odd.name = "$where.\"🦀\u{0}'; --".to_owned();
    let code = Digest::of("code");
    assert!(store.set_first_admin_code(&code).await.expect("an answer"));
    let session = NewSession { id: uuid::Uuid::from_u128(3), ..new_session(&ada, "0", start()) };
    let opening = store.open_first_admin(&code, &ada, &session).await.expect("an answer");
    assert_eq!(opening, FirstAdminOpening::Opened);
    store.open_account(&odd, None).await.expect("an answer");
    for number in 3..8 {
        store.open_account(&numbered(number, &format!("{number}@example.com"), &[]), None).await.expect("an answer");
    }
    for (from, to, at) in [("0", "1", 60), ("1", "2", 120)] {
        let rotation = store.rotate(&Digest::of(from), &Digest::of(to), later(at)).await.expect("an answer");
        assert!(matches!(rotation, Rotation::Rotated(_)));
    }
    for number in 10..14 {
        let other = new_session(&odd, &format!("other {number}"), later(-3600 * 24 * 40));
        let other = NewSession { id: uuid::Uuid::from_u128(number), user_agent: "🦀 \u{0}".to_owned(), ..other };
        assert!(store.begin_session(&other, &odd.password).await.expect("an answer"));
    }
    let mut book = Vec::new();
    for (number, city) in [(20, "Łódź"), (22, "London"), (21, "Köln 🦀")] {
        book.insert(0, saved(number, city));
        assert!(store.add_address(ada.id, &book[0], later(7)).await.expect("an answer"));
    }
    store.rename(odd.id, "Łukasz", 1).await.expect("an answer");
    People { ada, odd, session, book }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn everything_arrives_and_copying_again_changes_nothing() {
    let (env, _) = TestEnvironment::inhabited().await;
    env.copy(usize::MAX).await;
    env.expect_all_moved().await;
    let first = documents(&env.address).await;
    env.copy(usize::MAX).await;
    env.expect_all_moved().await;
    assert_eq!(documents(&env.address).await, first);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_copy_that_stopped_half_way_goes_on_where_it_was_or_from_the_beginning() {
    let (env, _) = TestEnvironment::inhabited().await;
    for kind in env.from.contents().kinds() {
        let place = env.copy_on(kind, None, 1).await;
        env.copy_on(kind, None, 1).await;
        if place.is_some() {
            env.copy_on(kind, place, usize::MAX).await;
        }
    }
    env.expect_all_moved().await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn people_who_moved_are_logged_in_and_at_home() {
    let (env, People { ada, odd, session, book }) = TestEnvironment::inhabited().await;
    env.copy(usize::MAX).await;
    let store = &env.to;
    let known = store.credentials("ada@example.com").await.expect("an answer").expect("an account");
    assert_eq!((known.account, known.password), (ada.opened(), ada.password.clone()));
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::AdminExists);
    let outcome = store.change_roles(ada.id, &[Role::Customer], 1).await.expect("an answer");
    assert_eq!(outcome, RolesOutcome::LastAdmin);
    let named = store.credentials("äö🦀@example.com").await.expect("an answer").expect("an account");
    assert_eq!((named.account.name.as_str(), named.account.version), ("Łukasz", 2));

    let now = later(130);
    let issued = store.issued_token(&Digest::of("2")).await.expect("an answer").expect("a token");
    assert_eq!((issued.session, issued.sequence, issued.seed), (session.id, 2, session.seed));
    let repeated = store.rotate(&Digest::of("1"), &Digest::of("2"), now).await.expect("an answer");
    assert!(matches!(repeated, Rotation::Repeated(_)), "it was just replaced, in the file");
    let live = store.rotate(&Digest::of("2"), &Digest::of("3"), now).await.expect("an answer");
    assert!(matches!(live, Rotation::Rotated(live) if live.id == session.id));
    let seen = store.sessions(ada.id, now).await.expect("an answer");
    assert_eq!((seen.len(), seen[0].created_at, seen[0].last_used_at), (1, start(), now));
    let reused = store.rotate(&Digest::of("0"), &Digest::of("1"), now).await.expect("an answer");
    assert!(matches!(reused, Rotation::Reused(owner) if owner == ada.id), "a stolen token is known here too");
    assert_eq!(store.forget_expired(now, 100).await.expect("an answer"), 4, "they had expired before they moved");

    assert_eq!(store.addresses(ada.id).await.expect("an answer"), book);
    let new = saved(99, "Paris");
    assert!(store.add_address(ada.id, &new, now).await.expect("an answer"));
    assert_eq!(store.addresses(ada.id).await.expect("an answer")[0], new);
    let login = new_session(&odd, "login", now);
    assert!(store.begin_session(&login, &odd.password).await.expect("an answer"));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_code_that_waits_goes_on_waiting() {
    let env = TestEnvironment::empty().await;
    env.to.set_first_admin_code(&Digest::of("of the target")).await.expect("an answer");
    env.copy(usize::MAX).await;
    assert_eq!(env.to.first_admin_code().await.expect("an answer"), AdminCode::NotIssued);
    env.from.set_first_admin_code(&Digest::of("code")).await.expect("an answer");
    env.copy(usize::MAX).await;
    assert_eq!(env.to.first_admin_code().await.expect("an answer"), AdminCode::Waiting(Digest::of("code")));
    let ada = new_account("ada@example.com", &[Role::Admin]);
    let session = new_session(&ada, "0", start());
    let opening = env.to.open_first_admin(&Digest::of("code"), &ada, &session).await.expect("an answer");
    assert_eq!(opening, FirstAdminOpening::Opened);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_address_that_somebody_else_has_there_is_told() {
    let (env, _) = TestEnvironment::inhabited().await;
    let other = new_account("ada@example.com", &[]);
    env.to.open_account(&other, None).await.expect("an answer");
    let page = env.from.contents().page("accounts", None, PAGE).await.expect("a page");
    let refused = env.to.contents().receive("accounts", &page.records).await.expect_err("the address is taken");
    assert!(refused.to_string().contains("email_key"), "{refused}");
}

/// What MongoDB keeps, without how often people logged in and whose turn it was.
async fn documents(address: &chassis::mongo::ConnectionSettings) -> Vec<Document> {
    let database = Database::open(address, "user").await.expect("a database");
    let mut all = Vec::new();
    for collection in ["accounts", "sessions", "refresh_tokens", "first_admin"] {
        let found = database.collection::<Document>(collection).find(doc! {}).sort(doc! { "_id": 1 }).await;
        let found: Vec<Document> = found.expect("documents").try_collect().await.expect("documents");
        all.extend(found);
    }
    for document in &mut all {
        for name in ["logins", "turn"] {
            if let Some(counted) = document.get_mut(name) {
                assert!(matches!(counted, Bson::Int64(_)), "{name} is {counted:?}");
                *counted = Bson::Null;
            }
        }
    }
    all
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_shop_that_moved_is_kept_as_one_that_grew_there() {
    let (env, _) = TestEnvironment::inhabited().await;
    env.copy(usize::MAX).await;
    let other = servers::mongo();
    let native: Arc<dyn Store> = Arc::new(MongoStore::open(&other).await.expect("a store"));
    settle(&*native).await;
    assert_eq!(documents(&env.address).await, documents(&other).await);
}
