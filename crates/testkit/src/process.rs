//! The running program: a child process, reached by its pid only.

use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;

use crate::wait::{BOUND, until};

/// A `tegata serve` that runs. It is killed when it is dropped.
pub struct Server {
    child: Child,
    /// Where HTTPS listens.
    pub https: SocketAddr,
    /// Where plain HTTP listens.
    pub http: SocketAddr,
    log: PathBuf,
    /// What came on stdout after the first line.
    rest: Option<JoinHandle<String>>,
}

/// A `tegata serve` that ended instead of listening.
#[derive(Debug)]
pub struct Refusal {
    /// How it ended.
    pub status: ExitStatus,
    /// What it said on stderr.
    pub said: String,
}

/// Reads the first line of stdout, then the rest, in a thread of its own.
fn lines(stdout: ChildStdout) -> (Receiver<String>, JoinHandle<String>) {
    let (first, line) = mpsc::channel();
    let rest = std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut text = String::new();
        if reader.read_line(&mut text).is_ok() && !text.is_empty() {
            // nobody listens once the start was given up
            let _sent = first.send(std::mem::take(&mut text));
        }
        let _end = reader.read_to_string(&mut text);
        text
    });
    (line, rest)
}

fn read(log: &Path, from: u64) -> String {
    let mut text = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(from))?;
        file.read_to_end(&mut text)
    });
    read.expect("the log of the server is a file of ours");
    String::from_utf8_lossy(&text).into_owned()
}

impl Server {
    /// Runs `command`, whose stderr goes to the end of `log`, until it listens or ends.
    pub fn start(mut command: Command, log: &Path) -> Result<Server, Refusal> {
        let file = OpenOptions::new().create(true).append(true).open(log).expect("the log can be written");
        let before = file.metadata().map_or(0, |m| m.len());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().expect("the program can be run");
        let (line, rest) = lines(child.stdout.take().expect("stdout is piped"));
        let Ok(line) = line.recv_timeout(BOUND) else {
            let _ended_already = child.kill();
            let status = child.wait().expect("a child can be waited for");
            return Err(Refusal { status, said: read(log, before) });
        };
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        assert_eq!(said["event"], "listening", "the first line of stdout: {line}");
        let address = |name: &str| said[name].as_str().and_then(|text| text.parse().ok());
        let address = |name: &str| address(name).unwrap_or_else(|| panic!("no address {name} in {line}"));
        let (https, http) = (address("https"), address("http"));
        Ok(Server { child, https, http, log: log.to_owned(), rest: Some(rest) })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What this server and those before it wrote to stderr.
    pub fn log(&self) -> String {
        read(&self.log, 0)
    }

    /// SIGKILL: nothing is written, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().expect("our own child can be killed");
        self.child.wait().expect("our own child can be waited for");
    }

    /// Waits for its end, which nobody asked for; `None` when it still runs after [`BOUND`].
    pub fn dies(mut self) -> Option<ExitStatus> {
        let start = std::time::Instant::now();
        while start.elapsed() < BOUND {
            if let Some(status) = self.child.try_wait().expect("our own child can be waited for") {
                return Some(status);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        None
    }

    /// Sends SIGTERM and goes on.
    pub fn ask_to_end(&self) {
        let pid = self.pid().to_string();
        // the shell has kill as a word of its own; std has no signals
        let sent = Command::new("/bin/sh").args(["-c", "kill -TERM \"$0\"", &pid]).status();
        assert!(sent.expect("a shell").success(), "SIGTERM to {pid}");
    }

    /// Waits for its end. stdout must have carried the one line alone.
    pub fn ended(mut self) -> ExitStatus {
        let status = until("the server ends", || self.child.try_wait().expect("our own child can be waited for"));
        let rest = self.rest.take().map(|thread| thread.join().expect("a reader does not panic"));
        assert_eq!(rest.as_deref(), Some(""), "stdout carries one line only");
        status
    }

    /// SIGTERM, and its end.
    pub fn terminate(self) -> ExitStatus {
        self.ask_to_end();
        self.ended()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
    }
}
