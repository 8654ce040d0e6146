//! The data migration from SQLite to MongoDB: all records are copied, and the target continues with them.

use crate::conformance::{api_key, new_account, new_session, start};
use crate::shop::address;
use chassis::auth::Role;
use chassis::data_migration::{Exporter, Importer, Summary, summarise};
use chassis::mongo::Database;
use contracts::AccountId;
use contracts::user::SavedAddress;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::{Bson, Document, doc};
use std::sync::Arc;
use testkit::servers;
use user::store::{
    AccountStore, AddressStore, AdminCode, ApiKeyStore, BootstrapOutcome, RotateOutcome, SessionStore, SetRolesOutcome,
};
use user::{Digest, MongoStore, NewAccount, NewSession, SqliteStore, Store};

/// The page size, so small that every kind has several pages.
const PAGE: usize = 2;

/// The source and the target of a migration.
struct Fixture {
    from: SqliteStore,
    to: MongoStore,
    address: chassis::mongo::ConnectionSettings,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let from = SqliteStore::open(&folder.path().join("user.db")).await.expect("a store");
        let address = servers::mongo();
        let to = MongoStore::open(&address).await.expect("a store");
        Self { from, to, address, _folder: folder }
    }

    async fn populated() -> (Self, Migrated) {
        let fixture = Self::empty().await;
        let accounts = populate(&fixture.from).await;
        (fixture, accounts)
    }

    /// Copies up to `pages` pages of every kind, from the beginning.
    async fn copy(&self, pages: usize) {
        for kind in self.from.contents().kinds() {
            self.copy_kind(kind, None, pages).await;
        }
    }

    /// Copies up to `pages` pages of a kind and returns the start of the next one.
    async fn copy_kind(&self, kind: &str, from: Option<String>, pages: usize) -> Option<String> {
        let (source, target) = (self.from.contents(), self.to.contents());
        let mut from = from;
        for _ in 0..pages {
            let page = source.page(kind, from.as_deref(), PAGE).await.expect("a page");
            assert!(page.records.len() <= PAGE);
            target.receive(kind, &page.records).await.expect("the records are stored");
            from = Some(page.next?);
        }
        from
    }

    /// Asserts that source and target have the same records.
    async fn expect_all_copied(&self) {
        let (source, target) = (summaries(&self.from.contents()).await, summaries(&self.to.contents()).await);
        assert!(source.iter().all(|(_, summary)| summary.records > 0), "every kind has records: {source:?}");
        assert_eq!(source, target);
    }
}

async fn summaries(contents: &dyn Exporter) -> Vec<(&'static str, Summary)> {
    let mut all = Vec::new();
    for kind in contents.kinds() {
        all.push((kind, summarise(contents, kind, |_| {}).await.expect("a summary")));
    }
    all
}

