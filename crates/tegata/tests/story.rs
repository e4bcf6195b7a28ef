//! The program as a person meets it: demo, help, configuration, start and end.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use clap::CommandFactory;
use serde_json::Value;
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tegata_testkit::api::Message;
use tegata_testkit::tls::{Client, TLS13};
use tegata_testkit::{Connection, Setup, World, connection, factory};

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");

/// Every step of the story, in its order.
const STEPS: [&str; 15] = [
    "platform",
    "products",
    "line",
    "line-refuses",
    "shipping",
    "sale",
    "installation",
    "look-up",
    "release",
    "clone",
    "quarantine",
    "revocation",
    "disposal",
    "ledger",
    "backup",
];

fn run(arguments: &[&str]) -> Output {
    // help texts are as wide as the terminal, which a test has not
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("COLUMNS").output().expect("the program can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The one object on one line of stdout.
fn object(output: &Output) -> Value {
    let text = text(&output.stdout);
    assert_eq!(text.matches('\n').count(), 1, "one line: {text}");
    assert!(text.ends_with('\n'));
    serde_json::from_str(&text).unwrap()
}

/// Plays the demo; answers whether it succeeded, the steps that did not hold, and all that was told.
fn demo(more: &[&str]) -> (bool, Vec<String>, Value) {
    let output = run(&[&["demo", "--devices", "20", "--exit", "--json"], more].concat());
    let mut report = object(&output);
    let steps = report["steps"].as_object().unwrap();
    assert_eq!(steps.len(), STEPS.len(), "{report}");
    let held = |name: &&str| steps[*name]["held"].as_bool().unwrap();
    let broken: Vec<String> = STEPS.iter().filter(|name| !held(name)).map(|name| (*name).to_owned()).collect();
    assert_eq!(report["held"], broken.is_empty(), "{report}");
    (output.status.success(), broken, report["steps"].take())
}

#[test]
fn the_demo_holds() {
    let (ended_well, broken, steps) = demo(&[]);
    assert_eq!((ended_well, broken), (true, vec![]), "{steps}");
    for (step, fact, value) in [
        ("line", "confirmed", Value::from(20)),
        ("line", "yield_percent", Value::from(100.0)),
        ("sale", "handed_over", Value::from(20)),
        ("sale", "old_owner", Value::from(404)),
        // four cameras in groups of one, one and two, and one of the last two failed
        ("release", "updated", Value::from(3)),
        ("release", "failed", Value::from(1)),
        ("release", "groups", Value::from(3)),
        ("clone", "remedy", Value::from("1.0.1")),
        ("disposal", "stage", Value::from("retired")),
        // the 20 of the line, and the one that was made to see the others refused
        ("backup", "devices", Value::from(21)),
    ] {
        assert_eq!(steps[step][fact], value, "{step}: {}", steps[step]);
    }
    assert!(steps["clone"]["letter"].as_str().unwrap().contains("two devices used its identity"));
}

/// A step broken on purpose fails, and with it only what rests on it.
#[test]
fn a_broken_step_is_noticed() {
    let play = |(sabotage, broken): (&str, &[&str])| {
        let expected: Vec<String> = broken.iter().map(|name| (*name).to_owned()).collect();
        let (ended_well, broken, steps) = demo(&["--sabotage", sabotage]);
        assert_eq!((ended_well, broken), (false, expected), "--sabotage {sabotage}: {steps}");
    };
    // each is a process of its own that mostly waits
    std::thread::scope(|scope| {
        for sabotage in SABOTAGE {
            scope.spawn(move || play(sabotage));
        }
    });
}

/// What is broken, and what does not hold then.
const SABOTAGE: [(&str, &[&str]); 7] = [
    ("line", &["line"]),
    ("sale", &["sale"]),
    // the held device did not get its certificate: it is not in use when it is looked up
    ("installation", &["installation", "look-up"]),
    ("release", &["release"]),
    ("clone", &["clone"]),
    ("disposal", &["disposal"]),
    ("ledger", &["ledger"]),
];

/// The list above is that of the program.
#[test]
fn every_sabotage_is_tried() {
    let command = tegata::command::Cli::command();
    let demo = command.find_subcommand("demo").unwrap();
    let argument = demo.get_arguments().find(|a| a.get_id() == "sabotage").unwrap();
    let names: Vec<String> = argument.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
    assert_eq!(names, SABOTAGE.map(|(name, _)| name.to_owned()));
}

/// Every command with its path of subcommands, the program itself first.
fn commands() -> Vec<Vec<String>> {
    fn below(command: &clap::Command, path: &[String], all: &mut Vec<Vec<String>>) {
        all.push(path.to_vec());
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            below(sub, &[path, &[sub.get_name().to_owned()]].concat(), all);
        }
    }
    let mut all = Vec::new();
    below(&tegata::command::Cli::command(), &[], &mut all);
    all
}

#[test]
fn every_help_has_an_example_and_says_what_it_said() {
    let all = commands();
    assert!(all.len() > 6, "{all:?}");
    let mut names = std::collections::BTreeSet::new();
    for path in all {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let output = run(&arguments);
        let help = text(&output.stdout);
        assert!(output.status.success() && output.stderr.is_empty());
        let line = ["tegata", &path.join(" ")].join(" ");
        let example = help.split_once("Example").unwrap_or_else(|| panic!("{line} --help has no example")).1;
        assert!(example.contains(line.trim_end()), "the example of {line} shows another command");
        let name = ["help", &path.join("-")].join("-").trim_end_matches('-').to_owned();
        names.insert(format!("story__{name}.snap"));
        insta::assert_snapshot!(name, help);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots");
    let stored = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let stale: Vec<String> = stored.filter(|file| !names.contains(file)).collect();
    assert!(stale.is_empty(), "snapshots that no command refers to: {stale:?}");
}

#[test]
fn wrong_usage_is_no_success() {
    for arguments in [&["nonsense"][..], &["serve"], &["init", "--data"], &["demo", "--devices", "0", "--exit"]] {
        let output = run(arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        assert!(text(&output.stderr).contains("--help"), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn config_show_tells_values_and_sources() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tegata.toml");
    std::fs::write(&file, "[limits]\nin_flight = 7\n").unwrap();
    let file = file.to_str().unwrap();
    let mut command = Command::new(BINARY);
    command.env("TEGATA_LOG_LEVEL", "warn");
    let output =
        command.args(["config", "show", "--config", file, "--https", "127.0.0.1:1", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = object(&output);
    for (key, value, source) in [
        ("limits.in_flight", "7", format!("file {file}")),
        ("log.level", "warn", "environment TEGATA_LOG_LEVEL".into()),
        ("server.https", "127.0.0.1:1", "flag --https".into()),
        ("server.http", "127.0.0.1:8080", "default".into()),
    ] {
        assert_eq!((&shown[key]["value"], &shown[key]["source"]), (&value.into(), &source.into()), "{key}");
    }
    let plain = run(&["config", "show"]);
    let lines = text(&plain.stdout);
    assert!(plain.status.success());
    let missing = tegata::config::keys().find(|key| !lines.contains(key.name) || !lines.contains(key.manual));
    assert!(missing.is_none(), "{} is not shown with its manual", missing.unwrap().name);
}

#[test]
fn an_unknown_key_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tegata.toml");
    for (content, named) in [("[limits]\nin_fligth = 7\n", "limits.in_fligth"), ("[sever]\nhttp = 1\n", "sever")] {
        std::fs::write(&file, content).unwrap();
        let data = folder.path().join("data");
        for arguments in [&["config", "show"][..], &["serve", "--data", data.to_str().unwrap()]] {
            let output = run(&[arguments, &["--config", file.to_str().unwrap()]].concat());
            let said = text(&output.stderr);
            assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
            assert!(said.contains(named) && said.contains("tegata.toml"), "{arguments:?}: {said}");
        }
    }
}

/// A stream of requests for devices that is held open.
struct Line {
    stream: connection::Stream,
    /// Serial and certificate of every answer.
    made: Vec<(String, String)>,
}

impl Line {
    fn open(world: &World) -> Line {
        let api = world.api();
        let batch = factory::batch(&api, &factory::product(&api, "LINE"), 100);
        let client = Client::new(&world.first.trust, TLS13, None);
        let connection = Connection::open(world.server().https, "localhost", &client).unwrap();
        let message = Message::new("POST", factory::devices_path(&batch))
            .header("authorization", format!("Bearer {}", world.first.token))
            .header("content-type", "application/x-ndjson");
        Line { stream: connection.stream(&message).unwrap(), made: Vec::new() }
    }

    /// Asks for devices, and waits for their answers.
    fn make(&mut self, count: usize) {
        let first = self.made.len();
        let body: String = (first..first + count).map(|i| factory::line(&format!("L-{i}"), &request())).collect();
        self.stream.send(body.as_bytes()).unwrap();
        for i in first..first + count {
            let answer: Value = serde_json::from_str(&self.stream.line().unwrap().expect("an answer")).unwrap();
            assert_eq!(answer["serial"], format!("L-{i}"));
            self.made.push((factory::text(&answer, "number"), factory::text(&answer, "certificate")));
        }
    }
}

fn request() -> Vec<u8> {
    factory::csr(&factory::key())
}

/// Everything that was answered is there after a new start, and nothing else.
fn check_made(world: &mut World, made: &[(String, String)]) {
    world.start();
    let api = world.api();
    assert_eq!(api.all("/api/v1/devices").len(), made.len());
    for (number, certificate) in made {
        let device = api.get(&format!("/api/v1/devices/{number}")).expect(200).json();
        assert_eq!(device["certificates"][0]["certificate"], *certificate);
    }
}

#[test]
fn sigterm_lets_a_stream_end() {
    let mut world = World::new(BINARY);
    let mut line = Line::open(&world);
    line.make(3);
    let server = world.take();
    server.ask_to_end();
    // the port closes, the stream goes on
    tegata_testkit::wait::until("no new connections", || std::net::TcpStream::connect(server.https).err());
    line.make(20);
    line.stream.end().unwrap();
    assert_eq!(line.stream.line().unwrap(), None);
    let status = server.ended();
    assert_eq!(status.code(), Some(0));
    check_made(&mut world, &line.made);
    assert_eq!(world.terminate().code(), Some(0));
}

#[test]
fn sigterm_does_not_wait_for_ever() {
    let environment = vec![("TEGATA_SERVER_DRAIN_SECONDS".to_owned(), "1".to_owned())];
    let mut world = World::with(BINARY, Setup { environment, ..Setup::default() });
    let mut line = Line::open(&world);
    line.make(5);
    assert_eq!(world.terminate().code(), Some(0), "the stream was never ended");
    assert!(line.stream.line().is_err(), "it was cut off, not ended as if it were whole");
    check_made(&mut world, &line.made);
}

/// Half of the patience that the server has with requests.
const SOON: Duration = Duration::from_secs(5);

#[test]
#[expect(clippy::disallowed_methods, reason = "it measures how long an end takes")]
fn connections_without_a_request_do_not_hold_sigterm_up() {
    let mut world = World::new(BINARY);
    let client = Client::new(&world.first.trust, TLS13, None);
    let mut kept = Connection::open(world.server().https, "localhost", &client).unwrap();
    kept.call(&Message::new("GET", "/healthz")).unwrap().expect(200);
    let silent = [world.server().https, world.server().http].map(|at| std::net::TcpStream::connect(at).unwrap());
    let start = Instant::now();
    assert_eq!(world.terminate().code(), Some(0));
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    drop(silent);
}

#[test]
fn one_process_for_a_folder() {
    let world = World::new(BINARY);
    let refused = world.try_start().err().expect("the folder is in use");
    assert!(!refused.status.success() && refused.said.contains("another tegata process uses"), "{}", refused.said);
    let doctor = world.command().args(["doctor", "--json", "--data"]).arg(world.data()).output().unwrap();
    assert!(doctor.status.success() && object(&doctor)["well"] == true, "doctor reads beside it: {doctor:?}");
    assert_eq!(world.public().get("/healthz").status, 200, "the first goes on");
}

#[test]
fn init_changes_nothing_that_is_there() {
    let world = World::initialised(BINARY, Setup::default());
    let list = |folder: &std::path::Path| {
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
        let mut entries: Vec<_> = entries.map(|e| (e.file_name(), e.metadata().unwrap().modified().unwrap())).collect();
        entries.sort();
        entries
    };
    let other = world.folder().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("file"), "mine").unwrap();
    for folder in [world.data(), other] {
        let before = list(&folder);
        let output = world.command().args(["init", "--json", "--data"]).arg(&folder).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(text(&output.stderr).contains("not empty; nothing was changed"), "{}", text(&output.stderr));
        assert_eq!(list(&folder), before);
    }
    assert_eq!(list(world.folder()).len(), 2, "nothing was left beside the folders");
}
