//! The doctor: what is fine, what is not, and what to do about it.

use crate::harness::process::PROGRAM;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// What it says, and whether nothing is wrong.
fn doctor(arguments: &[&str], folder: &Path, environment: &[(&str, &str)]) -> (String, bool) {
    let mut command = Command::new(PROGRAM);
    command.arg("doctor").args(arguments).arg("--data-dir").arg(folder).envs(environment.iter().copied());
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

/// The lines about something.
fn about<'t>(told: &'t str, what: &str) -> Vec<&'t str> {
    told.lines().filter(|line| line.split_whitespace().nth(1) == Some(what)).collect()
}

#[test]
fn a_damaged_file_and_a_secret_that_others_can_read_are_found() {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (told, fine) = doctor(&[], folder.path(), &[]);
    assert!(fine && told.contains("there is no shop"), "{told}");

    let listed = Command::new(PROGRAM).args(["admin", "list", "--data-dir"]).arg(folder.path()).status().unwrap();
    assert!(listed.success());
    let (told, fine) = doctor(&[], folder.path(), &[]);
    assert!(fine && told.contains("user.db is whole"), "{told}");

    let mut file = std::fs::OpenOptions::new().write(true).open(folder.path().join("user.db")).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&[0xAA; 4096]).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.path().join("secrets.json"), open).unwrap();
    }
    let (told, fine) = doctor(&[], folder.path(), &[]);
    assert!(!fine && told.contains("user.db"), "{told}");
    assert!(about(&told, "files").iter().all(|line| line.starts_with("WRONG")), "{told}");
    assert!(about(&told, "secrets")[0].contains("chmod 600"), "{told}");
}

#[test]
#[ignore = "needs the servers of make services"]
fn backends_that_promise_what_a_shop_rests_on_are_told_so_and_one_that_is_away_is_told_with_what_to_set() {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (told, _) = doctor(&["--backends"], folder.path(), &[]);
    for backend in ["MongoDB", "Redis", "MySQL", "RabbitMQ"] {
        let lines = about(&told, backend);
        assert!(lines.len() >= 3 && lines.iter().all(|line| !line.starts_with("WRONG")), "{backend}: {told}");
    }
    let away = [("REDIS_PORT", "1"), ("AMQP_PORT", "1"), ("DB_PORT", "1")];
    let (told, fine) = doctor(&["--backends"], folder.path(), &away);
    assert!(!fine);
    for (backend, variable) in [("Redis", "REDIS_HOST"), ("RabbitMQ", "AMQP_HOST"), ("MySQL", "DB_HOST")] {
        let [line] = about(&told, backend)[..] else { panic!("{told}") };
        assert!(line.starts_with("WRONG") && line.contains(variable), "{line}");
    }
}
