//! `shopstack doctor` finds problems and says how to correct them.

use crate::harness::process::{PROGRAM, program};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The output, and true if there are no errors.
fn doctor(arguments: &[&str], folder: &Path, environment: &[(&str, &str)]) -> (String, bool) {
    let mut command = Command::new(PROGRAM);
    command.arg("doctor").args(arguments).arg("--data-dir").arg(folder).envs(environment.iter().copied());
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

/// The lines about a subject.
fn about<'t>(text: &'t str, what: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.split_whitespace().nth(1) == Some(what)).collect()
}

#[test]
fn damaged_files_and_readable_secrets_are_found() {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (text, fine) = doctor(&[], folder.path(), &[]);
    assert!(fine && text.contains("There is no shop"), "{text}");

    let list = program().args(["admin", "list", "--data-dir"]).arg(folder.path()).output().unwrap();
    assert!(!list.status.success() && !folder.path().join("user.db").exists(), "no command begins a shop by mistake");
    let mut create = program();
    create.args(["admin", "create", "--new-shop", "owner@example.com", "--data-dir"]).arg(folder.path());
    let mut created = create.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    created.stdin.take().unwrap().write_all(b"harbour violin teacup").unwrap();
    assert!(created.wait().unwrap().success());
    let (text, fine) = doctor(&[], folder.path(), &[]);
    assert!(fine && text.contains("user.db"), "{text}");

    let mut file = std::fs::OpenOptions::new().write(true).open(folder.path().join("user.db")).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&[0xAA; 4096]).unwrap();
    // Who may read the file is checked before its contents.
    std::fs::write(folder.path().join("secrets.json"), "{}").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(folder.path().join("secrets.json"), open).unwrap();
    }
    let (text, fine) = doctor(&[], folder.path(), &[]);
    assert!(!fine && text.contains("user.db"), "{text}");
    assert!(about(&text, "files").iter().all(|line| line.to_lowercase().starts_with("error")), "{text}");
    assert!(about(&text, "secrets")[0].contains("chmod 600"), "{text}");
}

#[test]
#[ignore = "needs the servers of make services"]
fn healthy_backends_are_ok_and_an_unreachable_one_is_reported_with_its_variable() {
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (text, _) = doctor(&["--backends"], folder.path(), &[]);
    for backend in ["MongoDB", "Redis", "MySQL", "RabbitMQ"] {
        let lines = about(&text, backend);
        assert!(
            lines.len() >= 3 && lines.iter().all(|line| !line.to_lowercase().starts_with("error")),
            "{backend}: {text}"
        );
    }
    let unavailable = [("REDIS_PORT", "1"), ("AMQP_PORT", "1"), ("DB_PORT", "1")];
    let (text, fine) = doctor(&["--backends"], folder.path(), &unavailable);
    assert!(!fine);
    for (backend, variable) in [("Redis", "REDIS_HOST"), ("RabbitMQ", "AMQP_HOST"), ("MySQL", "DB_HOST")] {
        let [line] = about(&text, backend)[..] else { panic!("{text}") };
        assert!(line.to_lowercase().starts_with("error") && line.contains(variable), "{line}");
    }
}
