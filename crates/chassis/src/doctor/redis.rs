//! Checks of Redis's configuration.

use super::{Finding, Findings, version};
use crate::redis::{ConnectionSettings, Database};
use crate::store::StoreError;
use crate::system::SystemContext;
use jiff::Timestamp;
use redis::RedisError;
use std::collections::HashMap;

/// Looks at Redis: version, that it writes what it was told to its disk, and that it throws nothing away.
pub async fn examine(address: &ConnectionSettings, system: &SystemContext) -> Vec<Finding> {
    let mut findings = Findings::new("Redis");
    let looked = async {
        let database = Database::open(address, "doctor").await?;
        look(&database, system, &mut findings).await?;
        Ok::<(), StoreError>(())
    };
    if let Err(error) = looked.await {
        findings.error(format!("cannot be reached: {error}; see REDIS_HOST, REDIS_PASSWORD and REDIS_TLS"));
    }
    findings.into_all()
}

async fn look(database: &Database, system: &SystemContext, findings: &mut Findings) -> Result<(), RedisError> {
    let mut connection = database.connection();
    let information: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let field = |name: &str| {
        information.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
    };
    let told = field("redis_version");
    findings.check(
        version(told) >= (6, 2),
        format!("version {told}"),
        format!("version {told}: 6.2 or newer is needed"),
    );
    if field("role") != "master" {
        findings.error("is a replica: name the primary in REDIS_HOST");
    }
    if field("cluster_enabled") == "1" {
        findings.error("is a cluster, in which a cart's keys lie apart; a primary with replicas works");
    }
    let (seconds, _): (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await?;
    findings.clock(Timestamp::from_second(seconds).unwrap_or_default(), system.now());
    let settings: Result<HashMap<String, String>, RedisError> =
        redis::cmd("CONFIG").arg("GET").arg("*").query_async(&mut connection).await;
    match settings {
        Ok(settings) => configured(&settings, findings),
        Err(_) => {
            let written = field("aof_enabled") == "1";
            let told = "its settings may not be read; appendonly yes, appendfsync always and maxmemory-policy \
                        noeviction are needed";
            findings.warning(if written { told.to_owned() } else { format!("no append-only file; {told}") });
        }
    }
    Ok(())
}

fn configured(settings: &HashMap<String, String>, findings: &mut Findings) {
    let value = |name: &str| settings.get(name).map_or("", String::as_str);
    if value("appendonly") == "yes" && value("appendfsync") == "always" {
        findings.ok("writes each change to its disk");
    } else {
        findings.warning(format!(
            "appendonly is {}, appendfsync {}: carts of the last moment may be lost in a crash; set yes and always",
            value("appendonly"),
            value("appendfsync")
        ));
    }
    let policy = value("maxmemory-policy");
    findings.check(
        policy == "noeviction" || value("maxmemory") == "0",
        "throws nothing away for want of memory",
        format!(
            "maxmemory-policy is {policy}: it may throw away that an event took effect, which then does so twice; set \
             noeviction"
        ),
    );
}
