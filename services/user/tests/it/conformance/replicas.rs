//! Transactions that several replicas run at the same time.

use super::contents::{is_live, saved};
use super::{Replicas, after, api_key, new_account, new_session, opened, start, with_session};
use chassis::auth::Role;
use futures::future::{join, join_all};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use user::store::{AdminCode, BootstrapOutcome, RegisterOutcome, RotateOutcome, SetRolesOutcome, UpdateOutcome};
use user::{Digest, MAX_API_KEYS, NewAccount, NewSession, StoredPassword};

const MANY: usize = 12;

fn count<T>(all: &[T], which: impl Fn(&T) -> bool) -> usize {
    all.iter().filter(|one| which(one)).count()
}

pub async fn an_email_is_registered_once_across_replicas(replicas: Replicas) {
    let tokens: Vec<String> = (0..MANY).map(|number| number.to_string()).collect();
    let register = async |number: usize| {
        let account = new_account("ada@example.com", &[Role::Customer]);
        let session = new_session(&account, &tokens[number], start());
        replicas.at(number).register_account(&account, Some(&session)).await.expect("an answer")
    };
    let responses = join_all((0..MANY).map(register)).await;
    assert_eq!(count(&responses, |answer| *answer == RegisterOutcome::Registered), 1);
    for (token, answer) in tokens.iter().zip(responses) {
        let issued = replicas.any().issued_token(&Digest::of(token)).await.expect("an answer");
        assert_eq!(issued.is_some(), answer == RegisterOutcome::Registered, "no session without its account");
    }
}

pub async fn rotations_on_many_replicas_agree(replicas: Replicas) {
    let ada = opened(&replicas.any(), "ada@example.com", &[Role::Customer]).await;
    with_session(&replicas.any(), &ada, "0").await;
    for round in 0..4 {
        let (from, to) = (Digest::of(&round.to_string()), Digest::of(&(round + 1).to_string()));
        let all = (0..MANY).map(|number| replicas.at(number).rotate(&from, &to, start()));
        let all: Vec<RotateOutcome> =
            join_all(all).await.into_iter().map(|answer| answer.expect("an answer")).collect();
        assert_eq!(count(&all, |one| matches!(one, RotateOutcome::Rotated(_))), 1);
        assert_eq!(count(&all, |one| matches!(one, RotateOutcome::Repeated(_))), MANY - 1);
    }
}

pub async fn a_reuse_is_detected_once(replicas: Replicas) {
    let ada = opened(&replicas.any(), "ada@example.com", &[Role::Customer]).await;
    with_session(&replicas.any(), &ada, "0").await;
    let (stolen, next, late) = (Digest::of("0"), Digest::of("1"), after(SignedDuration::from_secs(21)));
    replicas.any().rotate(&stolen, &next, start()).await.expect("an answer");
    let all = (0..MANY).map(|number| replicas.at(number).rotate(&stolen, &next, late));
    let all: Vec<RotateOutcome> = join_all(all).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    assert_eq!(count(&all, |one| matches!(one, RotateOutcome::ReuseDetected(owner) if *owner == ada.id)), 1);
    assert_eq!(count(&all, |one| matches!(one, RotateOutcome::Invalid)), MANY - 1);
}

pub async fn no_session_outlives_a_password_change(replicas: Replicas) {
    for round in 0..5 {
        let ada = opened(&replicas.any(), &format!("ada{round}@example.com"), &[Role::Customer]).await;
        let new = StoredPassword::new("new hash".to_owned());
        let session = |number: usize| new_session(&ada, &format!("{round} {number}"), start());
        let all: Vec<NewSession> = (0..MANY).map(session).collect();
        let logins = all.iter().enumerate().map(|(number, one)| replicas.at(number).begin_session(one, &ada.password));
        let change = replicas.at(round).change_password(ada.id, &ada.password, &new, None);
        let (logins, changed) = join(join_all(logins), change).await;
        assert!(changed.expect("an answer"));
        assert!(logins.iter().all(Result::is_ok), "{logins:?}");
        for session in &all {
            assert!(!is_live(&replicas.any(), session).await, "a session begun with the former password");
        }
    }
}

pub async fn concurrent_logins_do_not_exceed_fifty_sessions(replicas: Replicas) {
    let ada = opened(&replicas.any(), "ada@example.com", &[Role::Customer]).await;
    for number in 0..48 {
        with_session(&replicas.any(), &ada, &number.to_string()).await;
    }
    let later = after(SignedDuration::from_secs(1));
    let all: Vec<NewSession> = (0..MANY).map(|number| new_session(&ada, &format!("late {number}"), later)).collect();
    let logins = all.iter().enumerate().map(|(number, one)| replicas.at(number).begin_session(one, &ada.password));
    for login in join_all(logins).await {
        assert!(login.expect("an answer"));
    }
    let mut early = 0;
    for number in 0..48 {
        let issued = replicas.any().issued_token(&Digest::of(&number.to_string())).await.expect("an answer");
        early += usize::from(issued.is_some());
    }
    for session in &all {
        assert!(is_live(&replicas.any(), session).await, "the newest stay");
    }
    assert_eq!(early + MANY, 50);
}

