//! Death at every named point between accept and acknowledge, one after the other on one data folder.
//!
//! Only in a build with the feature `failpoint`. A point that is passed and stands in no table here fails the test, and so
//! does one that stands here and is never reached.

use crate::history::History;
use crate::memory::Memory;
use crate::story::Story;
use crate::{BINARY, Workers, check, engine, say, tell};
use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;
use tegata_fault::Point;
use tegata_testkit::factory;
use tegata_testkit::seed::Random;
use tegata_testkit::{Api, Server, Setup, World};

/// What a load of lines, enrolments and acts passes, and how many times at most before it dies there.
const LOAD: &[(&str, u64)] = &[
    ("Accepted", 5),
    ("Read", 12),
    ("Signed", 12),
    ("Queued", 40),
    ("Begun", 30),
    ("Applied-Made", 200),
    ("Applied-Device", 8),
    ("Applied-Certificate", 4),
    ("Applied-Revocation", 2),
    ("Applied-Product", 2),
    ("Applied-Batch", 1),
    ("Applied-Finding", 1),
    ("Applied-Notice", 1),
    ("Applied-Fact", 2),
    ("Settled", 30),
    ("Committed", 30),
    ("Answered", 12),
    ("Grown", 8),
    ("Sealed", 8),
    ("Advanced", 8),
    ("TileWritten", 3),
    ("TileNamed", 3),
    ("TilesSynced", 2),
    ("Applied-FindingClose", 2),
    ("Applied-SessionEpoch", 2),
];

/// What the life of one device passes, from its maker to the end of its owner.
const STORY: &[&str] = &[
    "Applied-Action",
    "Applied-Attributes",
    "Applied-Campaign",
    "Applied-CampaignStep",
    "Applied-Claim",
    "Applied-Consent",
    "Applied-Contact",
    "Applied-DisposalAsk",
    "Applied-DisposalEnd",
    "Applied-Erasure",
    "Applied-Fill",
    "Applied-FindingEnd",
    "Applied-Offer",
    "Applied-OfferEnd",
    "Applied-Organisation",
    "Applied-Release",
    "Applied-ReleaseKey",
    "Applied-ReleaseKeyEnd",
    "Applied-Running",
    "Applied-Session",
    "Applied-TargetToken",
    "Applied-Token",
    "Applied-TokenEnd",
    "DraftWritten",
    "DraftSynced",
    "DraftKept",
    "Buried",
    "Forgotten",
    "Erased",
    "Folded",
];

/// Passed at times of their own, which no test can bring about: nobody dies there.
const BY_CHANCE: &[&str] = &["Applied-NoticeTried"];

/// What the commands beside the server pass.
const COMMANDS: &[&str] = &["Copied", "Packed", "Restored"];

/// The points of a table in turn, each once at least; `FAULT_ROUNDS` says how many deaths that are.
fn deaths<T>(table: &[T]) -> impl Iterator<Item = &T> {
    let asked = std::env::var("FAULT_ROUNDS").ok().map_or(0, |text| text.parse().expect("FAULT_ROUNDS is a number"));
    table.iter().cycle().take(table.len().max(asked))
}

/// Whether a process died at its point.
fn died(status: Option<ExitStatus>) -> bool {
    status.is_some_and(|status| status.signal() == Some(6))
}

/// Points that were passed, as the program wrote them down.
struct Passed(PathBuf);

impl Passed {
    fn of(folder: &Path) -> Passed {
        Passed(folder.join("passed"))
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path of ours")
    }

    /// All of them stand in a table.
    #[track_caller]
    fn are_known(&self) -> BTreeSet<String> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        let all: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        let load = LOAD.iter().map(|(name, _)| *name);
        let known: BTreeSet<&str> = load.chain([STORY, COMMANDS, BY_CHANCE].concat()).collect();
        let strange: Vec<&String> = all.iter().filter(|name| !known.contains(name.as_str())).collect();
        assert!(strange.is_empty(), "points that no test dies at: {strange:?}");
        all
    }
}

#[test]
fn every_point_has_its_test() {
    let load = LOAD.iter().map(|(name, _)| *name);
    let tables: BTreeSet<&str> = load.chain([STORY, COMMANDS].concat()).collect();
    for point in Point::ALL {
        let name = format!("{point:?}");
        let there = tables.iter().any(|known| *known == name || known.starts_with(&format!("{name}-")));
        assert!(there, "nobody dies at {name}");
    }
}

#[test]
fn a_load_survives_death_at_every_point() {
    let seed = Random::seed("CRASH_SEED");
    say(&format!("points: CRASH_SEED={seed}"));
    let (begin, mut random) = (Instant::now(), Random::new(seed));
    let mut world = World::initialised(BINARY, Setup::default());
    let passed = Passed::of(world.folder());
    world.set_environment(&[("FAULT_SEEN", passed.path())]);
    world.start();
    let (memory, history) = (Memory::default(), History::begin(&world.plain()));
    let product = factory::product(&world.api(), "CRASH");
    let mut workers = Workers::new(&mut random, &product);
    world.kill();
    let mut died_at = 0;
    for (point, most) in deaths(LOAD) {
        let armed = format!("{point}:{}:abort", random.between(1, *most));
        world.set_environment(&[("FAULT_SEEN", passed.path()), ("FAULT_POINT", &armed)]);
        // a point may be passed by the start itself
        if let Ok(server) = world.try_start() {
            world.put(server);
            let end = |world: &mut World| world.take().dies();
            let status = workers.until(&mut world, end, (&memory, &history));
            assert!(died(status), "seed {seed}: {armed} was not reached: {status:?}");
        }
        died_at += 1;
        world.set_environment(&[]);
        world.start();
        history.check(&world.plain());
        world.kill();
    }
    world.start();
    let unanswered = check::finish(&mut workers.lines, &crate::target(&world), &memory);
    let counts = check::everything(&mut world, &memory, &history, died_at);
    passed.are_known();
    tell(&format!("deaths under load on {}", engine()), &[(died_at, "deaths"), (LOAD.len(), "points")]);
    tell("", &counts);
    tell("", &[(unanswered, "lines unanswered at the end")]);
    say(&format!("{:.1} s", begin.elapsed().as_secs_f64()));
}

