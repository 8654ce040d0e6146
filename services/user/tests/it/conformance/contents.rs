//! What a store keeps: exactly what it was given, for exactly as long as it is good.

use super::{after, new_account, new_session, opened, rotate, start, with_session};
use chassis::SystemContext;
use chassis::auth::Role;
use contracts::AccountId;
use contracts::user::SavedAddress;
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use user::store::{Change, Opening, Rotation};
use user::{Digest, NewAccount, NewSession, Store, StoredPassword};

const IDLE: SignedDuration = SignedDuration::from_hours(30 * 24);
const MOMENT: SignedDuration = SignedDuration::from_micros(1);

pub fn saved(city: &str) -> SavedAddress {
    let address = serde_json::from_value(crate::shop::address(city)).expect("an address");
    SavedAddress { id: SystemContext::host().id(), address }
}

pub async fn is_live(store: &Arc<dyn Store>, session: &NewSession) -> bool {
    store.signed_in(session.account, Some(session.id), session.at).await.expect("an answer").is_some()
}

pub async fn a_session_lives_to_the_microsecond(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let session = with_session(&store, &ada, "0").await;
    let (last, past) = (after(IDLE - MOMENT), after(IDLE));
    assert_eq!(store.sessions(ada.id, last).await.expect("an answer").len(), 1);
    assert!(store.signed_in(ada.id, Some(session.id), last).await.expect("an answer").is_some());
    assert_eq!(store.forget_expired(last, 10).await.expect("an answer"), 0);
    assert!(store.sessions(ada.id, past).await.expect("an answer").is_empty());
    assert!(store.signed_in(ada.id, Some(session.id), past).await.expect("an answer").is_none());
    assert_eq!(store.forget_expired(past, 10).await.expect("an answer"), 1);
}

pub async fn a_clock_set_back_revokes_nothing(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    with_session(&store, &ada, "0").await;
    let earlier = after(SignedDuration::from_hours(-2));
    assert!(matches!(rotate(&store, "0", "1", start()).await, Rotation::Rotated(_)));
    assert!(matches!(rotate(&store, "0", "1", earlier).await, Rotation::Repeated(_)));
    assert!(matches!(rotate(&store, "1", "2", earlier).await, Rotation::Rotated(_)));
    assert_eq!(store.sessions(ada.id, earlier).await.expect("an answer")[0].last_used_at, earlier);
}

pub async fn the_session_unused_for_longest_makes_room(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let mut all = Vec::new();
    for number in 0..50 {
        let session = new_session(&ada, &number.to_string(), after(SignedDuration::from_secs(number)));
        assert!(store.begin_session(&session, &ada.password).await.expect("an answer"));
        all.push(session);
    }
    let now = after(SignedDuration::from_secs(100));
    assert!(matches!(rotate(&store, "0", "next", now).await, Rotation::Rotated(_)));
    let last = new_session(&ada, "50", after(SignedDuration::from_secs(-1)));
    assert!(store.begin_session(&last, &ada.password).await.expect("an answer"));
    assert!(is_live(&store, &last).await, "the new one stays, whatever its clock says");
    assert!(is_live(&store, &all[0]).await, "used just now");
    assert!(!is_live(&store, &all[1]).await, "unused for longest");
    assert!(store.issued_token(&Digest::of("1")).await.expect("an answer").is_none());
    let seen = store.sessions(ada.id, now).await.expect("an answer");
    assert_eq!((seen.len(), seen[0].id, seen[49].id), (50, all[0].id, last.id));
}

pub async fn a_sweep_takes_no_more_than_it_is_told(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    for number in 0..5 {
        with_session(&store, &ada, &number.to_string()).await;
    }
    for expected in [2, 2, 1, 0] {
        assert_eq!(store.forget_expired(after(IDLE), 2).await.expect("an answer"), expected);
    }
    assert_eq!(store.forget_expired(after(IDLE), 0).await.expect("an answer"), 0);
    assert!(store.accounts("", "", 0).await.expect("an answer").is_empty());
}

pub async fn any_text_comes_back_as_it_was_written(store: Arc<dyn Store>) {
    let texts = ["Łukasz 🦀 𝒳", "$email", "a.b.$c", "'; --", "\u{0}\u{7f}\u{10FFFF}", "", "\\u0041 \"quoted\""];
    for (number, text) in texts.into_iter().enumerate() {
        let mut account = new_account(&format!("ÄÖ🦀{number}@example.com"), &[Role::Support, Role::Customer]);
        (account.name, account.password) = (text.to_owned(), StoredPassword::new(format!("{text} hash")));
        let session = NewSession { user_agent: text.to_owned(), ..new_session(&account, &number.to_string(), start()) };
        assert_eq!(store.open_account(&account, Some(&session)).await.expect("an answer"), Opening::Opened);
        let known = store.credentials(&format!("äö🦀{number}@example.com")).await.expect("an answer").expect("one");
        assert_eq!((known.account, known.password), (account.opened(), account.password.clone()));
        let seen = store.sessions(account.id, start()).await.expect("an answer");
        assert_eq!(seen[0].user_agent, text);
        let Change::Changed(renamed) = store.rename(account.id, &format!("{text}{text}"), 1).await.expect("an answer")
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
    assert_eq!(store.open_account(&long, None).await.expect("an answer"), Opening::Opened);
    assert_eq!(store.signed_in(long.id, None, start()).await.expect("an answer"), Some(long.opened()));
}

pub async fn a_full_book_of_the_longest_addresses_is_kept_in_order(store: Arc<dyn Store>) {
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
    assert!(store.remove_address(ada.id, gone.id).await.expect("an answer"));
    assert!(!store.remove_address(ada.id, gone.id).await.expect("an answer"), "not twice");
    assert_eq!(store.addresses(ada.id).await.expect("an answer"), all);
    assert!(store.add_address(ada.id, &gone, start()).await.expect("an answer"), "there is room again");
    assert!(store.credentials("ada@example.com").await.expect("an answer").is_some());
}

pub async fn what_is_there_already_is_not_added_twice(store: Arc<dyn Store>) {
    let ada = opened(&store, "ada@example.com", &[Role::Customer]).await;
    let twin = NewAccount { name: "Eve".to_owned(), ..ada.clone() };
    assert_eq!(store.open_account(&twin, None).await.expect("an answer"), Opening::EmailTaken);
    let session = with_session(&store, &ada, "0").await;
    let same_id = NewSession { token: Digest::of("1"), ..session.clone() };
    store.begin_session(&same_id, &ada.password).await.expect_err("the session's id is taken");
    let same_token = new_session(&ada, "0", start());
    store.begin_session(&same_token, &ada.password).await.expect_err("the token is taken");
    assert!(!is_live(&store, &same_token).await, "nothing of it was kept");
    with_session(&store, &ada, "other").await;
    store.rotate(&Digest::of("0"), &Digest::of("other"), start()).await.expect_err("the successor is taken");
    assert!(matches!(rotate(&store, "0", "1", start()).await, Rotation::Rotated(_)), "it is still the newest");
    let address = saved("London");
    assert!(store.add_address(ada.id, &address, start()).await.expect("an answer"));
    store.add_address(ada.id, &address, start()).await.expect_err("the address' id is taken");
    assert_eq!(store.addresses(ada.id).await.expect("an answer"), [address]);
    let nobody = AccountId(SystemContext::host().id());
    store.add_address(nobody, &saved("Nowhere"), start()).await.expect_err("there is no such account");
    assert_eq!(store.signed_in(ada.id, None, start()).await.expect("an answer"), Some(ada.opened()));
}
