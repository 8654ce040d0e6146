//! Stored values are returned unchanged, and expire exactly in time.

use super::{after, new_account, new_session, opened, rotate, start, with_session};
use chassis::SystemContext;
use chassis::auth::Role;
use contracts::AccountId;
use contracts::user::SavedAddress;
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use user::store::{RegisterOutcome, RotateOutcome, UpdateOutcome};
use user::{Digest, NewAccount, NewSession, Store, StoredPassword};

const IDLE_TIMEOUT: SignedDuration = SignedDuration::from_hours(30 * 24);
const MOMENT: SignedDuration = SignedDuration::from_micros(1);

pub fn saved(city: &str) -> SavedAddress {
    let address = serde_json::from_value(crate::shop::address(city)).expect("an address");
    SavedAddress { id: SystemContext::host().id(), address }
}

pub async fn is_live(store: &Arc<dyn Store>, session: &NewSession) -> bool {
    store.signed_in(session.account, Some(session.id), session.at).await.expect("an answer").is_some()
}

pub async fn a_session_expires_to_the_microsecond(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    let (last, past) = (after(IDLE_TIMEOUT - MOMENT), after(IDLE_TIMEOUT));
    assert_eq!(store.sessions(ada.id, last).await.expect("an answer").len(), 1);
    assert!(store.signed_in(ada.id, Some(session.id), last).await.expect("an answer").is_some());
    assert_eq!(store.purge_expired(last, 10).await.expect("an answer"), 0);
    assert!(store.sessions(ada.id, past).await.expect("an answer").is_empty());
    assert!(store.signed_in(ada.id, Some(session.id), past).await.expect("an answer").is_none());
    assert_eq!(store.purge_expired(past, 10).await.expect("an answer"), 1);
}

pub async fn a_clock_set_back_does_not_revoke_tokens(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    with_session(&store, &ada, "0").await;
    let earlier = after(SignedDuration::from_hours(-2));
    assert!(matches!(rotate(&store, "0", "1", start()).await, RotateOutcome::Rotated(_)));
    assert!(matches!(rotate(&store, "0", "1", earlier).await, RotateOutcome::Repeated(_)));
    assert!(matches!(rotate(&store, "1", "2", earlier).await, RotateOutcome::Rotated(_)));
    assert_eq!(store.sessions(ada.id, earlier).await.expect("an answer")[0].last_used_at, earlier);
}

pub async fn the_least_recently_used_session_is_evicted(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let mut all = Vec::new();
    for number in 0..50 {
        let session = new_session(&ada, &number.to_string(), after(SignedDuration::from_secs(number)));
        assert!(store.begin_session(&session, &ada.password).await.expect("an answer"));
        all.push(session);
    }
    let now = after(SignedDuration::from_secs(100));
    assert!(matches!(rotate(&store, "0", "next", now).await, RotateOutcome::Rotated(_)));
    let last = new_session(&ada, "50", after(SignedDuration::from_secs(-1)));
    assert!(store.begin_session(&last, &ada.password).await.expect("an answer"));
    assert!(is_live(&store, &last).await, "the new one stays, whatever its clock says");
    assert!(is_live(&store, &all[0]).await, "used just now");
    assert!(!is_live(&store, &all[1]).await, "unused for longest");
    assert!(store.issued_token(&Digest::of("1")).await.expect("an answer").is_none());
    let seen = store.sessions(ada.id, now).await.expect("an answer");
    assert_eq!((seen.len(), seen[0].id, seen[49].id), (50, all[0].id, last.id));
}

pub async fn a_purge_respects_its_limit(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    for number in 0..5 {
        with_session(&store, &ada, &number.to_string()).await;
    }
    for expected in [2, 2, 1, 0] {
        assert_eq!(store.purge_expired(after(IDLE_TIMEOUT), 2).await.expect("an answer"), expected);
    }
    assert_eq!(store.purge_expired(after(IDLE_TIMEOUT), 0).await.expect("an answer"), 0);
    assert!(store.accounts("", "", 0).await.expect("an answer").is_empty());
}