struct Migrated {
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

/// Fills a store with an admin, other staff, unusual names, rotated sessions and an address book.
async fn populate(store: &dyn Store) -> Migrated {
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
    let opening = store.bootstrap_admin(&code, &ada, &session).await.expect("an answer");
    assert_eq!(opening, BootstrapOutcome::Created);
    store.register_account(&odd, None).await.expect("an answer");
    for number in 3..8 {
        store
            .register_account(&numbered(number, &format!("{number}@example.com"), &[]), None)
            .await
            .expect("an answer");
    }
    for (from, to, at) in [("0", "1", 60), ("1", "2", 120)] {
        let rotation = store.rotate(&Digest::of(from), &Digest::of(to), later(at)).await.expect("an answer");
        assert!(matches!(rotation, RotateOutcome::Rotated(_)));
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
    for number in [30, 31] {
        assert!(store.add_api_key(&api_key(number), &Digest::of(&number.to_string())).await.expect("an answer"));
    }
    store.use_api_key(&Digest::of("30"), later(9)).await.expect("an answer");
    Migrated { ada, odd, session, book }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn all_records_are_copied_and_a_repeated_copy_changes_nothing() {
    let (fixture, _) = Fixture::populated().await;
    fixture.copy(usize::MAX).await;
    fixture.expect_all_copied().await;
    let first = documents(&fixture.address).await;
    fixture.copy(usize::MAX).await;
    fixture.expect_all_copied().await;
    assert_eq!(documents(&fixture.address).await, first);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_interrupted_copy_can_be_resumed_or_restarted() {
    let (fixture, _) = Fixture::populated().await;
    for kind in fixture.from.contents().kinds() {
        let place = fixture.copy_kind(kind, None, 1).await;
        fixture.copy_kind(kind, None, 1).await;
        if place.is_some() {
            fixture.copy_kind(kind, place, usize::MAX).await;
        }
    }
    fixture.expect_all_copied().await;
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn migrated_accounts_keep_their_sessions_and_addresses() {
    let (fixture, Migrated { ada, odd, session, book }) = Fixture::populated().await;
    fixture.copy(usize::MAX).await;
    let store = &fixture.to;
    let known = store.credentials("ada@example.com").await.expect("an answer").expect("an account");
    assert_eq!((known.account, known.password), (ada.to_account(), ada.password.clone()));
    assert_eq!(store.first_admin_code().await.expect("an answer"), AdminCode::AdminExists);
    let outcome = store.set_roles(ada.id, &[Role::Customer], 1).await.expect("an answer");
    assert_eq!(outcome, SetRolesOutcome::LastAdmin);
    let named = store.credentials("äö🦀@example.com").await.expect("an answer").expect("an account");
    assert_eq!((named.account.name.as_str(), named.account.version), ("Łukasz", 2));

    let now = later(130);
    let issued = store.issued_token(&Digest::of("2")).await.expect("an answer").expect("a token");
    assert_eq!((issued.session, issued.sequence, issued.seed), (session.id, 2, session.seed));
    let repeated = store.rotate(&Digest::of("1"), &Digest::of("2"), now).await.expect("an answer");
    assert!(matches!(repeated, RotateOutcome::Repeated(_)), "it was just replaced, in the file");
    let live = store.rotate(&Digest::of("2"), &Digest::of("3"), now).await.expect("an answer");
    assert!(matches!(live, RotateOutcome::Rotated(live) if live.id == session.id));
    let seen = store.sessions(ada.id, now).await.expect("an answer");
    assert_eq!((seen.len(), seen[0].created_at, seen[0].last_used_at), (1, start(), now));
    let reused = store.rotate(&Digest::of("0"), &Digest::of("1"), now).await.expect("an answer");
    assert!(
        matches!(reused, RotateOutcome::ReuseDetected(owner) if owner == ada.id),
        "the reuse of a token is detected here too"
    );
    assert_eq!(store.purge_expired(now, 100).await.expect("an answer"), 4, "they had expired before the migration");

    assert_eq!(store.addresses(ada.id).await.expect("an answer"), book);
    let key = store.use_api_key(&Digest::of("31"), later(9)).await.expect("an answer");
    assert_eq!(key.map(|key| key.id), Some(api_key(31).id));
    let new = saved(99, "Paris");
    assert!(store.add_address(ada.id, &new, now).await.expect("an answer"));
    assert_eq!(store.addresses(ada.id).await.expect("an answer")[0], new);
    let login = new_session(&odd, "login", now);
    assert!(store.begin_session(&login, &odd.password).await.expect("an answer"));
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_pending_code_stays_pending() {
    let fixture = Fixture::empty().await;
    fixture.to.set_first_admin_code(&Digest::of("of the target")).await.expect("an answer");
    fixture.copy(usize::MAX).await;
    assert_eq!(fixture.to.first_admin_code().await.expect("an answer"), AdminCode::NotIssued);
    fixture.from.set_first_admin_code(&Digest::of("code")).await.expect("an answer");
    fixture.copy(usize::MAX).await;
    assert_eq!(fixture.to.first_admin_code().await.expect("an answer"), AdminCode::Pending(Digest::of("code")));
    let ada = new_account("ada@example.com", &[Role::Admin]);
    let session = new_session(&ada, "0", start());
    let opening = fixture.to.bootstrap_admin(&Digest::of("code"), &ada, &session).await.expect("an answer");
    assert_eq!(opening, BootstrapOutcome::Created);
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_email_taken_in_the_target_is_reported() {
    let (fixture, _) = Fixture::populated().await;
    let other = new_account("ada@example.com", &[]);
    fixture.to.register_account(&other, None).await.expect("an answer");
    let page = fixture.from.contents().page("accounts", None, PAGE).await.expect("a page");
    let refused = fixture.to.contents().receive("accounts", &page.records).await.expect_err("the address is taken");
    assert!(refused.to_string().contains("email_key"), "{refused}");
}

/// Returns all documents without the counters that only MongoDB stores.
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
async fn migrated_documents_equal_native_ones() {
    let (fixture, _) = Fixture::populated().await;
    fixture.copy(usize::MAX).await;
    let other = servers::mongo();
    let native: Arc<dyn Store> = Arc::new(MongoStore::open(&other).await.expect("a store"));
    populate(&*native).await;
    assert_eq!(documents(&fixture.address).await, documents(&other).await);
}
