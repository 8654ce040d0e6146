//! The checks of `shopstack doctor`, on real servers.

use chassis::doctor::{self, Finding, Severity};
use chassis::{SystemContext, mysql, redis};
use testkit::servers;

fn has(findings: &[Finding], severity: Severity, parts: &[&str]) -> bool {
    findings.iter().any(|one| one.severity == severity && parts.iter().all(|part| one.message.contains(part)))
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn doctor_names_redis_or_valkey_with_its_own_version() {
    let address = servers::redis();
    let database = redis::Database::open(&address, "doctor").await.unwrap();
    let information: String = ::redis::cmd("INFO").arg("server").query_async(&mut database.connection()).await.unwrap();
    let field = |name: &str| information.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let named = match field("valkey_version:") {
        Some(version) => format!("Valkey version {version}"),
        None => format!("Redis version {}", field("redis_version:").unwrap()),
    };
    let findings = doctor::redis(&address, &SystemContext::host()).await;
    assert!(has(&findings, Severity::Ok, &[&named]), "{named}: {findings:?}");
}

#[tokio::test]
#[ignore = "needs the servers of make services"]
async fn doctor_finds_a_table_with_another_collation() {
    let address = servers::mysql();
    let database = mysql::Database::open(&address, "notes", &[]).await.unwrap();
    let system = SystemContext::host();
    let findings = doctor::mysql(&address, &system).await;
    assert!(has(&findings, Severity::Ok, &["collation", mysql::COLLATION]), "{findings:?}");
    sqlx::query("CREATE TABLE restored (sku VARCHAR(40) PRIMARY KEY) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
        .execute(database.pool())
        .await
        .unwrap();
    let findings = doctor::mysql(&address, &system).await;
    let correction = ["notes.restored", "utf8mb4_general_ci", "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"];
    assert!(has(&findings, Severity::Error, &correction), "{findings:?}");
}
