//! Backup, restore and export through the real program, while it serves.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![allow(clippy::disallowed_methods, reason = "a program's side of tests: real clock")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tegata_domain::ledger::Log;
use tegata_testkit::factory::{self, Unit};
use tegata_testkit::ledger::{self, Reader};
use tegata_testkit::seed::Random;
use tegata_testkit::{Api, Est, Identity, Server, Setup, World, tenant};

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");

/// Runs a subcommand with `--json`.
fn run(world: &World, arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    command(world, arguments).output().unwrap()
}

fn command(world: &World, arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Command {
    let mut command = world.command();
    command.args(arguments.iter().map(|a| a.as_ref())).arg("--json");
    command
}

/// The one object of a command that must succeed.
#[track_caller]
fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout.iter().filter(|b| **b == b'\n').count(), 1, "one line");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What a command that must fail says.
#[track_caller]
fn refusal(output: &Output) -> String {
    assert!(!output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

struct Kept {
    file: PathBuf,
    key: PathBuf,
    said: Value,
}

fn backup(world: &World, name: &str) -> Kept {
    let (file, key) = (world.folder().join(name), world.folder().join("recovery.key"));
    let said = object(&run(world, &[&"backup", &"--data", &world.data(), &"--out", &file, &"--recovery-key", &key]));
    Kept { file, key, said }
}

fn restore(world: &World, kept: &Kept, data: &Path) -> Output {
    run(world, &[&"restore", &"--from", &kept.file, &"--recovery-key", &kept.key, &"--data", &data])
}

/// Serves another folder of the same world.
fn serve(world: &World, data: &Path) -> Server {
    let mut command = world.command();
    command.arg("serve").arg("--data").arg(data).args(["--https", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    Server::start(command, &world.folder().join("restored.log")).unwrap_or_else(|r| panic!("{}", r.said))
}

fn api(world: &World, server: &Server) -> Api {
    Api::https(server.https, "localhost", &world.first.trust).bearer(&world.first.token)
}

fn est(world: &World, server: &Server, identity: &Identity) -> Est {
    let url = format!("https://localhost:{}", server.https.port());
    Est::new(&url, std::slice::from_ref(&world.first.trust), Some(identity))
}

/// All certificates of a device, by serial.
fn certificates(api: &Api, number: &str) -> BTreeMap<String, String> {
    let view = api.get(&format!("/api/v1/devices/{number}")).expect(200).json();
    let all = view["certificates"].as_array().unwrap();
    all.iter().map(|c| (factory::text(c, "serial"), factory::text(c, "certificate"))).collect()
}

fn enrolled(world: &World, unit: &Unit) -> Identity {
    let mut identity = factory::key();
    identity.chain = world.est(Some(&unit.identity)).enrol(&factory::csr(&identity)).unwrap();
    identity.chain.truncate(1);
    identity
}

/// Everything beside the known in a folder.
fn strange(folder: &Path, known: &[&str]) -> Vec<String> {
    let all = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    all.filter(|name| !known.contains(&name.as_str())).collect()
}

/// Makes devices until it is told to stop; their numbers.
fn make_on(api: &Api, batch: &str, stop: &AtomicBool) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut round = 0;
    while !stop.load(Relaxed) {
        numbers.extend(factory::devices(api, batch, &format!("load-{round}"), 20).into_iter().map(|u| u.number));
        round += 1;
    }
    numbers
}

#[test]
fn a_backup_under_load_restores_a_platform_that_goes_on() {
    let mut world = World::new(BINARY);
    let old = world.api();
    let product = factory::product(&old, "B1");
    let batch = factory::batch(&old, &product, 100_000);
    let known = factory::devices(&old, &batch, "known", 300);
    let ldevid = enrolled(&world, &known[0]);
    let gone = enrolled(&world, &known[1]);
    let path = format!("/api/v1/certificates/{}/revoke", factory::serial(&gone.chain[0]));
    old.post(&path, &json!({})).expect(200);
    let before: Vec<_> = known.iter().map(|unit| certificates(&old, &unit.number)).collect();
    let proof = factory::proof(&old, &known[0].number, 1);
    let stop = AtomicBool::new(false);
    let (kept, loaded) = std::thread::scope(|scope| {
        let line = scope.spawn(|| make_on(&old, &batch, &stop));
        let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| backup(&world, "first")));
        stop.store(true, Relaxed);
        (kept.unwrap(), line.join().unwrap())
    });
    assert_eq!(kept.said["left_out"], json!([]), "every file of the folder is known");
    let lost = factory::devices(&old, &batch, "lost", 20);
    let late = factory::product(&old, "B2");
    let old_keys = ledger::keys(&world.plain());
    assert_eq!(world.terminate().code(), Some(0));

    let data = world.folder().join("restored");
    let said = object(&restore(&world, &kept, &data));
    assert_eq!((&said["counts"], &said["data"]), (&kept.said["counts"], &json!(data)));
    let server = serve(&world, &data);
    let new = api(&world, &server);
    for (unit, before) in known.iter().zip(&before) {
        new.get(&format!("/d/{}", unit.number)).expect(200);
        assert_eq!(certificates(&new, &unit.number), *before, "the same bytes");
    }
    assert_eq!(new.get(&format!("/d/{}", lost[0].number)).status, 404, "made after the moment");
    assert_eq!(new.get(&format!("/api/v1/products/{late}")).status, 404);

    let next = factory::key();
    let renewed = est(&world, &server, &ldevid).renew(&factory::csr(&next)).unwrap();
    let renewed = factory::serial(&renewed[0]);
    assert!(before.iter().all(|all| !all.contains_key(&renewed)), "a serial never given before");
    assert!(est(&world, &server, &gone).renew(&factory::csr(&factory::key())).is_err(), "still revoked");

    let more = factory::devices(&new, &batch, "more", 50);
    let given: BTreeSet<&String> = known.iter().chain(&lost).map(|u| &u.number).chain(loaded.iter()).collect();
    assert!(more.iter().all(|unit| !given.contains(&unit.number)), "a number never given before");
    assert!(loaded.len() > 20, "devices were made meanwhile");
    proves(&world, &server, (&new, &known[0].number), &old_keys);
    old_stays(&world, &proof, &old_keys);
    remembers(&server, &said, &old_keys);
    assert_eq!(server.terminate().code(), Some(0));
    object(&run(&world, &[&"doctor", &"--data", &data]));
}

/// Both logs verify under new origins and new keys, and so do proofs of old events.
fn proves(world: &World, server: &Server, (api, number): (&Api, &str), old_keys: &str) {
    let plain = Api::http(server.http);
    let keys = ledger::keys(&plain);
    let names = |keys: &str| keys.lines().map(|l| l.split('+').next().unwrap().to_owned()).collect::<BTreeSet<_>>();
    assert!(names(&keys).is_disjoint(&names(old_keys)), "{keys}");
    let file = world.folder().join("new-keys");
    std::fs::write(&file, &keys).unwrap();
    for log in Log::ALL {
        let folder = world.folder().join("copy").join(log.name());
        Reader::new(plain.clone(), log, &keys).copy(&folder);
        let found = object(&run(world, &[&"verify", &folder, &"--keys", &file]));
        assert_eq!(found["verified"], true);
    }
    let proof = world.folder().join("proof");
    std::fs::write(&proof, factory::proof(api, number, 1)).unwrap();
    assert_eq!(object(&run(world, &[&"verify", &proof, &"--keys", &file]))["found"]["event"]["kind"], "made");
}

/// A proof that was given before the restore holds under the keys of then.
fn old_stays(world: &World, proof: &str, old_keys: &str) {
    let (file, keys) = (world.folder().join("old-proof"), world.folder().join("old-keys"));
    std::fs::write(&file, proof).unwrap();
    std::fs::write(&keys, old_keys).unwrap();
    assert_eq!(object(&run(world, &[&"verify", &file, &"--keys", &keys]))["verified"], true);
}

/// The facts log says what was before: origin, key, size and root of the last checkpoint.
fn remembers(server: &Server, said: &Value, old_keys: &str) {
    let plain = Api::http(server.http);
    let reader = Reader::new(plain.clone(), Log::Facts, &ledger::keys(&plain));
    let entries = reader.entries(reader.checkpoint().size);
    let facts: Vec<Value> = entries.iter().map(|entry| serde_json::from_slice(entry).unwrap()).collect();
    let restored: Vec<&Value> = facts.iter().filter(|fact| fact["kind"] == "log_restored").collect();
    assert_eq!(restored.len(), 2);
    for (fact, log) in restored.iter().zip(said["logs"].as_array().unwrap()) {
        let (data, old) = (&fact["data"], &log["old"]);
        assert_eq!((&data["old_origin"], &data["origin"]), (&old["origin"], &log["origin"]));
        assert_eq!((&data["size"], &data["root"]), (&old["published"]["size"], &old["published"]["root"]));
        assert!(old_keys.contains(data["old_key"].as_str().unwrap()));
    }
}

/// Tampered, cut, of another key, into a full folder: refused in words, and nothing is left behind.
#[test]
fn what_is_not_whole_is_refused_and_leaves_nothing() {
    let world = World::new(BINARY);
    let api = world.api();
    let batch = factory::batch(&api, &factory::product(&api, "B1"), 300);
    factory::devices(&api, &batch, "s", 300);
    let kept = backup(&world, "whole");
    let whole = std::fs::read(&kept.file).unwrap();
    let place = world.folder().join("place");
    std::fs::create_dir(&place).unwrap();
    let data = place.join("data");
    let refuse = |bytes: &[u8], words: &str| {
        let file = world.folder().join("broken");
        std::fs::write(&file, bytes).unwrap();
        let kept = Kept { file, key: kept.key.clone(), said: Value::Null };
        let said = refusal(&restore(&world, &kept, &data));
        assert!(said.contains(words), "{words}: {said}");
        assert_eq!(strange(&place, &[]), [""; 0], "{said}");
    };
    for at in [70, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        refuse(&changed, "was changed or is damaged");
    }
    refuse(&whole[..whole.len() / 2], "damaged");
    refuse(&whole[..63 + 65_552], "cut off");
    refuse(&whole[..40], "cut off");
    refuse(b"something else", "no sealed file of tegata");
    refuse(&[&whole[..], b"x"].concat(), "damaged");

    let other = world.folder().join("other.key");
    std::fs::write(&other, format!("lasting {}\n", "ab".repeat(32))).unwrap();
    let said = refusal(&run(&world, &[&"restore", &"--from", &kept.file, &"--recovery-key", &other, &"--data", &data]));
    assert!(said.contains("chmod 600"), "{said}");
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
    let wrong = Kept { file: kept.file.clone(), key: other, said: Value::Null };
    let said = refusal(&restore(&world, &wrong, &data));
    assert!(said.contains("not the one that the file was sealed under"), "{said}");
    let said = refusal(&restore(&world, &kept, &world.data()));
    assert!(said.contains("not an empty folder"), "{said}");
    let tombstones = world.folder().join("tombstones");
    std::fs::write(&tombstones, "").unwrap();
    assert_eq!(strange(&place, &[]), [""; 0]);
    std::fs::create_dir(&data).unwrap();
    object(&restore(&world, &kept, &data));
    assert_eq!(strange(&place, &["data"]), [""; 0], "an empty folder is taken");
    let said = refusal(&run(&world, &[&"backup", &"--data", &world.data(), &"--out", &kept.file]));
    assert!(said.contains("exists already"), "{said}");
    let inside = world.data().join("copy");
    let said = refusal(&run(&world, &[&"backup", &"--data", &world.data(), &"--out", &inside]));
    assert!(said.contains("outside"), "{said}");
    assert_eq!(strange(&world.data(), KNOWN), [""; 0], "nothing is left in the data folder");
}

/// What lies in the data folder of a running platform.
const KNOWN: &[&str] = &[
    "tegata.db",
    "store-url",
    "tegata.db-wal",
    "tegata.db-shm",
    "lock",
    "unlock",
    "keys",
    "ledger",
    "firmware",
    "root.pem",
    "https-ca.pem",
    "backup.lock",
    "last-backup.json",
];

/// The recovery key's one line that is kept offline opens all but what fades.
#[test]
fn without_the_fading_key_lives_go_on_and_what_was_said_is_gone() {
    let mut world = World::new(BINARY);
    let api_before = world.api();
    let batch = factory::batch(&api_before, &factory::product(&api_before, "B1"), 10);
    let unit = factory::device(&api_before, &batch, "s");
    let secret = "words-that-must-go";
    let path = format!("/api/v1/devices/{}/quarantine", unit.number);
    api_before.post(&path, &json!({ "reason": secret })).expect(200);
    factory::act(&api_before, &unit.number, "release");
    let mut kept = backup(&world, "fading");
    assert_eq!(world.terminate().code(), Some(0));
    let text = std::fs::read_to_string(&kept.key).unwrap();
    let lasting = text.lines().find(|line| line.starts_with("lasting")).unwrap();
    kept.key = world.folder().join("offline");
    std::fs::write(&kept.key, lasting).unwrap();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(&kept.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let data = world.folder().join("restored");
    let said = refusal(&restore(&world, &kept, &data));
    assert!(said.contains("is not in the recovery key") && said.contains("drop"), "{said}");
    assert!(!data.exists());
    let dropped = command(&world, &[&"restore", &"--from", &kept.file, &"--recovery-key", &kept.key, &"--data", &data])
        .args(["--expired-epoch-keys", "drop"])
        .output()
        .unwrap();
    assert_eq!(object(&dropped)["payloads_dropped"], true);
    for name in ["tegata.db", "tegata.db-wal"] {
        let bytes = std::fs::read(data.join(name)).unwrap_or_default();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{name} still holds the words");
    }
    let server = serve(&world, &data);
    let api = api(&world, &server);
    let proof = |sequence: u64| api.get(&format!("/api/v1/devices/{}/events/{sequence}/proof", unit.number));
    assert_eq!(proof(2).expect(410).json()["type"], "urn:tegata:problem:erased");
    let after = factory::act(&api, &unit.number, "install");
    factory::proof(&api, &unit.number, after["sequence"].as_u64().unwrap());
}

/// How often a restore is killed.
const KILLS: u64 = 12;

#[test]
fn a_killed_restore_leaves_all_or_nothing() {
    let seed = Random::seed("BACKUP_SEED");
    let mut random = Random::new(seed);
    let world = World::new(BINARY);
    let api = world.api();
    let batch = factory::batch(&api, &factory::product(&api, "B1"), 1000);
    let units = factory::devices(&api, &batch, "s", 600);
    let kept = backup(&world, "whole");
    let start = Instant::now();
    object(&restore(&world, &kept, &world.folder().join("whole-folder")));
    let mut whole = start.elapsed().as_micros() as u64;
    let (mut appeared, mut absent) = (0, 0);
    for round in 0..KILLS {
        let data = world.folder().join(format!("killed-{round}"));
        let arguments: [&dyn AsRef<std::ffi::OsStr>; 7] =
            [&"restore", &"--from", &kept.file, &"--recovery-key", &kept.key, &"--data", &data];
        let mut child = command(&world, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // the later half is where the folder is put together
        let wait = random.between(whole / 4, whole + whole / 4);
        std::thread::sleep(Duration::from_micros(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        // a machine is not twice as fast: what came before or after the end tells where to aim next
        if data.exists() {
            appeared += 1;
            whole = whole.min(wait);
        } else {
            absent += 1;
            whole = whole.max(wait);
            object(&restore(&world, &kept, &data));
        }
        let server = serve(&world, &data);
        let number = &units[usize::try_from(round).unwrap()].number;
        Api::http(server.http).get(&format!("/d/{number}")).expect(200);
        server.terminate();
    }
    eprintln!("seed {seed}: {appeared} whole, {absent} absent after {KILLS} kills within {} ms", whole / 1000);
    assert!(absent > 0, "seed {seed}: no kill came before the end");
}

/// An increment through the program: made while it serves, checked, and restored on a machine that has nothing else.
#[test]
fn a_chain_goes_to_another_machine_in_one_command() {
    let mut world = World::new(BINARY);
    let api = world.api();
    let batch = factory::batch(&api, &factory::product(&api, "B1"), 1000);
    factory::devices(&api, &batch, "first", 400);
    let full = backup(&world, "full");
    let later = factory::devices(&api, &batch, "later", 5);
    let out = world.folder().join("second");
    let said = object(&run(
        &world,
        &[&"backup", &"--data", &world.data(), &"--since", &full.file, &"--out", &out, &"--recovery-key", &full.key],
    ));
    assert_eq!((&said["kind"], &said["rests_on"][0]["file"]), (&json!("incremental"), &json!("full")));
    assert_eq!(said["left_out"], json!([]), "the note of the last backup is known");
    let size = |said: &Value| said["size"].as_u64().unwrap();
    assert!(size(&said) * 4 < size(&full.said), "{} of {}", size(&said), size(&full.said));
    let last: Value = serde_json::from_slice(&std::fs::read(world.data().join("last-backup.json")).unwrap()).unwrap();
    assert_eq!((&last["kind"], &last["path"], &last["bytes"]), (&json!("incremental"), &json!(out), &said["size"]));
    assert_eq!(world.terminate().code(), Some(0));
    let sums =
        Command::new("sha256sum").args(["-c", "full.sha256", "second.sha256"]).current_dir(world.folder()).output();
    assert!(sums.unwrap().status.success(), "digests beside the files are in the form of sha256sum");

    // the other machine: another home, another folder, the files under other names, other ports
    let other = world.folder().join("other");
    std::fs::create_dir(&other).unwrap();
    for (from, to) in [(&full.file, "a"), (&out, "b"), (&full.key, "key")] {
        std::fs::copy(from, other.join(to)).unwrap();
    }
    let bare = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.env_clear().env("HOME", &other).current_dir(&other).args(arguments).arg("--json").output().unwrap()
    };
    let checked = object(&bare(&["backup", "--verify", "b", "--recovery-key", "key"]));
    assert_eq!((checked["verified"].as_bool(), checked["files"].as_array().unwrap().len()), (Some(true), 2));
    let refused = refusal(&bare(&["backup", "--verify", "b"]));
    assert!(refused.contains("give --recovery-key"), "{refused}");
    let restored = object(&bare(&["restore", "--from", "b", "--recovery-key", "key", "--data", "data"]));
    assert_eq!(restored["counts"]["device"], 405);
    let server = serve(&world, &other.join("data"));
    Api::http(server.http).get(&format!("/d/{}", later[4].number)).expect(200);
    let keys = ledger::keys(&Api::http(server.http));
    for log in restored["logs"].as_array().unwrap() {
        assert!(keys.contains(log["origin"].as_str().unwrap()) && log["origin"] != log["old"]["origin"], "{keys}");
    }
    server.terminate();
    std::fs::remove_file(other.join("a")).unwrap();
    let refused = refusal(&bare(&["restore", "--from", "b", "--recovery-key", "key", "--data", "none"]));
    assert!(refused.contains("rests on full of"), "{refused}");
}

#[test]
fn a_killed_backup_leaves_a_whole_one_or_none() {
    let seed = Random::seed("BACKUP_SEED");
    let mut random = Random::new(seed);
    let world = World::new(BINARY);
    let api = world.api();
    let batch = factory::batch(&api, &factory::product(&api, "B1"), 1000);
    factory::devices(&api, &batch, "s", 400);
    let start = Instant::now();
    let full = backup(&world, "full");
    let mut whole = start.elapsed().as_micros() as u64;
    let (mut appeared, mut absent) = (0, 0);
    for round in 0..KILLS {
        let out = world.folder().join(format!("killed-{round}"));
        let mut arguments: Vec<&dyn AsRef<std::ffi::OsStr>> = vec![&"backup", &"--data"];
        let data = world.data();
        arguments.extend([&data as &dyn AsRef<_>, &"--out", &out, &"--recovery-key", &full.key]);
        if round % 2 == 1 {
            arguments.extend([&"--since" as &dyn AsRef<_>, &full.file]);
        }
        let mut child = command(&world, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let wait = random.between(whole / 8, whole + whole / 4);
        std::thread::sleep(Duration::from_micros(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        if out.exists() {
            appeared += 1;
            whole = whole.min(wait);
            object(&run(&world, &[&"backup", &"--verify", &out, &"--recovery-key", &full.key]));
        } else {
            absent += 1;
            whole = whole.max(wait);
        }
    }
    eprintln!("seed {seed}: {appeared} whole, {absent} absent after {KILLS} kills within {} ms", whole / 1000);
    assert!(absent > 0, "seed {seed}: no kill came before the end");
    let last = backup(&world, "last");
    object(&run(&world, &[&"backup", &"--verify", &last.file, &"--recovery-key", &full.key]));
    let left = std::fs::read_dir(world.folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = left.filter(|name| name.ends_with(".part")).collect();
    assert_eq!(left, [""; 0], "seed {seed}");
    assert!(!world.data().join("backup.part").exists());
    factory::devices(&api, &batch, "after", 5);
}

/// Lines of a file of an export.
fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_export_holds_all_of_one_organisation_and_nothing_of_another() {
    let world = World::with(BINARY, Setup::default());
    let platform = world.api();
    let own = tenant::organisation(&platform, "Own Works", &["maker", "operator"]);
    let other = tenant::organisation(&platform, "Foreign Works", &["maker"]);
    let (own_api, other_api) = (platform.bearer(&own.secret), platform.bearer(&other.secret));
    for (api, model) in [(&own_api, "OWN1"), (&other_api, "FOREIGN1")] {
        let batch = factory::batch(api, &factory::product(api, model), 20);
        let units = factory::devices(api, &batch, &format!("serial-{model}"), 20);
        factory::act(api, &units[0].number, "ship");
        factory::proof(api, &units[0].number, 2);
        // over the quantity: a finding
        let line = factory::line("one-more", &factory::csr(&factory::key()));
        api.call(factory::lines(&batch, line)).expect(200);
    }
    let token = world.folder().join("token");
    std::fs::write(&token, format!("{}\n", own.secret)).unwrap();
    let folder = world.folder().join("export");
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 8] =
        [&"export", &"--data", &world.data(), &"--token-file", &token, &"--out", &folder, &"--proofs"];
    let counts = object(&run(&world, &arguments))["counts"].clone();
    for noun in ["products", "batches", "devices", "findings", "notices", "tokens", "audit"] {
        let listed = own_api.all(&format!("/api/v1/{noun}"));
        assert_eq!(counts[noun], listed.len(), "{noun}");
        let written = lines(&folder, &format!("{noun}.ndjson"));
        for (told, written) in listed.iter().zip(&written) {
            let same = |(name, value): (&String, &Value)| written[name] == *value;
            assert!(told.as_object().unwrap().iter().all(same), "{noun}: {told} is not in {written}");
        }
    }
    assert_eq!((&counts["devices"], &counts["events"], &counts["organisation"]), (&20.into(), &21.into(), &1.into()));
    assert!(folder.join("README.txt").exists());
    every_event_opens(&world, &folder);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for word in ["Foreign", "FOREIGN", &other.id, &other.secret, &own.secret] {
            assert!(!text.contains(word), "{word} stands in the export");
        }
    }
    let by_id = world.folder().join("by-id");
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 7] =
        [&"export", &"--data", &world.data(), &"--organisation", &own.id, &"--out", &by_id];
    assert_eq!(object(&run(&world, &arguments))["counts"], counts);

    let station = tenant::token(&own_api, tegata_domain::permit::Role::Station);
    std::fs::write(&token, &station.secret).unwrap();
    let nothing = world.folder().join("nothing");
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 7] =
        [&"export", &"--data", &world.data(), &"--token-file", &token, &"--out", &nothing];
    let said = refusal(&run(&world, &arguments));
    assert!(said.contains("the role station may not"), "{said}");
    std::fs::write(&token, "tegata_nonsense").unwrap();
    refusal(&run(&world, &arguments));
    assert!(!nothing.exists());
}

/// Salt and event lead to the commitment, and the proof to a checkpoint.
fn every_event_opens(world: &World, folder: &Path) {
    let keys = world.folder().join("keys");
    std::fs::write(&keys, ledger::keys(&world.plain())).unwrap();
    let events = lines(folder, "events.ndjson");
    let proven = events.iter().find(|event| event["kind"] == "shipped").unwrap();
    let file = world.folder().join("proof");
    std::fs::write(&file, proven["proof"].as_str().unwrap()).unwrap();
    assert_eq!(object(&run(world, &[&"verify", &file, &"--keys", &keys]))["found"]["event"]["kind"], "shipped");
    for event in events {
        assert!(event["salt"].is_string() && event["previous"].is_string(), "{event}");
    }
    let devices = lines(folder, "devices.ndjson");
    let pem = devices[0]["certificates"][0]["certificate"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}
