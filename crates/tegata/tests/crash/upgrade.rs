//! A rolling upgrade: nodes of one version and of the next side by side on one PostgreSQL, under load, over migrations
//! that widen every table. Nothing that was acknowledged is lost, and who is too old for the schema says so, serves
//! nothing and does not start.
//!
//! Only in a build with the feature `failpoint`: there one program is all versions, by how many migrations it is told of
//! (`crates/fault`). So what is shown is that this program's statements get on with the schema of a later one, and that
//! the rules of who may open what are kept; whether a migration to come keeps to "only add" is for its author.

use crate::field;
use crate::history::History;
use crate::line::Line;
use crate::memory::Memory;
use crate::{BINARY, Target, check, say};
use serde_json::json;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tegata_domain::ledger::Log;
use tegata_testkit::api::Message;
use tegata_testkit::ledger::Reader;
use tegata_testkit::seed::Random;
use tegata_testkit::{Api, Postgres, Server, Setup, World, factory, postgres, wait};

/// Time before each burst of a line, and between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Lines that each node acknowledges before the next step.
const STEP: u64 = 40;

/// A node: its data folder, what runs on it, how it is asked.
struct Node {
    data: PathBuf,
    server: Option<Server>,
    acknowledged: Arc<AtomicU64>,
}

/// All nodes on one database.
struct Cluster<'w> {
    world: &'w World,
    database: String,
    /// The schema's version of the program as it is.
    own: usize,
    nodes: [Mutex<Node>; 2],
    turn: Arc<AtomicU64>,
}

impl<'w> Cluster<'w> {
    fn of(world: &'w World) -> Self {
        let url = std::fs::read_to_string(world.data().join("store-url")).unwrap();
        let database = url.trim().rsplit('/').next().unwrap().to_owned();
        let second = world.folder().join("second");
        assert!(Command::new("cp").arg("-r").arg(world.data()).arg(&second).status().unwrap().success());
        let _none = std::fs::remove_file(second.join("lock"));
        for shared in ["ledger", "firmware"] {
            std::fs::create_dir_all(world.data().join(shared)).unwrap();
            let _none = std::fs::remove_dir_all(second.join(shared));
            symlink(world.data().join(shared), second.join(shared)).unwrap();
        }
        let node = |data: PathBuf| Mutex::new(Node { data, server: None, acknowledged: Arc::default() });
        let nodes = [node(world.data()), node(second)];
        let mut cluster = Cluster { world, database, own: 0, nodes, turn: Arc::default() };
        cluster.own = cluster.number("select version from tegata_schema");
        cluster
    }

    fn number(&self, sql: &str) -> usize {
        Postgres::shared().run(&self.database, sql).trim().parse().unwrap()
    }

    /// Has migrations ready to this many versions after the present one; each widens every table that is there, as wide
    /// as no real one would.
    fn write(&self, count: usize) {
        let names = "select quote_ident(table_name) from information_schema.tables
            where table_schema = 'public' and table_name <> 'tegata_schema' order by 1";
        let names = Postgres::shared().run(&self.database, names);
        let one = |number: usize| {
            let wider =
                names.lines().map(|name| format!("alter table {name} add later_{number} bigint not null default 1;\n"));
            let table = format!("create table later_{number} (id bigint primary key);\n");
            wider.chain([table, format!("create index on device (later_{number});")]).collect::<String>()
        };
        for until in 1..=count {
            let texts: Vec<String> = (1..=until).map(one).collect();
            std::fs::write(self.migrations(until), texts.join("\n--\n")).unwrap();
        }
    }

    fn migrations(&self, count: usize) -> PathBuf {
        self.world.folder().join(format!("migrations-{count}"))
    }