pub async fn any_text_is_stored_unchanged(store: Arc<dyn Store>) {
    let texts = ["Łukasz 🦀 𝒳", "$email", "a.b.$c", "'; --", "\u{0}\u{7f}\u{10FFFF}", "", "\\u0041 \"quoted\""];
    for (number, text) in texts.into_iter().enumerate() {
        let mut account = new_account(&format!("ÄÖ🦀{number}@example.com"), &[Role::Support, Role::Customer]);
        (account.name, account.password) = (text.to_owned(), StoredPassword::new(format!("{text} hash")));
        let session = NewSession { user_agent: text.to_owned(), ..new_session(&account, &number.to_string(), start()) };
        assert_eq!(
            store.register_account(&account, Some(&session)).await.expect("an answer"),
            RegisterOutcome::Registered
        );
        let known = store.credentials(&format!("äö🦀{number}@example.com")).await.expect("an answer").expect("one");
        assert_eq!((known.account, known.password), (account.to_account(), account.password.clone()));
        let seen = store.sessions(account.id, start()).await.expect("an answer");
        assert_eq!(seen[0].user_agent, text);
        let UpdateOutcome::Updated(renamed) =
            store.rename(account.id, &format!("{text}{text}"), 1).await.expect("an answer")
        else {
            panic!("not renamed")
        };
        assert_eq!(renamed.name, format!("{text}{text}"));
        let address = saved(&format!("{number} 🦀 $city"));
        assert!(store.add_address(account.id, &address, start()).await.expect("an answer"));
        assert_eq!(store.addresses(account.id).await.expect("an answer"), [address]);
    }
    assert_eq!(store.accounts("äö🦀", "äö🦀3@example.com", 10).await.expect("an answer").len(), texts.len() - 4);
    let mut long = new_account("long@example.com", &[]);
    long.name = "🦀".repeat(500_000);
    assert_eq!(store.register_account(&long, None).await.expect("an answer"), RegisterOutcome::Registered);
    assert_eq!(store.signed_in(long.id, None, start()).await.expect("an answer"), Some(long.to_account()));
}

pub async fn a_full_address_book_of_maximal_addresses_stays_in_order(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let line = "𝒳".repeat(120);
    let address = json!({"name": line, "line1": line, "line2": line, "city": line, "region": line,
        "postal_code": "𝒳".repeat(20), "country": "GB", "phone": "0".repeat(32)});
    let mut all: Vec<SavedAddress> = Vec::new();
    for _ in 0..50 {
        let address = serde_json::from_value(address.clone()).expect("an address");
        all.insert(0, SavedAddress { id: SystemContext::host().id(), address });
        assert!(store.add_address(ada.id, &all[0], start()).await.expect("an answer"));
    }
    assert!(!store.add_address(ada.id, &saved("London"), start()).await.expect("an answer"), "full");
    all[20].address = saved("Łódź").address;
    assert!(store.replace_address(ada.id, all[20].id, &all[20].address).await.expect("an answer"));
    let gone = all.remove(40);
    assert!(store.delete_address(ada.id, gone.id).await.expect("an answer"));
    assert!(!store.delete_address(ada.id, gone.id).await.expect("an answer"), "not twice");
    assert_eq!(store.addresses(ada.id).await.expect("an answer"), all);
    assert!(store.add_address(ada.id, &gone, start()).await.expect("an answer"), "there is room again");
    assert!(store.credentials("ada@example.com").await.expect("an answer").is_some());
}

pub async fn duplicates_are_rejected(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let twin = NewAccount { name: "Eve".to_owned(), ..ada.clone() };
    assert_eq!(store.register_account(&twin, None).await.expect("an answer"), RegisterOutcome::EmailTaken);
    let session = with_session(&store, &ada, "0").await;
    let same_id = NewSession { token: Digest::of("1"), ..session.clone() };
    store.begin_session(&same_id, &ada.password).await.expect_err("the session's id is taken");
    let same_token = new_session(&ada, "0", start());
    store.begin_session(&same_token, &ada.password).await.expect_err("the token is taken");
    assert!(!is_live(&store, &same_token).await, "nothing of it was stored");
    with_session(&store, &ada, "other").await;
    store.rotate(&Digest::of("0"), &Digest::of("other"), start()).await.expect_err("the successor is taken");
    assert!(matches!(rotate(&store, "0", "1", start()).await, RotateOutcome::Rotated(_)), "it is still the newest");
    let address = saved("London");
    assert!(store.add_address(ada.id, &address, start()).await.expect("an answer"));
    store.add_address(ada.id, &address, start()).await.expect_err("the address' id is taken");
    assert_eq!(store.addresses(ada.id).await.expect("an answer"), [address]);
    let unknown = AccountId(SystemContext::host().id());
    store.add_address(unknown, &saved("Nowhere"), start()).await.expect_err("there is no such account");
    assert_eq!(store.signed_in(ada.id, None, start()).await.expect("an answer"), Some(ada.to_account()));
}