pub async fn concurrent_additions_do_not_exceed_fifty_addresses(replicas: Replicas) {
    let ada = opened(&replicas.any(), "ada@example.com", &[Role::Customer]).await;
    let all: Vec<_> = (0..60).map(|number| saved(&format!("City {number}"))).collect();
    let added = all.iter().enumerate().map(|(number, one)| replicas.at(number).add_address(ada.id, one, start()));
    let added: Vec<bool> = join_all(added).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    let expected: BTreeSet<_> = all.iter().zip(&added).filter(|(_, added)| **added).map(|(one, _)| one.id).collect();
    let book = replicas.any().addresses(ada.id).await.expect("an answer");
    assert_eq!(book.len(), 50);
    assert_eq!(book.into_iter().map(|one| one.id).collect::<BTreeSet<_>>(), expected);
}

pub async fn of_concurrent_updates_of_one_version_one_succeeds(replicas: Replicas) {
    let ada = opened(&replicas.any(), "ada@example.com", &[Role::Customer]).await;
    let change = async |number: usize| match number % 3 {
        0 => replicas.at(number).rename(ada.id, &number.to_string(), 1).await.expect("an answer"),
        odd => {
            let roles = if odd == 1 { [Role::Admin] } else { [Role::Support] };
            match replicas.at(number / 3).set_roles(ada.id, &roles, 1).await.expect("an answer") {
                SetRolesOutcome::Completed(change) => change,
                SetRolesOutcome::LastAdmin => panic!("it was none"),
            }
        }
    };
    let all = join_all((0..MANY).map(change)).await;
    assert_eq!(count(&all, |one| *one == UpdateOutcome::Stale), MANY - 1);
    let changed =
        all.into_iter().find_map(|one| if let UpdateOutcome::Updated(account) = one { Some(account) } else { None });
    assert_eq!(replicas.any().signed_in(ada.id, None, start()).await.expect("an answer"), changed);
}

pub async fn of_admins_who_leave_concurrently_one_remains(replicas: Replicas) {
    let mut all = Vec::new();
    for number in 0..MANY {
        all.push(opened(&replicas.any(), &format!("{number}@example.com"), &[Role::Admin]).await);
    }
    let leave = async |(number, account): (usize, &NewAccount)| {
        replicas.at(number).set_roles(account.id, &[Role::Customer], 1).await.expect("an answer")
    };
    let outcomes = join_all(all.iter().enumerate().map(leave)).await;
    assert_eq!(count(&outcomes, |outcome| *outcome == SetRolesOutcome::LastAdmin), 1);
    let left = replicas.any().accounts("", "", 2 * MANY).await.expect("an answer");
    assert_eq!(count(&left, |account| account.roles == [Role::Admin]), 1);
}

pub async fn one_code_creates_one_admin(replicas: Replicas) {
    let code = Digest::of("code");
    assert!(replicas.any().set_first_admin_code(&code).await.expect("an answer"));
    let open = async |number: usize| {
        let account = new_account(&format!("{number}@example.com"), &[Role::Admin]);
        let session = new_session(&account, &number.to_string(), start());
        replicas.at(number).bootstrap_admin(&code, &account, &session).await.expect("an answer")
    };
    let all = join_all((0..MANY).map(open)).await;
    assert_eq!(count(&all, |one| *one == BootstrapOutcome::Created), 1);
    assert_eq!(count(&all, |one| *one == BootstrapOutcome::AdminExists), MANY - 1);
    assert_eq!(replicas.any().accounts("", "", MANY).await.expect("an answer").len(), 1);
}

pub async fn a_replaced_code_creates_no_admin(replicas: Replicas) {
    let (old, new) = (Digest::of("old"), Digest::of("new"));
    assert!(replicas.any().set_first_admin_code(&old).await.expect("an answer"));
    let account = new_account("ada@example.com", &[Role::Admin]);
    let session = new_session(&account, "0", start());
    let opening = replicas.at(1).bootstrap_admin(&old, &account, &session);
    let (opened, replaced) = join(opening, replicas.at(2).set_first_admin_code(&new)).await;
    match (opened.expect("an answer"), replaced.expect("an answer")) {
        (BootstrapOutcome::Created, false) => {
            assert_eq!(replicas.any().first_admin_code().await.expect("an answer"), AdminCode::AdminExists);
        }
        (BootstrapOutcome::WrongCode, true) => {
            assert_eq!(replicas.any().first_admin_code().await.expect("an answer"), AdminCode::Pending(new));
        }
        both => panic!("{both:?}"),
    }
}

pub async fn concurrent_additions_do_not_exceed_a_hundred_api_keys(replicas: Replicas) {
    let add = async |number: usize| {
        let key = api_key(u128::try_from(number).expect("a number"));
        replicas.at(number).add_api_key(&key, &Digest::of(&number.to_string())).await.expect("an answer")
    };
    for number in 0..MAX_API_KEYS - 2 {
        assert!(add(number).await);
    }
    let added = join_all((MAX_API_KEYS..MAX_API_KEYS + MANY).map(add)).await;
    assert_eq!(count(&added, |added| *added), 2);
    assert_eq!(replicas.any().api_keys().await.expect("keys").len(), MAX_API_KEYS);
}
