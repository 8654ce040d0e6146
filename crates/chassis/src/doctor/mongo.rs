//! Checks of MongoDB's configuration.

use super::{Finding, Findings, version};
use crate::mongo::{ConnectionSettings, Database};
use crate::system::SystemContext;
use jiff::Timestamp;
use mongodb::bson::{Bson, Document, doc};

/// No transaction of a service takes as long.
const MAX_TRANSACTION_SECONDS: i64 = 15;

/// Checks MongoDB: version, replica set, journalled majority writes, transactions.
pub async fn examine(address: &ConnectionSettings, system: &SystemContext) -> Vec<Finding> {
    let mut findings = Findings::new("MongoDB");
    // MongoDB creates a database with the first write, so this one is never created.
    match Database::open(address, "doctor").await {
        Ok(database) => {
            if let Err(error) = look(&database, system, &mut findings).await {
                findings.error(format!("does not respond: {error}"));
            }
        }
        Err(error) => findings.error(format!("cannot be reached: {error}; see MONGO_URL")),
    }
    findings.into_all()
}

async fn look(database: &Database, system: &SystemContext, findings: &mut Findings) -> mongodb::error::Result<()> {
    let build = database.inner().run_command(doc! { "buildInfo": 1 }).await?;
    let reported = build.get_str("version").unwrap_or("of unknown version").to_owned();
    findings.check(
        version(&reported) >= (5, 0),
        format!("version {reported}"),
        format!("version {reported}: 5.0 or newer is required, for transactions and majority writes by default"),
    );
    let hello = database.inner().run_command(doc! { "hello": 1 }).await?;
    let members = hello.get_array("hosts").map_or(0, Vec::len);
    let set = hello.get_str("setName").unwrap_or_default();
    match members {
        0 | 1 => findings.warning(format!("replica set {set} has one member; three survive the loss of one")),
        more => findings.ok(format!("replica set {set} of {more} members")),
    }
    if let Some(Bson::DateTime(at)) = hello.get("localTime")
        && let Ok(theirs) = Timestamp::from_millisecond(at.timestamp_millis())
    {
        findings.clock(theirs, system.now());
    }
    journal(database, findings).await;
    transaction_lifetime(database, findings).await;
    let session = database.begin().await;
    match session {
        Ok(session) => match crate::mongo::commit(session).await {
            Ok(()) => findings.ok("supports transactions"),
            Err(error) => findings.error(format!("does not support transactions: {error}")),
        },
        Err(error) => findings.error(format!("does not support transactions: {error}")),
    }
    Ok(())
}

/// Checks that acknowledged writes are journalled.
async fn journal(database: &Database, findings: &mut Findings) {
    match database.admin(doc! { "replSetGetConfig": 1 }).await {
        Ok(answer) => {
            let config: Option<&Document> = answer.get_document("config").ok();
            // If the configuration omits the setting, MongoDB's default applies, which is true.
            let journalled =
                config.and_then(|config| config.get_bool("writeConcernMajorityJournalDefault").ok()).unwrap_or(true);
            findings.check(
                journalled,
                "majority writes are journalled",
                "writeConcernMajorityJournalDefault is off: acknowledged writes can be lost; turn it on",
            );
        }
        Err(_) => {
            findings.warning(
                "no permission to read its configuration (role clusterMonitor), so journalling was not checked",
            );
        }
    }
}

/// Checks how long the transaction of a killed client blocks what it wrote.
async fn transaction_lifetime(database: &Database, findings: &mut Findings) {
    const NAME: &str = "transactionLifetimeLimitSeconds";
    // The permission to read it is part of the same role as above, whose absence is reported there.
    let Ok(answer) = database.admin(doc! { "getParameter": 1, NAME: 1 }).await else { return };
    let Some(seconds) = answer.get_i32(NAME).map(i64::from).or_else(|_| answer.get_i64(NAME)).ok() else { return };
    if seconds <= MAX_TRANSACTION_SECONDS {
        findings.ok(format!("transactions of killed clients end after {seconds} s"));
    } else {
        findings.warning(format!(
            "{NAME} is {seconds}: when a service is killed, the products it was selling cannot be sold for so long; set it to 10"
        ));
    }
}