    /// The program that is so many versions after the present one, and which versions its schema serves.
    fn program(&self, data: &Path, later: usize, serves: usize) -> Command {
        let mut command = self.world.command();
        command.arg("serve").arg("--data").arg(data).args(["--https", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        if later > 0 {
            command.env("FAULT_MIGRATIONS", self.migrations(later)).env("FAULT_SERVES", serves.to_string());
        }
        command
    }

    fn log(&self) -> PathBuf {
        self.world.folder().join("serve.log")
    }

    fn node(&self, at: usize) -> std::sync::MutexGuard<'_, Node> {
        self.nodes[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, at: usize, later: usize, serves: usize) {
        let command = self.program(&self.node(at).data, later, serves);
        let server = Server::start(command, &self.log()).unwrap_or_else(|r| panic!("{}: {}", r.status, r.said));
        self.node(at).server = Some(server);
    }

    /// Ends a node in order: what it took it answers.
    fn stop(&self, at: usize) {
        let server = self.node(at).server.take().unwrap();
        assert_eq!(server.terminate().code(), Some(0));
    }

    /// One node after the other ends and comes back as another version.
    fn replace(&self, at: usize, later: usize, serves: usize) {
        self.stop(at);
        self.start(at, later, serves);
        assert_eq!(self.number("select version from tegata_schema"), self.own + later);
    }

    fn target(&self, at: usize) -> Option<Target> {
        let node = self.node(at);
        let server = node.server.as_ref()?;
        let first = &self.world.first;
        let target = Target::new(server.https, &first.trust, &first.token);
        let (turn, began) = (Arc::clone(&self.turn), self.turn.load(SeqCst));
        Some(Target { patient: true, acknowledged: Arc::clone(&node.acknowledged), turn, began, ..target })
    }

    fn plain(&self, at: usize) -> Option<Api> {
        self.node(at).server.as_ref().map(|server| Api::http(server.http))
    }

    /// Each of these nodes acknowledges lines, and shows a log that goes on.
    fn goes_on(&self, nodes: &[usize], history: &History) {
        let before: Vec<u64> = nodes.iter().map(|at| self.node(*at).acknowledged.load(SeqCst)).collect();
        // everybody back to the node that it likes best
        self.turn.fetch_add(1, SeqCst);
        for (at, before) in nodes.iter().zip(before) {
            wait::until("a node acknowledges lines", || {
                (self.node(*at).acknowledged.load(SeqCst) >= before + STEP).then_some(())
            });
        }
        let leaves = self.number("select count(*) from leaf where log = 1") as u64;
        for at in nodes {
            let reader = Reader::new(self.plain(*at).unwrap(), Log::Devices, &history.keys);
            wait::until("a node's log goes on", || {
                let (checkpoint, _) = reader.glance()?;
                history.remember(Log::Devices, checkpoint.size, checkpoint.root);
                (checkpoint.size >= leaves).then_some(())
            });
        }
    }
}

/// Those who work, each at the node that it likes best while that is there.
struct Load<'c> {
    cluster: &'c Cluster<'c>,
    memory: &'c Memory,
    over: AtomicBool,
}

impl Load<'_> {
    fn each(&self, home: usize, mut work: impl FnMut(&Target)) {
        let mut tries = 0;
        while !self.over.load(SeqCst) {
            if let Some(target) = self.cluster.target((home + tries) % 2) {
                work(&target);
                tries = if target.is_over() { 0 } else { tries + 1 };
            } else {
                tries += 1;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Devices enrol, and others are acted upon.
    fn field(&self, home: usize) {
        let (mut cut, mut count) = (None, 0);
        self.each(home, |target| {
            while !target.is_over() {
                let Some(unit) = cut.take().or_else(|| self.memory.take()) else { return };
                count += 1;
                if count % 2 == 0 {
                    cut = field::enrol(target, self.memory, unit);
                    if cut.is_some() {
                        return;
                    }
                } else if field::act(target, self.memory, &unit).is_none() {
                    return;
                }
                std::thread::sleep(PAUSE);
            }
        });
    }

    fn during(&self, lines: &mut [Line], act: impl FnOnce()) {
        struct Ending<'l, 'c>(&'l Load<'c>);
        impl Drop for Ending<'_, '_> {
            fn drop(&mut self) {
                self.0.over.store(true, SeqCst);
                self.0.cluster.turn.fetch_add(1, SeqCst);
            }
        }
        std::thread::scope(|scope| {
            let _ending = Ending(self);
            for (home, line) in lines.iter_mut().enumerate() {
                scope.spawn(move || self.each(home, |target| line.work(target, self.memory)));
            }
            scope.spawn(|| self.field(0));
            act();
        });
    }
}

/// A node whose database was brought to a schema that it cannot serve: it puts everything off, in words.
fn serves_nothing(target: &Target) {
    let code = wait::until("a node finds that it is too old", || {
        let answer = target.api.get("/api/v1/products");
        (answer.status == 503).then(|| factory::text(&answer.json(), "type"))
    });
    assert!(code.ends_with(":older_program") || code.ends_with(":store_away"), "{code}");
    let made =
        target.api.call(Message::new("POST", "/api/v1/products").json(&factory::new_product("LATE"))).expect(503);
    assert_eq!(made.header("retry-after"), "1");
    let before = target.acknowledged.load(SeqCst);
    let batch =
        target.api.call(Message::new("POST", "/api/v1/batches").json(&json!({ "product": "x", "quantity": 1 })));
    assert_eq!((batch.status, target.acknowledged.load(SeqCst)), (503, before));
}

/// Everything that was acknowledged is there, once, whichever node is asked.
fn all_there(cluster: &Cluster<'_>, lines: &mut [Line], memory: &Memory, history: &History) -> String {
    let targets = [0, 1].map(|at| cluster.target(at).unwrap());
    check::finish(lines, &targets[0], memory);
    let known = memory.known();
    let listed = check::listed(&targets[0].api, &known);
    assert_eq!(check::listed(&targets[1].api, &known), listed);
    check::batches(&targets[1].api, &known);
    let views = check::views(&targets[0].api, &known);
    check::field(&targets[1].api, &known, &views);
    let leaves: u64 = listed.values().map(|sequence| u64::from(*sequence)).sum();
    let mut proofs = 0;
    for (at, target) in targets.iter().enumerate() {
        let plain = cluster.plain(at).unwrap();
        let [facts, devices] = history.readers(plain.clone());
        let entries = check::settled(&devices, leaves, history);
        proofs += check::lives(&target.api, &known, &entries, &history.keys);
        history.recompute(&facts);
        history.check(&plain);
    }
    assert!(known.devices.len() as u64 >= 8 * STEP && known.enrolled.len() > 10 && known.revoked.len() > 3);
    format!(
        "{} devices, {} operational certificates, {} acts, {} lines asked again, {leaves} leaves, {proofs} proofs",
        known.devices.len(),
        known.enrolled.len(),
        known.acts.len(),
        known.again
    )
}

#[test]
fn nodes_of_two_versions_serve_side_by_side() {
    let (seed, begin) = (Random::seed("CRASH_SEED"), Instant::now());
    let mut random = Random::new(seed);
    let store = || vec!["--store".to_owned(), Postgres::shared().database()];
    let init = if postgres::is_chosen() { Vec::new() } else { store() };
    let world = World::initialised(BINARY, Setup { init, ..Setup::default() });
    let cluster = Cluster::of(&world);
    let own = cluster.own;
    cluster.write(3);
    (0..2).for_each(|at| cluster.start(at, 0, own));
    let (memory, history) = (Memory::default(), History::begin(&cluster.plain(0).unwrap()));
    let product = factory::product(&cluster.target(0).unwrap().api, "UPGRADE");
    let mut lines: Vec<Line> = (0..2).map(|i| Line::new(i, &product, random.split())).collect();
    lines.iter_mut().for_each(|line| line.pause = PAUSE);
    let load = Load { cluster: &cluster, memory: &memory, over: false.into() };
    load.during(&mut lines, || {
        cluster.goes_on(&[0, 1], &history);
        // the first node is the next version, the other one goes on beside it, and may even start anew
        cluster.replace(0, 1, own);
        cluster.goes_on(&[0, 1], &history);
        let old = cluster.node(1).server.take().unwrap();
        old.kill();
        cluster.start(1, 0, own);
        cluster.goes_on(&[0, 1], &history);
        cluster.replace(1, 1, own);
        cluster.goes_on(&[0, 1], &history);
        // the version after that serves the one before it, and no older one
        cluster.replace(0, 2, own + 1);
        cluster.goes_on(&[0, 1], &history);
        let third = world.folder().join("third");
        assert!(
            Command::new("cp").arg("-r").arg(world.folder().join("second")).arg(&third).status().unwrap().success()
        );
        let refused = Server::start(cluster.program(&third, 0, own), &cluster.log());
        let said = refused.err().expect("it must not start").said;
        let words = format!("has version {}, this program knows {own}; run the newer tegata", own + 2);
        assert!(said.contains(&words), "{said}");
        // whoever leaves one out ends the others: nothing is written by a program that does not know the schema
        cluster.replace(0, 3, own + 3);
        let old = cluster.target(1).unwrap();
        serves_nothing(&old);
        cluster.goes_on(&[0], &history);
        cluster.replace(1, 3, own + 3);
        cluster.goes_on(&[0, 1], &history);
    });
    let counts = all_there(&cluster, &mut lines, &memory, &history);
    say(&format!("versions {own} to {} side by side: {counts}; {:.1} s", own + 3, begin.elapsed().as_secs_f64()));
}
