//! `kill -9` of line and platform at random moments until all units are done: no serial gets two identities, none is
//! left unconfirmed, and the permit holds to the unit.
//!
//! A run is played again with `CRASH_SEED=…`, as far as two machines take the same time for the same work. The kills
//! follow the work and not the clock: a fast machine has not ended it, a slow one has begun it.

use crate::factory::{Factory, answer, findings};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;
use tegata_testkit::factory as maker;
use tegata_testkit::seed::Random;

/// Kills of the line at work.
const KILLS: usize = 30;
/// Every so many of them the platform is killed too, while the line goes on.
const PLATFORM: usize = 4;
/// Units; the batch permits not one more.
const UNITS: usize = 400;
/// The line is killed when so many more are finished at most, on any machine: not later than the last [`REST`] of them.
const STEP: u64 = 20;
/// Units that no kill waits for, so that the line is still at work when it comes.
const REST: usize = 80;
/// The longest between a state that was waited for and the kill, in milliseconds.
const MOMENT: u64 = 25;

/// Says something past the capture of the test program: a passing test shows its counts too.
fn say(line: &str) {
    writeln!(std::io::stderr(), "line: {line}").expect("stderr");
}

fn begin(factory: &Factory, batch: &str) -> Child {
    let count = UNITS.to_string();
    let mut command = factory.make(batch, &["--prefix", "K-", "--count", &count, "--together", "7"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Units that are finished.
fn finished(factory: &Factory) -> usize {
    let folders = std::fs::read_dir(&factory.out).into_iter().flatten();
    folders.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().join("done.json").exists())).count()
}

/// Lets the line work until this many are finished and a moment more, then kills it, and now and then the platform
/// before it; whether the line was still at work.
fn round(factory: &mut Factory, batch: &str, (random, until): (&mut Random, usize), platform: bool) -> bool {
    let mut line = begin(factory, batch);
    while finished(factory) < until && line.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    // no waiting for a state from here: these are the moments
    let mut moment = || std::thread::sleep(Duration::from_millis(random.between(0, MOMENT)));
    moment();
    if platform {
        factory.world.kill();
        moment();
        factory.world.start();
        moment();
    }
    let at_work = line.try_wait().unwrap().is_none();
    line.kill().unwrap();
    line.wait().unwrap();
    at_work
}

#[test]
fn a_killed_line_makes_no_second_identity() {
    let seed = Random::seed("CRASH_SEED");
    say(&format!("CRASH_SEED={seed}"));
    let mut random = Random::new(seed);
    let mut factory = Factory::new();
    let batch = factory.batch(UNITS);
    let mut killed = 0;
    for kill in 0..KILLS {
        let more = usize::try_from(random.between(0, STEP)).unwrap();
        let until = (finished(&factory) + more).min(UNITS - REST);
        killed += usize::from(round(&mut factory, &batch, (&mut random, until), kill % PLATFORM == 1));
    }
    let before = factory.devices().len();
    assert_eq!(killed, KILLS, "the line was done before it was killed");
    assert!(before > UNITS / 4, "the kills fell into the begin of the work only: {before} of {UNITS}");
    let count = UNITS.to_string();
    let output = factory.make(&batch, &["--prefix", "K-", "--count", &count]).output().unwrap();
    let (held, said) = answer(&output);
    assert!(held, "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((&said["made"], &said["confirmed"]), (&UNITS.into(), &UNITS.into()), "{said}");
    check(&factory, &batch);
    say(&format!(
        "{killed} kills of the line at work, {} of the platform; {before} of {UNITS} devices were made before the last run, \
         which found {} finished and resumed {}",
        KILLS.div_ceil(PLATFORM),
        said["there"],
        said["resumed"]
    ));
}

fn check(factory: &Factory, batch: &str) {
    let api = factory.world.api();
    let permit = api.get(&format!("/api/v1/batches/{batch}")).expect(200).json();
    assert_eq!((&permit["issued"], &permit["quantity"]), (&UNITS.into(), &UNITS.into()));
    let devices = factory.devices();
    assert_eq!(devices.len(), UNITS);
    let mut keys = BTreeSet::new();
    for (serial, device) in &devices {
        assert_eq!(device["confirmed"], true, "{serial}");
        let number = maker::text(device, "number");
        assert_eq!(factory.device(serial)["number"], number.as_str(), "the folder of {serial} holds another device");
        let read = api.get(&format!("/api/v1/devices/{number}")).expect(200).json();
        let certificates = read["certificates"].as_array().unwrap();
        assert_eq!(certificates.len(), 1, "{serial}");
        let der = maker::certificate(&certificates[0]);
        assert!(keys.insert(tegata_wire::x509::parse(&der).unwrap().spki.to_vec()), "{serial} shares its key");
        let pem = std::fs::read_to_string(factory.out.join(serial).join("certificate.pem")).unwrap();
        assert_eq!(tegata_station::unit::certificates(&pem).unwrap(), [der], "{serial}");
    }
    for (_, device) in devices.iter().step_by(10) {
        let path = format!("/api/v1/devices/{}/events", maker::text(device, "number"));
        let kinds: Vec<Value> = api.all(&path).into_iter().map(|event| event["kind"].clone()).collect();
        assert_eq!(kinds, ["made", "confirmed"], "each happened once");
    }
    assert_eq!(findings(&api), [""; 0], "nothing was asked for twice in another way");
    assert_eq!(factory.check(), UNITS as u64);
    for folder in std::fs::read_dir(&factory.out).unwrap().map(|entry| entry.unwrap().path()).filter(|p| p.is_dir()) {
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let parts = left.iter().filter(|name| name.to_string_lossy().ends_with(".part")).count();
        assert_eq!(parts, 0, "{}: {left:?}", folder.display());
    }
}
