//! Every command that opens a platform finds its database the same way, whoever names it: a flag, the environment, the
//! configuration or the data folder; and reaches it under the roots and waits that the configuration says.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::disallowed_methods, reason = "a program's side of tests: real clock")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tegata_testkit::wait::until;
use tegata_testkit::{Postgres, Server};

/// A folder with a configuration that names a database which only its root vouches for.
struct Stand {
    folder: tempfile::TempDir,
    database: Postgres,
    url: String,
}

impl Stand {
    fn new() -> Stand {
        let database = Postgres::start_secure();
        database.run("postgres", "create database platform template template0");
        let url = database.remote("platform");
        let stand = Stand { folder: tempfile::tempdir().unwrap(), database, url };
        stand.configure("whole.toml", Some(&stand.url), &stand.database.roots());
        stand.configure("roots.toml", None, &stand.database.roots());
        stand.configure("nowhere.toml", Some(&stand.url), Path::new("/nowhere/roots.pem"));
        stand
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, name: &str, url: Option<&str>, roots: &Path) {
        let url = url.map(|url| format!("url = \"{url}\"\n")).unwrap_or_default();
        let text = format!("[store]\n{url}roots = \"{}\"\nwait_seconds = 5\n", roots.display());
        std::fs::write(self.at(name), text).unwrap();
    }

    fn command(&self, act: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tegata"));
        std::env::vars().filter(|(name, _)| name.starts_with("TEGATA_")).for_each(|(name, _)| {
            command.env_remove(name);
        });
        command.arg(act).arg("--data").arg(self.at("data"));
        command
    }

    /// A command, with a name for what it makes.
    fn act(&self, act: &str, name: &str) -> Command {
        let mut command = self.command(act);
        match act {
            "backup" => command.arg("--out").arg(self.at(name)).arg("--recovery-key").arg(self.at("key")),
            "export" => command.arg("--out").arg(self.at(name)).arg("--token-file").arg(self.at("token")),
            "move" => command.args(["--store", "folder"]),
            "serve" => command.args(["--https", "127.0.0.1:0", "--http", "127.0.0.1:0"]),
            _ => &mut command,
        };
        command
    }
}

#[track_caller]
fn said(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// What stands before every command, so that it finds the database: no node ever wrote it into the folder.
fn told(command: &mut Command, by: &str, stand: &Stand) -> Output {
    let file = if by == "configuration" { "whole.toml" } else { "roots.toml" };
    command.arg("--config").arg(stand.at(file)).arg("--json");
    match by {
        "flag" => command.args(["--store", &stand.url]),
        "environment" => command.env("TEGATA_STORE_URL", &stand.url),
        _ => command,
    };
    command.output().unwrap()
}

#[test]
fn every_command_finds_the_database_that_only_the_settings_name() {
    let stand = Stand::new();
    let init = said(&told(&mut stand.command("init"), "configuration", &stand));
    std::fs::write(stand.at("token"), init["token"].as_str().unwrap()).unwrap();
    let mut second = Command::new(env!("CARGO_BIN_EXE_tegata"));
    second.args(["init", "--data"]).arg(stand.at("second"));
    let second = refused(&told(&mut second, "configuration", &stand));
    assert!(second.contains("holds a platform already") && !stand.at("second").exists(), "{second}");
    // as a folder whose nodes are told by their settings
    std::fs::remove_file(stand.at("data/store-url")).unwrap();
    let mut serve = stand.act("serve", "");
    serve.args(["--store", &stand.url]);
    serve.arg("--config").arg(stand.at("roots.toml"));
    let server = Server::start(serve, &stand.at("log")).unwrap_or_else(|r| panic!("{}", r.said));

    for by in ["flag", "environment", "configuration"] {
        let backup = said(&told(&mut stand.act("backup", &format!("backup-{by}")), by, &stand));
        assert_eq!(backup["counts"]["organisation"], 1, "{by}");
        let export = said(&told(&mut stand.act("export", &format!("export-{by}")), by, &stand));
        assert!(export["counts"]["authorities"].as_u64() > Some(0), "{by}: {export}");
        assert_eq!(said(&told(&mut stand.act("doctor", ""), by, &stand))["well"], true, "{by}");
    }
    let held = refused(&told(&mut stand.act("move", ""), "environment", &stand));
    assert!(held.contains("another tegata process"), "{held}");
    assert!(server.terminate().success());
    until("the lease is free", || {
        let text =
            "select count(*) from lease where until > cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        (stand.database.run("platform", text).trim() == "0").then_some(())
    });
    let moved = said(&told(&mut stand.act("move", ""), "configuration", &stand));
    assert_eq!((&moved["store"], &moved["counts"]["organisation"]), (&"folder".into(), &1.into()));
    assert!(stand.at("data/tegata.db").exists());
    let again = refused(&told(&mut stand.act("move", ""), "configuration", &stand));
    assert!(again.contains("holds a platform already"), "{again}");
    let mut doctor = stand.act("doctor", "");
    assert_eq!(said(&doctor.arg("--json").output().unwrap())["well"], true, "from the folder alone");
}

#[test]
fn every_command_holds_the_database_to_the_roots_of_the_configuration() {
    let stand = Stand::new();
    let init = said(&told(&mut stand.command("init"), "configuration", &stand));
    std::fs::write(stand.at("token"), init["token"].as_str().unwrap()).unwrap();
    for act in ["backup", "export", "doctor", "move", "serve"] {
        let mut command = stand.act(act, act);
        let text = refused(&command.arg("--config").arg(stand.at("nowhere.toml")).output().unwrap());
        assert!(text.contains("/nowhere/roots.pem"), "{act}: {text}");
        // the system's roots do not vouch for it
        let text = refused(&stand.act(act, act).output().unwrap());
        assert!(text.contains("TLS handshake"), "{act}: {text}");
    }
    let mut backup = stand.act("backup", "backup");
    said(&backup.arg("--config").arg(stand.at("roots.toml")).arg("--json").output().unwrap());

    stand.database.run("postgres", "create database other template template0");
    let url = stand.database.remote("other");
    let mut restore = Command::new(env!("CARGO_BIN_EXE_tegata"));
    restore.args(["restore", "--data"]).arg(stand.at("restored")).arg("--from").arg(stand.at("backup"));
    restore.arg("--recovery-key").arg(stand.at("key")).args(["--store", &url, "--json"]);
    said(&restore.arg("--config").arg(stand.at("roots.toml")).output().unwrap());
    assert!(std::fs::read_to_string(stand.at("restored/store-url")).unwrap().contains("/other"));
}
