//! Tests of the MongoDB store alone: its indexes, their concurrent creation, and lost connections.

use crate::conformance::{new_account, new_session, start};
use crate::shop::{PASSWORD, Shop, address};
use chassis::auth::Role;
use chassis::config::Environment;
use chassis::mongo::{ConnectionSettings, Database};
use chassis::{StoreError, SystemContext};
use contracts::user::SavedAddress;
use futures::TryStreamExt;
use futures::future::join_all;
use mongodb::bson::{Document, doc};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use testkit::servers;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use user::store::{AccountStore, AddressStore, RegisterOutcome, SessionStore};
use user::{Digest, MongoStore};

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn the_store_can_be_opened_concurrently() {
    let address = servers::mongo();
    for opened in join_all((0..8).map(|_| MongoStore::open(&address))).await {
        opened.expect("a store");
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn register_log_in_refresh_and_save_an_address() {
    let store = MongoStore::open(&servers::mongo()).await.expect("a store");
    let shop = Shop::on(Arc::new(store), false).await;
    let ada = shop.register("ada@example.com").await;
    ada.caller.post("/api/v1/me/addresses", address("Łódź")).await.expect(201);
    let book = ada.caller.get("/api/v1/me/addresses").await.expect(200).json();
    assert_eq!(book["items"][0]["city"], "Łódź");
    shop.refresh(&ada.refresh).await.expect(200);
    shop.login("ADA@example.com", PASSWORD).await.expect(200);
    assert_eq!(shop.login("ada@example.com", "another password").await.problem(401), "invalid-credentials");
    let again = crate::shop::registration("Ada@Example.com");
    assert_eq!(shop.anonymous().post("/api/v1/auth/register", again).await.problem(409), "email-taken");
    let body = json!({"current": PASSWORD, "new": "eight lazy tortoises"});
    ada.caller.post("/api/v1/me/password", body).await.expect(204);
    shop.login("ada@example.com", "eight lazy tortoises").await.expect(200);
}

/// Calls every method of the store once.
async fn call_every_method(store: &MongoStore) -> Result<(), StoreError> {
    let (code, later) = (Digest::of("code"), start() + jiff::SignedDuration::from_hours(24 * 365));
    store.set_first_admin_code(&code).await?;
    let ada = new_account("ada@example.com", &[Role::Admin]);
    let first = new_session(&ada, "0", start());
    store.bootstrap_admin(&code, &ada, &first).await?;
    store.first_admin_code().await?;
    let eve = new_account("eve@example.com", &[Role::Admin]);
    store.register_account(&eve, Some(&new_session(&eve, "eve's", start()))).await?;
    store.credentials("ada@example.com").await?;
    store.accounts("a", "", 10).await?;
    store.rename(ada.id, "Ada King", 1).await?;
    store.set_roles(ada.id, &[Role::Customer], 2).await?;
    for token in 1..=51 {
        store.begin_session(&new_session(&ada, &format!("more {token}"), start()), &ada.password).await?;
    }
    store.issued_token(&Digest::of("more 51")).await?;
    store.rotate(&Digest::of("more 51"), &Digest::of("next"), start()).await?;
    store.signed_in(eve.id, Some(SystemContext::host().id()), start()).await?;
    store.sessions(ada.id, start()).await?;
    store.end_session(first.id, Some(ada.id)).await?;
    let place = serde_json::from_value(address("London"))?;
    let saved = SavedAddress { id: SystemContext::host().id(), address: place };
    store.add_address(ada.id, &saved, start()).await?;
    store.replace_address(ada.id, saved.id, &saved.address).await?;
    store.addresses(ada.id).await?;
    store.delete_address(ada.id, saved.id).await?;
    store.change_password(ada.id, &ada.password, &eve.password, None).await?;
    store.purge_expired(later, 10).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn every_query_uses_an_index() {
    let address = servers::mongo();
    let store = MongoStore::open(&address).await.expect("a store");
    let database = Database::open(&address, "user").await.expect("a database");
    database.inner().run_command(doc! { "profile": 2 }).await.expect("a profile");
    call_every_method(&store).await.expect("all of it");
    database.inner().run_command(doc! { "profile": 0 }).await.expect("no profile");
    let profile = database.collection::<Document>("system.profile");
    let profile: Vec<Document> =
        profile.find(doc! {}).await.expect("a profile").try_collect().await.expect("what was done");
    let plans: Vec<&str> = profile.iter().filter_map(|one| one.get_str("planSummary").ok()).collect();
    assert!(plans.len() > 40, "{plans:?}");
    let scans = profile.iter().filter(|one| one.get_str("planSummary").is_ok_and(|plan| plan.contains("COLLSCAN")));
    assert_eq!(scans.collect::<Vec<_>>(), Vec::<&Document>::new());
    let sorts = profile.iter().filter(|one| one.get_bool("hasSortStage").unwrap_or(false));
    assert_eq!(sorts.collect::<Vec<_>>(), Vec::<&Document>::new());
}

/// A proxy between store and server that can cut all connections.
struct CuttableProxy {
    address: ConnectionSettings,
    cuts: watch::Sender<usize>,
}

impl CuttableProxy {
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    async fn to_mongo(prefix: &str) -> Self {
        let url = Environment::from_process().text(&chassis::mongo::VARIABLES[0]).expect("MONGO_URL");
        let server = url.trim_start_matches("mongodb://").split('/').next().expect("a server").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let here: SocketAddr = listener.local_addr().expect("an address");
        let (cuts, cut) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut cut, server) = (cut.clone(), server.clone());
                cut.mark_unchanged();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.expect("the server");
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        let url = ("MONGO_URL".to_owned(), format!("mongodb://{here}/?directConnection=true"));
        let address =
            ConnectionSettings::read(&mut Environment::from_values([url])).expect("an address").with_prefix(prefix);
        Self { address, cuts }
    }

    fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn a_lost_connection_leaves_a_transaction_complete_or_absent() {
    let prefix = format!("test_{}_", &SystemContext::host().id().simple().to_string()[16..]);
    let proxy = CuttableProxy::to_mongo(&prefix).await;
    let store = MongoStore::open(&proxy.address).await.expect("a store");
    let open = async |number: usize| {
        let account = new_account(&format!("{number}@example.com"), &[Role::Customer]);
        let session = new_session(&account, &number.to_string(), start());
        let answer = store.register_account(&account, Some(&session)).await;
        if number.is_multiple_of(5) {
            proxy.cut();
        }
        answer
    };
    let responses = join_all((0..60).map(open)).await;
    for (number, answer) in responses.into_iter().enumerate() {
        let stored = store.credentials(&format!("{number}@example.com")).await.expect("an answer").is_some();
        let issued = store.issued_token(&Digest::of(&number.to_string())).await.expect("an answer").is_some();
        assert_eq!(stored, issued, "{number}: an account without its session: {answer:?}");
        match answer {
            Ok(opened) => {
                assert!(stored && opened == RegisterOutcome::Registered, "{number}: {opened:?}, and it is not there");
            }
            Err(error) => assert!(
                matches!(error, StoreError::Unavailable(_) | StoreError::TransactionAborted(_)),
                "{number}: {error:?} is reported as a bug"
            ),
        }
    }
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn an_unreachable_server_is_reported_as_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let unreachable = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("mongodb://{unreachable}/?directConnection=true&serverSelectionTimeoutMS=100");
    let environment = &mut Environment::from_values([("MONGO_URL".to_owned(), url)]);
    let address = ConnectionSettings::read(environment).expect("an address");
    let Err(error) = MongoStore::open(&address).await else { panic!("a store without a server") };
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
}
