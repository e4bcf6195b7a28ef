//! Servers as processes of their own, so that their CPU time can be told from the load generator's.

use crate::{Failure, cpu};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server; it is killed when it is dropped.
pub struct Program {
    child: Child,
    /// Where plain HTTP listens.
    pub http: SocketAddr,
    /// Where HTTPS listens, if it does.
    pub https: Option<SocketAddr>,
}

/// A server that does not end by then is killed.
const PATIENCE: Duration = Duration::from_secs(20);

impl Program {
    /// `tegata serve` on a data folder, on free ports; its log goes to `log`.
    pub fn serve(data: &Path, log: &Path, environment: &[(&str, &str)]) -> Result<Self, Failure> {
        let mut command = Command::new(tegata()?);
        command.arg("serve").arg("--data").arg(data).args(["--https", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stderr(File::create(log)?);
        Self::start(command, &[]).map_err(|e| format!("{e}\n{}", fs::read_to_string(log).unwrap_or_default()).into())
    }

    /// A bare server that answers what `answer` says.
    pub fn bare(answer: &Value) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").stdin(Stdio::piped());
        Self::start(command, answer.to_string().as_bytes())
    }

    fn start(mut command: Command, input: &[u8]) -> Result<Self, Failure> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input)?;
        }
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        let address = |name: &str| said[name].as_str().and_then(|text| text.parse().ok());
        match address("http") {
            Some(http) => Ok(Program { child, http, https: address("https") }),
            None => {
                let _ended_already = child.kill();
                Err(format!("the server did not start ({})", child.wait()?).into())
            }
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has spent since its start.
    pub fn spent(&self) -> Result<cpu::Spent, Failure> {
        cpu::of(self.pid())
    }

    /// SIGTERM, and its end.
    pub fn stop(mut self) -> Result<(), Failure> {
        let pid = Pid::from_raw(self.pid() as i32).ok_or("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) };
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!("the server did not end within {} s", PATIENCE.as_secs()).into())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// The program beside this one. Under `cargo run` it is built first, so that no old one is measured.
fn tegata() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or("this program lies in no folder")?;
    let path = folder.join("tegata");
    if let (Ok(cargo), Some(target)) = (std::env::var("CARGO"), folder.parent()) {
        let mut build = Command::new(cargo);
        // both packages, so that their dependencies have the features that they were built with already
        build.args(["build", "--quiet", "--release", "-p", "bench", "-p", "tegata", "--bin", "tegata", "--target-dir"]);
        let status = build.arg(target).stdout(Stdio::null()).status()?;
        if !status.success() {
            return Err("the program tegata could not be built".into());
        }
    }
    if !path.is_file() {
        return Err(format!("{} is absent; build it: cargo build --release -p tegata", path.display()).into());
    }
    Ok(path)
}
