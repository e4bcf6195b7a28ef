//! The test bed: `tests/cluster/bed.sh`, which says what stands where.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tegata_testkit::Api;
use tegata_testkit::wait;

use crate::target::Target;

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");

/// Numbers of the nodes.
pub const NODES: [usize; 3] = [1, 2, 3];

/// A bed that stands, with a platform on it.
pub struct Bed {
    folder: PathBuf,
    token: String,
    trust: Vec<u8>,
    /// The configuration of all nodes: where their objects lie.
    config: String,
}

/// The script, on the bed in a folder.
pub fn script(folder: &Path) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cluster/bed.sh");
    let mut command = Command::new(path);
    command.env("BED", folder);
    if std::env::var_os("VENV").is_none() {
        // where `cargo xtask` puts Python's packages
        let target = std::env::current_exe().unwrap();
        command.env("VENV", target.ancestors().nth(3).unwrap().join("venv"));
    }
    command
}

impl Bed {
    /// Sets up a platform and serves it on all nodes.
    pub fn begin(folder: PathBuf) -> Bed {
        let mut bed = Bed { folder, token: String::new(), trust: Vec::new(), config: String::new() };
        let url = bed.act(&["url"]);
        let first = bed.folder.join("first");
        let args = ["run", BINARY, "init", "--json", "--store", url.trim(), "--data"];
        let said = bed.run(script(&bed.folder).args(args).arg(&first));
        let said: Value = serde_json::from_str(&said).unwrap();
        bed.token = said["token"].as_str().unwrap().to_owned();
        bed.trust = tegata_testkit::pem(Path::new(said["https_ca"].as_str().unwrap()));
        bed.config = bed.act(&["s3"]).trim().to_owned();
        for node in NODES {
            let data = bed.data(node);
            bed.run(Command::new("cp").arg("-r").arg(&first).arg(&data));
            std::fs::remove_file(data.join("lock")).ok();
            bed.serve(node);
        }
        bed
    }

    /// A folder for what the run writes.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self, node: usize) -> PathBuf {
        self.folder.join(node.to_string()).join("tegata")
    }

    fn run(&self, command: &mut Command) -> String {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A command of the script.
    pub fn act(&self, args: &[&str]) -> String {
        self.run(script(&self.folder).args(args))
    }

    /// A command about a node.
    pub fn node(&self, what: &str, node: usize) {
        self.act(&[what, &node.to_string()]);
    }

    /// Lets what other nodes say be lost for a node, which does not notice; on which connection.
    pub fn deaf(&self, node: usize) -> String {
        wait::until("a node listens", || self.attempt(&["deaf", &node.to_string()]))
    }

    /// The connection on which a node listens; `None` while it has none, or nobody can say.
    pub fn ear(&self, node: usize) -> Option<String> {
        self.attempt(&["ear", &node.to_string()])
    }

    /// A command of the script that may fail; what it said, if that is anything.
    fn attempt(&self, args: &[&str]) -> Option<String> {
        let output = script(&self.folder).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success() && !said.is_empty()).then_some(said)
    }

    /// Starts the platform's program on a node, until it listens.
    pub fn serve(&self, node: usize) {
        let (data, node) = (self.data(node), node.to_string());
        self.act(&["serve", &node, BINARY, "serve", "--data", data.to_str().unwrap(), "--config", &self.config]);
    }

    /// Rows out of the database, their columns between `|`; `None` where there is none, and while nobody takes writes.
    pub fn rows(&self, sql: &str) -> Option<Vec<String>> {
        Some(self.attempt(&["sql", sql])?.lines().map(str::to_owned).collect())
    }

    /// The node on which PostgreSQL takes writes.
    pub fn leader(&self) -> usize {
        self.act(&["leader"]).trim().parse().unwrap()
    }

    /// One number out of the database.
    pub fn number(&self, sql: &str) -> i64 {
        self.act(&["sql", sql]).trim().parse().unwrap()
    }

    /// The node whose program says that it does the background work. All nodes must be well.
    pub fn sequencer(&self) -> usize {
        const WORDS: &str = "background work of all nodes";
        let said = |node: usize| {
            let log = self.folder.join(node.to_string()).join("tegata.log");
            let log = std::fs::read_to_string(log).unwrap_or_default();
            log.lines().rev().find(|line| line.contains(WORDS)).map(|line| line.contains("\"held\":true"))
        };
        wait::until("one node is the sequencer", || {
            let said = NODES.map(said);
            let holds = |wanted| NODES.into_iter().zip(said).filter(move |(_, said)| *said == wanted);
            match holds(Some(true)).collect::<Vec<_>>()[..] {
                [(node, _)] => Some(node),
                // the first to start has it from the begin, and says nothing
                [] if said[0].is_none() => Some(NODES[0]),
                _ => None,
            }
        })
    }

    /// How a node is asked, by whom it made the platform.
    pub fn target(&self, node: usize) -> Target {
        let at = ([127, 0, 0, 1], 28440 + node as u16).into();
        Target { patient: true, ..Target::new(at, &self.trust, &self.token) }
    }

    /// A node's plain port.
    pub fn plain(&self, node: usize) -> Api {
        Api::http(([127, 0, 0, 1], 28080 + node as u16).into())
    }

    /// The program, for what it does without a server.
    pub fn program(&self) -> Command {
        Command::new(BINARY)
    }
}
