//! Other programs: where they run, how their output passes through, how long they take.
//!
//! Invariant: no program gets our standard input, so nothing here can wait for a person.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The top folder of the repository.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// What builds leave behind: `target/PART`.
pub fn target(part: &str) -> PathBuf {
    root().join("target").join(part)
}

/// A program in the top folder, without standard input.
pub fn program(name: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// The same, ended after `limit`, together with what it started.
pub fn within(limit: Duration, name: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = program("timeout", &["--kill-after=10", &limit.as_secs().to_string()]);
    command.arg(name).args(args);
    command
}

/// Cargo.
pub fn cargo(args: &[&str]) -> Command {
    program("cargo", args)
}

/// Cargo over the whole workspace, in the profile of the tests, so that every part finds built what another one built.
pub fn workspace(what: &str, args: &[&str]) -> Command {
    let mut command = cargo(&[what, "--profile", "proof", "--workspace"]);
    command.args(args);
    command
}

/// A program that [`workspace`] built.
pub fn built(name: &str) -> PathBuf {
    target("proof").join(name)
}

/// Runs to the end with its output untouched; `Err` says how it ended when that was not well.
pub fn pass(command: &mut Command) -> Result<(), String> {
    announce(command);
    let status = command.status().map_err(|why| cannot(command, &why))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", words(command))) }
}

/// Runs to the end; standard output goes to `each` line by line and through to ours as it comes.
pub fn stream(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus, String> {
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|why| cannot(command, &why))?;
    if let Some(out) = child.stdout.take() {
        let line = |line: &[u8]| {
            pass_on(line);
            each(String::from_utf8_lossy(line).trim_end());
        };
        pour(BufReader::new(out), line).map_err(|why| cannot(command, &why))?;
    }
    child.wait().map_err(|why| cannot(command, &why))
}

/// The same of standard output and standard error together, in the order in which they came.
pub fn stream_both(command: Command, mut each: impl FnMut(&str)) -> Result<ExitStatus, String> {
    lines(command, |line| {
        pass_on(format!("{line}\n").as_bytes());
        each(line);
    })
}

/// The same with nothing passed through.
pub fn lines(mut command: Command, mut each: impl FnMut(&str)) -> Result<ExitStatus, String> {
    announce(&command);
    let name = words(&command);
    let failed = |why: io::Error| format!("could not run {name}: {why}");
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut child = command.stdout(writer.try_clone().map_err(failed)?).stderr(writer).spawn().map_err(failed)?;
    // it holds ends of the pipe, which must all be closed before the pipe ends
    drop(command);
    pour(BufReader::new(reader), |line| each(String::from_utf8_lossy(line).trim_end())).map_err(failed)?;
    child.wait().map_err(failed)
}

fn pour(mut from: impl BufRead, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        each(&line);
        line.clear();
    }
    Ok(())
}

/// To our output. A closed pipe of ours must not end the tests: their result is the exit code.
fn pass_on(line: &[u8]) {
    let mut ours = io::stdout().lock();
    let _ = ours.write_all(line).and_then(|()| ours.flush());
}

/// Standard output as text; `Err` carries what it printed to standard error.
pub fn capture(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|why| cannot(command, &why))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} ended with {}: {}", words(command), output.status, why.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Does it with each of these, so many at once; what came of them, in the order in which they ended. `Err` where one was
/// lost with its thread.
pub fn together<T: Send, R: Send>(count: usize, items: Vec<T>, act: impl Fn(T) -> R + Sync) -> Result<Vec<R>, String> {
    let (wanted, waiting, done) = (items.len(), Mutex::new(items.into_iter()), Mutex::new(Vec::new()));
    let next = || waiting.lock().ok()?.next();
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                while let Some(item) = next() {
                    let one = act(item);
                    if let Ok(mut done) = done.lock() {
                        done.push(one);
                    }
                }
            });
        }
    });
    let done = done.into_inner().map_err(|_| "a thread ended badly")?;
    if done.len() == wanted { Ok(done) } else { Err("a thread ended badly".into()) }
}

/// Does it, and says how long it took.
#[expect(clippy::disallowed_methods, reason = "the one clock of this tool: it measures its own parts")]
pub fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = act();
    (value, start.elapsed())
}

fn announce(command: &Command) {
    println!("$ {}", words(command));
}

fn words(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn cannot(command: &Command, why: &io::Error) -> String {
    format!("could not run {}: {why}", words(command))
}
