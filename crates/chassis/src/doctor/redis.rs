//! Checks of the configuration of Redis, or of Valkey in its place.

use super::{Finding, Findings, version};
use crate::redis::{ConnectionSettings, Database};
use crate::store::StoreError;
use crate::system::SystemContext;
use jiff::Timestamp;
use redis::RedisError;
use std::collections::HashMap;

/// Checks Redis: version, durability of writes, and that it evicts nothing.
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
    // Valkey reports the version of Redis that it is compatible with as well, which for all of its versions is 7.2.4.
    let (name, reported, least) = match field("server_name") {
        "valkey" => ("Valkey", field("valkey_version"), (7, 2)),
        _ => ("Redis", field("redis_version"), (6, 2)),
    };
    findings.check(
        version(reported) >= least,
        format!("{name} version {reported}"),
        format!("{name} version {reported}: {}.{} or newer is required", least.0, least.1),
    );
    if field("role") != "master" {
        findings.error("is a replica: name the primary in REDIS_HOST");
    }
    // Cart's scripts use several keys, which a cluster accepts only within one hash slot.
    if field("cluster_enabled") == "1" {
        findings.error("is a cluster, which would distribute a cart's keys; use a primary with replicas");
    }
    let (seconds, _): (i64, i64) = redis::cmd("TIME").query_async(&mut connection).await?;
    findings.clock(Timestamp::from_second(seconds).unwrap_or_default(), system.now());
    // Managed Redis services often forbid CONFIG, so a refusal is a warning only.
    let settings: Result<HashMap<String, String>, RedisError> =
        redis::cmd("CONFIG").arg("GET").arg("*").query_async(&mut connection).await;
    match settings {
        Ok(settings) => configured(&settings, findings),
        Err(_) => {
            let written = field("aof_enabled") == "1";
            let told = "no permission to read its settings; appendonly yes, appendfsync always and maxmemory-policy \
                        noeviction are required";
            findings.warning(if written { told.to_owned() } else { format!("no append-only file; {told}") });
        }
    }
    Ok(())
}

fn configured(settings: &HashMap<String, String>, findings: &mut Findings) {
    let value = |name: &str| settings.get(name).map_or("", String::as_str);
    if value("appendonly") == "yes" && value("appendfsync") == "always" {
        findings.ok("syncs each write to disk");
    } else {
        findings.warning(format!(
            "appendonly is {}, appendfsync {}: the latest carts may be lost in a crash; set yes and always",
            value("appendonly"),
            value("appendfsync")
        ));
    }
    let policy = value("maxmemory-policy");
    findings.check(
        // A maxmemory of 0 means no limit, so that no policy ever applies.
        policy == "noeviction" || value("maxmemory") == "0",
        "evicts nothing when memory is full",
        format!(
            "maxmemory-policy is {policy}: it may evict the record of a processed event, which then takes effect twice; set \
             noeviction"
        ),
    );
}