/// Lives until `end` ended the server.
fn live(story: &mut Story, world: &mut World, armed: &str) -> Option<ExitStatus> {
    let target = crate::target(world);
    std::thread::scope(|scope| {
        scope.spawn(|| story.work(&target));
        let status = world.take().dies();
        assert!(status.is_some(), "{armed} was not reached");
        status
    })
}

#[test]
fn a_life_survives_death_at_every_point() {
    let begin = Instant::now();
    let mut world = World::initialised(BINARY, Setup::default());
    let passed = Passed::of(world.folder());
    world.set_environment(&[("FAULT_SEEN", passed.path())]);
    world.start();
    let (mut story, history) = (Story::default(), History::begin(&world.plain()));
    let target = crate::target(&world);
    while story.lives == 0 {
        story.advance(&target).expect("nobody dies yet");
    }
    passed.are_known();
    world.terminate();
    let mut died_at = 0;
    for armed in deaths(STORY).map(|point| format!("{point}:1:abort")) {
        died_at += 1;
        world.set_environment(&[("FAULT_SEEN", passed.path()), ("FAULT_POINT", &armed)]);
        if let Ok(server) = world.try_start() {
            world.put(server);
            assert!(died(live(&mut story, &mut world, &armed)), "{armed}");
        }
        world.set_environment(&[]);
        world.start();
        history.check(&world.plain());
        let target = crate::target(&world);
        // the step that was cut, to its answer
        story.advance(&target).expect("nobody dies");
        story.check(&target);
        world.kill();
    }
    world.start();
    let target = crate::target(&world);
    let last = story.lives;
    while story.lives == last {
        story.advance(&target).expect("nobody dies");
    }
    story.check(&target);
    let leaves: u64 = world.api().all("/api/v1/devices").iter().map(|d| d["sequence"].as_u64().unwrap()).sum();
    let readers = history.readers(world.plain());
    tegata_testkit::wait::until("every event is in the log", || {
        let size = readers[1].checkpoint().size;
        assert!(size <= leaves, "{size} leaves for {leaves} events");
        (size == leaves).then_some(())
    });
    readers.iter().for_each(|reader| drop(history.recompute(reader)));
    let seen = passed.are_known();
    let missing: Vec<&&str> = STORY.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    world.terminate();
    for folder in world.files() {
        assert_eq!(traces(&folder, &story.erased), Vec::<String>::new(), "erased is erased");
    }
    let counts = [(died_at, "deaths"), (story.lives, "lives"), (leaves as usize, "leaves of devices")];
    tell(&format!("deaths in a life on {}", engine()), &counts);
    say(&format!("{:.1} s", begin.elapsed().as_secs_f64()));
}

/// Which of the names stand in which files below a folder.
fn traces(folder: &Path, names: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(traces(&entry, names));
            continue;
        }
        let bytes = std::fs::read(&entry).unwrap();
        let holds = |name: &&String| bytes.windows(name.len()).any(|w| w == name.as_bytes());
        found.extend(names.iter().filter(holds).map(|name| format!("{name} in {}", entry.display())));
    }
    found
}

/// Runs a subcommand, which dies at `point` when there is one.
fn command(world: &World, point: Option<&str>, arguments: &[&str]) -> ExitStatus {
    let mut command: Command = world.command();
    if let Some(point) = point {
        command.env("FAULT_POINT", format!("{point}:1:abort"));
    }
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
}

#[test]
fn backup_and_restore_are_whole_or_not_there() {
    let world = World::new(BINARY);
    let api = world.api();
    let batch = factory::batch(&api, &factory::product(&api, "KEPT"), 300);
    let numbers: Vec<String> = factory::devices(&api, &batch, "kept", 300).into_iter().map(|u| u.number).collect();
    let path = |name: &str| world.folder().join(name).display().to_string();
    let (data, out, key, to) = (path("data"), path("out"), path("recovery.key"), path("to"));
    let backup = ["backup", "--data", &data, "--out", &out, "--recovery-key", &key];
    let restore = ["restore", "--from", &out, "--recovery-key", &key, "--data", &to];
    for point in ["Copied", "Packed"] {
        assert!(died(Some(command(&world, Some(point), &backup))), "{point}");
        assert!(!Path::new(&out).exists(), "{point}: half a backup has a name");
        api.get(&format!("/api/v1/devices/{}", numbers[0])).expect(200);
    }
    assert!(command(&world, None, &backup).success(), "what the dead left is not in the way");
    assert!(died(Some(command(&world, Some("Restored"), &restore))));
    assert!(!Path::new(&to).exists(), "half a folder has a name");
    assert!(command(&world, None, &restore).success());
    let mut serve = world.command();
    serve.args(["serve", "--data", &to, "--https", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
    let server = Server::start(serve, &world.folder().join("to.log")).unwrap();
    let restored = Api::https(server.https, "localhost", &world.first.trust).bearer(&world.first.token);
    let there = restored.all("/api/v1/devices");
    assert_eq!(there.len(), numbers.len());
}
